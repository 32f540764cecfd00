/* Dictionary: numbers texts in order of first appearance.
 *
 * Invariant: texts[n] is the text whose number in the map is n; both are views into the arena, and
 * nothing is ever removed.
 */
#include "backtest/dictionary.h"

#include <stdlib.h>

#define DICTIONARY_BYTES_MAXIMUM ((size_t)16 << 30)
#define DICTIONARY_TEXTS_FIRST 1024
#define DICTIONARY_TEXTS_MAXIMUM (UINT32_MAX - 1)

void dictionary_init(struct dictionary *dictionary)
{
    *dictionary = (struct dictionary){.count = 0};
    map_init(&dictionary->map, DICTIONARY_TEXTS_MAXIMUM);
    arena_init(&dictionary->arena, DICTIONARY_BYTES_MAXIMUM);
}

void dictionary_release(struct dictionary *dictionary)
{
    map_release(&dictionary->map);
    arena_release(&dictionary->arena);
    free(dictionary->texts);
    dictionary_init(dictionary);
}

uint32_t dictionary_find(const struct dictionary *dictionary, struct text text)
{
    return map_get(&dictionary->map, text);
}

static enum status make_room(struct dictionary *dictionary)
{
    if (dictionary->count < dictionary->capacity) return STATUS_OK;
    if (dictionary->capacity > DICTIONARY_TEXTS_MAXIMUM / 2) return STATUS_LIMIT;
    uint32_t capacity =
        dictionary->capacity == 0 ? DICTIONARY_TEXTS_FIRST : dictionary->capacity * 2;
    struct text *texts = realloc(dictionary->texts, (size_t)capacity * sizeof *texts);
    if (texts == NULL) return STATUS_NO_MEMORY;
    dictionary->texts = texts;
    dictionary->capacity = capacity;
    return STATUS_OK;
}

enum status dictionary_add(struct dictionary *dictionary, struct text text, uint32_t *number)
{
    TRY(make_room(dictionary));
    struct text copy = arena_copy(&dictionary->arena, text);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    uint32_t kept = 0;
    bool is_new = false;
    TRY(map_add(&dictionary->map, copy, dictionary->count, &kept, &is_new));
    ASSERT(is_new);
    dictionary->texts[dictionary->count++] = copy;
    *number = kept;
    return STATUS_OK;
}
