/* The template, and the numbers written over its zeros. */
#include "purchases.h"

#include <stdio.h>
#include <string.h>

#include "base/base.h"

#define NUMBER_DIGITS 10
#define MEMBER_DIGITS_LEAST 6
#define TIME_LENGTH 24
#define NONE SIZE_MAX

static const char zeros[] = "0000000000";

/* What stands for the places to fill in while the template is made. */
static size_t place_after(const char *template, const char *before)
{
    const char *found = strstr(template, before);
    return found == NULL ? NONE : (size_t)(found - template) + strlen(before);
}

static bool make_line(struct purchases *purchases)
{
    bool has_id = purchases->options.batch > 1;
    char id[64] = "";
    if (has_id) {
        (void)snprintf(id, sizeof id, "\"id\":\"i-%08x-%s\",", purchases->options.run, zeros);
    }
    int length = snprintf(
        purchases->line, sizeof purchases->line,
        "{\"type\":\"purchase\",%s\"occurred_at\":\"0000-00-00T00:00:00.000Z\","
        "\"member\":\"m-%.*s\",\"order\":\"o-%08x-%s\",\"currency\":\"USD\","
        "\"channel\":\"web\",\"store\":\"s1\",\"items\":[{\"id\":\"1\","
        "\"sku\":\"A-1\",\"name\":\"Hydrating face cream with hyaluronic acid, jar 50 ml\","
        "\"category\":\"skincare\",\"quantity\":2,\"unit_price\":\"19.99\","
        "\"discount\":\"0\",\"tax\":\"0\"}]}%s",
        id, purchases->member_digits, zeros, purchases->options.run, zeros, has_id ? "\n" : "");
    if (length < 0 || (size_t)length >= sizeof purchases->line) return false;
    char before[32];
    (void)snprintf(before, sizeof before, "\"i-%08x-", purchases->options.run);
    purchases->line_length = (size_t)length;
    purchases->line_id = has_id ? place_after(purchases->line, before) : NONE;
    purchases->line_time = place_after(purchases->line, "\"occurred_at\":\"");
    purchases->line_member = place_after(purchases->line, "\"member\":\"m-");
    (void)snprintf(before, sizeof before, "\"o-%08x-", purchases->options.run);
    purchases->line_order = place_after(purchases->line, before);
    return true;
}

static bool make_header(struct purchases *purchases)
{
    const struct purchase_options *options = &purchases->options;
    int length =
        snprintf(purchases->header, sizeof purchases->header,
                 "POST /v1/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
                 "Idempotency-Key: k-%08x-%s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                 options->host, options->key, options->run, zeros,
                 options->batch > 1 ? "application/x-ndjson" : "application/json",
                 purchases->line_length * options->batch);
    if (length < 0 || (size_t)length >= sizeof purchases->header) return false;
    char before[32];
    (void)snprintf(before, sizeof before, "Idempotency-Key: k-%08x-", options->run);
    purchases->header_length = (size_t)length;
    purchases->header_key = place_after(purchases->header, before);
    return true;
}

bool purchases_init(struct purchases *purchases, const struct purchase_options *options)
{
    if (options->batch < 1 || options->batch > BATCH_MAXIMUM) return false;
    if (options->members < 1 || options->members > MEMBERS_MAXIMUM) return false;
    *purchases = (struct purchases){.options = *options, .random = options->seed, .time_ms = -1};
    purchases->member_digits = MEMBER_DIGITS_LEAST;
    for (uint32_t above = 1000000; above < options->members; above *= 10)
        purchases->member_digits++;
    return make_line(purchases) && make_header(purchases);
}

size_t purchases_request_length(const struct purchases *purchases)
{
    return purchases->header_length + purchases->line_length * purchases->options.batch;
}

void purchases_prepare(const struct purchases *purchases, char *request)
{
    memcpy(request, purchases->header, purchases->header_length);
    char *line = request + purchases->header_length;
    for (uint32_t i = 0; i < purchases->options.batch; i++, line += purchases->line_length)
        memcpy(line, purchases->line, purchases->line_length);
}

static void write_number(char *at, int digits, uint64_t number)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
}

/* SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

/* A 32-bit share of the range: its bias is below members / 2^32. */
static uint64_t draw_member(struct purchases *purchases)
{
    return ((next_random(&purchases->random) >> 32) * purchases->options.members) >> 32;
}

/* "2026-11-22T07:12:48.123Z" */
static void write_time(struct purchases *purchases, int64_t now_ms)
{
    char *time = purchases->time;
    struct date date = date_of_day((int32_t)(now_ms / 86400000));
    uint64_t rest = (uint64_t)(now_ms % 86400000);
    memcpy(time, "0000-00-00T00:00:00.000Z", TIME_LENGTH);
    write_number(time, 4, (uint64_t)date.year);
    write_number(time + 5, 2, (uint64_t)date.month);
    write_number(time + 8, 2, (uint64_t)date.day);
    write_number(time + 11, 2, rest / 3600000);
    write_number(time + 14, 2, rest / 60000 % 60);
    write_number(time + 17, 2, rest / 1000 % 60);
    write_number(time + 20, 3, rest % 1000);
    purchases->time_ms = now_ms;
}

void purchases_write_next(struct purchases *purchases, char *request, int64_t now_ms)
{
    if (now_ms != purchases->time_ms) write_time(purchases, now_ms);
    write_number(request + purchases->header_key, NUMBER_DIGITS, purchases->request++);
    char *line = request + purchases->header_length;
    for (uint32_t i = 0; i < purchases->options.batch; i++, line += purchases->line_length) {
        uint64_t number = purchases->number++;
        if (purchases->line_id != NONE) {
            write_number(line + purchases->line_id, NUMBER_DIGITS, number);
        }
        memcpy(line + purchases->line_time, purchases->time, TIME_LENGTH);
        write_number(line + purchases->line_member, purchases->member_digits,
                     draw_member(purchases));
        write_number(line + purchases->line_order, NUMBER_DIGITS, number);
    }
}
