/* The face of cel: the Common Expression Language (https://github.com/google/cel-spec), for C.
 *
 * Typed, every loop bounded, checked before use; nothing an expression does can be seen from
 * outside. This room knows nothing of loyalty and includes base alone: a host declares its types
 * and functions in an environment, and docs/cel.md says how another program would use it.
 */
#ifndef GUERDON_CEL_CEL_H
#define GUERDON_CEL_CEL_H

#include "cel/environment.h"
#include "cel/expression.h"
#include "cel/function.h"
#include "cel/limits.h"
#include "cel/node.h"
#include "cel/type.h"
#include "cel/value.h"

#endif
