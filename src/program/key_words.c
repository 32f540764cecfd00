/* Look-ups on the list of keys, and the words of its scalars and choices. */
#include "program/keys.h"

const struct key *shape_key(const struct shape *shape, struct text name)
{
    for (size_t i = 0; i < shape->count; i++)
        if (text_equal(text_of(shape->keys[i].name), name)) return &shape->keys[i];
    return NULL;
}

const char *scalar_text(enum scalar scalar)
{
    static const char *const texts[] = {
#define X(name, pattern, text) (text),
        SCALAR_LIST(X)
#undef X
    };
    return texts[scalar];
}

const char *scalar_pattern(enum scalar scalar)
{
    static const char *const patterns[] = {
#define X(name, pattern, text) (pattern),
        SCALAR_LIST(X)
#undef X
    };
    return patterns[scalar];
}

struct text choice_next(struct text *choices)
{
    return text_split(*choices, '|', choices);
}

int choice_index(const char *choices, struct text word)
{
    struct text rest = text_of(choices);
    for (int i = 0; rest.length > 0; i++)
        if (text_equal(choice_next(&rest), word)) return i;
    return -1;
}
