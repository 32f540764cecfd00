/* Shapes: every body of a request and every reply is a C struct that a table describes, once.
 *
 *   JSON --shape_read--> struct         (request bodies and query parameters)
 *   struct --shape_write--> JSON        (replies)
 *   shape --openapi--> JSON Schema      (the document)
 *
 *   struct item_body { struct text sku; int64_t quantity; bool has_price; struct decimal price; };
 *   static const struct field item_fields[] = {
 *       SHAPE_FIELD(item_body, sku, TEXT, .is_required = true, .maximum = 200,
 *                   .description = "The article."),
 *       SHAPE_FIELD(item_body, price, DECIMAL, SHAPE_GIVEN(item_body, has_price),
 *                   .description = "For one unit."),
 *   };
 *   static const struct shape item_shape = SHAPE("Item", "A line.", item_body, item_fields);
 *
 * How a kind is kept in the struct, and when an optional one counts as absent. With SHAPE_GIVEN a
 * bool says so, in both directions; without it, a value that is all zero is absent:
 *
 *   TEXT, ID     struct text              bytes NULL       JSON string, `maximum` bytes of UTF-8
 *   CHOICE       int, an enum             0                one of `choices`, by its index; with
 *                                                          SHAPE_OTHER any other id too
 *   BOOLEAN      bool                     false
 *   INTEGER      int64_t                  0                from `minimum` to `maximum`
 *   QUANTITY     int64_t                  0                the same, a number of units
 *   DECIMAL      struct decimal           {0, 0}           JSON string such as "19.99"; in a reply
 *                                                          {0, 2} is "0.00"
 *   INSTANT      int64_t, microseconds    0                RFC 3339; INSTANT_NEVER is written null
 *   DATE         struct date              year 0           "2027-03-05"
 *   OBJECT       struct X *               NULL             of `shape`
 *   LIST         struct X *, and a count  NULL             of `shape`, at most `maximum`
 *   TEXT_LIST    struct text *, a count   NULL             each at most SHAPE_TEXT_BYTES
 *   MAP          struct text_pair *, ..   NULL             object of strings
 *   REFERENCE    struct reference         all empty        an id, or {"kind", "value"}
 *   ANY          yyjson_val *             NULL             any JSON, passed through
 *   RAW          struct text              bytes NULL       any JSON, already written; replies only
 *
 * A reader lists every mistake, each with the place as a JSON pointer, a stable code and a sentence
 * that says what to do. Unknown and repeated fields are mistakes; null is as if the field were not
 * there; read-only fields are accepted in a request and ignored, so that what was read can be sent
 * back.
 */
#ifndef GUERDON_API_SHAPE_H
#define GUERDON_API_SHAPE_H

#include "api/json.h"

#define FIELD_KIND_LIST(X)                                                                         \
    X(TEXT)                                                                                        \
    X(ID)                                                                                          \
    X(CHOICE)                                                                                      \
    X(BOOLEAN)                                                                                     \
    X(INTEGER)                                                                                     \
    X(QUANTITY)                                                                                    \
    X(DECIMAL)                                                                                     \
    X(INSTANT)                                                                                     \
    X(DATE)                                                                                        \
    X(OBJECT)                                                                                      \
    X(LIST)                                                                                        \
    X(TEXT_LIST)                                                                                   \
    X(MAP)                                                                                         \
    X(REFERENCE)                                                                                   \
    X(ANY)                                                                                         \
    X(RAW)

enum field_kind {
#define X(name) KIND_##name,
    FIELD_KIND_LIST(X)
#undef X
};

#define SHAPE_FIELD_MAXIMUM 64  /* fields of one shape */
#define SHAPE_TEXT_BYTES 500    /* of a text whose maximum is not given */
#define SHAPE_ID_BYTES 64       /* of an id whose maximum is not given */
#define SHAPE_LIST_MAXIMUM 1000 /* of a list whose maximum is not given */
#define SHAPE_MAP_MAXIMUM 50    /* of a map whose maximum is not given */
#define SHAPE_MISTAKE_MAXIMUM 50

struct shape;

struct field {
    struct text key; /* "\"name\":" as it is written; field_name() is the name */
    enum field_kind kind;
    size_t offset;       /* of the member */
    size_t count_offset; /* of a list's or map's uint32_t count */
    size_t given_offset; /* of the bool that says that it is there; 0: there is none */
    bool is_required;
    bool is_read_only;
    int64_t minimum; /* INTEGER, QUANTITY, TEXT_LIST, LIST */
    int64_t maximum; /* bytes, value, or number; 0: as said above, and none for numbers */
    const struct shape *shape;
    const char *const *choices; /* ends with NULL; an empty name: not to be chosen */
    size_t other_offset; /* CHOICE: of the struct text that any other id goes to; 0: none may be */
    int other;           /* what the choice is then */
    const char *description;
    const char *example; /* JSON; may be NULL */
};

struct shape {
    const char *name; /* in the document; unique */
    const char *description;
    const struct field *fields;
    uint32_t field_count;
    size_t size;
};

#define SHAPE_FIELD_AS(json_name, structure, member, kind_, ...)                                   \
    {                                                                                              \
        .key = TEXT_INITIALISER("\"" json_name "\":"), .kind = KIND_##kind_,                       \
        .offset = offsetof(struct structure, member), __VA_ARGS__                                  \
    }
#define SHAPE_FIELD(structure, member, kind_, ...)                                                 \
    SHAPE_FIELD_AS(#member, structure, member, kind_, __VA_ARGS__)
/* The bool that says whether the member is there; it must not be the struct's first. */
#define SHAPE_GIVEN(structure, member) .given_offset = offsetof(struct structure, member)
/* Where an id that is none of the choices goes, and the choice that stands for it. */
#define SHAPE_OTHER(structure, member, choice)                                                     \
    .other_offset = offsetof(struct structure, member), .other = (choice)
#define SHAPE_COUNT(structure, member) .count_offset = offsetof(struct structure, member)
#define SHAPE(name_, description_, structure, fields_)                                             \
    {                                                                                              \
        .name = (name_), .description = (description_), .fields = (fields_),                       \
        .field_count = sizeof(fields_) / sizeof *(fields_), .size = sizeof(struct structure)       \
    }

struct text_pair {
    struct text name;
    struct text value;
};

/* A member: by its id, or by an external id, which is looked up later. */
struct reference {
    struct text id;
    struct text kind;
    struct text value;
};
extern const struct shape reference_shape; /* of the second form */

static inline struct text field_name(const struct field *field)
{
    return (struct text){field->key.bytes + 1, field->key.length - 3};
}

/* What can be wrong with a field; the names are stable. */
#define MISTAKE_LIST(X)                                                                            \
    X(REQUIRED, "required")                                                                        \
    X(UNKNOWN_FIELD, "unknown_field")                                                              \
    X(REPEATED_FIELD, "repeated_field")                                                            \
    X(WRONG_TYPE, "wrong_type")                                                                    \
    X(MALFORMED, "malformed")                                                                      \
    X(TOO_LONG, "too_long")                                                                        \
    X(OUT_OF_RANGE, "out_of_range")                                                                \
    X(NOT_A_CHOICE, "not_a_choice")                                                                \
    X(TOO_PRECISE, "too_precise")                                                                  \
    X(UNKNOWN_ID, "unknown_id")                                                                    \
    X(CONTRADICTION, "contradiction")

enum mistake_code {
#define X(name, text) MISTAKE_##name,
    MISTAKE_LIST(X)
#undef X
        MISTAKE_COUNT
};
const char *mistake_name(enum mistake_code code);

struct mistake {
    enum mistake_code code;
    struct text field;  /* JSON pointer (RFC 6901); "" is the whole */
    struct text detail; /* one sentence */
};

struct mistakes {
    struct arena *arena;
    struct mistake *items; /* SHAPE_MISTAKE_MAXIMUM; NULL until there is one */
    uint32_t count;
    uint32_t dropped; /* found after the list was full, or without memory */
};

static inline bool mistakes_are_none(const struct mistakes *mistakes)
{
    return mistakes->count == 0 && mistakes->dropped == 0;
}

/* The way from the whole to a value, kept on the stack while reading. */
struct place {
    const struct place *parent; /* NULL: the whole */
    struct text name;           /* of a member */
    int64_t index;              /* of an element, when name.bytes is NULL */
};

/* Notes what is wrong at a place; for handlers too, which check what no table can say. */
void mistake_add(struct mistakes *mistakes, const struct place *place, enum mistake_code code,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* JSON -> struct of the shape's size, zeroed by the caller. Texts are copies in the arena of
 * `mistakes`, or views of `value`'s tree. STATUS_OK even with mistakes. */
MUST_CHECK enum status shape_read(const struct shape *shape, yyjson_val *value,
                                  const struct place *place, struct mistakes *mistakes,
                                  void *structure);
/* The value of one field alone, into the structure that its table describes. */
MUST_CHECK enum status shape_read_field(const struct field *field, yyjson_val *value,
                                        const struct place *place, struct mistakes *mistakes,
                                        void *structure);
/* One parameter of a query: a value that is written as text. Only TEXT, ID, CHOICE, BOOLEAN,
 * INTEGER, QUANTITY, DECIMAL, INSTANT, DATE and TEXT_LIST (each occurrence one more). */
MUST_CHECK enum status shape_read_parameter(const struct shape *shape, struct text name,
                                            struct text value, struct mistakes *mistakes,
                                            void *structure, uint64_t *seen);
/* Notes which required parameters were not among them. */
void shape_check_parameters(const struct shape *shape, uint64_t seen, struct mistakes *mistakes);

/* struct -> JSON. */
void shape_add(struct json_writer *writer, const struct shape *shape, const void *structure);
MUST_CHECK enum status shape_write(const struct shape *shape, const void *structure,
                                   struct arena *arena, struct text *json);

#endif
