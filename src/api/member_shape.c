/* Members as JSON: from a state's symbols and smallest units to words and decimals. */
#include "api/member_shape.h"

static const char *const status_choices[] = {"active", "closed", "erased", "merged", NULL};

static const struct field external_id_fields[] = {
    SHAPE_FIELD(external_id_body, kind, ID, .is_required = true,
                .description = "What it is: `email`, `card`, `phone`, ...", .example = "\"card\""),
    SHAPE_FIELD(external_id_body, value, TEXT, .is_required = true, .maximum = 200,
                .description = "As it is told to the till.", .example = "\"4711\""),
};
const struct shape external_id_shape =
    SHAPE("ExternalId", "By what a member is found, beside its id.", external_id_body,
          external_id_fields);

static const struct field progress_fields[] = {
    SHAPE_FIELD(progress_body, tier_set, ID, .is_required = true, .description = "Which set."),
    SHAPE_FIELD(progress_body, level, TEXT, .is_required = true,
                .description = "Id of the level; `none` for no level."),
    SHAPE_FIELD(progress_body, title, TEXT, .description = "Its title, for people."),
    SHAPE_FIELD_AS("since", progress_body, since_us, INSTANT, .description = "Since when."),
    SHAPE_FIELD_AS("kept_until", progress_body, kept_until_us, INSTANT,
                   .description = "How long it is kept at least."),
    SHAPE_FIELD(progress_body, measured_by, TEXT, .is_required = true,
                .description = "The counter that decides."),
    SHAPE_FIELD(progress_body, measured, DECIMAL, .is_required = true, .example = "\"240.50\"",
                .description = "What it has come to in its present window."),
    SHAPE_FIELD(progress_body, next_level, TEXT, .description = "The next level, if there is one."),
    SHAPE_FIELD(progress_body, next_title, TEXT, .description = "Its title."),
    SHAPE_FIELD(progress_body, missing, DECIMAL, SHAPE_GIVEN(progress_body, has_missing),
                .description = "What is still missing to it, by the same measure.",
                .example = "\"109.50\""),
};
const struct shape progress_shape =
    SHAPE("TierProgress", "Where a member stands in a tier set.", progress_body, progress_fields);

static const struct field member_fields[] = {
    SHAPE_FIELD(member_body, id, ID, .is_required = true, .description = "The member's id."),
    SHAPE_FIELD(member_body, status, CHOICE, .is_required = true, .choices = status_choices,
                .description = "What becomes of its events."),
    SHAPE_FIELD(member_body, merged_into, ID, .description = "Who has everything of it now."),
    SHAPE_FIELD_AS("joined_at", member_body, joined_at_us, INSTANT, .description = "Since when."),
    SHAPE_FIELD(member_body, fields, RAW,
                .description = "Personal data, as they were given; none after an erasure."),
    SHAPE_FIELD(member_body, external_ids, LIST, .shape = &external_id_shape,
                SHAPE_COUNT(member_body, external_id_count),
                .description = "By what it is found, beside its id."),
    SHAPE_FIELD(member_body, wallets, LIST, .shape = &balance_shape,
                SHAPE_COUNT(member_body, wallet_count), .description = "What it has."),
    SHAPE_FIELD(member_body, tiers, LIST, .shape = &progress_shape,
                SHAPE_COUNT(member_body, tier_count), .description = "Where it stands."),
    SHAPE_FIELD(member_body, segments, TEXT_LIST, SHAPE_COUNT(member_body, segment_count),
                .description = "Ids of the programme's segments that it is in."),
    SHAPE_FIELD_AS("as_of", member_body, as_of_us, INSTANT, .is_required = true,
                   .description = "The instant that all of this is true of."),
};
const struct shape member_shape =
    SHAPE("Member", "A member, with balances and tiers.", member_body, member_fields);

/* ---- from the state ---- */

static enum status describe_person(struct turn *turn, struct text id, struct arena *arena,
                                   struct member_body *body)
{
    struct person person;
    enum status status = turn_person(turn, id, arena, &person);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    TRY(status);
    body->fields = person.fields;
    body->external_ids = arena_new_array(arena, struct external_id_body, person.id_count + 1);
    if (body->external_ids == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < person.id_count; i++) {
        body->external_ids[i] = (struct external_id_body){person.ids[i].kind, person.ids[i].value};
    }
    body->external_id_count = person.id_count;
    return STATUS_OK;
}

static enum status describe_wallets(const struct program *program, const struct states *states,
                                    struct text id, struct arena *arena, struct member_body *body)
{
    body->wallets = arena_new_array(arena, struct balance_body, program->wallet_count + 1);
    if (body->wallets == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        const struct wallet *wallet = &program->wallets[i];
        struct balance balance;
        TRY(member_balance(states, id, wallet->symbol, &balance));
        body->wallets[i] = (struct balance_body){
            .wallet = wallet->id,
            .available = {balance.available, wallet->decimals},
            .pending = {balance.pending, wallet->decimals},
            .held = {balance.held, wallet->decimals},
            .debt = {balance.debt, wallet->decimals},
        };
    }
    body->wallet_count = program->wallet_count;
    return STATUS_OK;
}

/* Decimals of a counter's smallest unit. */
static int32_t measure_decimals(const struct program *program, const struct counter *counter)
{
    switch (counter->measure) {
    case MEASURE_ELIGIBLE:
    case MEASURE_SUBTOTAL:
        return program->currencies[counter->currency].decimals;
    case MEASURE_EARNED:
        return program->wallets[counter->wallet].decimals;
    case MEASURE_EVENTS:
    case MEASURE_QUANTITY:
    default:
        return 0;
    }
}

static enum status describe_tiers(const struct program *program, const struct states *states,
                                  struct text id, int64_t at_us, struct arena *arena,
                                  struct member_body *body)
{
    body->tiers = arena_new_array(arena, struct progress_body, program->tier_set_count + 1);
    if (body->tiers == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        const struct tier_set *set = &program->tier_sets[i];
        const struct counter *counter = &program->counters[set->counter];
        int32_t decimals = measure_decimals(program, counter);
        struct tier_progress progress;
        struct progress_body *tier = &body->tiers[i];
        TRY(member_progress(program, states, id, i, at_us, &progress));
        *tier = (struct progress_body){.tier_set = set->id,
                                       .level = TEXT("none"),
                                       .since_us = progress.since_us,
                                       .measured_by = counter->id,
                                       .measured = {progress.measured, decimals}};
        if (progress.level != PROGRAM_NONE) {
            tier->level = set->levels[progress.level].id;
            tier->title = set->levels[progress.level].title;
            if (progress.kept_until_us != INSTANT_NEVER) {
                tier->kept_until_us = progress.kept_until_us;
            }
        }
        if (progress.next != PROGRAM_NONE) {
            tier->next_level = set->levels[progress.next].id;
            tier->next_title = set->levels[progress.next].title;
            tier->has_missing = true;
            tier->missing = (struct decimal){progress.missing, decimals};
        }
    }
    body->tier_count = program->tier_set_count;
    return STATUS_OK;
}

static enum status describe_segments(struct turn *turn, const struct program *program,
                                     struct states *states, struct text id, struct arena *arena,
                                     struct member_body *body)
{
    if (program->segment_count == 0) return STATUS_OK;
    bool *is_in = arena_allocate_zeroed(arena, program->segment_count, sizeof *is_in);
    body->segments = arena_new_array(arena, struct text, program->segment_count);
    if (is_in == NULL || body->segments == NULL) return STATUS_NO_MEMORY;
    TRY(turn_segments(turn, program, id, body->as_of_us, states, arena, is_in));
    for (uint32_t i = 0; i < program->segment_count; i++) {
        if (is_in[i]) body->segments[body->segment_count++] = program->segments[i].id;
    }
    return STATUS_OK;
}

static enum member_standing standing_of(const struct member_summary *summary)
{
    if (summary->is_erased) return STANDING_ERASED;
    if (summary->merged_into.length > 0) return STANDING_MERGED;
    return summary->is_closed ? STANDING_CLOSED : STANDING_ACTIVE;
}

enum status member_describe(struct turn *turn, struct text id, int64_t at_us, struct arena *arena,
                            struct member_body *body, struct states **states)
{
    struct text survivor = id;
    struct member_summary summary;
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = id};
    int64_t as_of_us = at_us == 0 ? turn_clock_us(turn) : at_us;
    const struct program *program = service_program(turn_service(turn), as_of_us);
    TRY(turn_member(turn, &survivor, arena, program, as_of_us, states));
    const struct state *state = states_find(*states, &key);
    if (state == NULL || !member_bytes_summary(state->bytes, state->size, &summary)) {
        return STATUS_CORRUPT;
    }
    *body = (struct member_body){.id = id,
                                 .status = (int)standing_of(&summary),
                                 .joined_at_us = summary.joined_at_us,
                                 .as_of_us = as_of_us};
    if (summary.merged_into.length > 0) {
        body->merged_into = arena_copy(arena, summary.merged_into);
        if (body->merged_into.bytes == NULL) return STATUS_NO_MEMORY;
    }
    TRY(describe_person(turn, id, arena, body));
    TRY(describe_wallets(program, *states, survivor, arena, body));
    TRY(describe_segments(turn, program, *states, survivor, arena, body));
    return describe_tiers(program, *states, survivor, as_of_us, arena, body);
}
