/* Queue: how commands come from other threads.
 *
 * A list behind a mutex. Whoever puts brings a chain that it has collected, and whoever takes takes
 * all that fits a batch, so the lock is held for a moment and seldom. It has a maximum: a caller
 * that is told "no" can say so to its client, where a growing queue would only answer later and
 * later.
 */
#include <errno.h>
#include <time.h>

#include "service/inner.h"

void queue_init(struct queue *queue, uint32_t maximum)
{
    pthread_condattr_t steady;
    *queue = (struct queue){.maximum = maximum};
    queue->end = &queue->first;
    ASSERT(pthread_mutex_init(&queue->mutex, NULL) == 0);
    ASSERT(pthread_condattr_init(&steady) == 0);
    ASSERT(pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    ASSERT(pthread_cond_init(&queue->filled, &steady) == 0);
    pthread_condattr_destroy(&steady);
}

void queue_release(struct queue *queue)
{
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->mutex);
}

bool queue_put(struct queue *queue, struct command *first, uint32_t count)
{
    int64_t now_us = steady_clock_us();
    struct command *last = first;
    for (struct command *command = first; command != NULL; command = command->next) {
        command->submitted_us = now_us;
        last = command;
    }
    pthread_mutex_lock(&queue->mutex);
    bool fits = !queue->is_closed && count <= queue->maximum - queue->count;
    if (fits) {
        *queue->end = first;
        queue->end = &last->next;
        queue->count += count;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
    return fits;
}

static struct timespec instant_after(int64_t wait_us)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t nanoseconds = at.tv_nsec + wait_us % 1000000 * 1000;
    at.tv_sec += (time_t)(wait_us / 1000000 + nanoseconds / 1000000000);
    at.tv_nsec = (long)(nanoseconds % 1000000000);
    return at;
}

struct command *queue_take(struct queue *queue, uint32_t weight, int64_t wait_us, bool *is_over)
{
    struct timespec until = instant_after(wait_us);
    pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && !queue->is_closed && wait_us > 0) {
        if (pthread_cond_timedwait(&queue->filled, &queue->mutex, &until) == ETIMEDOUT) break;
    }
    struct command *first = queue->first;
    struct command *last = NULL;
    uint64_t taken = 0;
    while (queue->first != NULL && (last == NULL || taken + queue->first->weight <= weight)) {
        last = queue->first;
        taken += last->weight;
        queue->first = last->next;
        queue->count--;
    }
    if (queue->first == NULL) queue->end = &queue->first;
    if (last != NULL) last->next = NULL;
    *is_over = queue->is_closed && first == NULL;
    pthread_mutex_unlock(&queue->mutex);
    return first;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->is_closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->mutex);
}
