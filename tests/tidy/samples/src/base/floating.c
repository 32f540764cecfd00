/* A sample of base, which is the only one to know ICU, and which allows itself floating point for
 * the whole file. tidy: allow floating-point (ICU counts milliseconds in doubles) */
#include <unicode/ucal.h>

#include "base/zone.h"

static double first;
static double second;

// strcpy(a, b) in a comment, "sprintf(" in a string
static const char *const word = "sprintf(\"x\")" "//";
static const char letter = '"';
static int number = 0x1e + 1e+3;
