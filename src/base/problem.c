/* Problems: the list that collects them.
 *
 * Adding never fails and never stops its caller: a problem that finds no room is counted in
 * `dropped`, so that a list with any problem is never taken for an empty one. The items move when
 * the list grows; nobody keeps a pointer to one while adding.
 */
#include "base/problem.h"

#define PROBLEMS_FIRST 16

void problem_list_init(struct problem_list *list, struct arena *arena)
{
    *list = (struct problem_list){.arena = arena};
}

static bool make_room(struct problem_list *list)
{
    if (list->count < list->capacity) return true;
    if (list->capacity >= PROBLEM_MAXIMUM) return false;
    size_t capacity = list->capacity == 0 ? PROBLEMS_FIRST : list->capacity * 2;
    if (capacity > PROBLEM_MAXIMUM) capacity = PROBLEM_MAXIMUM;
    struct problem *items = arena_new_array(list->arena, struct problem, capacity);
    if (items == NULL) return false;
    if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
    list->items = items;
    list->capacity = capacity;
    return true;
}

void problem_add(struct problem_list *list, struct text file, struct position position,
                 const char *format, ...)
{
    struct text message = {NULL, 0};
    if (make_room(list)) {
        va_list arguments;
        va_start(arguments, format);
        message = arena_format_arguments(list->arena, format, arguments);
        va_end(arguments);
    }
    if (message.bytes == NULL) {
        list->dropped++;
        return;
    }
    list->items[list->count++] = (struct problem){file, position, message, {NULL, 0}};
}

void problem_add_shown(struct problem_list *list, struct text file, struct position position,
                       struct text excerpt, struct text message)
{
    size_t before = list->count;
    problem_add(list, file, position, "%.*s", TEXT_ARGUMENTS(message));
    if (list->count > before) list->items[before].excerpt = excerpt;
}

enum status problem_print(const struct problem *problem, struct buffer *out)
{
    if (!text_is_empty(problem->file)) {
        TRY(buffer_add_format(out, "%.*s:", TEXT_ARGUMENTS(problem->file)));
    }
    if (problem->position.line > 0) TRY(buffer_add_format(out, "%u:", problem->position.line));
    if (problem->position.column > 0) TRY(buffer_add_format(out, "%u:", problem->position.column));
    bool has_place = !text_is_empty(problem->file) || problem->position.line > 0;
    if (has_place) TRY(buffer_add_byte(out, ' '));
    return buffer_add(out, problem->message);
}

enum status problem_list_print(const struct problem_list *list, struct buffer *out)
{
    for (size_t i = 0; i < list->count; i++) {
        TRY(problem_print(&list->items[i], out));
        TRY(buffer_add_byte(out, '\n'));
    }
    if (list->dropped == 0) return STATUS_OK;
    return buffer_add_format(out, "and %zu more\n", list->dropped);
}
