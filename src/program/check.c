/* What the list of keys can say about a programme file: unknown and reserved keys, missing ones,
 * values of the wrong form, words that are not among the given ones, numbers and lengths of time
 * that cannot be read.
 *
 * It must never look at how values go together; that is for the compile_*.c files, which run even
 * when something is wrong here and stay silent about what was said here.
 */
#include "program/compile.h"
#include "program/keys.h"

#define CANDIDATE_MAXIMUM 128u
#define LIST_MAXIMUM 65536u /* bytes of a list of keys or words in a message */

/* Whose map is looked at: `rule "base"`, or a bare noun. */
struct owner {
    const char *noun;
    struct text id;
    struct position position;
};

static void check_map(struct compiler *compiler, const struct shape *shape, const struct node *map,
                      struct owner owner);

/* `rule "base"`, or `"if"`. */
static struct text owner_text(struct compiler *compiler, struct owner owner)
{
    struct text text;
    if (owner.id.length == 0)
        text = arena_format(compiler->arena, "%s", owner.noun);
    else
        text = arena_format(compiler->arena, "%s \"%.*s\"", owner.noun, SHOWN(compiler, owner.id));
    return text.bytes == NULL ? TEXT("a map") : text;
}

/* "a wallet" -> "wallet", for use before an id. */
static const char *bare_noun(const char *noun)
{
    return noun[0] == 'a' && noun[1] == ' ' ? noun + 2 : noun;
}

static bool is_id(struct text text)
{
    if (text.length == 0 || text.length > 64) return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        bool is_alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_alphanumeric && (i == 0 || (c != '-' && c != '_'))) return false;
    }
    return true;
}

static void check_id(struct compiler *compiler, struct text id, struct position position)
{
    if (!is_id(id))
        complain(compiler, position,
                 "\"%.*s\" is no id; use letters, digits, - and _ (at most 64, a letter or digit "
                 "first)",
                 SHOWN(compiler, id));
}

static enum status list_choices(const char *choices, struct buffer *list)
{
    struct text rest = text_of(choices);
    while (rest.length > 0) {
        struct text word = choice_next(&rest);
        const char *joint = list->length == 0 ? "" : rest.length == 0 ? " or " : ", ";
        TRY(buffer_add_format(list, "%s\"%.*s\"", joint, TEXT_ARGUMENTS(word)));
    }
    return STATUS_OK;
}

static void check_choice(struct compiler *compiler, const struct key *key,
                         const struct node *scalar)
{
    if (choice_index(key->choices, scalar->text) >= 0) return;
    struct buffer list;
    buffer_init(&list, LIST_MAXIMUM);
    bool is_listed = list_choices(key->choices, &list) == STATUS_OK;
    complain(compiler, scalar->position, "\"%s\" cannot be \"%.*s\"; write %.*s", key->name,
             SHOWN(compiler, scalar->text),
             TEXT_ARGUMENTS(is_listed ? buffer_text(&list) : TEXT("another word")));
    buffer_release(&list);
}

static void check_whole(struct compiler *compiler, const struct key *key, const struct node *scalar)
{
    int64_t number;
    if (amount_parse(scalar->text, 0, &number) == STATUS_OK && number >= key->lowest &&
        number <= key->highest)
        return;
    complain(compiler, scalar->position,
             "\"%s\" cannot be \"%.*s\"; write a whole number from %lld to %lld", key->name,
             SHOWN(compiler, scalar->text), (long long)key->lowest, (long long)key->highest);
}

static void check_span(struct compiler *compiler, const struct key *key, const struct node *scalar)
{
    struct span span;
    if (span_parse(scalar->text, &span) == STATUS_OK) return;
    complain(
        compiler, scalar->position,
        "\"%s\" cannot be \"%.*s\"; write a number with days, weeks, months, quarters or years, "
        "such as \"%s\"",
        key->name, SHOWN(compiler, scalar->text), key->example);
}

static void check_scalar(struct compiler *compiler, const struct key *key,
                         const struct node *scalar)
{
    if (scalar->is_null || scalar->text.length == 0) {
        complain(compiler, scalar->position, "\"%s\" has an empty value; write %s, such as %s",
                 key->name, scalar_text(key->scalar), key->example);
        return;
    }
    switch ((int)key->scalar) {
    case SCALAR_CHOICE:
        check_choice(compiler, key, scalar);
        return;
    case SCALAR_ID:
        check_id(compiler, scalar->text, scalar->position);
        return;
    case SCALAR_WHOLE:
        check_whole(compiler, key, scalar);
        return;
    case SCALAR_SPAN:
        check_span(compiler, key, scalar);
        return;
    default:
        return; /* phrases are read where they are compiled */
    }
}

static void check_list(struct compiler *compiler, const struct key *key, const struct node *list)
{
    if (list->count == 0)
        complain(compiler, list->position,
                 "\"%s\" is an empty list; write at least one, such as %s", key->name,
                 key->example);
    for (const struct entry *item = list->first; item != NULL; item = item->next) {
        if (item->value.kind == NODE_SCALAR)
            check_scalar(compiler, key, &item->value);
        else
            complain(compiler, item->position, "\"%s\" takes a list of single values, such as %s",
                     key->name, key->example);
    }
}

static void check_by_id(struct compiler *compiler, const struct shape *shape,
                        const struct node *map)
{
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next) {
        check_id(compiler, entry->key, entry->position);
        check_map(compiler, shape, &entry->value,
                  (struct owner){bare_noun(shape->noun), entry->key, entry->position});
    }
}

static void check_by_name(struct compiler *compiler, const struct key *key, const struct node *map)
{
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next) {
        if (entry->value.kind == NODE_SCALAR && !entry->value.is_null) continue;
        complain(compiler, entry->position, "\"%.*s\" needs %s, such as %s",
                 SHOWN(compiler, entry->key), scalar_text(key->scalar), key->example);
    }
}

static const char *form_text(unsigned forms)
{
    if (forms & FORM_BY_ID) return "a map with an id for each";
    if (forms & FORM_BY_NAME) return "a map";
    if ((forms & FORM_MAP) && (forms & FORM_SCALAR)) return "a single value or a map";
    if (forms & FORM_MAP) return "a map";
    if ((forms & FORM_LIST) && (forms & FORM_SCALAR)) return "a single value or a list";
    return forms & FORM_LIST ? "a list" : "a single value";
}

static void check_value(struct compiler *compiler, const struct key *key, const struct entry *entry)
{
    const struct node *value = &entry->value;
    bool takes_maps = key->forms & (FORM_MAP | FORM_BY_ID | FORM_BY_NAME);
    if (value->kind == NODE_SCALAR && (key->forms & FORM_SCALAR)) {
        check_scalar(compiler, key, value);
    } else if (value->kind == NODE_LIST && (key->forms & FORM_LIST)) {
        check_list(compiler, key, value);
    } else if (value->kind != NODE_MAP || !takes_maps) {
        complain(compiler, value->is_null ? entry->position : value->position,
                 "\"%s\" must be %s, such as %s", key->name, form_text(key->forms), key->example);
    } else if (value->count == 0 && (key->is_required || !(key->forms & FORM_BY_ID))) {
        complain(compiler, value->position, "\"%s\" is an empty map; write one such as %s%s",
                 key->name, key->example, key->is_required ? "" : ", or leave the key out");
    } else if (key->forms & FORM_BY_ID) {
        check_by_id(compiler, key->shape, value);
    } else if (key->forms & FORM_BY_NAME) {
        check_by_name(compiler, key, value);
    } else {
        struct text none = {"", 0};
        check_map(compiler, key->shape, value,
                  (struct owner){key->shape->noun, none, entry->position});
    }
}

/* The keys that a map takes, as candidates for what was meant. */
static size_t candidates_of(struct compiler *compiler, const struct shape *shape,
                            struct text *candidates)
{
    size_t count = 0;
    for (size_t i = 0; i < shape->count && count < CANDIDATE_MAXIMUM; i++)
        candidates[count++] = text_of(shape->keys[i].name);
    if (shape->takes_tier_sets && compiler->tiers != NULL)
        for (const struct entry *set = compiler->tiers->first;
             set != NULL && count < CANDIDATE_MAXIMUM; set = set->next)
            candidates[count++] = set->key;
    return count;
}

static int nearest_key(struct compiler *compiler, const struct shape *shape, struct text key)
{
    struct text candidates[CANDIDATE_MAXIMUM];
    return nearest_of(compiler, key, candidates, candidates_of(compiler, shape, candidates));
}

/* The keys that may be used now, by commas. */
static enum status list_keys(const struct shape *shape, const struct text *candidates, size_t count,
                             struct buffer *list)
{
    for (size_t i = 0; i < count; i++) {
        if (i < shape->count && shape->keys[i].capability != NULL) continue;
        TRY(buffer_add_format(list, "%s%.*s", list->length == 0 ? "" : ", ",
                              TEXT_ARGUMENTS(candidates[i])));
    }
    return STATUS_OK;
}

static void complain_of_unknown(struct compiler *compiler, const struct shape *shape,
                                const struct entry *entry, struct owner owner)
{
    struct text candidates[CANDIDATE_MAXIMUM];
    size_t count = candidates_of(compiler, shape, candidates);
    struct text where = owner_text(compiler, owner);
    if (text_starts_with(entry->key, TEXT("rounded ")) && entry->value.is_null) {
        complain(compiler, entry->position,
                 "a phrase with a comma inside { } must stand in quotes, such as earn: \"1 point "
                 "per 1.00 USD, %.*s\"",
                 SHOWN(compiler, entry->key));
        return;
    }
    int nearest = nearest_of(compiler, entry->key, candidates, count);
    if (nearest >= 0) {
        complain(compiler, entry->position, "unknown key \"%.*s\" in %.*s; did you mean \"%.*s\"?",
                 SHOWN(compiler, entry->key), TEXT_ARGUMENTS(where),
                 SHOWN(compiler, candidates[nearest]));
        return;
    }
    struct buffer list;
    buffer_init(&list, LIST_MAXIMUM);
    bool is_listed = list_keys(shape, candidates, count, &list) == STATUS_OK;
    complain(compiler, entry->position, "unknown key \"%.*s\" in %.*s; it takes %.*s",
             SHOWN(compiler, entry->key), TEXT_ARGUMENTS(where),
             TEXT_ARGUMENTS(is_listed ? buffer_text(&list) : TEXT("other keys")));
    buffer_release(&list);
}

/* True if a tier set has that id; of too many, which is a mistake of its own, only the first are
 * seen. */
static bool is_tier_set(const struct compiler *compiler, struct text id)
{
    const struct entry *set = compiler->tiers == NULL ? NULL : compiler->tiers->first;
    for (uint32_t i = 0; set != NULL && i < PROGRAM_TIER_SET_MAXIMUM; i++, set = set->next)
        if (text_equal(set->key, id)) return true;
    return false;
}

static void check_entry(struct compiler *compiler, const struct shape *shape,
                        const struct entry *entry, struct owner owner)
{
    const struct key *key = shape_key(shape, entry->key);
    struct text key_text = entry->key;
    if (key != NULL && key->capability != NULL) {
        complain(compiler, entry->position,
                 "\"%s\" is not yet possible: it comes with %s; leave it out for now", key->name,
                 key->capability);
    } else if (key != NULL) {
        check_value(compiler, key, entry);
    } else if (shape->others != NULL &&
               (entry->value.kind == NODE_MAP || nearest_key(compiler, shape, entry->key) < 0)) {
        check_id(compiler, key_text, entry->position);
        check_map(compiler, shape->others, &entry->value,
                  (struct owner){bare_noun(shape->others->noun), key_text, entry->position});
    } else if (shape->takes_tier_sets && is_tier_set(compiler, key_text)) {
        if (entry->value.is_null || entry->value.kind == NODE_MAP)
            complain(compiler, entry->position,
                     "\"%.*s\" needs a level, such as {club: vib or above}",
                     SHOWN(compiler, key_text));
    } else {
        complain_of_unknown(compiler, shape, entry, owner);
    }
}

static void check_one_of(struct compiler *compiler, const struct shape *shape,
                         const struct node *map, struct owner owner)
{
    struct text rest = text_of(shape->one_of);
    struct text a = choice_next(&rest);
    const struct entry *first = tree_entry(map, shape_key(shape, a)->name);
    const struct entry *second = tree_entry(map, shape_key(shape, rest)->name);
    struct text where = owner_text(compiler, owner);
    if (first == NULL && second == NULL)
        complain(compiler, owner.position, "%.*s needs \"%.*s\" or \"%.*s\", such as %.*s: %s",
                 TEXT_ARGUMENTS(where), TEXT_ARGUMENTS(a), TEXT_ARGUMENTS(rest), TEXT_ARGUMENTS(a),
                 shape_key(shape, a)->example);
    else if (first != NULL && second != NULL)
        complain(compiler, second->position,
                 "%.*s has both \"%.*s\" and \"%.*s\"; keep one of the two", TEXT_ARGUMENTS(where),
                 TEXT_ARGUMENTS(a), TEXT_ARGUMENTS(rest));
}

static void check_map(struct compiler *compiler, const struct shape *shape, const struct node *map,
                      struct owner owner)
{
    if (map->kind != NODE_MAP && !map->is_null) {
        const struct key *key = shape->keys; /* the one to show: required, if there is such */
        for (size_t i = shape->count; i > 0; i--)
            if (shape->keys[i - 1].is_required) key = &shape->keys[i - 1];
        complain(compiler, map->position, "%.*s must be a map of keys, such as {%s: %s}",
                 TEXT_ARGUMENTS(owner_text(compiler, owner)), key->name, key->example);
        return;
    }
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        check_entry(compiler, shape, entry, owner);
    for (size_t i = 0; i < shape->count; i++) {
        const struct key *key = &shape->keys[i];
        if (key->is_required && tree_entry(map, key->name) == NULL)
            complain(compiler, owner.position, "%.*s needs \"%s\", such as %s: %s",
                     TEXT_ARGUMENTS(owner_text(compiler, owner)), key->name, key->name,
                     key->example);
    }
    if (shape->one_of != NULL) check_one_of(compiler, shape, map, owner);
}

void check_tree(struct compiler *compiler)
{
    struct text none = {"", 0};
    check_map(compiler, &shape_program, compiler->root,
              (struct owner){shape_program.noun, none, compiler->root->position});
}
