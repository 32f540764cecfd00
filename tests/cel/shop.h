/* Shop: a small host with objects, for tests, the fuzzer and the measurements of cel.
 *
 * It has what a host can have: objects in objects, lists of objects, every kind of field, one that
 * is never known, functions of its own, a constant. Its data are static and always the same: an
 * order of ten items, of which two are skincare and the eighth is bought twice.
 */
#ifndef GUERDON_TESTS_CEL_SHOP_H
#define GUERDON_TESTS_CEL_SHOP_H

#include "cel/cel.h"

#define SHOP_ITEM_COUNT 10

enum shop_slot {
    SHOP_MEMBER,
    SHOP_ORDER,
    SHOP_NOW,      /* timestamp */
    SHOP_RATE,     /* decimal: 1.25 */
    SHOP_NAMES,    /* list(string) */
    SHOP_POINTS,   /* map(string, int) */
    SHOP_WHATEVER, /* dyn: a list of a number, a text and a map */
    SHOP_MAYBE,    /* optional_type(string) */
    SHOP_SLOT_COUNT
};

/* Makes an environment with all extensions and the shop's own in `arena`. */
MUST_CHECK enum status shop_declare(struct arena *arena, const struct cel_rules *rules,
                                    struct cel_environment **environment);
/* How its objects are read. `context` is not looked at. */
extern const struct cel_host shop_host;
/* Its variables, by slot; they last for ever. */
const struct cel_value *shop_variables(void);
/* The most bytes or elements that the field was declared with. */
uint32_t shop_field_bound(struct cel_value object, uint32_t field_id);

/* The same shop on its fullest day, in shop_full.c: every text and list is as long as it was
 * declared that it can be. The first call is one thread's. */
extern const struct cel_host shop_full_host;
const struct cel_value *shop_full_variables(void);

#endif
