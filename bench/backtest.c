/* The whole back-test, as a user runs it: a process, from its start to its end, over a large file.
 *
 * Lines are counted here, not taken from the program's word. Memory is the most that the process
 * held, as the kernel saw it. A run over the file's header alone says what of that is the program
 * itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define TARGET_NOW 3e6
#define TARGET_LATER 10e6

/* Lines below the header; -1 when the file cannot be read. */
static long count_lines(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return -1;
    }
    static char block[1 << 20];
    long lines = -1;
    size_t length;
    while ((length = fread(block, 1, sizeof block, file)) > 0) {
        const char *at = block;
        while ((at = memchr(at, '\n', length - (size_t)(at - block))) != NULL) {
            lines++;
            at++;
        }
    }
    fclose(file);
    return lines;
}

bool bench_backtest(const char *guerdon, const char *program_path, const char *map_path,
                    const char *orders_path)
{
    long lines = count_lines(orders_path);
    if (lines <= 0) return false;
    bool has_map = map_path[0] != '\0';
    const char *const mapped[] = {guerdon,  "backtest",   "--json",    "--map",
                                  map_path, program_path, orders_path, NULL};
    const char *const unmapped[] = {guerdon, "backtest", "--json", program_path, orders_path, NULL};
    double lines_per_second[MEASURE_RUNS];
    double megabytes[MEASURE_RUNS];
    double bytes_per_line[MEASURE_RUNS];
    for (int run = 0; run < MEASURE_RUNS; run++) {
        struct child_cost cost;
        if (!measure_child(has_map ? mapped : unmapped, &cost)) return false;
        lines_per_second[run] = (double)lines / cost.seconds;
        megabytes[run] = (double)cost.peak_kilobytes / 1024;
        bytes_per_line[run] = (double)cost.peak_kilobytes * 1024 / (double)lines;
    }
    char what[64];
    snprintf(what, sizeof what, "back-test, %ld order lines", lines);
    measure_print(what, "lines/s", TARGET_NOW, true, lines_per_second);
    measure_print("  the same, as a later issue wants it", "lines/s", TARGET_LATER, true,
                  lines_per_second);
    measure_print("  most memory held", "MB", 0, false, megabytes);
    measure_print("  most memory held, for each order line", "bytes", 0, false, bytes_per_line);
    return true;
}
