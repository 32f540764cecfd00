/* Order totals: what a cart comes to before and after rewards, line by line, to the cent.
 *
 * An amount that is off the whole order is shared over its lines as the engine shares it: by what
 * the lines come to, each share being the difference of two rounded running sums, so that the
 * shares sum to the whole.
 */
#ifndef GUERDON_API_ORDER_TOTALS_H
#define GUERDON_API_ORDER_TOTALS_H

#include "api/reply_shape.h"

struct discount_body {
    int source; /* what it comes from */
    struct text reward;
    struct decimal amount;
};

struct priced_item_body {
    struct text item; /* its id, or its number */
    struct text sku;
    struct decimal subtotal;
    struct discount_body *discounts;
    uint32_t discount_count;
    struct decimal total;
};

struct totals_body {
    struct decimal subtotal;
    struct decimal discounts;
    struct decimal shipping;
    struct decimal tax;
    struct decimal before;
    struct decimal rewards;
    struct decimal after;
};

extern const struct shape priced_item_shape;
extern const struct shape totals_shape;

/* `redeemed` is that of the event's decision. */
MUST_CHECK enum status order_totals(const struct program *program, const struct event *event,
                                    const struct decision *decision, struct arena *arena,
                                    struct totals_body *totals, struct priced_item_body **items);

#endif
