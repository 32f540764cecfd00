/* OpenAPI: each shape becomes a schema of its name under components, each route an operation.
 *
 *   paths:      one item a pattern; its routes are found by going through the table again
 *   schemas:    every shape that a route reaches, once, found by walking
 *
 * A request's body is read strictly, so unknown fields are refused there; in replies new fields may
 * come at any time, and clients are to pass over what they do not know.
 */
#include "api/openapi.h"

#include "api/problem.h"

#ifndef GUERDON_VERSION
#define GUERDON_VERSION "0"
#endif

#define SHAPE_MAXIMUM 512
#define SCHEMA_BYTES 8192 /* of one shape, with those that it names */
#define DOCUMENT_BYTES 65536

struct document {
    struct json_writer writer;
    const struct shape *shapes[SHAPE_MAXIMUM]; /* reached, each once */
    uint32_t shape_count;
};

static void add(struct document *document, const char *raw)
{
    json_add(&document->writer, text_of(raw));
}

static void add_string(struct document *document, const char *name, const char *value)
{
    json_add_text(&document->writer, text_of(name));
    add(document, ":");
    json_add_text(&document->writer, text_of(value));
}

/* ---- shapes ---- */

static void reach(struct document *document, const struct shape *shape)
{
    if (shape == NULL) return;
    for (uint32_t i = 0; i < document->shape_count; i++) {
        if (document->shapes[i] == shape) return;
    }
    ASSERT(document->shape_count < SHAPE_MAXIMUM);
    document->shapes[document->shape_count++] = shape;
}

/* The list grows while it is gone through: what a field names is reached too. */
static void reach_fields(struct document *document)
{
    for (uint32_t i = 0; i < document->shape_count; i++) {
        const struct shape *shape = document->shapes[i];
        for (uint32_t k = 0; k < shape->field_count; k++) {
            reach(document, shape->fields[k].shape);
            if (shape->fields[k].kind == KIND_REFERENCE) reach(document, &reference_shape);
        }
    }
}

static void add_reference(struct document *document, const struct shape *shape)
{
    add(document, "{\"$ref\":\"#/components/schemas/");
    add(document, shape->name);
    add(document, "\"}");
}

static void add_bounds(struct document *document, const char *lowest, int64_t minimum,
                       const char *highest, int64_t maximum)
{
    if (minimum != 0) {
        add(document, ",\"");
        add(document, lowest);
        add(document, "\":");
        json_add_integer(&document->writer, minimum);
    }
    if (maximum == 0) return;
    add(document, ",\"");
    add(document, highest);
    add(document, "\":");
    json_add_integer(&document->writer, maximum);
}

static void add_choice_list(struct document *document, const struct field *field)
{
    bool is_first = true;
    add(document, "\"type\":\"string\",\"enum\":[");
    for (const char *const *choice = field->choices; *choice != NULL; choice++) {
        if (**choice == '\0') continue;
        if (!is_first) add(document, ",");
        is_first = false;
        json_add_text(&document->writer, text_of(*choice));
    }
    add(document, "]");
}

static void add_choices(struct document *document, const struct field *field)
{
    if (field->other_offset == 0) {
        add_choice_list(document, field);
        return;
    }
    add(document, "\"anyOf\":[{");
    add_choice_list(document, field);
    add(document, "},{\"type\":\"string\"");
    add_bounds(document, "minLength", 1, "maxLength", SHAPE_ID_BYTES);
    add(document, "}]");
}

static void add_whole(struct document *document, const struct field *field)
{
    add(document, "\"type\":\"integer\",\"minimum\":");
    json_add_integer(&document->writer, field->minimum);
    add_bounds(document, "", 0, "maximum", field->maximum);
}

static void add_text_schema(struct document *document, const struct field *field)
{
    int64_t usual = field->kind == KIND_ID ? SHAPE_ID_BYTES : SHAPE_TEXT_BYTES;
    add(document, "\"type\":\"string\"");
    add_bounds(document, "minLength", field->kind == KIND_ID ? 1 : 0, "maxLength",
               field->maximum != 0 ? field->maximum : usual);
}

static void add_list_schema(struct document *document, const struct field *field)
{
    add(document, "\"type\":\"array\",\"items\":");
    if (field->kind == KIND_LIST) {
        add_reference(document, field->shape);
    } else {
        add(document, "{\"type\":\"string\"}");
    }
    add_bounds(document, "minItems", field->minimum, "maxItems", field->maximum);
}

/* What a value of the field is, as members of a schema's object. */
static void add_kind(struct document *document, const struct field *field)
{
    switch (field->kind) {
    case KIND_CHOICE:
        add_choices(document, field);
        return;
    case KIND_BOOLEAN:
        add(document, "\"type\":\"boolean\"");
        return;
    case KIND_INTEGER:
    case KIND_QUANTITY:
        add_whole(document, field);
        return;
    case KIND_DECIMAL:
        add(document, "\"type\":\"string\",\"pattern\":\"^[+-]?[0-9]+(\\\\.[0-9]+)?$\"");
        return;
    case KIND_INSTANT:
        add(document, "\"type\":[\"string\",\"null\"],\"format\":\"date-time\"");
        return;
    case KIND_DATE:
        add(document, "\"type\":\"string\",\"format\":\"date\"");
        return;
    case KIND_LIST:
    case KIND_TEXT_LIST:
        add_list_schema(document, field);
        return;
    case KIND_MAP:
        add(document, "\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}");
        return;
    case KIND_REFERENCE:
        add(document, "\"oneOf\":[{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},");
        add_reference(document, &reference_shape);
        add(document, "]");
        return;
    case KIND_OBJECT:
        add(document, "\"$ref\":\"#/components/schemas/");
        add(document, field->shape->name);
        add(document, "\"");
        return;
    case KIND_ANY:
    case KIND_RAW:
        return;
    default:
        add_text_schema(document, field);
        return;
    }
}

/* Only what says something: a comma goes before a member when the object has one already. */
static void add_field_schema(struct document *document, const struct field *field)
{
    size_t start;
    add(document, "{");
    start = document->writer.length;
    add_kind(document, field);
    if (field->description != NULL) {
        if (document->writer.length > start) add(document, ",");
        add_string(document, "description", field->description);
    }
    if (field->example != NULL) {
        if (document->writer.length > start) add(document, ",");
        add(document, "\"examples\":[");
        add(document, field->example);
        add(document, "]");
    }
    if (field->is_read_only) {
        if (document->writer.length > start) add(document, ",");
        add(document, "\"readOnly\":true");
    }
    add(document, "}");
}

static void add_schema(struct document *document, const struct shape *shape)
{
    bool is_first = true;
    json_add_text(&document->writer, text_of(shape->name));
    add(document, ":{\"type\":\"object\",");
    add_string(document, "description", shape->description == NULL ? "" : shape->description);
    add(document, ",\"properties\":{");
    for (uint32_t i = 0; i < shape->field_count; i++) {
        if (i > 0) add(document, ",");
        json_add_text(&document->writer, field_name(&shape->fields[i]));
        add(document, ":");
        add_field_schema(document, &shape->fields[i]);
    }
    add(document, "},\"required\":[");
    for (uint32_t i = 0; i < shape->field_count; i++) {
        if (!shape->fields[i].is_required) continue;
        if (!is_first) add(document, ",");
        is_first = false;
        json_add_text(&document->writer, field_name(&shape->fields[i]));
    }
    add(document, "]}");
}

/* ---- operations ---- */

static void add_parameter(struct document *document, const char *in, struct text name,
                          bool is_required, const struct field *field, bool *is_first)
{
    if (!*is_first) add(document, ",");
    *is_first = false;
    add(document, "{\"name\":");
    json_add_text(&document->writer, name);
    add(document, ",");
    add_string(document, "in", in);
    add(document, is_required ? ",\"required\":true,\"schema\":" : ",\"schema\":");
    add_field_schema(document, field);
    add(document, "}");
}

static void add_parameters(struct document *document, const struct route *route)
{
    static const struct field path_field = {
        .kind = KIND_TEXT, .maximum = ROUTE_PARAMETER_BYTES, .minimum = 1};
    static const struct field key_field = {
        .kind = KIND_TEXT,
        .maximum = 255,
        .description = "Your own name of this write: repeated with it, the request happens once "
                       "and is answered as the first time."};
    bool is_first = true;
    struct text name;
    add(document, "\"parameters\":[");
    for (uint32_t i = 0; (name = route_parameter_name(route, i)).length > 0; i++)
        add_parameter(document, "path", name, true, &path_field, &is_first);
    if (route->key != KEY_UNUSED) {
        add_parameter(document, "header", TEXT("Idempotency-Key"), false, &key_field, &is_first);
    }
    for (uint32_t i = 0; route->query != NULL && i < route->query->field_count; i++) {
        const struct field *field = &route->query->fields[i];
        add_parameter(document, "query", field_name(field), field->is_required, field, &is_first);
    }
    add(document, "]");
}

static void add_request(struct document *document, const struct route *route)
{
    if (route->body == NULL && !route->takes_text) return;
    add(document, ",\"requestBody\":{\"required\":");
    add(document, route->body_is_optional ? "false" : "true");
    add(document, ",\"content\":{");
    if (route->takes_text) {
        add(document, "\"application/yaml\":{\"schema\":{\"type\":\"string\"}}");
    } else {
        add(document, "\"application/json\":{\"schema\":");
        add_reference(document, route->body);
        add(document, "}");
    }
    if (route->takes_lines) {
        add(document, ",\"application/x-ndjson\":{\"schema\":{\"type\":\"string\","
                      "\"description\":\"One body a line.\"}}");
    }
    add(document, "}}");
}

static void add_reply(struct document *document, const struct route_reply *reply)
{
    char status[AMOUNT_TEXT_MAXIMUM];
    json_add_text(&document->writer, amount_format(reply->status, 0, status));
    add(document, ":{");
    add_string(document, "description", reply->description);
    if (reply->shape != NULL || reply->content_type != NULL) {
        add(document, ",\"content\":{");
        json_add_text(
            &document->writer,
            text_of(reply->content_type == NULL ? "application/json" : reply->content_type));
        add(document, ":{\"schema\":");
        if (reply->shape != NULL) {
            add_reference(document, reply->shape);
        } else if (reply->content_type != NULL &&
                   text_equal(text_of(reply->content_type), TEXT("application/json"))) {
            add(document, "{\"type\":\"object\"}");
        } else {
            add(document, "{\"type\":\"string\"}");
        }
        add(document, "}}");
    }
    add(document, "}");
}

/* A status comes once: further replies of the same one are other content types. */
static void add_replies(struct document *document, const struct route *route)
{
    add(document, ",\"responses\":{");
    for (uint32_t i = 0; i < route->reply_count; i++) {
        bool is_repeated = false;
        for (uint32_t k = 0; k < i; k++)
            is_repeated = is_repeated || route->replies[k].status == route->replies[i].status;
        if (is_repeated) continue;
        if (i > 0) add(document, ",");
        add_reply(document, &route->replies[i]);
    }
    if (route->reply_count > 0) add(document, ",");
    add(document, "\"default\":{\"$ref\":\"#/components/responses/Problem\"}}");
}

static void add_operation(struct document *document, const struct route *route)
{
    static const char *const methods[] = {
#define X(name) [HTTP_METHOD_##name] = #name,
        HTTP_METHOD_LIST(X)
#undef X
    };
    char lower[16] = {0};
    const char *method = methods[route->method];
    for (size_t i = 0; method[i] != '\0' && i + 1 < sizeof lower; i++)
        lower[i] = (char)(method[i] - 'A' + 'a');
    json_add_text(&document->writer, text_of(lower));
    add(document, ":{");
    add_string(document, "operationId", route->operation);
    add(document, ",\"tags\":[");
    json_add_text(&document->writer, text_of(route->tag));
    add(document, "],");
    add_string(document, "summary", route->summary);
    if (route->description != NULL) {
        add(document, ",");
        add_string(document, "description", route->description);
    }
    add(document, ",");
    add_parameters(document, route);
    add_request(document, route);
    add_replies(document, route);
    if (route->scope == SCOPE_NONE) {
        add(document, ",\"security\":[]");
    } else {
        static const char *const scopes[] = {"none", "read", "write", "admin"};
        add(document, ",\"security\":[{\"key\":[]}],");
        add_string(document, "x-scope", scopes[route->scope]);
    }
    add(document, "}");
}

static bool is_first_of_pattern(uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(route_at(i)->pattern, route_at(index)->pattern) == 0) return false;
    }
    return true;
}

static void add_path(struct document *document, uint32_t index)
{
    const char *pattern = route_at(index)->pattern;
    const struct route *route;
    bool is_first = true;
    json_add_text(&document->writer, text_of(pattern));
    add(document, ":{");
    for (uint32_t i = index; (route = route_at(i)) != NULL; i++) {
        if (strcmp(route->pattern, pattern) != 0) continue;
        if (!is_first) add(document, ",");
        is_first = false;
        add_operation(document, route);
    }
    add(document, "}");
}

static void add_schemas(struct document *document)
{
    add(document, "\"schemas\":{");
    reach_fields(document);
    for (uint32_t i = 0; i < document->shape_count; i++) {
        if (i > 0) add(document, ",");
        add_schema(document, document->shapes[i]);
    }
    add(document, "}");
}

static void add_components(struct document *document)
{
    add(document, "\"components\":{\"securitySchemes\":{\"key\":{\"type\":\"http\","
                  "\"scheme\":\"bearer\",\"description\":\"A key of `guerdon key add`: "
                  "`gk_ID_SECRET`. Its scope is read, write or admin.\"}},"
                  "\"responses\":{\"Problem\":{\"description\":\"What is wrong and what to do; "
                  "`code` is stable.\",\"content\":{\"application/problem+json\":{\"schema\":");
    add_reference(document, &problem_shape);
    add(document, "}}}},");
    add_schemas(document);
    add(document, "}");
}

enum status openapi_schema(struct arena *arena, const struct shape *shape, struct text more,
                           struct text *json)
{
    struct document *document = arena_new(arena, struct document);
    if (document == NULL) return STATUS_NO_MEMORY;
    json_writer_init(&document->writer, arena, SCHEMA_BYTES);
    reach(document, shape);
    add(document, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                  "\"$ref\":\"#/components/schemas/");
    add(document, shape->name);
    add(document, "\",");
    json_add(&document->writer, more);
    add(document, ",\"components\":{");
    add_schemas(document);
    add(document, "}}");
    return json_writer_finish(&document->writer, json);
}

enum status openapi_write(struct arena *arena, struct text *json)
{
    struct document *document = arena_new(arena, struct document);
    const struct route *route;
    if (document == NULL) return STATUS_NO_MEMORY;
    json_writer_init(&document->writer, arena, DOCUMENT_BYTES);
    add(document,
        "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Guerdon\",\"version\":\"" GUERDON_VERSION
        "\",\"license\":{\"name\":\"Apache-2.0\",\"identifier\":"
        "\"Apache-2.0\"},\"description\":\"Loyalty programmes. Every amount, money or "
        "points, is a decimal string; times are RFC 3339; in replies, pass over what "
        "you do not know.\"},\"paths\":{");
    reach(document, &problem_shape);
    for (uint32_t i = 0; (route = route_at(i)) != NULL; i++) {
        reach(document, route->body);
        for (uint32_t k = 0; k < route->reply_count; k++)
            reach(document, route->replies[k].shape);
        if (!is_first_of_pattern(i)) continue;
        if (i > 0) add(document, ",");
        add_path(document, i);
    }
    add(document, "},");
    add_components(document);
    add(document, "}");
    return json_writer_finish(&document->writer, json);
}
