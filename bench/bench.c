/* Bench: what Guerdon promises, measured; medians of five runs beside the targets.
 *
 *   bench GUERDON DECIDE_PROGRAM BACKTEST_PROGRAM MAP ORDERS
 *
 * An empty MAP is none: the orders are as `guerdon generate` writes them.
 * script/bench prepares the files and calls it. The order file is read once before it is measured,
 * so that every run finds it in the machine's memory.
 */
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"

int main(int argument_count, char **arguments)
{
    if (argument_count != 6) {
        fprintf(stderr, "usage: bench GUERDON DECIDE_PROGRAM BACKTEST_PROGRAM MAP ORDERS\n");
        return EXIT_FAILURE;
    }
    measure_print_titles();
    /* First: a child's peak counts what its parent held when it was forked. */
    bool done = bench_backtest(arguments[1], arguments[3], arguments[4], arguments[5]);
    done = bench_decide(arguments[2]) && done;
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
