/* guerdon eval: expressions tried out, over events as the API takes them and members as somebody
 * describes them; what is wrong, with a caret below its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command.h"

static const char shop[] =
    "program: shop\n"
    "title: The Shop\n"
    "timezone: Europe/Berlin\n"
    "currencies: [USD, EUR]\n"
    "wallets:\n"
    "  points: {names: {en: {one: point, other: points}}}\n"
    "  stars: {decimals: 2}\n"
    "profile: {country: string, newsletter: bool, score: decimal, tags: list(string)}\n"
    "events:\n"
    "  review:\n"
    "    title: Product review\n"
    "    fields: {approved: bool, rating: int, product: string, price: money, at: timestamp}\n"
    "counters:\n"
    "  spend: {sum: order.eligible, currency: USD, window: calendar year}\n"
    "  buys: {count: purchases, window: membership year}\n"
    "  earned: {sum: earned.stars, window: 30 days}\n"
    "segments:\n"
    "  germans: {when: \"has(member.profile.country) && member.profile.country == 'DE'\"}\n"
    "tiers:\n"
    "  club:\n"
    "    measured_by: spend\n"
    "    levels: {insider: {}, vib: {from: 350 USD}, rouge: {from: 1000 USD}}\n"
    "rules:\n"
    "  base: {on: purchase, earn: 1 point per 1.00 USD of order.eligible}\n";

static const char order[] =
    "{\"type\": \"purchase\", \"member\": \"m1\", \"order\": \"o1\", \"channel\": \"web\",\n"
    " \"occurred_at\": \"2027-03-05T23:30:00Z\", \"currency\": \"EUR\", \"items\": [\n"
    "  {\"id\": \"A\", \"sku\": \"serum\", \"category\": \"skincare\", \"quantity\": 2,"
    " \"unit_price\": \"10.00\"},\n"
    "  {\"sku\": \"soap\", \"category\": \"body\", \"unit_price\": \"22.10\"}]}\n";

static const char dollars[] =
    "{\"type\": \"purchase\", \"order\": \"o2\", \"items\": [{\"unit_price\": \"42.10\"}]}\n";

static const char review[] =
    "{\"type\": \"review\", \"member\": \"m1\", \"data\": {\"approved\": true, \"rating\": 4,\n"
    " \"price\": \"12.50 USD\", \"at\": \"2027-01-01T00:00:00Z\"}}\n";

static const char member[] =
    "{\"id\": \"m1\", \"joined_at\": \"2026-01-05T10:00:00Z\", \"birthday\": \"--03-06\",\n"
    " \"profile\": {\"country\": \"DE\", \"score\": \"1.50\", \"tags\": [\"a\", \"b\"]},\n"
    " \"wallets\": {\"points\": {\"available\": \"120\", \"pending\": \"5\"}, \"stars\": "
    "\"2.5\"},\n"
    " \"counters\": {\"spend\": \"350.00\", \"buys\": 3, \"earned\": \"7.25\"},\n"
    " \"tiers\": {\"club\": {\"level\": \"vib\", \"since\": \"2026-06-01T00:00:00Z\"}}}\n";

static void put_files(void)
{
    put_file("shop.yaml", shop);
    put_file("order.json", order);
    put_file("dollars.json", dollars);
    put_file("review.json", review);
    put_file("member.json", member);
}

struct trial {
    const char *arguments;
    const char *printed; /* all of standard output */
    int exit_code;
};

static void run_trials(const char *more, const struct trial *trials, size_t count)
{
    put_files();
    for (size_t i = 0; i < count; i++) {
        struct command command;
        run(&command, "$guerdon eval %s %s", more, trials[i].arguments);
        if (strcmp(command.output.bytes, trials[i].printed) != 0)
            print_error("guerdon eval %s %s\n", more, trials[i].arguments);
        assert_string_equal(command.output.bytes, trials[i].printed);
        assert_exit(&command, trials[i].exit_code);
        assert_silent(&command);
        command_release(&command);
    }
}
#define TRIALS(more, trials) run_trials((more), (trials), sizeof(trials) / sizeof((trials)[0]))

static void plain_expressions_work_at_once(void **context)
{
    (void)context;
    static const struct trial trials[] = {
        {"\"'abc'.size() * 2\"", "6\n", 0},
        {"\"'it' + '\\\\''\"", "'it\\''\n", 0},
        {"\"[1, 2].map(x, x * 2)\"", "[2, 4]\n", 0},
        {"\"{'a': 1.5}\"", "{'a': 1.5}\n", 0},
        {"\"decimal('0.1') + 0.2 == 0.3\"", "true\n", 0},
        {"\"money('2.50 USD') * 3\"", "7.50 USD\n", 0},
        {"\"member.wallets.points.available\"", "decimal('0')\n", 0},
        {"\"has(member.birthday)\"", "false\nhas(member.birthday): not known\n", 0},
        {"\"program.id\"", "'plain'\n", 0},
        {"\"now\" --at 2027-03-05T12:00:00+01:00", "timestamp('2027-03-05T11:00:00Z')\n", 0},
        {"-- '-1 + 2'", "1\n", 0},
    };
    TRIALS("", trials);
}

static void an_event_is_seen_as_in_a_sale(void **context)
{
    (void)context;
    static const struct trial trials[] = {
        {"order.eligible --event order.json", "42.10 EUR\n", 0},
        {"order.eligible --event dollars.json", "42.10 USD\n", 0},
        {"\"order.items.exists(i, i.category == 'body' && i.quantity == 1)\" --event order.json",
         "true\n", 0},
        {"\"order.eligible >= money('50.00 EUR')\" --event order.json",
         "false\norder.eligible >= money('50.00 EUR'): 42.10 >= money('50.00 EUR')\n", 0},
        /* 23:30 in London is half past midnight in Berlin. */
        {"\"event.local.weekday + ' ' + event.local.date + ' ' + event.local.time\""
         " --event order.json",
         "'saturday 2027-03-06 00:30'\n", 0},
        {"\"now.getHours('America/New_York')\" --event order.json", "18\n", 0},
        {"event.local.date --event order.json --at 2027-07-01", "'2027-07-01'\n", 0},
        {"now --event order.json --at 2027-07-01", "timestamp('2027-06-30T22:00:00Z')\n", 0},
        {"\"item.category == 'skincare'\" --event order.json",
         "item A: true\nitem 2: false\nitem.category == 'skincare': 'body' == 'skincare'\n", 0},
        {"event.price --event review.json", "12.50 USD\n", 0},
        {"\"event.rating >= 5 && event.approved\" --event review.json --on review",
         "false\nevent.rating >= 5: 4 >= 5\n", 0},
        {"\"event.type + ' of ' + member.id\" --event review.json", "'review of m1'\n", 0},
    };
    TRIALS("--program shop.yaml", trials);
}

static void a_member_is_seen_as_it_is_described(void **context)
{
    (void)context;
    static const struct trial trials[] = {
        {"\"[member.wallets.points.available, member.wallets.points.pending]\"",
         "[decimal('120'), decimal('5')]\n", 0},
        {"member.wallets.stars.available", "decimal('2.50')\n", 0},
        {"member.wallets.stars.debt", "decimal('0.00')\n", 0},
        {"member.counters.spend", "350.00 USD\n", 0},
        {"member.counters.buys", "3\n", 0},
        {"member.counters.earned", "decimal('7.25')\n", 0},
        {"member.joined_at", "timestamp('2026-01-05T10:00:00Z')\n", 0},
        {"member.profile.tags", "['a', 'b']\n", 0},
        {"member.profile.score", "decimal('1.50')\n", 0},
        {"member.segments.germans", "true\n", 0},
        {"member.tiers.club.level", "'vib'\n", 0},
        {"member.tiers.club.since", "timestamp('2026-06-01T00:00:00Z')\n", 0},
        {"\"member.tiers.club.atLeast('rouge')\"",
         "false\nmember.tiers.club.atLeast('rouge'): member.tiers.club is 'vib'\n", 0},
        {"\"[member.birthday.month, member.birthday.day]\"", "[3, 6]\n", 0},
        /* It is the birthday in the programme's zone, and not yet in London. */
        {"\"member.birthday.within('day')\" --event order.json", "true\n", 0},
    };
    TRIALS("--program shop.yaml --member member.json", trials);
}

static void what_cannot_be_worked_out_is_shown_with_its_place(void **context)
{
    (void)context;
    static const struct trial trials[] = {
        {"1/0", "error: divide by zero\n1/0\n ^\n", 1},
        {"\"9223372036854775807 + member.counters.buys + 1\"",
         "error: a number becomes too large\n9223372036854775807 + member.counters.buys + 1\n"
         "                                           ^\n",
         1},
        {"\"{'a': 1}['b']\"", "error: no such key\n{'a': 1}['b']\n        ^\n", 1},
        {"order.eligible",
         "error: not known; nothing has happened: --event says what did\norder.eligible\n^\n", 1},
        {"event.rating --on review",
         "error: not known; nothing has happened: --event says what did\nevent.rating\n^\n", 1},
        {"\"event.product == 'x'\" --event review.json",
         "error: not known\nevent.product == 'x'\n      ^\n", 1},
        {"member.tiers.club.kept_until --member member.json",
         "error: not known\nmember.tiers.club.kept_until\n                  ^\n", 1},
        {"member.profile.newsletter",
         "error: not known\nmember.profile.newsletter\n               ^\n", 1},
        {"\"order.eligible >= money('50.00 USD')\" --event order.json",
         "error: different currencies: EUR and USD\norder.eligible >= money('50.00 USD')\n"
         "               ^\n",
         1},
        /* Two cells a character. */
        {"\"'日本' == '日本' && 1/0 == 1\"",
         "error: divide by zero\n'日本' == '日本' && 1/0 == 1\n                     ^\n", 1},
    };
    TRIALS("--program shop.yaml", trials);
}

static void mistakes_are_shown_with_a_caret(void **context)
{
    (void)context;
    static const struct trial trials[] = {
        {"\"order.itmes.size() > 2\"",
         "1:7: 'Order' has no field 'itmes'; did you mean 'items'?\norder.itmes.size() > 2\n"
         "      ^\n",
         1},
        /* Columns count characters; the caret counts cells: two of each of these, */
        {"\"'日本' + 1\"", "1:6: '+' cannot add string and int\n'日本' + 1\n       ^\n", 1},
        /* and one of a letter with a combining accent. */
        {"\"'e\xcc\x81' + order.x\"",
         "1:14: 'Order' has no field 'x'; it has id, currency, items, quantity, subtotal, "
         "discount, "
         "tax, shipping, paid_with_points, total and eligible\n'e\xcc\x81' + order.x\n"
         "            ^\n",
         1},
        {"\"1 +\n  2 +\n\t\tx\"", "3:3: 'x' is not known\n\t\tx\n\t\t^\n", 1},
        {"\"\"", "1:1: there is no expression here\n\n^\n", 1},
        {"\"order.eligible >= 50.00\"",
         "1:16: money has a currency and a plain number has none: write money('50.00 EUR'), with "
         "the currency that is meant\norder.eligible >= 50.00\n               ^\n",
         1},
        {"\"member.tiers.club.atLeast('ruge')\"",
         "1:27: there is no level 'ruge'; did you mean 'rouge'?\n"
         "member.tiers.club.atLeast('ruge')\n                          ^\n",
         1},
        {"\"event.local.weekday == 'sundy'\"",
         "1:24: there is no weekday 'sundy'; did you mean 'sunday'?\n"
         "event.local.weekday == 'sundy'\n                       ^\n",
         1},
        {"\"now.getHours()\"",
         "1:5: getHours() without a time zone means UTC: name the zone, as in "
         "getHours('America/New_York')\nnow.getHours()\n    ^\n",
         1},
        {"order.id --on join", "1:1: 'order' is not known\norder.id\n^\n", 1},
        {"event.rating",
         "1:7: 'Event' has no field 'rating'; it has type, occurred_at, local, channel, store, "
         "till, "
         "staff and partner\nevent.rating\n      ^\n",
         1},
        {"member.tiers.clubb.rank",
         "1:14: 'Tiers' has no field 'clubb'; did you mean 'club'?\nmember.tiers.clubb.rank\n"
         "             ^\n",
         1},
        /* It may be meant: the value comes behind it. */
        {"\"member.tiers.club == 'vib'\" --member member.json",
         "1:19: warning: == 'vib' leaves out the levels above it, such as 'rouge'; for \"vib or "
         "above\" write member.tiers.club.atLeast('vib')\nmember.tiers.club == 'vib'\n"
         "                  ^\ntrue\n",
         0},
    };
    TRIALS("--program shop.yaml", trials);
}

static void programs_can_read_it(void **context)
{
    (void)context;
    static const struct trial trials[] = {
        {"\"'a\\\"b'\"", "{\"type\":\"string\",\"value\":\"'a\\\"b'\"}\n", 0},
        {"\"order.eligible > money('50 EUR')\" --event order.json",
         "{\"type\":\"bool\",\"value\":\"false\",\"why\":\"order.eligible > money('50 EUR'): 42.10 "
         "> "
         "money('50 EUR')\"}\n",
         0},
        {"item.subtotal --event order.json",
         "{\"type\":\"money\",\"items\":[{\"item\":\"A\",\"value\":\"20.00 EUR\"},"
         "{\"item\":\"2\",\"value\":\"22.10 EUR\"}]}\n",
         0},
        {"1/0", "{\"type\":\"int\",\"error\":\"divide by zero\",\"line\":1,\"column\":2}\n", 1},
        {"\"member.tiers.club == 'vib'\" --member member.json",
         "{\"warnings\":[{\"line\":1,\"column\":19,\"message\":\"== 'vib' leaves out the levels "
         "above "
         "it, such as 'rouge'; for \\\"vib or above\\\" write member.tiers.club.atLeast('vib')\"}],"
         "\"type\":\"bool\",\"value\":\"true\"}\n",
         0},
        {"order.itmes",
         "{\"problems\":[{\"line\":1,\"column\":7,\"message\":\"'Order' has no field 'itmes'; did "
         "you "
         "mean 'items'?\"}]}\n",
         1},
    };
    TRIALS("--program shop.yaml --json", trials);
}

/* Mistakes in files and options are said, and nothing is printed. */
static void what_is_wrong_with_the_files_is_said(void **context)
{
    (void)context;
    static const struct {
        const char *file;
        const char *arguments;
        const char *said;
    } cases[] = {
        {"{\"walets\": {}}", "--member file.json",
         "guerdon: file.json: /walets: there is no such field; did you mean 'wallets'?\n"},
        {"{\"wallets\": {\"pionts\": \"1\"}}", "--member file.json",
         "/wallets/pionts: the programme has no such wallet; did you mean 'points'?\n"},
        {"{\"wallets\": {\"points\": \"1.5\"}}", "--member file.json",
         "/wallets/points/available: it has more decimals than it can have: 0\n"},
        {"{\"wallets\": {\"points\": {\"available\": \"-1\"}}}", "--member file.json",
         "/wallets/points/available: it is below zero\n"},
        {"{\"wallets\": {\"points\": {\"availble\": \"1\"}}}", "--member file.json",
         "/wallets/points/availble: there is no such field; did you mean 'available'?\n"},
        {"{\"counters\": {\"spent\": \"1\"}}", "--member file.json",
         "/counters/spent: the programme has no such counter; did you mean 'spend'?\n"},
        {"{\"counters\": {\"spend\": true}}", "--member file.json", "/counters/spend: "},
        {"{\"counters\": {\"spend\": 99999999999999999}}", "--member file.json",
         "/counters/spend: it is too large\n"},
        {"{\"tiers\": {\"clup\": \"vib\"}}", "--member file.json",
         "/tiers/clup: the programme has no such tier set; did you mean 'club'?\n"},
        {"{\"tiers\": {\"club\": \"vip\"}}", "--member file.json",
         "/tiers/club/vip: the programme has no such level; did you mean 'vib'?\n"},
        {"{\"tiers\": {\"club\": {\"level\": \"vib\", \"kept_until\": \"2027-01-01T00:00:00Z\"}}}",
         "--member file.json", "/tiers/club: \"kept_until\" goes with \"since\"\n"},
        {"{\"profile\": {\"contry\": \"DE\"}}", "--member file.json",
         "/profile/contry: the profile has no such field; did you mean 'country'?\n"},
        {"{\"profile\": {\"country\": 1}}", "--member file.json", "/profile/country: "},
        {"{\"birthday\": \"May\"}", "--member file.json", "/birthday: it is no birthday: write it"},
        {"{\"segments\": {}}", "--member file.json", "/segments: there is no such field"},
        {"[]", "--member file.json", "guerdon: file.json: "},
        {"{\"id\": \"m2\"}", "--member file.json --event order.json",
         "the event is of member 'm1', and file.json describes 'm2'\n"},
        {"{\n \"id\": x}", "--member file.json", "guerdon: file.json:2:"},
        {"{\"type\": \"purchase\", \"order\": \"o\"}", "--event file.json",
         "guerdon: file.json: /items: it is missing: purchase needs it\n"},
        {"{\"type\": \"purchse\"}", "--event file.json",
         "/type: there is no 'purchse'; did you mean 'purchase'?\n"},
        {"{\"type\": \"review\", \"member\": \"m1\", \"data\": {\"ratng\": 5}}",
         "--event file.json", "/data/ratng: review has no such field; did you mean 'rating'?\n"},
        {"{\"type\": \"settle\", \"member\": \"m1\"}", "--event file.json",
         "expressions are asked of a purchase, a quote, a join or an event of the programme's own"},
        {"{\"type\": \"join\", \"member\": \"m1\"}", "--event file.json --on purchase",
         "--on purchase: the event is a join; leave --on out\n"},
        {"", "--event file.json", "guerdon: file.json:1:1: "},
        {"", "--on reviw", "--on: there is no event 'reviw'; did you mean 'review'?\n"},
        {"", "--at yesterday", "--at: 'yesterday' is no time: write it as 2027-03-05T17:30"},
        {"", "--event nowhere.json", "nowhere.json cannot be read"},
    };
    put_files();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command command;
        put_file("file.json", cases[i].file);
        run(&command, "$guerdon eval --program shop.yaml true %s", cases[i].arguments);
        assert_said(&command, cases[i].said);
        assert_exit(&command, 1);
        assert_string_equal(command.output.bytes, "");
        command_release(&command);
    }
}

static void a_wrong_programme_is_said(void **context)
{
    (void)context;
    struct command command;
    put_file("wrong.yaml", "program: shop\ncurrency: USD\nwalets: {points: {}}\n");
    run(&command, "$guerdon eval true --program wrong.yaml");
    assert_exit(&command, 1);
    assert_said(&command, "guerdon: wrong.yaml:3:1: unknown key \"walets\"");
    command_release(&command);
}

static void wrong_command_lines_are_explained(void **context)
{
    (void)context;
    static const char *const lines[][2] = {
        {"", "eval needs an expression, or --types"},
        {"1 + 1", "eval takes one expression; put it in quotes"},
        {"--types --json", "--json goes with an expression"},
        {"true --evnt x", "did you mean --event?"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct command command;
        run(&command, "$guerdon eval %s", lines[i][0]);
        assert_exit(&command, 2);
        assert_said(&command, lines[i][1]);
        command_release(&command);
    }
}

static void files_can_come_from_standard_input(void **context)
{
    (void)context;
    struct command command;
    put_files();
    run(&command, "cat order.json | $guerdon eval order.quantity --program shop.yaml --event -");
    assert_exit(&command, 0);
    assert_string_equal(command.output.bytes, "3\n");
    command_release(&command);
}

static void types_come_with_an_expression(void **context)
{
    (void)context;
    static const struct trial trials[] = {
        {"member.counters.spend", "money\n0.00 USD\n", 0},
        {"\"member.profile.tags.size()\"",
         "int\nerror: not known\nmember.profile.tags.size()\n               ^\n", 1},
        {"\"order.items.filter(i, i.quantity > 1)\" --event order.json", "list(Item)\n[Item]\n", 0},
    };
    TRIALS("--program shop.yaml --types", trials);
}

/* Everything that a programme brings, everything that Guerdon has, every library; each once. */
static void all_that_can_be_named_is_listed(void **context)
{
    (void)context;
    static const char *const lines[] = {
        "# variables\nmember: Member\nprogram: Program\nnow: timestamp\nevent: Event\n\n# types\n",
        "\nTiers.club: Tier\n",
        "\nWallets.points: Wallet\nWallets.stars: Wallet\n",
        "\nCounters.spend: money\nCounters.buys: int\nCounters.earned: decimal\n",
        "\nSegments.germans: bool\n",
        "\nProfile.country: string\nProfile.newsletter: bool\n",
        "\nProfile.score: decimal\nProfile.tags: list(string)\n",
        "\nEvent.partner: string\nEvent.approved: bool\nEvent.rating: int\n",
        "\nOrder.eligible: money\n",
        "\n\n# functions\nTier.atLeast(string) -> bool\n",
        "\n\n# functions: standard\n",
        "\n\n# functions: strings\n",
        "\nstring.charAt(int) -> string\n",
        "\n\n# functions: math\n",
        "\n\n# functions: lists\n",
        "\n\n# functions: sets\n",
        "\n\n# functions: encoders\n",
        "\n\n# functions: optionals\n",
        "\n\n# functions: amounts\n",
        "\n\n# operators\n",
        "\nmoney + money -> money\n",
        "\nTier == string -> bool\n",
        "\n\n# macros\nhas(order.customer)\n",
    };
    struct command command;
    struct command again;
    put_files();
    run(&command, "$guerdon eval --types --program shop.yaml --on review");
    assert_exit(&command, 0);
    assert_silent(&command);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_printed(&command, lines[i]);
    run(&again, "$guerdon eval --types --program shop.yaml --event review.json");
    assert_string_equal(command.output.bytes, again.output.bytes);
    command_release(&again);
    run(&again, "$guerdon eval --types --program shop.yaml --on review | grep . | sort | uniq -d");
    assert_string_equal(again.output.bytes, "");
    command_release(&again);
    run(&again, "$guerdon eval --types");
    assert_printed(&again, "\norder: Order\nitem: Item\n\n");
    assert_not_printed(&again, "Segments.");
    command_release(&again);
    command_release(&command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_expressions_work_at_once),
        cmocka_unit_test(an_event_is_seen_as_in_a_sale),
        cmocka_unit_test(a_member_is_seen_as_it_is_described),
        cmocka_unit_test(what_cannot_be_worked_out_is_shown_with_its_place),
        cmocka_unit_test(mistakes_are_shown_with_a_caret),
        cmocka_unit_test(programs_can_read_it),
        cmocka_unit_test(what_is_wrong_with_the_files_is_said),
        cmocka_unit_test(a_wrong_programme_is_said),
        cmocka_unit_test(wrong_command_lines_are_explained),
        cmocka_unit_test(files_can_come_from_standard_input),
        cmocka_unit_test(types_come_with_an_expression),
        cmocka_unit_test(all_that_can_be_named_is_listed),
    };
    return cmocka_run_group_tests(tests, command_set_up, command_tear_down);
}
