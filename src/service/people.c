/* People: personal data, which live outside the records and can be erased.
 *
 * A person is one document: a salt of 32 random bytes, the fields that the caller keeps of it (a
 * JSON object), and the external ids by which it is found (an e-mail address, a card's number). The
 * record of an event that changes them holds H(salt || document) alone, so that it proves what was
 * known and tells nobody, and erasing the document leaves the ledger whole.
 *
 *   people        member -> {"salt": hex, "fields": {...}, "ids": [["card", "123"], ...]}
 *   external_ids  "card:123" -> member
 *
 * The salt stays the same until the person is erased: a repeated request must come to the same
 * hash, for that is how it is known to be the same. An external id names one member at a time.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>
#include <yyjson.h>

#include "service/inner.h"

#define SALT_HEX_LENGTH (HASH_RECORD_BYTES * 2)

/* With a ':' in it two kinds could share a key. */
bool external_id_kind_valid(struct text kind)
{
    return kind.length > 0 && memchr(kind.bytes, ':', kind.length) == NULL;
}

static struct text external_id_key(struct arena *arena, const struct external_id *id)
{
    return arena_format(arena, "%.*s:%.*s", TEXT_ARGUMENTS(id->kind), TEXT_ARGUMENTS(id->value));
}

/* ---- reading ---- */

static struct text text_of_json(yyjson_val *value)
{
    return (struct text){yyjson_get_str(value), yyjson_get_len(value)};
}

static enum status read_ids(yyjson_val *ids, struct arena *arena, struct person *person)
{
    size_t count = yyjson_arr_size(ids);
    if (count > PERSON_ID_MAXIMUM) return STATUS_CORRUPT;
    person->ids = arena_new_array(arena, struct external_id, count + 1);
    if (person->ids == NULL) return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        yyjson_val *pair = yyjson_arr_get(ids, i);
        struct external_id *id = &person->ids[i];
        id->kind = arena_copy(arena, text_of_json(yyjson_arr_get(pair, 0)));
        id->value = arena_copy(arena, text_of_json(yyjson_arr_get(pair, 1)));
        if (id->kind.bytes == NULL || id->value.bytes == NULL) return STATUS_NO_MEMORY;
    }
    person->id_count = (uint32_t)count;
    return STATUS_OK;
}

static enum status read_person(yyjson_val *root, struct arena *arena, struct person *person)
{
    yyjson_val *fields = yyjson_obj_get(root, "fields");
    yyjson_val *salt = yyjson_obj_get(root, "salt");
    size_t length = 0;
    if (yyjson_get_len(salt) != SALT_HEX_LENGTH) return STATUS_CORRUPT;
    person->salt = arena_copy(arena, text_of_json(salt));
    char *json = yyjson_val_write(fields, YYJSON_WRITE_NOFLAG, &length);
    if (json == NULL) return STATUS_NO_MEMORY;
    person->fields = arena_copy(arena, (struct text){json, length});
    free(json);
    if (person->salt.bytes == NULL || person->fields.bytes == NULL) return STATUS_NO_MEMORY;
    yyjson_val *birthday = yyjson_obj_get(fields, "birthday");
    if (yyjson_is_str(birthday)) person_read_birthday(text_of_json(birthday), person);
    return read_ids(yyjson_obj_get(root, "ids"), arena, person);
}

static enum status read_document(struct text value, struct arena *arena, struct person *person)
{
    struct person found = {.id_count = 0};
    yyjson_doc *document = yyjson_read(value.bytes, value.length, YYJSON_READ_NOFLAG);
    enum status status = STATUS_CORRUPT;
    if (document != NULL) status = read_person(yyjson_doc_get_root(document), arena, &found);
    yyjson_doc_free(document);
    if (status == STATUS_OK) *person = found;
    return status;
}

enum status turn_person(struct turn *turn, struct text member, struct arena *arena,
                        struct person *person)
{
    struct text value;
    TRY(store_get(turn->store, DOCUMENT_PERSON, member, arena, &value));
    return read_document(value, arena, person);
}

enum status turn_find_member(struct turn *turn, const struct external_id *id, struct arena *arena,
                             struct text *member)
{
    struct text key = external_id_key(arena, id);
    if (key.bytes == NULL) return STATUS_NO_MEMORY;
    if (!external_id_kind_valid(id->kind)) return STATUS_NOT_FOUND;
    return store_get(turn->store, DOCUMENT_EXTERNAL_ID, key, arena, member);
}

/* ---- writing ---- */

static enum status find_salt(struct turn *turn, struct text member, struct arena *arena,
                             struct text *salt)
{
    struct person before;
    char hex[SALT_HEX_LENGTH + 1];
    uint8_t bytes[HASH_RECORD_BYTES];
    enum status status = turn_person(turn, member, arena, &before);
    if (status == STATUS_OK) {
        *salt = before.salt;
        return STATUS_OK;
    }
    if (status != STATUS_NOT_FOUND) return status;
    random_bytes(bytes, sizeof bytes);
    sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
    *salt = arena_copy(arena, (struct text){hex, SALT_HEX_LENGTH});
    return salt->bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static bool add_ids(yyjson_mut_doc *document, yyjson_mut_val *root, const struct person *person)
{
    yyjson_mut_val *ids = yyjson_mut_obj_add_arr(document, root, "ids");
    for (uint32_t i = 0; i < person->id_count; i++) {
        yyjson_mut_val *pair = yyjson_mut_arr_add_arr(document, ids);
        const struct external_id *id = &person->ids[i];
        if (!yyjson_mut_arr_add_strncpy(document, pair, id->kind.bytes, id->kind.length)) {
            return false;
        }
        if (!yyjson_mut_arr_add_strncpy(document, pair, id->value.bytes, id->value.length)) {
            return false;
        }
    }
    return ids != NULL;
}

/* The document of a person with that salt, in the arena. */
static enum status write_person(const struct person *person, struct text salt, struct arena *arena,
                                struct text *value)
{
    size_t length = 0;
    struct text fields = text_is_empty(person->fields) ? TEXT("{}") : person->fields;
    yyjson_doc *read = yyjson_read(fields.bytes, fields.length, YYJSON_READ_NOFLAG);
    if (!yyjson_is_obj(yyjson_doc_get_root(read))) {
        yyjson_doc_free(read);
        return STATUS_INVALID;
    }
    yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(document);
    yyjson_mut_doc_set_root(document, root);
    yyjson_mut_val *copy = yyjson_val_mut_copy(document, yyjson_doc_get_root(read));
    char *json = NULL;
    if (yyjson_mut_obj_add_strn(document, root, "salt", salt.bytes, salt.length) &&
        yyjson_mut_obj_add_val(document, root, "fields", copy) && add_ids(document, root, person)) {
        json = yyjson_mut_write(document, YYJSON_WRITE_NOFLAG, &length);
    }
    struct text kept = {NULL, 0};
    if (json != NULL) kept = arena_copy(arena, (struct text){json, length});
    free(json);
    yyjson_mut_doc_free(document);
    yyjson_doc_free(read);
    if (kept.bytes == NULL) return STATUS_NO_MEMORY;
    *value = kept;
    return STATUS_OK;
}

static enum status check_ids(struct turn *turn, struct text member, const struct person *person,
                             struct arena *arena, uint32_t *taken)
{
    *taken = PERSON_ID_NONE;
    for (uint32_t i = 0; i < person->id_count; i++) {
        struct text owner;
        enum status status = turn_find_member(turn, &person->ids[i], arena, &owner);
        if (status == STATUS_NOT_FOUND) continue;
        TRY(status);
        if (!text_equal(owner, member)) *taken = i;
    }
    return STATUS_OK;
}

enum status turn_prepare_person(struct turn *turn, struct text member, const struct person *person,
                                struct arena *arena, struct prepared_person *prepared)
{
    struct text salt;
    struct person known;
    struct prepared_person made = {.member = member, .person = person};
    if (person->id_count > PERSON_ID_MAXIMUM) return STATUS_LIMIT;
    for (uint32_t i = 0; i < person->id_count; i++) {
        if (!external_id_kind_valid(person->ids[i].kind)) return STATUS_INVALID;
    }
    TRY(check_ids(turn, member, person, arena, &made.taken));
    TRY(find_salt(turn, member, arena, &salt));
    TRY(write_person(person, salt, arena, &made.value));
    TRY(read_document(made.value, arena, &known));
    made.birthday_month = known.birthday_month;
    made.birthday_day = known.birthday_day;
    hash_record(made.value, made.hash);
    *prepared = made;
    return STATUS_OK;
}

static enum status remove_ids(struct turn *turn, const struct person *person, struct arena *arena)
{
    for (uint32_t i = 0; i < person->id_count; i++) {
        struct text key = external_id_key(arena, &person->ids[i]);
        if (key.bytes == NULL) return STATUS_NO_MEMORY;
        TRY(store_put(turn->store, DOCUMENT_EXTERNAL_ID, key, (struct text){"", 0}));
    }
    return STATUS_OK;
}

enum status turn_put_person(struct turn *turn, const struct prepared_person *prepared,
                            struct arena *arena)
{
    struct person before;
    if (turn->is_reader || prepared->taken != PERSON_ID_NONE) return STATUS_INVALID;
    turn->has_written = true;
    enum status status = turn_person(turn, prepared->member, arena, &before);
    if (status == STATUS_OK) status = remove_ids(turn, &before, arena);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) return status;
    for (uint32_t i = 0; i < prepared->person->id_count; i++) {
        struct text key = external_id_key(arena, &prepared->person->ids[i]);
        if (key.bytes == NULL) return STATUS_NO_MEMORY;
        TRY(store_put(turn->store, DOCUMENT_EXTERNAL_ID, key, prepared->member));
    }
    return store_put(turn->store, DOCUMENT_PERSON, prepared->member, prepared->value);
}

/* Replies that were kept because their records cannot give them: those of quotes. */
#define QUOTES_ERASED_AT_ONCE 1000
#define REPLY_ID_BYTES 24

struct quotes {
    uint64_t positions[QUOTES_ERASED_AT_ONCE];
    uint32_t count;
    uint64_t last; /* looked at: the next part begins there */
};

static enum status note_quote(void *context, const struct decision *decision)
{
    struct quotes *quotes = context;
    quotes->last = decision->position;
    if (decision->type != EVENT_QUOTE && decision->type != EVENT_CONFIRM_ORDER) return STATUS_OK;
    quotes->positions[quotes->count++] = decision->position;
    return STATUS_OK;
}

static enum status erase_replies(struct turn *turn, struct text member, struct arena *arena)
{
    const struct entity_key key = {.kind = ENTITY_MEMBER, .id = member};
    struct quotes *quotes = arena_new(arena, struct quotes);
    uint64_t before = 0;
    if (quotes == NULL) return STATUS_NO_MEMORY;
    do {
        quotes->count = 0;
        quotes->last = 0;
        TRY(turn_history(turn, &key, before, QUOTES_ERASED_AT_ONCE, note_quote, quotes));
        for (uint32_t i = 0; i < quotes->count; i++) {
            char id[REPLY_ID_BYTES];
            snprintf(id, sizeof id, "%020llu", (unsigned long long)quotes->positions[i]);
            TRY(store_put(turn->store, DOCUMENT_REPLY, text_of(id), (struct text){"", 0}));
        }
        before = quotes->last;
    } while (before != 0);
    return STATUS_OK;
}

/* The documents of one id. */
static enum status erase_documents(struct turn *turn, struct text member, struct arena *arena)
{
    struct person before;
    enum status status = turn_person(turn, member, arena, &before);
    if (status == STATUS_OK) status = remove_ids(turn, &before, arena);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) return status;
    TRY(store_put(turn->store, DOCUMENT_PERSON, member, (struct text){"", 0}));
    TRY(erase_replies(turn, member, arena));
    struct text at = arena_format(arena, "{\"at_us\":%lld}", (long long)turn->clock_us);
    if (at.bytes == NULL) return STATUS_NO_MEMORY;
    return store_put(turn->store, DOCUMENT_ERASURE, member, at);
}

/* All ids of one human being: the member that has everything, and those merged into it. */
enum status turn_erase_person(struct turn *turn, struct text member, struct arena *arena)
{
    struct states *states;
    struct text survivor = member;
    struct text owner;
    uint32_t index = 0;
    if (turn->is_reader) return STATUS_INVALID;
    turn->has_written = true;
    enum status status = turn_member(turn, &survivor, arena, NULL, 0, &states);
    /* Personal data can be there before the member is. */
    if (status == STATUS_NOT_FOUND) return erase_documents(turn, member, arena);
    TRY(status);
    const struct entity_key key = {.kind = ENTITY_MEMBER, .id = survivor};
    const struct state *state = states_find(states, &key);
    if (state == NULL) return STATUS_CORRUPT;
    TRY(erase_documents(turn, survivor, arena));
    while (member_bytes_next_owner(state->bytes, state->size, &index, &owner)) {
        TRY(erase_documents(turn, owner, arena));
    }
    return STATUS_OK;
}
