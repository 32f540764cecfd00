/* Replay: makes events of a book's orders and passes each through plan, decide and the store.
 *
 * Order of events
 *   for each order before the end, in the book's order:
 *       releases of pending points due by then, soonest first: each lets its member redeem
 *       join, if it is the customer's first; the purchase or the return; redemptions
 *   the releases left before the end; then every member is settled at the end
 *
 * Never decides anything about points itself: what a member has is asked of the engine, by trying.
 *
 * Invariants
 *   1. Positions ascend by one; time never goes back from one event to the next but for those of
 *      equal time.
 *   2. An event that cannot be decided, or is refused where a file of orders leaves no room for a
 *      refusal, stops the run: no figure is given for a part of the orders.
 */
#include "backtest/replay.h"

#include <stdlib.h>

#include "backtest/releases.h"

#define STATES_BYTES_MAXIMUM ((size_t)1 << 30)
#define EVENTS_A_COMMIT 64
#define ORDERS_A_PROGRESS 4096
#define NO_MEMBER UINT32_MAX
#define TEXT_OF_NUMBER(number) #number
#define TEXT_OF(macro) TEXT_OF_NUMBER(macro)
#define LINES_TEXT TEXT_OF(EVENT_ITEM_MAXIMUM)
/* Stands between an invoice and its customer in an order's id; no text file has it in a number. */
#define ID_SEPARATOR '\x1f'

/* Whose an invoice is, if not one customer's. */
#define INVOICE_FREE UINT32_MAX
#define INVOICE_SHARED (UINT32_MAX - 1)

struct run {
    const struct book *book;
    const struct program *program; /* the copy below, or what was handed in */
    struct program redeeming;
    const struct replay_options *options;
    struct totals *totals;
    struct store *store;
    struct store *own_store; /* to be closed, if none was handed in */
    struct states states;
    uint32_t *members;               /* by customer: its member's number, or NO_MEMBER */
    uint32_t *customers;             /* by member */
    bool *redeems;                   /* by member */
    uint32_t *invoices;              /* by invoice: its customer, or INVOICE_... */
    const struct text *customer_ids; /* as the engine takes them: see fit_texts */
    const struct text *invoice_ids;
    const struct text *skus;
    struct item *items; /* of the order at hand */
    struct returned *returns;
    struct releases releases;
    struct buffer record;
    uint64_t position;
    uint32_t events_in_batch;
    int64_t until_us;
    char order_id[EVENT_ID_MAXIMUM];
};

static struct text text_at(const struct dictionary *dictionary, uint32_t number)
{
    return number == ORDERS_NONE ? TEXT("") : dictionary->texts[number];
}

static struct text id_of_member(const struct run *run, uint32_t member)
{
    return run->customer_ids[run->customers[member]];
}

/* A dictionary's texts, those that are longer than the engine takes replaced by their hash: what
 * they are called does not matter in a back-test, only that each is itself. */
static enum status fit_texts(struct arena *arena, const struct dictionary *dictionary,
                             size_t length_maximum, const struct text **fitted)
{
    *fitted = dictionary->texts;
    struct text *texts = NULL;
    for (uint32_t i = 0; i < dictionary->count; i++) {
        if (dictionary->texts[i].length <= length_maximum) continue;
        if (texts == NULL) {
            texts = arena_new_array(arena, struct text, dictionary->count);
            if (texts == NULL) return STATUS_NO_MEMORY;
            memcpy(texts, dictionary->texts, dictionary->count * sizeof *texts);
            *fitted = texts;
        }
        uint8_t digest[HASH_RECORD_BYTES];
        hash_record(dictionary->texts[i], digest);
        texts[i] = arena_copy(arena, (struct text){(const char *)digest, sizeof digest});
        if (texts[i].bytes == NULL) return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static void claim_invoices(struct run *run)
{
    const struct book *book = run->book;
    for (uint64_t i = 0; i < book->order_count; i++) {
        const struct book_order *order = &book->orders[i];
        if (order->customer == ORDERS_NONE || order->is_return) continue;
        uint32_t *owner = &run->invoices[order->invoice];
        if (*owner == INVOICE_FREE) {
            *owner = order->customer;
        } else if (*owner != order->customer) {
            *owner = INVOICE_SHARED;
        }
    }
}

/* Nobody redeems in an order here, so what a reward needs of one is left out: a copy of the
 * programme, the same but for that reward. */
static enum status ease_reward(struct run *run, const struct program *program)
{
    run->program = program;
    if (run->options->redeem_reward == PROGRAM_NONE) return STATUS_OK;
    struct reward *rewards =
        arena_new_array(&run->totals->arena, struct reward, program->reward_count);
    if (rewards == NULL) return STATUS_NO_MEMORY;
    memcpy(rewards, program->rewards, program->reward_count * sizeof *rewards);
    struct reward *reward = &rewards[run->options->redeem_reward];
    reward->order_at_least = 0;
    reward->needs.order_at_least_currency = PROGRAM_NONE;
    reward->needs.channel_count = 0;
    reward->needs.store_count = 0;
    run->redeeming = *program;
    run->redeeming.rewards = rewards;
    run->program = &run->redeeming;
    return STATUS_OK;
}

static enum status allocate_run(struct run *run)
{
    const struct book *book = run->book;
    size_t line_maximum = 1;
    for (uint64_t i = 0; i < book->order_count; i++) {
        if (book->orders[i].line_count > line_maximum) line_maximum = book->orders[i].line_count;
    }
    /* One more than none. */
    size_t customer_count = (size_t)book->customers.count + 1;
    size_t invoice_count = (size_t)book->invoices.count + 1;
    run->members = malloc(customer_count * sizeof *run->members);
    run->customers = malloc(customer_count * sizeof *run->customers);
    run->redeems = calloc(customer_count, sizeof *run->redeems);
    run->invoices = malloc(invoice_count * sizeof *run->invoices);
    run->items = calloc(line_maximum, sizeof *run->items);
    run->returns = calloc(line_maximum, sizeof *run->returns);
    if (run->members == NULL || run->customers == NULL || run->redeems == NULL ||
        run->invoices == NULL || run->items == NULL || run->returns == NULL) {
        return STATUS_NO_MEMORY;
    }
    memset(run->members, 0xff, customer_count * sizeof *run->members);
    memset(run->invoices, 0xff, invoice_count * sizeof *run->invoices);
    return STATUS_OK;
}

static enum status open_run(struct run *run, const struct program *program)
{
    const struct book *book = run->book;
    buffer_init(&run->record, ENGINE_RECORD_MAXIMUM);
    run->until_us = run->options->until_us;
    if (!run->options->has_until) {
        TRY(amount_add(book->last_line_us, MICROSECONDS_PER_SECOND, &run->until_us));
        run->until_us = amount_lesser(run->until_us, INSTANT_LATEST);
    }
    int64_t first_us = book->order_count == 0 ? run->until_us : book->orders[0].at_us;
    TRY(totals_open(run->totals, program, book->customers.count, first_us));
    TRY(ease_reward(run, program));
    struct arena *arena = &run->totals->arena;
    TRY(fit_texts(arena, &book->customers, EVENT_ID_MAXIMUM, &run->customer_ids));
    TRY(fit_texts(arena, &book->invoices, EVENT_ID_MAXIMUM, &run->invoice_ids));
    TRY(fit_texts(arena, &book->skus, EVENT_SKU_MAXIMUM, &run->skus));
    struct totals *totals = run->totals;
    totals->currency = run->options->currency;
    totals->until_us = run->until_us;
    totals->lines_total = book->lines_total;
    totals->lines_anonymous = book->lines_anonymous;
    totals->lines_unreadable = book->lines_unreadable;
    TRY(states_init(&run->states, STATES_BYTES_MAXIMUM));
    run->states.skips_after = true;
    TRY(allocate_run(run));
    claim_invoices(run);
    run->store = run->options->store;
    if (run->store == NULL) {
        TRY(memory_store_open(run->options->records, &run->own_store));
        run->store = run->own_store;
    }
    return store_begin(run->store);
}

static void close_run(struct run *run)
{
    store_close(run->own_store);
    states_release(&run->states);
    releases_release(&run->releases);
    buffer_release(&run->record);
    free(run->members);
    free(run->customers);
    free(run->redeems);
    free(run->invoices);
    free(run->items);
    free(run->returns);
}

/* Notes when the points that an event made pending are released. */
static enum status expect_releases(struct run *run, uint32_t member,
                                   const struct decision *decision)
{
    int64_t noted_us = INSTANT_NEVER;
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        if (effect->kind != EFFECT_LOT_OPENED || effect->to != ACCOUNT_PENDING) continue;
        if (effect->release_at_us == INSTANT_NEVER || effect->release_at_us == noted_us) continue;
        noted_us = effect->release_at_us;
        TRY(releases_add(&run->releases, (struct release){noted_us, run->position, member}));
    }
    return STATUS_OK;
}

/* Passes one event through the engine; `*answer` is what it answered. */
static enum status pass_event(struct run *run, uint32_t member, struct event *event,
                              enum answer *answer)
{
    struct decision decision;
    event->position = ++run->position;
    event->clock_us = event->occurred_at_us;
    event->currency = run->options->currency;
    event->member = id_of_member(run, member);
    states_clear(&run->states);
    TRY(store_load_for(run->store, run->program, event, &run->states));
    TRY(engine_decide(run->program, &run->states, event, NULL, &decision));
    *answer = decision.answer;
    TRY(totals_add(run->totals, member, event, &decision));
    if (run->options->observe != NULL)
        TRY(run->options->observe(run->options->observe_context, member, event, &decision));
    if (run->redeems[member]) TRY(expect_releases(run, member, &decision));
    if (run->options->records) {
        buffer_clear(&run->record);
        TRY(engine_encode(&decision, NULL, &run->record));
        const struct written written = {&decision, buffer_text(&run->record), &run->states};
        TRY(store_write(run->store, &written));
    } else {
        TRY(store_save_dirty(run->store, &run->states));
    }
    if (++run->events_in_batch < EVENTS_A_COMMIT) return STATUS_OK;
    run->events_in_batch = 0;
    TRY(store_commit(run->store));
    return store_begin(run->store);
}

/* Says what stopped the run: an order, or settling at the end. */
static enum status stop(const struct run *run, const struct book_order *order, const char *reason,
                        enum status status)
{
    if (run->options->problems == NULL) return status;
    struct position nowhere = {0, 0};
    if (order == NULL) {
        problem_add(run->options->problems, TEXT(""), nowhere,
                    "settling at the end: %s; the back-test stops here", reason);
        return status;
    }
    char at[INSTANT_TEXT_MAXIMUM];
    struct text time = instant_format(run->program->zone, order->at_us, at);
    struct text invoice = text_at(&run->book->invoices, order->invoice);
    problem_add(run->options->problems, TEXT(""), nowhere,
                "order %.*s of %.*s: %s; the back-test stops here", TEXT_ARGUMENTS(invoice),
                TEXT_ARGUMENTS(time), reason);
    return status;
}

/* Passes an event that must be done. */
static enum status pass_order_event(struct run *run, uint32_t member, struct event *event,
                                    const struct book_order *order)
{
    enum answer answer = ANSWER_DONE;
    enum status status = pass_event(run, member, event, &answer);
    if (status != STATUS_OK) return stop(run, order, status_text(status), status);
    if (answer != ANSWER_DONE) return stop(run, order, answer_text(answer), STATUS_INVALID);
    return STATUS_OK;
}

/* Takes the reward as often as the member can pay for it. */
static enum status redeem(struct run *run, uint32_t member, int64_t at_us,
                          const struct book_order *order)
{
    if (!run->redeems[member]) return STATUS_OK;
    const struct reward *reward = &run->program->rewards[run->options->redeem_reward];
    enum answer answer = ANSWER_DONE;
    while (answer == ANSWER_DONE) {
        struct event event = {.type = EVENT_REDEEM, .occurred_at_us = at_us, .reward = reward->id};
        enum status status = pass_event(run, member, &event, &answer);
        if (status != STATUS_OK) return stop(run, order, status_text(status), status);
        /* A reward that costs nothing would be taken for ever. */
        if (reward->cost == 0) break;
    }
    bool is_expected = answer == ANSWER_DONE || answer == ANSWER_BALANCE_TOO_LOW ||
                       answer == ANSWER_OUT_OF_STOCK || answer == ANSWER_LIMIT_REACHED ||
                       answer == ANSWER_NEEDS_NOT_MET;
    return is_expected ? STATUS_OK : stop(run, order, answer_text(answer), STATUS_INVALID);
}

/* Whether the member still has points that are released at that instant. */
static enum status has_release(struct run *run, uint32_t member, int64_t at_us, bool *has)
{
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = id_of_member(run, member)};
    states_clear(&run->states);
    TRY(states_add(&run->states, &key));
    TRY(store_load(run->store, &run->states, 0));
    const struct state *state = &run->states.list[0];
    *has = state->bytes != NULL && member_bytes_next_release(state->bytes, state->size) <= at_us;
    return STATUS_OK;
}

/* Lets members redeem as their pending points are released, up to that instant. */
static enum status pass_releases(struct run *run, int64_t until_us, const struct book_order *order)
{
    struct release release;
    while (releases_take(&run->releases, until_us, &release)) {
        bool has = false;
        TRY(has_release(run, release.member, release.at_us, &has));
        if (has) TRY(redeem(run, release.member, release.at_us, order));
    }
    return STATUS_OK;
}

static bool does_redeem(const struct run *run, struct text id)
{
    if (run->options->redeem_reward == PROGRAM_NONE) return false;
    if (run->options->redeem_everybody) return true;
    uint8_t digest[HASH_RECORD_BYTES];
    hash_record(id, digest);
    uint64_t share = 0;
    for (int i = 0; i < 8; i++)
        share = share << 8 | digest[i];
    return share < run->options->redeem_below;
}

/* The member of an order's customer; the first order makes it join. */
static enum status member_of_order(struct run *run, const struct book_order *order,
                                   uint32_t *member)
{
    *member = run->members[order->customer];
    if (*member != NO_MEMBER) return STATUS_OK;
    TRY(totals_add_member(run->totals, order->at_us, member));
    run->members[order->customer] = *member;
    run->customers[*member] = order->customer;
    run->redeems[*member] = does_redeem(run, text_at(&run->book->customers, order->customer));
    struct event join = {.type = EVENT_JOIN, .occurred_at_us = order->at_us};
    return pass_order_event(run, *member, &join, order);
}

/* The invoice, with the customer if several have it; past an id's length a hash of both. */
static struct text id_of_order(struct run *run, const struct book_order *order)
{
    struct text invoice = run->invoice_ids[order->invoice];
    if (run->invoices[order->invoice] != INVOICE_SHARED) return invoice;
    struct text customer = run->customer_ids[order->customer];
    char both[2 * EVENT_ID_MAXIMUM + 1];
    size_t length = invoice.length + 1 + customer.length;
    memcpy(both, invoice.bytes, invoice.length);
    both[invoice.length] = ID_SEPARATOR;
    memcpy(both + invoice.length + 1, customer.bytes, customer.length);
    if (length <= EVENT_ID_MAXIMUM) {
        memcpy(run->order_id, both, length);
        return (struct text){run->order_id, length};
    }
    uint8_t digest[HASH_RECORD_BYTES];
    hash_record((struct text){both, length}, digest);
    memcpy(run->order_id, digest, sizeof digest);
    return (struct text){run->order_id, sizeof digest};
}

static struct item item_of_line(const struct run *run, uint64_t number)
{
    const struct book *book = run->book;
    const struct book_line *line = &book->lines[number];
    struct item item = {
        .sku = run->skus[line->sku],
        .quantity = line->quantity,
        .unit_price = {line->unit_price, book->price_decimals},
    };
    if (book->extras == NULL) return item;
    const struct book_line_extra *extra = &book->extras[number];
    item.category = text_at(&book->categories, extra->category);
    item.type = text_at(&book->categories, extra->type);
    item.discount = extra->discount;
    item.tax = extra->tax;
    return item;
}

static enum status pass_purchase(struct run *run, const struct book_order *order, uint32_t member)
{
    if (order->line_count > EVENT_ITEM_MAXIMUM)
        return stop(run, order, "an order can have at most " LINES_TEXT " lines", STATUS_LIMIT);
    for (uint32_t i = 0; i < order->line_count; i++)
        run->items[i] = item_of_line(run, order->first_line + i);
    struct event event = {
        .type = EVENT_PURCHASE,
        .occurred_at_us = order->at_us,
        .order = id_of_order(run, order),
        .channel = text_at(&run->book->categories, order->channel),
        .store = text_at(&run->book->categories, order->store),
        .items = run->items,
        .item_count = order->line_count,
    };
    TRY(pass_order_event(run, member, &event, order));
    return redeem(run, member, order->at_us, order);
}

static enum status pass_return(struct run *run, const struct book_order *order, uint32_t member)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct book_line *line = &run->book->lines[order->first_line + i];
        int64_t quantity = line->quantity < 0 ? -(int64_t)line->quantity : line->quantity;
        if (quantity == 0) continue;
        run->returns[count++] =
            (struct returned){.sku = run->skus[line->sku], .quantity = quantity};
    }
    run->totals->return_orders++;
    /* A long return goes in parts: its lines are returned one after the other in any case. */
    for (uint32_t first = 0; first < count; first += EVENT_ITEM_MAXIMUM) {
        uint32_t left = count - first;
        struct event event = {
            .type = EVENT_RETURN_BY_SKU,
            .occurred_at_us = order->at_us,
            .returns = run->returns + first,
            .return_count = left < EVENT_ITEM_MAXIMUM ? left : EVENT_ITEM_MAXIMUM,
        };
        TRY(pass_order_event(run, member, &event, order));
    }
    return STATUS_OK;
}

/* What nobody earned on. */
static enum status count_anonymous(struct run *run, const struct book_order *order)
{
    if (order->is_return) return STATUS_OK;
    int32_t decimals = run->program->currencies[run->options->currency].decimals;
    run->totals->anonymous_orders++;
    for (uint32_t i = 0; i < order->line_count; i++) {
        struct item item = item_of_line(run, order->first_line + i);
        int64_t amount = 0;
        TRY(amount_of_price(item.quantity, item.unit_price, decimals, ROUNDING_HALF_UP, &amount));
        TRY(amount_decrease(&amount, item.discount));
        TRY(amount_increase(&run->totals->anonymous_sales, amount));
    }
    return STATUS_OK;
}

static enum status pass_order(struct run *run, const struct book_order *order)
{
    if (order->customer == ORDERS_NONE) {
        enum status status = count_anonymous(run, order);
        return status == STATUS_OK ? STATUS_OK : stop(run, order, status_text(status), status);
    }
    uint32_t member = NO_MEMBER;
    TRY(pass_releases(run, order->at_us, order));
    TRY(member_of_order(run, order, &member));
    if (run->totals->first_us == INSTANT_NEVER) run->totals->first_us = order->at_us;
    run->totals->last_us = order->at_us;
    return order->is_return ? pass_return(run, order, member) : pass_purchase(run, order, member);
}

/* Settles every member at the end and compares the sums with what they then have. */
static enum status settle_members(struct run *run)
{
    for (uint32_t member = 0; member < run->totals->member_count; member++) {
        struct event event = {.type = EVENT_SETTLE, .occurred_at_us = run->until_us};
        TRY(pass_order_event(run, member, &event, NULL));
        TRY(totals_end_member(run->totals, member, &run->states, id_of_member(run, member)));
    }
    return STATUS_OK;
}

static void show_progress(const struct run *run, uint64_t done)
{
    if (run->options->progress == NULL) return;
    run->options->progress(run->options->progress_context, done, run->book->order_count);
}

static enum status pass_book(struct run *run)
{
    const struct book *book = run->book;
    run->totals->first_us = INSTANT_NEVER;
    for (uint64_t i = 0; i < book->order_count && book->orders[i].at_us < run->until_us; i++) {
        TRY(pass_order(run, &book->orders[i]));
        if (i % ORDERS_A_PROGRESS == 0) show_progress(run, i);
    }
    if (run->totals->first_us == INSTANT_NEVER) run->totals->first_us = run->until_us;
    TRY(pass_releases(run, run->until_us - 1, NULL));
    TRY(settle_members(run));
    TRY(store_commit(run->store));
    show_progress(run, book->order_count);
    return totals_close(run->totals, run->options->problems);
}

enum status replay_run(const struct book *book, const struct program *program,
                       const struct replay_options *options, struct totals *totals)
{
    struct run run = {.book = book, .options = options, .totals = totals};
    *totals = (struct totals){.program = NULL};
    enum status status = open_run(&run, program);
    if (status == STATUS_OK) {
        status = pass_book(&run);
        if (status != STATUS_OK) store_rollback(run.store);
    }
    close_run(&run);
    return status;
}
