/* Keys: what the index of idempotency keys costs, alone in a file of its own.
 *
 *   keys COUNT [FILE [CACHE_MEGABYTES]]
 *
 * Adds COUNT keys, 128 a commit with synchronous=FULL in WAL, with a checkpoint between two commits
 * now and then; then looks for keys that are there and keys that are not, at random. Without FILE
 * it makes one in this folder and removes it. A FILE is left behind, and if it is there already
 * nothing is added: the look-ups of the keys up to its stamp are measured again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "measure.h"
/* tidy: allow include (the index is the store's own; here it is measured without the store) */
#include "store/key_index.h"

#define KEYS_A_COMMIT 128
#define LOOKUPS 200000
#define CHECKPOINT_PAGES 8000
#define USUAL_CACHE_MEGABYTES 64
#define USUAL_FILE "guerdon-keys.db"

/* Fingerprints as a keyed hash would make them: spread evenly, the same in every run. */
static uint64_t fingerprint_of(uint64_t number)
{
    uint64_t mixed = number + 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

static bool run(sqlite3 *connection, const char *text)
{
    char *message = NULL;
    if (sqlite3_exec(connection, text, NULL, NULL, &message) == SQLITE_OK) return true;
    fprintf(stderr, "keys: %s: %s\n", text, message != NULL ? message : "failed");
    sqlite3_free(message);
    return false;
}

/* The process's memory now, in megabytes. */
static double resident_megabytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 0;
    char line[128] = "";
    char *read = fgets(line, sizeof line, file);
    (void)fclose(file);
    if (read == NULL) return 0;
    char *end = NULL;
    (void)strtoull(line, &end, 10);
    double pages = (double)strtoull(end, NULL, 10);
    return pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static double file_megabytes(const char *path)
{
    struct stat state;
    return stat(path, &state) == 0 ? (double)state.st_size / 1e6 : 0;
}

struct adding {
    double seconds;
    double behind_seconds;
    float *behind_ms; /* of each commit */
    uint64_t commits;
    uint64_t log_pages_most;
};

static bool add_commit(sqlite3 *connection, struct key_index *index, uint64_t first, uint64_t end,
                       struct adding *adding)
{
    if (!run(connection, "BEGIN IMMEDIATE")) return false;
    for (uint64_t number = first; number < end; number++) {
        enum status status = key_index_add(index, fingerprint_of(number), number);
        if (status == STATUS_OK) continue;
        fprintf(stderr, "keys: %s\n", status_text(status));
        return false;
    }
    double start = measure_clock();
    uint32_t budget = key_index_budget(index, KEYS_A_COMMIT);
    enum status status = key_index_write_behind(index, end - 1, budget, false);
    double took = measure_clock() - start;
    if (status != STATUS_OK || !run(connection, "COMMIT")) return false;
    start = measure_clock();
    key_index_committed(index);
    took += measure_clock() - start;
    adding->behind_seconds += took;
    adding->behind_ms[adding->commits++] = (float)(took * 1e3);
    return true;
}

static int note_log_pages(void *context, sqlite3 *connection, const char *name, int pages)
{
    (void)connection;
    (void)name;
    *(int *)context = pages;
    return SQLITE_OK;
}

static bool add_keys(sqlite3 *connection, struct key_index *index, uint64_t count,
                     struct adding *adding)
{
    int log_pages = 0;
    sqlite3_wal_hook(connection, note_log_pages, &log_pages);
    double start = measure_clock();
    double told = start;
    for (uint64_t first = 1; first <= count; first += KEYS_A_COMMIT) {
        uint64_t end = first + KEYS_A_COMMIT <= count + 1 ? first + KEYS_A_COMMIT : count + 1;
        if (!add_commit(connection, index, first, end, adding)) return false;
        if ((uint64_t)log_pages > adding->log_pages_most)
            adding->log_pages_most = (uint64_t)log_pages;
        if (log_pages >= CHECKPOINT_PAGES) {
            (void)sqlite3_wal_checkpoint_v2(connection, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                            NULL);
        }
        if (measure_clock() - told < 10) continue;
        told = measure_clock();
        struct key_index_figures figures = key_index_figures(index);
        fprintf(stderr, "%12llu keys, %.0f/s, %u runs on %u levels\n", (unsigned long long)first,
                (double)first / (told - start), figures.runs, figures.levels);
    }
    adding->seconds = measure_clock() - start;
    return true;
}

struct looking {
    double microseconds; /* a look-up */
    double pages;
    uint64_t found;
};

static bool look_up(struct key_index *index, uint64_t least, uint64_t count,
                    struct looking *looking)
{
    uint64_t pages = key_index_figures(index).pages_read;
    double start = measure_clock();
    for (uint64_t i = 0; i < LOOKUPS; i++) {
        uint64_t positions[8];
        uint32_t found = 0;
        uint64_t number = least + fingerprint_of(i + (1ull << 40)) % count;
        if (key_index_find(index, fingerprint_of(number), positions, 8, &found) != STATUS_OK)
            return false;
        looking->found += found > 0 && positions[found - 1] == number;
    }
    looking->microseconds = (measure_clock() - start) * 1e6 / LOOKUPS;
    looking->pages = (double)(key_index_figures(index).pages_read - pages) / LOOKUPS;
    return true;
}

static void print_looking(const char *what, const struct looking *looking)
{
    printf("%-44s %12.2f us, %.2f pages, %llu of %d found\n", what, looking->microseconds,
           looking->pages, (unsigned long long)looking->found, LOOKUPS);
}

static int compare_floats(const void *a, const void *b)
{
    float first = *(const float *)a;
    float second = *(const float *)b;
    return (first > second) - (first < second);
}

static bool measure_adding(sqlite3 *connection, struct key_index *index, uint64_t count)
{
    uint64_t commits = count / KEYS_A_COMMIT + 1;
    struct adding adding = {.behind_ms = calloc(commits, sizeof *adding.behind_ms)};
    if (adding.behind_ms == NULL) return false;
    bool done = add_keys(connection, index, count, &adding);
    if (done) {
        qsort(adding.behind_ms, adding.commits, sizeof *adding.behind_ms, compare_floats);
        printf("%-44s %12.0f keys/s\n", "added, 128 a commit", (double)count / adding.seconds);
        printf("%-44s %12.3f us\n", "of that written behind, a key",
               adding.behind_seconds * 1e6 / (double)count);
        static const uint64_t shares[] = {5000, 9900, 9990, 9999, 10000};
        for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
            uint64_t rank = (adding.commits - 1) * shares[i] / 10000;
            printf("%-38s %5.2f%% %12.3f ms\n", "writing behind, a commit", (double)shares[i] / 100,
                   (double)adding.behind_ms[rank]);
        }
        printf("%-44s %12llu pages\n", "longest log", (unsigned long long)adding.log_pages_most);
    }
    free(adding.behind_ms);
    return done;
}

static bool measure_looking(sqlite3 *connection, struct key_index *index, uint64_t count)
{
    struct looking present = {0};
    struct looking absent = {0};
    if (!run(connection, "BEGIN") || !look_up(index, 1, count, &present) ||
        !look_up(index, 1ull << 41, count, &absent) || !run(connection, "COMMIT")) {
        return false;
    }
    print_looking("a look-up of a key that is there", &present);
    print_looking("a look-up of a key that is not", &absent);
    return present.found == LOOKUPS && absent.found == 0;
}

static bool measure(sqlite3 *connection, struct key_index *index, uint64_t count, const char *path)
{
    uint64_t there = key_index_stamp(index);
    if (there == 0 && !measure_adding(connection, index, count)) return false;
    bool done = measure_looking(connection, index, there == 0 ? count : there);
    struct key_index_figures figures = key_index_figures(index);
    printf("%-44s %12.1f MB (the process with its cache: %.1f MB)\n", "memory of the index",
           (double)figures.memory_bytes / 1e6, resident_megabytes());
    printf("%-44s %12.1f MB, %u runs on %u levels\n", "file", file_megabytes(path), figures.runs,
           figures.levels);
    return done;
}

static bool measure_file(const char *path, uint64_t count, int64_t cache_megabytes)
{
    char cache[64];
    snprintf(cache, sizeof cache, "PRAGMA cache_size = -%lld", (long long)cache_megabytes * 1000);
    sqlite3 *connection = NULL;
    struct key_index *index = NULL;
    bool done = sqlite3_open(path, &connection) == SQLITE_OK &&
                run(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL") &&
                run(connection, cache) && key_index_open(connection, NULL, &index) == STATUS_OK &&
                measure(connection, index, count, path);
    key_index_close(index);
    (void)sqlite3_close(connection);
    return done;
}

int main(int argument_count, char **arguments)
{
    int64_t count = 0;
    int64_t cache = USUAL_CACHE_MEGABYTES;
    bool has_file = argument_count > 2;
    const char *path = has_file ? arguments[2] : USUAL_FILE;
    if (argument_count < 2 || argument_count > 4 ||
        amount_parse(text_of(arguments[1]), 0, &count) != STATUS_OK || count < 1 ||
        (argument_count == 4 && amount_parse(text_of(arguments[3]), 0, &cache) != STATUS_OK) ||
        cache < 1 || cache > 100000 || (!has_file && access(path, F_OK) == 0)) {
        fprintf(
            stderr,
            "usage: keys COUNT [FILE [CACHE_MEGABYTES]]; without FILE there must be no " USUAL_FILE
            "\n");
        return EXIT_FAILURE;
    }
    bool done = measure_file(path, (uint64_t)count, cache);
    if (!has_file) (void)unlink(path);
    if (!done) fprintf(stderr, "keys: failed\n");
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
