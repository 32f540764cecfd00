/* Draw: random numbers from named distributions, the same on every machine for the same seed.
 *
 * The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", 2014; in the public domain): a counter that is scrambled, so that any number can be
 * the state of an independent stream. Not for secrets.
 */
#ifndef GUERDON_BACKTEST_DRAW_H
#define GUERDON_BACKTEST_DRAW_H

#include <stdint.h>

struct stream {
    uint64_t state;
};

uint64_t draw_number(struct stream *stream);
/* 0 to below - 1; below > 0. */
uint32_t draw_below(struct stream *stream, uint32_t below);
/* Strictly between 0 and 1. */
double draw_uniform(struct stream *stream);
/* With mean 1. */
double draw_exponential(struct stream *stream);
/* With mean `shape` and scale 1. Marsaglia and Tsang, "A simple method for generating gamma
 * variables", 2000. */
double draw_gamma(struct stream *stream, double shape);
double draw_beta(struct stream *stream, double a, double b);

#endif
