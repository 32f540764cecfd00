/* Bytes as the body of a request: read through the shape of events, turned into an event, and, when
 * nothing is wrong with them, written again; what is written reads as the same.
 */
#include "api/event_shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_BYTES ((size_t)64 << 20)
#define INPUT_BYTES_MAXIMUM 65536

static const char program_text[] =
    "program: fuzz\n"
    "title: Fuzz\n"
    "timezone: UTC\n"
    "currencies: [EUR, JPY]\n"
    "wallets:\n"
    "  points: {names: {en: {one: point, other: points}}}\n"
    "  miles: {names: {en: {other: miles}}, decimals: 2}\n"
    "rules:\n"
    "  base: {on: purchase, earn: '1 point per 1.00 EUR of order.eligible'}\n";

static const struct program *the_program(void)
{
    static struct arena arena;
    static const struct program *program;
    if (program != NULL) return program;
    struct problem_list problems;
    arena_init(&arena, ARENA_BYTES);
    problem_list_init(&problems, &arena);
    ASSERT(program_load(&arena, TEXT("fuzz.yaml"), text_of(program_text), &problems, &program) ==
           STATUS_OK);
    return program;
}

static bool read_body(struct arena *arena, struct text json, struct mistakes *mistakes,
                      struct event_body *body)
{
    struct json_error error;
    yyjson_val *root = NULL;
    *mistakes = (struct mistakes){.arena = arena};
    *body = (struct event_body){.type = 0};
    if (json_parse(arena, json, &error, &root) != STATUS_OK) return false;
    return shape_read(&event_shape, root, NULL, mistakes, body) == STATUS_OK;
}

/* A body with a reference in its second form is written with the first alone. */
static bool can_be_written(const struct event_body *body)
{
    return body->member.kind.bytes == NULL && body->other_member.kind.bytes == NULL;
}

static void write_and_read(struct arena *arena, const struct event_body *body)
{
    struct text first;
    struct text second;
    struct mistakes mistakes;
    struct event_body again;
    if (shape_write(&event_shape, body, arena, &first) != STATUS_OK) return;
    ASSERT(read_body(arena, first, &mistakes, &again));
    ASSERT(mistakes_are_none(&mistakes));
    if (shape_write(&event_shape, &again, arena, &second) != STATUS_OK) return;
    ASSERT(text_equal(first, second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct mistakes mistakes;
    struct event_body body;
    struct event event;
    if (size > INPUT_BYTES_MAXIMUM) return 0;
    arena_init(&arena, ARENA_BYTES);
    if (read_body(&arena, (struct text){(const char *)data, size}, &mistakes, &body)) {
        for (uint32_t i = 0; i < mistakes.count; i++)
            ASSERT(text_is_utf8(mistakes.items[i].detail, NULL));
        if (mistakes_are_none(&mistakes)) {
            struct converter converter = {the_program(), &arena, &mistakes, NULL};
            (void)!convert_event(&converter, &body, 1, &event);
            if (can_be_written(&body)) write_and_read(&arena, &body);
        }
    }
    arena_release(&arena);
    return 0;
}
