/* Record: bytes in and out, and the chain. The layout stands in record.h.
 *
 * What is hashed is put together in one buffer in front of the bytes themselves: records are short,
 * and copying one is nothing beside hashing it.
 *
 * Must never: take a length, count or kind from the bytes without a bound.
 */
#include "store/record.h"

#define NUMBER_MAXIMUM 10 /* bytes of the longest number */
#define LINK_ROOM(link) (1 + 4 * NUMBER_MAXIMUM + (link)->key.id.length)
#define LINK_ID_MAXIMUM 255u
#define ID_LOOKED_FOR_IN 512u /* bytes at the beginning of the body */

struct byte_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static uint8_t *write_number(uint8_t *to, uint64_t value)
{
    while (value >= 0x80) {
        *to++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    return to;
}

static uint64_t read_number(struct byte_reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;
        if (shift == 63 && byte > 1) break;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
    reader->failed = true;
    return 0;
}

static struct text read_bytes(struct byte_reader *reader, uint64_t length)
{
    if (reader->failed || length > (uint64_t)(reader->end - reader->at)) {
        reader->failed = true;
        return (struct text){"", 0};
    }
    struct text bytes = {(const char *)reader->at, (size_t)length};
    reader->at += length;
    return bytes;
}

static size_t room_of(const struct record *record)
{
    size_t room = 1 + HASH_RECORD_BYTES + 2 * NUMBER_MAXIMUM + record->body.length;
    for (uint32_t i = 0; i < record->link_count; i++)
        room += LINK_ROOM(&record->links[i]);
    return room;
}

/* Where an id stands in the body, from 1; 0: not where it was looked for. */
static size_t place_in_body(struct text body, struct text id)
{
    if (id.length == 0) return 0;
    size_t length = body.length < ID_LOOKED_FOR_IN ? body.length : ID_LOOKED_FOR_IN;
    const char *found = memmem(body.bytes, length, id.bytes, id.length);
    return found == NULL ? 0 : (size_t)(found - body.bytes) + 1;
}

static uint8_t *write_id(uint8_t *to, const struct record *record, struct text id)
{
    size_t place = record->version == 1 ? 0 : place_in_body(record->body, id);
    to = write_number(to, id.length);
    if (record->version != 1) to = write_number(to, place);
    if (place > 0 || id.length == 0) return to;
    memcpy(to, id.bytes, id.length);
    return to + id.length;
}

/* What the hash covers of the record itself. */
static uint8_t *write_covered(uint8_t *to, const struct record *record)
{
    to = write_number(to, record->position);
    to = write_number(to, record->link_count);
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct record_link *link = &record->links[i];
        *to++ = (uint8_t)link->key.kind;
        to = write_id(to, record, link->key.id);
        to = write_number(to, link->sequence);
        to = write_number(to, link->previous_position);
    }
    if (record->body.length > 0) memcpy(to, record->body.bytes, record->body.length);
    return to + record->body.length;
}

/* Writes the hashes that come first and the covered bytes at `start`; answers the end. */
static uint8_t *write_hashed(uint8_t *start, const struct record *record,
                             const struct record_hash *before, const struct record_hash *previous)
{
    uint8_t *to = start;
    memcpy(to, before, sizeof *before);
    to += sizeof *before;
    if (record->link_count > 0) memcpy(to, previous, record->link_count * sizeof *previous);
    to += record->link_count * sizeof *previous;
    return write_covered(to, record);
}

static bool is_encodable(const struct record *record)
{
    if (record->position == 0 || record->link_count > RECORD_LINK_MAXIMUM) return false;
    for (uint32_t i = 0; i < record->link_count; i++) {
        if (record->links[i].key.id.length > LINK_ID_MAXIMUM) return false;
    }
    return true;
}

enum status record_encode(struct record *record, const struct record_hash *before,
                          const struct record_hash *previous, struct buffer *bytes)
{
    if (!is_encodable(record)) return STATUS_LIMIT;
    record->version = RECORD_VERSION;
    size_t hashes = (1 + (size_t)record->link_count) * sizeof *before;
    TRY(buffer_reserve(bytes, hashes + room_of(record)));
    uint8_t *start = (uint8_t *)bytes->bytes + bytes->length;
    uint8_t *end = write_hashed(start, record, before, previous);
    hash_record((struct text){(const char *)start, (size_t)(end - start)}, record->hash);
    size_t covered = (size_t)(end - start) - hashes;
    /* The hashes in front make way for what the record begins with. */
    size_t head = 1 + HASH_RECORD_BYTES;
    memmove(start + head, start + hashes, covered);
    start[0] = RECORD_VERSION;
    memcpy(start + 1, record->hash, HASH_RECORD_BYTES);
    bytes->length += head + covered;
    return STATUS_OK;
}

/* `*place` above 0: the id is a view of the body, which is not known yet; its bytes are NULL. */
static void read_link(struct byte_reader *reader, uint8_t version, struct record_link *link,
                      uint64_t *place)
{
    uint64_t kind = read_number(reader);
    uint64_t length = read_number(reader);
    *place = version == 1 ? 0 : read_number(reader);
    if (kind >= ENTITY_KEY && kind != ENTITY_PAGE) reader->failed = true;
    if (length > LINK_ID_MAXIMUM) reader->failed = true;
    if (reader->failed) return;
    link->key.kind = (enum entity_kind)kind;
    link->key.id = *place > 0 ? (struct text){NULL, (size_t)length} : read_bytes(reader, length);
    link->sequence = read_number(reader);
    link->previous_position = read_number(reader);
    /* The first has none before it, every other has. */
    if (link->sequence == 0) reader->failed = true;
    if ((link->sequence == 1) != (link->previous_position == 0)) reader->failed = true;
}

/* The ids that stand in the body; false: one would stand beyond it. */
static bool find_ids(struct text body, const uint64_t *places, struct record_link *links,
                     uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct text *id = &links[i].key.id;
        if (places[i] == 0) continue;
        if (id->length > body.length || places[i] - 1 > body.length - id->length) return false;
        id->bytes = body.bytes + places[i] - 1;
    }
    return true;
}

enum status record_decode(struct text bytes, struct arena *arena, struct record *record)
{
    const uint8_t *start = (const uint8_t *)bytes.bytes;
    struct byte_reader reader = {start, start + bytes.length, false};
    struct text version = read_bytes(&reader, 1);
    struct text hash = read_bytes(&reader, HASH_RECORD_BYTES);
    if (reader.failed) return STATUS_CORRUPT;
    struct record read = {.version = (uint8_t)version.bytes[0]};
    if (read.version < 1 || read.version > RECORD_VERSION) return STATUS_CORRUPT;
    read.position = read_number(&reader);
    memcpy(read.hash, hash.bytes, HASH_RECORD_BYTES);
    uint64_t count = read_number(&reader);
    /* A link takes at least four bytes: no count can ask for more memory than there are bytes. */
    if (reader.failed || read.position == 0 || count > RECORD_LINK_MAXIMUM ||
        count > (uint64_t)(reader.end - reader.at) / 4) {
        return STATUS_CORRUPT;
    }
    struct record_link *links = arena_new_array(arena, struct record_link, (size_t)count + 1);
    uint64_t *places = arena_new_array(arena, uint64_t, (size_t)count + 1);
    if (links == NULL || places == NULL) return STATUS_NO_MEMORY;
    for (uint64_t i = 0; i < count && !reader.failed; i++) {
        read_link(&reader, read.version, &links[i], &places[i]);
        if (links[i].previous_position >= read.position) reader.failed = true;
    }
    if (reader.failed) return STATUS_CORRUPT;
    read.links = links;
    read.link_count = (uint32_t)count;
    read.body = (struct text){(const char *)reader.at, (size_t)(reader.end - reader.at)};
    if (!find_ids(read.body, places, links, (uint32_t)count)) return STATUS_CORRUPT;
    *record = read;
    return STATUS_OK;
}

enum status record_check(const struct record *record, const struct record_hash *before,
                         const struct record_hash *previous, struct buffer *scratch)
{
    if (!is_encodable(record)) return STATUS_CORRUPT;
    size_t hashes = (1 + (size_t)record->link_count) * sizeof *before;
    buffer_clear(scratch);
    TRY(buffer_reserve(scratch, hashes + room_of(record)));
    uint8_t *start = (uint8_t *)scratch->bytes;
    uint8_t *end = write_hashed(start, record, before, previous);
    uint8_t hash[HASH_RECORD_BYTES];
    hash_record((struct text){(const char *)start, (size_t)(end - start)}, hash);
    return memcmp(hash, record->hash, sizeof hash) == 0 ? STATUS_OK : STATUS_CORRUPT;
}

bool record_follows(const struct record_link *link, const struct record_stamp *stamp)
{
    return link->previous_position == stamp->position && link->sequence == stamp->sequence + 1;
}

const struct record_link *record_link_of(const struct record *record, const struct entity_key *key)
{
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct record_link *link = &record->links[i];
        if (link->key.kind == key->kind && text_equal(link->key.id, key->id)) return link;
    }
    return NULL;
}
