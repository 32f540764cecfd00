/* The one list of status codes, shared by every room.
 *
 * A function that can fail returns `enum status`, which the caller must look at; results go to
 * out-parameters and are untouched on failure. A status is for faults and for input that cannot be
 * taken. A business refusal (balance too low, out of stock) is not a status: it is a value in the
 * engine's decision.
 *
 * Numbers are stable: new codes are added at the end.
 */
#ifndef GUERDON_BASE_STATUS_H
#define GUERDON_BASE_STATUS_H

#define STATUS_LIST(X)                                                                             \
    X(0, OK, "done")                                                                               \
    X(1, NO_MEMORY, "out of memory")                                                               \
    X(2, OVERFLOW, "a number is too large")                                                        \
    X(3, SYNTAX, "cannot be read")                                                                 \
    X(4, INVALID, "is read but not valid")                                                         \
    X(5, LIMIT, "a limit is exceeded")                                                             \
    X(6, NOT_FOUND, "there is no such thing")                                                      \
    X(7, IO, "a file cannot be read or written")                                                   \
    X(8, CORRUPT, "stored data contradict themselves")                                             \
    X(9, INTERRUPTED, "stopped on request")                                                        \
    X(10, FULL, "there is no room left, and nothing was changed")                                  \
    X(11, UNKNOWN_OUTCOME, "it is not known whether it was written: repeat with the same key")     \
    X(12, NEWER, "it was written by a newer version")

enum status {
#define X(number, name, text) STATUS_##name = number,
    STATUS_LIST(X)
#undef X
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* The sentence that belongs to a code; never NULL. */
const char *status_text(enum status status);

/* Leave the function with the status of `call` unless that is OK. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum status try_status_ = (call);                                                          \
        if (try_status_ != STATUS_OK) return try_status_;                                          \
    } while (0)

/* An assertion that stays on in release builds: for bugs only, never reached by user input. */
#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) assertion_failed(#condition, __FILE__, __LINE__);   \
    } while (0)

__attribute__((noreturn, cold)) void assertion_failed(const char *condition, const char *file,
                                                      int line);

#endif
