/* Wait: a command that its caller stands by for, for programs without a loop of their own. */
#include "service/inner.h"

struct waiting {
    struct command command; /* first: a command is cast back */
    struct command *asked;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_done;
};

static enum status run_asked(struct command *command, struct turn *turn)
{
    struct waiting *waiting = (struct waiting *)command;
    return waiting->asked->run(waiting->asked, turn);
}

static void wake(struct command *command)
{
    struct waiting *waiting = (struct waiting *)command;
    pthread_mutex_lock(&waiting->mutex);
    waiting->is_done = true;
    pthread_cond_signal(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
}

enum command_outcome service_do(struct service *service, struct command *command)
{
    struct waiting waiting = {.command = {.run = run_asked,
                                          .done = wake,
                                          .weight = command->weight,
                                          .is_read = command->is_read,
                                          .is_long = command->is_long},
                              .asked = command};
    ASSERT(pthread_mutex_init(&waiting.mutex, NULL) == 0);
    ASSERT(pthread_cond_init(&waiting.changed, NULL) == 0);
    command->outcome = COMMAND_UNAVAILABLE;
    command->status = STATUS_OK;
    if (service_submit(service, &waiting.command, 1)) {
        pthread_mutex_lock(&waiting.mutex);
        while (!waiting.is_done)
            pthread_cond_wait(&waiting.changed, &waiting.mutex);
        pthread_mutex_unlock(&waiting.mutex);
        command->outcome = waiting.command.outcome;
        command->status = waiting.command.status;
    }
    pthread_cond_destroy(&waiting.changed);
    pthread_mutex_destroy(&waiting.mutex);
    return command->outcome;
}
