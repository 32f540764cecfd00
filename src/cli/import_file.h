/* Import file: members and opening balances as a CSV has them, line by line.
 *
 * The first line names the columns, in any order:
 *   member                          required
 *   joined_at                       when it joined; now unless given
 *   wallet, amount                  an opening balance; both or neither
 *   expires_at                      when it ends; as the wallet says unless given. A date alone is
 *                                   the last day on which it can be spent
 *   reason                          "opening balance" unless given
 *   id.KIND                         an external id, such as id.card
 *   field.NAME                      personal data
 *
 * Each line is checked by itself. What is wrong with one costs that line alone.
 */
#ifndef GUERDON_CLI_IMPORT_FILE_H
#define GUERDON_CLI_IMPORT_FILE_H

#include "program/program.h"

#define IMPORT_COLUMN_LIST(X)                                                                      \
    X(MEMBER, "member")                                                                            \
    X(JOINED_AT, "joined_at")                                                                      \
    X(WALLET, "wallet")                                                                            \
    X(AMOUNT, "amount")                                                                            \
    X(EXPIRES_AT, "expires_at")                                                                    \
    X(REASON, "reason")

enum import_column {
#define X(name, text) IMPORT_COLUMN_##name,
    IMPORT_COLUMN_LIST(X)
#undef X
        IMPORT_COLUMN_COUNT
};
#define IMPORT_NO_COLUMN UINT32_MAX
#define IMPORT_ID_MAXIMUM 32 /* external ids of one member */

struct import_id {
    struct text kind;
    struct text value;
};

struct import_line {
    uint64_t number; /* of the file, from 1 */
    struct text member;
    int64_t joined_at_us; /* 0: now */
    uint32_t wallet;      /* index in the programme; PROGRAM_NONE: no balance */
    int64_t amount;
    int64_t expires_at_us; /* 0: as the wallet says */
    struct text reason;
    struct text fields; /* personal data, a JSON object; empty: none */
    struct import_id *ids;
    uint32_t id_count;
    struct text wrong; /* empty: it is right */
};

struct source;
struct csv_reader;

struct import_file {
    struct source *source;
    struct csv_reader *reader;
    struct arena names; /* of the columns */
    const char *path;
    uint32_t columns[IMPORT_COLUMN_COUNT]; /* from 0; IMPORT_NO_COLUMN */
    uint32_t column_count;
    struct text *headers; /* column_count of them */
};

/* Opens the file and reads its first line. A failure has been said. */
MUST_CHECK enum status import_file_open(struct import_file *file, const char *path);
void import_file_close(struct import_file *file);
/* The next line, copied to the arena; `*is_end`: there is none. `now_us`: what has ended by then
 * cannot be imported. A failure to read has been said. */
MUST_CHECK enum status import_file_next(struct import_file *file, const struct program *program,
                                        int64_t now_us, struct arena *arena,
                                        struct import_line *line, bool *is_end);

#endif
