/* Bench: what Guerdon promises, measured; medians of five runs beside the targets.
 *
 *   bench GUERDON DECIDE_PROGRAM BACKTEST_PROGRAM MAP ORDERS
 *   bench cel
 *
 * An empty MAP is none: the orders are as `guerdon generate` writes them. The second form measures
 * the expression language alone.
 * script/bench prepares the files and calls it. The order file is read once before it is measured,
 * so that every run finds it in the machine's memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

int main(int argument_count, char **arguments)
{
    bool is_cel_alone = argument_count == 2 && strcmp(arguments[1], "cel") == 0;
    if (argument_count != 6 && !is_cel_alone) {
        fputs("usage: bench GUERDON DECIDE_PROGRAM BACKTEST_PROGRAM MAP ORDERS | cel\n", stderr);
        return EXIT_FAILURE;
    }
    measure_print_titles();
    if (is_cel_alone) return bench_cel() ? EXIT_SUCCESS : EXIT_FAILURE;
    /* First: a child's peak counts what its parent held when it was forked. */
    bool done = bench_backtest(arguments[1], arguments[3], arguments[4], arguments[5]);
    done = bench_decide(arguments[2]) && done;
    done = bench_cel() && done;
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
