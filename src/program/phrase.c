/* Phrases, word by word.
 *
 * It must never guess: an amount without a unit, a week that could be a calendar week or seven
 * days, or a number with grouping is refused with both ways to write it.
 */
#include "program/phrase.h"

struct phrase phrase_of(struct compiler *compiler, const struct node *scalar)
{
    return (struct phrase){.compiler = compiler, .node = scalar};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next word, and the offset of its first byte. */
static struct text next_word(const struct phrase *phrase, size_t *start)
{
    struct text text = phrase->node->text;
    size_t from = phrase->at;
    while (from < text.length && is_blank(text.bytes[from]))
        from++;
    *start = from;
    size_t to = from;
    if (to < text.length && text.bytes[to] == ',') return (struct text){text.bytes + from, 1};
    while (to < text.length && !is_blank(text.bytes[to])) {
        bool is_comma = text.bytes[to] == ',';
        bool is_grouping = is_comma && is_digit(text.bytes[to - 1]) && to + 1 < text.length &&
                           is_digit(text.bytes[to + 1]);
        if (is_comma && !is_grouping) break;
        to++;
    }
    return (struct text){text.bytes + from, to - from};
}

struct text phrase_peek(struct phrase *phrase)
{
    size_t start;
    return next_word(phrase, &start);
}

struct text phrase_word(struct phrase *phrase)
{
    size_t start;
    struct text word = next_word(phrase, &start);
    if (!phrase->has_failed) phrase->at = start + word.length;
    return word;
}

bool phrase_take(struct phrase *phrase, const char *word)
{
    if (phrase->has_failed || !text_equal(phrase_peek(phrase), text_of(word))) return false;
    (void)phrase_word(phrase);
    return true;
}

bool phrase_take_noun(struct phrase *phrase, const char *noun)
{
    struct text word = phrase_peek(phrase);
    if (word.length > 0 && word.bytes[word.length - 1] == 's') word.length--;
    if (phrase->has_failed || !text_equal(word, text_of(noun))) return false;
    (void)phrase_word(phrase);
    return true;
}

bool phrase_give_up(struct phrase *phrase)
{
    phrase->has_failed = true;
    return false;
}

bool phrase_fail(struct phrase *phrase, const char *format, ...)
{
    if (phrase->has_failed) return false;
    phrase->has_failed = true;
    size_t start;
    (void)next_word(phrase, &start);
    va_list arguments;
    va_start(arguments, format);
    struct buffer message;
    buffer_init(&message, 4096);
    if (buffer_add_arguments(&message, format, arguments) == STATUS_OK)
        complain(phrase->compiler, tree_place(phrase->node, start), "%.*s",
                 TEXT_ARGUMENTS(buffer_text(&message)));
    else
        complain(phrase->compiler, tree_place(phrase->node, start), "this cannot be read");
    va_end(arguments);
    buffer_release(&message);
    return false;
}

bool phrase_misfit(struct phrase *phrase, const char *right)
{
    struct text word = phrase_peek(phrase);
    if (word.length == 0) return phrase_fail(phrase, "something is missing here; write %s", right);
    return phrase_fail(phrase, "\"%.*s\" does not fit here; write %s",
                       SHOWN(phrase->compiler, word), right);
}

bool phrase_end(struct phrase *phrase, const char *right)
{
    if (phrase_peek(phrase).length > 0) return phrase_misfit(phrase, right);
    return !phrase->has_failed;
}

/* Behind the text literal that begins at `at`, or the end. */
static size_t skip_literal(struct text text, size_t at)
{
    char quote = text.bytes[at++];
    while (at < text.length && text.bytes[at] != quote)
        at += text.bytes[at] == '\\' ? 2 : 1;
    return at;
}

bool phrase_expression(struct phrase *phrase, struct text *expression, size_t *offset)
{
    struct text text = phrase->node->text;
    size_t at;
    if (phrase->has_failed || next_word(phrase, &at).length == 0 || text.bytes[at] != '(')
        return false;
    size_t begin = at + 1;
    for (int depth = 0; at < text.length; at++) {
        char c = text.bytes[at];
        if (c == '\'' || c == '"') at = skip_literal(text, at);
        if (c == '(' || c == '[' || c == '{') depth++;
        if (c == ')' || c == ']' || c == '}') depth--;
        if (depth > 0) continue;
        phrase->at = at + 1;
        phrase->number_at = begin;
        *expression = (struct text){text.bytes + begin, at - begin};
        *offset = begin;
        return true;
    }
    return phrase_fail(phrase, "this parenthesis is not closed; write \")\" behind the expression");
}

bool phrase_number(struct phrase *phrase, struct decimal *number)
{
    struct text word = phrase_peek(phrase);
    struct compiler *compiler = phrase->compiler;
    if (word.length == 0)
        return phrase_fail(phrase, "a number is missing here, such as \"1\" or \"10.00\"");
    if (word.bytes[0] == '-' || word.bytes[0] == '+')
        return phrase_fail(phrase, "\"%.*s\" has a sign; write the number without one",
                           SHOWN(compiler, word));
    if (is_digit(word.bytes[0]) && memchr(word.bytes, ',', word.length) != NULL)
        return phrase_fail(phrase,
                           "\"%.*s\" has a comma; write numbers without grouping and with a point "
                           "before decimals, such as \"1000.50\"",
                           SHOWN(compiler, word));
    struct decimal read;
    enum status status = decimal_parse(word, &read);
    if (status == STATUS_OVERFLOW)
        return phrase_fail(phrase, "\"%.*s\" is too large or too exact a number",
                           SHOWN(compiler, word));
    if (status != STATUS_OK)
        return phrase_fail(phrase, "\"%.*s\" is no number; write one such as \"1\" or \"10.00\"",
                           SHOWN(compiler, word));
    (void)next_word(phrase, &phrase->number_at);
    (void)phrase_word(phrase);
    *number = read;
    return !phrase->has_failed;
}

bool phrase_fit(struct phrase *phrase, struct decimal number, int32_t decimals, struct text unit,
                int64_t *amount)
{
    if (phrase->has_failed) return false;
    int64_t fitted;
    if (decimal_rescale(decimal_normalise(number), decimals, &fitted) == STATUS_OK) {
        *amount = fitted;
        return true;
    }
    phrase->at = phrase->number_at;
    if (decimal_normalise(number).scale <= decimals)
        return phrase_fail(phrase, "this amount of %.*s is too large", TEXT_ARGUMENTS(unit));
    if (decimals == 0)
        return phrase_fail(phrase, "%.*s has no decimals; write a whole number",
                           TEXT_ARGUMENTS(unit));
    return phrase_fail(phrase, "%.*s has %d decimal%s at most; this amount has more",
                       TEXT_ARGUMENTS(unit), (int)decimals, decimals == 1 ? "" : "s");
}

/* True if `name` stands at the phrase's next word and ends there; letters without case. */
static bool stands_here(const struct phrase *phrase, size_t start, struct text name)
{
    struct text text = phrase->node->text;
    if (name.length == 0 || text.length - start < name.length) return false;
    if (!text_equal_ignoring_case((struct text){text.bytes + start, name.length}, name))
        return false;
    if (start + name.length == text.length) return true;
    char next = text.bytes[start + name.length];
    return is_blank(next) || next == ',';
}

static bool fail_at_unit(struct phrase *phrase, struct text word)
{
    struct compiler *compiler = phrase->compiler;
    int32_t decimals;
    if (compiler->unit_count == 0) return phrase_give_up(phrase); /* there is no wallet at all */
    struct text right = compiler->units[0].name;
    if (word.length == 0 || text_equal(word, TEXT("per")))
        return phrase_fail(phrase, "a number needs its unit, such as \"100 %.*s\"",
                           SHOWN(compiler, right));
    if (currency_decimals(word, &decimals) == STATUS_OK)
        return phrase_fail(phrase, "\"%.*s\" is money; here points are meant, such as \"100 %.*s\"",
                           SHOWN(compiler, word), SHOWN(compiler, right));
    struct text names[NEAREST_MAXIMUM];
    uint32_t count = 0;
    for (; count < compiler->unit_count && count < NEAREST_MAXIMUM; count++)
        names[count] = compiler->units[count].name;
    int nearest = nearest_of(compiler, word, names, count);
    if (nearest >= 0)
        return phrase_fail(phrase, "no wallet is called \"%.*s\"; did you mean \"%.*s\"?",
                           SHOWN(compiler, word), SHOWN(compiler, names[nearest]));
    return phrase_fail(phrase,
                       "no wallet is called \"%.*s\"; write a wallet's id or name, such as "
                       "\"100 %.*s\"",
                       SHOWN(compiler, word), SHOWN(compiler, right));
}

bool phrase_wallet(struct phrase *phrase, uint32_t *wallet)
{
    const struct compiler *compiler = phrase->compiler;
    size_t start;
    struct text word = next_word(phrase, &start);
    const struct unit *longest = NULL;
    for (uint32_t i = 0; i < compiler->unit_count; i++) {
        const struct unit *unit = &compiler->units[i];
        if (stands_here(phrase, start, unit->name) &&
            (longest == NULL || unit->name.length > longest->name.length))
            longest = unit;
    }
    if (longest == NULL) return fail_at_unit(phrase, word);
    if (phrase->has_failed) return false;
    phrase->at = start + longest->name.length;
    *wallet = longest->wallet;
    return true;
}

bool phrase_points(struct phrase *phrase, uint32_t *wallet, int64_t *amount)
{
    struct decimal number = {0, 0};
    uint32_t found = 0;
    if (!phrase_number(phrase, &number) || !phrase_wallet(phrase, &found)) return false;
    const struct wallet *of = &phrase->compiler->program->wallets[found];
    if (!phrase_fit(phrase, number, of->decimals, of->id, amount)) return false;
    *wallet = found;
    return true;
}

static struct text first_currency(const struct program *program)
{
    return program->currency_count == 0 ? TEXT("USD") : program->currencies[0].code;
}

bool phrase_currency(struct phrase *phrase, uint32_t *currency)
{
    struct compiler *compiler = phrase->compiler;
    struct text word = phrase_peek(phrase);
    struct text right = first_currency(compiler->program);
    if (word.length == 0 || text_equal(word, TEXT("of")) || text_equal(word, TEXT("rounded")))
        return phrase_fail(phrase, "an amount needs its unit, such as \"10 %.*s\"",
                           SHOWN(compiler, right));
    uint32_t found = find_currency(compiler->program, word);
    int32_t decimals;
    if (compiler->program->currency_count == 0) return phrase_give_up(phrase);
    if (found == PROGRAM_NONE && currency_decimals(word, &decimals) == STATUS_OK)
        return phrase_fail(phrase,
                           "the programme has no currency %.*s; use %.*s, or name it under "
                           "\"currencies\"",
                           TEXT_ARGUMENTS(word), SHOWN(compiler, right));
    if (found == PROGRAM_NONE)
        return phrase_fail(phrase,
                           "\"%.*s\" is no currency of the programme; write one such as "
                           "\"10 %.*s\"",
                           SHOWN(compiler, word), SHOWN(compiler, right));
    (void)phrase_word(phrase);
    *currency = found;
    return !phrase->has_failed;
}

bool phrase_money(struct phrase *phrase, uint32_t *currency, int64_t *amount)
{
    struct decimal number = {0, 0};
    uint32_t found = 0;
    if (!phrase_number(phrase, &number) || !phrase_currency(phrase, &found)) return false;
    const struct currency *of = &phrase->compiler->program->currencies[found];
    if (!phrase_fit(phrase, number, of->decimals, of->code, amount)) return false;
    *currency = found;
    return true;
}

bool phrase_unit(struct phrase *phrase, enum period_unit *unit)
{
    static const char *const nouns[] = {"day", "week", "month", "quarter", "year"};
    for (size_t i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
        if (!phrase_take_noun(phrase, nouns[i])) continue;
        *unit = (enum period_unit)i;
        return true;
    }
    return false;
}

bool phrase_span(struct phrase *phrase, struct span *span)
{
    struct decimal number = {0, 0};
    enum period_unit unit = PERIOD_DAY;
    size_t start = phrase->at;
    if (phrase_peek(phrase).length == 0)
        return phrase_misfit(phrase, "a length of time, such as \"30 days\"");
    if (!phrase_number(phrase, &number)) return false;
    if (!phrase_unit(phrase, &unit))
        return phrase_fail(phrase, "a length of time needs its unit, such as \"14 days\" or "
                                   "\"12 months\"");
    if (number.scale != 0 || number.coefficient < 1 || number.coefficient > 100000) {
        phrase->at = start;
        return phrase_fail(phrase, "a length of time is a whole number from 1 to 100000");
    }
    *span = (struct span){(int32_t)number.coefficient, unit};
    return true;
}

static bool fail_at_window(struct phrase *phrase)
{
    static const char *const names[] = {"day", "week", "month", "quarter", "year"};
    static const int days[] = {1, 7, 30, 91, 365};
    size_t at = phrase->at;
    enum period_unit unit;
    if (!phrase_unit(phrase, &unit))
        return phrase_misfit(phrase,
                             "a window of time: \"calendar year\" (or quarter, month, week, "
                             "day), \"365 days\", \"membership year\" or \"lifetime\"");
    phrase->at = at;
    return phrase_fail(phrase, "a %s can be two things; write \"calendar %s\" or \"%d day%s\"",
                       names[unit], names[unit], days[unit], days[unit] == 1 ? "" : "s");
}

static bool rolling_window(struct phrase *phrase, struct window *window)
{
    struct span span = {0, PERIOD_DAY};
    size_t start = phrase->at;
    if (!phrase_span(phrase, &span)) return false;
    phrase->at = start;
    int32_t days = span.unit == PERIOD_WEEK ? 7 * span.count : span.count;
    if (span.unit != PERIOD_DAY && span.unit != PERIOD_WEEK)
        return phrase_fail(phrase, "a rolling window is counted in days; write \"365 days\", or "
                                   "\"calendar year\"");
    if (days > 3660)
        return phrase_fail(phrase, "a rolling window is at most 3660 days; write \"lifetime\" for "
                                   "everything");
    (void)phrase_word(phrase);
    (void)phrase_word(phrase);
    *window = (struct window){.kind = WINDOW_ROLLING, .days = days};
    return true;
}

bool phrase_window(struct phrase *phrase, bool day_alone, struct window *window)
{
    struct window read = {.kind = WINDOW_LIFETIME};
    struct text word = phrase_peek(phrase);
    if (phrase_take(phrase, "calendar")) {
        read.kind = WINDOW_CALENDAR;
        if (!phrase_unit(phrase, &read.unit))
            return phrase_misfit(phrase, "\"calendar year\", quarter, month, week or day");
    } else if (phrase_take(phrase, "membership")) {
        read.kind = WINDOW_MEMBERSHIP_YEAR;
        if (!phrase_take(phrase, "year")) return phrase_misfit(phrase, "\"membership year\"");
    } else if (day_alone && phrase_take(phrase, "day")) {
        read = (struct window){.kind = WINDOW_CALENDAR, .unit = PERIOD_DAY};
    } else if (word.length > 0 && is_digit(word.bytes[0])) {
        if (!rolling_window(phrase, &read)) return false;
    } else if (!phrase_take(phrase, "lifetime")) {
        return fail_at_window(phrase);
    }
    *window = read;
    return !phrase->has_failed;
}

#define ROUNDING_TEXT                                                                              \
    "\"rounded down\", \"rounded up\", \"rounded half up\" or \"rounded half even\""

bool phrase_rounding(struct phrase *phrase, enum rounding *rounding)
{
    bool has_comma = phrase_take(phrase, ",");
    if (!phrase_take(phrase, "rounded"))
        return has_comma ? phrase_misfit(phrase, ROUNDING_TEXT) : !phrase->has_failed;
    if (phrase_take(phrase, "down")) {
        *rounding = ROUNDING_DOWN;
    } else if (phrase_take(phrase, "up")) {
        *rounding = ROUNDING_UP;
    } else if (phrase_take(phrase, "half")) {
        bool is_up = phrase_take(phrase, "up");
        if (!is_up && !phrase_take(phrase, "even"))
            return phrase_misfit(phrase, "\"rounded half up\" or \"rounded half even\"");
        *rounding = is_up ? ROUNDING_HALF_UP : ROUNDING_HALF_EVEN;
    } else {
        return phrase_misfit(phrase, ROUNDING_TEXT);
    }
    return !phrase->has_failed;
}

bool read_money(struct compiler *compiler, const struct node *map, const char *key,
                uint32_t *currency, int64_t *amount)
{
    const struct node *scalar = tree_scalar(map, key);
    if (scalar == NULL) return false;
    struct phrase phrase = phrase_of(compiler, scalar);
    uint32_t found = 0;
    int64_t read = 0;
    if (!phrase_money(&phrase, &found, &read)) return false;
    if (!phrase_end(&phrase, "an amount such as \"10.00 USD\"")) return false;
    *currency = found;
    *amount = read;
    return true;
}
