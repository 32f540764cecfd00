/* Fuzz base: whatever reads text that a person wrote: decimals, amounts, dates, lengths of time.
 *
 * Beyond not crashing: what was read and written again reads back as the same value.
 */
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_decimal(struct text input)
{
    struct decimal decimal;
    if (decimal_parse(input, &decimal) != STATUS_OK) return;
    ASSERT(decimal.scale >= 0 && decimal.scale <= DECIMAL_SCALE_MAXIMUM);
    if (decimal.scale > 6) return;
    char text[AMOUNT_TEXT_MAXIMUM];
    struct text written = amount_format(decimal.coefficient, decimal.scale, text);
    int64_t again = 0;
    ASSERT(amount_parse(written, decimal.scale, &again) == STATUS_OK);
    ASSERT(again == decimal.coefficient);
}

static void check_instant(const struct zone *zone, struct text input)
{
    int64_t instant_us = 0;
    if (instant_parse(zone, input, &instant_us) != STATUS_OK) return;
    ASSERT(instant_us >= INSTANT_EARLIEST && instant_us <= INSTANT_LATEST);
    char text[INSTANT_TEXT_MAXIMUM];
    struct text written = instant_format(zone, instant_us, text);
    int64_t again_us = 0;
    ASSERT(instant_parse(zone, written, &again_us) == STATUS_OK);
    ASSERT(again_us == instant_us);
}

static void check_span(struct text input)
{
    struct span span;
    if (span_parse(input, &span) != STATUS_OK) return;
    char text[32];
    struct span again;
    ASSERT(span_parse(span_format(span, text), &again) == STATUS_OK);
    ASSERT(again.count == span.count && again.unit == span.unit);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct arena arena;
    static const struct zone *zone;
    if (zone == NULL) {
        arena_init(&arena, (size_t)1 << 20);
        ASSERT(zone_open(&arena, TEXT("UTC"), &zone) == STATUS_OK);
    }
    struct text input = {(const char *)bytes, length};
    check_decimal(input);
    check_instant(zone, input);
    check_span(input);
    int32_t decimals = 0;
    if (currency_decimals(input, &decimals) == STATUS_OK) ASSERT(decimals >= 0 && decimals <= 6);
    size_t bad = 0;
    if (!text_is_utf8(input, &bad)) ASSERT(bad < length);
    return 0;
}
