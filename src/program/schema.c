/* The published JSON Schema, draft 2020-12, made from the list of keys.
 *
 * Each shape is a definition; a key's value may take any of its forms. Editors show the sentences
 * and refuse unknown keys, missing ones, wrong words and phrases that cannot be right; what needs
 * the whole programme (does that wallet exist?) is known to the loader alone. A scalar may be
 * written as a number where YAML reads one, so number and text are both taken there.
 */
#include "program/keys.h"
#include "program/program.h"

struct writer {
    struct buffer *out;
    int depth;
    bool is_first; /* nothing was written in the innermost { or [ yet */
};

static enum status write_string(struct writer *writer, const char *string)
{
    TRY(buffer_add_byte(writer->out, '"'));
    for (const char *c = string; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') TRY(buffer_add_byte(writer->out, '\\'));
        TRY(buffer_add_byte(writer->out, *c));
    }
    return buffer_add_byte(writer->out, '"');
}

/* The comma and line break before a member, and its name unless that is NULL. */
static enum status write_name(struct writer *writer, const char *name)
{
    if (!writer->is_first) TRY(buffer_add_byte(writer->out, ','));
    TRY(buffer_add_format(writer->out, "\n%*s", 2 * writer->depth, ""));
    writer->is_first = false;
    if (name == NULL) return STATUS_OK;
    TRY(write_string(writer, name));
    return buffer_add(writer->out, TEXT(": "));
}

static enum status open_value(struct writer *writer, const char *name, char bracket)
{
    if (writer->depth > 0) TRY(write_name(writer, name));
    writer->depth++;
    writer->is_first = true;
    return buffer_add_byte(writer->out, bracket);
}

static enum status close_value(struct writer *writer, char bracket)
{
    writer->depth--;
    if (!writer->is_first) TRY(buffer_add_format(writer->out, "\n%*s", 2 * writer->depth, ""));
    writer->is_first = false;
    return buffer_add_byte(writer->out, bracket);
}

static enum status write_text(struct writer *writer, const char *name, const char *value)
{
    TRY(write_name(writer, name));
    return write_string(writer, value);
}

static enum status write_raw(struct writer *writer, const char *name, const char *value)
{
    TRY(write_name(writer, name));
    return buffer_add(writer->out, text_of(value));
}

static enum status write_choices(struct writer *writer, const char *choices)
{
    struct text rest = text_of(choices);
    TRY(open_value(writer, "enum", '['));
    while (rest.length > 0) {
        struct text word = choice_next(&rest);
        TRY(write_name(writer, NULL));
        TRY(buffer_add_format(writer->out, "\"%.*s\"", TEXT_ARGUMENTS(word)));
    }
    return close_value(writer, ']');
}

static enum status write_scalar(struct writer *writer, const struct key *key)
{
    switch ((int)key->scalar) {
    case SCALAR_CHOICE:
        return write_choices(writer, key->choices);
    case SCALAR_WHOLE:
        TRY(write_raw(writer, "type", "[\"integer\", \"string\"]"));
        TRY(write_name(writer, "minimum"));
        TRY(buffer_add_format(writer->out, "%lld", (long long)key->lowest));
        TRY(write_name(writer, "maximum"));
        TRY(buffer_add_format(writer->out, "%lld", (long long)key->highest));
        break;
    case SCALAR_FACTOR:
        TRY(write_raw(writer, "type", "[\"number\", \"string\"]"));
        TRY(write_raw(writer, "exclusiveMinimum", "0"));
        TRY(write_raw(writer, "maximum", "1000"));
        break;
    case SCALAR_LIMIT:
        TRY(write_raw(writer, "type", "[\"integer\", \"string\"]"));
        TRY(write_raw(writer, "minimum", "1"));
        break;
    case SCALAR_TEXT:
        return write_raw(writer, "type", "[\"string\", \"number\", \"boolean\"]");
    case SCALAR_EXPRESSION:
        TRY(write_raw(writer, "type", "[\"string\", \"number\", \"boolean\"]"));
        break;
    case SCALAR_THRESHOLD:
    case SCALAR_ID:
    case SCALAR_BOOSTED:
    case SCALAR_LEVEL:
        TRY(write_raw(writer, "type", "[\"string\", \"number\"]"));
        break;
    default:
        TRY(write_raw(writer, "type", "\"string\""));
        break;
    }
    return write_text(writer, "pattern", scalar_pattern(key->scalar));
}

static enum status write_reference(struct writer *writer, const struct shape *shape)
{
    TRY(write_name(writer, "$ref"));
    return buffer_add_format(writer->out, "\"#/$defs/%s\"", shape->name);
}

static enum status write_form(struct writer *writer, const struct key *key, enum form form)
{
    switch (form) {
    case FORM_SCALAR:
        return write_scalar(writer, key);
    case FORM_LIST:
        TRY(write_text(writer, "type", "array"));
        TRY(write_raw(writer, "minItems", "1"));
        TRY(open_value(writer, "items", '{'));
        TRY(write_scalar(writer, key));
        return close_value(writer, '}');
    case FORM_MAP:
        return write_reference(writer, key->shape);
    case FORM_BY_ID:
        TRY(write_text(writer, "type", "object"));
        if (key->is_required) TRY(write_raw(writer, "minProperties", "1"));
        TRY(open_value(writer, "propertyNames", '{'));
        TRY(write_text(writer, "pattern", scalar_pattern(SCALAR_ID)));
        TRY(close_value(writer, '}'));
        TRY(open_value(writer, "additionalProperties", '{'));
        TRY(write_reference(writer, key->shape));
        return close_value(writer, '}');
    case FORM_BY_NAME:
        TRY(write_text(writer, "type", "object"));
        TRY(write_raw(writer, "minProperties", "1"));
        TRY(open_value(writer, "additionalProperties", '{'));
        TRY(write_scalar(writer, key));
        return close_value(writer, '}');
    }
    return STATUS_OK;
}

static enum status write_forms(struct writer *writer, const struct key *key)
{
    static const enum form forms[] = {FORM_SCALAR, FORM_LIST, FORM_MAP, FORM_BY_ID, FORM_BY_NAME};
    bool has_several = (key->forms & (key->forms - 1)) != 0;
    if (has_several) TRY(open_value(writer, "anyOf", '['));
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (!(key->forms & forms[i])) continue;
        if (has_several) TRY(open_value(writer, NULL, '{'));
        TRY(write_form(writer, key, forms[i]));
        if (has_several) TRY(close_value(writer, '}'));
    }
    return has_several ? close_value(writer, ']') : STATUS_OK;
}

static enum status write_key(struct writer *writer, const struct key *key)
{
    TRY(open_value(writer, key->name, '{'));
    TRY(write_text(writer, "description", key->meaning));
    TRY(write_forms(writer, key));
    if (key->standard != NULL) {
        TRY(write_name(writer, "$comment"));
        TRY(buffer_add(writer->out, TEXT("\"When not given: ")));
        TRY(buffer_add_format(writer->out, "%s.\"", key->standard));
    }
    return close_value(writer, '}');
}

/* What a map may hold beside its keys. */
static enum status write_others(struct writer *writer, const struct shape *shape)
{
    if (shape->others != NULL) {
        TRY(open_value(writer, "additionalProperties", '{'));
        TRY(write_reference(writer, shape->others));
        return close_value(writer, '}');
    }
    if (!shape->takes_tier_sets) return write_raw(writer, "additionalProperties", "false");
    struct key level = {.forms = FORM_SCALAR | FORM_LIST, .scalar = SCALAR_LEVEL};
    TRY(open_value(writer, "additionalProperties", '{'));
    TRY(write_text(writer, "description", "The member's level in the tier set of that id."));
    TRY(write_forms(writer, &level));
    return close_value(writer, '}');
}

static enum status write_demands(struct writer *writer, const struct shape *shape)
{
    bool has_required = false;
    for (size_t i = 0; i < shape->count; i++) {
        if (!shape->keys[i].is_required) continue;
        if (!has_required) TRY(open_value(writer, "required", '['));
        has_required = true;
        TRY(write_text(writer, NULL, shape->keys[i].name));
    }
    if (has_required) TRY(close_value(writer, ']'));
    if (shape->one_of == NULL) return STATUS_OK;
    struct text rest = text_of(shape->one_of);
    TRY(open_value(writer, "oneOf", '['));
    while (rest.length > 0) {
        struct text name = choice_next(&rest);
        TRY(write_name(writer, NULL));
        TRY(buffer_add_format(writer->out, "{\"required\": [\"%.*s\"]}", TEXT_ARGUMENTS(name)));
    }
    return close_value(writer, ']');
}

static bool may_be_empty(const struct shape *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->keys[i].is_required) return false;
    return shape->one_of == NULL;
}

static enum status write_shape(struct writer *writer, const struct shape *shape)
{
    TRY(open_value(writer, shape->name, '{'));
    TRY(write_text(writer, "description", shape->meaning));
    TRY(write_raw(writer, "type", may_be_empty(shape) ? "[\"object\", \"null\"]" : "\"object\""));
    TRY(open_value(writer, "properties", '{'));
    for (size_t i = 0; i < shape->count; i++)
        if (shape->keys[i].capability == NULL) TRY(write_key(writer, &shape->keys[i]));
    TRY(close_value(writer, '}'));
    TRY(write_others(writer, shape));
    TRY(write_demands(writer, shape));
    return close_value(writer, '}');
}

enum status program_schema(struct buffer *out)
{
    struct writer writer = {.out = out, .is_first = true};
    TRY(open_value(&writer, NULL, '{'));
    TRY(write_text(&writer, "$schema", "https://json-schema.org/draft/2020-12/schema"));
    TRY(write_text(&writer, "title", "Guerdon programme file"));
    TRY(write_reference(&writer, &shape_program));
    TRY(open_value(&writer, "$defs", '{'));
    for (size_t i = 0; i < shape_count; i++)
        TRY(write_shape(&writer, shapes[i]));
    TRY(close_value(&writer, '}'));
    TRY(close_value(&writer, '}'));
    return buffer_add_byte(out, '\n');
}
