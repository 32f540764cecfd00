/* Trials: events and members from JSON files, for expressions to be tried on.
 *
 * An event is read by the tables that read it from a request. A member is described by what rules
 * see of one: amounts as decimals, levels by their ids; every name must be one of the programme's.
 */
#include "api/api.h"
#include "api/custom_shape.h"
#include "service/service.h"

/* ---- mistakes ---- */

static enum status report(const struct mistakes *mistakes, struct text file,
                          struct problem_list *problems)
{
    const struct position nowhere = {0, 0};
    for (uint32_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        problem_add(problems, file, nowhere, "%.*s%s%.*s", TEXT_ARGUMENTS(mistake->field),
                    text_is_empty(mistake->field) ? "" : ": ", TEXT_ARGUMENTS(mistake->detail));
    }
    if (mistakes_are_none(mistakes)) return STATUS_OK;
    return mistakes->count == 0 ? STATUS_NO_MEMORY : STATUS_INVALID;
}

static enum status parse(struct arena *arena, struct text file, struct text json,
                         struct problem_list *problems, yyjson_val **root)
{
    struct json_error error;
    enum status status = json_parse(arena, json, &error, root);
    if (status == STATUS_LIMIT) {
        problem_add(problems, file, (struct position){0, 0}, "this is nested more than %d deep",
                    JSON_DEPTH_MAXIMUM);
        return STATUS_INVALID;
    }
    if (status != STATUS_SYNTAX) return status;
    problem_add(problems, file, error.position, "this is no JSON: %.*s",
                TEXT_ARGUMENTS(error.message));
    return STATUS_INVALID;
}

/* ---- events ---- */

enum status api_read_event(const struct program *program, struct text file, struct text json,
                           int64_t now_us, struct arena *arena, struct problem_list *problems,
                           struct event *event)
{
    struct mistakes mistakes = {.arena = arena};
    struct event_body body = {.type = 0};
    const struct converter converter = {
        .program = program, .arena = arena, .mistakes = &mistakes, .undeclared = &mistakes};
    yyjson_val *root;
    TRY(parse(arena, file, json, problems, &root));
    TRY(shape_read(&event_shape, root, NULL, &mistakes, &body));
    TRY(report(&mistakes, file, problems));
    TRY(convert_event(&converter, &body, now_us, event));
    return report(&mistakes, file, problems);
}

/* ---- members ---- */

struct sketch_body {
    struct text id;
    int64_t joined_at_us;
    struct text birthday;
    yyjson_val *profile;
    yyjson_val *wallets;
    yyjson_val *counters;
    yyjson_val *tiers;
};
static const struct field sketch_fields[] = {
    SHAPE_FIELD(sketch_body, id, ID, .description = "Its id."),
    SHAPE_FIELD_AS("joined_at", sketch_body, joined_at_us, INSTANT, .description = "When."),
    SHAPE_FIELD(sketch_body, birthday, TEXT, .description = "`1990-05-17`, or `--05-17`."),
    SHAPE_FIELD(sketch_body, profile, ANY, .description = "What `profile:` declares."),
    SHAPE_FIELD(sketch_body, wallets, ANY, .description = "By wallet."),
    SHAPE_FIELD(sketch_body, counters, ANY, .description = "By counter."),
    SHAPE_FIELD(sketch_body, tiers, ANY, .description = "By tier set."),
};
static const struct shape sketch_shape = SHAPE("Sketch", "A member.", sketch_body, sketch_fields);

struct balance_body {
    yyjson_val *available;
    yyjson_val *pending;
    yyjson_val *held;
    yyjson_val *debt;
};
static const struct field balance_fields[] = {
    SHAPE_FIELD(balance_body, available, ANY, .description = "Points to spend."),
    SHAPE_FIELD(balance_body, pending, ANY, .description = "Points to come."),
    SHAPE_FIELD(balance_body, held, ANY, .description = "Points that are held."),
    SHAPE_FIELD(balance_body, debt, ANY, .description = "Points that are owed."),
};
static const struct shape balance_shape =
    SHAPE("Balance", "A wallet.", balance_body, balance_fields);

struct level_body {
    struct text level;
    int64_t since_us;
    int64_t kept_until_us;
};
static const struct field level_fields[] = {
    SHAPE_FIELD(level_body, level, TEXT, .is_required = true, .description = "Its id, or none."),
    SHAPE_FIELD_AS("since", level_body, since_us, INSTANT, .description = "Since when."),
    SHAPE_FIELD_AS("kept_until", level_body, kept_until_us, INSTANT, .description = "Till when."),
};
static const struct shape level_shape = SHAPE("Level", "A level.", level_body, level_fields);

struct number_body {
    struct decimal decimal;
};
static const struct field number_field =
    SHAPE_FIELD(number_body, decimal, DECIMAL, .example = NULL);

/* A sketch while it is read; only one of the lists of names is looked at at a time. */
struct sketching {
    struct converter converter;
    struct mistakes mistakes;
    struct text *names;
    struct balance *wallets;
    int64_t *counters;
    struct level_sketch *levels;
};

/* An object of the sketch that has members named as one of the programme's lists has them. */
struct named_list {
    struct text name;
    const char *what;
    uint32_t count;
    struct text (*id_of)(const struct program *program, uint32_t index);
    enum status (*read)(struct sketching *sketching, const struct place *place, yyjson_val *value,
                        uint32_t index);
};

/* What is not among the first `count` names is a mistake. */
static bool find_name(struct sketching *sketching, uint32_t count, const struct place *place,
                      const char *what, uint32_t *index)
{
    for (*index = 0; *index < count; ++*index)
        if (text_equal(sketching->names[*index], place->name)) return true;
    int nearest = text_nearest(place->name, sketching->names, count);
    if (nearest < 0) {
        mistake_add(&sketching->mistakes, place, MISTAKE_UNKNOWN_FIELD,
                    "the programme has no such %s", what);
    } else {
        mistake_add(&sketching->mistakes, place, MISTAKE_UNKNOWN_FIELD,
                    "the programme has no such %s; did you mean '%.*s'?", what,
                    TEXT_ARGUMENTS(sketching->names[nearest]));
    }
    return false;
}

static bool is_object(struct sketching *sketching, yyjson_val *value, const struct place *place)
{
    if (value == NULL) return false;
    if (yyjson_is_obj(value)) return true;
    mistake_add(&sketching->mistakes, place, MISTAKE_WRONG_TYPE, "this is to be an object");
    return false;
}

static enum status read_list(struct sketching *sketching, yyjson_val *object,
                             const struct named_list *list)
{
    const struct place parent = {.name = list->name};
    size_t position;
    size_t size;
    uint32_t index;
    yyjson_val *name;
    yyjson_val *value;
    yyjson_obj_foreach(object, position, size, name, value)
    {
        const struct place place = {.parent = &parent, .name = json_text(name)};
        for (uint32_t i = 0; i < list->count; i++)
            sketching->names[i] = list->id_of(sketching->converter.program, i);
        if (!find_name(sketching, list->count, &place, list->what, &index)) continue;
        TRY(list->read(sketching, &place, value, index));
    }
    return STATUS_OK;
}

/* "12.50", or a whole number without quotes; 0 for what is not there. */
static enum status read_amount(struct sketching *sketching, const struct place *place,
                               yyjson_val *value, int32_t decimals, int64_t *amount)
{
    struct number_body body = {{0, 0}};
    uint32_t before = sketching->mistakes.count;
    *amount = 0;
    if (value == NULL) return STATUS_OK;
    if (yyjson_is_sint(value) ||
        (yyjson_is_uint(value) && yyjson_get_uint(value) <= (uint64_t)INT64_MAX)) {
        body.decimal = (struct decimal){yyjson_get_sint(value), 0};
    } else {
        TRY(shape_read_field(&number_field, value, place, &sketching->mistakes, &body));
    }
    if (sketching->mistakes.count > before) return STATUS_OK;
    enum status status = decimal_rescale(body.decimal, decimals, amount);
    if (status == STATUS_INVALID)
        mistake_add(&sketching->mistakes, place, MISTAKE_TOO_PRECISE,
                    "it has more decimals than it can have: %d", decimals);
    else if (status != STATUS_OK)
        mistake_add(&sketching->mistakes, place, MISTAKE_OUT_OF_RANGE, "it is too large");
    return STATUS_OK;
}

static enum status read_points(struct sketching *sketching, const struct place *parent,
                               const char *name, yyjson_val *value, int32_t decimals,
                               int64_t *amount)
{
    const struct place place = {.parent = parent, .name = text_of(name)};
    TRY(read_amount(sketching, &place, value, decimals, amount));
    if (*amount < 0)
        mistake_add(&sketching->mistakes, &place, MISTAKE_OUT_OF_RANGE, "it is below zero");
    return STATUS_OK;
}

/* Of a wallet: its parts, or what is available alone. */
static enum status read_balance(struct sketching *sketching, const struct place *place,
                                yyjson_val *value, int32_t decimals, struct balance *balance)
{
    struct balance_body body = {.available = value};
    if (yyjson_is_obj(value)) {
        body.available = NULL;
        TRY(shape_read(&balance_shape, value, place, &sketching->mistakes, &body));
    }
    TRY(read_points(sketching, place, "available", body.available, decimals, &balance->available));
    TRY(read_points(sketching, place, "pending", body.pending, decimals, &balance->pending));
    TRY(read_points(sketching, place, "held", body.held, decimals, &balance->held));
    return read_points(sketching, place, "debt", body.debt, decimals, &balance->debt);
}

static struct text wallet_id(const struct program *program, uint32_t index)
{
    return program->wallets[index].id;
}

static enum status read_wallet(struct sketching *sketching, const struct place *place,
                               yyjson_val *value, uint32_t index)
{
    return read_balance(sketching, place, value,
                        sketching->converter.program->wallets[index].decimals,
                        &sketching->wallets[index]);
}

static enum status read_wallets(struct sketching *sketching, yyjson_val *object,
                                struct member_sketch *member)
{
    const struct named_list list = {TEXT("wallets"), "wallet",
                                    sketching->converter.program->wallet_count, wallet_id,
                                    read_wallet};
    const struct place place = {.name = list.name};
    if (!is_object(sketching, object, &place)) return STATUS_OK;
    sketching->wallets =
        arena_new_array(sketching->converter.arena, struct balance, (size_t)list.count + 1);
    if (sketching->wallets == NULL) return STATUS_NO_MEMORY;
    member->wallets = sketching->wallets;
    return read_list(sketching, object, &list);
}

/* Decimals of what a counter holds. */
static int32_t counter_decimals(const struct program *program, const struct counter *counter)
{
    if (counter->measure == MEASURE_EARNED) return program->wallets[counter->wallet].decimals;
    bool is_money = counter->measure == MEASURE_ELIGIBLE || counter->measure == MEASURE_SUBTOTAL;
    if (counter->currency != PROGRAM_NONE && (is_money || counter->measure == MEASURE_EXPRESSION))
        return program->currencies[counter->currency].decimals;
    return is_money ? program->currencies[0].decimals : 0;
}

static struct text counter_id(const struct program *program, uint32_t index)
{
    return program->counters[index].id;
}

static enum status read_counter(struct sketching *sketching, const struct place *place,
                                yyjson_val *value, uint32_t index)
{
    const struct program *program = sketching->converter.program;
    return read_amount(sketching, place, value,
                       counter_decimals(program, &program->counters[index]),
                       &sketching->counters[index]);
}

static enum status read_counters(struct sketching *sketching, yyjson_val *object,
                                 struct member_sketch *member)
{
    const struct named_list list = {TEXT("counters"), "counter",
                                    sketching->converter.program->counter_count, counter_id,
                                    read_counter};
    const struct place place = {.name = list.name};
    if (!is_object(sketching, object, &place)) return STATUS_OK;
    sketching->counters =
        arena_new_array(sketching->converter.arena, int64_t, (size_t)list.count + 1);
    if (sketching->counters == NULL) return STATUS_NO_MEMORY;
    member->counters = sketching->counters;
    return read_list(sketching, object, &list);
}

/* A level's id, or an object that also says since when. */
static enum status read_level(struct sketching *sketching, const struct place *place,
                              yyjson_val *value, uint32_t tier_set)
{
    const struct tier_set *set = &sketching->converter.program->tier_sets[tier_set];
    struct level_body body = {.level = yyjson_is_str(value) ? json_text(value) : TEXT("")};
    uint32_t before = sketching->mistakes.count;
    uint32_t index;
    if (!yyjson_is_str(value))
        TRY(shape_read(&level_shape, value, place, &sketching->mistakes, &body));
    if (sketching->mistakes.count > before || text_equal(body.level, TEXT("none")))
        return STATUS_OK;
    for (uint32_t i = 0; i < set->level_count; i++)
        sketching->names[i] = set->levels[i].id;
    const struct place named = {.parent = place, .name = body.level};
    if (!find_name(sketching, set->level_count, &named, "level", &index)) return STATUS_OK;
    if (body.kept_until_us != 0 && body.since_us == 0)
        mistake_add(&sketching->mistakes, place, MISTAKE_REQUIRED,
                    "\"kept_until\" goes with \"since\"");
    sketching->levels[tier_set] = (struct level_sketch){
        .level = index,
        .since_us = body.since_us == 0 ? INSTANT_NEVER : body.since_us,
        .kept_until_us = body.kept_until_us == 0 ? INSTANT_NEVER : body.kept_until_us};
    return STATUS_OK;
}

static struct text tier_set_id(const struct program *program, uint32_t index)
{
    return program->tier_sets[index].id;
}

static enum status read_tiers(struct sketching *sketching, yyjson_val *object,
                              struct member_sketch *member)
{
    const struct named_list list = {TEXT("tiers"), "tier set",
                                    sketching->converter.program->tier_set_count, tier_set_id,
                                    read_level};
    const struct place place = {.name = list.name};
    if (!is_object(sketching, object, &place)) return STATUS_OK;
    sketching->levels =
        arena_new_array(sketching->converter.arena, struct level_sketch, (size_t)list.count + 1);
    if (sketching->levels == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < list.count; i++)
        sketching->levels[i] = (struct level_sketch){PROGRAM_NONE, INSTANT_NEVER, INSTANT_NEVER};
    member->levels = sketching->levels;
    return read_list(sketching, object, &list);
}

static enum status read_known(struct sketching *sketching, const struct sketch_body *body,
                              struct member_sketch *member)
{
    const struct program *program = sketching->converter.program;
    const struct custom_event declared = {.id = TEXT("the profile"),
                                          .fields = program->profile,
                                          .field_count = program->profile_count};
    const struct place birthday = {.name = TEXT("birthday")};
    const struct place profile = {.name = TEXT("profile")};
    struct person person = {.birthday_month = 0};
    struct event event = {.value_count = 0};
    if (!text_is_empty(body->birthday)) {
        person_read_birthday(body->birthday, &person);
        if (person.birthday_month == 0)
            mistake_add(&sketching->mistakes, &birthday, MISTAKE_MALFORMED,
                        "it is no birthday: write it as 1990-05-17, or --05-17 without the year");
    }
    member->birthday_month = person.birthday_month;
    member->birthday_day = person.birthday_day;
    if (!is_object(sketching, body->profile, &profile)) return STATUS_OK;
    TRY(convert_values(&sketching->converter, &declared, &profile, body->profile, &event));
    member->profile = event.values;
    member->profile_count = event.value_count;
    return STATUS_OK;
}

/* Of the longest list. */
#define NAME_MAXIMUM PROGRAM_COUNTER_MAXIMUM
_Static_assert(PROGRAM_WALLET_MAXIMUM <= NAME_MAXIMUM && PROGRAM_TIER_SET_MAXIMUM <= NAME_MAXIMUM &&
                   PROGRAM_LEVEL_MAXIMUM <= NAME_MAXIMUM,
               "every list of names fits");

enum status api_read_member(const struct program *program, struct text file, struct text json,
                            struct arena *arena, struct problem_list *problems,
                            struct member_sketch *member)
{
    struct sketching sketching = {.mistakes = {.arena = arena}};
    struct sketch_body body = {.joined_at_us = 0};
    yyjson_val *root;
    sketching.converter = (struct converter){.program = program,
                                             .arena = arena,
                                             .mistakes = &sketching.mistakes,
                                             .undeclared = &sketching.mistakes};
    sketching.names = arena_new_array(arena, struct text, NAME_MAXIMUM);
    if (sketching.names == NULL) return STATUS_NO_MEMORY;
    TRY(parse(arena, file, json, problems, &root));
    TRY(shape_read(&sketch_shape, root, NULL, &sketching.mistakes, &body));
    *member = (struct member_sketch){
        .id = body.id, .joined_at_us = body.joined_at_us == 0 ? INSTANT_NEVER : body.joined_at_us};
    TRY(read_known(&sketching, &body, member));
    TRY(read_wallets(&sketching, body.wallets, member));
    TRY(read_counters(&sketching, body.counters, member));
    TRY(read_tiers(&sketching, body.tiers, member));
    return report(&sketching.mistakes, file, problems);
}
