/* Progress: a bar on standard error while something takes its time; nothing when that is no
 * terminal. */
#ifndef GUERDON_CLI_PROGRESS_H
#define GUERDON_CLI_PROGRESS_H

#include "base/base.h"

struct progress {
    const char *label; /* what goes on: "reading orders.csv" */
    bool is_shown;
    int shown_percent; /* -1: nothing drawn yet */
};

void progress_start(struct progress *progress, const char *label);
/* `context` is the struct progress; a total of 0 is not known. The form that reading orders and
 * replaying them call. */
void progress_show(void *context, uint64_t done, uint64_t total);
/* Takes the bar away. */
void progress_end(struct progress *progress);

/* Seconds of a clock that never goes back, for measuring. */
double seconds_now(void);

#endif
