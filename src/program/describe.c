#include "program/program.h"
enum status program_describe(const struct program *program, struct buffer *out){(void)program;(void)out;return STATUS_OK;}
