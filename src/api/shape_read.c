/* Shapes, reading. Clients mostly send fields in one order, so a name is looked for from the field
 * behind the last one found; a bit for each field tells what was there already.
 */
#include "api/shape.h"

#define MAP_NAME_BYTES 64
#define SHOWN_BYTES 40 /* of what somebody sent, in a sentence */

const char *mistake_name(enum mistake_code code)
{
    static const char *const names[] = {
#define X(name, text) text,
        MISTAKE_LIST(X)
#undef X
    };
    ASSERT((unsigned)code < MISTAKE_COUNT);
    return names[code];
}

/* ---- mistakes ---- */

/* RFC 6901: "~" and "/" within a name are written "~0" and "~1". */
static enum status add_name(struct buffer *pointer, struct text name)
{
    TRY(buffer_add_byte(pointer, '/'));
    for (size_t i = 0; i < name.length; i++) {
        char c = name.bytes[i];
        if (c == '~' || c == '/') {
            TRY(buffer_add(pointer, c == '~' ? TEXT("~0") : TEXT("~1")));
        } else {
            TRY(buffer_add_byte(pointer, c));
        }
    }
    return STATUS_OK;
}

#define POINTER_BYTES_MAXIMUM 4096

/* Called for as many levels as shapes are nested. */
static enum status add_place(struct buffer *pointer, const struct place *place)
{
    if (place == NULL) return STATUS_OK;
    TRY(add_place(pointer, place->parent));
    if (place->name.bytes != NULL) return add_name(pointer, place->name);
    return buffer_add_format(pointer, "/%lld", (long long)place->index);
}

static bool note(struct mistakes *mistakes, const struct place *place, struct mistake mistake)
{
    if (mistakes->items == NULL)
        mistakes->items = arena_new_array(mistakes->arena, struct mistake, SHAPE_MISTAKE_MAXIMUM);
    if (mistakes->items == NULL || mistakes->count == SHAPE_MISTAKE_MAXIMUM) return false;
    struct buffer pointer;
    buffer_init(&pointer, POINTER_BYTES_MAXIMUM);
    /* A place too long to be written is left at what there was room for. */
    (void)!add_place(&pointer, place);
    mistake.field = arena_copy(mistakes->arena, buffer_text(&pointer));
    buffer_release(&pointer);
    if (mistake.field.bytes == NULL || mistake.detail.bytes == NULL) return false;
    mistakes->items[mistakes->count++] = mistake;
    return true;
}

void mistake_add(struct mistakes *mistakes, const struct place *place, enum mistake_code code,
                 const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text detail = arena_format_arguments(mistakes->arena, format, arguments);
    va_end(arguments);
    if (!note(mistakes, place, (struct mistake){.code = code, .detail = detail}))
        mistakes->dropped++;
}

/* The beginning of what somebody sent, cut between characters. */
static struct text shown(struct text text)
{
    if (text.length <= SHOWN_BYTES) return text;
    text.length = SHOWN_BYTES;
    while (text.length > 0 && ((unsigned char)text.bytes[text.length] & 0xC0u) == 0x80u)
        text.length--;
    return text;
}

/* ---- values that are written as text ---- */

/* Where a value goes, and what is said of it. */
struct reading {
    const struct field *field;
    const struct place *place;
    struct mistakes *mistakes;
    char *member;
};

static int64_t bytes_maximum(const struct field *field)
{
    if (field->maximum != 0) return field->maximum;
    return field->kind == KIND_ID ? SHAPE_ID_BYTES : SHAPE_TEXT_BYTES;
}

static bool has_control_character(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.bytes[i] < 0x20 || text.bytes[i] == 0x7F) return true;
    }
    return false;
}

static bool text_is_right(const struct reading *reading, struct text text, int64_t maximum)
{
    if ((int64_t)text.length > maximum) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_TOO_LONG,
                    "it has %zu bytes and may have %lld", text.length, (long long)maximum);
        return false;
    }
    if (reading->field->kind == KIND_ID && text.length == 0) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_MALFORMED,
                    "it is empty: give an id, or leave the field out");
        return false;
    }
    if (reading->field->kind == KIND_ID && has_control_character(text)) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_MALFORMED,
                    "an id has no control characters");
        return false;
    }
    if (text.length > 0 && memchr(text.bytes, 0, text.length) != NULL) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_MALFORMED,
                    "it may not have the character U+0000");
        return false;
    }
    return true;
}

static void read_text(const struct reading *reading, struct text text)
{
    if (text_is_right(reading, text, bytes_maximum(reading->field)))
        memcpy(reading->member, &text, sizeof text);
}

static void say_choices(const struct reading *reading, struct text given)
{
    struct text names[SHAPE_FIELD_MAXIMUM];
    size_t count = 0;
    struct text list = TEXT("");
    for (const char *const *choice = reading->field->choices; *choice != NULL; choice++) {
        if (**choice == '\0') continue;
        if (count < SHAPE_FIELD_MAXIMUM) names[count++] = text_of(*choice);
        list = arena_format(reading->mistakes->arena, "%.*s%s%s", TEXT_ARGUMENTS(list),
                            list.length == 0 ? "" : ", ", *choice);
        if (list.bytes == NULL) return;
    }
    given = shown(given);
    int nearest = text_nearest(given, names, count);
    if (nearest >= 0) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_NOT_A_CHOICE,
                    "there is no '%.*s'; did you mean '%.*s'?", TEXT_ARGUMENTS(given),
                    TEXT_ARGUMENTS(names[nearest]));
        return;
    }
    mistake_add(reading->mistakes, reading->place, MISTAKE_NOT_A_CHOICE,
                "there is no '%.*s': give one of %.*s", TEXT_ARGUMENTS(given),
                TEXT_ARGUMENTS(list));
}

static void read_other(const struct reading *reading, struct text text)
{
    const struct field *field = reading->field;
    const struct field id = {.kind = KIND_ID};
    struct reading inner = {&id, reading->place, reading->mistakes,
                            reading->member - field->offset + field->other_offset};
    memcpy(reading->member, &field->other, sizeof field->other);
    read_text(&inner, text);
}

static void read_choice(const struct reading *reading, struct text text)
{
    const char *const *choices = reading->field->choices;
    for (int i = 0; choices[i] != NULL && text.length > 0; i++) {
        if (!text_equal(text_of(choices[i]), text)) continue;
        memcpy(reading->member, &i, sizeof i);
        return;
    }
    if (reading->field->other_offset != 0) {
        read_other(reading, text);
    } else {
        say_choices(reading, text);
    }
}

static void read_decimal(const struct reading *reading, struct text text)
{
    struct decimal decimal = {0, 0};
    enum status status = decimal_parse(text, &decimal);
    text = shown(text);
    if (status == STATUS_OVERFLOW) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_OUT_OF_RANGE,
                    "'%.*s' has too many digits", TEXT_ARGUMENTS(text));
    } else if (status != STATUS_OK) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_MALFORMED,
                    "'%.*s' is no decimal: write digits with at most one point, such as \"19.99\"",
                    TEXT_ARGUMENTS(text));
    } else {
        memcpy(reading->member, &decimal, sizeof decimal);
    }
}

static bool has_offset(struct text text)
{
    if (text.length < 17) return false;
    const char *end = text.bytes + text.length;
    return end[-1] == 'Z' || ((end[-6] == '+' || end[-6] == '-') && end[-3] == ':');
}

static void read_instant(const struct reading *reading, struct text text)
{
    int64_t instant_us = 0;
    enum status status = STATUS_SYNTAX;
    /* With an offset the zone is not looked at. */
    if (has_offset(text)) status = instant_parse(NULL, text, &instant_us);
    text = shown(text);
    if (status == STATUS_OK) {
        memcpy(reading->member, &instant_us, sizeof instant_us);
    } else if (status == STATUS_SYNTAX) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_MALFORMED,
                    "'%.*s' is no time: write it as RFC 3339 with an offset and at most 6 decimals "
                    "of a second, such as \"2027-03-05T12:00:00Z\"",
                    TEXT_ARGUMENTS(text));
    } else {
        mistake_add(reading->mistakes, reading->place, MISTAKE_OUT_OF_RANGE,
                    "there is no such time as '%.*s'", TEXT_ARGUMENTS(text));
    }
}

static void read_date(const struct reading *reading, struct text text)
{
    char noon[] = "0000-00-00T12:00:00Z";
    int64_t instant_us = 0;
    enum status status = STATUS_SYNTAX;
    if (text.length == 10) {
        memcpy(noon, text.bytes, 10);
        status = instant_parse(NULL, text_of(noon), &instant_us);
    }
    text = shown(text);
    if (status != STATUS_OK) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_MALFORMED,
                    "'%.*s' is no date: write it as \"2027-03-05\"", TEXT_ARGUMENTS(text));
        return;
    }
    int64_t day = instant_us / MICROSECONDS_PER_DAY - (instant_us < 0 ? 1 : 0);
    struct date date = date_of_day((int32_t)day);
    memcpy(reading->member, &date, sizeof date);
}

/* ---- JSON values ---- */

static void wrong_type(const struct reading *reading, yyjson_val *value, const char *expected)
{
    mistake_add(reading->mistakes, reading->place, MISTAKE_WRONG_TYPE, "it is a %s and must be %s",
                yyjson_get_type_desc(value), expected);
}

static void read_integer(const struct reading *reading, yyjson_val *value)
{
    const struct field *field = reading->field;
    int64_t highest = field->maximum != 0 ? field->maximum : INT64_MAX;
    if (!yyjson_is_int(value)) {
        wrong_type(reading, value, "a whole number");
        return;
    }
    bool is_too_large = yyjson_is_uint(value) && yyjson_get_uint(value) > (uint64_t)INT64_MAX;
    int64_t number = is_too_large ? 0 : yyjson_get_sint(value);
    if (is_too_large || number > highest || number < field->minimum) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_OUT_OF_RANGE,
                    "it must be from %lld to %lld", (long long)field->minimum, (long long)highest);
        return;
    }
    memcpy(reading->member, &number, sizeof number);
}

/* Those whose JSON is a string. */
static void read_string(const struct reading *reading, yyjson_val *value)
{
    struct text text = json_text(value);
    switch (reading->field->kind) {
    case KIND_CHOICE:
        read_choice(reading, text);
        return;
    case KIND_DECIMAL:
        read_decimal(reading, text);
        return;
    case KIND_INSTANT:
        read_instant(reading, text);
        return;
    case KIND_DATE:
        read_date(reading, text);
        return;
    default:
        read_text(reading, text);
        return;
    }
}

/* Reserves room for the elements and notes where they are; NULL when it cannot. */
static char *open_list(const struct reading *reading, char *structure, size_t count, size_t size)
{
    const struct field *field = reading->field;
    int64_t maximum = field->maximum != 0
                          ? field->maximum
                          : (field->kind == KIND_MAP ? SHAPE_MAP_MAXIMUM : SHAPE_LIST_MAXIMUM);
    if ((int64_t)count > maximum || (int64_t)count < field->minimum) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_OUT_OF_RANGE,
                    "it has %zu elements and may have from %lld to %lld", count,
                    (long long)field->minimum, (long long)maximum);
        return NULL;
    }
    char *elements = arena_allocate_zeroed(reading->mistakes->arena, count + 1, size);
    uint32_t kept = elements == NULL ? 0 : (uint32_t)count;
    if (elements == NULL) reading->mistakes->dropped++;
    memcpy(reading->member, &elements, sizeof elements);
    memcpy(structure + field->count_offset, &kept, sizeof kept);
    return elements;
}

static enum status read_list(const struct reading *reading, yyjson_val *value, char *structure)
{
    const struct field *field = reading->field;
    if (!yyjson_is_arr(value)) {
        wrong_type(reading, value, "an array");
        return STATUS_OK;
    }
    size_t size = field->kind == KIND_LIST ? field->shape->size : sizeof(struct text);
    char *elements = open_list(reading, structure, yyjson_arr_size(value), size);
    if (elements == NULL) return STATUS_OK;
    size_t index;
    size_t count;
    yyjson_val *element;
    yyjson_arr_foreach(value, index, count, element)
    {
        struct place place = {.parent = reading->place, .index = (int64_t)index};
        char *to = elements + index * size;
        if (field->kind == KIND_LIST) {
            TRY(shape_read(field->shape, element, &place, reading->mistakes, to));
            continue;
        }
        struct reading inner = {field, &place, reading->mistakes, to};
        struct text text = json_text(element);
        if (!yyjson_is_str(element)) {
            wrong_type(&inner, element, "a string");
        } else if (text_is_right(&inner, text, SHAPE_TEXT_BYTES)) {
            memcpy(to, &text, sizeof text);
        }
    }
    return STATUS_OK;
}

static bool map_has(const struct text_pair *pairs, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(pairs[i].name, name)) return true;
    }
    return false;
}

static void read_pair(const struct reading *reading, struct text name, yyjson_val *value,
                      struct text_pair *pairs, size_t index)
{
    struct place place = {.parent = reading->place, .name = name};
    struct reading inner = {reading->field, &place, reading->mistakes, NULL};
    if (map_has(pairs, index, name)) {
        mistake_add(inner.mistakes, &place, MISTAKE_REPEATED_FIELD, "it is there twice");
    } else if (name.length == 0 || name.length > MAP_NAME_BYTES || has_control_character(name)) {
        mistake_add(inner.mistakes, &place, MISTAKE_MALFORMED,
                    "a name has 1 to %d bytes and no control characters", MAP_NAME_BYTES);
    } else if (!yyjson_is_str(value)) {
        wrong_type(&inner, value, "a string");
    } else if (text_is_right(&inner, json_text(value), SHAPE_TEXT_BYTES)) {
        pairs[index] = (struct text_pair){name, json_text(value)};
    }
}

static void read_map(const struct reading *reading, yyjson_val *value, char *structure)
{
    if (!yyjson_is_obj(value)) {
        wrong_type(reading, value, "an object");
        return;
    }
    size_t size = sizeof(struct text_pair);
    char *elements = open_list(reading, structure, yyjson_obj_size(value), size);
    if (elements == NULL) return;
    size_t index;
    size_t count;
    yyjson_val *name;
    yyjson_val *member;
    yyjson_obj_foreach(value, index, count, name, member)
    {
        read_pair(reading, json_text(name), member, (struct text_pair *)(void *)elements, index);
    }
}

static const struct field reference_fields[] = {
    SHAPE_FIELD(reference, kind, ID, .is_required = true,
                .description = "What kind of id: `email`, `card`, or another of your own."),
    SHAPE_FIELD(reference, value, ID, .is_required = true, .maximum = 200,
                .description = "The id itself."),
};
const struct shape reference_shape =
    SHAPE("ExternalId", "Whom an id of another system names.", reference, reference_fields);

static enum status read_reference(const struct reading *reading, yyjson_val *value)
{
    if (yyjson_is_obj(value)) {
        return shape_read(&reference_shape, value, reading->place, reading->mistakes,
                          reading->member);
    }
    if (!yyjson_is_str(value)) {
        wrong_type(reading, value, "an id, or an object with kind and value");
        return STATUS_OK;
    }
    struct field field = {.kind = KIND_ID};
    struct reading inner = {&field, reading->place, reading->mistakes, reading->member};
    read_text(&inner, json_text(value));
    return STATUS_OK;
}

static enum status read_object(const struct reading *reading, yyjson_val *value)
{
    const struct shape *shape = reading->field->shape;
    void *structure = arena_allocate_zeroed(reading->mistakes->arena, 1, shape->size);
    if (structure == NULL) return STATUS_NO_MEMORY;
    memcpy(reading->member, &structure, sizeof structure);
    return shape_read(shape, value, reading->place, reading->mistakes, structure);
}

static enum status read_value(const struct reading *reading, yyjson_val *value, char *structure)
{
    switch (reading->field->kind) {
    case KIND_BOOLEAN: {
        bool is_true = yyjson_is_true(value);
        if (!yyjson_is_bool(value)) wrong_type(reading, value, "true or false");
        memcpy(reading->member, &is_true, sizeof is_true);
        return STATUS_OK;
    }
    case KIND_INTEGER:
    case KIND_QUANTITY:
        read_integer(reading, value);
        return STATUS_OK;
    case KIND_OBJECT:
        return read_object(reading, value);
    case KIND_REFERENCE:
        return read_reference(reading, value);
    case KIND_LIST:
    case KIND_TEXT_LIST:
        return read_list(reading, value, structure);
    case KIND_MAP:
        read_map(reading, value, structure);
        return STATUS_OK;
    case KIND_ANY:
    case KIND_RAW:
        *(yyjson_val **)(void *)reading->member = value;
        return STATUS_OK;
    default:
        break;
    }
    if (yyjson_is_str(value)) {
        read_string(reading, value);
    } else if (reading->field->kind == KIND_DECIMAL && yyjson_is_num(value)) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_WRONG_TYPE,
                    "amounts are strings: send \"19.99\", not 19.99, so that no digit is lost");
    } else {
        wrong_type(reading, value, "a string");
    }
    return STATUS_OK;
}

enum status shape_read_field(const struct field *field, yyjson_val *value,
                             const struct place *place, struct mistakes *mistakes, void *structure)
{
    struct reading reading = {field, place, mistakes, (char *)structure + field->offset};
    return read_value(&reading, value, structure);
}

/* ---- fields ---- */

/* Index of the field with that name, looked for from `start` on and round; count if none. */
static uint32_t find_field(const struct shape *shape, struct text name, uint32_t start)
{
    for (uint32_t i = 0; i < shape->field_count; i++) {
        uint32_t at = start + i < shape->field_count ? start + i : start + i - shape->field_count;
        if (text_equal(field_name(&shape->fields[at]), name)) return at;
    }
    return shape->field_count;
}

static void unknown_field(const struct shape *shape, struct text name, const struct place *place,
                          struct mistakes *mistakes, const char *what)
{
    struct text names[SHAPE_FIELD_MAXIMUM];
    ASSERT(shape->field_count <= SHAPE_FIELD_MAXIMUM);
    for (uint32_t i = 0; i < shape->field_count; i++)
        names[i] = field_name(&shape->fields[i]);
    struct place here = {.parent = place, .name = name};
    int nearest = text_nearest(name, names, shape->field_count);
    if (nearest >= 0) {
        mistake_add(mistakes, &here, MISTAKE_UNKNOWN_FIELD,
                    "there is no such %s; did you mean '%.*s'?", what,
                    TEXT_ARGUMENTS(names[nearest]));
    } else {
        mistake_add(mistakes, &here, MISTAKE_UNKNOWN_FIELD, "there is no such %s: leave it out",
                    what);
    }
}

static void require(const struct shape *shape, uint64_t seen, const struct place *place,
                    struct mistakes *mistakes)
{
    for (uint32_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        if (!field->is_required || field->is_read_only || (seen >> i & 1u) != 0) continue;
        struct place here = {.parent = place, .name = field_name(field)};
        mistake_add(mistakes, &here, MISTAKE_REQUIRED, "it is missing: %s",
                    field->description == NULL ? "give it" : field->description);
    }
}

static void note_given(const struct field *field, char *structure)
{
    bool is_given = true;
    if (field->given_offset != 0)
        memcpy(structure + field->given_offset, &is_given, sizeof is_given);
}

enum status shape_read(const struct shape *shape, yyjson_val *value, const struct place *place,
                       struct mistakes *mistakes, void *structure)
{
    uint64_t seen = 0;
    uint32_t next = 0;
    size_t index;
    size_t count;
    yyjson_val *name;
    yyjson_val *member;
    if (!yyjson_is_obj(value)) {
        mistake_add(mistakes, place, MISTAKE_WRONG_TYPE, "it is a %s and must be an object",
                    yyjson_get_type_desc(value));
        return STATUS_OK;
    }
    yyjson_obj_foreach(value, index, count, name, member)
    {
        uint32_t at = find_field(shape, json_text(name), next);
        if (at == shape->field_count) {
            unknown_field(shape, json_text(name), place, mistakes, "field");
            continue;
        }
        const struct field *field = &shape->fields[at];
        struct place here = {.parent = place, .name = field_name(field)};
        if ((seen >> at & 1u) != 0)
            mistake_add(mistakes, &here, MISTAKE_REPEATED_FIELD, "it is there twice");
        next = at + 1 < shape->field_count ? at + 1 : 0;
        if (field->is_read_only || yyjson_is_null(member)) continue;
        seen |= UINT64_C(1) << at;
        struct reading reading = {field, &here, mistakes, (char *)structure + field->offset};
        note_given(field, structure);
        TRY(read_value(&reading, member, structure));
    }
    require(shape, seen, place, mistakes);
    return STATUS_OK;
}

/* ---- parameters ---- */

static void read_parameter_number(const struct reading *reading, struct text value)
{
    const struct field *field = reading->field;
    int64_t highest = field->maximum != 0 ? field->maximum : INT64_MAX;
    int64_t number = 0;
    if (amount_parse(value, 0, &number) != STATUS_OK || number < field->minimum ||
        number > highest) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_OUT_OF_RANGE,
                    "it must be a whole number from %lld to %lld", (long long)field->minimum,
                    (long long)highest);
        return;
    }
    memcpy(reading->member, &number, sizeof number);
}

/* "?explain" alone is as good as "?explain=true". */
static void read_parameter_switch(const struct reading *reading, struct text value)
{
    bool is_on = value.length == 0 || text_equal(value, TEXT("true"));
    if (!is_on && !text_equal(value, TEXT("false")))
        mistake_add(reading->mistakes, reading->place, MISTAKE_MALFORMED,
                    "it must be true or false");
    memcpy(reading->member, &is_on, sizeof is_on);
}

static enum status add_parameter_text(const struct reading *reading, char *structure,
                                      struct text value)
{
    const struct field *field = reading->field;
    struct text **list = (struct text **)(void *)reading->member;
    uint32_t count;
    memcpy(&count, structure + field->count_offset, sizeof count);
    int64_t maximum = field->maximum != 0 ? field->maximum : SHAPE_MAP_MAXIMUM;
    if (count >= maximum) {
        mistake_add(reading->mistakes, reading->place, MISTAKE_OUT_OF_RANGE,
                    "it may be there at most %lld times", (long long)maximum);
        return STATUS_OK;
    }
    if (!text_is_right(reading, value, SHAPE_TEXT_BYTES)) return STATUS_OK;
    struct text *all = arena_new_array(reading->mistakes->arena, struct text, count + 1);
    if (all == NULL) return STATUS_NO_MEMORY;
    if (count > 0) memcpy(all, *list, count * sizeof *all);
    all[count++] = value;
    *list = all;
    memcpy(structure + field->count_offset, &count, sizeof count);
    return STATUS_OK;
}

static enum status read_parameter_value(const struct reading *reading, char *structure,
                                        struct text value)
{
    switch (reading->field->kind) {
    case KIND_BOOLEAN:
        read_parameter_switch(reading, value);
        return STATUS_OK;
    case KIND_INTEGER:
    case KIND_QUANTITY:
        read_parameter_number(reading, value);
        return STATUS_OK;
    case KIND_CHOICE:
        read_choice(reading, value);
        return STATUS_OK;
    case KIND_DECIMAL:
        read_decimal(reading, value);
        return STATUS_OK;
    case KIND_INSTANT:
        read_instant(reading, value);
        return STATUS_OK;
    case KIND_DATE:
        read_date(reading, value);
        return STATUS_OK;
    case KIND_TEXT_LIST:
        return add_parameter_text(reading, structure, value);
    default:
        read_text(reading, value);
        return STATUS_OK;
    }
}

enum status shape_read_parameter(const struct shape *shape, struct text name, struct text value,
                                 struct mistakes *mistakes, void *structure, uint64_t *seen)
{
    uint32_t at = find_field(shape, name, 0);
    if (at == shape->field_count) {
        unknown_field(shape, name, NULL, mistakes, "parameter");
        return STATUS_OK;
    }
    const struct field *field = &shape->fields[at];
    struct place here = {.name = field_name(field)};
    struct reading reading = {field, &here, mistakes, (char *)structure + field->offset};
    if ((*seen >> at & 1u) != 0 && field->kind != KIND_TEXT_LIST)
        mistake_add(mistakes, &here, MISTAKE_REPEATED_FIELD, "it is there twice");
    *seen |= UINT64_C(1) << at;
    note_given(field, structure);
    return read_parameter_value(&reading, structure, value);
}

void shape_check_parameters(const struct shape *shape, uint64_t seen, struct mistakes *mistakes)
{
    require(shape, seen, NULL, mistakes);
}
