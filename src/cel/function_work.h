/* What the implementations of functions share: faults with a sentence, text that grows in the
 * arena, code points, announced work. */
#ifndef GUERDON_CEL_FUNCTION_WORK_H
#define GUERDON_CEL_FUNCTION_WORK_H

#include "cel/inner.h"

/* An error whose detail is formatted in the call's arena. */
struct cel_value cel_fail(struct cel_call *call, enum cel_fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* CEL_FAULT_NO_MEMORY; CEL_FAULT_SIZE; CEL_FAULT_STEPS. */
static inline struct cel_value cel_no_memory(void)
{
    return cel_error(CEL_FAULT_NO_MEMORY, NULL);
}
static inline struct cel_value cel_too_long(void)
{
    return cel_error(CEL_FAULT_SIZE, NULL);
}
static inline struct cel_value cel_too_many_steps(void)
{
    return cel_error(CEL_FAULT_STEPS, NULL);
}
/* The fault of what a list or a map could not take. */
struct cel_value cel_failed_with(enum status status);

/* One step for each 64 bytes: what CEL_COST_TEXT estimates. */
static inline bool cel_spend_text(struct cel_call *call, size_t bytes)
{
    return cel_spend(call, (bytes + 63) / 64);
}

/* The text of a string or of bytes; never NULL, whatever a host gave for an empty one. */
static inline struct text cel_given(struct cel_value value)
{
    return value.bytes == NULL ? TEXT("") : cel_text(value);
}

/* "int", "google.protobuf.Duration", "list": the name of a value's kind; of an object, its type's.
 */
struct text cel_kind_name(const struct cel_environment *environment, struct cel_value value);

/* Text that is written piece by piece. The first failure is kept, and what follows is ignored. */
struct cel_writer {
    struct cel_call *call;
    char *bytes;
    uint32_t length;
    uint32_t capacity;
    struct cel_value error; /* kind CEL_NULL while there is none */
};
struct cel_writer cel_writer_of(struct cel_call *call);
void cel_write(struct cel_writer *writer, struct text text);
void cel_write_byte(struct cel_writer *writer, char byte);
bool cel_write_failed(const struct cel_writer *writer);
/* Keeps `error` unless there is one already. */
void cel_write_fail(struct cel_writer *writer, struct cel_value error);
/* The string, or the error. */
struct cel_value cel_written(const struct cel_writer *writer);

/* The first 40 bytes or less, whole code points: for what was given, in an error's detail. */
struct text cel_shortened(struct text text);

/* Code points of UTF-8 that is known to be well-formed. */
size_t cel_code_points(struct text text);
/* Bytes of the code point that begins with `first`. */
static inline size_t cel_code_point_bytes(char first)
{
    unsigned char lead = (unsigned char)first;
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}
uint32_t cel_code_point_at(const char *bytes);
/* The offset of the code point with that number; text.length for one behind the last. False when
 * there are fewer. */
bool cel_code_point_offset(struct text text, int64_t number, size_t *offset);
/* Where `sought` begins first or last in `text`; SIZE_MAX when nowhere. */
size_t cel_text_find(struct text text, struct text sought);

/* Sorts `order`, numbers of things that `is_after` compares, equal ones staying in order. `spare`
 * has room for as many. `is_after` answers 1, 0, or -1 to stop. False when it was stopped. */
typedef int (*cel_is_after)(void *things, uint32_t a, uint32_t b);
bool cel_sort(uint32_t *order, uint32_t *spare, uint32_t count, cel_is_after is_after,
              void *things);

#endif
