/* Order facts: an order's records, its claim code, and small things that orders and redemptions
 * share.
 */
#include "api/order_facts.h"

#include <stdio.h>

/* ---- records ---- */

struct fact_search {
    struct arena *arena;
    struct order_past *facts;
};

static bool is_purchase(enum event_type type)
{
    return type == EVENT_PURCHASE || type == EVENT_CONFIRM_ORDER || type == EVENT_CLAIM;
}

static bool names_items(enum event_type type)
{
    return type == EVENT_PURCHASE || type == EVENT_QUOTE || type == EVENT_EDIT;
}

static enum status look(void *context, const struct decision *decision)
{
    struct fact_search *search = context;
    struct order_past *facts = search->facts;
    struct event event;
    facts->exists = true;
    if (decision->answer != ANSWER_DONE) return STATUS_OK;
    if (is_purchase(decision->type) && facts->bought_version == 0)
        facts->bought_version = decision->program_version;
    if (decision->type == EVENT_QUOTE && facts->quote == 0) facts->quote = decision->position;
    if (names_items(decision->type) && facts->items_version == 0) {
        TRY(engine_kept_event(decision, search->arena, &event));
        facts->items_version = decision->program_version;
        facts->currency = event.currency;
    }
    bool is_whole = facts->bought_version != 0 && facts->items_version != 0 && facts->quote != 0;
    return is_whole ? STATUS_INTERRUPTED : STATUS_OK;
}

enum status order_past_read(struct turn *turn, struct arena *arena, struct text order,
                            struct order_past *facts)
{
    const struct entity_key key = {.kind = ENTITY_ORDER, .id = order};
    struct fact_search search = {arena, facts};
    *facts = (struct order_past){.exists = false};
    enum status status = turn_history(turn, &key, 0, ORDER_HISTORY_MAXIMUM, look, &search);
    return status == STATUS_INTERRUPTED ? STATUS_OK : status;
}

struct position_list {
    struct arena *arena;
    uint64_t *items;
    uint32_t count;
    uint32_t capacity;
};

static enum status note_position(void *context, const struct decision *decision)
{
    struct position_list *list = context;
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        uint64_t *items = arena_new_array(list->arena, uint64_t, capacity);
        if (items == NULL) return STATUS_NO_MEMORY;
        if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = decision->position;
    return STATUS_OK;
}

enum status history_positions(struct turn *turn, struct arena *arena, const struct entity_key *key,
                              uint64_t **positions, uint32_t *count)
{
    struct position_list list = {.arena = arena};
    TRY(turn_history(turn, key, 0, ORDER_HISTORY_MAXIMUM, note_position, &list));
    for (uint32_t i = 0; i < list.count / 2; i++) {
        uint64_t swapped = list.items[i];
        list.items[i] = list.items[list.count - 1 - i];
        list.items[list.count - 1 - i] = swapped;
    }
    *positions = list.items;
    *count = list.count;
    return STATUS_OK;
}

enum status history_decision(struct turn *turn, struct arena *arena, uint64_t position,
                             struct decision *decision, struct event *event)
{
    struct text record;
    TRY(turn_record(turn, position, arena, &record));
    TRY(engine_decode(record, arena, decision));
    *event = (struct event){.type = decision->type};
    return decision->event.length == 0 ? STATUS_OK : engine_kept_event(decision, arena, event);
}

/* ---- claim codes ---- */

/* Without the letters that are read as digits or as each other. */
static const char code_digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum status claim_code_make(const struct service *service, struct arena *arena, struct text order,
                            char code[CLAIM_CODE_BYTES])
{
    uint8_t hashed[HASH_RECORD_BYTES] = {0};
    char *to = code;
    struct text key = arena_format(arena, "claim code:%.*s", TEXT_ARGUMENTS(order));
    if (key.bytes == NULL) return STATUS_NO_MEMORY;
    service_key(service, key, hashed);
    for (int i = 0; i < 12; i++) {
        if (i > 0 && i % 4 == 0) *to++ = '-';
        *to++ = code_digits[hashed[i] & 31];
    }
    *to = '\0';
    return STATUS_OK;
}

static char digit_of(char typed)
{
    if (typed >= 'a' && typed <= 'z') typed = (char)(typed - 'a' + 'A');
    if (typed == 'O') return '0';
    if (typed == 'I' || typed == 'L') return '1';
    return typed;
}

enum status claim_code_check(const struct service *service, struct arena *arena, struct text order,
                             struct text typed, bool *is_right)
{
    char code[CLAIM_CODE_BYTES];
    unsigned difference = 0;
    size_t at = 0;
    TRY(claim_code_make(service, arena, order, code));
    *is_right = false;
    for (size_t i = 0; i < typed.length; i++) {
        if (typed.bytes[i] == '-' || typed.bytes[i] == ' ') continue;
        if (code[at] == '-') at++;
        if (code[at] == '\0') return STATUS_OK;
        /* As long for a wrong code as for the right one. */
        difference |= (unsigned)(unsigned char)(digit_of(typed.bytes[i]) ^ code[at++]);
    }
    *is_right = difference == 0 && code[at] == '\0';
    return STATUS_OK;
}

struct text reply_id(uint64_t position, char id[REPLY_ID_BYTES + 1])
{
    int length = snprintf(id, REPLY_ID_BYTES + 1, "%020llu", (unsigned long long)position);
    return (struct text){id, (size_t)length};
}

/* ---- holds ---- */

#define HOLD_COUNT_MAXIMUM 100000

enum status hold_until(const struct program *program, struct text hold, int64_t from_us,
                       int64_t *until_us)
{
    static const struct {
        struct text unit;
        int64_t seconds;
    } units[] = {
        {TEXT_INITIALISER("second"), 1},
        {TEXT_INITIALISER("minute"), 60},
        {TEXT_INITIALISER("hour"), 3600},
    };
    struct span span;
    struct text unit;
    int64_t count;
    struct text number = text_split(hold, ' ', &unit);
    if (text_ends_with(unit, TEXT("s"))) unit.length--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t length_us;
        if (!text_equal(unit, units[i].unit)) continue;
        if (amount_parse(number, 0, &count) != STATUS_OK) return STATUS_SYNTAX;
        if (count < 1 || count > HOLD_COUNT_MAXIMUM) return STATUS_INVALID;
        TRY(amount_multiply(count, units[i].seconds, &length_us));
        TRY(amount_multiply(length_us, MICROSECONDS_PER_SECOND, &length_us));
        return amount_add(from_us, length_us, until_us);
    }
    TRY(span_parse(hold, &span));
    return instant_add_span(program->zone, from_us, span, until_us);
}

/* ---- keys ---- */

enum status request_take_key(struct request *request, struct text key)
{
    if (!text_is_empty(request->idempotency_key)) return STATUS_OK;
    if (key.bytes == NULL) return STATUS_NO_MEMORY;
    request->idempotency_key = key;
    return request_hash_key(request, key, &request->key_hash);
}

enum next request_refuse(struct request *request, enum status status)
{
    request_problem(request, status == STATUS_LIMIT ? PROBLEM_INVALID_REQUEST : PROBLEM_INTERNAL,
                    "%s", status_text(status));
    return NEXT_REPLIED;
}

enum status request_fail_with(struct request *request, const struct mistakes *mistakes)
{
    struct problem_body *body = arena_new(request->arena, struct problem_body);
    if (body == NULL) return STATUS_NO_MEMORY;
    problem_fill(body, problem_kind(PROBLEM_INVALID_REQUEST), request->arena);
    problem_fill_mistakes(body, mistakes);
    request->failure = body;
    return STATUS_INVALID;
}
