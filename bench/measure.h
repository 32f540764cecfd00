/* Measure: figures of several runs, and the line that says how they compare with what was promised.
 *
 * A figure is a median, with the least and the most of its runs beside it: what lies far apart was
 * disturbed, and is seen.
 */
#ifndef GUERDON_BENCH_MEASURE_H
#define GUERDON_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#define MEASURE_RUNS 5

/* What one run of a child process took. */
struct child_cost {
    double seconds; /* from its start to its end */
    long peak_kilobytes;
};

/* Seconds since some fixed instant. */
double measure_clock(void);
/* Seconds that the calling thread has had of a processor: for work that waits for nothing. */
double measure_processor_clock(void);
/* Runs a program with its standard output thrown away; false, with its complaint on standard error,
 * when it cannot be started or fails. */
bool measure_child(const char *const arguments[], struct child_cost *cost);
/* The same with its standard output in `out`, NUL-terminated, as much as has room. A program that
 * ends with MEASURE_MISSING says that what it would measure is not installed: false, and
 * `*is_missing`. */
#define MEASURE_MISSING 3
bool measure_child_output(const char *const arguments[], char *out, size_t size, bool *is_missing);

/* Prints: what, the target, the median of the figures, and the least and the most of them. A target
 * of 0 is none. `higher_is_better` says which side of the target is the good one. */
void measure_print(const char *what, const char *unit, double target, bool higher_is_better,
                   const double figures[MEASURE_RUNS]);
/* The same of another number of runs, at most MEASURE_RUNS. */
void measure_print_runs(const char *what, const char *unit, double target, bool higher_is_better,
                        const double *figures, int runs);
void measure_print_titles(void);
double measure_median(const double *figures, int runs);

/* The measurements, one a file. Each prints its lines; false when it could not be made. */
bool bench_cel(void);
bool bench_decide(const char *program_path);
bool bench_backtest(const char *guerdon, const char *program_path, const char *map_path,
                    const char *orders_path);

#endif
