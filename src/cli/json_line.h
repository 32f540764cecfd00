/* JSON lines: texts as JSON has them, for verbs that write or keep JSON. */
#ifndef GUERDON_CLI_JSON_LINE_H
#define GUERDON_CLI_JSON_LINE_H

#include "base/base.h"

/* The text in quotes, with what JSON wants escaped (RFC 8259). It must be UTF-8. */
MUST_CHECK enum status json_line_text(struct buffer *out, struct text text);

#endif
