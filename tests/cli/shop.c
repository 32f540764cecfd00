/* A shop at work, for tests of the verbs that run beside one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "service/service.h"
#include "shop.h"

#define BYTES_MAXIMUM (64u << 20)

static const char program_text[] =
    "program: shop\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {expires: {after: 12 months}}\n"
    "  credit: {decimals: 2}\n"
    "events:\n"
    "  review: {title: Product review, fields: {rating: int}}\n"
    "rules:\n"
    "  review: {on: review, when: event.rating >= 4, earn: 10 points}\n"
    "  welcome: {on: join, earn: 100 points}\n"
    "  base: {on: purchase, earn: 2 points per 1.00 EUR}\n";

void shop_open(struct shop *shop)
{
    const struct service_options options = {.store = {.path = "data/shop.db"},
                                            .program_file = TEXT("shop.yaml"),
                                            .program_text = TEXT(program_text)};
    struct buffer complaint;
    (void)!mkdir("data", 0700);
    buffer_init(&complaint, BYTES_MAXIMUM);
    arena_init(&shop->arena, BYTES_MAXIMUM);
    enum status status = service_open(&options, &complaint, &shop->service);
    if (status != STATUS_OK) print_error("%.*s\n", TEXT_ARGUMENTS(buffer_text(&complaint)));
    assert_int_equal(status, STATUS_OK);
    buffer_release(&complaint);
}

void shop_close(struct shop *shop)
{
    service_close(shop->service);
    arena_release(&shop->arena);
}

struct deciding {
    struct command command; /* first: run gets it back */
    struct shop *shop;
    struct event event;
    const struct person *person;
    bool erases;
};

static enum status run_deciding(struct command *command, struct turn *turn)
{
    struct deciding *deciding = (struct deciding *)command;
    struct event *event = &deciding->event;
    struct arena *arena = &deciding->shop->arena;
    struct prepared_person prepared;
    struct reply reply;
    event->occurred_at_us = turn_clock_us(turn);
    if (deciding->person != NULL) {
        TRY(turn_prepare_person(turn, event->member, deciding->person, arena, &prepared));
        event->fields_hash = (struct text){(const char *)prepared.hash, HASH_RECORD_BYTES};
    }
    TRY(turn_decide(turn, NULL, event, false, arena, &reply));
    if (reply.answer != ANSWER_DONE) return STATUS_INVALID;
    if (deciding->erases) return turn_erase_person(turn, event->member, arena);
    return deciding->person == NULL ? STATUS_OK : turn_put_person(turn, &prepared, arena);
}

static void decide(struct deciding *deciding)
{
    deciding->command = (struct command){.run = run_deciding, .weight = 1};
    assert_int_equal(service_do(deciding->shop->service, &deciding->command), COMMAND_DONE);
}

void shop_buy(struct shop *shop, const char *member, const char *order, int64_t cents)
{
    const struct item item = {.sku = TEXT("A"), .quantity = 1, .unit_price = {cents, 2}};
    struct deciding deciding = {.shop = shop,
                                .event = {.type = EVENT_PURCHASE,
                                          .member = text_of(member),
                                          .order = text_of(order),
                                          .items = &item,
                                          .item_count = 1}};
    decide(&deciding);
}

void shop_review(struct shop *shop, const char *member, int64_t rating)
{
    const struct field_value value = {.name = TEXT("rating"), .type = FIELD_INT, .integer = rating};
    struct deciding deciding = {.shop = shop,
                                .event = {.type = EVENT_CUSTOM,
                                          .name = TEXT("review"),
                                          .member = text_of(member),
                                          .values = &value,
                                          .value_count = 1}};
    decide(&deciding);
}

void shop_join(struct shop *shop, const char *member, const char *card)
{
    struct external_id id = {TEXT("card"), text_of(card)};
    const struct person person = {.fields = TEXT("{\"name\":\"Ann\"}"), .ids = &id, .id_count = 1};
    struct deciding deciding = {
        .shop = shop, .event = {.type = EVENT_JOIN, .member = text_of(member)}, .person = &person};
    decide(&deciding);
}

void shop_erase(struct shop *shop, const char *member)
{
    struct deciding deciding = {.shop = shop,
                                .event = {.type = EVENT_ERASE,
                                          .member = text_of(member),
                                          .reason = TEXT("asked"),
                                          .actor = TEXT("staff")},
                                .erases = true};
    decide(&deciding);
}
