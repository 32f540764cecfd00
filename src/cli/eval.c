/* The verb eval: what an expression comes to, for people who write rules.
 *
 * The engine computes it, as it would in a sale: over an event as a till sends it, and a member as
 * somebody describes it. Nothing is stored, and what was not described is not known.
 *
 * What an expression comes to goes to standard output, and so does what is wrong with it: that is
 * what was asked for.
 */
#include "api/api.h"
#include "cli/data.h"
#include "cli/eval_print.h"
#include "cli/inputs.h"
#include "cli/output.h"

#define INPUT_TEXT_MAXIMUM ((size_t)16 << 20)
#define OUT_BYTES_MAXIMUM ((size_t)256 << 20)
#define STATES_BYTES_MAXIMUM ((size_t)256 << 20)

struct eval_values {
    const char *program;
    const char *event;
    const char *member;
    const char *on;
    const char *at;
    bool types;
    bool json;
};

static const struct option eval_options[] = {
    {"program", "FILE",
     "the programme that it is to stand in; else a plain one with\n"
     "one wallet, points, in USD",
     offsetof(struct eval_values, program)},
    {"event", "FILE",
     "what happened, as JSON: a body of POST /v1/events, of a\n"
     "purchase, a quote, a join or an event of the programme's own",
     offsetof(struct eval_values, event)},
    {"member", "FILE",
     "to whom, as JSON: id, joined_at, birthday, profile, wallets,\n"
     "counters, tiers; what is left out is not known, or 0",
     offsetof(struct eval_values, member)},
    {"on", "EVENT",
     "without --event: what it is asked of: purchase (the default),\n"
     "join, or an event of the programme's own",
     offsetof(struct eval_values, on)},
    {"at", "TIME",
     "when it happens, in the programme's zone unless it has an\n"
     "offset; else when the event says, or now",
     offsetof(struct eval_values, at)},
    {"types", NULL,
     "print the expression's type first; without an expression:\n"
     "everything that can be named, with its type",
     offsetof(struct eval_values, types)},
    {"json", NULL, "print one JSON object, and nothing else", offsetof(struct eval_values, json)},
};

/* One run of the verb. */
struct eval {
    const struct eval_values *values;
    struct arena arena;
    const struct program *program;
    struct tried_scope scope;
    struct evaluated evaluated;
    struct event event;
    struct member_sketch member;
    struct states states;
    struct buffer out;
};

static const char plain_program[] = "program: plain\n"
                                    "currency: USD\n"
                                    "wallets: {points: {}}\n";

static enum outcome failed(enum status status)
{
    say("%s", status_text(status));
    return OUTCOME_FAILED;
}

/* ---- what it is asked of ---- */

static enum outcome load_program(struct eval *eval)
{
    const char *path = eval->values->program;
    struct problem_list problems;
    problem_list_init(&problems, &eval->arena);
    enum status status = path == NULL
                             ? program_load(&eval->arena, TEXT("plain"), text_of(plain_program),
                                            &problems, &eval->program)
                             : input_program(&eval->arena, path, &problems, &eval->program);
    say_problems(&problems);
    return status == STATUS_OK ? OUTCOME_DONE : OUTCOME_FAILED;
}

static enum outcome unknown_event(const struct eval *eval, struct text name)
{
    const struct program *program = eval->program;
    struct text names[TRIGGER_CUSTOM + PROGRAM_EVENT_MAXIMUM] = {TEXT_INITIALISER("join"),
                                                                 TEXT_INITIALISER("purchase")};
    size_t count = TRIGGER_CUSTOM;
    for (uint32_t i = 0; i < program->event_count; i++)
        names[count++] = program->events[i].id;
    int nearest = text_nearest(name, names, count);
    if (nearest >= 0)
        say("--on: there is no event '%.*s'; did you mean '%.*s'?", TEXT_ARGUMENTS(name),
            TEXT_ARGUMENTS(names[nearest]));
    else
        say("--on: there is no event '%.*s'; give purchase, join, or one that the programme "
            "declares",
            TEXT_ARGUMENTS(name));
    return OUTCOME_FAILED;
}

static bool find_scope(const struct program *program, struct text name, struct tried_scope *scope)
{
    *scope = (struct tried_scope){TRIGGER_CUSTOM, program_find_event(program, name)};
    if (text_equal(name, TEXT("purchase"))) scope->on = TRIGGER_PURCHASE;
    if (text_equal(name, TEXT("join"))) scope->on = TRIGGER_JOIN;
    return scope->on != TRIGGER_CUSTOM || scope->event != PROGRAM_NONE;
}

/* The name that --on has for an event; empty for one that no expression is asked of. */
static struct text scope_name(const struct event *event)
{
    switch (event->type) {
    case EVENT_PURCHASE:
    case EVENT_QUOTE:
        return TEXT("purchase");
    case EVENT_JOIN:
        return TEXT("join");
    case EVENT_CUSTOM:
        return event->name;
    default:
        return TEXT("");
    }
}

static enum outcome read_event(struct eval *eval)
{
    const char *path = eval->values->event;
    struct problem_list problems;
    struct buffer text;
    problem_list_init(&problems, &eval->arena);
    if (read_file(path, INPUT_TEXT_MAXIMUM, &text) != STATUS_OK) return OUTCOME_FAILED;
    enum status status =
        api_read_event(eval->program, text_of(path), buffer_text(&text), eval->event.occurred_at_us,
                       &eval->arena, &problems, &eval->event);
    buffer_release(&text);
    say_problems(&problems);
    if (status == STATUS_INVALID) return OUTCOME_FAILED;
    if (status != STATUS_OK) return failed(status);
    struct text name = scope_name(&eval->event);
    if (text_is_empty(name)) {
        say("%s: expressions are asked of a purchase, a quote, a join or an event of the "
            "programme's own, and this is another",
            path);
        return OUTCOME_FAILED;
    }
    if (eval->values->on != NULL && !text_equal(text_of(eval->values->on), name)) {
        say("--on %s: the event is a %.*s; leave --on out", eval->values->on, TEXT_ARGUMENTS(name));
        return OUTCOME_FAILED;
    }
    if (!find_scope(eval->program, name, &eval->scope)) return unknown_event(eval, name);
    return OUTCOME_DONE;
}

static enum outcome read_member(struct eval *eval)
{
    const char *path = eval->values->member;
    struct problem_list problems;
    struct buffer text;
    problem_list_init(&problems, &eval->arena);
    if (read_file(path, INPUT_TEXT_MAXIMUM, &text) != STATUS_OK) return OUTCOME_FAILED;
    enum status status = api_read_member(eval->program, text_of(path), buffer_text(&text),
                                         &eval->arena, &problems, &eval->member);
    buffer_release(&text);
    say_problems(&problems);
    if (status == STATUS_INVALID) return OUTCOME_FAILED;
    return status == STATUS_OK ? OUTCOME_DONE : failed(status);
}

static enum outcome check_member(struct eval *eval)
{
    struct text of_event = eval->event.member;
    if (text_is_empty(eval->member.id)) {
        eval->member.id = of_event;
    } else if (!text_is_empty(of_event) && !text_equal(of_event, eval->member.id)) {
        say("the event is of member '%.*s', and %s describes '%.*s'", TEXT_ARGUMENTS(of_event),
            eval->values->member, TEXT_ARGUMENTS(eval->member.id));
        return OUTCOME_FAILED;
    }
    return OUTCOME_DONE;
}

static enum outcome read_time(struct eval *eval)
{
    const char *at = eval->values->at;
    int64_t at_us;
    if (at == NULL) return OUTCOME_DONE;
    if (instant_parse(eval->program->zone, text_of(at), &at_us) != STATUS_OK) {
        say("--at: '%s' is no time: write it as 2027-03-05T17:30, or 2027-03-05T17:30:00Z", at);
        return OUTCOME_FAILED;
    }
    eval->event.occurred_at_us = at_us;
    return OUTCOME_DONE;
}

static enum outcome read_inputs(struct eval *eval)
{
    const struct eval_values *values = eval->values;
    struct text on = text_of(values->on == NULL ? "purchase" : values->on);
    enum outcome outcome = load_program(eval);
    if (outcome != OUTCOME_DONE) return outcome;
    eval->event = (struct event){.type = EVENT_PURCHASE, .occurred_at_us = data_now_us()};
    eval->member = (struct member_sketch){.joined_at_us = INSTANT_NEVER};
    if (values->event != NULL) {
        outcome = read_event(eval);
    } else if (!find_scope(eval->program, on, &eval->scope)) {
        outcome = unknown_event(eval, on);
    }
    if (outcome == OUTCOME_DONE && values->member != NULL) outcome = read_member(eval);
    if (outcome == OUTCOME_DONE) outcome = check_member(eval);
    return outcome == OUTCOME_DONE ? read_time(eval) : outcome;
}

/* ---- what it comes to ---- */

static enum status evaluate(struct eval *eval, uint32_t item)
{
    struct cel_value value;
    struct buffer why;
    const struct trial trial = {
        .program = eval->evaluated.tried.program,
        .expression = eval->evaluated.tried.expression,
        .event = &eval->event,
        .has_happened = eval->evaluated.has_event,
        .item = item,
        .member = &eval->member,
    };
    states_clear(&eval->states);
    buffer_init(&why, EVAL_WHY_MAXIMUM_BYTES);
    enum status status = engine_try_expression(&eval->states, &trial, &value, &why);
    if (status == STATUS_OK)
        status = eval_add_value(&eval->evaluated, item, value, buffer_text(&why), &eval->out);
    buffer_release(&why);
    return status;
}

/* Once; of an expression that names `item`, once for each. */
static enum status evaluate_all(struct eval *eval)
{
    const struct cel_expression *expression = eval->evaluated.tried.expression;
    TRY(eval_begin(&eval->evaluated, &eval->out));
    if (expression != NULL) {
        bool is_of_items = cel_expression_uses(expression, SLOT_ITEM) && eval->event.item_count > 0;
        TRY(states_init(&eval->states, STATES_BYTES_MAXIMUM));
        enum status status = STATUS_OK;
        uint32_t count = is_of_items ? eval->event.item_count : 1;
        for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
            status = evaluate(eval, is_of_items ? i : PROGRAM_NONE);
        states_release(&eval->states);
        TRY(status);
    }
    return eval_end(&eval->evaluated, &eval->out);
}

static enum outcome print_value(struct eval *eval, struct text source)
{
    struct evaluated *evaluated = &eval->evaluated;
    evaluated->source = source;
    evaluated->items = eval->event.items;
    evaluated->has_event = eval->values->event != NULL;
    evaluated->with_type = eval->values->types;
    evaluated->is_json = eval->values->json;
    enum status status =
        program_try_expression(&eval->arena, eval->program, eval->scope, source, &evaluated->tried);
    if (status == STATUS_OK) status = evaluate_all(eval);
    if (status == STATUS_INVALID) {
        say("%s: this event would be refused", eval->values->event);
        return OUTCOME_FAILED;
    }
    if (status != STATUS_OK) return failed(status);
    enum outcome outcome = print(buffer_text(&eval->out));
    return evaluated->has_failed ? OUTCOME_FAILED : outcome;
}

static enum outcome print_types(struct eval *eval)
{
    enum status status = program_print_names(&eval->arena, eval->program, eval->scope, &eval->out);
    return status == STATUS_OK ? print(buffer_text(&eval->out)) : failed(status);
}

static enum outcome run_eval(const void *values, const char *const *operands, size_t operand_count)
{
    struct eval eval = {.values = values};
    if (operand_count > 1)
        return usage_error(&verb_eval, "eval takes one expression; put it in quotes");
    if (operand_count == 0 && !eval.values->types)
        return usage_error(&verb_eval, "eval needs an expression, or --types");
    if (operand_count == 0 && eval.values->json)
        return usage_error(&verb_eval, "--json goes with an expression");
    arena_init(&eval.arena, INPUT_ARENA_BYTES_MAXIMUM);
    buffer_init(&eval.out, OUT_BYTES_MAXIMUM);
    enum outcome outcome = read_inputs(&eval);
    if (outcome == OUTCOME_DONE)
        outcome =
            operand_count == 0 ? print_types(&eval) : print_value(&eval, text_of(operands[0]));
    buffer_release(&eval.out);
    arena_release(&eval.arena);
    return outcome;
}

const struct verb verb_eval = {
    .name = "eval",
    .operands = "[EXPR] [OPTION...]",
    .summary = "try an expression out, without a server",
    .details =
        "Prints what an expression comes to, as the expression language writes it. A condition\n"
        "that is false is followed by the part that made it so, with its values; one that names\n"
        "`item` is asked of each line of the order. A mistake in the expression, or an error in\n"
        "working it out, is shown with its place, and the exit code is 1.\n\n"
        "The expression may name all that a rule may: see docs/rules.md, and --types. Segments\n"
        "are worked out; amounts of the order are those before rewards take something off.",
    .examples =
        "  guerdon eval \"'abc'.size() * 2\"\n"
        "  guerdon eval --types --program my-programme.yaml\n"
        "  guerdon eval \"order.eligible >= 50.00 && member.tiers.club.atLeast('vib')\" \\\n"
        "      --program my-programme.yaml --event order.json --member member.json\n",
    .options = eval_options,
    .option_count = sizeof eval_options / sizeof eval_options[0],
    .run = run_eval,
};
