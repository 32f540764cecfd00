/* What the verb eval prints. See eval_print.h.
 *
 *   text   1:7: warning: ...        {"type": "bool", "warnings": [...],
 *          order.eligible >= 50.00     "value": "false", "why": "..."}
 *                         ^
 *          false                    of items: "items": [{"item": "1", "value": ...}, ...]
 *          why                      of mistakes: {"problems": [{"line", "column", "message"}]}
 */
#include "cli/eval_print.h"

#include "cli/json_line.h"

#define VALUE_BYTES_MAXIMUM ((size_t)1 << 20)
#define FAULT_PREFIX TEXT("error: ")

/* ---- problems ---- */

static enum status add_problems(const struct evaluated *evaluated, const char *kind,
                                const struct cel_problems *problems, struct buffer *out)
{
    for (uint32_t i = 0; i < problems->count; i++) {
        struct cel_problem told = problems->items[i];
        told.message = arena_format(problems->arena, "%s%.*s", kind, TEXT_ARGUMENTS(told.message));
        if (told.message.bytes == NULL) return STATUS_NO_MEMORY;
        TRY(cel_problem_print(evaluated->source, &told, out));
    }
    return STATUS_OK;
}

static enum status add_problems_json(const struct evaluated *evaluated, const char *name,
                                     const struct cel_problems *problems, struct buffer *out)
{
    if (problems->count == 0) return STATUS_OK;
    TRY(buffer_add_format(out, "%s\"%s\":[", out->length > 1 ? "," : "", name));
    for (uint32_t i = 0; i < problems->count; i++) {
        const struct cel_problem *problem = &problems->items[i];
        struct position position = cel_position(evaluated->source, problem->position);
        TRY(buffer_add_format(out, "%s{\"line\":%u,\"column\":%u,\"message\":", i > 0 ? "," : "",
                              position.line, position.column));
        TRY(json_line_text(out, problem->message));
        TRY(buffer_add_byte(out, '}'));
    }
    return buffer_add_byte(out, ']');
}

/* ---- the type ---- */

static enum status add_type(const struct evaluated *evaluated, struct buffer *out)
{
    const struct cel_expression *expression = evaluated->tried.expression;
    if (expression == NULL || (!evaluated->with_type && !evaluated->is_json)) return STATUS_OK;
    const struct cel_type *type = cel_expression_type(expression);
    if (!evaluated->is_json) {
        TRY(cel_type_print(type, out));
        return buffer_add_byte(out, '\n');
    }
    TRY(buffer_add_format(out, "%s\"type\":\"", out->length > 1 ? "," : ""));
    TRY(cel_type_print(type, out)); /* letters and brackets alone */
    return buffer_add_byte(out, '"');
}

enum status eval_begin(struct evaluated *evaluated, struct buffer *out)
{
    const struct tried_expression *tried = &evaluated->tried;
    evaluated->has_failed = tried->expression == NULL;
    if (evaluated->is_json) {
        TRY(buffer_add_byte(out, '{'));
        TRY(add_problems_json(evaluated, "problems", &tried->problems, out));
        TRY(add_problems_json(evaluated, "warnings", &tried->warnings, out));
    } else {
        TRY(add_problems(evaluated, "", &tried->problems, out));
        TRY(add_problems(evaluated, "warning: ", &tried->warnings, out));
    }
    return add_type(evaluated, out);
}

/* ---- values ---- */

/* A fault's sentence, and what would make known what is not. */
static enum status add_fault(const struct evaluated *evaluated, struct cel_value value,
                             struct buffer *out)
{
    const struct cel_expression *expression = evaluated->tried.expression;
    /* The language definition's own sentence for it is for programmers. */
    if (value.tag == CEL_FAULT_OVERFLOW && value.detail == NULL)
        return buffer_add(out, TEXT("error: a number becomes too large"));
    TRY(cel_value_print(evaluated->tried.program->environment, value, VALUE_BYTES_MAXIMUM, out));
    bool asks_event = cel_expression_uses(expression, SLOT_EVENT) ||
                      cel_expression_uses(expression, SLOT_ORDER) ||
                      cel_expression_uses(expression, SLOT_ITEM);
    if (value.tag != CEL_FAULT_UNSET || evaluated->has_event || !asks_event) return STATUS_OK;
    return buffer_add(out, TEXT("; nothing has happened: --event says what did"));
}

static uint32_t offset_of(struct cel_value fault)
{
    return fault.extra == 0 ? 0 : fault.extra - 1;
}

/* The sentence, the line and the caret. */
static enum status add_error(const struct evaluated *evaluated, struct cel_value value,
                             struct buffer *out)
{
    TRY(add_fault(evaluated, value, out));
    TRY(buffer_add_byte(out, '\n'));
    return cel_place_print(evaluated->source, offset_of(value), out);
}

static enum status add_item(const struct evaluated *evaluated, uint32_t item, struct buffer *out)
{
    struct text id = evaluated->items[item].id;
    if (text_is_empty(id)) return buffer_add_format(out, "%u", item + 1);
    return buffer_add(out, id);
}

static enum status add_value_text(const struct evaluated *evaluated, uint32_t item,
                                  struct cel_value value, struct text why, struct buffer *out)
{
    if (item != PROGRAM_NONE) {
        TRY(buffer_add(out, TEXT("item ")));
        TRY(add_item(evaluated, item, out));
        TRY(buffer_add(out, TEXT(": ")));
    }
    if (cel_is_error(value)) return add_error(evaluated, value, out);
    TRY(cel_value_print(evaluated->tried.program->environment, value, VALUE_BYTES_MAXIMUM, out));
    TRY(buffer_add_byte(out, '\n'));
    if (text_is_empty(why)) return STATUS_OK;
    return buffer_add_format(out, "%.*s\n", TEXT_ARGUMENTS(why));
}

/* ,"name":"text" */
static enum status add_member(struct buffer *out, const char *name, struct text text)
{
    bool is_first = out->bytes[out->length - 1] == '{';
    TRY(buffer_add_format(out, "%s\"%s\":", is_first ? "" : ",", name));
    return json_line_text(out, text);
}

static enum status add_members(const struct evaluated *evaluated, struct cel_value value,
                               struct text why, struct buffer *text, struct buffer *out)
{
    if (cel_is_error(value)) {
        TRY(add_fault(evaluated, value, text));
        struct text fault = buffer_text(text);
        size_t skipped = text_starts_with(fault, FAULT_PREFIX) ? FAULT_PREFIX.length : 0;
        struct position position = cel_position(evaluated->source, offset_of(value));
        TRY(add_member(out, "error", (struct text){fault.bytes + skipped, fault.length - skipped}));
        return buffer_add_format(out, ",\"line\":%u,\"column\":%u", position.line, position.column);
    }
    TRY(cel_value_print(evaluated->tried.program->environment, value, VALUE_BYTES_MAXIMUM, text));
    TRY(add_member(out, "value", buffer_text(text)));
    return text_is_empty(why) ? STATUS_OK : add_member(out, "why", why);
}

static enum status add_value_json(const struct evaluated *evaluated, uint32_t item,
                                  struct cel_value value, struct text why, struct buffer *out)
{
    struct buffer text;
    buffer_init(&text, VALUE_BYTES_MAXIMUM * 2);
    enum status status = STATUS_OK;
    if (item != PROGRAM_NONE) {
        status = buffer_add(out, evaluated->has_values ? TEXT(",{") : TEXT(",\"items\":[{"));
        if (status == STATUS_OK) status = add_item(evaluated, item, &text);
        if (status == STATUS_OK) status = add_member(out, "item", buffer_text(&text));
        buffer_clear(&text);
    }
    if (status == STATUS_OK) status = add_members(evaluated, value, why, &text, out);
    if (status == STATUS_OK && item != PROGRAM_NONE) status = buffer_add_byte(out, '}');
    buffer_release(&text);
    return status;
}

enum status eval_add_value(struct evaluated *evaluated, uint32_t item, struct cel_value value,
                           struct text why, struct buffer *out)
{
    if (cel_is_error(value)) evaluated->has_failed = true;
    enum status status = evaluated->is_json ? add_value_json(evaluated, item, value, why, out)
                                            : add_value_text(evaluated, item, value, why, out);
    evaluated->has_values = item != PROGRAM_NONE;
    return status;
}

enum status eval_end(const struct evaluated *evaluated, struct buffer *out)
{
    if (!evaluated->is_json) return STATUS_OK;
    return buffer_add(out, evaluated->has_values ? TEXT("]}\n") : TEXT("}\n"));
}
