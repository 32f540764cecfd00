/* The verb explain: why a member has what it has, for people.
 *
 * The balance is told as the sum of its lots, in the order in which they are spent, each with the
 * event, rule, programme version and values that made it. Only reads: a server may be running.
 */
#include "cli/data.h"
#include "service/service.h"

#define ARENA_BYTES ((size_t)1 << 30)
#define OUT_BYTES_MAXIMUM ((size_t)64 << 20)
#define BOOST_DECIMALS 6
#define BOOST_ONE INT64_C(1000000)

struct explain_values {
    const char *data;
    const char *program;
    const char *wallet;
};

static const struct option explain_options[] = {
    {"data", "DIR", "the server's data directory", offsetof(struct explain_values, data)},
    {"program", "ID", "which programme, if there are several",
     offsetof(struct explain_values, program)},
    {"wallet", "W", "this wallet alone", offsetof(struct explain_values, wallet)},
};

struct explaining {
    struct command command; /* first: run gets it back */
    struct text member;
    struct text wallet; /* empty: all */
    const struct program *program;
    struct turn *turn;
    struct states *states;
    struct arena arena;
    struct buffer out;
    struct buffer complaint;
};

/* ---- words ---- */

static enum status add_amount(struct explaining *explaining, int64_t amount, int32_t decimals)
{
    char text[AMOUNT_GROUPED_TEXT_MAXIMUM];
    return buffer_add(&explaining->out, amount_format_grouped(amount, decimals, text));
}

/* "2027-03-31 12:00": in the programme's zone, the time only if it is not midnight. */
static enum status add_instant(struct explaining *explaining, int64_t instant_us)
{
    char day[INSTANT_TEXT_MAXIMUM];
    struct wall_time wall = zone_to_wall(explaining->program->zone, instant_us);
    TRY(buffer_add(&explaining->out, day_format(wall.local_day, day)));
    if (wall.time_of_day_us == 0) return STATUS_OK;
    int64_t minute = wall.time_of_day_us / (60 * MICROSECONDS_PER_SECOND);
    return buffer_add_format(&explaining->out, " %02d:%02d", (int)(minute / 60),
                             (int)(minute % 60));
}

static const struct rule *find_rule(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; i < program->rule_count; i++) {
        if (program->rules[i].symbol == symbol) return &program->rules[i];
    }
    return NULL;
}

/* ---- where a lot came from ---- */

static enum status add_base(struct explaining *explaining, const struct program *program,
                            const struct rule *rule, int64_t base)
{
    const struct currency *currency = &program->currencies[0];
    bool is_money = rule->measure == MEASURE_ELIGIBLE || rule->measure == MEASURE_SUBTOTAL;
    /* With several currencies the record alone does not say which one it was. */
    if (rule->earn != EARN_RATE || (is_money && program->currency_count != 1)) return STATUS_OK;
    TRY(buffer_add(&explaining->out, TEXT(" for ")));
    TRY(add_amount(explaining, base, is_money ? currency->decimals : 0));
    if (!is_money) return STATUS_OK;
    return buffer_add_format(&explaining->out, " %.*s", TEXT_ARGUMENTS(currency->code));
}

static enum status add_values(struct explaining *explaining, const struct program *program,
                              const struct decision *decision, const struct wallet *wallet,
                              uint32_t rule_symbol)
{
    const struct rule *rule = find_rule(program, rule_symbol);
    if (rule == NULL) return STATUS_OK;
    TRY(buffer_add_format(&explaining->out, ", by rule \"%.*s\"", TEXT_ARGUMENTS(rule->id)));
    for (uint32_t i = 0; i < decision->fired_count; i++) {
        const struct fired *fired = &decision->fired[i];
        if (fired->rule_symbol != rule_symbol || fired->wallet != wallet->symbol) continue;
        TRY(buffer_add(&explaining->out, TEXT(": ")));
        TRY(add_amount(explaining, fired->granted, wallet->decimals));
        TRY(add_base(explaining, program, rule, fired->base));
        if (fired->boost == 0 || fired->boost == BOOST_ONE) continue;
        struct decimal boost = decimal_normalise((struct decimal){fired->boost, BOOST_DECIMALS});
        TRY(buffer_add(&explaining->out, TEXT(" times ")));
        TRY(add_amount(explaining, boost.coefficient, boost.scale));
    }
    return STATUS_OK;
}

/* `program`: of the decision's version. */
static enum status add_event(struct explaining *explaining, const struct program *program,
                             const struct decision *decision)
{
    struct event event = {.type = decision->type};
    if (!text_is_empty(decision->event))
        TRY(engine_kept_event(decision, &explaining->arena, &event));
    if (event.type == EVENT_CUSTOM && program != NULL) {
        uint32_t index = program_find_event(program, event.name);
        struct text title = index == PROGRAM_NONE ? event.name : program->events[index].title;
        TRY(buffer_add(&explaining->out, title));
    } else {
        TRY(buffer_add_format(&explaining->out, "%s", event_type_name(decision->type)));
    }
    if (!text_is_empty(event.order))
        TRY(buffer_add_format(&explaining->out, " %.*s", TEXT_ARGUMENTS(event.order)));
    TRY(buffer_add(&explaining->out, TEXT(" on ")));
    TRY(add_instant(explaining, decision->occurred_at_us));
    if (!text_is_empty(decision->reason))
        TRY(buffer_add_format(&explaining->out, ", \"%.*s\"", TEXT_ARGUMENTS(decision->reason)));
    if (!text_is_empty(decision->actor))
        TRY(buffer_add_format(&explaining->out, " by %.*s", TEXT_ARGUMENTS(decision->actor)));
    return STATUS_OK;
}

static enum status add_origin(struct explaining *explaining, const struct wallet *wallet,
                              const struct lot_view *lot)
{
    struct text record;
    struct decision decision;
    enum status status = STATUS_NOT_FOUND;
    if (lot->earning != 0)
        status = turn_record(explaining->turn, lot->earning >> 16, &explaining->arena, &record);
    if (status == STATUS_NOT_FOUND)
        return buffer_add(&explaining->out, TEXT("several, that no return can reach any more"));
    TRY(status);
    TRY(engine_decode(record, &explaining->arena, &decision));
    const struct program *program =
        service_program_numbered(turn_service(explaining->turn), decision.program_version);
    TRY(add_event(explaining, program, &decision));
    if (program != NULL) TRY(add_values(explaining, program, &decision, wallet, lot->rule));
    return buffer_add_format(&explaining->out, " (version %u of the programme, record %llu)",
                             decision.program_version, (unsigned long long)decision.position);
}

/* ---- a wallet ---- */

static enum status add_lot(struct explaining *explaining, const struct wallet *wallet,
                           const struct lot_view *lot)
{
    TRY(buffer_add(&explaining->out, TEXT("    ")));
    TRY(add_amount(explaining, lot->remaining, wallet->decimals));
    if (lot->account == ACCOUNT_PENDING && lot->release_at_us <= INSTANT_LATEST) {
        TRY(buffer_add(&explaining->out, TEXT(" from ")));
        TRY(add_instant(explaining, lot->release_at_us));
    }
    if (lot->expires_at_us <= INSTANT_LATEST) {
        TRY(buffer_add(&explaining->out, TEXT(" until ")));
        TRY(add_instant(explaining, lot->expires_at_us));
    }
    TRY(buffer_add(&explaining->out, TEXT(": ")));
    TRY(add_origin(explaining, wallet, lot));
    return buffer_add(&explaining->out, TEXT("\n"));
}

static enum status add_account(struct explaining *explaining, const struct wallet *wallet,
                               enum account account, int64_t sum)
{
    if (sum == 0) return STATUS_OK;
    TRY(buffer_add(&explaining->out, TEXT("  ")));
    TRY(add_amount(explaining, sum, wallet->decimals));
    TRY(buffer_add_format(&explaining->out, " %s:\n", account_name(account)));
    uint32_t count = member_lot_count(explaining->states, explaining->member);
    for (uint32_t i = 0; i < count; i++) {
        struct lot_view lot;
        TRY(member_lot(explaining->states, explaining->member, i, &lot));
        if (lot.wallet == wallet->symbol && lot.account == account)
            TRY(add_lot(explaining, wallet, &lot));
    }
    return STATUS_OK;
}

static enum status add_wallet(struct explaining *explaining, const struct wallet *wallet)
{
    struct balance balance;
    TRY(member_balance(explaining->states, explaining->member, wallet->symbol, &balance));
    TRY(buffer_add_format(&explaining->out, "%.*s: ", TEXT_ARGUMENTS(wallet->id)));
    TRY(add_amount(explaining, balance.available, wallet->decimals));
    TRY(buffer_add(&explaining->out, TEXT(" to spend")));
    if (balance.debt > 0) {
        TRY(buffer_add(&explaining->out, TEXT(", less a debt of ")));
        TRY(add_amount(explaining, balance.debt, wallet->decimals));
    }
    TRY(buffer_add(&explaining->out, TEXT("\n")));
    TRY(add_account(explaining, wallet, ACCOUNT_AVAILABLE, balance.available));
    TRY(add_account(explaining, wallet, ACCOUNT_PENDING, balance.pending));
    return add_account(explaining, wallet, ACCOUNT_HELD, balance.held);
}

static enum status explain_wallets(struct explaining *explaining)
{
    const struct program *program = explaining->program;
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        const struct wallet *wallet = &program->wallets[i];
        bool is_meant =
            text_is_empty(explaining->wallet) || text_equal(wallet->id, explaining->wallet);
        if (is_meant) TRY(add_wallet(explaining, wallet));
    }
    return STATUS_OK;
}

/* Lots in pages too, so that each is told by itself. */
static enum status load_pages(struct explaining *explaining)
{
    uint32_t added;
    struct states *states = explaining->states;
    TRY(engine_plan_lots(states, explaining->member, &added));
    for (uint32_t i = 0; i < states->count; i++) {
        if (!states->list[i].is_loaded) TRY(store_load(turn_store(explaining->turn), states, i));
    }
    return STATUS_OK;
}

static enum status run_explaining(struct command *command, struct turn *turn)
{
    struct explaining *explaining = (struct explaining *)command;
    int64_t now_us = turn_clock_us(turn);
    struct text asked = explaining->member;
    explaining->turn = turn;
    explaining->program = service_program(turn_service(turn), now_us);
    if (!text_is_empty(explaining->wallet) &&
        program_find_wallet(explaining->program, explaining->wallet) == PROGRAM_NONE) {
        TRY(buffer_add_format(&explaining->complaint, "the programme has no wallet \"%.*s\"\n",
                              TEXT_ARGUMENTS(explaining->wallet)));
        return STATUS_NOT_FOUND;
    }
    enum status status = turn_member(turn, &explaining->member, &explaining->arena,
                                     explaining->program, now_us, &explaining->states);
    if (status == STATUS_NOT_FOUND) {
        TRY(buffer_add_format(&explaining->complaint, "there is no member \"%.*s\"\n",
                              TEXT_ARGUMENTS(asked)));
    }
    TRY(status);
    TRY(load_pages(explaining));
    TRY(buffer_add_format(&explaining->out, "%.*s", TEXT_ARGUMENTS(explaining->member)));
    if (!text_equal(asked, explaining->member))
        TRY(buffer_add_format(&explaining->out, ", whom %.*s was merged into",
                              TEXT_ARGUMENTS(asked)));
    TRY(buffer_add(&explaining->out, TEXT(", as of ")));
    TRY(add_instant(explaining, now_us));
    struct text zone = zone_name(explaining->program->zone);
    TRY(buffer_add_format(&explaining->out, " (%.*s)\n", TEXT_ARGUMENTS(zone)));
    return explain_wallets(explaining);
}

static enum outcome explain(struct explaining *explaining, const char *path)
{
    struct service *service = NULL;
    const struct service_options options = {.store = {.path = path, .is_read_only = true}};
    enum status status = service_open(&options, &explaining->complaint, &service);
    if (status == STATUS_OK) {
        explaining->command =
            (struct command){.run = run_explaining, .weight = 1, .is_read = true, .is_long = true};
        if (service_do(service, &explaining->command) != COMMAND_DONE)
            status = explaining->command.status;
        service_close(service);
    }
    if (status == STATUS_OK) return print(buffer_text(&explaining->out));
    data_complain(path, &explaining->complaint, status);
    return OUTCOME_FAILED;
}

static enum outcome run_explain(const void *values, const char *const *operands,
                                size_t operand_count)
{
    const struct explain_values *given = values;
    struct explaining explaining = {.wallet = TEXT("")};
    char path[DATA_PATH_BYTES];
    if (operand_count != 1) return usage_error(&verb_explain, "explain needs one MEMBER");
    if (given->data == NULL)
        return usage_error(&verb_explain, "explain needs the server's directory: --data DIR");
    if (data_find(given->data, given->program, path) != STATUS_OK) return OUTCOME_FAILED;
    explaining.member = text_of(operands[0]);
    if (given->wallet != NULL) explaining.wallet = text_of(given->wallet);
    arena_init(&explaining.arena, ARENA_BYTES);
    buffer_init(&explaining.out, OUT_BYTES_MAXIMUM);
    buffer_init(&explaining.complaint, OUT_BYTES_MAXIMUM);
    enum outcome outcome = explain(&explaining, path);
    buffer_release(&explaining.complaint);
    buffer_release(&explaining.out);
    arena_release(&explaining.arena);
    return outcome;
}

const struct verb verb_explain = {
    .name = "explain",
    .operands = "--data DIR [--program ID] [--wallet W] MEMBER",
    .summary = "say why a member has what it has",
    .details =
        "Tells each balance as the sum of its lots, in the order in which they are spent:\n"
        "how much is left of it, from when and until when, the event that made it, the rule\n"
        "and the values that it used, the programme's version and where it is recorded.\n"
        "Writes nothing, and may run while a server works on the store.",
    .examples = "  guerdon explain --data /var/lib/guerdon M0007928\n"
                "  guerdon explain --data /var/lib/guerdon --wallet points M0007928\n",
    .options = explain_options,
    .option_count = sizeof explain_options / sizeof explain_options[0],
    .run = run_explain,
};
