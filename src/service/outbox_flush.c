/* Outbox, writing: its state goes to the store as documents, by a command of the service's writer.
 *
 * What was delivered a moment after it was recorded needs no document: the cursor passes over it. A
 * change gets one when an attempt has failed or a while has gone by, so that it does not hold the
 * cursor back. One write is under way at a time; it is repeated as it is until it succeeds, so that
 * writes do not overtake each other.
 */
#include "service/outbox_inner.h"

#define FLUSH_ITEMS 2000
#define FLUSH_PAUSE_US 250000
#define FLUSH_RETRY_US 1000000
/* What waits longer gets a document: behind another change of its member; for a connection. */
#define BLOCKED_US 1000000
#define QUEUED_US 60000000

static enum status run_flush(struct command *command, struct turn *turn)
{
    struct flush *flush = (struct flush *)(void *)command;
    struct text known = {NULL, 0};
    bool is_there = false;
    for (uint32_t i = 0; i < flush->count; i++) {
        const struct flush_item *item = &flush->items[i];
        if (known.bytes == NULL || !text_equal(known, item->webhook)) {
            struct text value;
            enum status status =
                store_get(turn->store, DOCUMENT_WEBHOOK, item->webhook, &turn->arena, &value);
            if (status != STATUS_OK && status != STATUS_NOT_FOUND) return status;
            is_there = status == STATUS_OK;
            known = item->webhook;
        }
        if (is_there) TRY(turn_put(turn, DOCUMENT_DELIVERY, item->id, item->value));
    }
    return STATUS_OK;
}

static void end_flush(struct command *command)
{
    struct flush *flush = (struct flush *)(void *)command;
    struct outbox *outbox = flush->outbox;
    atomic_store(&flush->state, command->outcome == COMMAND_DONE ? FLUSH_SUCCEEDED : FLUSH_FAILED);
    sender_wake(outbox->sender);
}

static void submit(struct flush *flush)
{
    flush->command = (struct command){.run = run_flush, .done = end_flush, .weight = 1};
    atomic_store(&flush->state, FLUSH_SUBMITTED);
    if (!service_submit(flush->outbox->service, &flush->command, 1))
        atomic_store(&flush->state, FLUSH_FAILED);
}

/* ---- what is to be written ---- */

static void fill_instants(const struct outbox *outbox, struct entry *entry)
{
    int64_t behind_us = real_clock_us() - outbox_now_us(outbox);
    entry->delivery.since_us = entry->entered_us + behind_us;
    entry->delivery.next_us =
        entry->delivery.state == DELIVERY_PARKED ? 0 : entry->due_us + behind_us;
}

/* False: no memory; the rest waits. */
static bool add_item(struct flush *flush, const struct endpoint *endpoint, struct text id,
                     struct text value)
{
    struct flush_item item = {arena_copy(&flush->arena, text_of(endpoint->id)),
                              arena_copy(&flush->arena, id), value};
    if (item.webhook.bytes == NULL || item.id.bytes == NULL || value.bytes == NULL) return false;
    flush->items[flush->count++] = item;
    return true;
}

static bool needs_document(const struct outbox *outbox, const struct entry *entry)
{
    if (entry->is_done) return entry->is_written;
    if (entry->is_changed) return true;
    if (entry->is_written || entry->is_sending) return false;
    int64_t waited_us = outbox_now_us(outbox) - entry->entered_us;
    return waited_us >= (entry->is_blocked ? BLOCKED_US : QUEUED_US);
}

static bool add_entry(struct outbox *outbox, struct endpoint *endpoint, struct entry *entry)
{
    char id[DELIVERY_ID_MAXIMUM];
    struct flush *flush = &outbox->flush;
    struct text value = {"", 0};
    if (!entry->is_done) {
        fill_instants(outbox, entry);
        if (delivery_write(&entry->delivery, &flush->arena, &value) != STATUS_OK) return false;
    }
    struct text name = delivery_id(text_of(endpoint->id), &entry->delivery, id);
    if (!add_item(flush, endpoint, name, value)) return false;
    entry->is_written = !entry->is_done;
    entry->is_changed = false;
    return true;
}

static void collect_endpoint(struct outbox *outbox, struct endpoint *endpoint)
{
    struct flush *flush = &outbox->flush;
    for (uint32_t i = 0; i < endpoint->count && flush->count + 1 < FLUSH_ITEMS; i++) {
        struct entry *entry = &endpoint->entries[i];
        if (needs_document(outbox, entry) && !add_entry(outbox, endpoint, entry)) return;
    }
    uint64_t cursor = endpoint_cursor(endpoint);
    endpoint_prune(endpoint);
    if (cursor == endpoint->written_cursor || flush->count == FLUSH_ITEMS) return;
    if (add_item(flush, endpoint, text_of(endpoint->id),
                 delivery_write_cursor(cursor, &flush->arena))) {
        endpoint->written_cursor = cursor;
    }
}

static bool collect(struct outbox *outbox)
{
    struct flush *flush = &outbox->flush;
    arena_clear(&flush->arena);
    flush->count = 0;
    flush->items = arena_new_array(&flush->arena, struct flush_item, FLUSH_ITEMS);
    for (uint32_t i = 0; i < outbox->endpoint_count && flush->items != NULL; i++) {
        if (!outbox->endpoints[i]->is_gone) collect_endpoint(outbox, outbox->endpoints[i]);
    }
    return flush->count > 0;
}

/* Takes note of what became of the last write. */
static void take_outcome(struct flush *flush, int64_t now_us)
{
    int state = atomic_load(&flush->state);
    if (state == FLUSH_SUCCEEDED) flush->next_us = now_us + FLUSH_PAUSE_US;
    if (state == FLUSH_FAILED) {
        flush->next_us = now_us + FLUSH_RETRY_US;
        flush->is_repeat = true;
    }
    atomic_store(&flush->state, FLUSH_NONE);
}

bool outbox_flush(struct outbox *outbox, bool at_once)
{
    struct flush *flush = &outbox->flush;
    int64_t now_us = steady_clock_us();
    int state = atomic_load(&flush->state);
    if (state == FLUSH_SUBMITTED) return true;
    if (state != FLUSH_NONE) take_outcome(flush, now_us);
    bool must_wait = now_us < flush->next_us;
    if (flush->is_repeat && must_wait) return true;
    if (!flush->is_repeat && must_wait && !at_once) return true;
    if (!flush->is_repeat && !collect(outbox)) return false;
    flush->is_repeat = false;
    submit(flush);
    return true;
}
