/* Known: what rules may look at of a person: the birthday, and what the programme's `profile:`
 * declares. It is filled into each event that is decided by the rules, from the personal data as
 * they are by then, and no record has it: an erasure leaves none.
 *
 * A field is known when the person has one of that name with a value of the declared type: true or
 * false, a whole number, a string, a list of strings; "12.5" for decimal, "12.50 EUR" for money, a
 * time of RFC 3339 with its offset. Anything else counts as not known, because people's data come
 * from elsewhere and no sale may fail over them.
 */
#include <yyjson.h>

#include "service/inner.h"

#define MONEY_CODE_LENGTH 3

/* ---- the birthday ---- */

/* "1990-05-17", or "--05-17" for people who keep their year to themselves (ISO 8601). */
void person_read_birthday(struct text text, struct person *person)
{
    if (text_starts_with(text, TEXT("--"))) {
        text = (struct text){text.bytes + 2, text.length - 2};
    } else if (text.length == 10) {
        text = (struct text){text.bytes + 5, 5};
    }
    if (text.length != 5 || text.bytes[2] != '-') return;
    int32_t month = (text.bytes[0] - '0') * 10 + (text.bytes[1] - '0');
    int32_t day = (text.bytes[3] - '0') * 10 + (text.bytes[4] - '0');
    if (month < 1 || month > 12 || day < 1 || day > 31) return;
    person->birthday_month = month;
    person->birthday_day = day;
}

/* ---- fields ---- */

static struct text text_of_json(yyjson_val *value)
{
    return (struct text){yyjson_get_str(value), yyjson_get_len(value)};
}

static bool text_fits(struct text text)
{
    return text.length <= FIELD_STRING_MAXIMUM_BYTES;
}

static const struct currency *find_currency(const struct program *program, struct text code)
{
    for (uint32_t i = 0; i < program->currency_count; i++) {
        if (text_equal(program->currencies[i].code, code)) return &program->currencies[i];
    }
    return NULL;
}

static bool read_money(const struct program *program, struct text text, struct field_value *value)
{
    struct text code;
    struct text number = text_split(text, ' ', &code);
    const struct currency *currency = find_currency(program, code);
    if (currency == NULL) return false;
    value->currency = currency->code;
    return decimal_parse(number, &value->decimal) == STATUS_OK;
}

/* RFC 3339 with its offset: no zone is guessed. */
static bool read_instant(struct text text, int64_t *instant_us)
{
    if (text.length < 17) return false;
    const char *end = text.bytes + text.length;
    bool has_offset = end[-1] == 'Z' || ((end[-6] == '+' || end[-6] == '-') && end[-3] == ':');
    return has_offset && instant_parse(NULL, text, instant_us) == STATUS_OK;
}

/* Every text is copied: the document does not live as long. */
static enum status read_texts(yyjson_val *json, struct arena *arena, struct field_value *value,
                              bool *is_known)
{
    size_t count = yyjson_arr_size(json);
    size_t index;
    size_t size;
    yyjson_val *element;
    *is_known = false;
    if (!yyjson_is_arr(json) || count > FIELD_STRINGS_MAXIMUM) return STATUS_OK;
    struct text *texts = arena_new_array(arena, struct text, count + 1);
    if (texts == NULL) return STATUS_NO_MEMORY;
    yyjson_arr_foreach(json, index, size, element)
    {
        if (!yyjson_is_str(element) || !text_fits(text_of_json(element))) return STATUS_OK;
        texts[index] = arena_copy(arena, text_of_json(element));
        if (texts[index].bytes == NULL) return STATUS_NO_MEMORY;
    }
    value->texts = texts;
    value->text_count = (uint32_t)count;
    *is_known = true;
    return STATUS_OK;
}

static bool read_scalar(const struct program *program, yyjson_val *json, struct field_value *value)
{
    struct text text = yyjson_is_str(json) ? text_of_json(json) : (struct text){NULL, 0};
    switch (value->type) {
    case FIELD_BOOL:
        value->boolean = yyjson_is_true(json);
        return yyjson_is_bool(json);
    case FIELD_INT:
        if (yyjson_is_uint(json) && yyjson_get_uint(json) > INT64_MAX) return false;
        value->integer = yyjson_get_sint(json);
        return yyjson_is_int(json);
    case FIELD_DECIMAL:
        return text.bytes != NULL && decimal_parse(text, &value->decimal) == STATUS_OK;
    case FIELD_MONEY:
        return text.bytes != NULL && read_money(program, text, value);
    case FIELD_TIMESTAMP:
        return text.bytes != NULL && read_instant(text, &value->integer);
    case FIELD_STRING:
        value->text = text;
        return text.bytes != NULL && text_fits(text);
    case FIELD_STRINGS:
    case FIELD_TYPE_COUNT:
    default:
        return false;
    }
}

static enum status read_value(const struct program *program, yyjson_val *json, struct arena *arena,
                              struct field_value *value, bool *is_known)
{
    if (value->type == FIELD_STRINGS) return read_texts(json, arena, value, is_known);
    *is_known = read_scalar(program, json, value);
    if (!*is_known || value->type != FIELD_STRING) return STATUS_OK;
    value->text = arena_copy(arena, value->text);
    return value->text.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static bool has_value(const struct event *event, struct text name)
{
    for (uint32_t i = 0; i < event->profile_count; i++) {
        if (text_equal(event->profile[i].name, name)) return true;
    }
    return false;
}

/* Adds what the event does not know yet. `values`: room for all that the programme declares. */
static enum status add_fields(const struct program *program, yyjson_val *fields,
                              struct arena *arena, struct field_value *values, struct event *event)
{
    for (uint32_t i = 0; i < program->profile_count; i++) {
        const struct declared_field *field = &program->profile[i];
        struct field_value value = {.name = field->name, .type = field->type};
        bool is_known = false;
        yyjson_val *json = yyjson_obj_getn(fields, field->name.bytes, field->name.length);
        if (json == NULL || has_value(event, field->name)) continue;
        TRY(read_value(program, json, arena, &value, &is_known));
        if (is_known) values[event->profile_count++] = value;
    }
    return STATUS_OK;
}

static enum status begin_profile(const struct program *program, struct arena *arena,
                                 struct event *event, struct field_value **values)
{
    *values = arena_new_array(arena, struct field_value, (size_t)program->profile_count + 1);
    if (*values == NULL) return STATUS_NO_MEMORY;
    event->profile = *values;
    event->profile_count = 0;
    return STATUS_OK;
}

static enum status read_fields(const struct program *program, struct text json, struct arena *arena,
                               struct field_value *values, struct event *event)
{
    yyjson_doc *document = yyjson_read(json.bytes, json.length, YYJSON_READ_NOFLAG);
    if (document == NULL) return STATUS_CORRUPT;
    enum status status = add_fields(program, yyjson_doc_get_root(document), arena, values, event);
    yyjson_doc_free(document);
    return status;
}

enum status service_profile(const struct program *program, struct text fields, struct arena *arena,
                            struct event *event)
{
    struct field_value *values;
    if (!program->uses_profile) return STATUS_OK;
    TRY(begin_profile(program, arena, event, &values));
    return text_is_empty(fields) ? STATUS_OK : read_fields(program, fields, arena, values, event);
}

/* ---- of whom the event is about ---- */

/* What the event still lacks, while one human being's documents are looked through. */
struct asking {
    struct turn *turn;
    const struct program *program;
    struct arena *arena;
    struct event *event;
    struct field_value *values; /* NULL: the profile is not asked for */
    bool wants_birthday;
};

static enum status ask(const struct asking *asking, struct text id)
{
    struct person person;
    struct event *event = asking->event;
    enum status status = turn_person(asking->turn, id, asking->arena, &person);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    TRY(status);
    if (asking->wants_birthday && event->birthday_month == 0) {
        event->birthday_month = person.birthday_month;
        event->birthday_day = person.birthday_day;
    }
    if (asking->values == NULL) return STATUS_OK;
    return read_fields(asking->program, person.fields, asking->arena, asking->values, event);
}

static bool is_answered(const struct asking *asking)
{
    return (!asking->wants_birthday || asking->event->birthday_month != 0) &&
           (asking->values == NULL ||
            asking->event->profile_count == asking->program->profile_count);
}

/* One human being can have several ids: that of the member who has everything comes first, then
 * those merged into it. So it is the same by whatever id an order was quoted or bought. */
static enum status ask_all(const struct asking *asking, struct states *states, struct text member)
{
    struct text owner;
    uint32_t index = 0;
    struct text survivor = member_survivor(states, member);
    if (text_is_empty(survivor)) return ask(asking, member);
    const struct entity_key key = {.kind = ENTITY_MEMBER, .id = survivor};
    const struct state *state = states_find(states, &key);
    if (state == NULL) return STATUS_CORRUPT;
    TRY(ask(asking, survivor));
    while (!is_answered(asking) &&
           member_bytes_next_owner(state->bytes, state->size, &index, &owner)) {
        TRY(ask(asking, owner));
    }
    return STATUS_OK;
}

/* Of `member`; empty: of whom the event is about. */
static enum status find_known(struct turn *turn, const struct program *program,
                              struct states *states, struct text member, struct arena *arena,
                              struct event *event)
{
    struct asking asking = {.turn = turn, .program = program, .arena = arena, .event = event};
    asking.wants_birthday = program->uses_birthdays && event->birthday_month == 0;
    bool wants_profile = program->uses_profile && event->profile == NULL;
    if (!asking.wants_birthday && !wants_profile) return STATUS_OK;
    if (text_is_empty(member)) TRY(engine_person(states, event, &member));
    if (text_is_empty(member)) return STATUS_OK;
    if (wants_profile) TRY(begin_profile(program, arena, event, &asking.values));
    return ask_all(&asking, states, member);
}

enum status turn_load_for(struct turn *turn, struct store *store, const struct program *program,
                          struct event *event, struct states *states, struct arena *arena)
{
    int32_t month = event->birthday_month;
    uint32_t count = event->profile_count;
    TRY(store_load_for(store, program, event, states));
    TRY(find_known(turn, program, states, (struct text){"", 0}, arena, event));
    if (event->birthday_month == month && event->profile_count == count) return STATUS_OK;
    /* Which pages of lots are needed depends on what fires. */
    return store_load_for(store, program, event, states);
}

enum status turn_segments(struct turn *turn, const struct program *program, struct text member,
                          int64_t at_us, struct states *states, struct arena *arena, bool *is_in)
{
    struct event event = {.type = EVENT_SETTLE,
                          .occurred_at_us = at_us,
                          .clock_us = at_us,
                          .member = member,
                          .is_import = true};
    if (program->segment_count == 0) return STATUS_OK;
    TRY(find_known(turn, program, states, member, arena, &event));
    return engine_segments(program, states, &event, is_in);
}
