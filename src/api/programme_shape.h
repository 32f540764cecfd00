/* Programmes as JSON: versions, problems, differences, rehearsals. */
#ifndef GUERDON_API_PROGRAMME_SHAPE_H
#define GUERDON_API_PROGRAMME_SHAPE_H

#include "api/reply_shape.h"

struct programme_problem {
    struct text message;
    int64_t line;
    int64_t column;
};

struct version_body {
    int64_t version;
    struct text program;
    struct text title;
    int64_t in_force_from_us; /* 0: from the beginning */
    int64_t published_at_us;
    bool is_in_force;
    struct text text;
    struct text *description;
    uint32_t description_count;
    struct programme_problem *warnings;
    uint32_t warning_count;
};

struct versions_body {
    struct version_body *versions;
    uint32_t version_count;
    struct text next;
};

struct validation_body {
    bool is_valid;
    struct programme_problem *problems;
    uint32_t problem_count;
    struct text *description;
    uint32_t description_count;
    struct text *advice;
    uint32_t advice_count;
    struct programme_problem *warnings;
    uint32_t warning_count;
};

struct difference_body {
    struct text *added;
    uint32_t added_count;
    struct text *removed;
    uint32_t removed_count;
};

struct rehearsed_wallet {
    struct text wallet;
    struct decimal issued;
    struct decimal taken_back;
    struct decimal redeemed;
    struct decimal expired;
    struct decimal outstanding;
};

struct rehearsal_body {
    int64_t events;
    int64_t refused;
    int64_t allowed;
    struct rehearsed_wallet *recorded;
    uint32_t recorded_count;
    struct rehearsed_wallet *rehearsed;
    uint32_t rehearsed_count;
};

extern const struct shape version_shape;
extern const struct shape versions_shape;
extern const struct shape validation_shape;
extern const struct shape difference_shape;
extern const struct shape rehearsal_shape;

/* What is wrong with a programme, or probably not meant, in the arena. */
MUST_CHECK enum status problems_told(const struct problem_list *problems, struct arena *arena,
                                     struct programme_problem **list, uint32_t *count);
/* The lines of a programme's plain words, in the arena. */
MUST_CHECK enum status describe_lines(const struct program *program, struct arena *arena,
                                      struct text **lines, uint32_t *count);
/* Its advice, likewise. */
MUST_CHECK enum status advise_lines(const struct program *program, struct arena *arena,
                                    struct text **lines, uint32_t *count);
/* Lines that one has and the other has not, each kept in its order. */
MUST_CHECK enum status difference_of(struct arena *arena, const struct program *before,
                                     const struct program *after, struct difference_body *body);
/* Totals as a list of wallets; those that `program` has not are left out. */
MUST_CHECK enum status rehearsed_wallets(const struct program *program, const struct totals *totals,
                                         struct arena *arena, struct rehearsed_wallet **list,
                                         uint32_t *count);

#endif
