/* Fuzz journal: what is fed to libguerdon as a caller's journal is taken or refused, and an engine
 * that took it can be read and goes on.
 *
 * Two readings of the input: as the journal's bytes, and as the record of one entry, whose chain is
 * made right, so that what lies behind the hash is reached.
 */
#include "library/library.h"

#define ARENA_MAXIMUM ((size_t)64 << 20)
#define AT_US INT64_C(1803900000000000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char program_text[] =
    "program: shop\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {}\n"
    "counters:\n"
    "  spend: {sum: order.eligible}\n"
    "tiers:\n"
    "  club: {measured_by: spend, levels: {gold: {from: 1.00 EUR}}}\n"
    "rules:\n"
    "  base: {on: purchase, earn: 1 point per 1.00 EUR}\n";

static enum guerdon_status see_lot(void *context, const struct guerdon_lot *lot)
{
    (void)context;
    ASSERT(lot->account < ACCOUNT_COUNT);
    return GUERDON_OK;
}

static enum guerdon_status see_record(void *context, const struct guerdon_record *record)
{
    (void)context;
    ASSERT(guerdon_answer_text(record->answer) != NULL);
    return GUERDON_OK;
}

/* All that can be asked of a member, and an event that it may or may not allow. */
static void use_member(struct guerdon_engine *engine, struct guerdon_text member)
{
    struct guerdon_balance balance = {.size = sizeof balance};
    struct guerdon_level level = {.size = sizeof level};
    struct guerdon_event event = guerdon_event_of(GUERDON_EVENT_ADJUST);
    const struct guerdon_text points = guerdon_text_of("points");
    (void)!guerdon_engine_balance(engine, member, points, AT_US, &balance);
    (void)!guerdon_engine_level(engine, member, guerdon_text_of("club"), AT_US, &level);
    (void)!guerdon_engine_explain(engine, member, AT_US, see_lot, NULL);
    event.member = member;
    event.wallet = points;
    event.amount = 1;
    event.occurred_at_us = event.now_us = AT_US;
    (void)!guerdon_engine_decide(engine, &event, NULL);
}

static void feed_entry(struct guerdon_engine *engine, struct text body,
                       const struct decision *decision)
{
    static const uint8_t first[HASH_RECORD_BYTES];
    struct entry entry = {
        .is_decision = true, .position = decision->position, .note = TEXT("n"), .body = body};
    struct buffer written;
    size_t taken;
    buffer_init(&written, ENGINE_RECORD_MAXIMUM);
    ASSERT(entry_write(&entry, first, &written) == STATUS_OK);
    engine->position = decision->position - 1;
    const struct guerdon_text journal = {written.bytes, written.length};
    enum guerdon_status status = guerdon_engine_feed(engine, journal, see_record, NULL, &taken);
    ASSERT(taken == (status == GUERDON_OK ? written.length : 0));
    ASSERT(guerdon_engine_records(engine, 0, see_record, NULL) == GUERDON_OK);
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        if (decision->entities[i].kind != ENTITY_MEMBER) continue;
        use_member(engine, public_text(decision->entities[i].id));
    }
    buffer_release(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct guerdon_program *program;
    struct guerdon_engine *engine;
    struct arena arena;
    struct decision decision;
    size_t taken;
    const struct text body = {(const char *)bytes, length};
    arena_init(&arena, ARENA_MAXIMUM);
    ASSERT(guerdon_program_load(guerdon_text_of(program_text), NULL, &program) == GUERDON_OK);
    ASSERT(guerdon_engine_open(program, NULL, &engine) == GUERDON_OK);
    (void)!guerdon_engine_feed(engine, public_text(body), see_record, NULL, &taken);
    ASSERT(taken <= length);
    if (taken == 0 && engine_decode(body, &arena, &decision) == STATUS_OK &&
        decision.position > 0) {
        feed_entry(engine, body, &decision);
    }
    guerdon_engine_free(engine);
    guerdon_program_free(program);
    arena_release(&arena);
    return 0;
}
