/* Advice: not there yet. */
#include "program/program.h"
enum status program_advise(const struct program *program, const struct order_facts *facts,
                           struct buffer *out)
{
    (void)program;
    (void)facts;
    (void)out;
    return STATUS_OK;
}
