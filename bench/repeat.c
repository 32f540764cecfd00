/* Repeat: an order file many times over, each time with other customers.
 *
 *   repeat COUNT < orders.csv > large.csv
 *
 * Made for the Online Retail lines, where the customer is the last column but one: its number gets
 * the number of the copy in front. Lines without a customer stay without. The copies follow each
 * other, so that the large file is no more sorted by time than a shop's concatenated exports are.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

#define INPUT_MAXIMUM ((size_t)1 << 30)
#define COPIES_MAXIMUM 90
#define FIRST_COPY 10 /* all copies' numbers have two digits */

static enum status read_input(struct buffer *input)
{
    static char block[1 << 16];
    size_t length;
    while ((length = fread(block, 1, sizeof block, stdin)) > 0) {
        TRY(buffer_add(input, (struct text){block, length}));
    }
    return ferror(stdin) ? STATUS_IO : STATUS_OK;
}

/* Where the last column but one begins; the line's length if there is none. */
static size_t find_customer(struct text line)
{
    int commas = 0;
    for (size_t at = line.length; at > 0; at--) {
        if (line.bytes[at - 1] == ',' && ++commas == 2) return at;
    }
    return line.length;
}

static enum status write_copy(struct text lines, long copy)
{
    while (!text_is_empty(lines)) {
        struct text line = text_split(lines, '\n', &lines);
        size_t customer = find_customer(line);
        bool is_known = customer < line.length && line.bytes[customer] != ',';
        fwrite(line.bytes, 1, customer, stdout);
        if (is_known) printf("%ld", copy);
        fwrite(line.bytes + customer, 1, line.length - customer, stdout);
        putchar('\n');
    }
    return ferror(stdout) ? STATUS_IO : STATUS_OK;
}

int main(int argument_count, char **arguments)
{
    int64_t count = 0;
    if (argument_count != 2 || amount_parse(text_of(arguments[1]), 0, &count) != STATUS_OK ||
        count < 1 || count > COPIES_MAXIMUM) {
        fprintf(stderr, "usage: repeat COUNT < orders.csv > large.csv, COUNT from 1 to %d\n",
                COPIES_MAXIMUM);
        return EXIT_FAILURE;
    }
    struct buffer input;
    buffer_init(&input, INPUT_MAXIMUM);
    enum status status = read_input(&input);
    struct text lines;
    struct text header = text_split(buffer_text(&input), '\n', &lines);
    printf("%.*s\n", TEXT_ARGUMENTS(header));
    for (long copy = FIRST_COPY; status == STATUS_OK && copy < FIRST_COPY + count; copy++) {
        status = write_copy(lines, copy);
    }
    buffer_release(&input);
    if (status == STATUS_OK) return EXIT_SUCCESS;
    fprintf(stderr, "repeat: %s\n", status_text(status));
    return EXIT_FAILURE;
}
