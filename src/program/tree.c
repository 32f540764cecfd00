/* Tree: look-ups in what a programme file says.
 *
 * It must never judge what it finds: a missing key is NULL, and whether that is a mistake is for
 * check.c and the compile_*.c files to say. Maps with fixed keys are short, so a look-up walks
 * them.
 */
#include "program/tree.h"

const struct entry *tree_entry(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAP) return NULL;
    struct text wanted = text_of(key);
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        if (text_equal(entry->key, wanted)) return entry;
    return NULL;
}

const struct node *tree_value(const struct node *map, const char *key)
{
    const struct entry *entry = tree_entry(map, key);
    return entry == NULL ? NULL : &entry->value;
}

const struct node *tree_scalar(const struct node *map, const char *key)
{
    const struct node *value = tree_value(map, key);
    return value != NULL && value->kind == NODE_SCALAR && !value->is_null ? value : NULL;
}

const struct node *tree_map(const struct node *map, const char *key)
{
    const struct node *value = tree_value(map, key);
    return value != NULL && value->kind == NODE_MAP ? value : NULL;
}

struct position tree_place(const struct node *scalar, size_t offset)
{
    struct position place = scalar->position;
    if (scalar->text_column == 0 || offset > scalar->text.length) return place;
    place.column = scalar->text_column;
    for (size_t i = 0; i < offset; i++)
        if (((unsigned char)scalar->text.bytes[i] & 0xC0u) != 0x80u) place.column++;
    return place;
}
