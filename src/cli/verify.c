/* The verb verify: whether what a store keeps is what was written to it.
 *
 * Opens the file to read and nothing else, so that it can run beside a server that writes to it.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/output.h"
#include "cli/progress.h"
#include "store/store.h"

#define DATA_FILE_NAME "guerdon.db" /* in a server's data folder */
#define PATH_BYTES_MAXIMUM 4096
#define MESSAGE_BYTES_MAXIMUM 4096

struct verify_values {
    const char *data;
};

static const struct option verify_options[] = {
    {"data", "DIR", "the folder that a server keeps its data in, or the\ndatabase file itself",
     offsetof(struct verify_values, data)},
};

static bool show_progress(void *context, uint64_t records, uint64_t of_records)
{
    progress_show(context, records, of_records);
    return true;
}

/* The database file in a folder, or the file that was named; terminated. */
static enum status find_file(const char *data, struct buffer *path)
{
    struct stat found;
    TRY(buffer_add(path, text_of(data)));
    if (stat(data, &found) != 0) {
        say("%s: %s", data, strerror(errno));
        return STATUS_IO;
    }
    if (S_ISDIR(found.st_mode)) TRY(buffer_add(path, TEXT("/" DATA_FILE_NAME)));
    TRY(buffer_add_byte(path, '\0'));
    if (stat(path->bytes, &found) == 0 && S_ISREG(found.st_mode)) return STATUS_OK;
    say("%s: there is no such file", path->bytes);
    return STATUS_IO;
}

static enum status open_store(const char *path, struct store **store)
{
    const struct sqlite_options options = {.path = path, .is_read_only = true};
    struct buffer message;
    buffer_init(&message, MESSAGE_BYTES_MAXIMUM);
    enum status status = sqlite_store_open(&options, &message, store);
    if (status != STATUS_OK) {
        struct text said = buffer_text(&message);
        if (text_is_empty(said)) said = text_of(status_text(status));
        say("%s: %.*s", path, TEXT_ARGUMENTS(said));
    }
    buffer_release(&message);
    return status;
}

static enum outcome print_report(const struct verify_report *report)
{
    struct buffer out;
    buffer_init(&out, MESSAGE_BYTES_MAXIMUM);
    enum status status = verify_sentence(report, &out);
    if (status == STATUS_OK) {
        status = buffer_add_format(&out, "\n%llu records are right",
                                   (unsigned long long)report->records);
    }
    if (status == STATUS_OK && (report->fault == VERIFY_NONE || report->fault >= VERIFY_STATE)) {
        status =
            buffer_add_format(&out, ", and %llu saved states", (unsigned long long)report->states);
    }
    if (status == STATUS_OK) status = buffer_add_byte(&out, '\n');
    enum outcome outcome = status == STATUS_OK ? print(buffer_text(&out)) : OUTCOME_FAILED;
    buffer_release(&out);
    return report->fault == VERIFY_NONE ? outcome : OUTCOME_FAILED;
}

static enum outcome verify_file(const char *path)
{
    struct store *store = NULL;
    struct progress progress;
    struct verify_report report;
    if (open_store(path, &store) != STATUS_OK) return OUTCOME_FAILED;
    progress_start(&progress, "verifying");
    const struct verify_options options = {show_progress, &progress};
    enum status status = store_verify(store, &options, &report);
    progress_end(&progress);
    store_close(store);
    if (status == STATUS_OK) return print_report(&report);
    say("%s: cannot be verified: %s", path, status_text(status));
    return OUTCOME_FAILED;
}

static enum outcome run_verify(const void *values, const char *const *operands,
                               size_t operand_count)
{
    const struct verify_values *given = values;
    (void)operands;
    if (operand_count > 0) return usage_error(&verb_verify, "verify takes no file but --data's");
    if (given->data == NULL) return usage_error(&verb_verify, "verify needs --data DIR");
    struct buffer path;
    buffer_init(&path, PATH_BYTES_MAXIMUM);
    enum outcome outcome = OUTCOME_FAILED;
    if (find_file(given->data, &path) == STATUS_OK) outcome = verify_file(path.bytes);
    buffer_release(&path);
    return outcome;
}

const struct verb verb_verify = {
    .name = "verify",
    .operands = "--data DIR",
    .summary = "work out everything that a store keeps from its records, and compare",
    .details =
        "Reads every record from the first: whether it is the next one, whether its hash fits it\n"
        "and those before it, whether its effects follow, whether its postings sum to zero and\n"
        "its balances are right; then whether every saved state is, byte for byte, what the\n"
        "records lead to. Names the first that is wrong. Writes nothing, and may run while a\n"
        "server works on the file. Exit code 0: all is right; 1: something is wrong, or could\n"
        "not be read; 2: the command line cannot be understood.",
    .examples = "  guerdon verify --data /var/lib/guerdon\n"
                "  guerdon verify --data backup.db\n",
    .options = verify_options,
    .option_count = sizeof verify_options / sizeof verify_options[0],
    .run = run_verify,
};
