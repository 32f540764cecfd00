/* What a run found, for people and for programs. */
#include <inttypes.h>

#include "load.h"

static double milliseconds(const struct histogram *histogram, uint32_t per_million)
{
    return (double)histogram_percentile(histogram, per_million) / 1e6;
}

static void print_failures(FILE *out, const struct load_result *result)
{
    fprintf(out, "  FAILED: ");
    const char *separator = "";
    for (int status = 0; status < LOAD_STATUS_LIMIT; status++) {
        if (result->refused[status] == 0) continue;
        fprintf(out, "%s%" PRIu64 " answered %d", separator, result->refused[status], status);
        separator = ", ";
    }
    const struct {
        uint64_t count;
        const char *what;
    } others[] = {
        {result->failed_lines, "lines of batches refused"},
        {result->lost, "connections lost"},
        {result->unanswered, "not answered"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (others[i].count == 0) continue;
        fprintf(out, "%s%" PRIu64 " %s", separator, others[i].count, others[i].what);
        separator = ", ";
    }
    fprintf(out, "\n");
}

void load_print(FILE *out, const struct load_options *options, const struct load_result *result)
{
    const struct histogram *latency = &result->latency;
    if (options->is_open) {
        fprintf(out, "open loop at %" PRIu32 "/s, ", options->rate);
    } else {
        fprintf(out, "closed loop, ");
    }
    fprintf(out, "%" PRIu32 " connections: %.0f requests/s", options->connections,
            (double)result->requests / result->seconds);
    if (options->batch > 1) {
        fprintf(out, " of %" PRIu32 " events, %.0f events/s", options->batch,
                (double)result->events / result->seconds);
    }
    fprintf(out, "; p50 %.2f ms, p99 %.2f, p99.9 %.2f, worst %.2f", milliseconds(latency, 500000),
            milliseconds(latency, 990000), milliseconds(latency, 999000),
            milliseconds(latency, 1000000));
    if (options->is_open) {
        fprintf(out, "; %" PRIu64 " waited for a connection, sent late by p99 %.2f ms, worst %.2f",
                result->waited, milliseconds(&result->lateness, 990000),
                milliseconds(&result->lateness, 1000000));
    }
    fprintf(out, "; generator %.0f %% of a core\n", result->cpu_share * 100);
    if (load_failures(result) > 0) print_failures(out, result);
}

static void print_json_latency(FILE *out, const char *name, const struct histogram *histogram)
{
    fprintf(out,
            ",\"%s_ms\":{\"p50\":%.4f,\"p99\":%.4f,\"p99.9\":%.4f,\"worst\":%.4f,"
            "\"count\":%" PRIu64 "}",
            name, milliseconds(histogram, 500000), milliseconds(histogram, 990000),
            milliseconds(histogram, 999000), milliseconds(histogram, 1000000), histogram->count);
}

void load_print_json(FILE *out, const struct load_options *options,
                     const struct load_result *result)
{
    fprintf(out, "{\"loop\":\"%s\",\"rate\":%" PRIu32 ",\"connections\":%" PRIu32,
            options->is_open ? "open" : "closed", options->is_open ? options->rate : 0,
            options->connections);
    fprintf(out, ",\"batch\":%" PRIu32 ",\"seconds\":%.3f", options->batch, result->seconds);
    fprintf(out, ",\"requests\":%" PRIu64 ",\"events\":%" PRIu64 ",\"acknowledged\":%" PRIu64,
            result->requests, result->events, result->acknowledged);
    fprintf(out, ",\"requests_per_second\":%.1f,\"events_per_second\":%.1f",
            (double)result->requests / result->seconds, (double)result->events / result->seconds);
    print_json_latency(out, "latency", &result->latency);
    print_json_latency(out, "lateness", &result->lateness);
    fprintf(out, ",\"waited\":%" PRIu64 ",\"cpu_share\":%.3f", result->waited, result->cpu_share);
    fprintf(out, ",\"failures\":%" PRIu64 ",\"refused\":{", load_failures(result));
    const char *separator = "";
    for (int status = 0; status < LOAD_STATUS_LIMIT; status++) {
        if (result->refused[status] == 0) continue;
        fprintf(out, "%s\"%d\":%" PRIu64, separator, status, result->refused[status]);
        separator = ",";
    }
    fprintf(out,
            "},\"failed_lines\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"unanswered\":%" PRIu64 "}\n",
            result->failed_lines, result->lost, result->unanswered);
}
