/* Which documents may hold several articles. */
#ifndef DEDUPE_GAPS_H
#define DEDUPE_GAPS_H

#include "lines.h"

#pragma GCC visibility push(hidden)

/* 1 where three blank lines stand together, and more behind them; 0 where not, -1 for want of memory. */
int has_gap(const uint8_t *at, const uint8_t *end, FormScratch *scratch);

#pragma GCC visibility pop

#endif
