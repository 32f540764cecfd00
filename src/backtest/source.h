/* Source: the bytes of an order file, whatever wraps them.
 *
 * A file is plain, gzip or Zstandard by its first bytes, never by its name; "-" is standard input.
 * Several gzip members or zstd frames behind each other are one stream. The reader gets plain bytes
 * and never learns which it was. Where a file ends too early or is damaged, every byte before is
 * given first, then STATUS_IO; source_explain says what happened and what to do.
 */
#ifndef GUERDON_BACKTEST_SOURCE_H
#define GUERDON_BACKTEST_SOURCE_H

#include "base/base.h"

struct source;

/* Opens a file. STATUS_IO adds a problem that says why it cannot be read. The source keeps the view
 * `file`; the caller closes it. */
MUST_CHECK enum status source_open(struct text file, struct problem_list *problems,
                                   struct source **source);
void source_close(struct source *source);

/* Fills `out` as far as the file can be read; *length 0 is its end. STATUS_IO when nothing more can
 * be had though the end has not come; what came before has been handed out by then. */
MUST_CHECK enum status source_read(struct source *source, char *out, size_t capacity,
                                   size_t *length);
/* After STATUS_IO: adds the problem, naming how much was good. */
void source_explain(const struct source *source, uint64_t good_lines,
                    struct problem_list *problems);

/* Bytes of the file taken so far, and in all (0: not known). */
uint64_t source_consumed_bytes(const struct source *source);
uint64_t source_total_bytes(const struct source *source);

#endif
