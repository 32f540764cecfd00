/* A test sees every face and its own room's inner headers, and computes what it expects as it likes. */
#include "engine/lot.h"

#include "program/program.h"
#include "program/yaml.h" /* WANT: include */
#include "store/store.h"
#include "helper.h"

static int expected_points(int points)
{
    return points * 3;
}
