/* YAML into a tree, by libyaml's event parser.
 *
 * Nothing here is recursive: a fixed stack of open maps and lists is the depth limit, and the count
 * of nodes is bounded too. Anchors, aliases, tags and second documents are refused, so no text can
 * unfold into more than it is. JSON is the flow form of YAML and needs nothing of its own but the
 * surrogate pairs of surrogate.c.
 *
 * It must never look at what keys mean; it reports what no programme can hold (bytes that are not
 * UTF-8, control characters, a key twice) and leaves the rest to check.c.
 */
#include "program/yaml_read.h"

#include <yaml.h>

#include "program/program.h"
#include "program/surrogate.h"

struct frame {
    struct node *node;
    struct map seen; /* of a map: key -> line of its first use */
    bool wants_value;
    struct text key;
    struct position key_position;
    bool is_duplicate;
};

struct reader {
    struct arena *arena;
    struct text file;
    struct problem_list *problems;
    struct surrogate_map shifts;
    struct frame stack[TREE_DEPTH_MAXIMUM];
    uint32_t depth;
    uint32_t node_count;
    struct node *root;
    uint32_t documents;
};

/* libyaml's own words for common slips, and ours. */
static const struct {
    const char *said;
    const char *better;
} syntax_texts[] = {
    {"mapping values are not allowed",
     "a value that holds \": \" must stand in quotes, and a key must start its own line"},
    {"found character that cannot start any token",
     "this character cannot start a value; indent with spaces, not tabs, and put a value that "
     "begins with % @ ` or a tab in quotes"},
    {"did not find expected ',' or '}'", "a { is not closed, or a comma is missing before this"},
    {"did not find expected ',' or ']'", "a [ is not closed, or a comma is missing before this"},
    {"could not find expected ':'", "a key needs a colon and a space behind it"},
    {"did not find expected key",
     "this line does not fit the lines above it; keys of one map begin in the same column"},
    {"did not find expected '-' indicator",
     "this line does not fit the list above it; its items begin with \"- \" in the same column"},
    {"found invalid Unicode character escape code",
     "half of a \\u pair alone is no character; write both halves, or the character itself"},
    {"found unexpected end of stream",
     "this quote is not closed; close it before the end of the line"},
    {"block sequence entries are not allowed", "a list must begin on a line of its own"},
};

static struct position place_of(const struct reader *reader, yaml_mark_t mark)
{
    struct position place = {(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
    return surrogate_original(&reader->shifts, place);
}

/* The place of a byte, for mistakes found before there are marks. */
static struct position place_of_byte(struct text text, size_t offset)
{
    struct position place = {1, 1};
    for (size_t i = 0; i < offset && i < text.length; i++) {
        if (text.bytes[i] == '\n')
            place = (struct position){place.line + 1, 1};
        else if (((unsigned char)text.bytes[i] & 0xC0u) != 0x80u)
            place.column++;
    }
    return place;
}

static enum status refuse(struct reader *reader, struct position place, const char *sentence)
{
    problem_add(reader->problems, reader->file, place, "%s", sentence);
    return STATUS_SYNTAX;
}

static bool has_control_characters(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) return true;
    }
    return false;
}

static bool says_nothing(struct text text)
{
    return text.length == 0 || text_equal(text, TEXT("~")) || text_equal(text, TEXT("null"));
}

/* A node below the innermost open one, or the root. */
static enum status attach(struct reader *reader, struct position place, struct node **added)
{
    if (++reader->node_count > TREE_NODE_MAXIMUM)
        return refuse(reader, place,
                      "the programme is too large: it holds more than 200,000 values");
    struct entry *entry = arena_new(reader->arena, struct entry);
    if (entry == NULL) return STATUS_NO_MEMORY;
    *added = &entry->value;
    entry->value.position = place;
    if (reader->depth == 0) {
        reader->root = &entry->value;
        return STATUS_OK;
    }
    struct frame *frame = &reader->stack[reader->depth - 1];
    entry->key = frame->key;
    entry->position = frame->node->kind == NODE_MAP ? frame->key_position : place;
    frame->wants_value = false;
    if (frame->is_duplicate) return STATUS_OK;
    if (frame->node->last == NULL)
        frame->node->first = entry;
    else
        frame->node->last->next = entry;
    frame->node->last = entry;
    frame->node->count++;
    return STATUS_OK;
}

static enum status open_frame(struct reader *reader, enum node_kind kind, struct position place)
{
    struct frame *above = reader->depth == 0 ? NULL : &reader->stack[reader->depth - 1];
    if (above != NULL && above->node->kind == NODE_MAP && !above->wants_value)
        return refuse(reader, place, "a key must be a word, not a list or a map");
    if (reader->depth == TREE_DEPTH_MAXIMUM)
        return refuse(reader, place,
                      "maps and lists are nested too deeply; 24 levels are the most");
    struct node *node;
    TRY(attach(reader, place, &node));
    node->kind = kind;
    struct frame *frame = &reader->stack[reader->depth++];
    *frame = (struct frame){.node = node};
    map_init(&frame->seen, TREE_NODE_MAXIMUM);
    return STATUS_OK;
}

static enum status close_frame(struct reader *reader)
{
    ASSERT(reader->depth > 0);
    map_release(&reader->stack[--reader->depth].seen);
    return STATUS_OK;
}

static enum status take_key(struct reader *reader, struct frame *frame, struct text key,
                            struct position place)
{
    uint32_t first_line;
    bool is_new;
    TRY(map_add(&frame->seen, key, place.line, &first_line, &is_new));
    frame->key = key;
    frame->key_position = place;
    frame->wants_value = true;
    frame->is_duplicate = !is_new;
    if (!is_new)
        problem_add(
            reader->problems, reader->file, place,
            "duplicate id \"%.*s\": it is already there in line %u; use another id, or join "
            "the two",
            TEXT_ARGUMENTS(key), first_line);
    return STATUS_OK;
}

static enum status take_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct position place = place_of(reader, event->start_mark);
    struct text raw = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (has_control_characters(raw))
        return refuse(reader, place, "a text must not hold control characters");
    struct text text = arena_copy(reader->arena, raw);
    if (text.bytes == NULL) return STATUS_NO_MEMORY;
    struct frame *frame = reader->depth == 0 ? NULL : &reader->stack[reader->depth - 1];
    if (frame != NULL && frame->node->kind == NODE_MAP && !frame->wants_value)
        return take_key(reader, frame, text, place);
    struct node *node;
    TRY(attach(reader, place, &node));
    node->kind = NODE_SCALAR;
    node->text = text;
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->is_null = is_plain && says_nothing(text);
    size_t characters = 0;
    for (size_t i = 0; i < text.length; i++)
        if (((unsigned char)text.bytes[i] & 0xC0u) != 0x80u) characters++;
    size_t quotes = is_plain ? 0 : 2;
    bool is_as_written = event->start_mark.line == event->end_mark.line &&
                         event->end_mark.index - event->start_mark.index == characters + quotes &&
                         event->data.scalar.style != YAML_LITERAL_SCALAR_STYLE &&
                         event->data.scalar.style != YAML_FOLDED_SCALAR_STYLE;
    if (is_as_written) node->text_column = place.column + (is_plain ? 0 : 1);
    return STATUS_OK;
}

static enum status refuse_extras(struct reader *reader, struct position place, const void *anchor,
                                 const void *tag)
{
    if (anchor != NULL)
        return refuse(reader, place,
                      "anchors (&name) are not taken; write the value where it is used");
    if (tag != NULL)
        return refuse(reader, place, "tags (!name) are not taken; write the value alone");
    return STATUS_OK;
}

static enum status take_event(struct reader *reader, const yaml_event_t *event)
{
    struct position place = place_of(reader, event->start_mark);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++reader->documents > 1)
            return refuse(reader, place,
                          "a second document begins here; a file holds one programme, so remove "
                          "the \"---\" and what follows");
        return STATUS_OK;
    case YAML_ALIAS_EVENT:
        return refuse(reader, place,
                      "aliases (*name) are not taken; write the value where it is used");
    case YAML_SCALAR_EVENT:
        TRY(refuse_extras(reader, place, event->data.scalar.anchor, event->data.scalar.tag));
        return take_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        TRY(refuse_extras(reader, place, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag));
        return open_frame(reader, NODE_LIST, place);
    case YAML_MAPPING_START_EVENT:
        TRY(refuse_extras(reader, place, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag));
        return open_frame(reader, NODE_MAP, place);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_frame(reader);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status refuse_syntax(struct reader *reader, const yaml_parser_t *parser,
                                 struct text text)
{
    if (parser->error == YAML_MEMORY_ERROR) return STATUS_NO_MEMORY;
    if (parser->error == YAML_READER_ERROR)
        return refuse(reader, place_of_byte(text, parser->problem_offset),
                      "this character must not stand in a programme; remove it");
    const char *said = parser->problem == NULL ? "cannot be read" : parser->problem;
    bool is_open_quote = text_starts_with(text_of(said), TEXT("found unexpected end of stream"));
    struct position place =
        place_of(reader, is_open_quote ? parser->context_mark : parser->problem_mark);
    for (size_t i = 0; i < sizeof(syntax_texts) / sizeof(syntax_texts[0]); i++)
        if (text_starts_with(text_of(said), text_of(syntax_texts[i].said)))
            return refuse(reader, place, syntax_texts[i].better);
    problem_add(reader->problems, reader->file, place, "this is not YAML: %s", said);
    return STATUS_SYNTAX;
}

static enum status read_events(struct reader *reader, yaml_parser_t *parser, struct text text)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) return refuse_syntax(reader, parser, text);
        bool is_end = event.type == YAML_STREAM_END_EVENT;
        enum status status = take_event(reader, &event);
        yaml_event_delete(&event);
        if (status != STATUS_OK || is_end) return status;
    }
}

enum status yaml_read(struct arena *arena, struct text file, struct text text,
                      struct problem_list *problems, const struct node **root)
{
    struct reader reader = {.arena = arena, .file = file, .problems = problems};
    struct position beginning = {1, 1};
    if (text.length > PROGRAM_TEXT_MAXIMUM)
        return refuse(&reader, beginning,
                      "the file is larger than 4 MB; a programme is a text of a "
                      "few pages");
    size_t bad;
    if (!text_is_utf8(text, &bad))
        return refuse(&reader, place_of_byte(text, bad),
                      "this byte is not UTF-8; save the file in the encoding UTF-8");
    struct text readable;
    TRY(surrogate_replace(arena, text, &readable, &reader.shifts));
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return STATUS_NO_MEMORY;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)readable.bytes, readable.length);
    enum status status = read_events(&reader, &parser, readable);
    yaml_parser_delete(&parser);
    while (reader.depth > 0)
        map_release(&reader.stack[--reader.depth].seen);
    if (status != STATUS_OK) return status;
    if (reader.root == NULL || reader.root->is_null)
        return refuse(&reader, beginning,
                      "the file is empty; a programme begins with \"program: \" and its id");
    if (reader.root->kind != NODE_MAP)
        return refuse(&reader, beginning,
                      "a programme is a map of keys; begin with \"program: \" and its id");
    *root = reader.root;
    return STATUS_OK;
}
