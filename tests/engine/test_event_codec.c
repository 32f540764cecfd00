/* Events as bytes: everything comes back, the same event is always the same bytes, and bytes that
 * are none are corrupt.
 */
#include "world.h"

#define ARENA_BYTES (1u << 20)

static const struct item items[] = {
    {.id = TEXT_INITIALISER("line 1"),
     .sku = TEXT_INITIALISER("SKU-1"),
     .name = TEXT_INITIALISER("A jumper, blue"),
     .category = TEXT_INITIALISER("clothes"),
     .type = TEXT_INITIALISER("gift_card"),
     .quantity = -3,
     .unit_price = {1995, 2},
     .discount = 50,
     .tax = -7},
    {.sku = TEXT_INITIALISER("B"), .quantity = 1, .unit_price = {1, 6}},
    {.sku = TEXT_INITIALISER("C"), .quantity = 0, .unit_price = {-1, 18}},
};
static const struct returned returns[] = {
    {TEXT_INITIALISER("line 1"), TEXT_INITIALISER("SKU-1"), 2},
    {TEXT_INITIALISER("line 2"), {NULL, 0}, INT64_MAX},
};
static const struct redeem redeems[] = {
    {TEXT_INITIALISER("mug"), {NULL, 0}, 0},
    {{NULL, 0}, TEXT_INITIALISER("points"), 300},
};
static const struct promise promises[] = {{TEXT_INITIALISER("points"), 12}};
static const struct payment payments[] = {{TEXT_INITIALISER("card"), 1000},
                                          {TEXT_INITIALISER("cash"), -5}};

static const struct text tags[] = {TEXT_INITIALISER("new"), TEXT_INITIALISER("")};
/* One of each type; of a decimal the zeros at its end are not kept. */
static const struct field_value values[] = {
    {.name = TEXT_INITIALISER("approved"), .type = FIELD_BOOL, .boolean = true},
    {.name = TEXT_INITIALISER("seen"), .type = FIELD_BOOL},
    {.name = TEXT_INITIALISER("rating"), .type = FIELD_INT, .integer = INT64_MIN},
    {.name = TEXT_INITIALISER("share"), .type = FIELD_DECIMAL, .decimal = {-1, 18}},
    {.name = TEXT_INITIALISER("worth"),
     .type = FIELD_MONEY,
     .decimal = {995, 2},
     .currency = TEXT_INITIALISER("EUR")},
    {.name = TEXT_INITIALISER("product"), .type = FIELD_STRING, .text = TEXT_INITIALISER("soap")},
    {.name = TEXT_INITIALISER("at"), .type = FIELD_TIMESTAMP, .integer = 17},
    {.name = TEXT_INITIALISER("tags"), .type = FIELD_STRINGS, .texts = tags, .text_count = 2},
};

/* Every field has a value of its own. */
static struct event full_event(void)
{
    return (struct event){
        .type = EVENT_CONFIRM_ORDER,
        .position = 77,
        .occurred_at_us = INT64_C(-62135596800000000),
        .clock_us = 88,
        .is_import = true,
        .key = TEXT("a key"),
        .member = TEXT("ann"),
        .other_member = TEXT("bob"),
        .order = TEXT("o1"),
        .id = TEXT("an id"),
        .currency = UINT32_MAX,
        .channel = TEXT("web"),
        .store = TEXT("S7"),
        .till = TEXT("till 3"),
        .staff = TEXT("carl"),
        .partner = TEXT("a bank"),
        .items = items,
        .item_count = 3,
        .tax_is_in_prices = true,
        .shipping = 490,
        .discount = 100,
        .paid_with_points = 5,
        .returns = returns,
        .return_count = 2,
        .milestone = TEXT("shipped"),
        .wallet = TEXT("points"),
        .reward = TEXT("a mug"),
        .amount = INT64_MIN,
        .lapses_at_us = INT64_MAX,
        .reason = TEXT("goodwill"),
        .actor = TEXT("a clerk"),
        .fields_hash = TEXT("0123456789abcdef0123456789abcdef"),
        .expires_at_us = 99,
        .quote = UINT64_MAX,
        .refuses_changes = true,
        .revision = 3,
        .redeems = redeems,
        .redeem_count = 2,
        .promises = promises,
        .promise_count = 1,
        .payments = payments,
        .payment_count = 2,
        .name = TEXT("review"),
        .values = values,
        .value_count = sizeof values / sizeof *values,
    };
}

static struct text encoded(struct arena *arena, const struct event *event)
{
    struct text bytes = {NULL, 0};
    assert_int_equal(engine_encode_event(event, arena, &bytes), STATUS_OK);
    return bytes;
}

static void assert_same_text(struct text a, struct text b)
{
    assert_int_equal(a.length, b.length);
    if (a.length > 0) assert_memory_equal(a.bytes, b.bytes, a.length);
}

static void assert_same_texts(const struct event *a, const struct event *b)
{
    assert_same_text(a->key, b->key);
    assert_same_text(a->member, b->member);
    assert_same_text(a->other_member, b->other_member);
    assert_same_text(a->order, b->order);
    assert_same_text(a->id, b->id);
    assert_same_text(a->channel, b->channel);
    assert_same_text(a->store, b->store);
    assert_same_text(a->till, b->till);
    assert_same_text(a->staff, b->staff);
    assert_same_text(a->partner, b->partner);
    assert_same_text(a->milestone, b->milestone);
    assert_same_text(a->wallet, b->wallet);
    assert_same_text(a->reward, b->reward);
    assert_same_text(a->reason, b->reason);
    assert_same_text(a->actor, b->actor);
    assert_same_text(a->fields_hash, b->fields_hash);
}

static void assert_same_numbers(const struct event *a, const struct event *b)
{
    assert_int_equal(a->type, b->type);
    assert_true(a->occurred_at_us == b->occurred_at_us);
    assert_int_equal(a->is_import, b->is_import);
    assert_int_equal(a->currency, b->currency);
    assert_int_equal(a->tax_is_in_prices, b->tax_is_in_prices);
    assert_int_equal(a->shipping, b->shipping);
    assert_int_equal(a->discount, b->discount);
    assert_int_equal(a->paid_with_points, b->paid_with_points);
    assert_true(a->amount == b->amount);
    assert_true(a->lapses_at_us == b->lapses_at_us);
    assert_int_equal(a->expires_at_us, b->expires_at_us);
    assert_true(a->quote == b->quote);
    assert_int_equal(a->refuses_changes, b->refuses_changes);
    assert_int_equal(a->revision, b->revision);
}

static void assert_same_items(const struct event *a, const struct event *b)
{
    assert_int_equal(a->item_count, b->item_count);
    for (uint32_t i = 0; i < a->item_count; i++) {
        assert_same_text(a->items[i].id, b->items[i].id);
        assert_same_text(a->items[i].sku, b->items[i].sku);
        assert_same_text(a->items[i].name, b->items[i].name);
        assert_same_text(a->items[i].category, b->items[i].category);
        assert_same_text(a->items[i].type, b->items[i].type);
        assert_int_equal(a->items[i].quantity, b->items[i].quantity);
        assert_int_equal(a->items[i].unit_price.coefficient, b->items[i].unit_price.coefficient);
        assert_int_equal(a->items[i].unit_price.scale, b->items[i].unit_price.scale);
        assert_int_equal(a->items[i].discount, b->items[i].discount);
        assert_int_equal(a->items[i].tax, b->items[i].tax);
    }
}

static void assert_same_values(const struct event *a, const struct event *b)
{
    assert_same_text(a->name, b->name);
    assert_int_equal(a->value_count, b->value_count);
    for (uint32_t i = 0; i < a->value_count; i++) {
        const struct field_value *one = &a->values[i];
        const struct field_value *other = &b->values[i];
        assert_same_text(one->name, other->name);
        assert_int_equal(one->type, other->type);
        assert_int_equal(one->boolean, other->boolean);
        assert_true(one->integer == other->integer);
        assert_true(one->decimal.coefficient == other->decimal.coefficient);
        assert_int_equal(one->decimal.scale, other->decimal.scale);
        assert_same_text(one->currency, other->currency);
        assert_same_text(one->text, other->text);
        assert_int_equal(one->text_count, other->text_count);
        for (uint32_t k = 0; k < one->text_count; k++)
            assert_same_text(one->texts[k], other->texts[k]);
    }
}

static void assert_same_lists(const struct event *a, const struct event *b)
{
    assert_int_equal(a->return_count, b->return_count);
    for (uint32_t i = 0; i < a->return_count; i++) {
        assert_same_text(a->returns[i].item, b->returns[i].item);
        assert_same_text(a->returns[i].sku, b->returns[i].sku);
        assert_true(a->returns[i].quantity == b->returns[i].quantity);
    }
    assert_int_equal(a->redeem_count, b->redeem_count);
    for (uint32_t i = 0; i < a->redeem_count; i++) {
        assert_same_text(a->redeems[i].reward, b->redeems[i].reward);
        assert_same_text(a->redeems[i].wallet, b->redeems[i].wallet);
        assert_int_equal(a->redeems[i].amount, b->redeems[i].amount);
    }
    assert_int_equal(a->promise_count, b->promise_count);
    for (uint32_t i = 0; i < a->promise_count; i++) {
        assert_same_text(a->promises[i].wallet, b->promises[i].wallet);
        assert_int_equal(a->promises[i].amount, b->promises[i].amount);
    }
    assert_int_equal(a->payment_count, b->payment_count);
    for (uint32_t i = 0; i < a->payment_count; i++) {
        assert_same_text(a->payments[i].kind, b->payments[i].kind);
        assert_int_equal(a->payments[i].amount, b->payments[i].amount);
    }
}

static void every_field_of_an_event_comes_back_but_position_and_clock(void **context)
{
    struct arena arena;
    struct event event = full_event();
    struct event read;
    (void)context;
    arena_init(&arena, ARENA_BYTES);
    assert_int_equal(engine_decode_event(encoded(&arena, &event), &arena, &read), STATUS_OK);
    assert_same_texts(&event, &read);
    assert_same_numbers(&event, &read);
    assert_same_items(&event, &read);
    assert_same_lists(&event, &read);
    assert_same_values(&event, &read);
    assert_int_equal(read.position, 0);
    assert_int_equal(read.clock_us, 0);
    arena_release(&arena);
}

enum { CHANGED_TEXTS = 22, CHANGED_NUMBERS = 11, CHANGED_COUNTS = 7, CHANGED_FLAGS = 3 };

/* One field, or one field of an item, set to something else. */
static void change(struct event *event, struct item changed[3], int number)
{
    struct text *const texts[CHANGED_TEXTS] = {
        &event->key,       &event->member,  &event->other_member, &event->order,
        &event->id,        &event->channel, &event->store,        &event->till,
        &event->staff,     &event->partner, &event->wallet,       &event->reward,
        &event->milestone, &event->reason,  &event->actor,        &event->fields_hash,
        &changed[0].id,    &changed[0].sku, &changed[0].name,     &changed[0].category,
        &changed[0].type,  &event->name};
    int64_t *const numbers[CHANGED_NUMBERS] = {&event->occurred_at_us,
                                               &event->shipping,
                                               &event->discount,
                                               &event->paid_with_points,
                                               &event->amount,
                                               &event->lapses_at_us,
                                               &event->expires_at_us,
                                               &changed[0].quantity,
                                               &changed[0].discount,
                                               &changed[0].tax,
                                               &changed[0].unit_price.coefficient};
    uint32_t *const counts[CHANGED_COUNTS] = {
        &event->item_count,    &event->return_count, &event->redeem_count, &event->promise_count,
        &event->payment_count, &event->currency,     &event->value_count};
    bool *const flags[CHANGED_FLAGS] = {&event->is_import, &event->tax_is_in_prices,
                                        &event->refuses_changes};
    int first = 0;
    if (number < CHANGED_TEXTS) *texts[number] = TEXT("other");
    first += CHANGED_TEXTS;
    if (number >= first && number - first < CHANGED_NUMBERS) {
        *numbers[number - first] = 424242;
    }
    first += CHANGED_NUMBERS;
    if (number >= first && number - first < CHANGED_COUNTS) {
        --*counts[number - first];
    }
    first += CHANGED_COUNTS;
    if (number >= first && number - first < CHANGED_FLAGS) {
        *flags[number - first] = !*flags[number - first];
    }
    first += CHANGED_FLAGS;
    if (number == first) event->type = EVENT_JOIN;
    if (number == first + 1) event->quote = 0;
    if (number == first + 2) event->revision = 4;
    if (number == first + 3) changed[0].unit_price.scale = 3;
}
#define CHANGES 47

static void an_event_with_any_field_changed_is_other_bytes(void **context)
{
    struct arena arena;
    struct text all[CHANGES + 1];
    (void)context;
    arena_init(&arena, ARENA_BYTES);
    for (int number = 0; number <= CHANGES; number++) {
        struct event event = full_event();
        struct item changed[3];
        memcpy(changed, items, sizeof items);
        event.items = changed;
        if (number < CHANGES) change(&event, changed, number);
        all[number] = encoded(&arena, &event);
        for (int before = 0; before < number; before++)
            assert_false(text_equal(all[before], all[number]));
    }
    arena_release(&arena);
}

static void a_birthday_is_in_no_bytes(void **context)
{
    struct arena arena;
    struct event read;
    (void)context;
    arena_init(&arena, ARENA_BYTES);
    struct event event = full_event();
    struct text without = encoded(&arena, &event);
    event.birthday_month = 12;
    event.birthday_day = 24;
    assert_true(text_equal(encoded(&arena, &event), without));
    assert_int_equal(engine_decode_event(encoded(&arena, &event), &arena, &read), STATUS_OK);
    assert_int_equal(read.birthday_month, 0);
    assert_int_equal(read.birthday_day, 0);
    arena_release(&arena);
}

static void a_price_is_the_same_bytes_with_or_without_zeros_at_its_end(void **context)
{
    struct arena arena;
    (void)context;
    arena_init(&arena, ARENA_BYTES);
    const struct item plain = {.sku = TEXT("A"), .quantity = 1, .unit_price = {10, 0}};
    const struct item zeros = {.sku = TEXT("A"), .quantity = 1, .unit_price = {100000, 4}};
    struct event a = {.type = EVENT_PURCHASE, .items = &plain, .item_count = 1};
    struct event b = {.type = EVENT_PURCHASE, .items = &zeros, .item_count = 1, .position = 5};
    assert_true(text_equal(encoded(&arena, &a), encoded(&arena, &b)));
    arena_release(&arena);
}

static void what_is_not_given_takes_no_bytes(void **context)
{
    struct arena arena;
    (void)context;
    arena_init(&arena, ARENA_BYTES);
    struct event event = {
        .type = EVENT_SETTLE, .member = TEXT("ann"), .occurred_at_us = INT64_C(1800000000000000)};
    assert_int_equal(encoded(&arena, &event).length, 1 + 1 + 8 + 1 + 4);
    const struct item two[] = {
        {.sku = TEXT("SKU-10001"), .quantity = 1, .unit_price = {1995, 2}},
        {.sku = TEXT("SKU-20002"),
         .quantity = 2,
         .unit_price = {450, 2},
         .category = TEXT("books")},
    };
    event = (struct event){.type = EVENT_PURCHASE,
                           .member = TEXT("M-1234567"),
                           .order = TEXT("O-12345678"),
                           .occurred_at_us = INT64_C(1800000000000000),
                           .channel = TEXT("web"),
                           .items = two,
                           .item_count = 2};
    size_t length = encoded(&arena, &event).length;
    assert_in_range(length, 60, 75);
    arena_release(&arena);
}

static void an_event_cut_or_lengthened_is_corrupt_and_a_changed_byte_never_crashes(void **context)
{
    struct arena arena;
    struct event event = full_event();
    struct event read;
    (void)context;
    arena_init(&arena, ARENA_BYTES);
    struct text bytes = encoded(&arena, &event);
    for (size_t size = 0; size < bytes.length; size++) {
        char *cut = malloc(size + 1);
        assert_non_null(cut);
        memcpy(cut, bytes.bytes, size);
        assert_int_equal(engine_decode_event((struct text){cut, size}, &arena, &read),
                         STATUS_CORRUPT);
        free(cut);
    }
    char *changed = malloc(bytes.length + 1);
    assert_non_null(changed);
    memcpy(changed, bytes.bytes, bytes.length);
    changed[bytes.length] = 0;
    assert_int_equal(engine_decode_event((struct text){changed, bytes.length + 1}, &arena, &read),
                     STATUS_CORRUPT);
    struct arena scratch;
    arena_init(&scratch, 16 * ARENA_BYTES);
    for (size_t i = 0; i < bytes.length; i++) {
        for (int flip = 1; flip < 256; flip++) {
            changed[i] = (char)(bytes.bytes[i] ^ flip);
            struct text damaged = {changed, bytes.length};
            arena_clear(&scratch);
            enum status status = engine_decode_event(damaged, &scratch, &read);
            assert_true(status == STATUS_OK || status == STATUS_CORRUPT);
        }
        changed[i] = bytes.bytes[i];
    }
    arena_release(&scratch);
    free(changed);
    arena_release(&arena);
}

static void a_field_that_claims_to_be_given_and_is_not_is_corrupt(void **context)
{
    struct arena arena;
    struct event read;
    (void)context;
    arena_init(&arena, ARENA_BYTES);
    /* format, settle, at 0, member: empty; another type; a field that there is not. */
    static const char *const hostile[] = {"\x02\x0e\x00\x01\x00", "\x02\x7f\x00\x01\x01x",
                                          "\x02\x0e\x00\x80\x80\x80\x80\x80\x40"};
    static const size_t sizes[] = {5, 6, 9};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct text bytes = {hostile[i], sizes[i]};
        assert_int_equal(engine_decode_event(bytes, &arena, &read), STATUS_CORRUPT);
    }
    struct text other_format = TEXT("\x01\x0e\x00\x01\x01x");
    assert_int_equal(engine_decode_event(other_format, &arena, &read), STATUS_CORRUPT);
    struct text good = TEXT("\x02\x0e\x00\x01\x01x");
    assert_int_equal(engine_decode_event(good, &arena, &read), STATUS_OK);
    assert_true(text_equal(read.member, TEXT("x")));
    arena_release(&arena);
}

static void lists_past_their_maximum_are_refused(void **context)
{
    struct arena arena;
    struct text bytes;
    (void)context;
    arena_init(&arena, ARENA_BYTES);
    struct event event = {.type = EVENT_PURCHASE, .redeem_count = EVENT_REDEEM_MAXIMUM + 1};
    assert_int_equal(engine_encode_event(&event, &arena, &bytes), STATUS_LIMIT);
    event = (struct event){.type = EVENT_PURCHASE, .item_count = EVENT_ITEM_MAXIMUM + 1};
    assert_int_equal(engine_encode_event(&event, &arena, &bytes), STATUS_LIMIT);
    event = (struct event){.type = EVENT_CUSTOM, .value_count = EVENT_VALUE_MAXIMUM + 1};
    assert_int_equal(engine_encode_event(&event, &arena, &bytes), STATUS_LIMIT);
    const struct field_value many = {.type = FIELD_STRINGS,
                                     .text_count = FIELD_STRINGS_MAXIMUM + 1};
    event = (struct event){.type = EVENT_CUSTOM, .values = &many, .value_count = 1};
    assert_int_equal(engine_encode_event(&event, &arena, &bytes), STATUS_LIMIT);
    arena_release(&arena);
}

static void memory_has_an_end(void **context)
{
    struct arena arena;
    struct arena small;
    struct event event = full_event();
    struct event read;
    struct text none;
    (void)context;
    arena_init(&arena, ARENA_BYTES);
    struct text bytes = encoded(&arena, &event);
    arena_init(&small, 256);
    assert_int_equal(engine_encode_event(&event, &small, &none), STATUS_NO_MEMORY);
    assert_int_equal(engine_decode_event(bytes, &small, &read), STATUS_NO_MEMORY);
    arena_release(&small);
    arena_release(&arena);
}

static void a_record_keeps_the_event_or_not(void **context)
{
    struct world world;
    struct decision decoded;
    struct event kept;
    (void)context;
    world_open(&world, "program: p\ncurrency: EUR\nwallets: {points: {}}\nrules:\n"
                       "  base: {on: purchase, earn: 1 point per 1.00 EUR}\n");
    struct event event = EVENT(PURCHASE("ann", "o1"), .till = TEXT("till 3"),
                               ITEMS(ITEM_WITH("A", 2, "9.50", .name = TEXT("A cup"))));
    assert_done(happen(&world, event));
    assert_int_equal(engine_decode(buffer_text(&world.record), &world.event_arena, &decoded),
                     STATUS_OK);
    assert_int_equal(engine_kept_event(&decoded, &world.event_arena, &kept), STATUS_OK);
    assert_same_texts(&event, &kept);
    assert_same_text(kept.items[0].name, TEXT("A cup"));
    size_t with_event = world.record.length;
    buffer_clear(&world.record);
    assert_int_equal(engine_encode(&world.decision, NULL, &world.record), STATUS_OK);
    /* And the byte that says what of it the decision has. */
    assert_int_equal(world.record.length, with_event - decoded.event.length - 1);
    assert_int_equal(engine_decode(buffer_text(&world.record), &world.event_arena, &decoded),
                     STATUS_OK);
    assert_int_equal(decoded.event.length, 0);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_an_event_comes_back_but_position_and_clock),
        cmocka_unit_test(an_event_with_any_field_changed_is_other_bytes),
        cmocka_unit_test(a_birthday_is_in_no_bytes),
        cmocka_unit_test(a_price_is_the_same_bytes_with_or_without_zeros_at_its_end),
        cmocka_unit_test(what_is_not_given_takes_no_bytes),
        cmocka_unit_test(an_event_cut_or_lengthened_is_corrupt_and_a_changed_byte_never_crashes),
        cmocka_unit_test(a_field_that_claims_to_be_given_and_is_not_is_corrupt),
        cmocka_unit_test(lists_past_their_maximum_are_refused),
        cmocka_unit_test(memory_has_an_end),
        cmocka_unit_test(a_record_keeps_the_event_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
