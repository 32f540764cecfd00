/* The shop on its fullest day: what the small one answers, made as long as it was declared that it
 * can be, so that an estimate of the work meets inputs at their limits. Long texts are of zeros.
 */
#include "shop.h"

#define NAME_COUNT 10 /* as variables[] of shop.c bounds them */

static const char zeros[CEL_STRING_MAXIMUM_BYTES];
static struct cel_value elements[CEL_LIST_MAXIMUM];
static struct cel_list lists[CEL_LIST_MAXIMUM + 1]; /* of so many elements, when asked for */

static struct cel_value full_text(uint32_t bound)
{
    return cel_string(
        (struct text){zeros, bound < CEL_STRING_MAXIMUM_BYTES ? bound : CEL_STRING_MAXIMUM_BYTES});
}

/* A list of the first element of that one, as often as it can be. */
static struct cel_value full_list(const struct cel_list *list, uint32_t bound)
{
    static struct cel_value texts[NAME_COUNT];
    uint32_t count = bound < CEL_LIST_MAXIMUM ? bound : CEL_LIST_MAXIMUM;
    bool are_texts = list->items[0].kind == CEL_STRING;
    ASSERT(!are_texts || count <= NAME_COUNT);
    for (uint32_t i = 0; i < count; i++) {
        if (are_texts)
            texts[i] = full_text(CEL_NO_BOUND);
        else
            elements[i] = list->items[i % list->count];
    }
    lists[count] = (struct cel_list){count, count, are_texts ? texts : elements};
    return cel_list_value(&lists[count]);
}

static struct cel_value full_field(struct cel_evaluation *evaluation, struct cel_value object,
                                   uint32_t field_id)
{
    struct cel_value value = shop_host.field(evaluation, object, field_id);
    uint32_t bound = shop_field_bound(object, field_id);
    if (value.kind == CEL_STRING) return full_text(bound);
    if (value.kind == CEL_LIST) return full_list(value.list, bound);
    return value;
}

static struct cel_value full_call(struct cel_evaluation *evaluation, uint32_t host_id,
                                  const struct cel_value *arguments, uint32_t count)
{
    return shop_host.call(evaluation, host_id, arguments, count);
}

const struct cel_host shop_full_host = {full_field, full_call};

const struct cel_value *shop_full_variables(void)
{
    static struct cel_value values[SHOP_SLOT_COUNT];
    static struct cel_value perhaps;
    memcpy(values, shop_variables(), sizeof values);
    values[SHOP_NAMES] = full_list(values[SHOP_NAMES].list, NAME_COUNT);
    perhaps = full_text(CEL_NO_BOUND);
    values[SHOP_MAYBE] = cel_optional(&perhaps);
    return values;
}
