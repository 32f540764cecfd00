/* Generate: one queue of what happens next in the shop, written as it happens.
 *
 * Must never depend on anything but its options: no clock, no address, no library function that
 * machines round differently. Binary floating point is fine here, since these amounts are invented;
 * each is rounded to cents once, before it is written.
 *
 *   queue, by time:  purchase of member 17 | return of what 4 bought | a guest | purchase of 8 |
 * ... purchase  -> writes an order; may put a return, a guest and the member's next purchase return
 * -> writes some lines of that purchase with negative quantities guest     -> writes an order
 * without a member
 *
 * What is in a basket follows from its seed and amount, so that a return carries two numbers and no
 * list. Every member has a stream of its own: what one does changes nothing for another.
 *
 * Invariants
 *   1. The queue is a heap: no entry comes before its parent; it holds at most one purchase of each
 *      member.
 *   2. Catalogue prices ascend and never change.
 */
#include "backtest/generate.h"

#include <stdio.h>
#include <stdlib.h>

#include "backtest/draw.h"
#include "backtest/real.h"

#define FIRST_DAY 19723 /* 2024-01-01 */
#define SECONDS_PER_DAY INT64_C(86400)
#define SECONDS_PER_WEEK (7.0 * 86400.0)
/* The shop is open from 8 to 22. */
#define OPENS_SECOND (INT64_C(8) * 3600)
#define OPEN_SECONDS (INT64_C(14) * 3600)
#define FIRST_ORDER_NUMBER 100001u

#define CATALOGUE_SIZE 400u
#define CHEAPEST_CENTS 199.0
#define DEAREST_OVER_CHEAPEST 150.0
#define BASKET_LINES_MAXIMUM 8u

#define GUEST_PERCENT 20u
#define RETURN_PERCENT 6u
#define RETURN_FIRST_DAYS 2u
#define RETURN_WITHIN_DAYS 28u
#define NO_MEMBER UINT32_MAX

#define BLOCK_BYTES ((size_t)64 << 10)
#define LINE_BYTES_MAXIMUM 160
#define QUEUE_MAXIMUM ((size_t)1 << 30)

enum happening_kind { HAPPENS_PURCHASE, HAPPENS_RETURN, HAPPENS_GUEST };

struct happening {
    int64_t at_second; /* of the span, before opening hours are taken into account */
    uint32_t member;
    enum happening_kind kind;
    uint64_t basket_seed; /* return, guest */
    int64_t basket_cents; /* return */
};

/* What the models say of one member. */
struct shopper {
    struct stream stream;
    double purchases_per_week;
    double chance_to_go;
    double amount_rate;
    bool has_bought;
};

struct product {
    int64_t cents;
    uint32_t category;
};

struct basket_line {
    uint32_t product;
    uint32_t quantity;
};

struct basket {
    struct basket_line lines[BASKET_LINES_MAXIMUM];
    uint32_t count;
    const char *channel;
};

static const struct {
    const char *name;
    const char *code; /* how its SKUs begin */
    uint32_t weight;
} categories[] = {{"skincare", "SK", 26},  {"makeup", "MU", 22},        {"haircare", "HC", 14},
                  {"fragrance", "FR", 12}, {"bath-and-body", "BB", 11}, {"tools", "TL", 7},
                  {"minis", "MN", 5},      {"gifts", "GF", 3}};

struct shop {
    struct generate_options options;
    struct product catalogue[CATALOGUE_SIZE];
    struct shopper *shoppers;
    struct happening *queue;
    size_t queue_length;
    size_t queue_capacity;
    int64_t end_second;
    uint32_t order_number;
    generate_write write;
    void *context;
    size_t length;
    char block[BLOCK_BYTES];
};

struct generate_options generate_defaults(void)
{
    return (struct generate_options){.members = 1000,
                                     .days = 730,
                                     .seed = 1,
                                     .model = {.r = 0.243,
                                               .alpha_weeks = 4.414,
                                               .a = 0.793,
                                               .b = 2.426,
                                               .p = 6.25,
                                               .q = 3.74,
                                               .v = 15.44}};
}

static void fill_catalogue(struct shop *shop)
{
    double step = real_log(DEAREST_OVER_CHEAPEST) / (CATALOGUE_SIZE - 1);
    struct stream stream = {CATALOGUE_SIZE}; /* the same catalogue whatever the seed */
    for (uint32_t i = 0; i < CATALOGUE_SIZE; i++) {
        int64_t cents = (int64_t)(CHEAPEST_CENTS * real_exp(step * i) + 0.5);
        shop->catalogue[i].cents = cents / 10 * 10 + 9; /* shops like nines */
        uint32_t chance = draw_below(&stream, 100);
        uint32_t category = 0;
        while (chance >= categories[category].weight)
            chance -= categories[category++].weight;
        shop->catalogue[i].category = category;
    }
}

/* The product whose price is nearest to so many cents. */
static uint32_t nearest_product(const struct shop *shop, int64_t cents)
{
    uint32_t low = 0;
    uint32_t high = CATALOGUE_SIZE - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (shop->catalogue[middle].cents < cents) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > 0 && cents - shop->catalogue[low - 1].cents < shop->catalogue[low].cents - cents)
        low--;
    return low;
}

static uint32_t draw_quantity(struct stream *stream)
{
    uint32_t chance = draw_below(stream, 100);
    return chance < 80 ? 1 : chance < 95 ? 2 : 3;
}

/* Adds the line that comes nearest to `cents` and answers what it costs. */
static int64_t add_to_basket(const struct shop *shop, struct basket *basket, int64_t cents,
                             uint32_t quantity)
{
    int64_t dearest = shop->catalogue[CATALOGUE_SIZE - 1].cents;
    while (cents / quantity > dearest)
        quantity++;
    uint32_t product = nearest_product(shop, cents / quantity);
    basket->lines[basket->count++] = (struct basket_line){product, quantity};
    return shop->catalogue[product].cents * quantity;
}

/* Splits the amount at random among one to eight lines; the last makes up the rest as closely as
 * the price list allows. */
static void fill_basket(const struct shop *shop, uint64_t seed, int64_t cents,
                        struct basket *basket)
{
    static const char *const channels[] = {"web", "web", "web", "app", "app", "store"};
    struct stream stream = {seed};
    basket->count = 0;
    basket->channel = channels[draw_below(&stream, 6)];
    uint32_t wanted = 1;
    while (wanted < BASKET_LINES_MAXIMUM && draw_below(&stream, 100) < 65)
        wanted++;
    int64_t rest = cents;
    int64_t least = shop->catalogue[0].cents;
    while (basket->count + 1 < wanted && rest >= 2 * least) {
        double share = 0.15 + 0.45 * draw_uniform(&stream);
        rest -=
            add_to_basket(shop, basket, (int64_t)((double)rest * share), draw_quantity(&stream));
    }
    if (basket->count == 0 || rest > least / 2) (void)add_to_basket(shop, basket, rest, 1);
}

static bool happens_before(const struct happening *a, const struct happening *b)
{
    if (a->at_second != b->at_second) return a->at_second < b->at_second;
    if (a->member != b->member) return a->member < b->member;
    if (a->kind != b->kind) return a->kind < b->kind;
    return a->basket_seed < b->basket_seed;
}

static enum status add_happening(struct shop *shop, struct happening happening)
{
    if (happening.at_second >= shop->end_second) return STATUS_OK;
    if (shop->queue_length == shop->queue_capacity) {
        size_t capacity = shop->queue_capacity == 0 ? 1024 : shop->queue_capacity * 2;
        if (capacity > QUEUE_MAXIMUM) return STATUS_LIMIT;
        struct happening *queue = realloc(shop->queue, capacity * sizeof *queue);
        if (queue == NULL) return STATUS_NO_MEMORY;
        shop->queue = queue;
        shop->queue_capacity = capacity;
    }
    size_t at = shop->queue_length++;
    while (at > 0 && happens_before(&happening, &shop->queue[(at - 1) / 2])) {
        shop->queue[at] = shop->queue[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    shop->queue[at] = happening;
    return STATUS_OK;
}

static struct happening take_happening(struct shop *shop)
{
    struct happening first = shop->queue[0];
    struct happening last = shop->queue[--shop->queue_length];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= shop->queue_length) break;
        if (child + 1 < shop->queue_length &&
            happens_before(&shop->queue[child + 1], &shop->queue[child])) {
            child++;
        }
        if (!happens_before(&shop->queue[child], &last)) break;
        shop->queue[at] = shop->queue[child];
        at = child;
    }
    shop->queue[at] = last;
    return first;
}

static enum status flush(struct shop *shop)
{
    size_t length = shop->length;
    shop->length = 0;
    return length == 0 ? STATUS_OK : shop->write(shop->context, (struct text){shop->block, length});
}

static enum status write_line(struct shop *shop, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum status write_line(struct shop *shop, const char *format, ...)
{
    if (shop->length + LINE_BYTES_MAXIMUM > BLOCK_BYTES) TRY(flush(shop));
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(shop->block + shop->length, LINE_BYTES_MAXIMUM, format, arguments);
    va_end(arguments);
    ASSERT(length > 0 && length < LINE_BYTES_MAXIMUM);
    shop->length += (size_t)length;
    return STATUS_OK;
}

/* The day is squeezed into the opening hours, which keeps the order of what happens. */
static void write_time(int64_t at_second, char *out)
{
    struct date date = date_of_day(FIRST_DAY + (int32_t)(at_second / SECONDS_PER_DAY));
    int64_t second = OPENS_SECOND + at_second % SECONDS_PER_DAY * OPEN_SECONDS / SECONDS_PER_DAY;
    snprintf(out, INSTANT_TEXT_MAXIMUM, "%04d-%02d-%02dT%02d:%02d:%02dZ", date.year, date.month,
             date.day, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

/* One line of an order; a quantity below zero is given back. */
static enum status write_order_line(struct shop *shop, const struct happening *happening,
                                    const struct basket *basket, const struct basket_line *line,
                                    int quantity)
{
    char time[INSTANT_TEXT_MAXIMUM];
    char member[16] = "";
    write_time(happening->at_second, time);
    if (happening->member != NO_MEMBER) {
        snprintf(member, sizeof member, "M%07u", happening->member + 1);
    }
    const struct product *product = &shop->catalogue[line->product];
    return write_line(shop, "%s%u,%s,%s,%s,%s-%04u,%s,%d,%d.%02d\n",
                      happening->kind == HAPPENS_RETURN ? "R" : "", shop->order_number, time,
                      member, basket->channel, categories[product->category].code,
                      1000 + line->product, categories[product->category].name, quantity,
                      (int)(product->cents / 100), (int)(product->cents % 100));
}

static enum status write_order(struct shop *shop, const struct happening *happening, uint64_t seed,
                               int64_t cents)
{
    struct basket basket;
    fill_basket(shop, seed, cents, &basket);
    for (uint32_t i = 0; i < basket.count; i++) {
        const struct basket_line *line = &basket.lines[i];
        TRY(write_order_line(shop, happening, &basket, line, (int)line->quantity));
    }
    shop->order_number++;
    return STATUS_OK;
}

/* Half of the lines come back, whole or one unit of them. */
static enum status write_return(struct shop *shop, const struct happening *happening)
{
    struct basket basket;
    fill_basket(shop, happening->basket_seed, happening->basket_cents, &basket);
    struct stream stream = {~happening->basket_seed};
    uint32_t always = draw_below(&stream, basket.count);
    for (uint32_t i = 0; i < basket.count; i++) {
        const struct basket_line *line = &basket.lines[i];
        bool comes_back = draw_below(&stream, 2) == 0;
        bool whole = draw_below(&stream, 2) == 0;
        if (!comes_back && i != always) continue;
        int quantity = whole ? (int)line->quantity : 1;
        TRY(write_order_line(shop, happening, &basket, line, -quantity));
    }
    shop->order_number++;
    return STATUS_OK;
}

static int64_t draw_cents(struct shop *shop, struct stream *stream, double amount_rate)
{
    double dollars = draw_gamma(stream, shop->options.model.p) / amount_rate;
    /* The tail of the model knows no end; a shop does. */
    if (!(dollars < 100000.0)) dollars = 100000.0;
    return (int64_t)(dollars * 100.0 + 0.5);
}

static double draw_amount_rate(const struct shop *shop, struct stream *stream)
{
    return draw_gamma(stream, shop->options.model.q) / shop->options.model.v;
}

/* What may follow a purchase: a return of it, and a guest who happens to come in. */
static enum status add_followers(struct shop *shop, const struct happening *happening,
                                 struct stream *stream, uint64_t seed, int64_t cents)
{
    bool is_returned = draw_below(stream, 100) < RETURN_PERCENT;
    int64_t return_days = RETURN_FIRST_DAYS + draw_below(stream, RETURN_WITHIN_DAYS);
    bool brings_guest = draw_below(stream, 100) < GUEST_PERCENT;
    int64_t guest_second = draw_below(stream, (uint32_t)SECONDS_PER_DAY);
    uint64_t guest_seed = draw_number(stream);
    if (is_returned) {
        TRY(add_happening(shop,
                          (struct happening){happening->at_second + return_days * SECONDS_PER_DAY,
                                             happening->member, HAPPENS_RETURN, seed, cents}));
    }
    if (!brings_guest) return STATUS_OK;
    return add_happening(shop, (struct happening){happening->at_second + guest_second, NO_MEMBER,
                                                  HAPPENS_GUEST, guest_seed, 0});
}

static enum status purchase(struct shop *shop, const struct happening *happening)
{
    struct shopper *shopper = &shop->shoppers[happening->member];
    struct stream *stream = &shopper->stream;
    int64_t cents = draw_cents(shop, stream, shopper->amount_rate);
    uint64_t seed = draw_number(stream);
    TRY(write_order(shop, happening, seed, cents));
    TRY(add_followers(shop, happening, stream, seed, cents));
    bool is_repeat = shopper->has_bought;
    shopper->has_bought = true;
    if (is_repeat && draw_uniform(stream) < shopper->chance_to_go) return STATUS_OK;
    double gap_seconds = draw_exponential(stream) / shopper->purchases_per_week * SECONDS_PER_WEEK;
    if (!(gap_seconds < (double)shop->end_second)) return STATUS_OK;
    return add_happening(shop, (struct happening){happening->at_second + 1 + (int64_t)gap_seconds,
                                                  happening->member, HAPPENS_PURCHASE, 0, 0});
}

static enum status guest(struct shop *shop, const struct happening *happening)
{
    struct stream stream = {happening->basket_seed};
    double amount_rate = draw_amount_rate(shop, &stream);
    int64_t cents = draw_cents(shop, &stream, amount_rate);
    return write_order(shop, happening, draw_number(&stream), cents);
}

/* Members with what the models give them, and the first purchase of each. */
static enum status invite(struct shop *shop)
{
    const struct generate_model *model = &shop->options.model;
    struct stream seeds = {shop->options.seed};
    for (uint32_t i = 0; i < shop->options.members; i++) {
        struct shopper *shopper = &shop->shoppers[i];
        struct stream *stream = &shopper->stream;
        stream->state = draw_number(&seeds);
        shopper->purchases_per_week = draw_gamma(stream, model->r) / model->alpha_weeks;
        shopper->chance_to_go = draw_beta(stream, model->a, model->b);
        shopper->amount_rate = draw_amount_rate(shop, stream);
        int64_t first_second = (int64_t)(draw_uniform(stream) * (double)shop->end_second);
        TRY(add_happening(shop, (struct happening){first_second, i, HAPPENS_PURCHASE, 0, 0}));
    }
    return STATUS_OK;
}

static enum status run(struct shop *shop)
{
    TRY(invite(shop));
    TRY(write_line(shop, "order,time,member,channel,sku,category,quantity,unit_price\n"));
    while (shop->queue_length > 0) {
        struct happening happening = take_happening(shop);
        switch (happening.kind) {
        case HAPPENS_PURCHASE:
            TRY(purchase(shop, &happening));
            break;
        case HAPPENS_RETURN:
            TRY(write_return(shop, &happening));
            break;
        case HAPPENS_GUEST:
            TRY(guest(shop, &happening));
            break;
        }
    }
    return flush(shop);
}

static bool is_possible(const struct generate_options *options)
{
    const struct generate_model *model = &options->model;
    return options->members > 0 && options->members <= GENERATE_MEMBERS_MAXIMUM &&
           options->days > 0 && options->days <= GENERATE_DAYS_MAXIMUM && model->r > 0 &&
           model->alpha_weeks > 0 && model->a > 0 && model->b > 0 && model->p > 0 && model->q > 0 &&
           model->v > 0;
}

enum status generate_orders(const struct generate_options *options, generate_write write,
                            void *context)
{
    if (!is_possible(options)) return STATUS_INVALID;
    struct shop *shop = calloc(1, sizeof *shop);
    if (shop == NULL) return STATUS_NO_MEMORY;
    shop->options = *options;
    shop->end_second = options->days * SECONDS_PER_DAY;
    shop->order_number = FIRST_ORDER_NUMBER;
    shop->write = write;
    shop->context = context;
    shop->shoppers = calloc(options->members, sizeof *shop->shoppers);
    fill_catalogue(shop);
    enum status status = shop->shoppers == NULL ? STATUS_NO_MEMORY : run(shop);
    free(shop->shoppers);
    free(shop->queue);
    free(shop);
    return status;
}
