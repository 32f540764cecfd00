/* Replay: the recorded decisions say everything. Folded from nothing, without the programme, they
 * give the states that the replay left, byte for byte.
 *
 * On the real orders if they are there, and on generated ones in any case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "backtest/backtest.h"

#define BYTES_MAXIMUM ((size_t)1 << 30)

/* Every kind of thing that a decision can hold: boosts, two wallets, pending, expiry, tiers that
 * rise and fall, limits, a campaign's budget, a reward's stock. `%s` is the currency. */
static const char program_format[] =
    "program: everything\n"
    "timezone: Europe/London\n"
    "currency: %s\n"
    "wallets:\n"
    "  points:\n"
    "    names: {en: {one: point, other: points}}\n"
    "    expires: {after: 3 months, on: end of month}\n"
    "    on_return: {earned_but_spent: below zero, spent_lot_expired: live 30 days}\n"
    "  stars:\n"
    "    names: {en: {one: star, other: stars}}\n"
    "    decimals: 2\n"
    "    expires: {after: 60 days, renewed_by: [purchase]}\n"
    "    on_return: {earned_but_spent: only pending}\n"
    "counters:\n"
    "  spend: {sum: order.eligible, on: purchase, window: calendar year}\n"
    "  recent: {sum: item.quantity, on: purchase, window: 90 days}\n"
    "tiers:\n"
    "  club:\n"
    "    measured_by: spend\n"
    "    levels: {basic: {}, silver: {from: 300.00 %s}, gold: {from: 1500.00 %s}}\n"
    "    kept_until: end of next calendar year\n"
    "    downgrade: one level\n"
    "    on_return: re-evaluate\n"
    "rules:\n"
    "  welcome: {on: join, earn: 10 points}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 %s of order.eligible, rounded down\n"
    "    boosts:\n"
    "      combine: add\n"
    "      silver: {if: {tier: silver or above}, by: 1.25}\n"
    "      weekly: {by: 2, limit: {per_member: 1 per calendar week}}\n"
    "  stars:\n"
    "    on: purchase\n"
    "    earn: 0.05 stars per 1.00 %s of item.eligible, rounded down\n"
    "    pending: {until: delivered, at_latest: 14 days}\n"
    "rewards:\n"
    "  ten-off: {cost: 300 points, stock: 2000, limit: {per_member: 2 per calendar month}}\n";

struct replayed {
    struct arena arena;
    struct book book;
    struct mapping mapping;
    const struct program *program;
    struct store *store;
    struct totals totals;
};

static void load_program(struct replayed *replayed)
{
    struct problem_list problems;
    char text[4096];
    char code[4] = {0};
    memcpy(code, replayed->mapping.currency.bytes, 3);
    int length = snprintf(text, sizeof text, program_format, code, code, code, code, code);
    assert_in_range(length, 1, sizeof text - 1);
    problem_list_init(&problems, &replayed->arena);
    enum status status =
        program_load(&replayed->arena, TEXT("everything.yaml"), (struct text){text, (size_t)length},
                     &problems, &replayed->program);
    for (size_t i = 0; i < problems.count; i++) {
        print_error("%u: %.*s\n", problems.items[i].position.line,
                    TEXT_ARGUMENTS(problems.items[i].message));
    }
    assert_int_equal(status, STATUS_OK);
}

static void replay(struct replayed *replayed, const char *orders)
{
    struct problem_list problems;
    problem_list_init(&problems, &replayed->arena);
    load_program(replayed);
    assert_int_equal(orders_read(&replayed->book, text_of(orders), &replayed->mapping,
                                 replayed->mapping.currency_decimals, false, NULL, NULL),
                     STATUS_OK);
    assert_int_equal(memory_store_open(true, &replayed->store), STATUS_OK);
    struct replay_options options = {
        .redeem_reward = 0,
        .redeem_everybody = true,
        .store = replayed->store,
        .records = true,
        .problems = &problems,
    };
    enum status status =
        replay_run(&replayed->book, replayed->program, &options, &replayed->totals);
    for (size_t i = 0; i < problems.count; i++)
        print_error("%.*s\n", TEXT_ARGUMENTS(problems.items[i].message));
    assert_int_equal(status, STATUS_OK);
}

static void release(struct replayed *replayed)
{
    totals_release(&replayed->totals);
    store_close(replayed->store);
    orders_release(&replayed->book);
    arena_release(&replayed->arena);
}

/* Folds records into a store of its own. */
struct folding {
    struct store *store;
    struct states states;
    struct arena arena;
    uint64_t records;
};

static enum status fold_record(void *context, const struct record *record)
{
    struct folding *folding = context;
    struct decision decision;
    arena_clear(&folding->arena);
    states_clear(&folding->states);
    TRY(engine_decode(record->body, &folding->arena, &decision));
    assert_int_equal(decision.position, record->position);
    for (uint32_t i = 0; i < decision.entity_count; i++) {
        if (decision.entities[i].kind == ENTITY_LINES) continue;
        uint32_t index = folding->states.count;
        TRY(states_add(&folding->states, &decision.entities[i]));
        TRY(store_load(folding->store, &folding->states, index));
    }
    TRY(engine_apply(&folding->states, &decision));
    TRY(store_begin(folding->store));
    TRY(store_save_dirty(folding->store, &folding->states));
    folding->records++;
    return store_commit(folding->store);
}

/* Every state of a store, one behind the other. */
static enum status list_state(void *context, const struct entity_key *key, struct text bytes)
{
    struct buffer *list = context;
    TRY(buffer_add_format(list, "%d %zu %zu ", (int)key->kind, key->id.length, bytes.length));
    TRY(buffer_add(list, key->id));
    return buffer_add(list, bytes);
}

static void assert_states_equal(struct store *store, struct store *other)
{
    for (int kind = 0; kind < ENTITY_KIND_COUNT; kind++) {
        struct buffer list;
        struct buffer other_list;
        buffer_init(&list, BYTES_MAXIMUM);
        buffer_init(&other_list, BYTES_MAXIMUM);
        assert_int_equal(
            store_each_state(store, (enum entity_kind)kind, TEXT(""), list_state, &list),
            STATUS_OK);
        assert_int_equal(
            store_each_state(other, (enum entity_kind)kind, TEXT(""), list_state, &other_list),
            STATUS_OK);
        assert_int_equal(list.length, other_list.length);
        if (list.length > 0) assert_memory_equal(list.bytes, other_list.bytes, list.length);
        bool is_used = kind == ENTITY_MEMBER || kind == ENTITY_ORDER || kind == ENTITY_TALLY;
        if (is_used) assert_true(list.length > 0);
        buffer_release(&list);
        buffer_release(&other_list);
    }
}

static void assert_folds(struct replayed *replayed)
{
    struct folding folding = {.records = 0};
    assert_int_equal(memory_store_open(false, &folding.store), STATUS_OK);
    assert_int_equal(states_init(&folding.states, BYTES_MAXIMUM), STATUS_OK);
    arena_init(&folding.arena, BYTES_MAXIMUM);
    assert_int_equal(store_each_record(replayed->store, 0, fold_record, &folding), STATUS_OK);
    /* Each order and each member's joining and settling, and redemptions. */
    assert_true(folding.records > replayed->totals.orders + 2 * replayed->totals.member_count);
    assert_states_equal(replayed->store, folding.store);
    arena_release(&folding.arena);
    states_release(&folding.states);
    store_close(folding.store);
}

static enum status add_bytes(void *context, struct text bytes)
{
    return buffer_add(context, bytes);
}

static void folding_the_records_of_generated_orders_gives_the_same_states(void **context)
{
    (void)context;
    struct replayed replayed = {.store = NULL};
    arena_init(&replayed.arena, BYTES_MAXIMUM);
    assert_int_equal(mapping_default(&replayed.arena, &replayed.mapping), STATUS_OK);
    struct buffer lines;
    buffer_init(&lines, BYTES_MAXIMUM);
    struct generate_options options = generate_defaults();
    options.members = 1500;
    options.seed = 3;
    char path[] = "/tmp/guerdon-orders-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    assert_non_null(file);
    assert_int_equal(generate_orders(&options, add_bytes, &lines), STATUS_OK);
    assert_int_equal(fwrite(lines.bytes, 1, lines.length, file), lines.length);
    assert_int_equal(fclose(file), 0);
    buffer_release(&lines);
    replay(&replayed, path);
    unlink(path);
    assert_folds(&replayed);
    release(&replayed);
}

static void folding_the_records_of_real_orders_gives_the_same_states(void **context)
{
    (void)context;
    const char *data = getenv("GUERDON_DATA");
    const char *source = getenv("GUERDON_SOURCE");
    assert_non_null(source);
    char orders[4096];
    bool is_named = data != NULL && data[0] != '\0';
    snprintf(orders, sizeof orders, "%s%s/online-retail/online_retail.csv.zst",
             is_named ? data : source, is_named ? "" : "/../shared/data");
    if (access(orders, R_OK) != 0) {
        puts("not run: real data");
        return;
    }
    struct replayed replayed = {.store = NULL};
    struct problem_list problems;
    arena_init(&replayed.arena, BYTES_MAXIMUM);
    problem_list_init(&problems, &replayed.arena);
    static const char map[] = "currency: GBP\n"
                              "timezone: UTC\n"
                              "time_format: \"%Y-%m-%d %H:%M:%S\"\n"
                              "columns:\n"
                              "  order: InvoiceNo\n"
                              "  customer: {column: CustomerID, drop_suffix: .0}\n"
                              "  sku: StockCode\n"
                              "  quantity: Quantity\n"
                              "  unit_price: UnitPrice\n"
                              "  time: InvoiceDate\n"
                              "return: {order_starts_with: C}\n";
    assert_int_equal(
        mapping_load(&replayed.arena, TEXT("map.yaml"), TEXT(map), &problems, &replayed.mapping),
        STATUS_OK);
    replay(&replayed, orders);
    assert_int_equal(replayed.totals.orders, 18536);
    assert_folds(&replayed);
    release(&replayed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding_the_records_of_generated_orders_gives_the_same_states),
        cmocka_unit_test(folding_the_records_of_real_orders_gives_the_same_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
