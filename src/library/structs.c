/* Structs: those that say their own size, and texts for numbers.
 *
 * The rule of both directions: a struct may be longer than what we know, as long as the rest is
 * zero on the way in; on the way out the rest becomes zero. It may not be shorter than its first
 * version: when a struct grows, the size it had first becomes its least, and what a caller of that
 * time does not have is zero.
 */
#include "library/library.h"

#define STRUCT_SIZE_MAXIMUM 4096 /* what is larger was never set */

static bool size_of(const void *given, size_t least, size_t *size)
{
    uint32_t said;
    memcpy(&said, given, sizeof said);
    *size = said;
    return *size >= least && *size <= STRUCT_SIZE_MAXIMUM;
}

bool struct_read(void *own, size_t own_size, size_t least, const void *given)
{
    size_t size;
    if (given == NULL || !size_of(given, least, &size)) return false;
    const uint8_t *bytes = given;
    for (size_t i = own_size; i < size; i++) {
        if (bytes[i] != 0) return false;
    }
    memset(own, 0, own_size);
    memcpy(own, given, size < own_size ? size : own_size);
    return true;
}

bool struct_write(void *given, size_t least, const void *own, size_t own_size)
{
    size_t size;
    if (given == NULL || !size_of(given, least, &size)) return false;
    uint8_t *bytes = given;
    const size_t head = sizeof(uint32_t); /* the caller's size stays */
    size_t known = size < own_size ? size : own_size;
    memcpy(bytes + head, (const uint8_t *)own + head, known - head);
    memset(bytes + known, 0, size - known);
    return true;
}

/* ---- numbers ---- */

#define SAME_STATUS(name)                                                                          \
    _Static_assert((int)GUERDON_##name == (int)STATUS_##name, "one number for " #name)
SAME_STATUS(OK);
SAME_STATUS(NO_MEMORY);
SAME_STATUS(OVERFLOW);
SAME_STATUS(SYNTAX);
SAME_STATUS(INVALID);
SAME_STATUS(LIMIT);
SAME_STATUS(NOT_FOUND);
SAME_STATUS(IO);
SAME_STATUS(CORRUPT);
SAME_STATUS(INTERRUPTED);

#define X(number, name)                                                                            \
    _Static_assert((int)GUERDON_ANSWER_##name == (int)ANSWER_##name, "one number for " #name);
GUERDON_ANSWER_LIST(X)
#undef X

#define X(number, name)                                                                            \
    _Static_assert((int)GUERDON_ACCOUNT_##name == (int)ACCOUNT_##name, "one number for " #name);
GUERDON_ACCOUNT_LIST(X)
#undef X

#define X(number, name)                                                                            \
    _Static_assert((int)GUERDON_VALUE_##name == (int)FIELD_##name, "one number for " #name);
GUERDON_VALUE_LIST(X)
#undef X

/* Those above are all that the pure rooms and the store in memory give. */
enum guerdon_status public_status(enum status status)
{
    return (int)status <= (int)GUERDON_INTERRUPTED ? (enum guerdon_status)status : GUERDON_IO;
}

const char *guerdon_status_text(enum guerdon_status status)
{
    switch (status) {
#define X(number, name, text)                                                                      \
    case GUERDON_##name:                                                                           \
        return text;
        GUERDON_STATUS_LIST(X)
#undef X
    case GUERDON_STATUS_NUMBERS_:
        break;
    }
    return "an unknown status";
}

const char *guerdon_answer_text(uint32_t answer)
{
    return answer < ANSWER_COUNT ? answer_text((enum answer)answer) : "an unknown answer";
}

const char *guerdon_account_name(uint32_t account)
{
    return account < ACCOUNT_COUNT ? account_name((enum account)account) : "an unknown account";
}

#define DIGITS_(number) #number
#define DIGITS(number) DIGITS_(number)

const char *guerdon_version(void)
{
    return DIGITS(GUERDON_VERSION_MAJOR) "." DIGITS(GUERDON_VERSION_MINOR) "." DIGITS(
        GUERDON_VERSION_PATCH);
}
