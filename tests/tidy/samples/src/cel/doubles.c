/* The language of cel has doubles; everything else outside a pure room stays outside of cel. */
#include <math.h>
#include <time.h> /* WANT: include */

#include "base/base.h"

double cel_sample(double number)
{
    time(NULL); /* WANT: banned-call */
    return floor(number);
}
