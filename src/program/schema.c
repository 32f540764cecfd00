/* Schema: not there yet. */
#include "program/program.h"
enum status program_schema(struct buffer *out)
{
    (void)out;
    return STATUS_OK;
}
