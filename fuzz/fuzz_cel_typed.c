/* Bytes as decisions: each chooses a production of a grammar of well-typed expressions, so that
 * what is made is nearly always accepted and reaches what lies behind the checker. It is held to
 * cel_promises.h.
 *
 * The first byte chooses the rules, as in fuzz_cel.c. In a production {I} stands for any expression
 * of that kind, {=} for one of a kind that is the same throughout the production, {+I} declares a
 * variable of that kind and writes its name, {-} forgets the last one; all else stands for itself.
 * The decisions are over when the bytes are: whatever is still open is closed with what nests no
 * deeper.
 */
#include "cel_promises.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAXIMUM 1024
#define EXPRESSION_BYTES_MAXIMUM 4096
#define DEPTH_MAXIMUM 7
#define VARIABLE_MAXIMUM 32

/* Kinds: Bool, Int, Uint, Double, String, bYtes, deCimal, Money, Time, duratioN, List of int, list
 * of string (Z), maP from string to int, optional int (O), optional string (Q), Any. */
#define KINDS "BIUDSYCMTNLZPOQA"
#define ORDERED_KINDS 10

static const struct {
    char kind;
    const char *text;
} productions[] = {
    /* What nests no deeper comes first, for each kind. */
    {'B', "true"},
    {'B', "false"},
    {'B', "has(order.note)"},
    {'B', "has(member.birthday)"},
    {'B', "({B} && {B})"},
    {'B', "({B} || {B})"},
    {'B', "!({B})"},
    {'B', "({B} ? {B} : {B})"},
    {'B', "({=} == {=})"},
    {'B', "({=} != {=})"},
    {'B', "({=} < {=})"},
    {'B', "({=} <= {=})"},
    {'B', "({=} > {=})"},
    {'B', "({=} >= {=})"},
    {'B', "({I} < {D})"},
    {'B', "({U} >= {I})"},
    {'B', "({C} == {I})"},
    {'B', "({M} >= 49.99)"},
    {'B', "({C} < 1.25)"},
    {'B', "({L} == {L})"},
    {'B', "({P} == {P})"},
    {'B', "({A} == {A})"},
    {'B', "({O} == {O})"},
    {'B', "({I} in {L})"},
    {'B', "({S} in {Z})"},
    {'B', "({S} in {P})"},
    {'B', "{S}.contains({S})"},
    {'B', "{S}.startsWith({S})"},
    {'B', "{S}.matches('^[a-z]+$')"},
    {'B', "{L}.all({+I}, {B}){-}"},
    {'B', "{Z}.exists({+S}, {B}){-}"},
    {'B', "{L}.exists_one({+I}, {B}){-}"},
    {'B', "{P}.all({+S}, {+I}, {B}){-}{-}"},
    {'B', "order.items.exists(i, i.quantity >= {I} && i.category == {S})"},
    {'B', "order.items.all(i, i.unit_price < {M} || i.weight > {C})"},
    {'B', "member.tiers.club.atLeast({S})"},
    {'B', "{O}.hasValue()"},
    {'B', "sets.contains({L}, {L})"},
    {'B', "sets.intersects({Z}, {Z})"},
    {'B', "type({A}) == type({=})"},
    {'B', "bool({S})"},
    {'I', "0"},
    {'I', "-1"},
    {'I', "7"},
    {'I', "9223372036854775807"},
    {'I', "-9223372036854775808"},
    {'I', "order.items.size()"},
    {'I', "points['points']"},
    {'I', "({I} + {I})"},
    {'I', "({I} - {I})"},
    {'I', "({I} * {I})"},
    {'I', "({I} / {I})"},
    {'I', "({I} % {I})"},
    {'I', "-({I})"},
    {'I', "({B} ? {I} : {I})"},
    {'I', "size({S})"},
    {'I', "{L}.size()"},
    {'I', "int({D})"},
    {'I', "int({S})"},
    {'I', "int({U})"},
    {'I', "int({T})"},
    {'I', "{L}[{I}]"},
    {'I', "{P}[{S}]"},
    {'I', "{O}.value()"},
    {'I', "{O}.orValue({I})"},
    {'I', "math.greatest({I}, {I})"},
    {'I', "math.least({I}, {I}, {I})"},
    {'I', "math.abs({I})"},
    {'I', "math.bitShiftLeft({I}, {I})"},
    {'I', "{L}.sum()"},
    {'I', "twice({I})"},
    {'I', "{S}.indexOf({S}, {I})"},
    {'I', "{S}.lastIndexOf({S})"},
    {'I', "{C}.floor()"},
    {'I', "{T}.getFullYear('UTC')"},
    {'I', "{T}.getHours('Europe/Berlin')"},
    {'I', "{N}.getMinutes()"},
    {'I', "cel.bind({+S}, {S}, {I}){-}"},
    {'U', "0u"},
    {'U', "18446744073709551615u"},
    {'U', "({U} - {U})"},
    {'U', "({U} * {U})"},
    {'U', "uint({I})"},
    {'U', "uint({D})"},
    {'D', "0.0"},
    {'D', "1.5"},
    {'D', "-1e300"},
    {'D', "double('NaN')"},
    {'D', "({D} + {D})"},
    {'D', "({D} / {D})"},
    {'D', "double({I})"},
    {'D', "double({S})"},
    {'D', "math.round({D})"},
    {'D', "math.sqrt({D})"},
    {'S', "''"},
    {'S', "'anna'"},
    {'S', "'gr\303\274n'"},
    {'S', "'\360\237\230\201'"},
    {'S', "'12'"},
    {'S', "order.id"},
    {'S', "order.tags['colour']"},
    {'S', "member.birthday"},
    {'S', "({S} + {S})"},
    {'S', "({B} ? {S} : {S})"},
    {'S', "string({=})"},
    {'S', "{S}.upperAscii()"},
    {'S', "{S}.reverse()"},
    {'S', "{S}.trim()"},
    {'S', "{S}.charAt({I})"},
    {'S', "{S}.substring({I}, {I})"},
    {'S', "{S}.replace({S}, {S})"},
    {'S', "{S}.replace({S}, {S}, {I})"},
    {'S', "{Z}.join({S})"},
    {'S', "{Z}[{I}]"},
    {'S', "'%s-%s'.format([{=}, {A}])"},
    {'S', "'%d %x'.format([{I}, {S}])"},
    {'S', "'%.2f'.format([{D}])"},
    {'S', "base64.encode({Y})"},
    {'S', "strings.quote({S})"},
    {'S', "shop.greet({S})"},
    {'S', "{M}.currency()"},
    {'S', "{Q}.orValue({S})"},
    {'Y', "b''"},
    {'Y', "b'ab\\xff'"},
    {'Y', "({Y} + {Y})"},
    {'Y', "bytes({S})"},
    {'Y', "base64.decode({S})"},
    {'C', "rate"},
    {'C', "decimal('-3.50')"},
    {'C', "decimal('999999999.999999999')"},
    {'C', "({C} + {C})"},
    {'C', "({C} - {I})"},
    {'C', "({C} * {C})"},
    {'C', "({C} + 0.25)"},
    {'C', "{M}.amount()"},
    {'C', "{C}.divide({C}, 3, 'half up')"},
    {'C', "{C}.divide({I}, {I}, 'half even')"},
    {'C', "{C}.round({I}, 'down')"},
    {'C', "{C}.abs()"},
    {'C', "decimal({I})"},
    {'C', "decimal({S})"},
    {'M', "order.eligible"},
    {'M', "money('2.50 USD')"},
    {'M', "({M} + {M})"},
    {'M', "({M} * {C})"},
    {'M', "({M} * {I})"},
    {'M', "-({M})"},
    {'M', "{M}.round({I}, 'up')"},
    {'M', "{M}.divide({I}, 2, 'down')"},
    {'M', "money({C}, 'EUR')"},
    {'M', "order.items.map(i, i.unit_price * {I}).sum()"},
    {'T', "now"},
    {'T', "timestamp('9999-12-31T23:59:59Z')"},
    {'T', "timestamp(0)"},
    {'T', "({T} + {N})"},
    {'T', "({T} - {N})"},
    {'T', "timestamp({I})"},
    {'T', "timestamp({S})"},
    {'N', "order.waited"},
    {'N', "duration('-100000h')"},
    {'N', "({N} + {N})"},
    {'N', "({T} - {T})"},
    {'N', "duration({S})"},
    {'L', "[]"},
    {'L', "[3, 1, 2, 1]"},
    {'L', "[{I}, {I}]"},
    {'L', "[{I}, ?{O}]"},
    {'L', "({L} + {L})"},
    {'L', "{L}.map({+I}, {I}){-}"},
    {'L', "{L}.map({+I}, {B}, {I}){-}"},
    {'L', "{L}.filter({+I}, {B}){-}"},
    {'L', "{L}.transformList({+I}, {+I}, {I}){-}{-}"},
    {'L', "{L}.sort()"},
    {'L', "{L}.sortBy({+I}, {I}){-}"},
    {'L', "{L}.reverse()"},
    {'L', "{L}.distinct()"},
    {'L', "{L}.slice({I}, {I})"},
    {'L', "[{L}, {L}].flatten()"},
    {'L', "lists.range({I})"},
    {'Z', "names"},
    {'Z', "['b', 'a']"},
    {'Z', "[{S}, {S}]"},
    {'Z', "({Z} + {Z})"},
    {'Z', "{S}.split({S})"},
    {'Z', "{S}.split({S}, {I})"},
    {'Z', "{Z}.map({+S}, {S}){-}"},
    {'Z', "{Z}.sortBy({+S}, {I}){-}"},
    {'P', "points"},
    {'P', "{}"},
    {'P', "{{S}: {I}}"},
    {'P', "{?{S}: {O}, 'z': {I}}"},
    {'P', "{P}.transformMap({+S}, {+I}, {I}){-}{-}"},
    {'P', "{P}.transformMapEntry({+S}, {+I}, {{S}: {I}}){-}{-}"},
    {'O', "points[?'x']"},
    {'O', "optional.of(1)"},
    {'O', "optional.of({I})"},
    {'O', "{O}.or({O})"},
    {'O', "{P}[?{S}]"},
    {'O', "{L}[?{I}]"},
    {'O', "{O}.optMap({+I}, {I}){-}"},
    {'O', "{O}.optFlatMap({+I}, {O}){-}"},
    {'O', "{L}.first()"},
    {'O', "optional.ofNonZeroValue({I})"},
    {'Q', "maybe"},
    {'Q', "member.?birthday"},
    {'Q', "{Z}[?{I}]"},
    {'Q', "order.tags[?{S}]"},
    {'A', "whatever"},
    {'A', "null"},
    {'A', "whatever[2].points"},
    {'A', "dyn({=})"},
    {'A', "dyn({L})"},
    {'A', "whatever[{I}]"},
    {'A', "({A} + {=})"},
    {'A', "{A}.map(w, {A})"},
    {'A', "[{=}, {A}]"},
};
#define PRODUCTION_COUNT (sizeof productions / sizeof productions[0])

struct maker {
    const uint8_t *decisions;
    size_t left;
    char out[EXPRESSION_BYTES_MAXIMUM];
    size_t length;
    bool is_full;
    char variables[VARIABLE_MAXIMUM]; /* the kind of each; its name is v and its number */
    uint32_t variable_count;
};

static uint32_t decide(struct maker *maker, uint32_t count)
{
    if (maker->left == 0) return 0;
    maker->left--;
    return *maker->decisions++ % count;
}

static void put(struct maker *maker, struct text text)
{
    if (maker->length + text.length > sizeof maker->out) {
        maker->is_full = true;
        return;
    }
    memcpy(maker->out + maker->length, text.bytes, text.length);
    maker->length += text.length;
}

static void put_variable(struct maker *maker, uint32_t number)
{
    char name[3] = {'v', (char)('a' + number % 26), (char)('a' + number / 26)};
    put(maker, (struct text){name, sizeof name});
}

static bool nests(const char *text)
{
    for (; *text != '\0'; text++)
        if (text[0] == '{' && text[1] != '\0' && text[2] == '}') return true;
    return strstr(text, "{+") != NULL;
}

/* A variable of that kind, one time in four that there is one. */
static bool put_some_variable(struct maker *maker, char kind)
{
    if (maker->variable_count == 0 || decide(maker, 4) != 1) return false;
    uint32_t number = decide(maker, maker->variable_count);
    if (maker->variables[number] != kind) return false;
    put_variable(maker, number);
    return true;
}

static const char *choose(struct maker *maker, char kind, bool may_nest)
{
    const char *found[PRODUCTION_COUNT];
    uint32_t count = 0;
    for (size_t i = 0; i < PRODUCTION_COUNT; i++) {
        if (productions[i].kind == kind && (may_nest || !nests(productions[i].text)))
            found[count++] = productions[i].text;
    }
    ASSERT(count > 0);
    return found[decide(maker, count)];
}

static void declare(struct maker *maker, char kind)
{
    if (maker->variable_count == VARIABLE_MAXIMUM) {
        maker->is_full = true;
        return;
    }
    maker->variables[maker->variable_count] = kind;
    put_variable(maker, maker->variable_count++);
}

/* The depth is bounded by DEPTH_MAXIMUM, the length by the room. */
static void make(struct maker *maker, char kind, int depth)
{
    if (maker->is_full || put_some_variable(maker, kind)) return;
    char same = KINDS[decide(maker, ORDERED_KINDS)];
    const char *text = choose(maker, kind, depth < DEPTH_MAXIMUM && maker->left > 0);
    while (*text != '\0' && !maker->is_full) {
        if (text[0] == '{' && text[1] == '+') {
            declare(maker, text[2]);
            text += 4;
        } else if (text[0] == '{' && text[1] == '-') {
            if (maker->variable_count > 0) maker->variable_count--;
            text += 3;
        } else if (text[0] == '{' && text[1] != '\0' && text[2] == '}') {
            make(maker, text[1] == '=' ? same : text[1], depth + 1);
            text += 3;
        } else {
            put(maker, (struct text){text++, 1});
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct maker maker;
    if (size < 2 || size > INPUT_BYTES_MAXIMUM) return 0;
    maker = (struct maker){.decisions = data + 2, .left = size - 2};
    make(&maker, KINDS[data[1] % (sizeof KINDS - 1)], 0);
    if (!maker.is_full) cel_hold_promises(data[0], (struct text){maker.out, maker.length});
    return 0;
}
