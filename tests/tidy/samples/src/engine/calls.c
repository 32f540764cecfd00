/* A sample of the engine that looks outside and computes bare. What is to be found stands behind
 * each line. */
#include "engine/engine.h"

#include <string.h>
#include <time.h>          /* WANT: include */
#include <unicode/ucal.h>  /* WANT: include */
#include "program/yaml.h"  /* WANT: include */
#include "program/program.h"
#include "store/store.h"   /* WANT: include */
#include "cli/cli.h"       /* WANT: include */
#include "inner.h"         /* WANT: include */

static double share = 0.5; /* WANT: floating-point */

struct lot {
    int64_t remaining;
    int64_t time;
};

int64_t engine_sample(struct lot *lot, int64_t *amount, char *out)
{
    int64_t points = time(NULL); /* WANT: banned-call */
    strcpy(out, "time(NULL)");   /* WANT: banned-call */
    lot->time(3);
    printf("%d", 3);             /* WANT: banned-call */
    void *memory = malloc(3);    /* WANT: banned-call */
    pthread_create(memory);      /* WANT: banned-call */
    points = points + 1;         /* WANT: amount */
    lot->remaining -= 3;         /* WANT: amount */
    points++;                    /* WANT: amount */
    --lot[3].remaining;          /* WANT: amount */
    int64_t twice = 2 * lot->remaining;             /* WANT: amount */
    int64_t third = out[points] - lots[i][2].price; /* WANT: amount */
    struct lot *remaining = lot;
    int64_t negative = -points;
    int64_t points_count = points_count + 1;
    int64_t sum = 3 + amount_add(points, 1);
    *amount = *amount / 2; /* WANT: amount */
    return lot->remaining > points && amount != NULL;
}
