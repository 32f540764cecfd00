/* A checker of the report's HTML for tests: one pass with a stack of open elements. It knows the
 * HTML that the report writes, not all HTML: no comments, no unquoted attributes. */
#include "html_checker.h"

#define DEPTH_MAXIMUM 64
#define IDS_MAXIMUM 64

struct checker {
    struct text left;
    struct text open[DEPTH_MAXIMUM];
    size_t depth;
    struct text ids[IDS_MAXIMUM];
    size_t id_count;
};

static void skip(struct checker *checker, size_t bytes)
{
    checker->left = (struct text){checker->left.bytes + bytes, checker->left.length - bytes};
}

static size_t length_until(struct text text, const char *stops)
{
    size_t length = 0;
    while (length < text.length &&
           (text.bytes[length] == '\0' || strchr(stops, text.bytes[length]) == NULL))
        length++;
    return length;
}

static bool is_void(struct text name)
{
    return text_equal(name, TEXT("meta"));
}

static bool is_known_entity(struct text text)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t k = 0; k < sizeof entities / sizeof *entities; k++)
        if (text_starts_with(text, text_of(entities[k]))) return true;
    return false;
}

/* Every & of a text begins an entity. */
static bool is_escaped(struct text text)
{
    while (text.length > 0) {
        if (text.bytes[0] == '&' && !is_known_entity(text)) return false;
        text = (struct text){text.bytes + 1, text.length - 1};
    }
    return true;
}

static const char *check_id(struct checker *checker, struct text id)
{
    for (size_t k = 0; k < checker->id_count; k++)
        if (text_equal(checker->ids[k], id)) return "an id occurs twice";
    if (checker->id_count == IDS_MAXIMUM) return "more ids than the checker holds";
    checker->ids[checker->id_count++] = id;
    return NULL;
}

static const char *check_attribute(struct checker *checker)
{
    size_t length = length_until(checker->left, "= />");
    struct text name = {checker->left.bytes, length};
    if (length == 0) return "an attribute has no name";
    if (text_starts_with(name, TEXT("on"))) return "an attribute is a script";
    if (text_equal(name, TEXT("src"))) return "something is loaded";
    skip(checker, length);
    if (!text_starts_with(checker->left, TEXT("=\""))) return "an attribute is not quoted";
    skip(checker, 2);
    length = length_until(checker->left, "\"<>");
    struct text value = {checker->left.bytes, length};
    if (!is_escaped(value)) return "an attribute is not escaped";
    skip(checker, length);
    if (!text_starts_with(checker->left, TEXT("\""))) return "an attribute holds markup";
    skip(checker, 1);
    if (text_equal(name, TEXT("href")) && !text_starts_with(value, TEXT("#")))
        return "a link leads out of the page";
    return text_equal(name, TEXT("id")) ? check_id(checker, value) : NULL;
}

static const char *close_element(struct checker *checker)
{
    skip(checker, 2);
    size_t length = length_until(checker->left, ">");
    struct text name = {checker->left.bytes, length};
    if (checker->depth == 0) return "an element is closed that was not open";
    if (!text_equal(checker->open[--checker->depth], name)) return "elements overlap";
    skip(checker, length < checker->left.length ? length + 1 : length);
    return NULL;
}

/* The style sheet is taken whole. */
static const char *check_style(struct checker *checker)
{
    const char *end =
        memmem(checker->left.bytes, checker->left.length, "</style>", strlen("</style>"));
    if (end == NULL) return "the style does not end";
    struct text style = {checker->left.bytes, (size_t)(end - checker->left.bytes)};
    if (memmem(style.bytes, style.length, "url(", 4) != NULL) return "the style loads something";
    if (memmem(style.bytes, style.length, "@import", 7) != NULL) return "the style loads something";
    int depth = 0;
    for (size_t k = 0; k < style.length; k++) {
        depth += (style.bytes[k] == '{') - (style.bytes[k] == '}');
        if (depth < 0) return "the style closes a brace too many";
    }
    skip(checker, style.length);
    return depth == 0 ? NULL : "the style leaves a brace open";
}

static const char *open_element(struct checker *checker)
{
    skip(checker, 1);
    size_t length = length_until(checker->left, " />");
    struct text name = {checker->left.bytes, length};
    if (length == 0) return "a < is not escaped";
    if (text_equal(name, TEXT("script"))) return "there is a script";
    skip(checker, length);
    while (text_starts_with(checker->left, TEXT(" "))) {
        skip(checker, 1);
        const char *problem = check_attribute(checker);
        if (problem != NULL) return problem;
    }
    if (text_starts_with(checker->left, TEXT("/>"))) {
        skip(checker, 2);
        return NULL;
    }
    if (!text_starts_with(checker->left, TEXT(">"))) return "an element does not end";
    skip(checker, 1);
    if (is_void(name)) return NULL;
    if (checker->depth == DEPTH_MAXIMUM) return "elements are too deep";
    checker->open[checker->depth++] = name;
    return text_equal(name, TEXT("style")) ? check_style(checker) : NULL;
}

const char *html_problem(struct text page)
{
    struct checker checker = {.left = page};
    const char *problem = NULL;
    if (!text_is_utf8(page, NULL)) return "the page is not UTF-8";
    if (!text_starts_with(page, TEXT("<!doctype html>\n"))) return "the page has no doctype";
    skip(&checker, strlen("<!doctype html>\n"));
    while (problem == NULL && checker.left.length > 0) {
        if (text_starts_with(checker.left, TEXT("</"))) {
            problem = close_element(&checker);
        } else if (checker.left.bytes[0] == '<') {
            problem = open_element(&checker);
        } else {
            struct text words = {checker.left.bytes, length_until(checker.left, "<")};
            if (!is_escaped(words)) return "a & is not escaped";
            if (words.length > 0 && memchr(words.bytes, '>', words.length) != NULL)
                return "a > is not escaped";
            skip(&checker, words.length);
        }
    }
    if (problem == NULL && checker.depth > 0) return "an element is left open";
    return problem;
}
