/* Measure: figures of several runs, and the line that says how they compare with what was promised.
 */
#ifndef GUERDON_BENCH_MEASURE_H
#define GUERDON_BENCH_MEASURE_H

#include <stdbool.h>

#define MEASURE_RUNS 5

/* What one run of a child process took. */
struct child_cost {
    double seconds; /* from its start to its end */
    long peak_kilobytes;
};

/* Seconds since some fixed instant. */
double measure_clock(void);
/* Runs a program with its standard output thrown away; false, with its complaint on standard error,
 * when it cannot be started or fails. */
bool measure_child(const char *const arguments[], struct child_cost *cost);

/* Prints: what, the target, the median of the figures, and the least and the most of them. A target
 * of 0 is none. `higher_is_better` says which side of the target is the good one. */
void measure_print(const char *what, const char *unit, double target, bool higher_is_better,
                   const double figures[MEASURE_RUNS]);
void measure_print_titles(void);

/* The measurements, one a file. Each prints its lines; false when it could not be made. */
bool bench_decide(const char *program_path);
bool bench_backtest(const char *guerdon, const char *program_path, const char *map_path,
                    const char *orders_path);

#endif
