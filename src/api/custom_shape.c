/* Events of the programme's own as JSON. See custom_shape.h. */
#include "api/custom_shape.h"

#include <stdlib.h>

/* ---- values ---- */

/* One value while it is read; a member for each kind of JSON. */
struct value_body {
    bool boolean;
    int64_t integer;
    struct decimal decimal;
    int64_t instant_us;
    struct text text;
    struct text *texts;
    uint32_t text_count;
};

static const struct field value_fields[FIELD_TYPE_COUNT] = {
    [FIELD_BOOL] = SHAPE_FIELD(value_body, boolean, BOOLEAN, .example = NULL),
    [FIELD_INT] = SHAPE_FIELD(value_body, integer, INTEGER, .minimum = INT64_MIN),
    [FIELD_DECIMAL] = SHAPE_FIELD(value_body, decimal, DECIMAL, .example = NULL),
    [FIELD_MONEY] = SHAPE_FIELD(value_body, text, TEXT, .example = NULL),
    [FIELD_STRING] = SHAPE_FIELD(value_body, text, TEXT, .maximum = FIELD_STRING_MAXIMUM_BYTES),
    [FIELD_TIMESTAMP] = SHAPE_FIELD(value_body, instant_us, INSTANT, .example = NULL),
    [FIELD_STRINGS] = SHAPE_FIELD(value_body, texts, TEXT_LIST, .maximum = FIELD_STRINGS_MAXIMUM,
                                  SHAPE_COUNT(value_body, text_count)),
};
_Static_assert(FIELD_STRING_MAXIMUM_BYTES == SHAPE_TEXT_BYTES, "a list's strings may be as long");

static const struct currency *find_currency(const struct program *program, struct text code)
{
    for (uint32_t i = 0; i < program->currency_count; i++) {
        if (text_equal(program->currencies[i].code, code)) return &program->currencies[i];
    }
    return NULL;
}

/* "12.50 USD" */
static void read_money(const struct converter *converter, const struct place *place,
                       struct text text, struct field_value *value)
{
    struct text code;
    struct text number = text_split(text, ' ', &code);
    struct decimal amount;
    int64_t minor;
    const struct currency *currency = find_currency(converter->program, code);
    if (decimal_parse(number, &amount) != STATUS_OK || text_is_empty(code)) {
        mistake_add(converter->undeclared, place, MISTAKE_MALFORMED,
                    "money is a decimal and a currency: write it as \"12.50 %.*s\"",
                    TEXT_ARGUMENTS(converter->program->currencies[0].code));
    } else if (currency == NULL) {
        mistake_add(converter->undeclared, place, MISTAKE_UNKNOWN_ID,
                    "the programme has no such currency; its first is %.*s",
                    TEXT_ARGUMENTS(converter->program->currencies[0].code));
    } else if (decimal_rescale(amount, currency->decimals, &minor) != STATUS_OK) {
        mistake_add(converter->undeclared, place, MISTAKE_TOO_PRECISE,
                    "%.*s has at most %d decimals", TEXT_ARGUMENTS(currency->code),
                    currency->decimals);
    } else {
        value->decimal = (struct decimal){minor, currency->decimals};
        value->currency = currency->code;
    }
}

static void read_value(const struct converter *converter, const struct declared_field *field,
                       const struct place *place, yyjson_val *json, struct field_value *value)
{
    struct value_body body = {.text_count = 0};
    if (field->type == FIELD_MONEY && yyjson_is_num(json)) {
        mistake_add(converter->undeclared, place, MISTAKE_WRONG_TYPE,
                    "money is a string: write it as \"12.50 %.*s\"",
                    TEXT_ARGUMENTS(converter->program->currencies[0].code));
        return;
    }
    uint32_t count = converter->undeclared->count;
    enum status status =
        shape_read_field(&value_fields[field->type], json, place, converter->undeclared, &body);
    ASSERT(status == STATUS_OK);
    *value = (struct field_value){.name = field->name,
                                  .type = field->type,
                                  .boolean = body.boolean,
                                  .integer = body.integer,
                                  .decimal = body.decimal,
                                  .text = body.text,
                                  .texts = body.texts,
                                  .text_count = body.text_count};
    if (field->type == FIELD_TIMESTAMP) value->integer = body.instant_us;
    if (field->type == FIELD_MONEY && converter->undeclared->count == count) {
        read_money(converter, place, body.text, value);
        value->text = TEXT("");
    }
}

/* ---- data ---- */

static const struct declared_field *find_field(const struct custom_event *custom, struct text name)
{
    for (uint32_t i = 0; i < custom->field_count; i++) {
        if (text_equal(custom->fields[i].name, name)) return &custom->fields[i];
    }
    return NULL;
}

static void say_no_field(const struct converter *converter, const struct custom_event *custom,
                         const struct place *place)
{
    struct text names[PROGRAM_FIELD_MAXIMUM];
    struct text list = TEXT("none");
    for (uint32_t i = 0; i < custom->field_count; i++) {
        names[i] = custom->fields[i].name;
        list = arena_format(converter->arena, "%.*s%s%.*s", i == 0 ? 0 : (int)list.length,
                            list.bytes, i == 0 ? "" : ", ", TEXT_ARGUMENTS(names[i]));
        if (list.bytes == NULL) list = TEXT("");
    }
    int nearest = text_nearest(place->name, names, custom->field_count);
    if (nearest >= 0) {
        mistake_add(converter->undeclared, place, MISTAKE_UNKNOWN_FIELD,
                    "%.*s has no such field; did you mean '%.*s'?", TEXT_ARGUMENTS(custom->id),
                    TEXT_ARGUMENTS(names[nearest]));
    } else {
        mistake_add(converter->undeclared, place, MISTAKE_UNKNOWN_FIELD,
                    "%.*s has no such field: leave it out, or declare it; declared are: %.*s",
                    TEXT_ARGUMENTS(custom->id), TEXT_ARGUMENTS(list));
    }
}

static bool is_there(const struct event *event, struct text name)
{
    for (uint32_t i = 0; i < event->value_count; i++) {
        if (text_equal(event->values[i].name, name)) return true;
    }
    return false;
}

enum status convert_values(const struct converter *converter, const struct custom_event *custom,
                           const struct place *whole, yyjson_val *data, struct event *event)
{
    struct field_value *values =
        arena_new_array(converter->arena, struct field_value, (size_t)custom->field_count + 1);
    size_t index;
    size_t count;
    yyjson_val *name;
    yyjson_val *json;
    if (values == NULL) return STATUS_NO_MEMORY;
    event->values = values;
    yyjson_obj_foreach(data, index, count, name, json)
    {
        const struct place place = {.parent = whole, .name = json_text(name)};
        const struct declared_field *field = find_field(custom, place.name);
        if (field == NULL) {
            say_no_field(converter, custom, &place);
        } else if (is_there(event, place.name)) {
            mistake_add(converter->undeclared, &place, MISTAKE_REPEATED_FIELD, "it is there twice");
        } else if (!yyjson_is_null(json)) {
            read_value(converter, field, &place, json, &values[event->value_count++]);
        }
    }
    return STATUS_OK;
}

/* ---- the event ---- */

/* Those of Guerdon's own come first: that is what most people mean. */
static void say_no_event(const struct converter *converter, struct text name)
{
    struct place place = {.parent = converter->place, .name = TEXT("type")};
    struct text names[EVENT_TYPE_COUNT + PROGRAM_EVENT_MAXIMUM];
    size_t count = 0;
    struct text list = TEXT("");
    for (const char *const *choice = event_choices; *choice != NULL; choice++) {
        if (**choice != '\0') names[count++] = text_of(*choice);
    }
    for (uint32_t i = 0; i < converter->program->event_count; i++)
        names[count++] = converter->program->events[i].id;
    int nearest = text_nearest(name, names, count);
    if (nearest >= 0) {
        mistake_add(converter->undeclared, &place, MISTAKE_NOT_A_CHOICE,
                    "there is no '%.*s'; did you mean '%.*s'?", TEXT_ARGUMENTS(name),
                    TEXT_ARGUMENTS(names[nearest]));
        return;
    }
    for (size_t i = 0; i < count && list.bytes != NULL; i++) {
        list = arena_format(converter->arena, "%.*s%s%.*s", TEXT_ARGUMENTS(list),
                            i == 0 ? "" : ", ", TEXT_ARGUMENTS(names[i]));
    }
    if (list.bytes == NULL) list = TEXT("");
    mistake_add(converter->undeclared, &place, MISTAKE_NOT_A_CHOICE,
                "there is no '%.*s': declare it under `events` in the programme, or give one of "
                "%.*s",
                TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(list));
}

enum status convert_custom(const struct converter *converter, const struct event_body *body,
                           struct event *event)
{
    const struct place place = {.parent = converter->place, .name = TEXT("data")};
    if (body->type != EVENT_CUSTOM) {
        if (body->data == NULL) return STATUS_OK;
        mistake_add(converter->mistakes, &place, MISTAKE_CONTRADICTION,
                    "only an event of the programme's own has data: leave it out");
        return STATUS_OK;
    }
    if (body->data != NULL && !yyjson_is_obj(body->data)) {
        mistake_add(converter->mistakes, &place, MISTAKE_WRONG_TYPE, "send an object of fields");
        return STATUS_OK;
    }
    uint32_t index = program_find_event(converter->program, body->name);
    event->name = body->name;
    if (index == PROGRAM_NONE) {
        say_no_event(converter, body->name);
    } else {
        TRY(convert_values(converter, &converter->program->events[index], &place, body->data,
                           event));
    }
    if (mistakes_are_none(converter->undeclared)) return STATUS_OK;
    event->name = TEXT("");
    event->values = NULL;
    event->value_count = 0;
    return STATUS_OK;
}

/* ---- as text ---- */

static int compare_names(const void *a, const void *b)
{
    struct text one = json_text(*(yyjson_val *const *)a);
    struct text other = json_text(*(yyjson_val *const *)b);
    size_t shorter = one.length < other.length ? one.length : other.length;
    int order = memcmp(one.bytes, other.bytes, shorter);
    return order != 0 ? order : (one.length > other.length) - (one.length < other.length);
}

enum status custom_data_sent(yyjson_val *data, struct arena *arena, struct text *text)
{
    struct json_writer writer;
    size_t size = yyjson_obj_size(data);
    size_t index;
    size_t count;
    yyjson_val *name;
    yyjson_val *value;
    *text = TEXT("");
    if (size == 0) return STATUS_OK;
    yyjson_val **names = arena_allocate(arena, size * sizeof(yyjson_val *));
    if (names == NULL) return STATUS_NO_MEMORY;
    yyjson_obj_foreach(data, index, count, name, value) names[index] = name;
    qsort(names, size, sizeof(yyjson_val *), compare_names);
    json_writer_init(&writer, arena, 256);
    for (size_t i = 0; i < size; i++) {
        json_add_text(&writer, json_text(names[i]));
        json_add_byte(&writer, ':');
        json_add_value(&writer, yyjson_obj_iter_get_val(names[i]));
    }
    return json_writer_finish(&writer, text);
}

static void add_texts(struct json_writer *writer, const struct field_value *value)
{
    json_add_byte(writer, '[');
    for (uint32_t i = 0; i < value->text_count; i++) {
        if (i > 0) json_add_byte(writer, ',');
        json_add_text(writer, value->texts[i]);
    }
    json_add_byte(writer, ']');
}

static void add_money(struct json_writer *writer, const struct field_value *value)
{
    char digits[AMOUNT_TEXT_MAXIMUM];
    char text[AMOUNT_TEXT_MAXIMUM + 8];
    struct text number = amount_format(value->decimal.coefficient, value->decimal.scale, digits);
    memcpy(text, number.bytes, number.length);
    text[number.length] = ' ';
    size_t length = value->currency.length < 7 ? value->currency.length : 7;
    memcpy(text + number.length + 1, value->currency.bytes, length);
    json_add_text(writer, (struct text){text, number.length + 1 + length});
}

static void add_value(struct json_writer *writer, const struct field_value *value)
{
    switch (value->type) {
    case FIELD_BOOL:
        json_add_boolean(writer, value->boolean);
        return;
    case FIELD_INT:
        json_add_integer(writer, value->integer);
        return;
    case FIELD_DECIMAL:
        json_add_decimal(writer, value->decimal);
        return;
    case FIELD_MONEY:
        add_money(writer, value);
        return;
    case FIELD_TIMESTAMP:
        json_add_instant(writer, value->integer);
        return;
    case FIELD_STRINGS:
        add_texts(writer, value);
        return;
    case FIELD_STRING:
    case FIELD_TYPE_COUNT:
    default:
        json_add_text(writer, value->text.bytes == NULL ? TEXT("") : value->text);
        return;
    }
}

enum status custom_data_text(const struct event *event, struct arena *arena, struct text *json)
{
    struct json_writer writer;
    *json = (struct text){NULL, 0};
    if (event->value_count == 0) return STATUS_OK;
    json_writer_init(&writer, arena, 256);
    json_add_byte(&writer, '{');
    for (uint32_t i = 0; i < event->value_count; i++) {
        if (i > 0) json_add_byte(&writer, ',');
        json_add_text(&writer, event->values[i].name);
        json_add_byte(&writer, ':');
        add_value(&writer, &event->values[i]);
    }
    json_add_byte(&writer, '}');
    return json_writer_finish(&writer, json);
}
