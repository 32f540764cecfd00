/* Keys. A key's state is the position of the event that used it and the hash of what was asked for:
 * of the event's bytes (event_codec.c), which hold everything that the caller chose, and neither
 * the position nor the clock, which are the store's.
 */
#include "engine/key.h"

#include "engine/codec_bytes.h"

enum status key_check(struct working *working, struct key_use *use)
{
    const struct event *event = working->event;
    *use = (struct key_use){.position = event->position};
    if (text_is_empty(event->key)) return STATUS_OK;
    use->state = find_state(working, ENTITY_KEY, event->key);
    if (use->state == NULL) return STATUS_CORRUPT;
    if (event->request_hash.length == HASH_RECORD_BYTES) {
        memcpy(use->digest, event->request_hash.bytes, HASH_RECORD_BYTES);
    } else {
        struct text bytes;
        TRY(engine_encode_event(event, &working->states->arena, &bytes));
        hash_record(bytes, use->digest);
    }
    if (use->state->size == 0) return STATUS_OK;
    struct reader reader = reader_of(use->state->bytes, use->state->size);
    uint64_t position = read_unsigned(&reader);
    struct text digest = read_text(&reader, HASH_RECORD_BYTES);
    if (reader.failed || digest.length != HASH_RECORD_BYTES) return STATUS_CORRUPT;
    if (memcmp(digest.bytes, use->digest, HASH_RECORD_BYTES) != 0) {
        return refuse(working, ANSWER_KEY_CONFLICT);
    }
    working->decision->repeated_position = position;
    return refuse(working, ANSWER_REPEATED);
}

enum status key_note(struct working *working, const struct key_use *use)
{
    if (use->state == NULL || working->decision->answer == ANSWER_INVALID_EVENT) return STATUS_OK;
    uint8_t *start =
        arena_allocate(&working->states->arena, 2 * VARINT_MAXIMUM + HASH_RECORD_BYTES);
    if (start == NULL) return STATUS_NO_MEMORY;
    uint8_t *to = write_unsigned(start, use->position);
    to = write_text(to, (struct text){(const char *)use->digest, HASH_RECORD_BYTES});
    struct text bytes = {(const char *)start, (size_t)(to - start)};
    return emit(working, use->state, (struct effect){.kind = EFFECT_KEY_USED, .payload = bytes});
}
