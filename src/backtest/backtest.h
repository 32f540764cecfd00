/* The face of backtest: order files in, report out. */
#ifndef GUERDON_BACKTEST_BACKTEST_H
#define GUERDON_BACKTEST_BACKTEST_H

#include "backtest/csv.h"
#include "backtest/facts.h"
#include "backtest/generate.h"
#include "backtest/mapping.h"
#include "backtest/orders.h"
#include "backtest/replay.h"
#include "backtest/report.h"
#include "backtest/totals.h"

#endif
