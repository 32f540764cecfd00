/* The clock, the child process and the table of measure.h. */
#include "measure.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double measure_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool measure_child(const char *const arguments[], struct child_cost *cost)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    double start = measure_clock();
    pid_t child = 0;
    /* posix_spawn promises to change none of the arguments, but its type does not say so. */
    char **words = (char **)(uintptr_t)arguments;
    int failure = posix_spawn(&child, arguments[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) {
        fprintf(stderr, "%s: %s\n", arguments[0], strerror(failure));
        return false;
    }
    int status = 0;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) return false;
    cost->seconds = measure_clock() - start;
    cost->peak_kilobytes = usage.ru_maxrss;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    fprintf(stderr, "%s %s: failed\n", arguments[0], arguments[1]);
    return false;
}

static int compare_doubles(const void *a, const void *b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;
    return (first > second) - (first < second);
}

/* "12,345,678", or "0.123" below ten. */
static void format_figure(double figure, char *out, size_t size)
{
    if (figure < 10) {
        snprintf(out, size, "%.3f", figure);
        return;
    }
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%.0f", figure);
    size_t written = 0;
    for (int i = 0; i < length && written + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0) out[written++] = ',';
        out[written++] = digits[i];
    }
    out[written] = '\0';
}

void measure_print_titles(void)
{
    printf("%-44s %-10s %12s %12s %12s %12s\n", "what", "unit", "reach", "median", "least", "most");
}

void measure_print(const char *what, const char *unit, double target, bool higher_is_better,
                   const double figures[MEASURE_RUNS])
{
    double sorted[MEASURE_RUNS];
    memcpy(sorted, figures, sizeof sorted);
    qsort(sorted, MEASURE_RUNS, sizeof *sorted, compare_doubles);
    double median = sorted[MEASURE_RUNS / 2];
    char texts[4][32];
    format_figure(target, texts[0], sizeof texts[0]);
    format_figure(median, texts[1], sizeof texts[1]);
    format_figure(sorted[0], texts[2], sizeof texts[2]);
    format_figure(sorted[MEASURE_RUNS - 1], texts[3], sizeof texts[3]);
    bool reached = higher_is_better ? median >= target : median <= target;
    const char *verdict = reached ? "reached" : "not reached";
    printf("%-44s %-10s %12s %12s %12s %12s  %s\n", what, unit, target > 0 ? texts[0] : "-",
           texts[1], texts[2], texts[3], target > 0 ? verdict : "");
    fflush(stdout);
}
