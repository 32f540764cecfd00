/* Draw: distributions from uniform numbers, with real.h's functions and no others.
 *
 * Each function takes from the stream as it needs; the number of takes may depend on chance, never
 * on the machine.
 */
#include "backtest/draw.h"

#include "backtest/real.h"

uint64_t draw_number(struct stream *stream)
{
    stream->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = stream->state;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

uint32_t draw_below(struct stream *stream, uint32_t below)
{
    return (uint32_t)((draw_number(stream) >> 32) * below >> 32);
}

double draw_uniform(struct stream *stream)
{
    return ((double)(draw_number(stream) >> 11) + 0.5) * 0x1p-53;
}

double draw_exponential(struct stream *stream)
{
    return -real_log(draw_uniform(stream));
}

/* Marsaglia's polar method; the second number of each pair is dropped to keep no state. */
static double draw_normal(struct stream *stream)
{
    for (;;) {
        double x = 2.0 * draw_uniform(stream) - 1.0;
        double y = 2.0 * draw_uniform(stream) - 1.0;
        double square = x * x + y * y;
        if (square >= 1.0 || square == 0.0) continue;
        return x * real_sqrt(-2.0 * real_log(square) / square);
    }
}

static double draw_gamma_from_1(struct stream *stream, double shape)
{
    double d = shape - 1.0 / 3.0;
    double c = 1.0 / real_sqrt(9.0 * d);
    for (;;) {
        double x = draw_normal(stream);
        double root = 1.0 + c * x;
        if (root <= 0.0) continue;
        double v = root * root * root;
        double u = draw_uniform(stream);
        if (real_log(u) < 0.5 * x * x + d - d * v + d * real_log(v)) return d * v;
    }
}

double draw_gamma(struct stream *stream, double shape)
{
    if (shape >= 1.0) return draw_gamma_from_1(stream, shape);
    double larger = draw_gamma_from_1(stream, shape + 1.0);
    return larger * real_exp(real_log(draw_uniform(stream)) / shape);
}

double draw_beta(struct stream *stream, double a, double b)
{
    double x = draw_gamma(stream, a);
    double y = draw_gamma(stream, b);
    double sum = x + y;
    return sum > 0.0 ? x / sum : 0.0;
}
