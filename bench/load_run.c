/* The loop: who sends when, and what becomes of the answers.
 *
 * One epoll watches all connections. Those without a request lie on a stack; whenever a request is
 * due and the stack is not empty, it is sent. In the closed loop a request is due as long as the
 * run lasts, in the open loop at its instant. Sleeping ends at the next instant, but not within
 * NAP_LEAST_NS, so that the generator does not take a core for itself: what this costs is measured
 * as lateness.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "load.h"
#include "purchases.h"

#define BLOCK_BYTES ((size_t)1 << 18)
#define EVENTS_AT_ONCE 512
#define NAP_LEAST_NS 50000
#define LOSSES_MAXIMUM 20 /* of one connection, before it is given up */
#define NS_PER_MS 1000000
#define NS_PER_SECOND INT64_C(1000000000)

struct load {
    const struct load_options *options;
    struct load_result *result;
    struct addrinfo *address;
    struct purchases purchases;
    struct connection *connections;
    uint32_t *idle; /* a stack of indices */
    uint32_t idle_count;
    uint32_t open_count;
    char *requests;
    char *block;
    int epoll;
    uint64_t begun; /* requests; of the open loop, the number of the next one due */
    int64_t start_ns;
    int64_t measure_from_ns;
    int64_t end_ns;
    int64_t give_up_ns;
    int64_t next_tick_ns;
    int64_t utc_offset_ms; /* from our clock to the time of day */
    double cpu_seconds;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool watch(struct load *load, uint32_t index, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u32 = index};
    return epoll_ctl(load->epoll, operation, load->connections[index].socket, &event) == 0;
}

static bool open_connection(struct load *load, uint32_t index)
{
    struct connection *connection = &load->connections[index];
    if (!connection_open(connection, load->address)) return false;
    if (!watch(load, index, EPOLL_CTL_ADD, EPOLLIN)) {
        connection_close(connection);
        return false;
    }
    connection->free_since_ns = clock_ns(CLOCK_MONOTONIC);
    load->idle[load->idle_count++] = index;
    load->open_count++;
    return true;
}

/* Closes, and opens again unless it was lost too often or nobody answers any more. */
static void reopen(struct load *load, uint32_t index)
{
    connection_close(&load->connections[index]);
    load->open_count--;
    if (load->connections[index].losses < LOSSES_MAXIMUM) (void)open_connection(load, index);
}

static void take_off_idle(struct load *load, uint32_t index)
{
    for (uint32_t i = 0; i < load->idle_count; i++) {
        if (load->idle[i] != index) continue;
        load->idle[i] = load->idle[--load->idle_count];
        return;
    }
}

static void lose(struct load *load, uint32_t index)
{
    struct connection *connection = &load->connections[index];
    if (connection->is_busy) {
        load->result->lost++;
        connection->losses++;
    } else {
        take_off_idle(load, index);
    }
    reopen(load, index);
}

static void watch_for_writing(struct load *load, uint32_t index, bool wanted)
{
    struct connection *connection = &load->connections[index];
    if (connection->is_watched_for_writing == wanted) return;
    connection->is_watched_for_writing = wanted;
    (void)watch(load, index, EPOLL_CTL_MOD, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void send_more(struct load *load, uint32_t index, enum progress progress)
{
    if (progress == PROGRESS_LOST) {
        lose(load, index);
    } else {
        watch_for_writing(load, index, progress == PROGRESS_WAIT);
    }
}

/* When the next request is meant to go; false if there is none any more. */
static bool next_request(const struct load *load, int64_t now_ns, int64_t *intended_ns)
{
    if (load->options->is_open) {
        uint64_t rate = load->options->rate;
        uint64_t second = load->begun / rate;
        uint64_t rest = load->begun % rate;
        *intended_ns =
            load->start_ns + (int64_t)(second * NS_PER_SECOND + rest * NS_PER_SECOND / rate);
        return *intended_ns < load->end_ns;
    }
    *intended_ns = now_ns;
    return now_ns < load->end_ns;
}

static bool is_measured(const struct load *load, int64_t intended_ns)
{
    return intended_ns >= load->measure_from_ns && intended_ns < load->end_ns;
}

static void begin_request(struct load *load, int64_t intended_ns)
{
    uint32_t index = load->idle[--load->idle_count];
    struct connection *connection = &load->connections[index];
    int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    if (!load->options->is_open) intended_ns = now_ns;
    connection->intended_ns = intended_ns;
    if (is_measured(load, intended_ns)) {
        bool has_waited = connection->free_since_ns > intended_ns;
        if (has_waited) load->result->waited++;
        histogram_add(&load->result->lateness,
                      now_ns - (has_waited ? connection->free_since_ns : intended_ns));
    }
    purchases_write_next(&load->purchases, connection->request,
                         now_ns / NS_PER_MS + load->utc_offset_ms);
    load->begun++;
    send_more(load, index, connection_begin(connection));
}

static void send_what_is_due(struct load *load)
{
    int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    int64_t intended_ns;
    while (load->idle_count > 0 && next_request(load, now_ns, &intended_ns) &&
           intended_ns <= now_ns) {
        begin_request(load, intended_ns);
    }
}

static void count_reply(struct load *load, const struct connection *connection, int64_t now_ns)
{
    struct load_result *result = load->result;
    if (connection->status < 200 || connection->status > 299) {
        result->refused[connection->status % LOAD_STATUS_LIMIT]++;
        return;
    }
    uint32_t batch = load->options->batch;
    uint32_t failed = connection->lines.failed;
    if (batch > 1 && connection->lines.count != batch) failed = batch;
    if (failed > batch) failed = batch;
    result->failed_lines += failed;
    result->acknowledged += batch - failed;
    if (is_measured(load, connection->intended_ns)) {
        histogram_add(&result->latency, now_ns - connection->intended_ns);
    }
    /* The rate is of what is answered meanwhile, whenever it was sent. */
    if (is_measured(load, now_ns)) {
        result->requests++;
        result->events += batch - failed;
    }
}

static void receive(struct load *load, uint32_t index)
{
    struct connection *connection = &load->connections[index];
    enum progress progress = connection_receive(connection, load->block, BLOCK_BYTES);
    if (progress == PROGRESS_LOST) lose(load, index);
    if (progress != PROGRESS_DONE) return;
    int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    count_reply(load, connection, now_ns);
    if (connection->stays_open) {
        connection->free_since_ns = now_ns;
        load->idle[load->idle_count++] = index;
    } else {
        reopen(load, index);
    }
    send_what_is_due(load);
}

static void handle_event(struct load *load, const struct epoll_event *event)
{
    uint32_t index = event->data.u32;
    struct connection *connection = &load->connections[index];
    if (connection->socket < 0) return;
    if ((event->events & EPOLLOUT) != 0 && connection->is_busy) {
        send_more(load, index, connection_send(connection));
    }
    if ((event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(load, index);
}

static void tick(struct load *load, int64_t now_ns)
{
    if (now_ns < load->next_tick_ns) return;
    load->next_tick_ns = now_ns + LOAD_TICK_MS * NS_PER_MS;
    if (load->options->on_tick == NULL) return;
    load->options->on_tick(load->options->context, (now_ns - load->start_ns) / NS_PER_MS);
}

static bool is_over(const struct load *load, int64_t now_ns)
{
    int64_t intended_ns;
    if (load->open_count == 0 || now_ns >= load->give_up_ns) return true;
    return load->idle_count == load->open_count && !next_request(load, now_ns, &intended_ns);
}

static int64_t nap_ns(const struct load *load, int64_t now_ns)
{
    int64_t until_ns = load->next_tick_ns;
    int64_t intended_ns;
    if (load->idle_count > 0 && next_request(load, now_ns, &intended_ns) &&
        intended_ns < until_ns) {
        until_ns = intended_ns;
    }
    if (until_ns <= now_ns) return 0;
    return until_ns - now_ns < NAP_LEAST_NS ? NAP_LEAST_NS : until_ns - now_ns;
}

static bool drive(struct load *load)
{
    static struct epoll_event events[EVENTS_AT_ONCE];
    for (;;) {
        send_what_is_due(load);
        int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
        tick(load, now_ns);
        if (is_over(load, now_ns)) return true;
        int64_t nap = nap_ns(load, now_ns);
        struct timespec wait = {.tv_sec = nap / NS_PER_SECOND, .tv_nsec = nap % NS_PER_SECOND};
        int count = epoll_pwait2(load->epoll, events, EVENTS_AT_ONCE, &wait, NULL);
        if (count < 0 && errno != EINTR) {
            perror("load: epoll");
            return false;
        }
        for (int i = 0; i < count; i++)
            handle_event(load, &events[i]);
    }
}

/* What was begun and not answered, and what became due and was never begun. */
static void count_unanswered(struct load *load)
{
    int64_t intended_ns;
    for (uint32_t i = 0; i < load->options->connections; i++) {
        if (load->connections[i].is_busy) load->result->unanswered++;
    }
    if (!load->options->is_open) return;
    while (next_request(load, load->end_ns, &intended_ns)) {
        load->begun++;
        load->result->unanswered++;
    }
}

static void set_clock(struct load *load)
{
    const struct load_options *options = load->options;
    load->start_ns = clock_ns(CLOCK_MONOTONIC);
    load->measure_from_ns = load->start_ns + options->warm_up_ms * NS_PER_MS;
    load->end_ns = load->measure_from_ns + options->measured_ms * NS_PER_MS;
    load->give_up_ns = load->end_ns + LOAD_PATIENCE_SECONDS * NS_PER_SECOND;
    load->next_tick_ns = load->start_ns;
    load->utc_offset_ms = clock_ns(CLOCK_REALTIME) / NS_PER_MS - load->start_ns / NS_PER_MS;
}

static bool open_all(struct load *load)
{
    size_t length = purchases_request_length(&load->purchases);
    for (uint32_t i = 0; i < load->options->connections; i++) {
        load->connections[i].socket = -1;
        load->connections[i].request = load->requests + i * length;
        load->connections[i].request_length = length;
        load->connections[i].counts_lines = load->options->batch > 1;
        purchases_prepare(&load->purchases, load->connections[i].request);
    }
    for (uint32_t i = 0; i < load->options->connections; i++) {
        if (open_connection(load, i)) continue;
        fprintf(stderr, "load: %s: connection %u: %s\n", load->options->address, i + 1,
                strerror(errno));
        return false;
    }
    return true;
}

static bool find_address(struct load *load)
{
    const char *address = load->options->address;
    const char *colon = strrchr(address, ':');
    char host[256];
    size_t length = colon == NULL ? 0 : (size_t)(colon - address);
    bool is_bracketed = length > 2 && address[0] == '[' && address[length - 1] == ']';
    if (length == 0 || length >= sizeof host) {
        fprintf(stderr, "load: %s: write HOST:PORT\n", address);
        return false;
    }
    (void)snprintf(host, sizeof host, "%.*s", (int)(is_bracketed ? length - 2 : length),
                   address + (is_bracketed ? 1 : 0));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int failure = getaddrinfo(host, colon + 1, &hints, &load->address);
    if (failure != 0) fprintf(stderr, "load: %s: %s\n", address, gai_strerror(failure));
    return failure == 0;
}

static bool options_are_sound(const struct load_options *options)
{
    bool is_sound =
        options->connections >= 1 && options->connections <= LOAD_CONNECTIONS_MAXIMUM &&
        options->measured_ms > 0 && options->warm_up_ms >= 0 &&
        (!options->is_open || (options->rate >= 1 && options->rate <= LOAD_RATE_MAXIMUM));
    if (!is_sound) fprintf(stderr, "load: these options are out of their limits\n");
    return is_sound;
}

static bool prepare(struct load *load)
{
    const struct load_options *options = load->options;
    uint32_t run = 0;
    if (getrandom(&run, sizeof run, 0) != sizeof run) return false;
    struct purchase_options purchases = {.host = options->address,
                                         .key = options->key,
                                         .batch = options->batch,
                                         .members = options->members,
                                         .seed = options->seed,
                                         .run = run};
    if (!purchases_init(&load->purchases, &purchases)) {
        fprintf(stderr, "load: such purchases cannot be made: see batch, members and key\n");
        return false;
    }
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->connections = calloc(options->connections, sizeof *load->connections);
    load->idle = calloc(options->connections, sizeof *load->idle);
    load->requests = calloc(options->connections, purchases_request_length(&load->purchases));
    load->block = malloc(BLOCK_BYTES);
    if (load->epoll < 0 || load->connections == NULL || load->idle == NULL ||
        load->requests == NULL || load->block == NULL) {
        perror("load");
        return false;
    }
    connections_init();
    /* Sleep as long as asked, not 50 us more. */
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    return open_all(load);
}

static void release(struct load *load)
{
    for (uint32_t i = 0; load->connections != NULL && i < load->options->connections; i++)
        connection_close(&load->connections[i]);
    if (load->epoll >= 0) close(load->epoll);
    if (load->address != NULL) freeaddrinfo(load->address);
    free(load->connections);
    free(load->idle);
    free(load->requests);
    free(load->block);
}

bool load_run(const struct load_options *options, struct load_result *result)
{
    if (!options_are_sound(options)) return false;
    struct load load = {.options = options, .result = result, .epoll = -1};
    memset(result, 0, sizeof *result);
    bool is_done = find_address(&load) && prepare(&load);
    if (is_done) {
        double cpu_before = cpu_seconds();
        set_clock(&load);
        is_done = drive(&load);
        double lasted = (double)(clock_ns(CLOCK_MONOTONIC) - load.start_ns) / 1e9;
        result->cpu_share = (cpu_seconds() - cpu_before) / lasted;
        result->seconds = (double)options->measured_ms / 1e3;
        count_unanswered(&load);
    }
    release(&load);
    return is_done;
}

uint64_t load_failures(const struct load_result *result)
{
    uint64_t failures = result->failed_lines + result->lost + result->unanswered;
    for (int status = 0; status < LOAD_STATUS_LIMIT; status++)
        failures += result->refused[status];
    return failures;
}
