/* Journal: the entries that the caller keeps.
 *
 *   length    4 bytes: of what follows the hash
 *   hash     32 bytes: hash_record of the hash of the entry before (zeros: the first) and
 *             hash_record of what follows
 *   kind      1 byte: 1 a decision, 2 a note
 *   position  8 bytes; of a note 0
 *   note      4 bytes of length, then the caller's own bytes
 *   body      the engine's record, to the entry's end; of a note empty
 *
 * Numbers are little-endian. An entry is finished when all of it is there and its hash is right.
 * One that is not, at the very end of what was given, is what a crash leaves; anywhere else
 * somebody changed the journal, and it is CORRUPT. Zeros to the end are unfinished too: file
 * systems leave them where a file had grown before its bytes came.
 */
#include "library/library.h"

#define ENTRY_HEAD (4 + HASH_RECORD_BYTES)
#define ENTRY_FIXED (1 + 8 + 4)
#define ENTRY_MAXIMUM (ENTRY_FIXED + NOTE_MAXIMUM + ENGINE_RECORD_MAXIMUM)
#define KIND_DECISION 1
#define KIND_NOTE 2

static void put_number(uint8_t *to, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t get_number(const uint8_t *from, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number |= (uint64_t)from[i] << (8 * i);
    return number;
}

/* Covers the entry before and what follows this entry's hash. */
static void chain_hash(const uint8_t previous[HASH_RECORD_BYTES], struct text rest,
                       uint8_t digest[HASH_RECORD_BYTES])
{
    uint8_t chained[2 * HASH_RECORD_BYTES];
    memcpy(chained, previous, HASH_RECORD_BYTES);
    hash_record(rest, chained + HASH_RECORD_BYTES);
    hash_record((struct text){(const char *)chained, sizeof chained}, digest);
}

enum status entry_write(struct entry *entry, const uint8_t previous[HASH_RECORD_BYTES],
                        struct buffer *bytes)
{
    if (entry->note.length > NOTE_MAXIMUM) return STATUS_LIMIT;
    size_t length = ENTRY_FIXED + entry->note.length + entry->body.length;
    TRY(buffer_reserve(bytes, ENTRY_HEAD + length));
    uint8_t *start = (uint8_t *)bytes->bytes + bytes->length;
    uint8_t *rest = start + ENTRY_HEAD;
    rest[0] = entry->is_decision ? KIND_DECISION : KIND_NOTE;
    put_number(rest + 1, entry->position, 8);
    put_number(rest + 9, entry->note.length, 4);
    if (entry->note.length > 0) memcpy(rest + ENTRY_FIXED, entry->note.bytes, entry->note.length);
    if (entry->body.length > 0) {
        memcpy(rest + ENTRY_FIXED + entry->note.length, entry->body.bytes, entry->body.length);
    }
    chain_hash(previous, (struct text){(const char *)rest, length}, entry->hash);
    put_number(start, length, 4);
    memcpy(start + 4, entry->hash, HASH_RECORD_BYTES);
    bytes->length += ENTRY_HEAD + length;
    return STATUS_OK;
}

static bool is_all_zero(struct text bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        if (bytes.bytes[i] != 0) return false;
    }
    return true;
}

/* The parts of an entry whose hash is right already. */
static enum status take_apart(struct text rest, struct entry *entry)
{
    const uint8_t *bytes = (const uint8_t *)rest.bytes;
    size_t note_length = get_number(bytes + 9, 4);
    if (note_length > rest.length - ENTRY_FIXED) return STATUS_CORRUPT;
    entry->is_decision = bytes[0] == KIND_DECISION;
    entry->position = get_number(bytes + 1, 8);
    entry->note = (struct text){rest.bytes + ENTRY_FIXED, note_length};
    entry->body =
        (struct text){entry->note.bytes + note_length, rest.length - ENTRY_FIXED - note_length};
    if (entry->is_decision) return STATUS_OK;
    bool is_note = bytes[0] == KIND_NOTE && entry->position == 0 && entry->body.length == 0;
    return is_note ? STATUS_OK : STATUS_CORRUPT;
}

enum status entry_read(struct text bytes, const uint8_t previous[HASH_RECORD_BYTES],
                       struct entry *entry, size_t *length)
{
    if (bytes.length < ENTRY_HEAD) return STATUS_NOT_FOUND;
    size_t rest_length = get_number((const uint8_t *)bytes.bytes, 4);
    if (rest_length < ENTRY_FIXED || rest_length > ENTRY_MAXIMUM) {
        return is_all_zero(bytes) ? STATUS_NOT_FOUND : STATUS_CORRUPT;
    }
    if (rest_length > bytes.length - ENTRY_HEAD) return STATUS_NOT_FOUND;
    struct text rest = {bytes.bytes + ENTRY_HEAD, rest_length};
    chain_hash(previous, rest, entry->hash);
    if (memcmp(entry->hash, bytes.bytes + 4, HASH_RECORD_BYTES) != 0) {
        bool is_last = bytes.length == ENTRY_HEAD + rest_length;
        return is_last ? STATUS_NOT_FOUND : STATUS_CORRUPT;
    }
    TRY(take_apart(rest, entry));
    *length = ENTRY_HEAD + rest_length;
    return STATUS_OK;
}
