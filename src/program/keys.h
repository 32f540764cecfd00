/* Keys: the whole vocabulary of a programme file, every key once.
 *
 * Checks, nearest-key suggestions, the JSON Schema and the reference in docs/program.md all come
 * from this list. A shape is a map with fixed keys; a key says which forms its value may take, what
 * a scalar must be, and what it means in one sentence. A reserved key belongs to a later
 * capability.
 */
#ifndef GUERDON_PROGRAM_KEYS_H
#define GUERDON_PROGRAM_KEYS_H

#include "base/base.h"

enum form {
    FORM_SCALAR = 1,  /* one word or phrase */
    FORM_LIST = 2,    /* a list of them */
    FORM_MAP = 4,     /* a map with the keys of `shape` */
    FORM_BY_ID = 8,   /* a map from ids to maps with the keys of `shape` */
    FORM_BY_NAME = 16 /* a map from any names to scalars */
};

/* What a scalar can be: name, the pattern of its text (ECMA 262, for the schema), and what to call
 * it when it is missing or wrong. */
#define SCALAR_LIST(X)                                                                             \
    X(TEXT, ".", "a text")                                                                         \
    X(ID, "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", "an id of letters, digits, - and _")                 \
    X(CHOICE, "", "one of the given words")                                                        \
    X(WHOLE, "^-?[0-9]+$", "a whole number")                                                       \
    X(FACTOR, "^[0-9]+([.][0-9]{1,6})?$", "a factor with at most 6 decimals")                      \
    X(MONEY, "^[0-9]+([.][0-9]+)? [A-Z]{3}$", "an amount of money with its currency")              \
    X(POINTS, "^[0-9]+([.][0-9]+)? .+$", "a number of points with their unit")                     \
    X(THRESHOLD, "^[0-9]+([.][0-9]+)?( .+)?$", "an amount in the unit of the tier's measure")      \
    X(SPAN, "^[0-9]+ (day|week|month|quarter|year)s?$", "a length of time")                        \
    X(EXPIRY, "^([0-9]+ (day|week|month|quarter|year)s?|never|end of .+)$",                        \
      "a length of time or \"never\"")                                                             \
    X(PERIOD_END, "^end of (calendar )?(day|week|month|quarter|year)$", "the end of a period")     \
    X(PENDING, "^([0-9]+ (day|week|month|quarter|year)s?|none)$",                                  \
      "a length of time, \"none\", or a map")                                                      \
    X(RELEASE, ".", "a milestone or a length of time")                                             \
    X(LIVE_AGAIN, "^(stay expired|live [0-9]+ (day|week|month|quarter|year)s?)$",                  \
      "\"stay expired\" or \"live\" and a length of time")                                         \
    X(INSTANT,                                                                                     \
      "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"                 \
      "(Z|[+-][0-9]{2}:[0-9]{2})?)?$",                                                             \
      "a date or a time")                                                                          \
    X(ZONE, "^[A-Za-z0-9_+/-]+$", "a time zone")                                                   \
    X(CURRENCY, "^[A-Z]{3}$", "a currency code of ISO 4217")                                       \
    X(EARN, "^(calculator .+|[(].+|[0-9]+([.][0-9]+)? .+)$", "what is earned")                     \
    X(RATE, "^[0-9]+([.][0-9]+)? .+ per .+$", "points for money")                                  \
    X(WINDOW,                                                                                      \
      "^(lifetime|membership year|calendar (year|quarter|month|week|day)|[0-9]+ (day|week)s?)$",   \
      "a window of time")                                                                          \
    X(LIMIT, "^[0-9]+([.][0-9]+)?( .+)?$", "a number, with the time it is for")                    \
    X(KEPT,                                                                                        \
      "^(for ever|as measured|end of (next )?(calendar )?(week|month|quarter|year)|"               \
      "[0-9]+ (day|week|month|quarter|year)s?)$",                                                  \
      "how long a level is kept")                                                                  \
    X(LEVEL, ".", "a level")                                                                       \
    X(SUM, ".", "what is summed")                                                                  \
    X(EXPRESSION, ".", "an expression")                                                            \
    X(TRIGGER, "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", "join, purchase or a custom event")             \
    X(FIELD_TYPE, "^(bool|int|decimal|money|string|timestamp|list[(]string[)])$", "a type")        \
    X(BOOSTED, ".", "the id of a rule")

enum scalar {
#define X(name, pattern, text) SCALAR_##name,
    SCALAR_LIST(X)
#undef X
        SCALAR_COUNT
};

struct shape;

struct key {
    const char *name;
    unsigned forms; /* enum form, added */
    enum scalar scalar;
    const char *choices; /* of SCALAR_CHOICE: "a|b|c", in the order of the enum they become */
    const struct shape *shape;
    int64_t lowest; /* of SCALAR_WHOLE */
    int64_t highest;
    bool is_required;
    const char *capability; /* of a reserved key: what it comes with; NULL when it may be used */
    const char *meaning;    /* one sentence, for the schema and the reference */
    const char *example;    /* how it is written, in flow form */
    const char *standard;   /* what holds when it is not given; NULL: nothing to say */
};

struct shape {
    const char *name;    /* in the schema: "wallet" */
    const char *noun;    /* in messages: "a wallet" */
    const char *meaning; /* one sentence */
    const struct key *keys;
    size_t count;
    const char *one_of; /* "a|b": exactly one of these keys is given; NULL: no such demand */
    const struct shape *others; /* other keys are ids of maps of this shape; NULL: none are taken */
    bool takes_tier_sets;       /* also takes the id of a tier set as a key */
};

/* The shape of the whole file; the others hang below it. */
extern const struct shape shape_program;
/* Every shape, the whole file first. */
extern const struct shape *const shapes[];
extern const size_t shape_count;

const struct key *shape_key(const struct shape *shape, struct text name);
/* What a kind of scalar is called in messages, and its pattern. */
const char *scalar_text(enum scalar scalar);
const char *scalar_pattern(enum scalar scalar);
/* Index of `word` among "a|b|c", or -1. */
int choice_index(const char *choices, struct text word);
/* Walks "a|b|c": the next word, empty at the end. */
struct text choice_next(struct text *choices);

#endif
