/* Real: logarithm, exponential and square root that give the same bits on every machine.
 *
 * C libraries round these functions each in their own way; here they are built from + - * / alone,
 * which IEEE 754 rounds exactly. This serves the drawing of random orders and nothing else: no
 * amount of a programme passes through here.
 */
#ifndef GUERDON_BACKTEST_REAL_H
#define GUERDON_BACKTEST_REAL_H

/* For normal x > 0; within 1e-15 of the true value, relative to the greater of it and 1. */
double real_log(double x);
/* For |x| <= 700 (beyond: as at the bound); within 1e-15 of the true value, relative to it. */
double real_exp(double x);
/* For x >= 0; within 1e-15, relative. */
double real_sqrt(double x);

#endif
