/* The shop of the library's tests: see shop.h. */
#include "shop.h"

const char shop_text[] =
    "program: shop\n"
    "currencies: [EUR, SEK]\n"
    "wallets:\n"
    "  points: {names: {en: {one: point, other: points}}, expires: {after: 12 months}}\n"
    "  stars: {decimals: 2}\n"
    "counters:\n"
    "  spend: {sum: order.eligible, currency: EUR}\n"
    "tiers:\n"
    "  club:\n"
    "    measured_by: spend\n"
    "    levels: {silver: {title: Silver, from: 50.00 EUR}, gold: {from: 500.00 EUR}}\n"
    "rules:\n"
    "  welcome: {on: join, earn: 100 points}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR\n"
    "    boosts: {web: {if: {channel: web}, by: 2}}\n"
    "  large: {on: purchase, if: {order_at_least: 1000.00 EUR}, earn: 7 points}\n"
    "rewards:\n"
    "  mug: {title: A mug, cost: 150 points}\n";

enum guerdon_append_result journal_append(void *context, struct guerdon_text entry)
{
    struct journal *journal = context;
    journal->calls++;
    bool is_kept = journal->answer == GUERDON_APPENDED ||
                   (journal->answer == GUERDON_APPEND_UNKNOWN && journal->keeps_unknown);
    if (is_kept) {
        assert_true(entry.length <= JOURNAL_BYTES_MAXIMUM - journal->length);
        memcpy(journal->bytes + journal->length, entry.bytes, entry.length);
        journal->length += entry.length;
    }
    return journal->answer;
}

struct guerdon_program *shop_program(void)
{
    struct guerdon_program *program = NULL;
    assert_int_equal(guerdon_program_load(guerdon_text_of(shop_text), NULL, &program), GUERDON_OK);
    return program;
}

struct guerdon_engine *shop_engine(const struct guerdon_program *program, struct journal *journal)
{
    struct guerdon_engine *engine = NULL;
    const struct guerdon_engine_options options = {.size = sizeof options,
                                                   .append =
                                                       journal == NULL ? NULL : journal_append,
                                                   .context = journal};
    assert_int_equal(guerdon_engine_open(program, &options, &engine), GUERDON_OK);
    return engine;
}

struct guerdon_event join_of(const char *member)
{
    struct guerdon_event event = guerdon_event_of(GUERDON_EVENT_JOIN);
    event.member = guerdon_text_of(member);
    event.occurred_at_us = event.now_us = NOON_US;
    return event;
}

#define ITEMS_IN_TURN 4

struct guerdon_event purchase_of(const char *member, const char *order, int64_t cents)
{
    static struct guerdon_item items[ITEMS_IN_TURN];
    static size_t turn;
    struct guerdon_event event = guerdon_event_of(GUERDON_EVENT_PURCHASE);
    struct guerdon_item *item = &items[turn++ % ITEMS_IN_TURN];
    *item = (struct guerdon_item){
        .sku = guerdon_text_of("A"), .quantity = 1, .unit_price = cents, .unit_price_decimals = 2};
    event.member = guerdon_text_of(member);
    event.order = guerdon_text_of(order);
    event.items = item;
    event.item_count = 1;
    event.occurred_at_us = event.now_us = NOON_US;
    return event;
}

struct guerdon_event redeem_of(const char *member, int64_t points)
{
    struct guerdon_event event = guerdon_event_of(GUERDON_EVENT_REDEEM);
    event.member = guerdon_text_of(member);
    event.wallet = guerdon_text_of("points");
    event.amount = points;
    event.occurred_at_us = event.now_us = NOON_US;
    return event;
}

uint32_t decide(struct guerdon_engine *engine, struct guerdon_event event)
{
    struct guerdon_answer answer = {.size = sizeof answer};
    assert_int_equal(guerdon_engine_decide(engine, &event, &answer), GUERDON_OK);
    return answer.answer;
}

int64_t available(struct guerdon_engine *engine, const char *member)
{
    struct guerdon_balance balance = {.size = sizeof balance};
    assert_int_equal(guerdon_engine_balance(engine, guerdon_text_of(member), TEXT_OF("points"),
                                            NOON_US, &balance),
                     GUERDON_OK);
    return balance.available;
}

bool text_is(struct guerdon_text text, const char *wanted)
{
    return text.length == strlen(wanted) &&
           (text.length == 0 || memcmp(text.bytes, wanted, text.length) == 0);
}
