/* Order totals. See order_totals.h. */
#include "api/order_totals.h"

static const char *const discount_sources[] = {"item", "order", "reward", NULL};
enum discount_source { SOURCE_ITEM, SOURCE_ORDER, SOURCE_REWARD };

static const struct field discount_fields[] = {
    SHAPE_FIELD(discount_body, source, CHOICE, .is_required = true, .choices = discount_sources,
                .description = "The item's own, the order's, or a reward's."),
    SHAPE_FIELD(discount_body, reward, TEXT, .description = "Id of the reward."),
    SHAPE_FIELD(discount_body, amount, DECIMAL, .is_required = true, .example = "\"3.34\"",
                .description = "Money off the item."),
};
static const struct shape discount_shape = SHAPE(
    "ItemDiscount", "A discount, as far as it is this item's.", discount_body, discount_fields);

static const struct field priced_item_fields[] = {
    SHAPE_FIELD(priced_item_body, item, TEXT, .is_required = true,
                .description = "Its id, or its number from 1."),
    SHAPE_FIELD(priced_item_body, sku, TEXT, .description = "The article."),
    SHAPE_FIELD(priced_item_body, subtotal, DECIMAL, .is_required = true, .example = "\"19.99\"",
                .description = "Quantity times unit price, rounded half up."),
    SHAPE_FIELD(priced_item_body, discounts, LIST, .is_required = true, .shape = &discount_shape,
                SHAPE_COUNT(priced_item_body, discount_count),
                .description = "Everything that comes off it, to the cent."),
    SHAPE_FIELD(priced_item_body, total, DECIMAL, .is_required = true, .example = "\"16.65\"",
                .description = "What is left."),
};
const struct shape priced_item_shape =
    SHAPE("PricedItem", "What an item comes to.", priced_item_body, priced_item_fields);

static const struct field totals_fields[] = {
    SHAPE_FIELD(totals_body, subtotal, DECIMAL, .is_required = true, .example = "\"39.98\"",
                .description = "The items, before any discount."),
    SHAPE_FIELD(totals_body, discounts, DECIMAL, .is_required = true, .example = "\"0.00\"",
                .description = "Discounts that came with the order, its own and its items'."),
    SHAPE_FIELD(totals_body, shipping, DECIMAL, .is_required = true, .example = "\"4.90\"",
                .description = "As it came with the order."),
    SHAPE_FIELD(totals_body, tax, DECIMAL, .is_required = true, .example = "\"0.00\"",
                .description = "Tax that comes on top of the prices; as it came with the order."),
    SHAPE_FIELD(totals_body, before, DECIMAL, .is_required = true, .example = "\"44.88\"",
                .description = "What the order comes to without rewards."),
    SHAPE_FIELD(totals_body, rewards, DECIMAL, .is_required = true, .example = "\"10.00\"",
                .description = "What rewards take off it."),
    SHAPE_FIELD(totals_body, after, DECIMAL, .is_required = true, .example = "\"34.88\"",
                .description = "What is to be paid."),
};
const struct shape totals_shape =
    SHAPE("OrderTotals", "What an order comes to, in its currency.", totals_body, totals_fields);

/* What is summed up of a cart. */
struct summing {
    const struct event *event;
    const struct decision *decision;
    struct arena *arena;
    int32_t decimals;
    int64_t *subtotals; /* of the items, in minor units */
    int64_t *shares;    /* of the order's own discount */
    int64_t discounts;
    int64_t tax;
};

static enum status share(const struct summing *summing, int64_t total)
{
    int64_t whole = 0;
    int64_t running = 0;
    int64_t shared = 0;
    for (uint32_t i = 0; i < summing->event->item_count; i++)
        TRY(amount_increase(&whole, amount_positive(summing->subtotals[i])));
    for (uint32_t i = 0; i < summing->event->item_count; i++) {
        int64_t upto;
        if (whole == 0) break;
        TRY(amount_increase(&running, amount_positive(summing->subtotals[i])));
        TRY(amount_multiply_divide(total, running, whole, ROUNDING_HALF_UP, &upto));
        TRY(amount_subtract(upto, shared, &summing->shares[i]));
        shared = upto;
    }
    return STATUS_OK;
}

/* Notes a discount of an item, and takes it off what is left of the item. */
static enum status take_off(const struct summing *summing, struct priced_item_body *body,
                            enum discount_source source, struct text reward, int64_t amount)
{
    if (amount == 0) return STATUS_OK;
    body->discounts[body->discount_count++] =
        (struct discount_body){(int)source, reward, {amount, summing->decimals}};
    return amount_decrease(&body->total.coefficient, amount);
}

static struct text reward_named(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; i < program->reward_count; i++) {
        if (program->rewards[i].symbol == symbol) return program->rewards[i].id;
    }
    return (struct text){NULL, 0};
}

static enum status price_item(const struct program *program, const struct summing *summing,
                              uint32_t index, struct priced_item_body *body)
{
    const struct item *item = &summing->event->items[index];
    const struct decision *decision = summing->decision;
    *body = (struct priced_item_body){
        .item = item->id,
        .sku = item->sku,
        .subtotal = {summing->subtotals[index], summing->decimals},
        .discounts =
            arena_new_array(summing->arena, struct discount_body, decision->redeemed_count + 2),
        .total = {summing->subtotals[index], summing->decimals},
    };
    if (text_is_empty(body->item)) body->item = arena_format(summing->arena, "%u", index + 1);
    if (body->discounts == NULL || body->item.bytes == NULL) return STATUS_NO_MEMORY;
    if (text_is_empty(body->sku)) body->sku = (struct text){NULL, 0};
    TRY(take_off(summing, body, SOURCE_ITEM, (struct text){NULL, 0}, item->discount));
    TRY(take_off(summing, body, SOURCE_ORDER, (struct text){NULL, 0}, summing->shares[index]));
    for (uint32_t i = 0; i < decision->redeemed_count; i++) {
        const struct redeemed *redeemed = &decision->redeemed[i];
        if (redeemed->answer != ANSWER_DONE || index >= redeemed->share_count) continue;
        TRY(take_off(summing, body, SOURCE_REWARD, reward_named(program, redeemed->reward),
                     redeemed->shares[index]));
    }
    return STATUS_OK;
}

static enum status sum_up(struct summing *summing, int64_t *subtotal)
{
    const struct event *event = summing->event;
    size_t count = (size_t)event->item_count + 1;
    summing->subtotals = arena_new_array(summing->arena, int64_t, count);
    summing->shares = arena_new_array(summing->arena, int64_t, count);
    if (summing->subtotals == NULL || summing->shares == NULL) return STATUS_NO_MEMORY;
    summing->discounts = event->discount;
    *subtotal = 0;
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct item *item = &event->items[i];
        TRY(amount_of_price(item->quantity, item->unit_price, summing->decimals, ROUNDING_HALF_UP,
                            &summing->subtotals[i]));
        TRY(amount_increase(subtotal, summing->subtotals[i]));
        TRY(amount_increase(&summing->discounts, item->discount));
        if (!event->tax_is_in_prices) TRY(amount_increase(&summing->tax, item->tax));
    }
    return share(summing, event->discount);
}

enum status order_totals(const struct program *program, const struct event *event,
                         const struct decision *decision, struct arena *arena,
                         struct totals_body *totals, struct priced_item_body **items)
{
    int32_t decimals = program->currencies[event->currency].decimals;
    struct summing summing = {
        .event = event, .decision = decision, .arena = arena, .decimals = decimals};
    int64_t subtotal;
    int64_t before;
    int64_t after;
    int64_t rewards = 0;
    TRY(sum_up(&summing, &subtotal));
    *items = arena_new_array(arena, struct priced_item_body, (size_t)event->item_count + 1);
    if (*items == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < event->item_count; i++)
        TRY(price_item(program, &summing, i, &(*items)[i]));
    for (uint32_t i = 0; i < decision->redeemed_count; i++) {
        if (decision->redeemed[i].answer != ANSWER_DONE) continue;
        TRY(amount_increase(&rewards, decision->redeemed[i].discount));
    }
    TRY(amount_subtract(subtotal, summing.discounts, &before));
    TRY(amount_increase(&before, event->shipping));
    TRY(amount_increase(&before, summing.tax));
    TRY(amount_subtract(before, rewards, &after));
    *totals = (struct totals_body){
        .subtotal = {subtotal, decimals},
        .discounts = {summing.discounts, decimals},
        .shipping = {event->shipping, decimals},
        .tax = {summing.tax, decimals},
        .before = {before, decimals},
        .rewards = {rewards, decimals},
        .after = {after, decimals},
    };
    return STATUS_OK;
}
