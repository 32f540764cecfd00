/* What `earn:` says, for the rules that have one. Inner to the room. */
#ifndef GUERDON_PROGRAM_COMPILE_EARN_H
#define GUERDON_PROGRAM_COMPILE_EARN_H

#include "program/compile_expression.h"

struct earning {
    enum earn_kind kind;
    uint32_t wallet;
    uint32_t calculator;
    struct rate rate; /* EARN_FIXED: only its points */
    enum measure measure;
    bool each_item;
    bool per_whole;
    enum rounding rounding;
    struct expression_text points; /* "(EXPRESSION) points"; no scalar: a number stands there */
    struct expression_text base;   /* "of (EXPRESSION)"; no scalar: `measure` */
};

/* Reads one phrase; false when it was complained of. */
bool read_earning(struct compiler *compiler, const struct node *scalar, struct earning *earning);
/* A currency for examples in messages. */
struct text earn_currency(const struct compiler *compiler);

#endif
