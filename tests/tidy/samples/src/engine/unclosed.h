/* WANT: guard: a header whose guard has another file's name, and unmarked declarations. */
#ifndef GUERDON_ENGINE_CLOSED_H
#define GUERDON_ENGINE_CLOSED_H

MUST_CHECK enum status engine_marked(int64_t a);
enum status engine_unmarked(int64_t a); /* WANT: must-check */
static inline enum status engine_inline(int64_t a) /* WANT: must-check */
{
    return STATUS_OK;
}
typedef enum status (*engine_visit)(void *context);
struct engine_visitor {
    enum status (*visit)(void *context);
};
#define SUM(total_points) ((total_points) + 1)
#define PART(lot) ((lot)->points + 1) /* WANT: amount */

#endif
