/* From text to programme: program_load, and the pieces that every compile_*.c file uses.
 *
 * Method: read the tree; let check.c compare it with the list of keys; then compile section after
 * section, each after those that it names things of (events, wallets, counters, segments, tiers,
 * calculators, campaigns, rules, rewards). Whatever was complained of on the way is sorted by place
 * at the end, and then there is no programme.
 *
 * Invariants: 1. A finished programme holds indexes that exist. 2. Its symbols differ from one
 * another. 3. `*program` is only written when there was nothing to complain of.
 */
#include "program/compile.h"

#include <stdlib.h>

#include "program/compile_expression.h"
#include "program/keys.h"
#include "program/phrase.h"
#include "program/yaml_read.h"

#define SHOWN_MAXIMUM 60u

void complain(struct compiler *compiler, struct position position, const char *format, ...)
{
    struct buffer message;
    buffer_init(&message, 65536);
    va_list arguments;
    va_start(arguments, format);
    enum status status = buffer_add_arguments(&message, format, arguments);
    va_end(arguments);
    if (status == STATUS_OK)
        problem_add(compiler->problems, compiler->file, position, "%.*s",
                    TEXT_ARGUMENTS(buffer_text(&message)));
    else
        problem_add(compiler->problems, compiler->file, position, "something is wrong here");
    buffer_release(&message);
}

struct text shown(struct compiler *compiler, struct text text)
{
    size_t length = text.length;
    if (length > SHOWN_MAXIMUM) {
        length = SHOWN_MAXIMUM;
        while (length > 0 && ((unsigned char)text.bytes[length] & 0xC0u) == 0x80u)
            length--;
    }
    struct text copy = arena_format(compiler->arena, "%.*s%s", (int)length, text.bytes,
                                    length < text.length ? "..." : "");
    if (copy.bytes == NULL) return TEXT("...");
    bool has_control = false;
    for (size_t i = 0; i < copy.length; i++)
        has_control |= (unsigned char)copy.bytes[i] < 0x20;
    if (!has_control) return copy;
    char *bytes = arena_allocate(compiler->arena, copy.length);
    if (bytes == NULL) return TEXT("...");
    for (size_t i = 0; i < copy.length; i++)
        bytes[i] = (unsigned char)copy.bytes[i] < 0x20 ? ' ' : copy.bytes[i];
    return (struct text){bytes, copy.length};
}

int nearest_of(const struct compiler *compiler, struct text wrong, const struct text *candidates,
               size_t count)
{
    if (compiler->problems->count >= PROBLEM_MAXIMUM) return -1;
    return text_nearest(wrong, candidates, count < NEAREST_MAXIMUM ? count : NEAREST_MAXIMUM);
}

void *compile_array(struct compiler *compiler, uint32_t count, size_t size)
{
    if (count == 0) return NULL;
    void *items = arena_allocate_zeroed(compiler->arena, count, size);
    if (items == NULL) compiler->is_out_of_memory = true;
    return items;
}

void *compile_grow(struct compiler *compiler, void *items, uint32_t count, uint32_t *capacity,
                   size_t size)
{
    if (count < *capacity) return items;
    uint32_t larger = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = compile_array(compiler, larger, size);
    if (grown == NULL) return NULL;
    if (count > 0) memcpy(grown, items, count * size);
    *capacity = larger;
    return grown;
}

uint32_t compile_symbol(struct compiler *compiler, struct position position, const char *format,
                        ...)
{
    struct buffer path;
    buffer_init(&path, 1024);
    va_list arguments;
    va_start(arguments, format);
    enum status status = buffer_add_arguments(&path, format, arguments);
    va_end(arguments);
    struct named_symbol *grown =
        compile_grow(compiler, compiler->symbols, compiler->symbol_count,
                     &compiler->symbol_capacity, sizeof(struct named_symbol));
    struct text copy = {NULL, 0};
    if (status == STATUS_OK) copy = arena_copy(compiler->arena, buffer_text(&path));
    buffer_release(&path);
    if (copy.bytes == NULL || grown == NULL) {
        compiler->is_out_of_memory |= status != STATUS_LIMIT;
        return 0;
    }
    compiler->symbols = grown;
    uint32_t symbol = hash_symbol(copy);
    compiler->symbols[compiler->symbol_count++] = (struct named_symbol){symbol, copy, position};
    return symbol;
}

uint32_t compile_count(struct compiler *compiler, const char *key, uint32_t maximum)
{
    const struct node *map = tree_map(compiler->root, key);
    if (map == NULL) return 0;
    if (map->count <= maximum) return map->count;
    complain(compiler, tree_entry(compiler->root, key)->position,
             "\"%s\" holds %u; %u are the most", key, map->count, maximum);
    return 0;
}

int compile_choice(const struct node *map, const char *key, const char *choices, int standard)
{
    const struct node *scalar = tree_scalar(map, key);
    int index = scalar == NULL ? -1 : choice_index(choices, scalar->text);
    return index < 0 ? standard : index;
}

int64_t compile_whole(const struct node *map, const char *key, int64_t standard)
{
    const struct node *scalar = tree_scalar(map, key);
    int64_t number;
    if (scalar == NULL || amount_parse(scalar->text, 0, &number) != STATUS_OK) return standard;
    return number;
}

struct text compile_text(const struct node *map, const char *key, struct text standard)
{
    const struct node *scalar = tree_scalar(map, key);
    return scalar == NULL ? standard : scalar->text;
}

bool compile_span(const struct node *map, const char *key, struct span *span)
{
    const struct node *scalar = tree_scalar(map, key);
    return scalar != NULL && span_parse(scalar->text, span) == STATUS_OK;
}

bool compile_instant(struct compiler *compiler, const struct node *map, const char *key,
                     int64_t *instant_us)
{
    const struct node *scalar = tree_scalar(map, key);
    if (scalar == NULL || compiler->program->zone == NULL) return false;
    enum status status = instant_parse(compiler->program->zone, scalar->text, instant_us);
    if (status == STATUS_OK) return true;
    if (status == STATUS_INVALID)
        complain(compiler, scalar->position,
                 "\"%.*s\" does not exist in the calendar; write a day "
                 "that does",
                 SHOWN(compiler, scalar->text));
    else
        complain(
            compiler, scalar->position,
            "\"%.*s\" is no time; write a date such as \"2027-03-05\", or \"2027-03-05T12:00\"",
            SHOWN(compiler, scalar->text));
    return false;
}

static void compile_currency(struct compiler *compiler, const struct node *scalar)
{
    struct program *program = compiler->program;
    if (scalar->kind != NODE_SCALAR || scalar->text.length == 0) return;
    struct currency *currency = &program->currencies[program->currency_count];
    if (find_currency(program, scalar->text) != PROGRAM_NONE) {
        complain(compiler, scalar->position, "currency %.*s is named twice; name it once",
                 TEXT_ARGUMENTS(scalar->text));
    } else if (currency_decimals(scalar->text, &currency->decimals) != STATUS_OK) {
        complain(compiler, scalar->position,
                 "\"%.*s\" is no currency code of ISO 4217; write one such as \"USD\" or \"EUR\"",
                 SHOWN(compiler, scalar->text));
    } else {
        currency->code = scalar->text;
        program->currency_count++;
    }
}

static void compile_currencies(struct compiler *compiler)
{
    const struct node *one = tree_scalar(compiler->root, "currency");
    const struct node *several = tree_value(compiler->root, "currencies");
    uint32_t count = several == NULL ? 1 : several->count + 1;
    compiler->program->currencies = COMPILE_ARRAY(compiler, struct currency, count);
    if (compiler->program->currencies == NULL) return;
    if (one != NULL) {
        compile_currency(compiler, one);
    } else if (several != NULL && several->kind == NODE_LIST) {
        for (const struct entry *item = several->first; item != NULL; item = item->next)
            compile_currency(compiler, &item->value);
    }
}

static void compile_zone(struct compiler *compiler)
{
    struct program *program = compiler->program;
    const struct node *scalar = tree_scalar(compiler->root, "timezone");
    struct text name = scalar == NULL ? TEXT("UTC") : scalar->text;
    enum status status = zone_open(compiler->arena, name, &program->zone);
    if (status == STATUS_NOT_FOUND && scalar != NULL) {
        complain(compiler, scalar->position,
                 "there is no time zone \"%.*s\"; write one such as \"Europe/London\" or \"UTC\"",
                 SHOWN(compiler, name));
        status = zone_open(compiler->arena, TEXT("UTC"), &program->zone);
    }
    if (status != STATUS_OK) compiler->is_out_of_memory = true;
}

void compile_basics(struct compiler *compiler)
{
    struct program *program = compiler->program;
    const struct node *root = compiler->root;
    program->version = 1;
    program->id = compile_text(root, "program", TEXT(""));
    program->title = compile_text(root, "title", program->id);
    compile_zone(compiler);
    compile_currencies(compiler);
    program->week_starts =
        1 + compile_choice(root, "week_starts",
                           "monday|tuesday|wednesday|thursday|friday|saturday|sunday", 0);
    const struct node *eligible = tree_map(root, "eligible");
    const char *in_or_out = "excluded|included";
    program->eligible = (struct eligible){
        .tax_included = compile_choice(eligible, "tax", in_or_out, 0) == 1,
        .shipping_included = compile_choice(eligible, "shipping", in_or_out, 0) == 1,
        .discounts_subtracted =
            compile_choice(eligible, "discounts", "subtracted|not subtracted", 0) == 0,
        .paid_with_points_included =
            compile_choice(eligible, "paid_with_points", in_or_out, 0) == 1,
        .gift_cards_included = compile_choice(eligible, "gift_cards", in_or_out, 0) == 1,
    };
    program->refuses_unknown_members =
        compile_choice(tree_map(root, "members"), "unknown", "create|refuse", 0) == 1;
    program->has_returns_within = compile_span(root, "returns_within", &program->returns_within);
    program->claims_within = (struct span){30, PERIOD_DAY};
    (void)compile_span(tree_map(root, "claims"), "within", &program->claims_within);
    program->late_within = (struct span){30, PERIOD_DAY};
    (void)compile_span(root, "late_within", &program->late_within);
}

static int by_symbol(const void *a, const void *b)
{
    const struct named_symbol *left = a;
    const struct named_symbol *right = b;
    if (left->symbol != right->symbol) return left->symbol < right->symbol ? -1 : 1;
    return text_compare(left->path, right->path);
}

static void check_symbols(struct compiler *compiler)
{
    if (compiler->symbol_count < 2) return;
    qsort(compiler->symbols, compiler->symbol_count, sizeof(struct named_symbol), by_symbol);
    for (uint32_t i = 1; i < compiler->symbol_count; i++) {
        const struct named_symbol *before = &compiler->symbols[i - 1];
        const struct named_symbol *here = &compiler->symbols[i];
        if (before->symbol == here->symbol)
            complain(
                compiler, here->position,
                "\"%.*s\" and \"%.*s\" would have the same number in recorded data; rename one",
                TEXT_ARGUMENTS(before->path), TEXT_ARGUMENTS(here->path));
    }
}

static int by_place(const void *a, const void *b)
{
    const struct problem *left = a;
    const struct problem *right = b;
    if (left->position.line != right->position.line)
        return left->position.line < right->position.line ? -1 : 1;
    if (left->position.column != right->position.column)
        return left->position.column < right->position.column ? -1 : 1;
    return text_compare(left->message, right->message);
}

static void sort_problems(struct problem_list *problems, size_t first)
{
    if (problems->count > first + 1)
        qsort(problems->items + first, problems->count - first, sizeof(struct problem), by_place);
}

static void compile_all(struct compiler *compiler)
{
    check_tree(compiler);
    compile_basics(compiler);
    if (compiler->is_out_of_memory) return;
    compile_events(compiler);
    compile_wallets(compiler);
    compile_counters(compiler);
    forget_environments(compiler);
    compile_segments(compiler);
    compile_tiers(compiler);
    compile_counter_conditions(compiler);
    compile_calculators(compiler);
    compile_campaigns(compiler);
    compile_rules(compiler);
    compile_rewards(compiler);
    check_expressions(compiler);
    check_symbols(compiler);
}

enum status program_load(struct arena *arena, struct text file, struct text text,
                         struct problem_list *problems, const struct program **program)
{
    size_t first = problems->count;
    size_t dropped = problems->dropped;
    struct compiler compiler = {.arena = arena, .file = file, .problems = problems};
    enum status status = yaml_read(arena, file, text, problems, &compiler.root);
    if (status == STATUS_SYNTAX) {
        sort_problems(problems, first);
        return STATUS_INVALID;
    }
    if (status != STATUS_OK) return status;
    compiler.tiers = tree_map(compiler.root, "tiers");
    compiler.program = arena_new(arena, struct program);
    if (compiler.program == NULL) return STATUS_NO_MEMORY;
    problem_list_init(&compiler.program->warnings, arena);
    compile_all(&compiler);
    if (compiler.is_out_of_memory) return STATUS_NO_MEMORY;
    sort_problems(problems, first);
    if (problems->count > first || problems->dropped > dropped) return STATUS_INVALID;
    sort_problems(&compiler.program->warnings, 0);
    *program = compiler.program;
    return STATUS_OK;
}
