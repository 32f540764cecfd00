/* Values: what an expression works on, 16 bytes each, passed by value.
 *
 *   byte 0      1       2..3          4..7                       8..15
 *   +--------+--------+-------------+--------------------------+---------------------------+
 *   | kind   | scale  | tag         | extra                    | payload                   |
 *   +--------+--------+-------------+--------------------------+---------------------------+
 *   null                                                         0
 *   bool                                                         boolean (0 or 1, as 64 bits)
 *   int, uint, double                                            integer, unsigned_integer, number
 *   string, bytes                     length in bytes            bytes (of the arena or the host)
 *   list, map                                                    list, map
 *   type                                                         type
 *   timestamp, duration               nanoseconds (see below)    integer: seconds
 *   decimal    scale                                             integer: coefficient
 *   money      scale                  currency, cel_currency()   integer: coefficient
 *   optional                                                     inner (NULL: none)
 *   object              type's id     the host's own             object: the host's own
 *   error               cel_fault     position + 1, 0: none      detail (NUL-terminated, or NULL)
 *
 * A value owns nothing: what it points to lives in the evaluation's arena, in the expression's, or
 * with the host, who keeps it until the evaluation is over.
 *
 * A timestamp is seconds since 1970 and 0 to 999,999,999 nanoseconds, in the years 1 to 9999. A
 * duration is seconds and nanoseconds of the same sign (extra is then an int32_t); at most some
 * 292 years (CEL's range, int64 nanoseconds).
 *
 * Errors are values: a strict function that gets one answers the first; `&&`, `||`, `?:` and the
 * macros built of them absorb them as the language definition says.
 */
#ifndef GUERDON_CEL_VALUE_H
#define GUERDON_CEL_VALUE_H

#include "base/base.h"
#include "cel/limits.h"

struct cel_type;

#define CEL_KIND_LIST(X)                                                                           \
    X(ERROR, "error")                                                                              \
    X(NULL, "null_type")                                                                           \
    X(BOOL, "bool")                                                                                \
    X(INT, "int")                                                                                  \
    X(UINT, "uint")                                                                                \
    X(DOUBLE, "double")                                                                            \
    X(STRING, "string")                                                                            \
    X(BYTES, "bytes")                                                                              \
    X(LIST, "list")                                                                                \
    X(MAP, "map")                                                                                  \
    X(TYPE, "type")                                                                                \
    X(TIMESTAMP, "google.protobuf.Timestamp")                                                      \
    X(DURATION, "google.protobuf.Duration")                                                        \
    X(OPTIONAL, "optional_type")                                                                   \
    X(DECIMAL, "decimal")                                                                          \
    X(MONEY, "money")                                                                              \
    X(OBJECT, "object")

enum cel_kind {
#define X(name, text) CEL_##name,
    CEL_KIND_LIST(X)
#undef X
        CEL_KIND_COUNT
};

/* Why an evaluation has no value. The texts are those of the public conformance suite where it
 * names one. Numbers are stable. */
#define CEL_FAULT_LIST(X)                                                                          \
    X(0, NONE, "no error")                                                                         \
    X(1, NO_SUCH_OVERLOAD, "no such overload")                                                     \
    X(2, NO_SUCH_KEY, "no such key")                                                               \
    X(3, NO_SUCH_FIELD, "no such field")                                                           \
    X(4, UNSET, "not known") /* a field that is declared and that this object does not have */     \
    X(5, INDEX, "index out of bounds")                                                             \
    X(6, DIVIDE_BY_ZERO, "divide by zero")                                                         \
    X(7, MODULUS_BY_ZERO, "modulus by zero")                                                       \
    X(8, OVERFLOW, "return error for overflow")                                                    \
    X(9, RANGE, "range")                                                                           \
    X(10, CONVERSION, "type conversion error")                                                     \
    X(11, INVALID_UTF8, "invalid UTF-8")                                                           \
    X(12, INVALID_ARGUMENT, "invalid argument")                                                    \
    X(13, UNDECLARED, "undeclared reference")                                                      \
    X(14, UNKNOWN_FUNCTION, "unbound function")                                                    \
    X(15, REPEATED_KEY, "Failed with repeated key")                                                \
    X(16, UNSUPPORTED_KEY, "unsupported key type")                                                 \
    X(17, NONE_DEREFERENCED, "optional.none() dereference")                                        \
    X(18, CURRENCY, "different currencies")                                                        \
    X(19, PATTERN, "invalid regular expression")                                                   \
    X(20, STEPS, "too many steps")                                                                 \
    X(21, SIZE, "a string or list is too long")                                                    \
    X(22, NO_MEMORY, "out of memory")                                                              \
    X(23, TIME_ZONE, "unknown time zone")

enum cel_fault {
#define X(number, name, text) CEL_FAULT_##name = number,
    CEL_FAULT_LIST(X)
#undef X
};
/* The sentence that belongs to a fault; never NULL. */
const char *cel_fault_text(enum cel_fault fault);

struct cel_value {
    uint8_t kind;
    uint8_t scale;
    uint16_t tag;
    uint32_t extra;
    union {
        uint64_t boolean;
        int64_t integer;
        uint64_t unsigned_integer;
        double number;
        const char *bytes;
        const struct cel_list *list;
        const struct cel_map *map;
        const struct cel_type *type;
        const struct cel_value *inner;
        const void *object;
        const char *detail;
    };
};
_Static_assert(sizeof(struct cel_value) == 16, "values are passed in two registers");

struct cel_list {
    uint32_t count;
    uint32_t capacity; /* of the array behind `items`, while a list is being made */
    const struct cel_value *items;
};

/* Keys are bool, int, uint or string, each once: 1 and 1u are the same key. Entries keep the order
 * in which they were written. `index` (NULL while there are few) is value.c's hash table. */
struct cel_map {
    uint32_t count;
    uint32_t capacity;
    const struct cel_value *entries; /* key, value, key, value, ... */
    const uint32_t *index;
    uint32_t index_mask;
};

static inline struct cel_value cel_null(void)
{
    return (struct cel_value){.kind = CEL_NULL};
}
static inline struct cel_value cel_bool(bool boolean)
{
    return (struct cel_value){.kind = CEL_BOOL, .boolean = boolean};
}
static inline struct cel_value cel_int(int64_t integer)
{
    return (struct cel_value){.kind = CEL_INT, .integer = integer};
}
static inline struct cel_value cel_uint(uint64_t integer)
{
    return (struct cel_value){.kind = CEL_UINT, .unsigned_integer = integer};
}
static inline struct cel_value cel_double(double number)
{
    return (struct cel_value){.kind = CEL_DOUBLE, .number = number};
}
/* The view must last as long as the value; at most CEL_STRING_MAXIMUM_BYTES. */
static inline struct cel_value cel_string(struct text text)
{
    return (struct cel_value){
        .kind = CEL_STRING, .extra = (uint32_t)text.length, .bytes = text.bytes};
}
static inline struct cel_value cel_bytes(struct text text)
{
    return (struct cel_value){
        .kind = CEL_BYTES, .extra = (uint32_t)text.length, .bytes = text.bytes};
}
static inline struct text cel_text(struct cel_value value)
{
    return (struct text){value.bytes, value.extra};
}
static inline struct cel_value cel_list_value(const struct cel_list *list)
{
    return (struct cel_value){.kind = CEL_LIST, .list = list};
}
static inline struct cel_value cel_map_value(const struct cel_map *map)
{
    return (struct cel_value){.kind = CEL_MAP, .map = map};
}
static inline struct cel_value cel_type_value(const struct cel_type *type)
{
    return (struct cel_value){.kind = CEL_TYPE, .type = type};
}
static inline struct cel_value cel_timestamp(int64_t seconds, uint32_t nanoseconds)
{
    return (struct cel_value){.kind = CEL_TIMESTAMP, .extra = nanoseconds, .integer = seconds};
}
static inline struct cel_value cel_duration(int64_t seconds, int32_t nanoseconds)
{
    return (struct cel_value){
        .kind = CEL_DURATION, .extra = (uint32_t)nanoseconds, .integer = seconds};
}
static inline struct cel_value cel_decimal(struct decimal decimal)
{
    return (struct cel_value){
        .kind = CEL_DECIMAL, .scale = (uint8_t)decimal.scale, .integer = decimal.coefficient};
}
/* A currency's three capital letters in 24 bits: "EUR" is 0x455552. */
static inline uint32_t cel_currency(struct text code)
{
    return code.length != 3 ? 0
                            : (uint32_t)(unsigned char)code.bytes[0] << 16 |
                                  (uint32_t)(unsigned char)code.bytes[1] << 8 |
                                  (uint32_t)(unsigned char)code.bytes[2];
}
static inline struct cel_value cel_money(struct decimal amount, uint32_t currency)
{
    return (struct cel_value){.kind = CEL_MONEY,
                              .scale = (uint8_t)amount.scale,
                              .extra = currency,
                              .integer = amount.coefficient};
}
/* The number of a decimal or of money. */
static inline struct decimal cel_decimal_of(struct cel_value value)
{
    return (struct decimal){value.integer, value.scale};
}
/* An object of a declared type; `number` and `object` are the host's own. */
static inline struct cel_value cel_object(uint16_t type, uint32_t number, const void *object)
{
    return (struct cel_value){.kind = CEL_OBJECT, .tag = type, .extra = number, .object = object};
}
/* `inner` lives as long as the value; NULL is optional.none(). */
static inline struct cel_value cel_optional(const struct cel_value *inner)
{
    return (struct cel_value){.kind = CEL_OPTIONAL, .inner = inner};
}
/* `detail` (may be NULL) says more than the fault's own sentence, and lasts as long as the value.
 * The evaluator puts in the position. */
static inline struct cel_value cel_error(enum cel_fault fault, const char *detail)
{
    return (struct cel_value){.kind = CEL_ERROR, .tag = (uint16_t)fault, .detail = detail};
}
static inline bool cel_is_error(struct cel_value value)
{
    return value.kind == CEL_ERROR;
}

/* The language's `==`: numbers across int, uint, double, decimal compare by value, NaN equals
 * nothing, lists and maps element by element, values of other different kinds are unequal. Money
 * equals money of the same currency only. `*error` is the fault of comparing what cannot be
 * (a decimal with a double), else CEL_FAULT_NONE. */
bool cel_equal(struct cel_value a, struct cel_value b, enum cel_fault *fault);
/* The language's order: `*order` below, equal to or above 0. False when there is none (kinds that
 * are not ordered, NaN, different currencies: `*fault` says so, CEL_FAULT_NONE for NaN). */
bool cel_compare(struct cel_value a, struct cel_value b, int *order, enum cel_fault *fault);
/* The value kept for `key`, or NULL. A double that is a whole number finds that number. */
const struct cel_value *cel_map_find(const struct cel_map *map, struct cel_value key);

/* Lists and maps are made in an arena: reserve, then add. They fail with STATUS_NO_MEMORY, or
 * STATUS_LIMIT past CEL_LIST_MAXIMUM; cel_map_add with STATUS_INVALID for a key that is there
 * already and STATUS_SYNTAX for a kind that cannot be a key. */
struct cel_list *cel_list_new(struct arena *arena, uint32_t capacity);
MUST_CHECK enum status cel_list_add(struct arena *arena, struct cel_list *list,
                                    struct cel_value value);
struct cel_map *cel_map_new(struct arena *arena, uint32_t capacity);
MUST_CHECK enum status cel_map_add(struct arena *arena, struct cel_map *map, struct cel_value key,
                                   struct cel_value value);

/* The value as CEL would write it: 'text', [1, 2], {'a': 1u}, 1.5, b'\x00',
 * timestamp('2027-03-05T00:00:00Z'), duration('3.5s'), decimal('49.99'), 49.99 USD for money,
 * optional.of(1), a type's name, "error: no such key". Long ones end in "..." at `maximum` bytes.
 * Objects are written by their type's name alone; `type_names` (may be NULL) is the environment's.
 */
struct cel_environment;
MUST_CHECK enum status cel_value_print(const struct cel_environment *environment,
                                       struct cel_value value, size_t maximum, struct buffer *out);

#endif
