/* The reference of all keys, in Markdown, made from the list of keys, so that it cannot forget one.
 */
#include "program/document.h"

#include "program/keys.h"

/* A table's cell: a pipe would end it. */
static enum status write_cell(struct buffer *out, struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '|') TRY(buffer_add_byte(out, '\\'));
        TRY(buffer_add_byte(out, text.bytes[i]));
    }
    return STATUS_OK;
}

static enum status write_key_row(struct buffer *out, const struct key *key)
{
    TRY(buffer_add_format(out, "| `%s`%s | ", key->name, key->is_required ? ", required" : ""));
    TRY(write_cell(out, text_of(key->meaning)));
    if (key->scalar == SCALAR_CHOICE && (key->forms & (FORM_SCALAR | FORM_LIST))) {
        struct text rest = text_of(key->choices);
        TRY(buffer_add(out, TEXT(" One of")));
        while (rest.length > 0) {
            struct text word = choice_next(&rest);
            TRY(buffer_add_format(out, " `%.*s`%s", TEXT_ARGUMENTS(word),
                                  rest.length > 0 ? "," : "."));
        }
    }
    TRY(buffer_add(out, TEXT(" | `")));
    TRY(write_cell(out, text_of(key->example)));
    TRY(buffer_add(out, TEXT("` | ")));
    if (key->standard != NULL) TRY(write_cell(out, text_of(key->standard)));
    return buffer_add(out, TEXT(" |\n"));
}

static enum status write_table(struct buffer *out, const struct shape *shape)
{
    TRY(buffer_add_format(out, "### `%s`\n\n%s", shape->name, shape->meaning));
    if (shape->one_of != NULL) {
        struct text rest = text_of(shape->one_of);
        struct text first = choice_next(&rest);
        TRY(buffer_add_format(out, " Exactly one of `%.*s` and `%.*s` is given.",
                              TEXT_ARGUMENTS(first), TEXT_ARGUMENTS(rest)));
    }
    if (shape->takes_tier_sets)
        TRY(buffer_add(out, TEXT(" The id of a tier set is a key too: `{club: vib or above}`.")));
    if (shape->others != NULL)
        TRY(buffer_add_format(out, " Every other key is the id of a `%s`.", shape->others->name));
    TRY(buffer_add(out,
                   TEXT("\n\n| key | meaning | example | when not given |\n|---|---|---|---|\n")));
    for (size_t i = 0; i < shape->count; i++)
        if (shape->keys[i].capability == NULL) TRY(write_key_row(out, &shape->keys[i]));
    return buffer_add_byte(out, '\n');
}

static enum status write_reserved(struct buffer *out)
{
    TRY(buffer_add(
        out, TEXT("### Reserved\n\nThese keys belong to later capabilities and are refused "
                  "with \"not yet\" until then.\n\n| key | in | comes with |\n|---|---|---|\n")));
    for (size_t s = 0; s < shape_count; s++)
        for (size_t i = 0; i < shapes[s]->count; i++)
            if (shapes[s]->keys[i].capability != NULL)
                TRY(buffer_add_format(out, "| `%s` | `%s` | %s |\n", shapes[s]->keys[i].name,
                                      shapes[s]->name, shapes[s]->keys[i].capability));
    return STATUS_OK;
}

enum status document_keys(struct buffer *out)
{
    for (size_t i = 0; i < shape_count; i++)
        TRY(write_table(out, shapes[i]));
    return write_reserved(out);
}
