/* The verb backup: a copy of a programme's store in one file, while a server works on it.
 *
 * Only reads the store. The copy appears under its name when it is whole and on disk.
 */
#include <sys/stat.h>

#include "cli/data.h"

#define COMPLAINT_BYTES_MAXIMUM ((size_t)1 << 20)

struct backup_values {
    const char *data;
    const char *program;
    const char *output;
};

static const struct option backup_options[] = {
    {"data", "DIR", "the server's data directory", offsetof(struct backup_values, data)},
    {"program", "ID", "which programme, if there are several",
     offsetof(struct backup_values, program)},
    {"output", "FILE", "the copy; there must be no such file yet",
     offsetof(struct backup_values, output)},
};

/* How many records the copy has, for whoever keeps a list of backups. */
static enum outcome report(const char *path)
{
    struct store *copy = NULL;
    struct store_figures figures;
    struct buffer out;
    if (data_open_reader(path, &copy) != STATUS_OK) return OUTCOME_FAILED;
    store_figures(copy, &figures);
    store_close(copy);
    buffer_init(&out, COMPLAINT_BYTES_MAXIMUM);
    enum outcome outcome = OUTCOME_FAILED;
    if (buffer_add_format(&out, "%s: a copy up to record %llu\n", path,
                          (unsigned long long)figures.last_position) == STATUS_OK) {
        outcome = print(buffer_text(&out));
    }
    buffer_release(&out);
    return outcome;
}

static enum outcome back_up(const char *path, const char *output)
{
    struct store *store = NULL;
    struct buffer complaint;
    if (data_open_reader(path, &store) != STATUS_OK) return OUTCOME_FAILED;
    buffer_init(&complaint, COMPLAINT_BYTES_MAXIMUM);
    enum status status = sqlite_store_backup(store, output, &complaint);
    if (status != STATUS_OK) data_complain(output, &complaint, status);
    buffer_release(&complaint);
    store_close(store);
    return status == STATUS_OK ? report(output) : OUTCOME_FAILED;
}

static enum outcome run_backup(const void *values, const char *const *operands,
                               size_t operand_count)
{
    const struct backup_values *given = values;
    char path[DATA_PATH_BYTES];
    (void)operands;
    if (operand_count > 0) return usage_error(&verb_backup, "backup takes options only");
    if (given->data == NULL || given->output == NULL)
        return usage_error(&verb_backup, "backup needs --data DIR and --output FILE");
    if (data_find(given->data, given->program, path) != STATUS_OK) return OUTCOME_FAILED;
    /* Personal data are in it, wherever it is put. */
    (void)umask(0077);
    return back_up(path, given->output);
}

const struct verb verb_backup = {
    .name = "backup",
    .operands = "--data DIR [--program ID] --output FILE",
    .summary = "copy a store to one file while the server works on it",
    .details = "The copy is as of one record between the start and the end of copying, and holds\n"
               "everything: records, personal data, keys; so nobody but its owner may read it. It\n"
               "is written in pieces, so that the server's log stays short meanwhile, and appears\n"
               "under its name when it is whole and on disk. 'guerdon verify --data FILE' checks\n"
               "it, 'guerdon restore' makes a store of it.",
    .examples = "  guerdon backup --data /var/lib/guerdon --output shop-monday.db\n",
    .options = backup_options,
    .option_count = sizeof backup_options / sizeof backup_options[0],
    .run = run_backup,
};
