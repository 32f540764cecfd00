/* Compile: what the files that turn the tree into a programme share. Inner to the room.
 *
 * Mistakes are complaints, and compiling goes on after each with something harmless in its place,
 * so that one run finds them all. Memory that runs out is remembered and said once at the end;
 * until then every allocation may be NULL with a count of 0.
 */
#ifndef GUERDON_PROGRAM_COMPILE_H
#define GUERDON_PROGRAM_COMPILE_H

#include "program/program.h"
#include "program/tree.h"

/* What a number can be followed by to mean a wallet's points. */
struct unit {
    struct text name;
    uint32_t wallet;
};

struct named_symbol {
    uint32_t symbol;
    struct text path;
    struct position position;
};

/* A loose rule, a campaign's rule, or a campaign's boost of another rule, as found in the file. */
struct rule_source {
    const struct entry *entry;
    uint32_t campaign;
    uint32_t boosted; /* of a boost: index of the rule's source, or PROGRAM_NONE */
};

struct compiled_expression;

/* What an expression may name beside member, program and now. */
struct occasion_scope {
    enum expression_scope scope;
    enum trigger on; /* of SCOPE_EVENT and SCOPE_ITEM */
    uint32_t event;  /* of TRIGGER_CUSTOM */
};

struct compiler {
    struct arena *arena;
    struct text file;
    struct problem_list *problems;
    bool is_out_of_memory;
    const struct node *root;
    const struct node *tiers; /* the map of tier sets, or NULL */
    struct program *program;
    struct unit *units;
    uint32_t unit_count;
    uint32_t unit_capacity;
    struct named_symbol *symbols;
    uint32_t symbol_count;
    uint32_t symbol_capacity;
    uint32_t limit_capacity;
    struct text *exclusive_groups;
    uint32_t exclusive_capacity;
    /* compile_expression.c's: by event type, made when one is asked for. */
    struct cel_environment **environments;
    struct compiled_expression *expressions;
    uint32_t expression_count;
    uint32_t expression_capacity;
};

/* compile.c */
void complain(struct compiler *compiler, struct position position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A person's text made fit for a message: short and without control characters. */
struct text shown(struct compiler *compiler, struct text text);
#define SHOWN(compiler, view) TEXT_ARGUMENTS(shown((compiler), (view)))
#define NEAREST_MAXIMUM 200u
/* Index of the candidate that was probably meant, or -1; looks at the first 200 only, and at none
 * once there are more problems than can be kept, so that a hostile file stays cheap. */
int nearest_of(const struct compiler *compiler, struct text wrong, const struct text *candidates,
               size_t count);
/* `count` zeroed elements; NULL, and remembered, when memory is out or the count is 0. */
void *compile_array(struct compiler *compiler, uint32_t count, size_t size);
#define COMPILE_ARRAY(compiler, type, count)                                                       \
    ((type *)compile_array((compiler), (count), sizeof(type)))
/* Room for one more element behind `count` in an array that doubles; NULL when memory is out. */
void *compile_grow(struct compiler *compiler, void *items, uint32_t count, uint32_t *capacity,
                   size_t size);
/* The symbol of a path such as "wallet/points"; remembers it, to find two that are equal. */
uint32_t compile_symbol(struct compiler *compiler, struct position position, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));
/* How many entries the map at `key` of the file has; more than `maximum` is a complaint. */
uint32_t compile_count(struct compiler *compiler, const char *key, uint32_t maximum);
/* The choice's index (the keys' order of choices is the enum's order), or `standard`. */
int compile_choice(const struct node *map, const char *key, const char *choices, int standard);
/* A whole number; `standard` when absent or not one (which check.c has said). */
int64_t compile_whole(const struct node *map, const char *key, int64_t standard);
/* Text of a scalar, `standard` when it is not there. */
struct text compile_text(const struct node *map, const char *key, struct text standard);
/* True, and the span, if there is a readable one. */
bool compile_span(const struct node *map, const char *key, struct span *span);
bool compile_instant(struct compiler *compiler, const struct node *map, const char *key,
                     int64_t *instant_us);

/* check.c: everything that the list of keys can say about the tree. */
void check_tree(struct compiler *compiler);

/* compile_*.c, in the order in which they are called */
void compile_basics(struct compiler *compiler);
void compile_wallets(struct compiler *compiler);
void compile_counters(struct compiler *compiler);
void compile_tiers(struct compiler *compiler);
void compile_calculators(struct compiler *compiler);
void compile_campaigns(struct compiler *compiler);
void compile_rules(struct compiler *compiler);
void compile_rewards(struct compiler *compiler);

/* Shared pieces. Conditions need the tier sets; the counters' are compiled after them. */
void compile_counter_conditions(struct compiler *compiler);
/* `map` is what stands under `if:` or `needs:`; NULL: nothing. */
void compile_condition(struct compiler *compiler, const struct node *map, bool has_order,
                       struct condition *condition);
/* `when:` and `where:` of `owner`, into a condition that compile_condition has filled. */
void compile_when(struct compiler *compiler, const struct node *owner, struct occasion_scope scope,
                  struct condition *condition);
void compile_pending(struct compiler *compiler, const struct node *owner, struct pending *pending);
void compile_expires(struct compiler *compiler, const struct node *owner, struct expiry *expiry);
/* `wallet` is the one whose points may be limited; PROGRAM_NONE: only times may be. `path` is what
 * stands behind "limit/" in the symbol. */
struct limit_range compile_limits(struct compiler *compiler, const struct node *owner,
                                  struct occasion_scope scope, uint32_t wallet, struct text path);
bool compile_factor(struct compiler *compiler, const struct node *map, int64_t *factor);

/* Index of a currency of the programme, or PROGRAM_NONE. */
uint32_t find_currency(const struct program *program, struct text code);
uint32_t find_calculator(const struct program *program, struct text id);

#endif
