/* string.format of the strings library. */
#ifndef GUERDON_CEL_LIBRARY_FORMAT_H
#define GUERDON_CEL_LIBRARY_FORMAT_H

#include "cel/function.h"

struct cel_value cel_string_format(struct cel_call *call, const struct cel_value *arguments);

#endif
