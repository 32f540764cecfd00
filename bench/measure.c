/* The clock, the child process and the table of measure.h. */
#include "measure.h"

#include <errno.h>
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

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double measure_clock(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double measure_processor_clock(void)
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

/* posix_spawn promises to change none of the arguments, but its type does not say so. */
static bool spawn(const char *const arguments[], posix_spawn_file_actions_t *actions, pid_t *child)
{
    char **words = (char **)(uintptr_t)arguments;
    int failure = posix_spawn(child, arguments[0], actions, NULL, words, environ);
    if (failure != 0) fprintf(stderr, "%s: %s\n", arguments[0], strerror(failure));
    return failure == 0;
}

bool measure_child(const char *const arguments[], struct child_cost *cost)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    double start = measure_clock();
    pid_t child = 0;
    bool is_started = spawn(arguments, &actions, &child);
    posix_spawn_file_actions_destroy(&actions);
    if (!is_started) return false;
    int status = 0;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) return false;
    cost->seconds = measure_clock() - start;
    cost->peak_kilobytes = usage.ru_maxrss;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    fprintf(stderr, "%s %s: failed\n", arguments[0], arguments[1]);
    return false;
}

/* To the end, so that the child is never held up. */
static void read_all(int from, char *out, size_t size)
{
    char block[4096];
    size_t length = 0;
    for (;;) {
        ssize_t got = read(from, block, sizeof block);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size_t room = size - 1 - length;
        size_t taken = (size_t)got < room ? (size_t)got : room;
        memcpy(out + length, block, taken);
        length += taken;
    }
    out[length] = '\0';
}

bool measure_child_output(const char *const arguments[], char *out, size_t size, bool *is_missing)
{
    int ends[2];
    *is_missing = false;
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    pid_t child = 0;
    bool is_started = spawn(arguments, &actions, &child);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    int status = -1;
    if (is_started) {
        read_all(ends[0], out, size);
        is_started = waitpid(child, &status, 0) == child;
    }
    close(ends[0]);
    if (is_started && WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    *is_missing = is_started && WIFEXITED(status) && WEXITSTATUS(status) == MEASURE_MISSING;
    if (is_started && !*is_missing) fprintf(stderr, "%s: failed\n", arguments[0]);
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

static void sort_figures(const double *figures, int runs, double sorted[MEASURE_RUNS])
{
    memcpy(sorted, figures, (size_t)runs * sizeof *sorted);
    qsort(sorted, (size_t)runs, sizeof *sorted, compare_doubles);
}

double measure_median(const double *figures, int runs)
{
    double sorted[MEASURE_RUNS];
    sort_figures(figures, runs, sorted);
    return sorted[runs / 2];
}

void measure_print_runs(const char *what, const char *unit, double target, bool higher_is_better,
                        const double *figures, int runs)
{
    double sorted[MEASURE_RUNS];
    sort_figures(figures, runs, sorted);
    double median = sorted[runs / 2];
    char texts[4][32];
    format_figure(target, texts[0], sizeof texts[0]);
    format_figure(median, texts[1], sizeof texts[1]);
    format_figure(sorted[0], texts[2], sizeof texts[2]);
    format_figure(sorted[runs - 1], texts[3], sizeof texts[3]);
    bool reached = higher_is_better ? median >= target : median <= target;
    const char *verdict = reached ? "reached" : "not reached";
    printf("%-44s %-10s %12s %12s %12s %12s  %s\n", what, unit, target > 0 ? texts[0] : "-",
           texts[1], texts[2], texts[3], target > 0 ? verdict : "");
    fflush(stdout);
}

void measure_print(const char *what, const char *unit, double target, bool higher_is_better,
                   const double figures[MEASURE_RUNS])
{
    measure_print_runs(what, unit, target, higher_is_better, figures, MEASURE_RUNS);
}
