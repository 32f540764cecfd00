/* Open loop: a fixed rate for a minute, as customers come, whatever the server does.
 *
 * 40,000/s, or 0.7 of what the closed loop reached where that is less; the table says which. The
 * log is watched, and the database file must have grown by what was written, or no checkpoint has
 * worked.
 */
#include <stdio.h>
#include <string.h>

#include "server.h"
#include "server_watch.h"

#define OPEN_RUNS 3
#define OPEN_CONNECTIONS 512
#define RATE 40000
#define RATE_SHARE 0.7
#define P99_REACH_MS 6
#define P999_REACH_MS 15
#define WORST_REACH_MS 100
#define LOG_REACH_MB 256
/* The least that an event takes: its record, 250 bytes. */
#define GROWTH_REACH_BYTES 250

struct open_figures {
    double achieved[OPEN_RUNS];
    double p50_ms[OPEN_RUNS], p99_ms[OPEN_RUNS], p999_ms[OPEN_RUNS], worst_ms[OPEN_RUNS];
    double late_ms[OPEN_RUNS];
    double log_mb[OPEN_RUNS];
    double growth_bytes[OPEN_RUNS];
};

static double milliseconds(const struct histogram *histogram, uint32_t per_million)
{
    return (double)histogram_percentile(histogram, per_million) / 1e6;
}

static bool run_load(const struct server_options *options, uint32_t rate,
                     struct server_watch *watch, int run, struct open_figures *figures)
{
    struct server_files before;
    struct server_files after;
    struct load_options load = {.is_open = true,
                                .rate = rate,
                                .connections = OPEN_CONNECTIONS,
                                .warm_up_ms = 1000,
                                .measured_ms = options->open_ms,
                                .batch = 1,
                                .seed = 1};
    const struct load_result *result = &watch->result;
    server_process_files(watch->server, &before);
    if (!server_watch_run(watch, load)) return false;
    server_process_files(watch->server, &after);
    figures->achieved[run] = (double)result->requests / result->seconds;
    figures->p50_ms[run] = milliseconds(&result->latency, 500000);
    figures->p99_ms[run] = milliseconds(&result->latency, 990000);
    figures->p999_ms[run] = milliseconds(&result->latency, 999000);
    figures->worst_ms[run] = milliseconds(&result->latency, 1000000);
    figures->late_ms[run] = milliseconds(&result->lateness, 990000);
    figures->log_mb[run] = (double)watch->log_highest_bytes / 1e6;
    figures->growth_bytes[run] =
        (double)(after.database_bytes - before.database_bytes) / (double)result->acknowledged;
    return true;
}

static bool run_once(const struct server_options *options, uint32_t rate, int run,
                     struct open_figures *figures)
{
    static struct server_watch watch;
    struct server_process server;
    char data[256];
    (void)snprintf(data, sizeof data, "%s/open-%d", options->folder, run);
    if (!server_process_init(&server, options->guerdon, options->program, data)) return false;
    server_process_remove(&server);
    memset(&watch, 0, sizeof watch);
    watch.server = &server;
    bool is_done = server_process_start(&server) && run_load(options, rate, &watch, run, figures);
    if (server.process > 0 && !server_process_stop(&server)) is_done = false;
    if (is_done) server_process_remove(&server);
    watch.server = NULL;
    return is_done;
}

static void print_figures(const struct open_figures *figures, uint32_t rate, int64_t open_ms)
{
    char what[64];
    (void)snprintf(what, sizeof what, "a purchase every %.0f us for %.0f s", 1e6 / rate,
                   (double)open_ms / 1e3);
    measure_print_runs(what, "requests/s", 0, true, figures->achieved, OPEN_RUNS);
    printf("  answered, from the instant each was meant for,\n");
    measure_print_runs("    half of them within", "ms", 0, false, figures->p50_ms, OPEN_RUNS);
    measure_print_runs("    99 of 100 within", "ms", P99_REACH_MS, false, figures->p99_ms,
                       OPEN_RUNS);
    measure_print_runs("    999 of 1,000 within", "ms", P999_REACH_MS, false, figures->p999_ms,
                       OPEN_RUNS);
    measure_print_runs("    the slowest within", "ms", WORST_REACH_MS, false, figures->worst_ms,
                       OPEN_RUNS);
    measure_print_runs("  of that the generator's own, 99 of 100", "ms", 0, false, figures->late_ms,
                       OPEN_RUNS);
    measure_print_runs("  log, at most", "MB", LOG_REACH_MB, false, figures->log_mb, OPEN_RUNS);
    measure_print_runs("  database file grew, for each event", "bytes", GROWTH_REACH_BYTES, true,
                       figures->growth_bytes, OPEN_RUNS);
}

bool bench_open(const struct server_options *options, const struct server_rates *rates)
{
    static struct open_figures figures;
    double affordable = RATE_SHARE * measure_median(rates->single, MEASURE_RUNS);
    uint32_t rate = affordable < RATE ? (uint32_t)affordable : RATE;
    for (int run = 0; run < OPEN_RUNS; run++) {
        if (run_once(options, rate, run, &figures)) continue;
        printf("server, open loop at %u/s: NOT MEASURED, see above\n", rate);
        return false;
    }
    if (rate < RATE) {
        printf("open loop at %u/s, which is %.1f of the closed loop: less than the %d/s wanted\n",
               rate, RATE_SHARE, RATE);
    }
    print_figures(&figures, rate, options->open_ms);
    return true;
}
