/* The report as text, for a terminal: 80 columns for one or two programmes.
 *
 * Must never write a byte that a terminal takes for a command, whatever a title, an id or a file
 * holds: control characters come out as "?". Escape sequences are written only with colour.
 *
 * Method: each table's columns are as wide as their widest cell; labels take what is left of 80
 * columns. With two programmes a third column shows the difference; with more, a second line under
 * a row shows how each differs from the first.
 */
#include <inttypes.h>

#include "backtest/report_figures.h"
#include "backtest/report_notes.h"

#define LINE_COLUMNS 80
#define COLUMN_GAP 2
#define LABEL_INDENT 2
#define LABEL_LEAST 20
#define LABEL_MOST 44
#define HEAD_MOST 13

struct terminal {
    struct sheet *sheet;
    bool colour;
};

enum style { STYLE_PLAIN, STYLE_STRONG, STYLE_FAINT };

static void style_begin(struct terminal *terminal, enum style style)
{
    if (terminal->colour && style == STYLE_STRONG) sheet_say(terminal->sheet, "\x1b[1m");
    if (terminal->colour && style == STYLE_FAINT) sheet_say(terminal->sheet, "\x1b[2m");
}

static void style_end(struct terminal *terminal, enum style style)
{
    if (terminal->colour && style != STYLE_PLAIN) sheet_say(terminal->sheet, "\x1b[0m");
}

static void spaces(struct terminal *terminal, size_t count)
{
    for (size_t k = 0; k < count; k++)
        sheet_say(terminal->sheet, " ");
}

/* Ends a line without the spaces that an empty last cell has left. */
static void end_line(struct terminal *terminal)
{
    struct buffer *out = terminal->sheet->out;
    while (out->length > terminal->sheet->start && out->bytes[out->length - 1] == ' ')
        out->length--;
    sheet_say(terminal->sheet, "\n");
}

/* At most `columns` columns of the text, the last being "…" if it is cut; answers how many. */
static size_t print_cut(struct terminal *terminal, struct text text, size_t columns)
{
    bool is_cut = text_columns(text) > columns;
    size_t room = is_cut && columns > 0 ? columns - 1 : columns;
    size_t used = 0;
    while (!text_is_empty(text)) {
        struct text here = text;
        uint32_t character = text_next_character(&text);
        here.length -= text.length;
        if (character < ' ' || (character >= 0x7F && character < 0xA0) || character == 0xFFFD)
            here = TEXT("?");
        size_t width = text_columns(here);
        if (used + width > room) break;
        sheet_add(terminal->sheet, here);
        used += width;
    }
    if (is_cut && columns > 0) {
        sheet_say(terminal->sheet, "\xE2\x80\xA6");
        used++;
    }
    return used;
}

static void print_right(struct terminal *terminal, struct text text, size_t columns,
                        enum style style)
{
    size_t width = text_columns(text);
    spaces(terminal, COLUMN_GAP + (width < columns ? columns - width : 0));
    style_begin(terminal, style);
    print_cut(terminal, text, columns);
    style_end(terminal, style);
}

static void print_left(struct terminal *terminal, struct text text, size_t columns,
                       enum style style)
{
    style_begin(terminal, style);
    size_t used = print_cut(terminal, text, columns);
    style_end(terminal, style);
    spaces(terminal, columns - used);
}

/* Words at most 80 columns to a line, each line after `indent` spaces, the first after `mark`. */
static void print_wrapped(struct terminal *terminal, const char *mark, struct text text)
{
    size_t indent = strlen(mark);
    size_t used = indent;
    sheet_say(terminal->sheet, mark);
    while (!text_is_empty(text)) {
        struct text word = text_split(text, ' ', &text);
        size_t width = text_columns(word);
        if (used > indent && used + 1 + width > LINE_COLUMNS) {
            sheet_say(terminal->sheet, "\n");
            spaces(terminal, indent);
            used = indent;
        }
        if (used > indent) {
            sheet_say(terminal->sheet, " ");
            used++;
        }
        used += print_cut(terminal, word, width);
    }
    sheet_say(terminal->sheet, "\n");
}

/* ---- Tables ---- */

/* A table as it is printed: texts, with a column of differences when there are two programmes. */
struct grid {
    const struct figure_table *table;
    uint32_t columns;
    struct text *heads;
    struct text *cells;       /* row by row */
    struct text *differences; /* NULL, or under each cell */
    size_t *widths;
    size_t label_width;
};

static bool row_is_empty(const struct figure_table *table, uint32_t row)
{
    for (uint32_t c = 0; c < table->column_count; c++)
        if (table->rows[row].cells[c].kind != FIGURE_NONE) return false;
    return true;
}

static size_t wider(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void grid_fill(struct sheet *sheet, struct grid *grid)
{
    const struct figure_table *table = grid->table;
    for (uint32_t row = 0; row < table->row_count; row++) {
        const struct figure *figures = table->rows[row].cells;
        struct text *cells = &grid->cells[(size_t)row * grid->columns];
        for (uint32_t c = 0; c < table->column_count; c++) {
            cells[c] = figure_show(sheet, figures[c]);
            if (grid->differences != NULL && c > 0)
                grid->differences[(size_t)row * grid->columns + c] =
                    figure_show_difference(sheet, figures[0], figures[c]);
        }
        if (grid->columns > table->column_count)
            cells[table->column_count] = figure_show_difference(sheet, figures[0], figures[1]);
    }
}

/* Labels take the room that is left, so that the tables of a report align. Where there is none the
 * table is wider than the terminal anyway and the labels need not be cut. */
static size_t label_width(size_t widest, size_t room)
{
    if (room < LABEL_LEAST) return widest < LABEL_MOST ? widest : LABEL_MOST;
    return room < LABEL_MOST ? room : LABEL_MOST;
}

static void grid_measure(struct grid *grid)
{
    size_t all = LABEL_INDENT;
    size_t label = 0;
    for (uint32_t row = 0; row < grid->table->row_count; row++) {
        size_t part = grid->table->rows[row].weight == ROW_PART ? 2 : 0;
        label = wider(label, part + text_columns(grid->table->rows[row].label));
    }
    for (uint32_t c = 0; c < grid->columns; c++) {
        size_t head = text_columns(grid->heads[c]);
        grid->widths[c] = head > HEAD_MOST ? HEAD_MOST : head;
        for (uint32_t row = 0; row < grid->table->row_count; row++) {
            size_t place = (size_t)row * grid->columns + c;
            grid->widths[c] = wider(grid->widths[c], text_columns(grid->cells[place]));
            if (grid->differences != NULL)
                grid->widths[c] = wider(grid->widths[c], text_columns(grid->differences[place]));
        }
        all += COLUMN_GAP + grid->widths[c];
    }
    grid->label_width = label_width(label, all < LINE_COLUMNS ? LINE_COLUMNS - all : 0);
}

static bool grid_init(struct sheet *sheet, const struct figure_table *table, struct grid *grid)
{
    bool has_difference = table->is_side_by_side && table->column_count == 2;
    bool has_second_lines = table->is_side_by_side && table->column_count > 2;
    *grid = (struct grid){.table = table, .columns = table->column_count + has_difference};
    size_t cells = (size_t)table->row_count * grid->columns;
    grid->heads = sheet_new_array(sheet, struct text, grid->columns);
    grid->cells = sheet_new_array(sheet, struct text, cells);
    grid->widths = sheet_new_array(sheet, size_t, grid->columns);
    if (has_second_lines) grid->differences = sheet_new_array(sheet, struct text, cells);
    if (sheet->status != STATUS_OK) return false;
    for (uint32_t c = 0; c < table->column_count; c++)
        grid->heads[c] = table->heads[c];
    if (has_difference) grid->heads[2] = TEXT("B less A");
    grid_fill(sheet, grid);
    grid_measure(grid);
    return true;
}

static bool has_differences(const struct grid *grid, uint32_t row)
{
    if (grid->differences == NULL) return false;
    for (uint32_t c = 0; c < grid->columns; c++) {
        struct text difference = grid->differences[(size_t)row * grid->columns + c];
        if (!text_is_empty(difference) && !text_equal(difference, TEXT("="))) return true;
    }
    return false;
}

static void print_row(struct terminal *terminal, const struct grid *grid, uint32_t row)
{
    const struct figure_row *described = &grid->table->rows[row];
    enum style style = described->weight == ROW_TOTAL ? STYLE_STRONG : STYLE_PLAIN;
    size_t indent = described->weight == ROW_PART ? 2 : 0;
    spaces(terminal, LABEL_INDENT + indent);
    print_left(terminal, described->label, grid->label_width - indent, style);
    for (uint32_t c = 0; c < grid->columns; c++) {
        bool is_difference = c >= grid->table->column_count;
        print_right(terminal, grid->cells[(size_t)row * grid->columns + c], grid->widths[c],
                    is_difference ? STYLE_FAINT : style);
    }
    end_line(terminal);
    if (!has_differences(grid, row)) return;
    spaces(terminal, LABEL_INDENT + grid->label_width);
    for (uint32_t c = 0; c < grid->columns; c++)
        print_right(terminal, grid->differences[(size_t)row * grid->columns + c], grid->widths[c],
                    STYLE_FAINT);
    end_line(terminal);
}

static void print_heading(struct terminal *terminal, struct text title)
{
    end_line(terminal);
    style_begin(terminal, STYLE_STRONG);
    print_cut(terminal, title, LINE_COLUMNS);
    style_end(terminal, STYLE_STRONG);
    end_line(terminal);
}

static void print_table(struct terminal *terminal, const struct figure_table *table)
{
    struct grid grid;
    uint32_t filled = 0;
    for (uint32_t row = 0; row < table->row_count; row++)
        filled += !row_is_empty(table, row);
    if (filled == 0 || table->column_count == 0) return;
    if (!grid_init(terminal->sheet, table, &grid)) return;
    print_heading(terminal, table->title);
    if (grid.columns > 1) {
        spaces(terminal, LABEL_INDENT + grid.label_width);
        for (uint32_t c = 0; c < grid.columns; c++)
            print_right(terminal, grid.heads[c], grid.widths[c], STYLE_FAINT);
        end_line(terminal);
    }
    for (uint32_t row = 0; row < table->row_count; row++)
        if (!row_is_empty(table, row)) print_row(terminal, &grid, row);
}

static void print_table_of_the_file(struct terminal *terminal, struct figure_table table)
{
    if (figures_are_the_same_in_each(&table)) {
        table.column_count = 1;
        table.title = sheet_keep(terminal->sheet, "%.*s, the same for each programme",
                                 TEXT_ARGUMENTS(table.title));
    }
    print_table(terminal, &table);
}

/* ---- The whole ---- */

static void print_title(struct terminal *terminal, const struct comparison *comparison)
{
    struct sheet *sheet = terminal->sheet;
    const struct totals *first = comparison->totals[0];
    struct text title =
        comparison->count == 1
            ? sheet_keep(sheet, "%.*s (%.*s)", TEXT_ARGUMENTS(program_name(first->program)),
                         TEXT_ARGUMENTS(first->program->id))
            : sheet_keep(sheet, "%" PRIu32 " programmes side by side", comparison->count);
    style_begin(terminal, STYLE_STRONG);
    print_wrapped(terminal, "", title);
    style_end(terminal, STYLE_STRONG);
    print_wrapped(terminal, "",
                  sheet_keep(sheet, "back-tested over %.*s, %.*s",
                             TEXT_ARGUMENTS(orders_name(comparison)),
                             TEXT_ARGUMENTS(period_of(sheet, first))));
    for (uint32_t p = 0; comparison->count > 1 && p < comparison->count; p++) {
        const struct program *program = comparison->totals[p]->program;
        struct text mark =
            p < 26 ? sheet_keep(sheet, "  %c  ", 'A' + (int)p) : sheet_keep(sheet, "P%u  ", p + 1);
        if (sheet->status == STATUS_OK)
            print_wrapped(terminal, mark.bytes,
                          sheet_keep(sheet, "%.*s (%.*s)", TEXT_ARGUMENTS(program_name(program)),
                                     TEXT_ARGUMENTS(program->id)));
    }
}

static void print_unreadable(struct terminal *terminal, const struct problem_list *unreadable)
{
    if (unreadable == NULL || problem_list_is_empty(unreadable)) return;
    print_heading(terminal, TEXT("The first lines that cannot be read"));
    for (size_t k = 0; k < unreadable->count; k++) {
        const struct problem *problem = &unreadable->items[k];
        print_wrapped(terminal, "  ",
                      sheet_keep(terminal->sheet, "line %" PRIu32 ": %.*s", problem->position.line,
                                 TEXT_ARGUMENTS(problem->message)));
    }
}

static void print_notes(struct terminal *terminal, const struct comparison *comparison)
{
    struct notes notes;
    notes_make(terminal->sheet, comparison, &notes);
    if (terminal->sheet->status != STATUS_OK) return;
    print_heading(terminal, TEXT("Notes"));
    for (uint32_t k = 0; k < notes.count; k++)
        print_wrapped(terminal, "  - ", notes.sentences[k]);
}

static void print_all(struct terminal *terminal, const struct comparison *comparison)
{
    struct figure_tables tables;
    figures_make(terminal->sheet, comparison, &tables);
    print_title(terminal, comparison);
    print_table_of_the_file(terminal, tables.orders);
    for (uint32_t k = 0; k < tables.wallet_count; k++)
        print_table(terminal, &tables.wallets[k]);
    print_table(terminal, &tables.cost);
    print_table(terminal, &tables.rules);
    print_table(terminal, &tables.fired);
    for (uint32_t k = 0; k < tables.tier_count; k++)
        print_table(terminal, &tables.tiers[k]);
    print_table(terminal, &tables.rewards);
    print_table(terminal, &tables.reward_cost);
    print_table(terminal, &tables.members);
    print_unreadable(terminal, comparison->unreadable);
    print_notes(terminal, comparison);
}

enum status report_text(const struct comparison *comparison, bool colour, struct buffer *out)
{
    struct sheet sheet;
    sheet_init(&sheet, out);
    struct terminal terminal = {.sheet = &sheet, .colour = colour};
    if (comparison->count > 0) print_all(&terminal, comparison);
    return sheet_finish(&sheet);
}
