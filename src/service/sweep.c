/* Sweep: writes down what is due at members whom nobody asks for.
 *
 * Balances and states are the same whether or not it ran, for whoever reads a member settles it
 * first. It matters to those who read tables, to totals, and to webhooks: points that expire or are
 * released are told when they do, not when the member comes again. It walks through the members by
 * id, a few at a time, while the writer has nothing else to do, and begins again a minute after the
 * last. With a given clock there is no now, and it does not run.
 */
#include "service/inner.h"

#define SWEEP_LOOKED_AT 512 /* members a step */
#define SWEEP_SETTLED 128   /* of them, those with something due */
#define SWEEP_PAUSE_US 60000000

struct looking {
    struct sweep *sweep;
    int64_t now_us;
    uint32_t looked_at;
    uint32_t due_count;
    struct text due[SWEEP_SETTLED];
    struct arena *arena;
};

static enum status look(void *context, const struct entity_key *key, struct text bytes)
{
    struct looking *looking = context;
    struct member_summary summary;
    struct sweep *sweep = looking->sweep;
    if (looking->looked_at++ == SWEEP_LOOKED_AT || looking->due_count == SWEEP_SETTLED) {
        return STATUS_INTERRUPTED;
    }
    memcpy(sweep->after, key->id.bytes, key->id.length);
    sweep->after_length = key->id.length;
    if (!member_bytes_summary(bytes.bytes, bytes.length, &summary) ||
        summary.next_due_us > looking->now_us) {
        return STATUS_OK;
    }
    struct text copy = arena_copy(looking->arena, key->id);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    looking->due[looking->due_count++] = copy;
    return STATUS_OK;
}

enum status sweep_step(struct turn *turn, struct sweep *sweep)
{
    struct looking looking = {.sweep = sweep, .now_us = turn->clock_us, .arena = &turn->arena};
    struct text after = {sweep->after, sweep->after_length};
    enum status status = store_each_state(turn->store, ENTITY_MEMBER, after, look, &looking);
    if (status == STATUS_OK) {
        sweep->after_length = 0;
        sweep->next_us = steady_clock_us() + SWEEP_PAUSE_US;
    } else if (status != STATUS_INTERRUPTED) {
        return status;
    }
    for (uint32_t i = 0; i < looking.due_count; i++) {
        struct reply reply;
        struct event event = {.type = EVENT_SETTLE,
                              .member = looking.due[i],
                              .occurred_at_us = turn->clock_us,
                              .is_import = true};
        TRY(turn_decide(turn, NULL, &event, false, &turn->arena, &reply));
    }
    return STATUS_OK;
}
