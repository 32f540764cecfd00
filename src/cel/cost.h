/* Sizes, as the cost estimate reckons with them: extent.c says how large a value can be, cost.c how
 * many steps it takes to get it.
 */
#ifndef GUERDON_CEL_COST_H
#define GUERDON_CEL_COST_H

#include "cel/inner.h"

#define CEL_EXTENT_LEVELS 4

/* The most that a value can measure: size[0] is the bytes of its text or the number of its
 * elements, size[1] the same for each of its elements, and so on; of a map, of its keys and its
 * values, whichever is larger. Below the last level nothing is known but the limits. */
struct cel_extent {
    uint32_t size[CEL_EXTENT_LEVELS];
};

static inline uint64_t cel_sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}
static inline uint64_t cel_product(uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* What the limits allow for a type. */
struct cel_extent cel_extent_of_type(const struct cel_type *type);
struct cel_extent cel_extent_of_value(struct cel_value value);
/* The larger, and the smaller, of both at each level. */
struct cel_extent cel_extent_join(struct cel_extent a, struct cel_extent b);
struct cel_extent cel_extent_meet(struct cel_extent a, struct cel_extent b);
/* Of what is in it. */
struct cel_extent cel_extent_of_element(struct cel_extent whole);
/* Of a collection of `count` such elements. */
struct cel_extent cel_extent_around(struct cel_extent element, uint64_t count);
/* Of what a call gives, by the extents of its arguments, the target first. */
struct cel_extent cel_extent_of_call(const struct cel_node *call,
                                     const struct cel_extent *arguments, uint32_t count);

/* Everything in such a value looked at once: one for itself and each of its elements, and one for
 * each 64 bytes of text. */
uint64_t cel_extent_weight(const struct cel_type *type, struct cel_extent extent);

#endif
