/* Tree: what a programme file says, before anything knows what it means.
 *
 * Nodes carry their place in the file, so that every mistake found later can be pointed at. The
 * tree lives in an arena and holds copies of the file's words. A map keeps its entries in file
 * order and holds no key twice; a list is kept as entries without keys.
 */
#ifndef GUERDON_PROGRAM_TREE_H
#define GUERDON_PROGRAM_TREE_H

#include "base/base.h"

#define TREE_DEPTH_MAXIMUM 24u
#define TREE_NODE_MAXIMUM 200000u

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct entry;

struct node {
    enum node_kind kind;
    bool is_null;             /* a scalar that was left empty, or says null or ~ */
    struct position position; /* of the first character, opening quote or bracket included */
    /* Column of the scalar's first character when each byte of `text` stands in the file as it is,
     * on one line; 0 when it does not, and then a place inside cannot be told. */
    uint32_t text_column;
    struct text text;
    struct entry *first;
    struct entry *last;
    uint32_t count;
};

struct entry {
    struct text key;
    struct position position; /* of the key; of the value in a list */
    struct node value;
    struct entry *next;
};

/* The value of a key, or NULL; `map` may be NULL or another kind of node. */
const struct entry *tree_entry(const struct node *map, const char *key);
const struct node *tree_value(const struct node *map, const char *key);
/* The same, but only if the value is of that kind and says something. */
const struct node *tree_scalar(const struct node *map, const char *key);
const struct node *tree_map(const struct node *map, const char *key);

/* The place of byte `offset` of a scalar's text. */
struct position tree_place(const struct node *scalar, size_t offset);

#endif
