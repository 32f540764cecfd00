/* The order of the rules, and allowances: which comment lifts which rule where. */
#include "rules.h"

#include <stdio.h>

static const struct room rooms[] = {
    {"base", 1, true},      {"cel", 2, true},      {"program", 3, true},  {"engine", 4, true},
    {"store", 5, false},    {"library", 6, false}, {"service", 6, false}, {"insight", 6, false},
    {"backtest", 6, false}, {"http", 7, false},    {"api", 8, false},     {"cli", 9, false},
};

static const char *const rule_names[] = {"header",         "file-length", "function-length",
                                         "guard",          "include",     "banned-call",
                                         "floating-point", "amount",      "must-check"};

const struct room *room_find(struct text name)
{
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        if (text_equal(name, text_of(rooms[i].name))) return &rooms[i];
    }
    return NULL;
}

struct place place_of(struct text path)
{
    struct text rest;
    struct place place = {.top = text_split(path, '/', &rest)};
    struct text file;
    struct text folder = text_split(rest, '/', &file);
    place.room = text_is_empty(file) ? TEXT("") : folder;
    place.home = room_find(place.room);
    return place;
}

bool sees_doubles(struct place place)
{
    return text_equal(place.room, TEXT("cel"));
}

void check_report(struct check *check, uint32_t line, const char *rule, const char *format, ...)
{
    for (size_t i = 0; i < check->allowance_count; i++) {
        struct allowance *allowance = &check->allowances[i];
        if (line < allowance->first_line || line > allowance->last_line) continue;
        if (!text_equal(allowance->rule, text_of(rule))) continue;
        allowance->used = true;
        return;
    }
    char advice[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(advice, sizeof advice, format, arguments);
    va_end(arguments);
    problem_add(check->findings, check->source->path, (struct position){line, 0}, "%s: %s", rule,
                advice);
}

static bool rule_is_known(struct text name)
{
    for (size_t i = 0; i < sizeof rule_names / sizeof *rule_names; i++) {
        if (text_equal(name, text_of(rule_names[i]))) return true;
    }
    return false;
}

/* The text behind the first marker of an allowance in a comment; false if there is none. */
static bool find_allowance(struct text comment, struct text *rest)
{
    struct text marker = TEXT("tidy: allow ");
    for (size_t at = 0; at + marker.length <= comment.length; at++) {
        struct text here = {comment.bytes + at, comment.length - at};
        if (!text_starts_with(here, marker)) continue;
        *rest = (struct text){here.bytes + marker.length, here.length - marker.length};
        return true;
    }
    return false;
}

static void read_allowance(struct check *check, const struct comment *comment, struct text rest)
{
    struct text reason;
    struct text rule = text_split(rest, ' ', &reason);
    if (!rule_is_known(rule)) {
        check_report(check, comment->first_line, "allowance", "there is no rule %.*s",
                     TEXT_ARGUMENTS(rule));
        return;
    }
    if (!text_starts_with(reason, TEXT("(")) || reason.length < 12) {
        check_report(check, comment->first_line, "allowance",
                     "say why in brackets: tidy: allow %.*s (reason)", TEXT_ARGUMENTS(rule));
        return;
    }
    bool opens_file = comment->first_line == 1;
    check->allowances[check->allowance_count++] = (struct allowance){
        .rule = rule,
        .comment_line = comment->first_line,
        .first_line = comment->first_line,
        .last_line = opens_file ? UINT32_MAX : comment->last_line + 1,
    };
}

enum status rules_check(struct arena *arena, const struct source *source,
                        struct problem_list *findings)
{
    struct check check = {
        .source = source,
        .findings = findings,
        .allowances = arena_new_array(arena, struct allowance, source->comment_count + 1),
    };
    if (check.allowances == NULL) return STATUS_NO_MEMORY;
    for (size_t i = 0; i < source->comment_count; i++) {
        struct text rest;
        if (find_allowance(source->comments[i].text, &rest)) {
            read_allowance(&check, &source->comments[i], rest);
        }
    }
    check_shape(&check);
    check_includes(&check);
    check_words(&check);
    check_amounts(&check);
    for (size_t i = 0; i < check.allowance_count; i++) {
        if (check.allowances[i].used) continue;
        check_report(&check, check.allowances[i].comment_line, "allowance",
                     "nothing here needs it any more: remove it");
    }
    return STATUS_OK;
}
