/* Mapping: YAML to a checked table of columns.
 *
 * Must never stop at the first mistake: everything is read as far as it makes sense, and what is
 * missing is asked for at the end. Each level of the file is a table of keys with the function that
 * reads the value; unknown keys, repeated keys and their nearest known neighbour are dealt with
 * once, in read_keys.
 */
#include "backtest/mapping.h"

#include <yaml.h>

#define KEYS_MAXIMUM 24

struct reading {
    struct arena *arena;
    struct text file;
    struct problem_list *problems;
    yaml_document_t *document;
    struct mapping mapping;
    enum order_column column; /* whose map is being read */
    enum status status;       /* NO_MEMORY only; mistakes are in problems */
};

/* One key of a level of the file. */
struct key {
    struct text name;
    void (*read)(struct reading *reading, const yaml_node_t *value);
};

static struct position position_of(const yaml_node_t *node)
{
    return (struct position){(uint32_t)node->start_mark.line + 1,
                             (uint32_t)node->start_mark.column + 1};
}

static bool is_scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE;
}

/* A view into the YAML document, which ends before the mapping does. */
static struct text scalar_view(const yaml_node_t *node)
{
    return (struct text){(const char *)node->data.scalar.value, node->data.scalar.length};
}

static struct text keep(struct reading *reading, struct text text)
{
    struct text copy = arena_copy(reading->arena, text);
    if (copy.bytes == NULL) {
        reading->status = STATUS_NO_MEMORY;
        return TEXT("");
    }
    return copy;
}

/* A scalar that is not empty, kept; else a problem that asks for `what`. */
static bool read_text(struct reading *reading, const yaml_node_t *value, const char *what,
                      struct text *text)
{
    if (!is_scalar(value) || value->data.scalar.length == 0) {
        problem_add(reading->problems, reading->file, position_of(value), "%s is needed here",
                    what);
        return false;
    }
    *text = keep(reading, scalar_view(value));
    return true;
}

static const struct key *find_key(const struct key *keys, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(keys[i].name, name)) return &keys[i];
    }
    return NULL;
}

static void report_unknown_key(struct reading *reading, const struct key *keys, size_t count,
                               const yaml_node_t *node)
{
    struct text names[KEYS_MAXIMUM];
    for (size_t i = 0; i < count; i++)
        names[i] = keys[i].name;
    struct text name = scalar_view(node);
    int nearest = text_nearest(name, names, count);
    if (nearest >= 0) {
        problem_add(reading->problems, reading->file, position_of(node),
                    "unknown key \"%.*s\"; did you mean \"%.*s\"?", TEXT_ARGUMENTS(name),
                    TEXT_ARGUMENTS(names[nearest]));
        return;
    }
    struct buffer known;
    buffer_init(&known, 1024);
    for (size_t i = 0; i < count; i++) {
        enum status status =
            buffer_add_format(&known, "%s%.*s", i == 0 ? "" : ", ", TEXT_ARGUMENTS(names[i]));
        if (status != STATUS_OK) break;
    }
    problem_add(reading->problems, reading->file, position_of(node),
                "unknown key \"%.*s\"; known here are %.*s", TEXT_ARGUMENTS(name),
                TEXT_ARGUMENTS(buffer_text(&known)));
    buffer_release(&known);
}

/* Reads one level: every pair goes to its key's function, once. */
static void read_keys(struct reading *reading, const yaml_node_t *node, const char *what,
                      const struct key *keys, size_t count)
{
    if (node->type != YAML_MAPPING_NODE) {
        problem_add(reading->problems, reading->file, position_of(node), "%s is needed here", what);
        return;
    }
    bool seen[KEYS_MAXIMUM] = {false};
    ASSERT(count <= KEYS_MAXIMUM);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(reading->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(reading->document, pair->value);
        if (!is_scalar(name)) {
            problem_add(reading->problems, reading->file, position_of(name),
                        "a key is a plain word");
            continue;
        }
        const struct key *key = find_key(keys, count, scalar_view(name));
        if (key == NULL) {
            report_unknown_key(reading, keys, count, name);
        } else if (seen[key - keys]) {
            problem_add(reading->problems, reading->file, position_of(name),
                        "\"%.*s\" is given twice; keep one of them",
                        TEXT_ARGUMENTS(scalar_view(name)));
        } else {
            seen[key - keys] = true;
            key->read(reading, value);
        }
    }
}

static void read_currency(struct reading *reading, const yaml_node_t *value)
{
    struct text code;
    if (!read_text(reading, value, "a currency such as EUR", &code)) return;
    if (currency_decimals(code, &reading->mapping.currency_decimals) != STATUS_OK) {
        problem_add(reading->problems, reading->file, position_of(value),
                    "\"%.*s\" is not an ISO 4217 currency; write three capitals such as EUR",
                    TEXT_ARGUMENTS(code));
    }
    reading->mapping.currency = code;
}

static void read_timezone(struct reading *reading, const yaml_node_t *value)
{
    struct text name;
    if (!read_text(reading, value, "a time zone such as Europe/London", &name)) return;
    enum status status = zone_open(reading->arena, name, &reading->mapping.zone);
    if (status == STATUS_OK) return;
    if (status == STATUS_NO_MEMORY) {
        reading->status = status;
        return;
    }
    problem_add(reading->problems, reading->file, position_of(value),
                "there is no time zone \"%.*s\"; write an IANA name such as Europe/London or UTC",
                TEXT_ARGUMENTS(name));
}

static void read_time_format(struct reading *reading, const yaml_node_t *value)
{
    struct text text;
    struct text error = TEXT("");
    if (!read_text(reading, value, "a time format such as \"%Y-%m-%d %H:%M\"", &text)) return;
    enum status status =
        time_format_compile(reading->arena, text, &reading->mapping.time_format, &error);
    if (status == STATUS_OK) return;
    problem_add(reading->problems, reading->file, position_of(value), "\"%.*s\" %.*s",
                TEXT_ARGUMENTS(text), TEXT_ARGUMENTS(error));
}

static void read_separator(struct reading *reading, const yaml_node_t *value)
{
    static const struct {
        struct text name;
        char separator;
    } names[] = {{TEXT_INITIALISER("comma"), ','},
                 {TEXT_INITIALISER("semicolon"), ';'},
                 {TEXT_INITIALISER("tab"), '\t'},
                 {TEXT_INITIALISER("space"), ' '}};
    struct text text = is_scalar(value) ? scalar_view(value) : TEXT("");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (text_equal(text, names[i].name)) {
            reading->mapping.separator = names[i].separator;
            return;
        }
    }
    bool is_possible = text.length == 1 &&
                       ((text.bytes[0] >= ' ' && text.bytes[0] <= '~') || text.bytes[0] == '\t');
    if (is_possible && text.bytes[0] != '"') {
        reading->mapping.separator = text.bytes[0];
        return;
    }
    problem_add(reading->problems, reading->file, position_of(value),
                "a separator is comma, semicolon, tab, space (any white space), or one character");
}

static void read_decimal_mark(struct reading *reading, const yaml_node_t *value)
{
    struct text text = is_scalar(value) ? scalar_view(value) : TEXT("");
    if (text.length == 1 && (text.bytes[0] == '.' || text.bytes[0] == ',')) {
        reading->mapping.decimal_mark = text.bytes[0];
        return;
    }
    problem_add(reading->problems, reading->file, position_of(value),
                "a decimal mark is \".\" or \",\"");
}

static void read_header(struct reading *reading, const yaml_node_t *value)
{
    struct text text = is_scalar(value) ? scalar_view(value) : TEXT("");
    bool yes = text_equal(text, TEXT("yes")) || text_equal(text, TEXT("true"));
    if (!yes && !text_equal(text, TEXT("no")) && !text_equal(text, TEXT("false"))) {
        problem_add(reading->problems, reading->file, position_of(value),
                    "header is yes (columns have names) or no (columns have numbers, from 1)");
        return;
    }
    reading->mapping.has_header = yes;
}

/* A column's name; whether it has to be a number is known when `header` is, at the end. */
static void set_column(struct reading *reading, enum order_column column, const yaml_node_t *value)
{
    struct mapped_column *mapped = &reading->mapping.columns[column];
    if (!read_text(reading, value, "the name of a column", &mapped->name)) return;
    mapped->position = position_of(value);
    mapped->source = MAPPED_BY_NAME;
}

static void read_column_name(struct reading *reading, const yaml_node_t *value)
{
    set_column(reading, reading->column, value);
}

static void read_column_value(struct reading *reading, const yaml_node_t *value)
{
    struct mapped_column *mapped = &reading->mapping.columns[reading->column];
    if (!read_text(reading, value, "the value of every line", &mapped->value)) return;
    if (mapped->value.length > MAPPING_VALUE_MAXIMUM) {
        problem_add(reading->problems, reading->file, position_of(value),
                    "a value has at most %d bytes", MAPPING_VALUE_MAXIMUM);
    }
    if (mapped->source == MAPPED_NOT) mapped->source = MAPPED_VALUE;
}

static void read_prefix(struct reading *reading, const yaml_node_t *value)
{
    struct mapped_column *mapped = &reading->mapping.columns[reading->column];
    (void)read_text(reading, value, "what to drop from the start", &mapped->prefix);
}

static void read_suffix(struct reading *reading, const yaml_node_t *value)
{
    struct mapped_column *mapped = &reading->mapping.columns[reading->column];
    (void)read_text(reading, value, "what to drop from the end", &mapped->suffix);
}

static void read_column(struct reading *reading, enum order_column column, const yaml_node_t *value)
{
    static const struct key keys[] = {{TEXT_INITIALISER("column"), read_column_name},
                                      {TEXT_INITIALISER("value"), read_column_value},
                                      {TEXT_INITIALISER("drop_prefix"), read_prefix},
                                      {TEXT_INITIALISER("drop_suffix"), read_suffix}};
    if (is_scalar(value)) {
        set_column(reading, column, value);
        return;
    }
    struct mapped_column *mapped = &reading->mapping.columns[column];
    size_t before = reading->problems->count + reading->problems->dropped;
    reading->column = column;
    mapped->position = position_of(value);
    read_keys(reading, value, "a column's name, {column: NAME, drop_suffix: TEXT} or {value: TEXT}",
              keys, sizeof keys / sizeof keys[0]);
    bool has_problem = reading->problems->count + reading->problems->dropped > before;
    bool has_both = mapped->source == MAPPED_BY_NAME && !text_is_empty(mapped->value);
    if (!has_problem && (mapped->source == MAPPED_NOT || has_both)) {
        problem_add(reading->problems, reading->file, position_of(value),
                    "name either a column or a value");
    }
    /* Whatever was wrong with it, it is not missing. */
    if (mapped->source == MAPPED_NOT) mapped->source = MAPPED_VALUE;
}

#define X(name, text)                                                                              \
    static void read_column_##name(struct reading *reading, const yaml_node_t *value)              \
    {                                                                                              \
        read_column(reading, ORDER_COLUMN_##name, value);                                          \
    }
ORDER_COLUMN_LIST(X)
#undef X

static void read_columns(struct reading *reading, const yaml_node_t *value)
{
    static const struct key keys[] = {
#define X(name, text) {TEXT_INITIALISER(text), read_column_##name},
        ORDER_COLUMN_LIST(X)
#undef X
    };
    /* The last, RETURN, has a key of its own. */
    read_keys(reading, value, "a map of what each column means", keys,
              sizeof keys / sizeof keys[0] - 1);
}

static void set_return(struct reading *reading, const yaml_node_t *value, enum return_mark mark)
{
    struct mapping *mapping = &reading->mapping;
    if (mapping->return_mark != RETURN_NONE && mapping->return_mark != mark) {
        problem_add(reading->problems, reading->file, position_of(value),
                    "a return is told by one mark; keep one of them");
    }
    mapping->return_mark = mark;
}

static void read_return_start(struct reading *reading, const yaml_node_t *value)
{
    set_return(reading, value, RETURN_ORDER_STARTS_WITH);
    (void)read_text(reading, value, "what the number of a return starts with",
                    &reading->mapping.return_text);
}

static void read_return_quantity(struct reading *reading, const yaml_node_t *value)
{
    set_return(reading, value, RETURN_NEGATIVE);
    if (is_scalar(value) && text_equal(scalar_view(value), TEXT("negative"))) return;
    problem_add(reading->problems, reading->file, position_of(value),
                "the quantity of a return can be told by `negative`");
}

static void read_return_column(struct reading *reading, const yaml_node_t *value)
{
    set_return(reading, value, RETURN_COLUMN_EQUALS);
    set_column(reading, ORDER_COLUMN_RETURN, value);
}

static void read_return_equals(struct reading *reading, const yaml_node_t *value)
{
    set_return(reading, value, RETURN_COLUMN_EQUALS);
    (void)read_text(reading, value, "what the column holds on a return",
                    &reading->mapping.return_text);
}

static void read_return(struct reading *reading, const yaml_node_t *value)
{
    static const struct key keys[] = {{TEXT_INITIALISER("order_starts_with"), read_return_start},
                                      {TEXT_INITIALISER("quantity"), read_return_quantity},
                                      {TEXT_INITIALISER("column"), read_return_column},
                                      {TEXT_INITIALISER("equals"), read_return_equals}};
    if (is_scalar(value) && text_equal(scalar_view(value), TEXT("none"))) return;
    read_keys(
        reading, value,
        "{order_starts_with: TEXT}, {quantity: negative}, {column: NAME, equals: TEXT} or none",
        keys, sizeof keys / sizeof keys[0]);
    const struct mapping *mapping = &reading->mapping;
    if (mapping->return_mark != RETURN_COLUMN_EQUALS) return;
    if (mapping->columns[ORDER_COLUMN_RETURN].source == MAPPED_NOT ||
        text_is_empty(mapping->return_text)) {
        problem_add(reading->problems, reading->file, position_of(value),
                    "a return told by a column needs both `column` and `equals`");
    }
}

static const struct key top_keys[] = {
    {TEXT_INITIALISER("currency"), read_currency},
    {TEXT_INITIALISER("timezone"), read_timezone},
    {TEXT_INITIALISER("time_format"), read_time_format},
    {TEXT_INITIALISER("separator"), read_separator},
    {TEXT_INITIALISER("decimal_mark"), read_decimal_mark},
    {TEXT_INITIALISER("header"), read_header},
    {TEXT_INITIALISER("columns"), read_columns},
    {TEXT_INITIALISER("return"), read_return},
};

/* Without a header the names are numbers. */
static void number_columns(struct reading *reading)
{
    for (int i = 0; i < ORDER_COLUMN_COUNT; i++) {
        struct mapped_column *mapped = &reading->mapping.columns[i];
        if (mapped->source != MAPPED_BY_NAME || reading->mapping.has_header) continue;
        int64_t number = 0;
        if (amount_parse(mapped->name, 0, &number) != STATUS_OK || number < 1 || number > 1000) {
            problem_add(reading->problems, reading->file, mapped->position,
                        "without a header a column is a number from 1 to 1000, not \"%.*s\"",
                        TEXT_ARGUMENTS(mapped->name));
            continue;
        }
        mapped->source = MAPPED_BY_NUMBER;
        mapped->number = (uint32_t)number;
        mapped->name = arena_format(reading->arena, "column %u", mapped->number);
        if (mapped->name.bytes == NULL) reading->status = STATUS_NO_MEMORY;
    }
}

/* One of unit_price and line_amount is needed as well. */
static bool is_needed(enum order_column column)
{
    return column == ORDER_COLUMN_ORDER || column == ORDER_COLUMN_CUSTOMER ||
           column == ORDER_COLUMN_SKU || column == ORDER_COLUMN_QUANTITY ||
           column == ORDER_COLUMN_TIME;
}

static void ask_for_missing(struct reading *reading)
{
    const struct mapping *mapping = &reading->mapping;
    const struct position nowhere = {0, 0};
    if (text_is_empty(mapping->currency)) {
        problem_add(reading->problems, reading->file, nowhere,
                    "`currency` is missing; write for example `currency: EUR`");
    }
    for (int i = 0; i < ORDER_COLUMN_COUNT; i++) {
        if (mapping->columns[i].source != MAPPED_NOT || !is_needed((enum order_column)i)) continue;
        struct text name = order_column_name((enum order_column)i);
        problem_add(reading->problems, reading->file, nowhere,
                    "`columns` does not say which column is the `%.*s`", TEXT_ARGUMENTS(name));
    }
    bool has_price = mapping->columns[ORDER_COLUMN_UNIT_PRICE].source != MAPPED_NOT;
    bool has_amount = mapping->columns[ORDER_COLUMN_LINE_AMOUNT].source != MAPPED_NOT;
    if (has_price == has_amount) {
        problem_add(reading->problems, reading->file, nowhere,
                    "`columns` needs %s `unit_price` %s `line_amount`",
                    has_price ? "only one of" : "either", has_price ? "and" : "or");
    }
    if (mapping->decimal_mark == mapping->separator) {
        problem_add(reading->problems, reading->file, nowhere,
                    "`separator` and `decimal_mark` are the same character");
    }
}

static void read_document(struct reading *reading)
{
    yaml_node_t *root = yaml_document_get_root_node(reading->document);
    if (root == NULL) {
        problem_add(reading->problems, reading->file, (struct position){0, 0},
                    "is empty; a mapping begins with `currency: EUR` and `columns:`");
        return;
    }
    if (root->type != YAML_MAPPING_NODE) {
        problem_add(reading->problems, reading->file, position_of(root),
                    "a mapping is a map of keys: currency, columns and so on");
        return;
    }
    read_keys(reading, root, "", top_keys, sizeof top_keys / sizeof top_keys[0]);
    number_columns(reading);
    ask_for_missing(reading);
}

static enum status parse(struct reading *reading, struct text text)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (yaml_parser_initialize(&parser) == 0) return STATUS_NO_MEMORY;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.bytes, text.length);
    enum status status = STATUS_OK;
    if (yaml_parser_load(&parser, &document) == 0) {
        if (parser.error == YAML_MEMORY_ERROR) status = STATUS_NO_MEMORY;
        struct position place = {(uint32_t)parser.problem_mark.line + 1,
                                 (uint32_t)parser.problem_mark.column + 1};
        problem_add(reading->problems, reading->file, place, "is not YAML: %s",
                    parser.problem == NULL ? "it cannot be read" : parser.problem);
    } else {
        reading->document = &document;
        read_document(reading);
        yaml_document_delete(&document);
        reading->document = NULL;
    }
    yaml_parser_delete(&parser);
    return status != STATUS_OK ? status : reading->status;
}

static enum status set_defaults(struct arena *arena, struct mapping *mapping)
{
    *mapping = (struct mapping){.separator = ',', .decimal_mark = '.', .has_header = true};
    struct text error;
    TRY(time_format_compile(arena, TEXT("rfc3339"), &mapping->time_format, &error));
    return zone_open(arena, TEXT("UTC"), &mapping->zone);
}

enum status mapping_load(struct arena *arena, struct text file, struct text text,
                         struct problem_list *problems, struct mapping *mapping)
{
    struct reading reading = {.arena = arena, .problems = problems};
    size_t before = problems->count + problems->dropped;
    size_t bad = 0;
    reading.file = keep(&reading, file);
    TRY(reading.status);
    if (text.length > MAPPING_TEXT_MAXIMUM) {
        problem_add(problems, reading.file, (struct position){0, 0},
                    "is longer than 256 KB; name the mapping file, not the orders");
        return STATUS_INVALID;
    }
    if (!text_is_utf8(text, &bad)) {
        problem_add(problems, reading.file, (struct position){0, 0},
                    "is not UTF-8 (byte %zu); save it as UTF-8", bad + 1);
        return STATUS_INVALID;
    }
    TRY(set_defaults(arena, &reading.mapping));
    reading.mapping.file = reading.file;
    TRY(parse(&reading, text));
    if (problems->count + problems->dropped > before) return STATUS_INVALID;
    *mapping = reading.mapping;
    return STATUS_OK;
}

enum status mapping_default(struct arena *arena, struct mapping *mapping)
{
    struct mapping made;
    TRY(set_defaults(arena, &made));
    made.currency = TEXT("USD");
    TRY(currency_decimals(made.currency, &made.currency_decimals));
    for (int i = 0; i < ORDER_COLUMN_COUNT; i++) {
        enum order_column column = (enum order_column)i;
        if (column == ORDER_COLUMN_LINE_AMOUNT || column == ORDER_COLUMN_RETURN) continue;
        struct mapped_column *mapped = &made.columns[column];
        mapped->source = MAPPED_BY_NAME;
        mapped->name = column == ORDER_COLUMN_CUSTOMER ? TEXT("member") : order_column_name(column);
        mapped->is_optional = column != ORDER_COLUMN_UNIT_PRICE && !is_needed(column);
    }
    made.return_mark = RETURN_ORDER_STARTS_WITH;
    made.return_text = TEXT("R");
    *mapping = made;
    return STATUS_OK;
}

struct text order_column_name(enum order_column column)
{
    static const struct text names[] = {
#define X(name, text) TEXT_INITIALISER(text),
        ORDER_COLUMN_LIST(X)
#undef X
    };
    return names[column];
}
