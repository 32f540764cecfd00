/* Wallets: names and units, expiry, pending, what a return does.
 *
 * A unit is what may stand behind a number of points: the wallet's id, the id without a final s,
 * each of its names, and "point" and "points" when the programme has one wallet. Two wallets that
 * share a unit are a mistake, because "100 points" would not say which.
 */
#include "program/compile.h"
#include "program/compile_expression.h"
#include "program/phrase.h"

#define LANGUAGE_MAXIMUM 40u

static void add_unit(struct compiler *compiler, struct text name, uint32_t wallet,
                     struct position position)
{
    if (name.length == 0) return;
    for (uint32_t i = 0; i < compiler->unit_count; i++) {
        const struct unit *unit = &compiler->units[i];
        if (!text_equal_ignoring_case(unit->name, name)) continue;
        if (unit->wallet != wallet)
            complain(compiler, position,
                     "\"%.*s\" already names the wallet \"%.*s\"; give the two different names",
                     SHOWN(compiler, name),
                     SHOWN(compiler, compiler->program->wallets[unit->wallet].id));
        return;
    }
    struct unit *grown = compile_grow(compiler, compiler->units, compiler->unit_count,
                                      &compiler->unit_capacity, sizeof(struct unit));
    if (grown == NULL) return;
    compiler->units = grown;
    compiler->units[compiler->unit_count++] = (struct unit){name, wallet};
}

static void compile_names(struct compiler *compiler, const struct node *map, uint32_t index)
{
    struct wallet *wallet = &compiler->program->wallets[index];
    if (map == NULL) return;
    if (map->count > LANGUAGE_MAXIMUM) {
        complain(compiler, map->position,
                 "a wallet has names in at most %u languages; these are %u", LANGUAGE_MAXIMUM,
                 map->count);
        return;
    }
    wallet->names = COMPILE_ARRAY(compiler, struct wallet_name, map->count);
    if (wallet->names == NULL) return;
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next) {
        struct wallet_name *name = &wallet->names[wallet->name_count++];
        name->language = entry->key;
        name->one = compile_text(&entry->value, "one", TEXT(""));
        name->other = compile_text(&entry->value, "other", TEXT(""));
        add_unit(compiler, name->one, index, entry->position);
        add_unit(compiler, name->other, index, entry->position);
    }
}

static bool read_period_end(struct compiler *compiler, const struct node *scalar,
                            enum period_end *end)
{
    struct phrase phrase = phrase_of(compiler, scalar);
    enum period_unit unit;
    const char *right = "\"end of month\" (or day, week, quarter, year)";
    if (!phrase_take(&phrase, "end") || !phrase_take(&phrase, "of"))
        return phrase_misfit(&phrase, right);
    (void)phrase_take(&phrase, "calendar");
    if (!phrase_unit(&phrase, &unit)) return phrase_misfit(&phrase, right);
    *end = (enum period_end)((int)unit + 1);
    return phrase_end(&phrase, right);
}

static void renew_by(struct compiler *compiler, const struct node *scalar, struct expiry *expiry)
{
    enum trigger on;
    uint32_t event;
    if (scalar->kind != NODE_SCALAR || scalar->is_null) return;
    if (!find_trigger(compiler, scalar, &on, &event)) return;
    expiry->is_renewed = true;
    expiry->renewed_by[on] = true;
    if (on != TRIGGER_CUSTOM) return;
    if (expiry->renewed_by_event == NULL)
        expiry->renewed_by_event = COMPILE_ARRAY(compiler, bool, compiler->program->event_count);
    if (expiry->renewed_by_event != NULL) expiry->renewed_by_event[event] = true;
}

static void compile_renewal(struct compiler *compiler, const struct node *map,
                            struct expiry *expiry)
{
    const struct node *renewed = tree_value(map, "renewed_by");
    if (renewed == NULL) return;
    renew_by(compiler, renewed, expiry);
    for (const struct entry *item = renewed->first; renewed->kind == NODE_LIST && item != NULL;
         item = item->next)
        renew_by(compiler, &item->value, expiry);
}

static void compile_expiry_phrase(struct compiler *compiler, const struct node *scalar,
                                  struct expiry *expiry)
{
    struct expiry read = {.given = true};
    if (text_equal(scalar->text, TEXT("never"))) {
        *expiry = (struct expiry){.given = false};
    } else if (text_starts_with(scalar->text, TEXT("end "))) {
        if (read_period_end(compiler, scalar, &read.on)) *expiry = read;
    } else if (span_parse(scalar->text, &read.after) == STATUS_OK) {
        *expiry = read;
    } else {
        complain(compiler, scalar->position,
                 "\"expires\" cannot be \"%.*s\"; write a length of time such as \"12 months\", "
                 "\"never\", or {after: 12 months, on: end of month}",
                 SHOWN(compiler, scalar->text));
    }
}

void compile_expires(struct compiler *compiler, const struct node *owner, struct expiry *expiry)
{
    const struct entry *entry = tree_entry(owner, "expires");
    const struct node *scalar = tree_scalar(owner, "expires");
    const struct node *map = tree_map(owner, "expires");
    if (scalar != NULL) compile_expiry_phrase(compiler, scalar, expiry);
    if (map == NULL) return;
    struct expiry read = {.given = true};
    const struct node *on = tree_scalar(map, "on");
    (void)compile_span(map, "after", &read.after);
    if (on != NULL) (void)read_period_end(compiler, on, &read.on);
    compile_renewal(compiler, map, &read);
    if (map->count > 0 && tree_entry(map, "after") == NULL && tree_entry(map, "on") == NULL)
        complain(compiler, entry->position,
                 "\"expires\" does not say when; add \"after: 12 months\" or \"on: end of year\"");
    *expiry = read;
}

/* `until:` is a milestone's name, or a length of time. */
static void compile_until(struct compiler *compiler, const struct node *scalar,
                          struct pending *pending)
{
    struct text text = scalar->text;
    if (span_parse(text, &pending->at_latest) == STATUS_OK) {
        pending->has_at_latest = true;
        return;
    }
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
        if (is_word && (i > 0 || c < '0' || c > '9')) continue;
        complain(compiler, scalar->position,
                 "\"%.*s\" is neither a milestone nor a length of time; write one word such as "
                 "\"delivered\", or \"14 days\"",
                 SHOWN(compiler, text));
        return;
    }
    pending->until = text;
}

static void compile_pending_map(struct compiler *compiler, const struct node *map,
                                struct pending *pending)
{
    static const char *const spans[] = {"at_latest", "for"};
    const struct node *until = tree_scalar(map, "until");
    if (until != NULL) compile_until(compiler, until, pending);
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        const struct entry *entry = tree_entry(map, spans[i]);
        if (entry == NULL) continue;
        if (pending->has_at_latest || (i == 1 && pending->until.length > 0))
            complain(compiler, entry->position,
                     "\"pending\" says twice how long; keep one of \"until\", \"at_latest\" and "
                     "\"for\", or a milestone with \"at_latest\"");
        if (compile_span(map, spans[i], &pending->at_latest)) pending->has_at_latest = true;
    }
}

void compile_pending(struct compiler *compiler, const struct node *owner, struct pending *pending)
{
    const struct node *scalar = tree_scalar(owner, "pending");
    const struct node *map = tree_map(owner, "pending");
    struct pending read = {.given = true, .until = TEXT("")};
    if (map != NULL) {
        compile_pending_map(compiler, map, &read);
        *pending = read;
    } else if (scalar != NULL && text_equal(scalar->text, TEXT("none"))) {
        *pending = (struct pending){.given = false, .until = TEXT("")};
    } else if (scalar != NULL) {
        if (span_parse(scalar->text, &read.at_latest) == STATUS_OK) {
            read.has_at_latest = true;
            *pending = read;
            return;
        }
        complain(compiler, scalar->position,
                 "\"pending\" cannot be \"%.*s\"; write a length of time such as \"14 days\", "
                 "\"none\", or {until: delivered, at_latest: 14 days}",
                 SHOWN(compiler, scalar->text));
    }
}

static void compile_wallet_return(struct compiler *compiler, const struct node *map,
                                  struct wallet *wallet)
{
    wallet->earned_but_spent = (enum earned_but_spent)compile_choice(
        map, "earned_but_spent", "to zero|below zero|only pending|write off", SPENT_TO_ZERO);
    const struct node *scalar = tree_scalar(map, "spent_lot_expired");
    if (scalar == NULL || text_equal(scalar->text, TEXT("stay expired"))) return;
    struct phrase phrase = phrase_of(compiler, scalar);
    if (!phrase_take(&phrase, "live")) {
        (void)phrase_fail(&phrase,
                          "\"spent_lot_expired\" cannot be \"%.*s\"; write \"stay expired\" "
                          "or \"live 30 days\"",
                          SHOWN(compiler, scalar->text));
        return;
    }
    struct span span;
    if (phrase_span(&phrase, &span) && phrase_end(&phrase, "\"live 30 days\"")) {
        wallet->expired_lives_again = true;
        wallet->live_again_for = span;
    }
}

static void compile_liability(struct compiler *compiler, const struct node *map,
                              struct wallet *wallet)
{
    const struct node *scalar = tree_scalar(map, "liability");
    if (scalar == NULL) return;
    struct phrase phrase = phrase_of(compiler, scalar);
    struct decimal number;
    uint32_t currency;
    if (!phrase_number(&phrase, &number) || !phrase_currency(&phrase, &currency)) return;
    if (!phrase_end(&phrase, "an amount such as \"0.02 USD\"")) return;
    wallet->has_liability = true;
    wallet->liability = decimal_normalise(number);
    wallet->liability_currency = currency;
}

static void compile_wallet(struct compiler *compiler, const struct entry *entry, uint32_t index)
{
    struct wallet *wallet = &compiler->program->wallets[index];
    const struct node *map = &entry->value;
    wallet->id = entry->key;
    wallet->symbol =
        compile_symbol(compiler, entry->position, "wallet/%.*s", TEXT_ARGUMENTS(entry->key));
    int64_t decimals = compile_whole(map, "decimals", 0);
    wallet->decimals = decimals < 0 || decimals > 6 ? 0 : (int32_t)decimals;
    wallet->pending.until = TEXT("");
    add_unit(compiler, wallet->id, index, entry->position);
    if (text_ends_with(wallet->id, TEXT("s")))
        add_unit(compiler, (struct text){wallet->id.bytes, wallet->id.length - 1}, index,
                 entry->position);
    compile_names(compiler, tree_map(map, "names"), index);
    compile_expires(compiler, map, &wallet->expires);
    compile_pending(compiler, map, &wallet->pending);
    compile_wallet_return(compiler, tree_map(map, "on_return"), wallet);
    compile_liability(compiler, map, wallet);
}

void compile_wallets(struct compiler *compiler)
{
    struct program *program = compiler->program;
    uint32_t count = compile_count(compiler, "wallets", PROGRAM_WALLET_MAXIMUM);
    program->wallets = COMPILE_ARRAY(compiler, struct wallet, count);
    if (program->wallets == NULL) return;
    const struct node *map = tree_map(compiler->root, "wallets");
    program->wallet_count = count;
    uint32_t index = 0;
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        compile_wallet(compiler, entry, index++);
    if (count != 1 || map->first == NULL) return;
    add_unit(compiler, TEXT("points"), 0, map->first->position);
    add_unit(compiler, TEXT("point"), 0, map->first->position);
}
