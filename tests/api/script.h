/* Script: what the service's queue does next, whatever it is given; see test_outcomes.c. */
#ifndef GUERDON_TESTS_API_SCRIPT_H
#define GUERDON_TESTS_API_SCRIPT_H

#include "base/base.h"

enum scripted {
    SCRIPT_NOTHING, /* the service itself */
    SCRIPT_REFUSED, /* the queue is full */
    SCRIPT_FULL,    /* commands end so */
    SCRIPT_UNKNOWN,
    SCRIPT_UNAVAILABLE,
    SCRIPT_FAILED,
};

void script_next(enum scripted scripted, enum status failed);
void script_recovery(bool recovers);

#endif
