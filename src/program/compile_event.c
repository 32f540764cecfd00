/* What a programme declares for its rules to look at: custom events with their fields, the
 * profile's fields, and segments; and `on:`, which names events.
 *
 * A field's type is one word of expression.h's list. It must never be guessed from what comes in:
 * an event that does not fit its declaration is refused when it is told, not when a rule looks at
 * it.
 */
#include "program/compile_expression.h"

static const char *const type_texts[] = {
#define X(symbol, text) (text),
    FIELD_TYPE_LIST(X)
#undef X
};
#define TYPES_TEXT "bool, int, decimal, money, string, timestamp or list(string)"

static bool is_name(struct text text)
{
    if (text.length == 0 || text.length > 64) return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && (i == 0 || c < '0' || c > '9')) return false;
    }
    return true;
}

static bool read_type(struct compiler *compiler, const struct node *scalar, enum field_type *type)
{
    struct text candidates[FIELD_TYPE_COUNT];
    for (uint32_t i = 0; i < FIELD_TYPE_COUNT; i++) {
        candidates[i] = text_of(type_texts[i]);
        if (!text_equal(scalar->text, candidates[i])) continue;
        *type = (enum field_type)i;
        return true;
    }
    int nearest = nearest_of(compiler, scalar->text, candidates, FIELD_TYPE_COUNT);
    if (nearest >= 0)
        complain(compiler, scalar->position, "there is no type \"%.*s\"; did you mean \"%.*s\"?",
                 SHOWN(compiler, scalar->text), TEXT_ARGUMENTS(candidates[nearest]));
    else
        complain(compiler, scalar->position, "there is no type \"%.*s\"; write " TYPES_TEXT,
                 SHOWN(compiler, scalar->text));
    return false;
}

/* Names that every event has; a declared field may not hide them. */
static bool is_taken(struct text name)
{
    static const char *const common[] = {
        "type", "occurred_at", "local", "channel", "store", "till", "staff", "partner",
    };
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (text_equal(name, text_of(common[i]))) return true;
    return false;
}

static void compile_fields(struct compiler *compiler, const struct node *map, bool is_event,
                           struct declared_field **fields, uint32_t *count)
{
    if (map == NULL) return;
    if (map->count > PROGRAM_FIELD_MAXIMUM) {
        complain(compiler, map->position, "at most %d fields can be declared; these are %u",
                 PROGRAM_FIELD_MAXIMUM, map->count);
        return;
    }
    *fields = COMPILE_ARRAY(compiler, struct declared_field, map->count);
    if (*fields == NULL) return;
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next) {
        struct declared_field field = {.name = entry->key};
        if (entry->value.kind != NODE_SCALAR || entry->value.is_null) continue;
        if (!is_name(entry->key)) {
            complain(compiler, entry->position,
                     "\"%.*s\" cannot be named in an expression; use letters, digits and _ (at "
                     "most 64, no digit first)",
                     SHOWN(compiler, entry->key));
        } else if (is_event && is_taken(entry->key)) {
            complain(compiler, entry->position,
                     "every event has \"%.*s\" already; call this field something else",
                     SHOWN(compiler, entry->key));
        } else if (read_type(compiler, &entry->value, &field.type)) {
            (*fields)[(*count)++] = field;
        }
    }
}

/* Names that the interface has already: who told such an event would mean that one. */
static bool is_own_event(struct text id)
{
    static const char *const names[] = {
        "join",  "purchase", "return",      "return_by_sku", "milestone",     "redeem",
        "hold",  "confirm",  "cancel",      "reverse",       "adjust",        "transfer",
        "merge", "unmerge",  "settle",      "profile",       "close",         "reopen",
        "erase", "expire",   "release",     "quote",         "confirm_order", "cancel_order",
        "edit",  "claim",    "undo_return", "custom",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (text_equal(id, text_of(names[i]))) return true;
    return false;
}

static void compile_event(struct compiler *compiler, const struct entry *entry,
                          struct custom_event *event)
{
    event->id = entry->key;
    event->symbol =
        compile_symbol(compiler, entry->position, "event/%.*s", TEXT_ARGUMENTS(entry->key));
    event->title = compile_text(&entry->value, "title", entry->key);
    compile_fields(compiler, tree_map(&entry->value, "fields"), true, &event->fields,
                   &event->field_count);
    if (is_own_event(entry->key))
        complain(compiler, entry->position,
                 "\"%.*s\" is an event of Guerdon's own; call this one something else",
                 TEXT_ARGUMENTS(entry->key));
}

void compile_events(struct compiler *compiler)
{
    struct program *program = compiler->program;
    compile_fields(compiler, tree_map(compiler->root, "profile"), false, &program->profile,
                   &program->profile_count);
    uint32_t count = compile_count(compiler, "events", PROGRAM_EVENT_MAXIMUM);
    program->events = COMPILE_ARRAY(compiler, struct custom_event, count);
    if (program->events == NULL) return;
    const struct node *map = tree_map(compiler->root, "events");
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        compile_event(compiler, entry, &program->events[program->event_count++]);
}

void compile_segments(struct compiler *compiler)
{
    struct program *program = compiler->program;
    uint32_t count = compile_count(compiler, "segments", PROGRAM_SEGMENT_MAXIMUM);
    struct segment *segments = COMPILE_ARRAY(compiler, struct segment, count);
    if (segments == NULL) return;
    const struct occasion_scope scope = {.scope = SCOPE_SEGMENT};
    const struct node *map = tree_map(compiler->root, "segments");
    uint32_t made = 0;
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next) {
        struct segment *segment = &segments[made++];
        segment->id = entry->key;
        segment->symbol =
            compile_symbol(compiler, entry->position, "segment/%.*s", TEXT_ARGUMENTS(entry->key));
        segment->title = compile_text(&entry->value, "title", entry->key);
        const struct node *when = tree_scalar(&entry->value, "when");
        if (when != NULL)
            segment->expression =
                compile_expression(compiler, whole_expression(when), scope, "bool");
    }
    program->segments = segments;
    program->segment_count = made;
}

bool find_trigger(struct compiler *compiler, const struct node *scalar, enum trigger *on,
                  uint32_t *event)
{
    const struct program *program = compiler->program;
    struct text names[NEAREST_MAXIMUM] = {TEXT_INITIALISER("join"), TEXT_INITIALISER("purchase")};
    *event = PROGRAM_NONE;
    for (uint32_t i = 0; i < TRIGGER_CUSTOM; i++) {
        if (!text_equal(scalar->text, names[i])) continue;
        *on = (enum trigger)i;
        return true;
    }
    *on = TRIGGER_CUSTOM;
    *event = program_find_event(program, scalar->text);
    if (*event != PROGRAM_NONE) return true;
    uint32_t count = TRIGGER_CUSTOM;
    for (uint32_t i = 0; i < program->event_count && count < NEAREST_MAXIMUM; i++)
        names[count++] = program->events[i].id;
    int nearest = nearest_of(compiler, scalar->text, names, count);
    if (nearest >= 0)
        complain(compiler, scalar->position, "there is no event \"%.*s\"; did you mean \"%.*s\"?",
                 SHOWN(compiler, scalar->text), TEXT_ARGUMENTS(names[nearest]));
    else
        complain(compiler, scalar->position,
                 "there is no event \"%.*s\"; write join or purchase, or declare it under "
                 "\"events\"",
                 SHOWN(compiler, scalar->text));
    return false;
}

void compile_trigger(struct compiler *compiler, const struct node *map,
                     struct occasion_scope *scope)
{
    const struct node *scalar = tree_scalar(map, "on");
    *scope = (struct occasion_scope){
        .scope = SCOPE_EVENT, .on = TRIGGER_PURCHASE, .event = PROGRAM_NONE};
    if (scalar == NULL) return;
    enum trigger on;
    uint32_t event;
    if (!find_trigger(compiler, scalar, &on, &event)) return;
    scope->on = on;
    scope->event = event;
}
