/* Bytes as an expression: read, printed and read again, checked, folded, bounded, planned,
 * evaluated, explained, and held to cel_promises.h.
 *
 * The first byte chooses the rules: '@' is the plain language, 'O' all rules, 'P' the plain
 * language without a check.
 */
#include "cel_promises.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAXIMUM 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > INPUT_BYTES_MAXIMUM) return 0;
    cel_hold_promises(data[0], (struct text){(const char *)data + 1, size - 1});
    return 0;
}
