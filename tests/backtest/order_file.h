/* Order files for tests: bytes in a temporary file, read through a mapping, and what came of it. */
#ifndef GUERDON_TESTS_ORDER_FILE_H
#define GUERDON_TESTS_ORDER_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "backtest/mapping.h"
#include "backtest/orders.h"

#define MEMORY_MAXIMUM ((size_t)64 << 20)

/* A file that is removed by order_file_end. */
struct order_file {
    char path[64];
    struct arena arena;
    struct problem_list problems;
    struct mapping mapping;
    struct book book;
    enum status status;
};

static inline void order_file_write(struct order_file *file, struct text bytes)
{
    *file = (struct order_file){.path = "/tmp/guerdon-orders-XXXXXX"};
    int descriptor = mkstemp(file->path);
    assert_true(descriptor >= 0);
    size_t written = 0;
    while (written < bytes.length) {
        ssize_t more = write(descriptor, bytes.bytes + written, bytes.length - written);
        assert_true(more > 0);
        written += (size_t)more;
    }
    close(descriptor);
    arena_init(&file->arena, MEMORY_MAXIMUM);
    problem_list_init(&file->problems, &file->arena);
}

static inline void order_file_map(struct order_file *file, const char *mapping)
{
    enum status status = mapping == NULL
                             ? mapping_default(&file->arena, &file->mapping)
                             : mapping_load(&file->arena, TEXT("map.yaml"), text_of(mapping),
                                            &file->problems, &file->mapping);
    for (size_t i = 0; i < file->problems.count; i++) {
        print_error("%.*s\n", TEXT_ARGUMENTS(file->problems.items[i].message));
    }
    assert_int_equal(status, STATUS_OK);
}

static inline void order_file_read_again(struct order_file *file, bool strict)
{
    file->status = orders_read(&file->book, text_of(file->path), &file->mapping,
                               file->mapping.currency_decimals, strict, NULL, NULL);
}

/* mapping NULL: the default. */
static inline void order_file_read(struct order_file *file, const char *mapping, struct text bytes)
{
    order_file_write(file, bytes);
    order_file_map(file, mapping);
    order_file_read_again(file, false);
}

static inline void order_file_end(struct order_file *file)
{
    orders_release(&file->book);
    arena_release(&file->arena);
    unlink(file->path);
}

/* "LINE: message" of a problem, without the file's name. */
static inline const char *problem_shown(const struct problem_list *problems, size_t index)
{
    static char shown[2000];
    assert_true(index < problems->count);
    const struct problem *problem = &problems->items[index];
    if (problem->position.line == 0) {
        snprintf(shown, sizeof shown, "%.*s", TEXT_ARGUMENTS(problem->message));
    } else if (problem->position.column == 0) {
        snprintf(shown, sizeof shown, "%u: %.*s", problem->position.line,
                 TEXT_ARGUMENTS(problem->message));
    } else {
        snprintf(shown, sizeof shown, "%u:%u: %.*s", problem->position.line,
                 problem->position.column, TEXT_ARGUMENTS(problem->message));
    }
    return shown;
}

#endif
