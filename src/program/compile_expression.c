/* Expressions: the environments that they are compiled in.
 *
 * One environment for each event type, and two for what looks at members alone, each made when the
 * first expression asks for it. It declares the types of expression.h in their order, so that an
 * object's id is the same in all, then the programme's own fields (wallets, tier sets, counters,
 * segments, profile, the event's), then as many variables as the scope has, in the order of their
 * slots.
 *
 * What an expression was compiled from is kept, because check_expression.c looks at all of them
 * when the tier sets are known.
 *
 * Invariants: 1. A segment names no segment: its environment declares none, so none can come round
 * to itself. 2. An expression that is kept has the type that its key asks for.
 */
#include "program/compile_expression.h"

enum { ENVIRONMENT_SEGMENT, ENVIRONMENT_MEMBER, ENVIRONMENT_JOIN, ENVIRONMENT_PURCHASE };
#define ENVIRONMENT_CUSTOM 4u
#define EXCERPT_BYTES_MAXIMUM 4096

static const struct cel_overload host_overloads[] = {
#define X(symbol, function, text)                                                                  \
    {.id = #symbol, .signature = (text), .host_id = EXPRESSION_##symbol},
    EXPRESSION_FUNCTION_LIST(X)
#undef X
};

static const struct cel_function host_functions[] = {
#define X(symbol, function, text) {(function), &host_overloads[EXPRESSION_##symbol], 1},
    EXPRESSION_FUNCTION_LIST(X)
#undef X
};

static const char *const object_names[] = {
#define X(symbol, text) (text),
    EXPRESSION_OBJECT_LIST(X)
#undef X
};

static const struct {
    enum expression_object object;
    const char *name;
    const char *type;
    enum expression_field id;
} object_fields[] = {
#define X(object, text, type, symbol)                                                              \
    {EXPRESSION_##object, (text), (type), EXPRESSION_##object##_##symbol##_FIELD},
    EXPRESSION_FIELD_LIST(X)
#undef X
};

static const char *const field_type_texts[] = {
#define X(symbol, text) (text),
    FIELD_TYPE_LIST(X)
#undef X
};

static const char *const variable_names[SLOT_COUNT] = {"member", "program", "now",
                                                       "event",  "order",   "item"};
static const char *const variable_types[SLOT_COUNT] = {"Member", "Program", "timestamp",
                                                       "Event",  "Order",   "Item"};

/* The most bytes of an id, or elements of a list, that an event can bring. */
static uint32_t field_bound(enum expression_field id)
{
    switch ((int)id) {
    case EXPRESSION_ORDER_ITEMS_FIELD:
        return CEL_LIST_MAXIMUM;
    case EXPRESSION_ITEM_NAME_FIELD:
        return 500;
    case EXPRESSION_PROGRAM_TITLE_FIELD:
        return 1000;
    default:
        return 200;
    }
}

static enum status add_own_field(struct cel_environment *environment, enum expression_object object,
                                 struct text name, const char *type, uint32_t index)
{
    enum status status =
        cel_environment_add_field(environment, (uint16_t)object, name, text_of(type),
                                  EXPRESSION_BY_INDEX + index, FIELD_STRING_MAXIMUM_BYTES);
    return status == STATUS_INVALID ? STATUS_OK : status; /* twice: complained of elsewhere */
}

static enum status add_declared_fields(struct cel_environment *environment,
                                       enum expression_object object,
                                       const struct declared_field *fields, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        TRY(add_own_field(environment, object, fields[i].name, field_type_texts[fields[i].type],
                          i));
    return STATUS_OK;
}

/* An id with a dash cannot be a name in an expression: `member.tiers.gold-club` is a subtraction.
 * It can be named in backquotes. */
static enum status add_counters(const struct program *program, struct cel_environment *environment)
{
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const struct counter *counter = &program->counters[i];
        const char *type = "int";
        if (counter->measure == MEASURE_EARNED) type = "decimal";
        if (counter->measure == MEASURE_ELIGIBLE || counter->measure == MEASURE_SUBTOTAL)
            type = "money";
        if (counter->measure == MEASURE_EXPRESSION) {
            if (counter->sum == NULL) continue; /* its type is not known yet */
            if (counter->currency != PROGRAM_NONE) type = "money";
        }
        TRY(add_own_field(environment, EXPRESSION_COUNTERS, counter->id, type, i));
    }
    return STATUS_OK;
}

/* While a file is compiled its tier sets come later than the first expressions, and the tree names
 * them; a programme that is loaded has them. */
static enum status add_tier_sets(const struct compiler *compiler,
                                 struct cel_environment *environment)
{
    const struct program *program = compiler->program;
    uint32_t index = 0;
    if (compiler->tiers != NULL) {
        for (const struct entry *set = compiler->tiers->first; set != NULL; set = set->next)
            TRY(add_own_field(environment, EXPRESSION_TIERS, set->key, "Tier", index++));
        return STATUS_OK;
    }
    for (; index < program->tier_set_count; index++)
        TRY(add_own_field(environment, EXPRESSION_TIERS, program->tier_sets[index].id, "Tier",
                          index));
    return STATUS_OK;
}

static enum status add_program_fields(const struct compiler *compiler,
                                      struct cel_environment *environment, uint32_t number)
{
    const struct program *program = compiler->program;
    TRY(add_tier_sets(compiler, environment));
    for (uint32_t i = 0; i < program->wallet_count; i++)
        TRY(add_own_field(environment, EXPRESSION_WALLETS, program->wallets[i].id, "Wallet", i));
    TRY(add_counters(program, environment));
    for (uint32_t i = 0; number != ENVIRONMENT_SEGMENT && i < program->segment_count; i++)
        TRY(add_own_field(environment, EXPRESSION_SEGMENTS, program->segments[i].id, "bool", i));
    TRY(add_declared_fields(environment, EXPRESSION_PROFILE, program->profile,
                            program->profile_count));
    if (number < ENVIRONMENT_CUSTOM) return STATUS_OK;
    const struct custom_event *event = &program->events[number - ENVIRONMENT_CUSTOM];
    return add_declared_fields(environment, EXPRESSION_EVENT, event->fields, event->field_count);
}

static enum status fill_environment(const struct compiler *compiler,
                                    struct cel_environment *environment, uint32_t number)
{
    TRY(cel_environment_add_extensions(environment));
    for (uint32_t i = 0; i < EXPRESSION_OBJECT_COUNT; i++) {
        uint16_t object;
        TRY(cel_environment_add_object(environment, text_of(object_names[i]), &object));
        ASSERT(object == i);
    }
    for (size_t i = 0; i < sizeof(object_fields) / sizeof(object_fields[0]); i++)
        TRY(cel_environment_add_field(
            environment, (uint16_t)object_fields[i].object, text_of(object_fields[i].name),
            text_of(object_fields[i].type), object_fields[i].id, field_bound(object_fields[i].id)));
    TRY(add_program_fields(compiler, environment, number));
    uint32_t variables = number == ENVIRONMENT_PURCHASE ? SLOT_COUNT
                         : number >= ENVIRONMENT_JOIN   ? SLOT_EVENT + 1
                                                        : SLOT_NOW + 1;
    for (uint32_t i = 0; i < variables; i++) {
        uint32_t slot;
        TRY(cel_environment_add_variable(environment, text_of(variable_names[i]),
                                         text_of(variable_types[i]), CEL_NO_BOUND, &slot));
        ASSERT(slot == i);
    }
    for (size_t i = 0; i < EXPRESSION_FUNCTION_COUNT; i++)
        TRY(cel_environment_add_function(environment, &host_functions[i]));
    return STATUS_OK;
}

static uint32_t environment_number(const struct occasion_scope *scope)
{
    if (scope->scope == SCOPE_SEGMENT) return ENVIRONMENT_SEGMENT;
    if (scope->scope == SCOPE_MEMBER) return ENVIRONMENT_MEMBER;
    if (scope->on == TRIGGER_CUSTOM) return ENVIRONMENT_CUSTOM + scope->event;
    return scope->on == TRIGGER_JOIN ? ENVIRONMENT_JOIN : ENVIRONMENT_PURCHASE;
}

struct cel_environment *expression_environment(struct compiler *compiler,
                                               struct occasion_scope scope)
{
    struct program *program = compiler->program;
    uint32_t count = ENVIRONMENT_CUSTOM + program->event_count;
    if (compiler->environments == NULL) {
        compiler->environments = COMPILE_ARRAY(compiler, struct cel_environment *, count);
        if (compiler->environments == NULL) return NULL;
    }
    uint32_t number = environment_number(&scope);
    struct cel_environment **environment = &compiler->environments[number];
    if (*environment != NULL) return *environment;
    const struct cel_rules rules = {.getters_need_zone = true,
                                    .patterns_are_constant = true,
                                    .money_meets_numbers = program->currency_count <= 1,
                                    .cost_is_bounded = true};
    struct cel_environment *made;
    if (cel_environment_new(compiler->arena, &rules, &made) != STATUS_OK ||
        fill_environment(compiler, made, number) != STATUS_OK) {
        compiler->is_out_of_memory = true;
        return NULL;
    }
    *environment = made;
    return made;
}

void forget_environments(struct compiler *compiler)
{
    compiler->environments = NULL;
}

struct expression_text whole_expression(const struct node *scalar)
{
    return (struct expression_text){scalar, scalar->text, 0};
}

void complain_of_expression(struct compiler *compiler, struct expression_text source,
                            const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text message = arena_format_arguments(compiler->arena, format, arguments);
    va_end(arguments);
    if (message.bytes == NULL) compiler->is_out_of_memory = true;
    complain(compiler, tree_place(source.scalar, source.offset), "%.*s", TEXT_ARGUMENTS(message));
}

/* Empty when memory is out: what is wrong is told all the same. */
static struct text excerpt_of(struct arena *arena, struct text source, uint32_t offset)
{
    struct buffer shown;
    struct text excerpt = {NULL, 0};
    buffer_init(&shown, EXCERPT_BYTES_MAXIMUM);
    if (cel_place_print(source, offset, &shown) == STATUS_OK)
        excerpt = arena_copy(arena, buffer_text(&shown));
    buffer_release(&shown);
    return excerpt.bytes == NULL ? TEXT("") : excerpt;
}

void note_in_expression(struct compiler *compiler, struct problem_list *list,
                        struct expression_text source, const struct cel_problem *problem)
{
    problem_add_shown(list, compiler->file,
                      tree_place(source.scalar, source.offset + problem->position),
                      excerpt_of(list->arena, source.text, problem->position), problem->message);
}

static void remember(struct compiler *compiler, const struct cel_expression *expression,
                     struct expression_text source)
{
    struct compiled_expression *grown =
        compile_grow(compiler, compiler->expressions, compiler->expression_count,
                     &compiler->expression_capacity, sizeof(struct compiled_expression));
    if (grown == NULL) return;
    compiler->expressions = grown;
    grown[compiler->expression_count++] = (struct compiled_expression){expression, source};
}

const struct cel_expression *compile_expression(struct compiler *compiler,
                                                struct expression_text source,
                                                struct occasion_scope scope, const char *result)
{
    struct cel_environment *environment = expression_environment(compiler, scope);
    if (environment == NULL) return NULL;
    struct cel_problems problems = {.arena = compiler->arena};
    struct cel_compile_options options = {.result = NULL};
    const struct cel_expression *expression = NULL;
    enum status status = STATUS_OK;
    if (result[0] != '\0')
        status = cel_type_parse(compiler->arena, environment, text_of(result), &options.result);
    if (status == STATUS_OK)
        status = cel_compile(compiler->arena, environment, source.text, &options, &problems,
                             &expression);
    if (status == STATUS_NO_MEMORY) {
        compiler->is_out_of_memory = true;
        return NULL;
    }
    for (uint32_t i = 0; i < problems.count; i++)
        note_in_expression(compiler, compiler->problems, source, &problems.items[i]);
    if (status != STATUS_OK) return NULL;
    if (scope.scope == SCOPE_EVENT && scope.on == TRIGGER_PURCHASE &&
        cel_expression_uses(expression, SLOT_ITEM)) {
        complain_of_expression(
            compiler, source,
            "this is asked of the whole order, and \"item\" is one of its lines; write "
            "order.items.exists(i, ...), or put it under \"where\"");
        return NULL;
    }
    remember(compiler, expression, source);
    compiler->program->environment = environment;
    compiler->program->has_expressions = true;
    return expression;
}
