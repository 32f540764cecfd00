/* Statements: from the records that touched a member, newest first.
 *
 * A balance of the past is what the last record up to then left, and what later records wrote down
 * as having been due before then: points that were released or expired at that time are recorded
 * with their own instant by whatever event came next.
 */
#include "api/member_statement.h"

#include "api/request.h"

#define WORD_MAXIMUM 200 /* lines of one entry; more are left out */

static const struct field entry_fields[] = {
    SHAPE_FIELD(statement_entry, event, OBJECT, .is_required = true, .shape = &event_reply_shape,
                .description = "What happened, and what it did."),
    SHAPE_FIELD(statement_entry, words, TEXT_LIST, .is_required = true,
                SHAPE_COUNT(statement_entry, word_count), .maximum = WORD_MAXIMUM,
                .description = "The same for people, a line for each amount.",
                .example = "[\"+12 points: earned with order o-1, by rule base\"]"),
    SHAPE_FIELD(statement_entry, reason, TEXT, .description = "Why, if it was done by hand."),
    SHAPE_FIELD(statement_entry, actor, TEXT, .description = "By whom."),
};
static const struct shape entry_shape =
    SHAPE("StatementEntry", "One event of a statement.", statement_entry, entry_fields);

static const struct field statement_fields[] = {
    SHAPE_FIELD(statement_body, member, ID, .is_required = true, .description = "Whose."),
    SHAPE_FIELD(statement_body, merged_into, ID,
                .description = "Who has everything of it now; what happened since is told there."),
    SHAPE_FIELD(statement_body, entries, LIST, .is_required = true, .shape = &entry_shape,
                SHAPE_COUNT(statement_body, entry_count), .maximum = STATEMENT_PAGE_MAXIMUM,
                .description = "Newest first."),
    SHAPE_FIELD(statement_body, next, TEXT, .description = "Cursor of the next page, if any."),
};
const struct shape statement_shape =
    SHAPE("Statement", "What happened to a member's points.", statement_body, statement_fields);

/* ---- words ---- */

static bool is_members(int account)
{
    return account == ACCOUNT_AVAILABLE || account == ACCOUNT_PENDING || account == ACCOUNT_HELD;
}

/* "+12", "-5", or "5" for what only changed its place. */
static struct text words_of(const struct event_reply *event, const struct posting_body *posting,
                            struct text reason, struct arena *arena)
{
    char amount[AMOUNT_TEXT_MAXIMUM];
    bool comes = !is_members(posting->from) && is_members(posting->to);
    bool goes = is_members(posting->from) && !is_members(posting->to);
    struct text number = amount_format(posting->amount.coefficient, posting->amount.scale, amount);
    struct text order = event->order.bytes == NULL ? TEXT("") : event->order;
    /* What was given away keeps its rule, which gave nothing to who gets it. */
    bool has_rule = posting->rule.bytes != NULL && posting->from != ACCOUNT_TRANSFERRED;
    struct text rule = has_rule ? posting->rule : TEXT("");
    struct text title = event->title.bytes == NULL ? TEXT("") : event->title;
    return arena_format(arena, "%s%.*s %.*s: %.*s%s%.*s%s%.*s%s%.*s%s%.*s",
                        comes  ? "+"
                        : goes ? "-"
                               : "",
                        TEXT_ARGUMENTS(number), TEXT_ARGUMENTS(posting->wallet),
                        TEXT_ARGUMENTS(text_of(posting_reason_words(posting->reason))),
                        title.length > 0 ? ", " : "", TEXT_ARGUMENTS(title),
                        order.length > 0 ? ", order " : "", TEXT_ARGUMENTS(order),
                        rule.length > 0 ? ", by rule " : "", TEXT_ARGUMENTS(rule),
                        reason.length > 0 ? ": " : "", TEXT_ARGUMENTS(reason));
}

/* Of a transfer, each side is told its own. */
static bool is_told(const struct posting_body *posting, struct text member)
{
    return text_is_empty(posting->member) || text_equal(posting->member, member);
}

static enum status fill_entry(struct turn *turn, struct text member, uint64_t position,
                              struct arena *arena, struct statement_entry *entry)
{
    struct text record;
    struct decision decision;
    TRY(turn_record(turn, position, arena, &record));
    TRY(engine_decode(record, arena, &decision));
    const struct program *program =
        service_program_numbered(turn_service(turn), decision.program_version);
    if (program == NULL) return STATUS_CORRUPT;
    entry->event = arena_new(arena, struct event_reply);
    if (entry->event == NULL) return STATUS_NO_MEMORY;
    TRY(reply_of_decision(program, &decision, arena, entry->event));
    if (!text_is_empty(decision.reason)) entry->reason = decision.reason;
    if (!text_is_empty(decision.actor)) entry->actor = decision.actor;
    entry->words = arena_new_array(arena, struct text, entry->event->posting_count + 1);
    if (entry->words == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < entry->event->posting_count; i++) {
        if (entry->word_count == WORD_MAXIMUM) break;
        if (!is_told(&entry->event->postings[i], member)) continue;
        struct text words =
            words_of(entry->event, &entry->event->postings[i], decision.reason, arena);
        if (words.bytes == NULL) return STATUS_NO_MEMORY;
        entry->words[entry->word_count++] = words;
    }
    return STATUS_OK;
}

/* ---- the entries ---- */

struct positions {
    uint64_t *list;
    uint32_t count;
};

static enum status note_position(void *context, const struct decision *decision)
{
    struct positions *positions = context;
    positions->list[positions->count++] = decision->position;
    return STATUS_OK;
}

/* Whom it is merged into, in the arena; empty: nobody. NOT_FOUND. */
static enum status find_survivor(struct turn *turn, struct text member, struct arena *arena,
                                 struct text *survivor)
{
    struct states *states;
    struct text found = member;
    TRY(turn_member(turn, &found, arena, NULL, 0, &states));
    *survivor = text_equal(found, member) ? (struct text){NULL, 0} : found;
    return STATUS_OK;
}

enum status statement_read(struct turn *turn, struct text member, uint64_t before, uint32_t limit,
                           struct arena *arena, struct statement_body *body)
{
    const struct entity_key key = {.kind = ENTITY_MEMBER, .id = member};
    struct positions positions = {.count = 0};
    if (limit > STATEMENT_PAGE_MAXIMUM) limit = STATEMENT_PAGE_MAXIMUM;
    body->member = member;
    TRY(find_survivor(turn, member, arena, &body->merged_into));
    positions.list = arena_new_array(arena, uint64_t, (size_t)limit + 1);
    if (positions.list == NULL) return STATUS_NO_MEMORY;
    TRY(turn_history(turn, &key, before, limit + 1, note_position, &positions));
    bool has_more = positions.count > limit;
    if (has_more) positions.count = limit;
    body->entries = arena_new_array(arena, struct statement_entry, (size_t)positions.count + 1);
    if (body->entries == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < positions.count; i++) {
        TRY(fill_entry(turn, member, positions.list[i], arena, &body->entries[i]));
    }
    body->entry_count = positions.count;
    if (has_more) body->next = cursor_of_number(arena, positions.list[limit - 1]);
    return STATUS_OK;
}

/* ---- balances of the past ---- */

struct looking_back {
    struct text member;
    int64_t at_us;
    const struct program *program;
    struct balance_body *wallets;
    uint32_t records; /* looked at */
    bool is_found;
};

static struct balance_body *wallet_body(struct looking_back *looking, uint32_t symbol)
{
    for (uint32_t i = 0; i < looking->program->wallet_count; i++) {
        if (looking->program->wallets[i].symbol == symbol) return &looking->wallets[i];
    }
    return NULL;
}

static int64_t *side_of(struct balance_body *body, enum account account)
{
    switch (account) {
    case ACCOUNT_AVAILABLE:
        return &body->available.coefficient;
    case ACCOUNT_PENDING:
        return &body->pending.coefficient;
    case ACCOUNT_HELD:
        return &body->held.coefficient;
    default:
        return NULL;
    }
}

static bool is_of(const struct decision *decision, uint16_t entity, struct text member)
{
    const struct entity_key *key = &decision->entities[entity];
    return key->kind == ENTITY_MEMBER && text_equal(key->id, member);
}

/* What a later record wrote down as due by then. */
static enum status add_due(struct looking_back *looking, const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        struct posting posting;
        if (!effect_posting(&decision->effects[i], &posting)) continue;
        if (posting.at_us > looking->at_us || !is_of(decision, posting.entity, looking->member)) {
            continue;
        }
        struct balance_body *body = wallet_body(looking, posting.wallet);
        if (body == NULL) continue;
        int64_t *from = side_of(body, posting.from);
        int64_t *to = side_of(body, posting.to);
        if (from != NULL) TRY(amount_decrease(from, posting.amount));
        if (to != NULL) TRY(amount_increase(to, posting.amount));
        if (posting.to == ACCOUNT_DEBT) {
            TRY(amount_decrease(&body->debt.coefficient, posting.amount));
        }
        if (posting.from == ACCOUNT_DEBT) {
            TRY(amount_increase(&body->debt.coefficient, posting.amount));
        }
    }
    return STATUS_OK;
}

static enum status add_left(struct looking_back *looking, const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->balance_count; i++) {
        const struct balance_after *after = &decision->balances[i];
        if (!is_of(decision, after->entity, looking->member)) continue;
        struct balance_body *body = wallet_body(looking, after->wallet);
        if (body == NULL) continue;
        TRY(amount_increase(&body->available.coefficient, after->balance.available));
        TRY(amount_increase(&body->pending.coefficient, after->balance.pending));
        TRY(amount_increase(&body->held.coefficient, after->balance.held));
        TRY(amount_increase(&body->debt.coefficient, after->balance.debt));
    }
    return STATUS_OK;
}

static enum status look_back(void *context, const struct decision *decision)
{
    struct looking_back *looking = context;
    if (decision->recorded_at_us <= looking->at_us) {
        /* The newest record lies before: what is due since is for settling to say. */
        if (looking->records > 0) TRY(add_left(looking, decision));
        looking->is_found = true;
        return STATUS_INTERRUPTED;
    }
    looking->records++;
    return add_due(looking, decision);
}

/* From the member's own records. */
static enum status balances_of(struct turn *turn, struct text member, int64_t at_us,
                               struct arena *arena, struct balance_body **wallets, uint32_t *count,
                               bool *is_past)
{
    const struct entity_key key = {.kind = ENTITY_MEMBER, .id = member};
    const struct program *program =
        service_program(turn_service(turn), service_now_us(turn_service(turn)));
    struct looking_back looking = {.member = member, .at_us = at_us, .program = program};
    looking.wallets = arena_new_array(arena, struct balance_body, program->wallet_count + 1);
    if (looking.wallets == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        int32_t decimals = program->wallets[i].decimals;
        looking.wallets[i] = (struct balance_body){.wallet = program->wallets[i].id,
                                                   .available = {0, decimals},
                                                   .pending = {0, decimals},
                                                   .held = {0, decimals},
                                                   .debt = {0, decimals}};
    }
    enum status status =
        turn_history(turn, &key, 0, STATEMENT_LOOK_BACK_MAXIMUM + 1, look_back, &looking);
    if (status != STATUS_OK && status != STATUS_INTERRUPTED) return status;
    if (looking.records > STATEMENT_LOOK_BACK_MAXIMUM) return STATUS_LIMIT;
    *is_past = looking.records > 0;
    *wallets = looking.wallets;
    *count = program->wallet_count;
    return STATUS_OK;
}

enum status statement_balances_at(struct turn *turn, struct text member, int64_t at_us,
                                  struct arena *arena, struct balance_body **wallets,
                                  uint32_t *count, bool *is_past)
{
    struct text survivor;
    TRY(find_survivor(turn, member, arena, &survivor));
    TRY(balances_of(turn, member, at_us, arena, wallets, count, is_past));
    if (*is_past || text_is_empty(survivor)) return STATUS_OK;
    return balances_of(turn, survivor, at_us, arena, wallets, count, is_past);
}
