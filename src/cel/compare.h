/* Comparing within a bound: for the evaluator and the functions that compare elements. */
#ifndef GUERDON_CEL_COMPARE_H
#define GUERDON_CEL_COMPARE_H

#include "cel/inner.h"

/* cel_equal that takes what it spends from `*steps_left`: one step for each value compared and one
 * for each 64 bytes; CEL_FAULT_STEPS when they are not enough. */
bool cel_equal_within(struct cel_value a, struct cel_value b, uint64_t *steps_left,
                      enum cel_fault *fault);
/* The same, spending the call's steps. */
static inline bool cel_equal_in_call(struct cel_call *call, struct cel_value a, struct cel_value b,
                                     enum cel_fault *fault)
{
    struct cel_evaluation *evaluation = call->evaluation;
    uint64_t left = evaluation->steps < evaluation->step_maximum
                        ? evaluation->step_maximum - evaluation->steps
                        : 0;
    uint64_t before = left;
    bool is_equal = cel_equal_within(a, b, &left, fault);
    evaluation->steps += before - left;
    return is_equal;
}

#endif
