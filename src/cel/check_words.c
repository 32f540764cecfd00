/* What the checker says when something is wrong.
 *
 * Written for whoever writes rules, not for who builds languages: each sentence names what was
 * written, says why that cannot be, and what would be right: the nearest name that there is, or
 * what a function takes. Types are named as they are declared.
 */
#include "cel/check.h"

#define WORDS_MAXIMUM_BYTES 600
#define LOCAL_MAXIMUM 64 /* names of macros around, of which the innermost are suggested */
#define FIELDS_TOLD_MAXIMUM 12
#define SIGNATURES_TOLD_MAXIMUM 6

/* The buffer's text, kept in the checker's arena. */
static const char *kept(struct cel_checker *checker, const struct buffer *words)
{
    struct text copy = arena_copy(checker->arena, buffer_text(words));
    if (copy.bytes != NULL) return copy.bytes;
    checker->out_of_memory = true;
    return "?";
}

/* Types that nobody would read to the end stop where the room does. */
const char *cel_check_type_words(struct cel_checker *checker, const struct cel_type *type)
{
    struct buffer words;
    buffer_init(&words, WORDS_MAXIMUM_BYTES);
    const struct cel_type *known = cel_check_is_bounded(checker, type)
                                       ? cel_check_substitute(checker, type, true)
                                       : cel_type_simple(CEL_TYPE_DYN);
    if (cel_type_print(known, &words) != STATUS_OK)
        (void)(buffer_add(&words, TEXT("...")) == STATUS_OK);
    const char *text = kept(checker, &words);
    buffer_release(&words);
    return text;
}

/* Names to choose the nearest from. */
struct candidates {
    struct text *names;
    uint32_t capacity;
    uint32_t count;
};

static struct candidates new_candidates(struct cel_checker *checker, uint32_t capacity)
{
    struct text *names = arena_new_array(checker->arena, struct text, capacity);
    struct candidates candidates = {names, capacity, 0};
    if (candidates.names == NULL) checker->out_of_memory = true;
    return candidates;
}

static void consider(struct candidates *candidates, struct text name)
{
    bool is_hidden = text_is_empty(name) || name.bytes[0] == '@' || name.bytes[0] == '#';
    if (candidates->names == NULL || candidates->count == candidates->capacity || is_hidden) return;
    candidates->names[candidates->count++] = name;
}

/* "; did you mean 'items'?", or nothing. */
static const char *suggestion(struct cel_checker *checker, const struct candidates *candidates,
                              struct text wrong)
{
    if (candidates->names == NULL) return "";
    int nearest = text_nearest(wrong, candidates->names, candidates->count);
    if (nearest < 0) return "";
    struct text words = arena_format(checker->arena, "; did you mean '%.*s'?",
                                     TEXT_ARGUMENTS(candidates->names[nearest]));
    return words.bytes == NULL ? "" : words.bytes;
}

void cel_check_unknown_name(struct cel_checker *checker, uint32_t position, struct text name)
{
    struct candidates candidates =
        new_candidates(checker, LOCAL_MAXIMUM + checker->environment->name_count);
    uint32_t locals = 0;
    for (const struct cel_scope *scope = checker->scope; scope != NULL && locals++ < LOCAL_MAXIMUM;
         scope = scope->outer)
        consider(&candidates, scope->name);
    for (uint32_t i = 0; i < checker->environment->name_count; i++)
        consider(&candidates, checker->environment->names[i].name);
    cel_problem_add(checker->problems, position, "'%.*s' is not known%s", TEXT_ARGUMENTS(name),
                    suggestion(checker, &candidates, name));
}

/* "it has id, items and total", where that is short. */
static const char *fields_told(struct cel_checker *checker,
                               const struct cel_declared_object *object)
{
    if (object->field_count == 0 || object->field_count > FIELDS_TOLD_MAXIMUM) return "";
    struct buffer words;
    buffer_init(&words, WORDS_MAXIMUM_BYTES);
    enum status status = buffer_add(&words, TEXT("; it has "));
    for (uint32_t i = 0; i < object->field_count && status == STATUS_OK; i++) {
        bool is_last = i > 0 && i + 1 == object->field_count;
        status = buffer_add_format(&words, "%s%.*s",
                                   i == 0    ? ""
                                   : is_last ? " and "
                                             : ", ",
                                   TEXT_ARGUMENTS(object->fields[i].name));
    }
    const char *text = status == STATUS_OK ? kept(checker, &words) : "";
    buffer_release(&words);
    return text;
}

void cel_check_unknown_field(struct cel_checker *checker, uint32_t position,
                             const struct cel_type *type, struct text field)
{
    if (type->kind != CEL_TYPE_OBJECT || type->object >= checker->environment->object_count) {
        cel_problem_add(checker->problems, position, "%s has no fields, so no '%.*s'",
                        cel_check_type_words(checker, type), TEXT_ARGUMENTS(field));
        return;
    }
    const struct cel_declared_object *object = &checker->environment->objects[type->object];
    struct candidates candidates = new_candidates(checker, object->field_count);
    for (uint32_t i = 0; i < object->field_count; i++)
        consider(&candidates, object->fields[i].name);
    const char *nearest = suggestion(checker, &candidates, field);
    cel_problem_add(checker->problems, position, "'%.*s' has no field '%.*s'%s",
                    TEXT_ARGUMENTS(object->name), TEXT_ARGUMENTS(field),
                    *nearest != '\0' ? nearest : fields_told(checker, object));
}

static bool has_form(const struct cel_declared_function *function, bool is_member)
{
    for (uint32_t i = 0; i < function->function.overload_count; i++)
        if (function->signatures[i].is_member == is_member) return true;
    return false;
}

/* The name as it was written: "math.greatst" for a call of greatst on math, which is no value. */
static struct text written_name(struct cel_checker *checker, const struct cel_node *call)
{
    bool is_absolute = false;
    if (call->call.target == NULL || cel_check_begins_with_name(checker, call->call.target))
        return call->call.function;
    struct text before = cel_check_qualified_name(checker, call->call.target, &is_absolute);
    struct text name = arena_format(checker->arena, "%.*s.%.*s", TEXT_ARGUMENTS(before),
                                    TEXT_ARGUMENTS(call->call.function));
    return name.bytes == NULL ? call->call.function : name;
}

void cel_check_unknown_function(struct cel_checker *checker, const struct cel_node *call)
{
    struct text usage = cel_macro_usage(call->call.function);
    if (!text_is_empty(usage)) {
        cel_problem_add(checker->problems, call->position, "%.*s is written as in %.*s",
                        TEXT_ARGUMENTS(call->call.function), TEXT_ARGUMENTS(usage));
        return;
    }
    struct text name = written_name(checker, call);
    bool is_member = call->call.target != NULL && text_equal(name, call->call.function);
    struct candidates candidates = new_candidates(checker, checker->environment->function_count);
    for (uint32_t i = 0; i < checker->environment->function_count; i++)
        if (has_form(checker->environment->functions[i], is_member))
            consider(&candidates, checker->environment->functions[i]->name);
    cel_problem_add(checker->problems, call->position, "there is no function '%.*s'%s",
                    TEXT_ARGUMENTS(name), suggestion(checker, &candidates, name));
}

/* How an operator is written, and what it does with its two operands. */
static const struct operator_words {
    struct text function;
    const char *sign;
    const char *verb;
    const char *joint;
} operators[] = {
    {TEXT_INITIALISER("_+_"), "+", "add", "and"},
    {TEXT_INITIALISER("_-_"), "-", "subtract", "and"},
    {TEXT_INITIALISER("_*_"), "*", "multiply", "by"},
    {TEXT_INITIALISER("_/_"), "/", "divide", "by"},
    {TEXT_INITIALISER("_%_"), "%", "divide", "by"},
    {TEXT_INITIALISER("_==_"), "==", "compare", "with"},
    {TEXT_INITIALISER("_!=_"), "!=", "compare", "with"},
    {TEXT_INITIALISER("_<_"), "<", "compare", "with"},
    {TEXT_INITIALISER("_<=_"), "<=", "compare", "with"},
    {TEXT_INITIALISER("_>_"), ">", "compare", "with"},
    {TEXT_INITIALISER("_>=_"), ">=", "compare", "with"},
    {TEXT_INITIALISER("@in"), "in", "look for", "in"},
    {TEXT_INITIALISER("_[_]"), "[ ]", "find in", "by"},
    {TEXT_INITIALISER("_[?_]"), "[? ]", "find in", "by"},
    {TEXT_INITIALISER("-_"), "-", "negate", ""},
    {TEXT_INITIALISER("!_"), "!", "negate", ""},
};

static const struct operator_words *words_of(struct text function)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (text_equal(function, operators[i].function)) return &operators[i];
    return NULL;
}

static bool is_amount(const struct cel_checker *checker, const struct cel_type *type)
{
    enum cel_type_kind kind = cel_check_known(checker, type)->kind;
    return kind == CEL_TYPE_DECIMAL || kind == CEL_TYPE_MONEY;
}

static void operator_problem(struct cel_checker *checker, const struct cel_node *call,
                             const struct operator_words *words,
                             const struct cel_type *const *arguments, uint32_t count)
{
    const char *left = cel_check_type_words(checker, arguments[0]);
    if (count == 1) {
        cel_problem_add(
            checker->problems, call->position, "'%s' cannot %s %s%s", words->sign, words->verb,
            left, *words->sign == '!' ? ": it turns true into false and false into true" : "");
        return;
    }
    const char *right = cel_check_type_words(checker, arguments[1]);
    bool divides_amounts = *words->sign == '/' &&
                           (is_amount(checker, arguments[0]) || is_amount(checker, arguments[1]));
    cel_problem_add(checker->problems, call->position, "'%s' cannot %s %s %s %s%s", words->sign,
                    words->verb, left, words->joint, right,
                    divides_amounts ? ": a division of amounts must say how it is rounded, as in "
                                      "a.divide(b, 2, 'half up')"
                                    : "");
}

/* Does the overload fit the call's target, if it has one? */
static bool fits_target(struct cel_checker *checker, const struct cel_signature *signature,
                        const struct cel_node *call, const struct cel_type *const *arguments)
{
    if (call->call.target == NULL) return !signature->is_member;
    if (!signature->is_member) return false;
    const struct cel_type *letters[26] = {0};
    const struct cel_type *wanted =
        cel_check_instantiate(checker, signature->parameters[0], letters);
    return cel_check_assignable(checker, arguments[0], wanted);
}

/* "substring(int), substring(int, int)": what the name takes, for this target if it has any. */
static const char *forms_told(struct cel_checker *checker, const struct cel_node *call,
                              const struct cel_declared_function *function, bool any_target,
                              const struct cel_type *const *arguments)
{
    struct buffer words;
    buffer_init(&words, WORDS_MAXIMUM_BYTES);
    uint32_t told = 0;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < function->function.overload_count && status == STATUS_OK; i++) {
        struct cel_signature signature = function->signatures[i];
        bool is_meant = any_target || fits_target(checker, &signature, call, arguments);
        if (!is_meant || told == SIGNATURES_TOLD_MAXIMUM) continue;
        if (told++ > 0) status = buffer_add(&words, TEXT(", "));
        if (signature.is_member && !any_target) {
            signature.is_member = false;
            signature.parameters++;
            signature.count--;
        }
        if (status == STATUS_OK) status = cel_signature_print(function->name, &signature, &words);
    }
    const char *text = status == STATUS_OK ? kept(checker, &words) : "";
    buffer_release(&words);
    return text;
}

static const char *arguments_told(struct cel_checker *checker,
                                  const struct cel_type *const *arguments, uint32_t count)
{
    struct buffer words;
    buffer_init(&words, WORDS_MAXIMUM_BYTES);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = buffer_add_format(&words, "%s%s", i == 0 ? "" : ", ",
                                   cel_check_type_words(checker, arguments[i]));
    const char *text = kept(checker, &words);
    buffer_release(&words);
    return text;
}

void cel_check_no_overload(struct cel_checker *checker, const struct cel_node *call,
                           const struct cel_declared_function *function,
                           const struct cel_type *const *arguments, uint32_t count)
{
    const struct operator_words *words = words_of(call->call.function);
    bool is_operator = words != NULL && call->call.target == NULL && count > 0;
    if (is_operator) {
        operator_problem(checker, call, words, arguments, count);
        return;
    }
    uint32_t skipped = call->call.target == NULL ? 0 : 1;
    const char *given = arguments_told(checker, arguments + skipped, count - skipped);
    const char *forms = forms_told(checker, call, function, false, arguments);
    if (*forms != '\0') {
        cel_problem_add(checker->problems, call->position, "%.*s(%s) is not known: %s",
                        TEXT_ARGUMENTS(function->name), given, forms);
        return;
    }
    forms = forms_told(checker, call, function, true, arguments);
    if (skipped == 0) {
        cel_problem_add(checker->problems, call->position,
                        "%.*s(%s) is not known: it is written behind a value, as in %s",
                        TEXT_ARGUMENTS(function->name), given, forms);
        return;
    }
    cel_problem_add(checker->problems, call->position, "%s has no function %.*s; known are %s",
                    cel_check_type_words(checker, arguments[0]), TEXT_ARGUMENTS(function->name),
                    forms);
}
