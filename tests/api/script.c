/* Script: stands in front of service_submit and service_figures, by the linker's --wrap. */
#include "script.h"

#include "service/service.h"

static enum scripted script;
static enum status script_status;
static bool script_recovers;

void script_next(enum scripted scripted, enum status failed)
{
    script = scripted;
    script_status = failed;
}

void script_recovery(bool recovers)
{
    script_recovers = recovers;
}

bool __real_service_submit(struct service *service, struct command *first, uint32_t count);
bool __wrap_service_submit(struct service *service, struct command *first, uint32_t count);
bool __wrap_service_submit(struct service *service, struct command *first, uint32_t count)
{
    static const enum command_outcome outcomes[] = {
        [SCRIPT_FULL] = COMMAND_FULL,
        [SCRIPT_UNKNOWN] = COMMAND_UNKNOWN,
        [SCRIPT_UNAVAILABLE] = COMMAND_UNAVAILABLE,
        [SCRIPT_FAILED] = COMMAND_FAILED,
    };
    if (script == SCRIPT_REFUSED) return false;
    if (script == SCRIPT_NOTHING) return __real_service_submit(service, first, count);
    while (first != NULL) {
        struct command *next = first->next;
        first->outcome = outcomes[script];
        first->status = script_status;
        first->done(first);
        first = next;
    }
    return true;
}

void __real_service_figures(const struct service *service, struct service_figures *figures);
void __wrap_service_figures(const struct service *service, struct service_figures *figures);
void __wrap_service_figures(const struct service *service, struct service_figures *figures)
{
    __real_service_figures(service, figures);
    if (script_recovers) figures->is_recovering = true;
}
