/* Changes of a record: told by its event, its effects and its postings. */
#include "api/change_shape.h"

/* Types times members of one record, at most. */
#define CHANGE_MAXIMUM 256

const char *const change_codes[] = {
    [CHANGE_NONE] = "",
#define X(name, code, description) [CHANGE_##name] = code,
    CHANGE_EVENT_LIST(X)
#undef X
#define X(name, code, words) [CHANGE_POINTS_##name] = "points." code,
        POSTING_REASON_LIST(X)
#undef X
            [CHANGE_TEST] = "webhook.test",
    [CHANGE_TYPE_COUNT] = NULL,
};
_Static_assert(CHANGE_TYPE_COUNT <= WEBHOOK_TYPE_MAXIMUM, "an endpoint keeps a bit for each type");

const char *change_description(enum change_type type)
{
    static const char *const descriptions[] = {
        [CHANGE_NONE] = "",
#define X(name, code, description) [CHANGE_##name] = description,
        CHANGE_EVENT_LIST(X)
#undef X
#define X(name, code, words) [CHANGE_POINTS_##name] = "Points of a member: " words ".",
            POSTING_REASON_LIST(X)
#undef X
                [CHANGE_TEST] = "Nothing happened: somebody tries an endpoint. It has no data.",
    };
    return descriptions[type];
}

static const struct field change_fields[] = {
    SHAPE_FIELD(change_body, id, TEXT, .is_required = true,
                .description = "The change's own: the same whenever and wherever it is told.",
                .example = "\"chg_shop_1042_1_5e0c8a91\""),
    SHAPE_FIELD(change_body, type, CHOICE, .is_required = true, .choices = change_codes,
                .description = "What changed."),
    SHAPE_FIELD_AS("occurred_at", change_body, occurred_at_us, INSTANT, .is_required = true,
                   .description = "When it happened."),
    SHAPE_FIELD_AS("recorded_at", change_body, recorded_at_us, INSTANT, .is_required = true,
                   .description = "When it took effect."),
    SHAPE_FIELD(change_body, member, TEXT, .description = "Whom it is about."),
    SHAPE_FIELD(change_body, data, OBJECT, .shape = &event_reply_shape,
                .description = "The whole of what was recorded with it."),
};
const struct shape change_shape =
    SHAPE("Change", "One thing that changed.", change_body, change_fields);

/* ---- from a record ---- */

static const struct {
    enum event_type event;
    enum change_type change;
} event_changes[] = {
    {EVENT_PROFILE, CHANGE_MEMBER_UPDATED},
    {EVENT_CLOSE, CHANGE_MEMBER_CLOSED},
    {EVENT_REOPEN, CHANGE_MEMBER_REOPENED},
    {EVENT_ERASE, CHANGE_MEMBER_ERASED},
    {EVENT_MERGE, CHANGE_MEMBER_MERGED},
    {EVENT_UNMERGE, CHANGE_MEMBER_UNMERGED},
    {EVENT_QUOTE, CHANGE_ORDER_QUOTED},
    {EVENT_PURCHASE, CHANGE_ORDER_CONFIRMED},
    {EVENT_CONFIRM_ORDER, CHANGE_ORDER_CONFIRMED},
    {EVENT_EDIT, CHANGE_ORDER_EDITED},
    {EVENT_MILESTONE, CHANGE_ORDER_MILESTONE},
    {EVENT_RETURN, CHANGE_ORDER_RETURNED},
    {EVENT_RETURN_BY_SKU, CHANGE_ORDER_RETURNED},
    {EVENT_UNDO_RETURN, CHANGE_ORDER_RETURN_UNDONE},
    {EVENT_CANCEL_ORDER, CHANGE_ORDER_CANCELLED},
    {EVENT_CLAIM, CHANGE_ORDER_CLAIMED},
    {EVENT_HOLD, CHANGE_REDEMPTION_HELD},
    {EVENT_REDEEM, CHANGE_REDEMPTION_CONFIRMED},
    {EVENT_CONFIRM, CHANGE_REDEMPTION_CONFIRMED},
    {EVENT_CANCEL, CHANGE_REDEMPTION_CANCELLED},
    {EVENT_REVERSE, CHANGE_REDEMPTION_REVERSED},
};

struct finding {
    struct store *store;
    const struct record *record;
    const struct decision *decision;
    struct arena *arena;
    struct change *changes;
    uint32_t count;
};

/* Adds one, unless the record has it already. */
static enum status find(struct finding *finding, enum change_type type, struct text member)
{
    for (uint32_t i = 0; i < finding->count; i++) {
        const struct change *change = &finding->changes[i];
        if (change->type == (uint32_t)type && text_equal(change->member, member)) return STATUS_OK;
    }
    if (finding->count == CHANGE_MAXIMUM) return STATUS_OK;
    finding->changes[finding->count++] = (struct change){(uint32_t)type, member};
    return STATUS_OK;
}

static struct text member_at(const struct decision *decision, uint16_t entity)
{
    if (entity >= decision->entity_count) return (struct text){NULL, 0};
    const struct entity_key *key = &decision->entities[entity];
    return key->kind == ENTITY_MEMBER ? key->id : (struct text){NULL, 0};
}

/* Whom the event itself is about: whom it names, or else the first member that it touches. */
static enum status find_subject(const struct finding *finding, struct text *subject)
{
    const struct decision *decision = finding->decision;
    struct event event = {.type = decision->type};
    struct text first = {NULL, 0};
    if (decision->event.length > 0) TRY(engine_kept_event(decision, finding->arena, &event));
    for (uint32_t i = decision->entity_count; i > 0; i--) {
        struct text member = member_at(decision, (uint16_t)(i - 1));
        if (member.bytes == NULL) continue;
        first = member;
        if (!text_equal(member, event.member)) continue;
        *subject = member;
        return STATUS_OK;
    }
    *subject = first;
    return STATUS_OK;
}

static enum status find_event(struct finding *finding)
{
    const struct decision *decision = finding->decision;
    struct text subject;
    if (decision->answer != ANSWER_DONE) return STATUS_OK;
    for (size_t i = 0; i < sizeof event_changes / sizeof *event_changes; i++) {
        if (event_changes[i].event != decision->type) continue;
        TRY(find_subject(finding, &subject));
        return find(finding, event_changes[i].change, subject);
    }
    return STATUS_OK;
}

/* A level is set anew when it is kept longer too. It is another one if it is held since the member
 * was touched last: whatever was due until then had been settled. */
static enum status find_tier(struct finding *finding, const struct effect *effect)
{
    struct text member = member_at(finding->decision, effect->entity);
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = member};
    const struct record_link *link = record_link_of(finding->record, &key);
    struct record before;
    struct decision decision;
    if (member.bytes == NULL) return STATUS_OK;
    if (link == NULL || link->previous_position == 0) {
        return effect->rule == 0 ? STATUS_OK : find(finding, CHANGE_TIER_CHANGED, member);
    }
    TRY(store_record(finding->store, link->previous_position, &before));
    struct text body = arena_copy(finding->arena, before.body);
    if (body.bytes == NULL) return STATUS_NO_MEMORY;
    TRY(engine_decode(body, finding->arena, &decision));
    if (effect->at_us < decision.recorded_at_us) return STATUS_OK;
    return find(finding, CHANGE_TIER_CHANGED, member);
}

static enum status find_effects(struct finding *finding)
{
    const struct decision *decision = finding->decision;
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        struct posting posting;
        if (effect_posting(effect, &posting)) {
            struct text member = member_at(decision, posting.entity);
            enum posting_reason reason = posting_reason_of(posting.from, posting.to);
            if (member.bytes != NULL)
                TRY(find(finding, CHANGE_POINTS_EARNED + (enum change_type)reason, member));
        }
        if (effect->kind == EFFECT_TIER_SET) TRY(find_tier(finding, effect));
    }
    return STATUS_OK;
}

static enum status find_joined(struct finding *finding)
{
    const struct decision *decision = finding->decision;
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        if (effect->kind != EFFECT_MEMBER_JOINED) continue;
        TRY(find(finding, CHANGE_MEMBER_CREATED, member_at(decision, effect->entity)));
    }
    return STATUS_OK;
}

static enum status find_all(struct store *store, const struct record *record, struct arena *arena,
                            struct decision *decision, struct finding *finding)
{
    TRY(engine_decode(record->body, arena, decision));
    *finding = (struct finding){store, record, decision, arena, NULL, 0};
    finding->changes = arena_new_array(arena, struct change, CHANGE_MAXIMUM);
    if (finding->changes == NULL) return STATUS_NO_MEMORY;
    TRY(find_joined(finding));
    TRY(find_event(finding));
    return find_effects(finding);
}

enum status change_list(void *context, struct store *store, const struct record *record,
                        struct arena *arena, struct change **changes, uint32_t *count)
{
    struct decision decision;
    struct finding finding;
    (void)context;
    TRY(find_all(store, record, arena, &decision, &finding));
    *changes = finding.changes;
    *count = finding.count;
    return STATUS_OK;
}

enum status change_bodies(void *context, struct store *store, const struct record *record,
                          struct arena *arena, struct change_body **bodies, uint32_t *count)
{
    struct decision decision;
    struct finding finding;
    struct event_reply *data = arena_new(arena, struct event_reply);
    TRY(find_all(store, record, arena, &decision, &finding));
    const struct program *program = service_program_numbered(context, decision.program_version);
    struct change_body *made =
        arena_new_array(arena, struct change_body, (size_t)finding.count + 1);
    if (program == NULL) return STATUS_CORRUPT;
    if (made == NULL || data == NULL) return STATUS_NO_MEMORY;
    if (finding.count > 0) TRY(reply_of_decision(program, &decision, arena, data));
    for (uint32_t i = 0; i < finding.count; i++) {
        made[i] = (struct change_body){
            .id = change_id(arena, program->id, record, i),
            .type = (int)finding.changes[i].type,
            .occurred_at_us = decision.occurred_at_us,
            .recorded_at_us = decision.recorded_at_us,
            .member = finding.changes[i].member,
            .data = data,
        };
        if (made[i].id.bytes == NULL) return STATUS_NO_MEMORY;
    }
    *bodies = made;
    *count = finding.count;
    return STATUS_OK;
}

static enum status write_test(const struct service *service, uint32_t index, struct arena *arena,
                              struct text *id, struct text *body)
{
    int64_t now_us = service_now_us(service);
    struct change_body test = {
        .id = change_test_id(arena, service_program(service, now_us)->id, index),
        .type = CHANGE_TEST,
        .occurred_at_us = now_us,
        .recorded_at_us = now_us,
    };
    if (test.id.bytes == NULL) return STATUS_NO_MEMORY;
    *id = test.id;
    return shape_write(&change_shape, &test, arena, body);
}

enum status change_write(void *context, struct store *store, const struct record *record,
                         uint32_t index, struct arena *arena, struct text *id, struct text *body)
{
    struct change_body *bodies = NULL;
    uint32_t count = 0;
    if (record == NULL) return write_test(context, index, arena, id, body);
    TRY(change_bodies(context, store, record, arena, &bodies, &count));
    if (index >= count) return STATUS_NOT_FOUND;
    *id = bodies[index].id;
    return shape_write(&change_shape, &bodies[index], arena, body);
}

/* ---- ids ---- */

struct text change_id(struct arena *arena, struct text program, const struct record *record,
                      uint32_t index)
{
    const uint8_t *hash = record->hash;
    return arena_format(arena, "chg_%.*s_%llu_%u_%02x%02x%02x%02x", TEXT_ARGUMENTS(program),
                        (unsigned long long)record->position, index + 1, hash[0], hash[1], hash[2],
                        hash[3]);
}

struct text change_test_id(struct arena *arena, struct text program, uint32_t index)
{
    return arena_format(arena, "tst_%.*s_%u", TEXT_ARGUMENTS(program), index);
}

/* The digits between here and the end. */
static enum status read_number(struct text digits, int64_t least, int64_t most, int64_t *number)
{
    int64_t found;
    if (amount_parse(digits, 0, &found) != STATUS_OK || found < least || found > most ||
        digits.bytes[0] < '0' || digits.bytes[0] > '9') {
        return STATUS_SYNTAX;
    }
    *number = found;
    return STATUS_OK;
}

enum status change_id_read(struct text id, struct text program, uint64_t *position, uint32_t *index)
{
    int64_t number = 0;
    int64_t place = 0;
    bool is_test = text_starts_with(id, TEXT("tst_"));
    if (!is_test && !text_starts_with(id, TEXT("chg_"))) return STATUS_SYNTAX;
    struct text rest = {id.bytes + 4, id.length - 4};
    if (!text_starts_with(rest, program) || rest.length <= program.length ||
        rest.bytes[program.length] != '_') {
        return STATUS_SYNTAX;
    }
    rest = (struct text){rest.bytes + program.length + 1, rest.length - program.length - 1};
    if (!is_test) {
        struct text digits = text_split(rest, '_', &rest);
        if (digits.length == 0) return STATUS_SYNTAX;
        TRY(read_number(digits, 1, INT64_MAX, &place));
        rest = text_split(rest, '_', &digits);
    }
    if (rest.length == 0) return STATUS_SYNTAX;
    TRY(read_number(rest, is_test ? 0 : 1, UINT32_MAX, &number));
    *position = (uint64_t)place;
    *index = (uint32_t)(is_test ? number : number - 1);
    return STATUS_OK;
}
