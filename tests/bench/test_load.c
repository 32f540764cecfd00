/* Tests of the load generator: what it sends, when it sends it, and that it counts what went wrong.
 */
#include "check.h"

#include "load.h"
#include "stand_in.h"

static struct load_result result;

static struct load_options closed_options(uint32_t connections)
{
    return (struct load_options){
        .key = "the-key",
        .connections = connections,
        .warm_up_ms = 20,
        .measured_ms = 200,
        .batch = 1,
        .members = 500,
        .seed = 1,
    };
}

static struct load_options open_options(uint32_t connections, uint32_t rate)
{
    struct load_options options = closed_options(connections);
    options.is_open = true;
    options.rate = rate;
    return options;
}

/* Runs against a stand-in that has ended when this returns. */
static void run(struct stand_in *stand_in, struct load_options options,
                const struct stand_in_orders *orders)
{
    assert_true(stand_in_start(stand_in, orders));
    options.address = stand_in->address;
    assert_true(load_run(&options, &result));
    stand_in_stop(stand_in);
    if (stand_in->sight->malformed > 0) print_error("%s\n", stand_in->sight->malformed_text);
    assert_int_equal(0, stand_in->sight->malformed);
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a;
    uint64_t second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

static void assert_keys_are_used_once(struct stand_in_sight *sight)
{
    qsort(sight->keys, sight->key_count, sizeof *sight->keys, compare_keys);
    for (uint32_t i = 1; i < sight->key_count; i++)
        assert_true(sight->keys[i - 1] != sight->keys[i]);
}

static void a_closed_loop_sends_the_next_when_the_answer_has_come(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {0};
    run(&stand_in, closed_options(4), &orders);
    assert_int_equal(0, load_failures(&result));
    assert_int_equal(4, stand_in.sight->connections);
    assert_int_equal(0, stand_in.sight->overlapping);
    assert_true(result.requests > 4);
    assert_int_equal(stand_in.sight->requests, result.acknowledged);
    /* On each connection one may have begun before the measuring, and one may end after it. */
    assert_true(result.requests <= result.latency.count + 4);
    assert_true(result.latency.count <= result.requests + 4);
    stand_in_release(&stand_in);
}

static void the_rate_counts_answers_when_they_come(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {.stall_at = 1, .stall_ms = 100};
    struct load_options options = closed_options(1);
    options.warm_up_ms = 50;
    run(&stand_in, options, &orders);
    assert_int_equal(0, load_failures(&result));
    /* The first was sent before the measuring and answered in it: its latency is not measured. */
    assert_in_range(stand_in.sight->requests - result.requests, 0, 1);
    assert_int_equal(stand_in.sight->requests - 1, result.latency.count);
    stand_in_release(&stand_in);
}

static void requests_are_purchases_with_keys_of_their_own(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {0};
    run(&stand_in, closed_options(4), &orders);
    assert_int_equal(stand_in.sight->requests, stand_in.sight->events);
    assert_in_range(stand_in.sight->body_length, 325, 345);
    assert_in_range(stand_in.sight->members_highest, 1, 499);
    assert_int_equal(2 * stand_in.sight->events, stand_in.sight->key_count);
    assert_keys_are_used_once(stand_in.sight);
    stand_in_release(&stand_in);
}

static void a_batch_is_lines_with_ids_of_their_own(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {0};
    struct load_options options = closed_options(2);
    options.batch = 1000;
    options.measured_ms = 100;
    run(&stand_in, options, &orders);
    assert_int_equal(0, load_failures(&result));
    assert_int_equal(1000 * stand_in.sight->requests, stand_in.sight->events);
    assert_int_equal(stand_in.sight->events, result.acknowledged);
    assert_int_equal(2 * stand_in.sight->events + stand_in.sight->requests,
                     stand_in.sight->key_count);
    assert_keys_are_used_once(stand_in.sight);
    stand_in_release(&stand_in);
}

static void an_open_loop_sends_exactly_what_the_rate_says(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {0};
    struct load_options options = open_options(8, 2999);
    options.warm_up_ms = 100;
    options.measured_ms = 500;
    run(&stand_in, options, &orders);
    assert_int_equal(0, load_failures(&result));
    /* Requests 0 to ceil(2999 x 0.6) - 1, of which 300 are before 0.1 s. */
    assert_int_equal(1800, stand_in.sight->requests);
    assert_int_equal(1500, result.latency.count);
    assert_int_equal(1500, result.lateness.count);
    stand_in_release(&stand_in);
}

static void an_open_loop_charges_a_stall_to_all_who_were_due(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {.stall_at = 300, .stall_ms = 200};
    struct load_options options = open_options(4, 1000);
    options.measured_ms = 600;
    run(&stand_in, options, &orders);
    assert_int_equal(0, load_failures(&result));
    assert_int_equal(600, result.latency.count);
    /* 200 of 600 were due meanwhile, a half of them more than 100 ms before its end. */
    assert_true(result.latency.highest >= 199 * 1000000);
    assert_true(histogram_percentile(&result.latency, 850000) >= 90 * 1000000);
    assert_true(result.waited >= 190);
    stand_in_release(&stand_in);
}

static void a_closed_loop_sees_a_stall_once_a_connection(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {.stall_at = 50, .stall_ms = 200};
    struct load_options options = closed_options(1);
    options.warm_up_ms = 0;
    options.measured_ms = 600;
    run(&stand_in, options, &orders);
    assert_int_equal(0, load_failures(&result));
    assert_true(result.latency.highest >= 199 * 1000000);
    assert_true(histogram_percentile(&result.latency, 990000) < 190 * 1000000);
    stand_in_release(&stand_in);
}

static void refusals_are_counted_by_their_status(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {.refuse_every = 10};
    run(&stand_in, closed_options(3), &orders);
    assert_int_equal(stand_in.sight->requests / 10, result.refused[503]);
    assert_int_equal(result.refused[503], load_failures(&result));
    assert_int_equal(stand_in.sight->requests - result.refused[503], result.acknowledged);
    stand_in_release(&stand_in);
}

static void refused_lines_of_a_batch_are_counted(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {.refuse_line_every = 4, .is_chunked = true};
    struct load_options options = closed_options(1);
    options.batch = 10;
    run(&stand_in, options, &orders);
    assert_int_equal(2 * stand_in.sight->requests, result.failed_lines);
    assert_int_equal(8 * stand_in.sight->requests, result.acknowledged);
    stand_in_release(&stand_in);
}

static void an_answer_that_misses_lines_is_a_failure(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {.omits_a_line = true};
    struct load_options options = closed_options(1);
    options.batch = 10;
    run(&stand_in, options, &orders);
    assert_int_equal(0, result.acknowledged);
    assert_int_equal(10 * stand_in.sight->requests, result.failed_lines);
    stand_in_release(&stand_in);
}

static void a_lost_connection_is_counted_and_opened_again(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {.drop_every = 50};
    run(&stand_in, open_options(2, 1000), &orders);
    assert_int_equal(220, stand_in.sight->requests);
    assert_int_equal(4, result.lost);
    assert_int_equal(4, load_failures(&result));
    assert_int_equal(216, result.acknowledged);
    assert_int_equal(6, stand_in.sight->connections);
    stand_in_release(&stand_in);
}

static void a_server_that_closes_after_each_answer_is_no_failure(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {.closes = true};
    run(&stand_in, open_options(2, 500), &orders);
    assert_int_equal(0, load_failures(&result));
    assert_int_equal(110, stand_in.sight->requests);
    assert_true(stand_in.sight->connections >= 110);
    stand_in_release(&stand_in);
}

static void chunked_answers_are_read(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {.is_chunked = true};
    run(&stand_in, closed_options(2), &orders);
    assert_int_equal(0, load_failures(&result));
    assert_int_equal(stand_in.sight->requests, result.acknowledged);
    stand_in_release(&stand_in);
}

/* The server's end, as a kill in the middle of a run is. */
static void stop_at_100_ms(void *context, int64_t elapsed_ms)
{
    if (elapsed_ms >= 100) stand_in_stop(context);
}

static void a_server_that_goes_away_ends_the_run(void **state)
{
    (void)state;
    struct stand_in stand_in;
    const struct stand_in_orders orders = {0};
    assert_true(stand_in_start(&stand_in, &orders));
    struct load_options options = closed_options(8);
    options.address = stand_in.address;
    options.measured_ms = 60000;
    options.on_tick = stop_at_100_ms;
    options.context = &stand_in;
    assert_true(load_run(&options, &result));
    assert_true(result.acknowledged > 0);
    assert_true(result.acknowledged <= stand_in.sight->requests);
    assert_in_range(stand_in.sight->requests - result.acknowledged, 0, 8);
    assert_in_range(load_failures(&result), 1, 8);
    stand_in_release(&stand_in);
}

/* Everything that the two forms print about failures. */
static void failures_are_printed(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    struct load_options options = closed_options(2);
    memset(&result, 0, sizeof result);
    result.seconds = 1;
    result.refused[429] = 7;
    result.refused[503] = 2;
    result.failed_lines = 3;
    result.lost = 4;
    result.unanswered = 5;
    FILE *out = open_memstream(&text, &length);
    load_print(out, &options, &result);
    load_print_json(out, &options, &result);
    fclose(out);
    assert_non_null(strstr(text, "FAILED: 7 answered 429, 2 answered 503, 3 lines of batches "
                                 "refused, 4 connections lost, 5 not answered\n"));
    assert_non_null(strstr(text, "\"failures\":21,\"refused\":{\"429\":7,\"503\":2},"
                                 "\"failed_lines\":3,\"lost\":4,\"unanswered\":5}\n"));
    free(text);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    static const struct load_options wrong[] = {
        {.address = "127.0.0.1:1", .connections = 0, .measured_ms = 1, .batch = 1, .members = 1},
        {.address = "127.0.0.1:1", .connections = 1, .measured_ms = 0, .batch = 1, .members = 1},
        {.address = "127.0.0.1:1", .connections = 1, .measured_ms = 1, .batch = 0, .members = 1},
        {.address = "127.0.0.1:1", .connections = 1, .measured_ms = 1, .batch = 1, .members = 0},
        {.address = "127.0.0.1", .connections = 1, .measured_ms = 1, .batch = 1, .members = 1},
        {.address = ":8080", .connections = 1, .measured_ms = 1, .batch = 1, .members = 1},
        {.address = "127.0.0.1:1",
         .is_open = true,
         .connections = 1,
         .measured_ms = 1,
         .batch = 1,
         .members = 1},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct load_options options = wrong[i];
        options.key = "the-key";
        assert_false(load_run(&options, &result));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_loop_sends_the_next_when_the_answer_has_come),
        cmocka_unit_test(the_rate_counts_answers_when_they_come),
        cmocka_unit_test(requests_are_purchases_with_keys_of_their_own),
        cmocka_unit_test(a_batch_is_lines_with_ids_of_their_own),
        cmocka_unit_test(an_open_loop_sends_exactly_what_the_rate_says),
        cmocka_unit_test(an_open_loop_charges_a_stall_to_all_who_were_due),
        cmocka_unit_test(a_closed_loop_sees_a_stall_once_a_connection),
        cmocka_unit_test(refusals_are_counted_by_their_status),
        cmocka_unit_test(refused_lines_of_a_batch_are_counted),
        cmocka_unit_test(an_answer_that_misses_lines_is_a_failure),
        cmocka_unit_test(a_lost_connection_is_counted_and_opened_again),
        cmocka_unit_test(a_server_that_closes_after_each_answer_is_no_failure),
        cmocka_unit_test(chunked_answers_are_read),
        cmocka_unit_test(a_server_that_goes_away_ends_the_run),
        cmocka_unit_test(failures_are_printed),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
