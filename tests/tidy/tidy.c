/* Tidy: checks every C file of the house by the rules of rules.h.
 *
 *   tidy ROOT     looks into ROOT's src, include, tests, bench and fuzz (but not into samples/,
 *                 which hold what must be found) and prints `file:line: rule: what to do` a
 * finding; exit status 0 if there is none
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rules.h"

#define FILE_MAXIMUM ((size_t)4 << 20)
#define ARENA_MAXIMUM ((size_t)64 << 20)

/* nftw hands its callback no argument of ours; one run, one set of counters. */
static struct {
    struct arena arena;
    int file_count;
    int finding_count;
    int failure_count;
} run;

static void print_findings(const struct problem_list *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct problem *problem = &findings->items[i];
        printf("%.*s:%u: %.*s\n", TEXT_ARGUMENTS(problem->file), problem->position.line,
               TEXT_ARGUMENTS(problem->message));
    }
    run.finding_count += (int)(findings->count + findings->dropped);
}

static enum status read_whole(const char *path, struct buffer *bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return STATUS_IO;
    enum status status = STATUS_OK;
    char block[16384];
    size_t length;
    while (status == STATUS_OK && (length = fread(block, 1, sizeof block, file)) > 0) {
        status = buffer_add(bytes, (struct text){block, length});
    }
    if (ferror(file)) status = STATUS_IO;
    fclose(file);
    return status;
}

static enum status check_file(const char *path)
{
    struct buffer bytes;
    buffer_init(&bytes, FILE_MAXIMUM);
    struct problem_list findings;
    problem_list_init(&findings, &run.arena);
    struct source source;
    enum status status = read_whole(path, &bytes);
    if (status == STATUS_OK) {
        status = source_read(&run.arena, text_of(path), buffer_text(&bytes), &source);
    }
    if (status == STATUS_OK) status = rules_check(&run.arena, &source, &findings);
    print_findings(&findings);
    buffer_release(&bytes);
    arena_clear(&run.arena);
    return status;
}

static int visit(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
    (void)stat;
    struct text name = text_of(path + walk->base);
    if (type == FTW_D) {
        return text_equal(name, TEXT("samples")) ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
    }
    bool is_source = text_ends_with(name, TEXT(".c")) || text_ends_with(name, TEXT(".h"));
    if (type != FTW_F || !is_source) return FTW_CONTINUE;
    enum status status = check_file(path);
    if (status != STATUS_OK) {
        printf("%s:1: %s\n", path, status_text(status));
        run.failure_count++;
    }
    run.file_count++;
    return FTW_CONTINUE;
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 2 || chdir(arguments[1]) != 0) {
        fprintf(stderr, "usage: tidy ROOT\n");
        return EXIT_FAILURE;
    }
    arena_init(&run.arena, ARENA_MAXIMUM);
    static const char *const folders[] = {"src", "include", "tests", "bench", "fuzz", "examples"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (access(folders[i], R_OK) != 0) continue;
        if (nftw(folders[i], visit, 16, FTW_PHYS | FTW_ACTIONRETVAL) != 0) run.failure_count++;
    }
    arena_release(&run.arena);
    printf("tidy: %d files, %d findings\n", run.file_count, run.finding_count);
    return run.file_count > 0 && run.finding_count == 0 && run.failure_count == 0 ? EXIT_SUCCESS
                                                                                  : EXIT_FAILURE;
}
