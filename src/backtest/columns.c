/* Columns: matches a mapping with the file in hand.
 *
 * A column that two parts of an order line use is read once (`wanted` names none twice). Constants
 * lie in memory with slack behind them, so that they can be read like fields.
 */
#include "backtest/columns.h"

#include <stdio.h>

#define SHOWN_BYTES 40
#define HEADER_SHOWN_MAXIMUM 400

static bool is_shown_as_it_is(unsigned char byte)
{
    return byte >= ' ' && byte != 0x7f && byte != '"' && byte != '\\';
}

void column_show_value(struct text value, char *out)
{
    bool is_utf8 = text_is_utf8(value, NULL);
    size_t taken = value.length > SHOWN_BYTES ? SHOWN_BYTES : value.length;
    /* Not in the middle of a character. */
    while (is_utf8 && taken > 0 && taken < value.length &&
           ((unsigned char)value.bytes[taken] & 0xc0u) == 0x80u) {
        taken--;
    }
    size_t length = 0;
    size_t at = 0;
    for (; at < taken && length + 8 < COLUMN_SHOWN_MAXIMUM; at++) {
        unsigned char byte = (unsigned char)value.bytes[at];
        if (is_shown_as_it_is(byte) && (byte < 0x80 || is_utf8)) {
            out[length++] = (char)byte;
        } else {
            static const char digits[] = "0123456789abcdef";
            out[length++] = '\\';
            out[length++] = 'x';
            out[length++] = digits[byte >> 4];
            out[length++] = digits[byte & 15];
        }
    }
    memcpy(out + length, at < value.length ? "..." : "", at < value.length ? 4 : 1);
}

void columns_show_name(const struct mapping *mapping, enum order_column column, char *out)
{
    const struct mapped_column *mapped = &mapping->columns[column];
    if (mapped->source == MAPPED_VALUE) {
        snprintf(out, COLUMN_SHOWN_MAXIMUM, "the mapping's %.*s",
                 TEXT_ARGUMENTS(order_column_name(column)));
    } else {
        column_show_value(mapped->name, out);
    }
}

/* Index of the column in the record, or -1; -2 if two have the name. */
static int64_t find_name(const struct csv_record *header, struct text name)
{
    int64_t found = -1;
    for (uint32_t i = 0; i < header->column_count; i++) {
        if (!text_equal(text_trim(header->fields[i]), text_trim(name))) continue;
        if (found >= 0) return -2;
        found = i;
    }
    return found;
}

static void report_missing(const struct mapping *mapping, enum order_column column,
                           const struct csv_record *header, struct text file,
                           struct problem_list *problems)
{
    struct text part = order_column_name(column);
    struct text name = mapping->columns[column].name;
    struct position place = {(uint32_t)header->line, 0};
    int nearest = text_nearest(name, header->fields, header->column_count);
    if (nearest >= 0) {
        char shown[COLUMN_SHOWN_MAXIMUM];
        column_show_value(header->fields[nearest], shown);
        problem_add(problems, file, place,
                    "there is no column \"%.*s\" for the %.*s; did you mean \"%s\"?",
                    TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(part), shown);
        return;
    }
    struct buffer names;
    buffer_init(&names, HEADER_SHOWN_MAXIMUM);
    for (uint32_t i = 0; i < header->column_count; i++) {
        char shown[COLUMN_SHOWN_MAXIMUM];
        column_show_value(header->fields[i], shown);
        if (buffer_add_format(&names, "%s%s", i == 0 ? "" : ", ", shown) != STATUS_OK) break;
    }
    problem_add(problems, file, place,
                "there is no column \"%.*s\" for the %.*s; the header has %.*s",
                TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(part), TEXT_ARGUMENTS(buffer_text(&names)));
    buffer_release(&names);
}

/* The column's index, or -1 after adding a problem if it has to be there. */
static int64_t find_column(const struct mapping *mapping, enum order_column column,
                           const struct csv_record *first, struct text file,
                           struct problem_list *problems)
{
    const struct mapped_column *mapped = &mapping->columns[column];
    struct position place = {(uint32_t)first->line, 0};
    if (mapped->source == MAPPED_BY_NUMBER) {
        if (mapped->number <= first->column_count) return (int64_t)mapped->number - 1;
        problem_add(problems, file, place, "there is no column %u for the %.*s; the line has %u",
                    mapped->number, TEXT_ARGUMENTS(order_column_name(column)), first->column_count);
        return -1;
    }
    int64_t found = find_name(first, mapped->name);
    if (found == -1 && mapped->is_optional) return -1;
    if (found == -1) report_missing(mapping, column, first, file, problems);
    if (found == -2) {
        problem_add(problems, file, place, "two columns are called \"%.*s\"; rename one",
                    TEXT_ARGUMENTS(mapped->name));
    }
    return found < 0 ? -1 : found;
}

struct text columns_trim(const struct columns *columns, enum order_column column, struct text value)
{
    const struct mapped_column *mapped = &columns->mapping->columns[column];
    if (text_starts_with(value, mapped->prefix)) {
        value.bytes += mapped->prefix.length;
        value.length -= mapped->prefix.length;
    }
    if (text_ends_with(value, mapped->suffix)) value.length -= mapped->suffix.length;
    return value;
}

static uint32_t slot_of(struct columns *columns, uint32_t index)
{
    for (uint32_t i = 0; i < columns->wanted_count; i++) {
        if (columns->wanted[i] == index) return i;
    }
    columns->wanted[columns->wanted_count] = index;
    return columns->wanted_count++;
}

/* Constants behind the wanted fields, and one empty text for all that is not mapped. */
static void place_constants(struct columns *columns)
{
    static const char nothing[CSV_SLACK_BYTES];
    uint32_t next = columns->wanted_count;
    uint32_t empty = next++;
    columns->fields[empty] = (struct text){nothing, 0};
    for (int i = 0; i < ORDER_COLUMN_COUNT; i++) {
        const struct mapped_column *mapped = &columns->mapping->columns[i];
        if (!columns->has[i]) columns->slots[i] = empty;
        if (mapped->source != MAPPED_VALUE) continue;
        ASSERT(mapped->value.length <= MAPPING_VALUE_MAXIMUM);
        memcpy(columns->constant_bytes[i], mapped->value.bytes, mapped->value.length);
        columns->fields[next] = (struct text){columns->constant_bytes[i], mapped->value.length};
        columns->slots[i] = next++;
    }
}

enum status columns_resolve(struct columns *columns, const struct mapping *mapping,
                            const struct csv_record *first, struct text file,
                            struct problem_list *problems)
{
    size_t before = problems->count + problems->dropped;
    columns->mapping = mapping;
    columns->wanted_count = 0;
    columns->column_count = first->column_count;
    for (int i = 0; i < ORDER_COLUMN_COUNT; i++) {
        const struct mapped_column *mapped = &mapping->columns[i];
        columns->trims[i] = !text_is_empty(mapped->prefix) || !text_is_empty(mapped->suffix);
        columns->has[i] = mapped->source == MAPPED_VALUE;
        if (mapped->source == MAPPED_NOT || mapped->source == MAPPED_VALUE) continue;
        int64_t index = find_column(mapping, (enum order_column)i, first, file, problems);
        if (index < 0) continue;
        columns->slots[i] = slot_of(columns, (uint32_t)index);
        columns->has[i] = true;
    }
    place_constants(columns);
    if (problems->count + problems->dropped == before) return STATUS_OK;
    if (first->column_count == 1) {
        problem_add(problems, file, (struct position){0, 0},
                    "the line has one column only; does another character separate them? The "
                    "mapping's separator says which");
    }
    if (text_is_empty(mapping->file)) {
        problem_add(problems, file, (struct position){0, 0},
                    "without a mapping the columns of `guerdon generate` are expected; say what "
                    "the columns mean with --map FILE");
    }
    return STATUS_INVALID;
}
