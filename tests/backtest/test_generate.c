/* Generated orders: the same bytes everywhere, as many purchases as the model expects, and returns
 * of what was bought.
 */
#include "order_file.h"

#include <math.h>

#include "backtest/draw.h"
#include "backtest/generate.h"
#include "backtest/real.h"

static enum status keep_bytes(void *context, struct text bytes)
{
    return buffer_add(context, bytes);
}

static struct buffer generated(uint32_t members, uint32_t days, uint64_t seed)
{
    struct generate_options options = generate_defaults();
    struct buffer out;
    options.members = members;
    options.days = days;
    options.seed = seed;
    buffer_init(&out, (size_t)256 << 20);
    assert_int_equal(generate_orders(&options, keep_bytes, &out), STATUS_OK);
    return out;
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    (void)state;
    static const char wanted[] = "e7e9d4051aac51f97b96ae37656c9d6088962c042b56ddb226f83e21f03e30f3";
    struct buffer out = generated(200, 90, 7);
    uint8_t digest[HASH_RECORD_BYTES];
    char shown[2 * HASH_RECORD_BYTES + 1];
    hash_record(buffer_text(&out), digest);
    for (size_t i = 0; i < HASH_RECORD_BYTES; i++)
        snprintf(shown + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(shown, wanted);
    buffer_release(&out);
}

static void another_seed_gives_other_bytes(void **state)
{
    (void)state;
    struct buffer first = generated(50, 90, 1);
    struct buffer second = generated(50, 90, 2);
    assert_false(text_equal(buffer_text(&first), buffer_text(&second)));
    buffer_release(&first);
    buffer_release(&second);
}

/* Gauss's hypergeometric function by its series; |z| < 1. */
static double hypergeometric(double a, double b, double c, double z)
{
    double term = 1;
    double sum = 1;
    for (int i = 0; i < 10000 && fabs(term) > 1e-12 * fabs(sum); i++) {
        term *= (a + i) * (b + i) / (c + i) * z / (i + 1);
        sum += term;
    }
    return sum;
}

/* Repeat purchases expected within t weeks: Fader, Hardie and Lee (2005), equation 9. */
static double expected_repeats(const struct generate_model *model, double weeks)
{
    double a = model->a;
    double b = model->b;
    double r = model->r;
    double alpha = model->alpha_weeks;
    double series = hypergeometric(r, b, a + b - 1, weeks / (alpha + weeks));
    return (a + b - 1) / (a - 1) * (1 - pow(alpha / (alpha + weeks), r) * series);
}

static void the_expected_number_behaves_as_it_should(void **state)
{
    (void)state;
    struct generate_model model = generate_defaults().model;
    assert_true(fabs(expected_repeats(&model, 0.0)) < 1e-9);
    /* For small t every member still buys: E[X(t)] is near r t / alpha. */
    assert_true(fabs(expected_repeats(&model, 0.01) - model.r * 0.01 / model.alpha_weeks) < 1e-6);
    assert_true(expected_repeats(&model, 39.0) > expected_repeats(&model, 26.0));
}

static void read_generated(struct order_file *file, uint32_t members, uint32_t days, uint64_t seed)
{
    struct buffer out = generated(members, days, seed);
    order_file_read(file, NULL, buffer_text(&out));
    buffer_release(&out);
    assert_int_equal(file->status, STATUS_OK);
    assert_int_equal(file->book.lines_unreadable, 0);
}

static void members_buy_as_often_as_the_model_expects(void **state)
{
    (void)state;
    struct order_file file;
    struct generate_model model = generate_defaults().model;
    const uint32_t members = 20000;
    const uint32_t days = 364;
    read_generated(&file, members, days, 3);
    /* First purchases are spread evenly over the span: the mean over what is left of it. */
    double expected = 0;
    const int steps = 2000;
    for (int i = 0; i < steps; i++)
        expected += 1 + expected_repeats(&model, (i + 0.5) / steps * days / 7.0);
    expected /= steps;
    uint64_t purchases = 0;
    for (uint64_t i = 0; i < file.book.order_count; i++) {
        const struct book_order *order = &file.book.orders[i];
        if (order->customer != ORDERS_NONE && !order->is_return) purchases++;
    }
    double mean = (double)purchases / members;
    assert_int_equal(file.book.customers.count, members);
    /* The spread of purchases is about 1.7, so of the mean 0.012: three times that. */
    if (fabs(mean - expected) > 0.04) fail_msg("%f purchases, expected %f", mean, expected);
    order_file_end(&file);
}

/* What the real lines are counted for, on lines that every machine has. */
static void generated_lines_count_as_committed(void **state)
{
    (void)state;
    struct order_file file;
    read_generated(&file, 2000, 365, 1);
    const struct book *book = &file.book;
    uint64_t orders = 0;
    uint64_t returns = 0;
    wide sum = 0;
    for (uint64_t i = 0; i < book->order_count; i++) {
        const struct book_order *order = &book->orders[i];
        if (order->customer != ORDERS_NONE && order->is_return) returns++;
        if (order->customer != ORDERS_NONE && !order->is_return) orders++;
        for (uint64_t k = order->first_line; k < order->first_line + order->line_count; k++)
            sum += (wide)book->lines[k].quantity * book->lines[k].unit_price;
    }
    assert_int_equal(book->lines_total, 11267);
    assert_int_equal(book->lines_anonymous, 1830);
    assert_int_equal(book->customers.count, 2000);
    assert_int_equal(orders, 3642);
    assert_int_equal(returns, 198);
    assert_int_equal((int64_t)sum, 15402778);
    order_file_end(&file);
}

static double amount_of(const struct book *book, const struct book_order *order)
{
    double amount = 0;
    for (uint64_t k = order->first_line; k < order->first_line + order->line_count; k++)
        amount += (double)book->lines[k].quantity * (double)book->lines[k].unit_price;
    return amount / 100;
}

static void orders_cost_what_the_model_expects(void **state)
{
    (void)state;
    struct order_file file;
    struct generate_model model = generate_defaults().model;
    read_generated(&file, 20000, 200, 4);
    double sum = 0;
    uint64_t count = 0;
    uint64_t lines = 0;
    for (uint64_t i = 0; i < file.book.order_count; i++) {
        const struct book_order *order = &file.book.orders[i];
        if (order->is_return) continue;
        sum += amount_of(&file.book, order);
        lines += order->line_count;
        count++;
    }
    double expected = model.p * model.v / (model.q - 1);
    double mean = sum / (double)count;
    if (fabs(mean - expected) > 0.03 * expected) fail_msg("%f, expected %f", mean, expected);
    assert_true(lines > 2 * count); /* several items an order */
    order_file_end(&file);
}

static void returns_give_back_what_was_bought(void **state)
{
    (void)state;
    struct order_file file;
    read_generated(&file, 3000, 365, 5);
    const struct book *book = &file.book;
    uint64_t returns = 0;
    uint64_t anonymous = 0;
    for (uint64_t i = 0; i < book->order_count; i++) {
        const struct book_order *order = &book->orders[i];
        if (order->customer == ORDERS_NONE) anonymous++;
        if (!order->is_return) continue;
        returns++;
        assert_true(order->customer != ORDERS_NONE);
        for (uint64_t k = order->first_line; k < order->first_line + order->line_count; k++) {
            int64_t bought = 0;
            assert_true(book->lines[k].quantity < 0);
            for (uint64_t e = 0; e < i; e++) {
                if (book->orders[e].customer != order->customer) continue;
                const struct book_line *lines = book->lines + book->orders[e].first_line;
                for (uint32_t n = 0; n < book->orders[e].line_count; n++) {
                    if (lines[n].sku == book->lines[k].sku) bought += lines[n].quantity;
                }
            }
            assert_true(bought + book->lines[k].quantity >= 0);
        }
    }
    assert_in_range(returns * 100, book->order_count * 3, book->order_count * 7);
    assert_in_range(anonymous * 100, book->order_count * 12, book->order_count * 20);
    order_file_end(&file);
}

static void lines_are_in_order_of_time_and_every_column_is_filled(void **state)
{
    (void)state;
    struct order_file file;
    read_generated(&file, 500, 400, 6);
    const struct book *book = &file.book;
    for (uint64_t i = 1; i < book->order_count; i++) {
        assert_true(book->orders[i - 1].at_us <= book->orders[i].at_us);
        assert_true(book->orders[i - 1].first_line < book->orders[i].first_line);
        assert_true(book->orders[i].channel != ORDERS_NONE);
    }
    for (uint64_t k = 0; k < book->line_count; k++) {
        assert_true(book->extras[k].category != ORDERS_NONE);
        assert_true(book->lines[k].unit_price > 0);
        assert_in_range(labs(book->lines[k].quantity), 1, 1000);
    }
    assert_int_equal(book->categories.count, 8 + 3);
    order_file_end(&file);
}

static void impossible_options_are_refused(void **state)
{
    (void)state;
    struct generate_options options = generate_defaults();
    struct buffer out;
    buffer_init(&out, 1000);
    options.members = 0;
    assert_int_equal(generate_orders(&options, keep_bytes, &out), STATUS_INVALID);
    options = generate_defaults();
    options.days = GENERATE_DAYS_MAXIMUM + 1;
    assert_int_equal(generate_orders(&options, keep_bytes, &out), STATUS_INVALID);
    options = generate_defaults();
    options.model.q = nan("");
    assert_int_equal(generate_orders(&options, keep_bytes, &out), STATUS_INVALID);
    buffer_release(&out);
}

static void a_full_disk_ends_the_generation(void **state)
{
    (void)state;
    struct generate_options options = generate_defaults();
    struct buffer out;
    buffer_init(&out, 100000);
    assert_int_equal(generate_orders(&options, keep_bytes, &out), STATUS_LIMIT);
    buffer_release(&out);
}

static void logarithm_and_exponential_keep_their_bounds(void **state)
{
    (void)state;
    struct stream stream = {1};
    for (int i = 0; i < 200000; i++) {
        double x = exp(1400 * draw_uniform(&stream) - 700);
        double wanted = log(x);
        assert_true(fabs(real_log(x) - wanted) <= 1e-15 * fmax(1, fabs(wanted)));
        double y = 1400 * draw_uniform(&stream) - 700;
        assert_true(fabs(real_exp(y) - exp(y)) <= 1e-15 * exp(y));
        assert_true(fabs(real_sqrt(x) - sqrt(x)) <= 1e-15 * sqrt(x));
        double near_one = 1 + (draw_uniform(&stream) - 0.5) * 1e-3;
        assert_true(fabs(real_log(near_one) - log(near_one)) <= 1e-15);
    }
    assert_true(real_log(1) == 0);
    assert_true(real_exp(0) == 1);
    assert_true(real_sqrt(0) == 0);
    assert_true(real_exp(1e9) == real_exp(700));
    assert_true(real_exp(-1e9) == real_exp(-700));
}

static void the_generator_is_splitmix_64(void **state)
{
    (void)state;
    /* The first numbers of seed 1234567, as published with the algorithm. */
    struct stream stream = {1234567};
    assert_true(draw_number(&stream) == UINT64_C(6457827717110365317));
    assert_true(draw_number(&stream) == UINT64_C(3203168211198807973));
    assert_true(draw_number(&stream) == UINT64_C(9817491932198370423));
}

static void distributions_have_their_means(void **state)
{
    (void)state;
    struct stream stream = {42};
    const int count = 200000;
    double gamma_small = 0;
    double gamma_large = 0;
    double beta = 0;
    double exponential = 0;
    double below = 0;
    for (int i = 0; i < count; i++) {
        gamma_small += draw_gamma(&stream, 0.243) / count;
        gamma_large += draw_gamma(&stream, 6.25) / count;
        beta += draw_beta(&stream, 0.793, 2.426) / count;
        exponential += draw_exponential(&stream) / count;
        below += draw_below(&stream, 7) / (double)count;
    }
    assert_true(fabs(gamma_small - 0.243) < 0.005);
    assert_true(fabs(gamma_large - 6.25) < 0.03);
    assert_true(fabs(beta - 0.793 / (0.793 + 2.426)) < 0.003);
    assert_true(fabs(exponential - 1) < 0.01);
    assert_true(fabs(below - 3) < 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(another_seed_gives_other_bytes),
        cmocka_unit_test(the_expected_number_behaves_as_it_should),
        cmocka_unit_test(members_buy_as_often_as_the_model_expects),
        cmocka_unit_test(generated_lines_count_as_committed),
        cmocka_unit_test(orders_cost_what_the_model_expects),
        cmocka_unit_test(returns_give_back_what_was_bought),
        cmocka_unit_test(lines_are_in_order_of_time_and_every_column_is_filled),
        cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(a_full_disk_ends_the_generation),
        cmocka_unit_test(logarithm_and_exponential_keep_their_bounds),
        cmocka_unit_test(the_generator_is_splitmix_64),
        cmocka_unit_test(distributions_have_their_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
