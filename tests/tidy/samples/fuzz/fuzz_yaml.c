/* A fuzz target feeds inner functions, and is still not allowed everything. */
#include "program/yaml.h"

int LLVMFuzzerTestOneInput(const char *bytes)
{
    return gets(bytes); /* WANT: banned-call */
}
