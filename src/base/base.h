/* The face of base: what every other room builds on. No input or output, no clock, no locale, no
 * thread lives here. */
#ifndef GUERDON_BASE_BASE_H
#define GUERDON_BASE_BASE_H

#include "base/amount.h"
#include "base/arena.h"
#include "base/calendar.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/problem.h"
#include "base/status.h"
#include "base/text.h"

#endif
