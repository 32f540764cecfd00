/* The verb verify: whether what a store keeps is what was written to it.
 *
 * Opens the file to read and nothing else, so that it can run beside a server that writes to it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/output.h"
#include "cli/progress.h"
#include "store/store.h"

#define STORE_FILE_END TEXT(".db") /* a server's folder has one of each programme */
#define PATH_BYTES_MAXIMUM 8192
#define MESSAGE_BYTES_MAXIMUM 4096

struct verify_values {
    const char *data;
};

static const struct option verify_options[] = {
    {"data", "DIR", "the server's data directory, or one programme's database\nfile in it",
     offsetof(struct verify_values, data)},
};

static bool show_progress(void *context, uint64_t records, uint64_t of_records)
{
    progress_show(context, records, of_records);
    return true;
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

static enum status add_report(const char *path, const struct verify_report *report,
                              struct buffer *out)
{
    TRY(buffer_add_format(out, "%s: ", path));
    TRY(verify_sentence(report, out));
    TRY(buffer_add_format(out, "; %llu records", (unsigned long long)report->records));
    if (report->fault == VERIFY_NONE || report->fault >= VERIFY_STATE) {
        TRY(buffer_add_format(out, " and %llu saved states", (unsigned long long)report->states));
    }
    return buffer_add(out, TEXT(" are right\n"));
}

static enum outcome print_report(const char *path, const struct verify_report *report)
{
    struct buffer out;
    buffer_init(&out, PATH_BYTES_MAXIMUM + MESSAGE_BYTES_MAXIMUM);
    enum status status = add_report(path, report, &out);
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
    progress_start(&progress, path);
    const struct verify_options options = {show_progress, &progress};
    enum status status = store_verify(store, &options, &report);
    progress_end(&progress);
    store_close(store);
    if (status == STATUS_OK) return print_report(path, &report);
    say("%s: cannot be verified: %s", path, status_text(status));
    return OUTCOME_FAILED;
}

/* ---- a server's folder ---- */

static int is_store(const struct dirent *entry)
{
    struct text name = text_of(entry->d_name);
    return text_ends_with(name, STORE_FILE_END) && name.length > STORE_FILE_END.length;
}

static enum outcome verify_in_folder(const char *folder, const char *name)
{
    struct buffer path;
    buffer_init(&path, PATH_BYTES_MAXIMUM);
    enum status status = buffer_add_format(&path, "%s/%s", folder, name);
    if (status == STATUS_OK) status = buffer_add_byte(&path, '\0');
    enum outcome outcome = OUTCOME_FAILED;
    if (status == STATUS_OK) outcome = verify_file(path.bytes);
    if (status != STATUS_OK) say("%s: %s", folder, status_text(status));
    buffer_release(&path);
    return outcome;
}

static enum outcome verify_folder(const char *folder)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_store, alphasort);
    if (count < 0) {
        say("%s: %s", folder, strerror(errno));
        return OUTCOME_FAILED;
    }
    if (count == 0) say("%s: there is no store in it", folder);
    enum outcome worst = count == 0 ? OUTCOME_FAILED : OUTCOME_DONE;
    for (int i = 0; i < count; i++) {
        if (verify_in_folder(folder, names[i]->d_name) != OUTCOME_DONE) worst = OUTCOME_FAILED;
        free(names[i]);
    }
    free(names);
    return worst;
}

static enum outcome run_verify(const void *values, const char *const *operands,
                               size_t operand_count)
{
    const struct verify_values *given = values;
    (void)operands;
    if (operand_count > 0) return usage_error(&verb_verify, "verify takes no file but --data's");
    if (given->data == NULL) return usage_error(&verb_verify, "verify needs --data DIR");
    struct stat found;
    if (stat(given->data, &found) != 0) {
        say("%s: %s", given->data, strerror(errno));
        return OUTCOME_FAILED;
    }
    return S_ISDIR(found.st_mode) ? verify_folder(given->data) : verify_file(given->data);
}

const struct verb verb_verify = {
    .name = "verify",
    .operands = "--data DIR",
    .summary = "work out everything that a store keeps from its records, and compare",
    .details =
        "Reads every record from the first: whether it is the next one, whether its hash fits it\n"
        "and those before it, whether its effects follow, whether its postings sum to zero and\n"
        "its balances are right; then whether every saved state is, byte for byte, what the\n"
        "records lead to. Names the first that is wrong in each programme's store. Writes\n"
        "nothing, and may run while a server works on them. Exit code 0: all is right; 1: "
        "something is wrong, or could\n"
        "not be read; 2: the command line cannot be understood.",
    .examples = "  guerdon verify --data /var/lib/guerdon\n"
                "  guerdon verify --data backup.db\n",
    .options = verify_options,
    .option_count = sizeof verify_options / sizeof verify_options[0],
    .run = run_verify,
};
