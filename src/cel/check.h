/* What the files of the checker share: check.c walks the tree, check_name.c finds names,
 * check_call.c chooses overloads, check_amount.c keeps doubles away from amounts, check_unify.c
 * compares types that are not wholly known yet, check_words.c says what is wrong.
 */
#ifndef GUERDON_CEL_CHECK_H
#define GUERDON_CEL_CHECK_H

#include "cel/inner.h"

/* A name that a macro declares; innermost first. */
struct cel_scope {
    const struct cel_scope *outer;
    struct text name;
    const struct cel_type *type;
    const struct cel_node *comprehension;
};

/* What an unknown was bound to before a trial. */
struct cel_binding {
    uint32_t variable;
    const struct cel_type *before;
};

struct cel_checker {
    struct arena *arena;
    const struct cel_environment *environment;
    struct text container;
    struct cel_problems *problems;
    const struct cel_scope *scope;
    const struct cel_type **bound; /* by an unknown's number; NULL: not known yet */
    uint32_t variable_count;
    uint32_t variable_capacity;
    struct cel_binding *trail; /* of the trial that is going on */
    uint32_t trail_count;
    uint32_t trail_capacity;
    bool out_of_memory;
    uint32_t work_left; /* comparisons of types; none left: the expression is too complicated */
    uint32_t depth;     /* of the comparison that is going on */
};

/* check_unify.c. Types may hold unknowns (CEL_TYPE_VARIABLE), which assigning binds. */

/* A new unknown. */
const struct cel_type *cel_check_fresh(struct cel_checker *checker);
/* A copy of a signature's type with its parameters (A, K, ...) replaced by unknowns; `letters`
 * keeps them, one for each capital letter, NULL at first. */
const struct cel_type *cel_check_instantiate(struct cel_checker *checker,
                                             const struct cel_type *type,
                                             const struct cel_type *letters[26]);
/* May a value of type `from` stand where `to` is wanted? Binds unknowns if so, else nothing. */
bool cel_check_assignable(struct cel_checker *checker, const struct cel_type *from,
                          const struct cel_type *to);
/* All of them together, or nothing is bound. */
bool cel_check_assignable_all(struct cel_checker *checker, const struct cel_type *const *from,
                              const struct cel_type *const *to, uint32_t count);
/* The type of a list that holds both; `previous` NULL for the first. */
const struct cel_type *cel_check_join(struct cel_checker *checker, const struct cel_type *previous,
                                      const struct cel_type *current);
/* What the type is by all that is known; unknowns become dyn if `finally`. The type itself when it
 * is not bounded. */
const struct cel_type *cel_check_substitute(struct cel_checker *checker,
                                            const struct cel_type *type, bool finally);
/* The same for the outermost kind only. */
const struct cel_type *cel_check_known(const struct cel_checker *checker,
                                       const struct cel_type *type);
/* Is it small enough to work with? */
bool cel_check_is_bounded(const struct cel_checker *checker, const struct cel_type *type);

/* check.c */
void cel_check_node(struct cel_checker *checker, struct cel_node *node);
/* Sets the type; NULL means that memory ran out. */
void cel_check_give(struct cel_checker *checker, struct cel_node *node,
                    const struct cel_type *type);

/* check_name.c */
void cel_check_identifier(struct cel_checker *checker, struct cel_node *node);
void cel_check_select(struct cel_checker *checker, struct cel_node *node);
/* "a.b.c" for an identifier with selections; empty for anything else, and where `a` is a macro's
 * own variable. `*is_absolute` for ".a.b.c". */
struct text cel_check_qualified_name(struct cel_checker *checker, const struct cel_node *node,
                                     bool *is_absolute);
/* False for a.b.c of which neither a, a.b nor a.b.c is known; true for anything else. */
bool cel_check_begins_with_name(struct cel_checker *checker, const struct cel_node *node);
/* The function of that name, the container's first. */
const struct cel_declared_function *cel_check_find_function(struct cel_checker *checker,
                                                            struct text name, bool is_absolute);

/* check_call.c */
void cel_check_call(struct cel_checker *checker, struct cel_node *node);

/* check_amount.c: before an operator's overload is chosen. False when a problem was told. */
bool cel_check_amounts(struct cel_checker *checker, struct cel_node *node);
/* A list's elements or a map's values: doubles do not stand beside amounts. */
bool cel_check_mixture(struct cel_checker *checker, struct cel_node *const *elements,
                       uint32_t count);

/* check_words.c: the sentences. */

/* The type as it is written, for a sentence; "?" when memory ran out. */
const char *cel_check_type_words(struct cel_checker *checker, const struct cel_type *type);
void cel_check_unknown_name(struct cel_checker *checker, uint32_t position, struct text name);
void cel_check_unknown_field(struct cel_checker *checker, uint32_t position,
                             const struct cel_type *type, struct text field);
void cel_check_unknown_function(struct cel_checker *checker, const struct cel_node *call);
/* No overload takes these arguments, the target first. */
void cel_check_no_overload(struct cel_checker *checker, const struct cel_node *call,
                           const struct cel_declared_function *function,
                           const struct cel_type *const *arguments, uint32_t count);

#endif
