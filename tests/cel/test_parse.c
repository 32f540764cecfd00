/* Tests of cel/parse and cel/node_print: each rule of the grammar, what tree it makes, how that
 * tree is written, and that reading what was written makes the same tree.
 */
#include "tree.h"

/* An expression, and how it is written again where that differs. */
static const struct {
    const char *source;
    const char *printed;
} expressions[] = {
    /* literals */
    {"0", NULL},
    {"-1", NULL},
    {"- 1", "-1"},
    {"0x1F", NULL},
    {"-0x1F", NULL},
    {"7u", NULL},
    {"1.5e-3", NULL},
    {".5", NULL},
    {"-.5", NULL},
    {"true", NULL},
    {"null", NULL},
    {"'it\\'s'", NULL},
    {"\"a\\tb\"", NULL},
    {"'''two\nlines'''", NULL},
    {"r'\\d+'", NULL},
    {"b'\\xff'", NULL},
    {"bR\"x\"", NULL},
    /* names */
    {"a", NULL},
    {"_a1", NULL},
    {".a", NULL},
    {". a . b", ".a.b"},
    {"inner", NULL},
    {"truest", NULL},
    {"r", NULL},
    {"b + br + rb", NULL},
    /* blanks and comments */
    {" \t\r\n\f a", "a"},
    {"a // the first\n + b // the second", "a + b"},
    {"// before\na", "a"},
    {"a//", "a"},
    /* operators and their levels */
    {"a+b", "a + b"},
    {"a - b - c", NULL},
    {"a - (b - c)", NULL},
    {"(a - b) - c", "a - b - c"},
    {"a + (b + c)", NULL},
    {"a * b + c", NULL},
    {"a * (b + c)", NULL},
    {"(a * b) + c", "a * b + c"},
    {"a + b * c", NULL},
    {"(a + b) * c", NULL},
    {"a / b * c % d", NULL},
    {"a / (b * c)", NULL},
    {"a % (b / c)", NULL},
    {"a < b", NULL},
    {"a <= b", NULL},
    {"a > b", NULL},
    {"a >= b", NULL},
    {"a == b", NULL},
    {"a != b", NULL},
    {"a in b", NULL},
    {"a<b==c", "a < b == c"},
    {"a < (b == c)", NULL},
    {"a in b in c", NULL},
    {"a in (b in c)", NULL},
    {"a + b in c", NULL},
    {"(a in b) + c", NULL},
    {"a == b + c * d", NULL},
    {"1 + 2 * 3 - 1 / 2 == 6 % 1", NULL},
    {"4--4", "4 - -4"},
    {"4-4", "4 - 4"},
    {"4- -4", "4 - -4"},
    {"a-1", "a - 1"},
    /* not and minus */
    {"!a", NULL},
    {"!!a", NULL},
    {"-a", NULL},
    {"--a", NULL},
    {"!-a", NULL},
    {"-!a", NULL},
    {"--1", NULL},
    {"-(1)", NULL},
    {"-(-1)", "--1"},
    {"-(1.5)", NULL},
    {"-1u", NULL},
    {"-(1u)", "-1u"},
    {"!(a && b)", NULL},
    {"!a && b", NULL},
    {"-(a + b)", NULL},
    {"-a + b", NULL},
    {"-a.b", NULL},
    {"(-a).b", NULL},
    {"-1.abs()", NULL},
    {"-(1.abs())", NULL},
    {"-(1[0])", NULL},
    {"-(1.map(x, x))", NULL},
    {"-(1.optMap(x, x))", NULL},
    {"-((1 + a).b)", "-(1 + a).b"},
    {"-(-1.abs())", "--1.abs()"},
    {"!a.b(c)", NULL},
    /* and, or */
    {"a && b", NULL},
    {"a || b", NULL},
    {"a && b && c", NULL},
    {"a && (b && c)", NULL},
    {"(a && b) && c", "a && b && c"},
    {"a || b || c || d", NULL},
    {"a || (b || c) || d", NULL},
    {"((a || b) || c) || d", "(a || b) || c || d"},
    {"(a || b) || (c || d)", "a || b || c || d"},
    {"(a || b || c) || (d || e)", "a || b || c || d || e"},
    {"a || b && c", NULL},
    {"(a || b) && c", NULL},
    {"a && b || c && d", NULL},
    {"a && (b || c) && d", NULL},
    {"a == b && c != d", NULL},
    {"(a && b) == c", NULL},
    /* choices */
    {"a ? b : c", NULL},
    {"a?b:c", "a ? b : c"},
    {"a ? b : c ? d : e", NULL},
    {"a ? b : (c ? d : e)", "a ? b : c ? d : e"},
    {"a ? (b ? c : d) : e", NULL},
    {"(a ? b : c) ? d : e", NULL},
    {"a || b ? c && d : e || f", NULL},
    {"(a ? b : c) + d", NULL},
    {"a + (b ? c : d)", NULL},
    {"(a ? b : c).d", NULL},
    {"a ? .b : c", NULL},
    {"[a ? b : c, d]", NULL},
    /* members */
    {"a.b", NULL},
    {"a.b.c", NULL},
    {"(a.b).c", "a.b.c"},
    {"(a).b", "a.b"},
    {"a.`b-c`", NULL},
    {"a.`b c`.d", NULL},
    {"a.`in`", NULL},
    {"a.`b`", "a.b"},
    {"a.`1b`", NULL},
    {"a.if.var.while", NULL},
    {"'text'.size()", NULL},
    {"1.b", NULL},
    {"1.5.b", NULL},
    {"[1].size()", NULL},
    {"{}.a", NULL},
    {"(a + b).c", NULL},
    {"a[0]", NULL},
    {"a[b][c]", NULL},
    {"a['b'].c[-1]", NULL},
    {"a[b ? c : d]", NULL},
    {"(a && b)[c]", NULL},
    {"{'a': 1}['a']", NULL},
    {"a.b()", NULL},
    {"a.b(c, d + e)", NULL},
    {"a.b(c).d(e)", NULL},
    {"a.if()", NULL},
    {"f()", NULL},
    {"f(a)", NULL},
    {"f(a, -1, [b])", NULL},
    {".f(a)", NULL},
    {". f(a)", ".f(a)"},
    {"f((a), (b ? c : d))", "f(a, b ? c : d)"},
    /* optional members */
    {"a.?b", NULL},
    {"a.?b.c.?d", NULL},
    {"a.?`b-c`", NULL},
    {"a[?b]", NULL},
    {"a[? 0 ]", "a[?0]"},
    {"a.?b[?c].d", NULL},
    {"a ? b.?c : d[?e]", NULL},
    /* lists, maps, messages */
    {"[]", NULL},
    {"[a]", NULL},
    {"[1, 2, 3,]", "[1, 2, 3]"},
    {"[[], [[]]]", NULL},
    {"[?a, b, ?c[?d]]", NULL},
    {"[] + [1,2,3,] + [4]", "[] + [1, 2, 3] + [4]"},
    {"{}", NULL},
    {"{a: b}", NULL},
    {"{'a': 1, 2: 'b', true: null,}", "{'a': 1, 2: 'b', true: null}"},
    {"{?'a': b, 'c': d}", NULL},
    {"{a ? b : c: d ? e : f}", NULL},
    {"{'a': {'b': []}}", NULL},
    {"Name{}", NULL},
    {"Name{a: 1, b: c,}", "Name{a: 1, b: c}"},
    {"a.b.Name{c: d}", NULL},
    {".a.b.Name{}", NULL},
    {"a . Name {}", "a.Name{}"},
    {"Name{?a: b, c: d}", NULL},
    {"Name{`a-b`: 1, `in`: 2, if: 3}", NULL},
    {"Name{a: Other{}}.b", NULL},
    /* macros */
    {"has(a.b)", NULL},
    {"has(a.b.c)", NULL},
    {"has(a.?b.c)", NULL},
    {"has(a.`b-c`)", NULL},
    {"has(f(a)[0].b) && !has(c.d)", NULL},
    {"a.all(x, x > 0)", NULL},
    {"a.exists(x, x)", NULL},
    {"a.exists_one(x, x)", NULL},
    {"a.existsOne(x, x)", "a.exists_one(x, x)"},
    {"a.map(x, x * 2)", NULL},
    {"a.map(x, x > 0, x * 2)", NULL},
    {"a.filter(x, x in b)", NULL},
    {"a.all(i, x, i < x)", NULL},
    {"a.exists(i, x, i < x)", NULL},
    {"a.existsOne(i, x, i < x)", NULL},
    {"a.exists_one(i, x, i < x)", "a.existsOne(i, x, i < x)"},
    {"a.transformList(i, x, i + x)", NULL},
    {"a.transformList(i, x, i > 0, i + x)", NULL},
    {"a.transformMap(k, v, k + v)", NULL},
    {"a.transformMap(k, v, k > 0, k + v)", NULL},
    {"a.transformMapEntry(k, v, {v: k})", NULL},
    {"a.transformMapEntry(k, v, k > 0, {v: k})", NULL},
    {"cel.bind(x, 1 + 2, x * x)", NULL},
    {"cel.bind(x, a, cel.bind(y, b, x + y)).c", NULL},
    {"a.?b.optMap(x, x + 1)", NULL},
    {"a.?b.optFlatMap(x, x.?c)", NULL},
    {"a.optMap(x, x).optMap(y, y).orValue(0)", NULL},
    {"a.sortBy(x, -x.b)", NULL},
    {"a.filter(x, x).map(y, y.exists(z, z)).size() == 1", NULL},
    {"(a + b).all(x, x ? y : z)", NULL},
    {"math.greatest(a)", NULL},
    {"math.greatest(a, b)", NULL},
    {"math.greatest(a, b, c)", "math.greatest([a, b, c])"},
    {"math.least([a, b, c])", NULL},
    /* what has a macro's name and is none */
    {"has()", NULL},
    {"a.has(b)", NULL},
    {"all(a, b)", NULL},
    {"a.all(b)", NULL},
    {"a.map(b)", NULL},
    {"a.bind(b, c, d)", NULL},
    {".has(a.b)", NULL},
    {"b.greatest(1, 2, 3)", NULL},
    /* as rules are written */
    {"member.tiers.club.atLeast('vib') && order.eligible >= 50.00", NULL},
    {"order.items.exists(i, i.category == 'skincare' && i.quantity >= 2)", NULL},
    {"event.local.getDayOfWeek() == 2 ? 2.0 : 1.0", NULL},
};

static void what_is_written_is_read_as_the_same_tree(void **state)
{
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(expressions); i++) {
        reading_begin(reading);
        const char *source = expressions[i].source;
        const struct cel_node *root = reading_tree(reading, source);
        assert_int_equal(reading->problems.count, 0);
        assert_ok(cel_node_print(root, &reading->out));
        struct text printed = arena_copy(&reading->arena, buffer_text(&reading->out));
        assert_text(expressions[i].printed == NULL ? source : expressions[i].printed, printed);
        struct cel_node *again = NULL;
        assert_ok(reading_parse(reading, printed, &again));
        if (!reading_same(root, again)) fail_msg("%s: another tree", source);
    }
}

/* Where the bracket at `from` is closed; brackets in texts are not told apart. */
static size_t closing_of(struct text text, size_t from)
{
    uint32_t open = 0;
    for (size_t i = from; i < text.length; i++) {
        if (text.bytes[i] == '(') open++;
        if (text.bytes[i] == ')' && --open == 0) return i;
    }
    fail_msg("%.*s: not closed", TEXT_ARGUMENTS(text));
    return 0;
}

/* Without any pair of parentheses what was written is another tree, or none. */
static void assert_no_parentheses_too_many(struct reading *reading, const struct cel_node *root,
                                           struct text printed)
{
    for (size_t i = 0; i < printed.length; i++) {
        if (printed.bytes[i] != '(') continue;
        char *bytes = arena_allocate(&reading->arena, printed.length);
        assert_non_null(bytes);
        memcpy(bytes, printed.bytes, printed.length);
        bytes[i] = ' ';
        bytes[closing_of(printed, i)] = ' ';
        struct cel_node *other = NULL;
        enum status status = reading_parse(reading, (struct text){bytes, printed.length}, &other);
        if (status == STATUS_OK && reading_same(root, other))
            fail_msg("%.*s: a pair of parentheses too many", TEXT_ARGUMENTS(printed));
    }
}

static void assert_reads_as_written(struct reading *reading, const struct cel_node *root)
{
    buffer_clear(&reading->out);
    assert_ok(cel_node_print(root, &reading->out));
    struct text printed = arena_copy(&reading->arena, buffer_text(&reading->out));
    struct cel_node *again = NULL;
    assert_ok(reading_parse(reading, printed, &again));
    if (!reading_same(root, again)) fail_msg("%.*s: another tree", TEXT_ARGUMENTS(printed));
    assert_no_parentheses_too_many(reading, root, printed);
}

static void no_parentheses_are_too_many(void **state)
{
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(expressions); i++) {
        reading_begin(reading);
        assert_reads_as_written(reading, reading_tree(reading, expressions[i].source));
    }
}

/* Writes an expression drawn at random: each form with its parts in parentheses, '@' marks them. */
static void draw(struct reading *reading, uint64_t *random, uint32_t depth)
{
    static const char *const forms[] = {"(@) || (@)",
                                        "(@) && (@)",
                                        "(@) || (@) || (@)",
                                        "(@) && (@) && (@)",
                                        "(@) + (@)",
                                        "(@) - (@)",
                                        "(@) * (@)",
                                        "(@) < (@)",
                                        "(@) in (@)",
                                        "(@) ? (@) : (@)",
                                        "!(@)",
                                        "-(@)",
                                        "(@).f",
                                        "(@).?f",
                                        "(@).f(@)",
                                        "(@)[@]",
                                        "(@)[?@]",
                                        "f(@, @)",
                                        "[@, ?@]",
                                        "{@: @}",
                                        "N{f: @}",
                                        "has((@).f)",
                                        "(@).all(x, @)",
                                        "(@).map(x, @, @)",
                                        "cel.bind(x, @, @)",
                                        "(@).optMap(x, @)",
                                        "(@).sortBy(x, @)",
                                        "(@).transformMap(k, v, @)",
                                        "-1",
                                        "1",
                                        "1.5",
                                        "a"};
    static const char *const leaves[] = {"a", "1", "-1", "2.5", "3u", "'t'", ".b", "[]", "true"};
    if (depth == 0) {
        const char *leaf = leaves[next_random(random) % COUNT(leaves)];
        assert_ok(buffer_add(&reading->out, text_of(leaf)));
        return;
    }
    const char *form = forms[next_random(random) % COUNT(forms)];
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == '@')
            draw(reading, random, depth - 1 - (uint32_t)(next_random(random) % 2) * (depth > 1));
        else
            assert_ok(buffer_add_byte(&reading->out, form[i]));
    }
}

static void expressions_drawn_at_random_are_read_as_written(void **state)
{
    struct reading *reading = *state;
    uint64_t random = 20261122;
    for (uint32_t i = 0; i < 3000; i++) {
        reading_begin(reading);
        draw(reading, &random, 1 + i % 5);
        struct text source = arena_copy(&reading->arena, buffer_text(&reading->out));
        assert_non_null(source.bytes);
        assert_reads_as_written(reading, reading_tree(reading, source.bytes));
    }
}

static void every_rule_makes_its_tree(void **state)
{
    static const struct {
        const char *source;
        const char *tree;
    } cases[] = {
        {"a + b * c", "(_+_ a (_*_ b c))"},
        {"a - b - c", "(_-_ (_-_ a b) c)"},
        {"a / b % c", "(_%_ (_/_ a b) c)"},
        {"a < b <= c > d >= e == f != g", "(_!=_ (_==_ (_>=_ (_>_ (_<=_ (_<_ a b) c) d) e) f) g)"},
        {"a in b", "(@in a b)"},
        {"a || b && c == d + e * -f", "(_||_ a (_&&_ b (_==_ c (_+_ d (_*_ e (-_ f))))))"},
        {"a ? b : c ? d : e", "(_?_:_ a b (_?_:_ c d e))"},
        {"a || b || c", "(_||_ (_||_ a b) c)"},
        {"a || b || c || d", "(_||_ (_||_ a b) (_||_ c d))"},
        {"a && b && c && d && e", "(_&&_ (_&&_ (_&&_ a b) c) (_&&_ d e))"},
        {"!!a", "(!_ (!_ a))"},
        {"!a.b", "(!_ (. a b))"},
        {"-1", "-1"},
        {"-(1)", "(-_ 1)"},
        {"--1", "(-_ -1)"},
        {"-1.a", "(. -1 a)"},
        {"-a.b", "(-_ (. a b))"},
        {"-1u", "(-_ 1u)"},
        {"1 -1", "(_-_ 1 1)"},
        {"1 - -1", "(_-_ 1 -1)"},
        {".a.b", "(. .a b)"},
        {"a.?b", "(.? a b)"},
        {"a.`b c`", "(. a b c)"},
        {"a[b]", "(_[_] a b)"},
        {"a[?b]", "(_[?_] a b)"},
        {"a.b(c, d)", "(b a; c d)"},
        {"a.b.c()", "(c (. a b);)"},
        {"f(a)", "(f a)"},
        {".f(a)", "(.f a)"},
        {"[a, ?b]", "[a ?b]"},
        {"{a: b, ?c: d}", "{a: b ?c: d}"},
        {"a.B{c: d, ?e: f}", "a.B{c: d ?e: f}"},
        {".a.B{}", ".a.B{}"},
        {"has(a.b)", "(has a b)"},
        {"a.b.c{}.d", "(. a.b.c{} d)"},
    };
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reading_begin(reading);
        assert_text(cases[i].tree, reading_line(reading, reading_tree(reading, cases[i].source)));
    }
}

/* `at` is what the node's position points at; the range is from `begin` on, `length` bytes. */
static void nodes_know_where_they_were_written(void **state)
{
    static const struct {
        const char *source;
        uint32_t at;
        uint32_t begin;
        uint32_t end;
    } cases[] = {
        {"  42 ", 2, 2, 4},
        {"(a)", 1, 1, 2},
        {"(a) + (b)", 4, 0, 9},
        {"a.b.c", 4, 0, 5},
        {"(a).b", 4, 0, 5},
        {"f(a)", 0, 0, 4},
        {"a.f(b)", 2, 0, 6},
        {"a[0]", 1, 0, 4},
        {"a ? b : (c)", 2, 0, 11},
        {"!(a)", 0, 0, 4},
        {"[1, 2]", 0, 0, 6},
        {"{a: b}", 0, 0, 6},
        {"a.B{c: d}", 0, 0, 9},
        {"has(a.b)", 6, 0, 8},
        {"a.all(x, x)", 2, 0, 11},
        {"(a) && (b)", 4, 0, 10},
        {"(a) || b || (c)", 9, 0, 15},
        {"a in b", 2, 0, 6},
        {"- 1 ", 0, 0, 3},
        {"(a + b)", 3, 1, 6},
        {".a", 1, 0, 2},
    };
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reading_begin(reading);
        const struct cel_node *root = reading_tree(reading, cases[i].source);
        if (root->position != cases[i].at || root->begin != cases[i].begin ||
            root->end != cases[i].end)
            fail_msg("%s: %u in [%u, %u)", cases[i].source, root->position, root->begin, root->end);
    }
}

static void the_terms_of_a_run_keep_their_parentheses(void **state)
{
    reading_begin(*state);
    const struct cel_node *root = reading_tree(*state, "(a) || (b) || (c) || (d)");
    const struct cel_node *left = root->call.arguments[0];
    const struct cel_node *right = root->call.arguments[1];
    assert_int_equal(root->position, 11);
    assert_int_equal(left->begin, 0);
    assert_int_equal(left->end, 10);
    assert_int_equal(left->position, 4);
    assert_int_equal(right->begin, 14);
    assert_int_equal(right->end, 24);
    assert_int_equal(right->position, 18);
}

static void a_node_knows_its_height(void **state)
{
    static const struct {
        const char *source;
        uint16_t height;
    } cases[] = {{"a", 1},
                 {"-1", 1},
                 {"-a", 2},
                 {"a.b.c", 3},
                 {"f()", 1},
                 {"f(a, b.c)", 3},
                 {"a.f()", 2},
                 {"[]", 1},
                 {"[a, [b]]", 3},
                 {"{a: b}", 2},
                 {"{a.b: c}", 3},
                 {"{a: b.c}", 3},
                 {"N{}", 1},
                 {"N{a: [b]}", 3},
                 {"has(a.b)", 2},
                 {"a.map(x, x)", 4},
                 {"a || b || c || d", 3}};
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        reading_begin(reading);
        assert_int_equal(reading_tree(reading, cases[i].source)->height, cases[i].height);
    }
}

static void put_times(struct reading *reading, const char *text, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++)
        assert_ok(buffer_add(&reading->out, text_of(text)));
}

static void five_hundred_alternatives_are_ten_levels(void **state)
{
    static const char *const operators[] = {" || ", " && "};
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(operators); i++) {
        reading_begin(reading);
        put_times(reading, "a", 1);
        for (uint32_t term = 1; term < 500; term++) {
            put_times(reading, operators[i], 1);
            put_times(reading, "a", 1);
        }
        struct text source = arena_copy(&reading->arena, buffer_text(&reading->out));
        struct cel_node *root = NULL;
        assert_ok(reading_parse(reading, source, &root));
        assert_int_equal(root->height, 10);
        buffer_clear(&reading->out);
        assert_ok(cel_node_print(root, &reading->out));
        assert_true(text_equal(source, buffer_text(&reading->out)));
    }
}

/* `before` and `after`, as often as the limit of depth allows and once more, around `inside`. */
static void what_nests_is_read_to_the_limit_and_no_further(void **state)
{
    static const struct {
        const char *before;
        const char *inside;
        const char *after;
        uint32_t most;
    } cases[] = {
        {"(", "a", ")", CEL_DEPTH_MAXIMUM - 1},
        {"!", "a", "", CEL_DEPTH_MAXIMUM - 1},
        {"-", "a", "", CEL_DEPTH_MAXIMUM - 1},
        {"[", "a", "]", CEL_DEPTH_MAXIMUM - 1},
        {"f(", "a", ")", CEL_DEPTH_MAXIMUM - 1},
        {"{a: ", "a", "}", CEL_DEPTH_MAXIMUM - 1},
        {"N{a: ", "a", "}", CEL_DEPTH_MAXIMUM - 1},
        {"a[", "a", "]", CEL_DEPTH_MAXIMUM - 1},
        {"a ? b : ", "a", "", CEL_DEPTH_MAXIMUM - 1},
        {"a ? (", "a", ") : b", CEL_DEPTH_MAXIMUM - 1},
        {"a || (", "a", ")", CEL_DEPTH_MAXIMUM - 1},
        {"", "a", ".b", CEL_DEPTH_MAXIMUM - 1},
        {"", "a", ".?b", CEL_DEPTH_MAXIMUM - 1},
        {"", "a", ".f()", CEL_DEPTH_MAXIMUM - 1},
        {"", "a", "[b]", CEL_DEPTH_MAXIMUM - 1},
        {"", "a", " + b", CEL_DEPTH_MAXIMUM - 1},
        {"", "a", " < b", CEL_DEPTH_MAXIMUM - 1},
    };
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (uint32_t times = cases[i].most; times <= cases[i].most + 1; times++) {
            reading_begin(reading);
            put_times(reading, cases[i].before, times);
            put_times(reading, cases[i].inside, 1);
            put_times(reading, cases[i].after, times);
            struct cel_node *root = NULL;
            enum status status = reading_parse(reading, buffer_text(&reading->out), &root);
            if (status != (times == cases[i].most ? STATUS_OK : STATUS_LIMIT))
                fail_msg("%u x %s...%s: %s", times, cases[i].before, cases[i].after,
                         status_text(status));
            if (status == STATUS_OK) continue;
            assert_int_equal(reading->problems.count, 1);
            assert_text("this is nested too deeply: an expression has at most 250 levels",
                        reading->problems.items[0].message);
        }
    }
}

static void what_would_overflow_the_stack_is_refused(void **state)
{
    static const char *const openings[] = {"(",  "!",  "-",    "[",    "{",
                                           "f(", "a[", "a?b:", "a||(", "{1:"};
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(openings); i++) {
        reading_begin(reading);
        put_times(reading, openings[i], 60000 / (uint32_t)strlen(openings[i]));
        struct cel_node *root = NULL;
        assert_status(STATUS_LIMIT, reading_parse(reading, buffer_text(&reading->out), &root));
        assert_int_equal(reading->problems.count, 1);
    }
}

static void ten_megabytes_are_not_even_looked_at(void **state)
{
    struct reading *reading = *state;
    reading_begin(reading);
    size_t length = (size_t)10 << 20;
    char *bytes = malloc(length);
    assert_non_null(bytes);
    memset(bytes, '(', length);
    struct cel_node *root = NULL;
    assert_status(STATUS_LIMIT, reading_parse(reading, (struct text){bytes, length}, &root));
    assert_text("this expression is too long: it has 10485760 bytes, and 65536 are the most",
                reading->problems.items[0].message);
    free(bytes);
}

static void a_list_written_out_has_at_most_2000_elements(void **state)
{
    static const struct {
        const char *before;
        const char *entry;
        const char *after;
        const char *message;
    } cases[] = {
        {"[", "1,", "]", "a list has at most 2000 entries"},
        {"{", "1:1,", "}", "a map has at most 2000 entries"},
        {"N{", "a:1,", "}", "a message has at most 2000 entries"},
    };
    struct reading *reading = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (uint32_t count = CEL_LIST_MAXIMUM; count <= CEL_LIST_MAXIMUM + 1; count++) {
            reading_begin(reading);
            put_times(reading, cases[i].before, 1);
            put_times(reading, cases[i].entry, count);
            put_times(reading, cases[i].after, 1);
            struct cel_node *root = NULL;
            enum status status = reading_parse(reading, buffer_text(&reading->out), &root);
            assert_int_equal(status, count == CEL_LIST_MAXIMUM ? STATUS_OK : STATUS_LIMIT);
            if (status == STATUS_OK) continue;
            assert_text(cases[i].message, reading->problems.items[0].message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_as_the_same_tree),
        cmocka_unit_test(no_parentheses_are_too_many),
        cmocka_unit_test(expressions_drawn_at_random_are_read_as_written),
        cmocka_unit_test(every_rule_makes_its_tree),
        cmocka_unit_test(nodes_know_where_they_were_written),
        cmocka_unit_test(the_terms_of_a_run_keep_their_parentheses),
        cmocka_unit_test(a_node_knows_its_height),
        cmocka_unit_test(five_hundred_alternatives_are_ten_levels),
        cmocka_unit_test(what_nests_is_read_to_the_limit_and_no_further),
        cmocka_unit_test(what_would_overflow_the_stack_is_refused),
        cmocka_unit_test(ten_megabytes_are_not_even_looked_at),
        cmocka_unit_test(a_list_written_out_has_at_most_2000_elements),
    };
    return cmocka_run_group_tests(tests, reading_set_up, reading_tear_down);
}
