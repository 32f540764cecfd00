/* Shapes, writing. On the way of every reply: no look-up, no allocation but the writer's own, and
 * what a table says is written in the table's order.
 */
#include "api/shape.h"

static bool is_given(const struct field *field, const char *member, const char *structure)
{
    if (field->given_offset != 0) return *(const bool *)(structure + field->given_offset);
    if (field->is_required) return true;
    switch (field->kind) {
    case KIND_TEXT:
    case KIND_ID:
    case KIND_RAW:
    case KIND_REFERENCE:
        return ((const struct text *)(const void *)member)->bytes != NULL;
    case KIND_CHOICE:
        return *(const int *)(const void *)member != 0;
    case KIND_BOOLEAN:
        return *(const bool *)member;
    case KIND_INTEGER:
    case KIND_QUANTITY:
    case KIND_INSTANT:
        return *(const int64_t *)(const void *)member != 0;
    case KIND_DECIMAL:
        return ((const struct decimal *)(const void *)member)->coefficient != 0 ||
               ((const struct decimal *)(const void *)member)->scale != 0;
    case KIND_DATE:
        return ((const struct date *)(const void *)member)->year != 0;
    default: {
        const void *pointer;
        memcpy(&pointer, member, sizeof pointer);
        return pointer != NULL;
    }
    }
}

static uint32_t count_of(const struct field *field, const char *structure)
{
    uint32_t count;
    memcpy(&count, structure + field->count_offset, sizeof count);
    return count;
}

static void add_list(struct json_writer *writer, const struct field *field, const char *elements,
                     uint32_t count)
{
    json_add_byte(writer, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) json_add_byte(writer, ',');
        if (field->kind == KIND_TEXT_LIST) {
            json_add_text(writer, ((const struct text *)(const void *)elements)[i]);
        } else {
            shape_add(writer, field->shape, elements + i * field->shape->size);
        }
    }
    json_add_byte(writer, ']');
}

static void add_map(struct json_writer *writer, const struct text_pair *pairs, uint32_t count)
{
    json_add_byte(writer, '{');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) json_add_byte(writer, ',');
        json_add_text(writer, pairs[i].name);
        json_add_byte(writer, ':');
        json_add_text(writer, pairs[i].value);
    }
    json_add_byte(writer, '}');
}

static void add_text(struct json_writer *writer, struct text text)
{
    json_add_text(writer, text.bytes == NULL ? TEXT("") : text);
}

/* What is kept behind a pointer. */
static void add_pointed(struct json_writer *writer, const struct field *field, const char *member,
                        const char *structure)
{
    const void *pointer;
    memcpy(&pointer, member, sizeof pointer);
    switch (field->kind) {
    case KIND_OBJECT:
        if (pointer == NULL) {
            json_add(writer, TEXT("null"));
        } else {
            shape_add(writer, field->shape, pointer);
        }
        return;
    case KIND_MAP:
        add_map(writer, pointer, count_of(field, structure));
        return;
    case KIND_ANY:
        json_add_value(writer, *(yyjson_val *const *)(const void *)member);
        return;
    default:
        add_list(writer, field, pointer, count_of(field, structure));
        return;
    }
}

static void add_choice(struct json_writer *writer, const struct field *field, const char *member,
                       const char *structure)
{
    struct text other = {NULL, 0};
    int choice;
    memcpy(&choice, member, sizeof choice);
    if (field->other_offset != 0 && choice == field->other)
        memcpy(&other, structure + field->other_offset, sizeof other);
    json_add_text(writer, text_is_empty(other) ? text_of(field->choices[choice]) : other);
}

static void add_member(struct json_writer *writer, const struct field *field, const char *member,
                       const char *structure)
{
    const void *at = member;
    switch (field->kind) {
    case KIND_TEXT:
    case KIND_ID:
    case KIND_REFERENCE:
        add_text(writer, *(const struct text *)at);
        return;
    case KIND_RAW:
        json_add(writer, *(const struct text *)at);
        return;
    case KIND_CHOICE:
        add_choice(writer, field, member, structure);
        return;
    case KIND_BOOLEAN:
        json_add_boolean(writer, *(const bool *)at);
        return;
    case KIND_INTEGER:
    case KIND_QUANTITY:
        json_add_integer(writer, *(const int64_t *)at);
        return;
    case KIND_DECIMAL:
        json_add_decimal(writer, *(const struct decimal *)at);
        return;
    case KIND_INSTANT:
        json_add_instant(writer, *(const int64_t *)at);
        return;
    case KIND_DATE:
        json_add_date(writer, *(const struct date *)at);
        return;
    default:
        add_pointed(writer, field, member, structure);
        return;
    }
}

void shape_add(struct json_writer *writer, const struct shape *shape, const void *structure)
{
    const char *base = structure;
    bool is_first = true;
    json_add_byte(writer, '{');
    for (uint32_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        const char *member = base + field->offset;
        if (!is_given(field, member, base)) continue;
        if (!is_first) json_add_byte(writer, ',');
        is_first = false;
        json_add(writer, field->key);
        add_member(writer, field, member, base);
    }
    json_add_byte(writer, '}');
}

enum status shape_write(const struct shape *shape, const void *structure, struct arena *arena,
                        struct text *json)
{
    struct json_writer writer;
    json_writer_init(&writer, arena, 1024);
    shape_add(&writer, shape, structure);
    return json_writer_finish(&writer, json);
}
