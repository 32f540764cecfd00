/* A room that is not pure may look outside; allowances lift a rule where they stand, and only
 * there. */
#include <stdio.h>
#include <time.h>
#include <zlib.h>
#include <yaml.h>
#include <sodium.h> /* WANT: include */

#include "engine/engine.h"
#include "service/service.h" /* WANT: include */

static double rate = 0.5;

static long backtest_sample(long points, long price)
{
    time(NULL);
    /* tidy: allow amount (a sample of what is allowed) */
    points += 1;
    points += 2; /* WANT: amount */
    /* WANT: allowance: tidy: allow amount (a sample of what nothing needs) */

    /* WANT: allowance: tidy: allow weather (there is no such rule in the house) */
    /* WANT: allowance: tidy: allow amount */
    points -= 3; /* WANT: amount */
    sscanf("%d"); /* WANT: banned-call */
    return points * price; /* tidy: allow amount (a sample beside the code) */
}
