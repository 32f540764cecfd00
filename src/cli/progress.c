/* Progress: redraws its line whenever a whole percent is new. */
#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define NANOSECONDS_PER_SECOND 1e9

void progress_start(struct progress *progress, const char *label)
{
    *progress = (struct progress){
        .label = label, .is_shown = isatty(STDERR_FILENO) == 1, .shown_percent = -1};
}

void progress_show(void *context, uint64_t done, uint64_t total)
{
    struct progress *progress = context;
    if (!progress->is_shown || total == 0) return;
    if (done > total) done = total;
    int percent = (int)((double)done / (double)total * 100.0);
    if (percent == progress->shown_percent) return;
    progress->shown_percent = percent;
    char bar[BAR_WIDTH + 1];
    int filled = percent * BAR_WIDTH / 100;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K[%s] %3d%% %s", bar, percent, progress->label);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->is_shown && progress->shown_percent >= 0) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    progress->shown_percent = -1;
}

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / NANOSECONDS_PER_SECOND;
}
