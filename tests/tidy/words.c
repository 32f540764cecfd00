/* Words: calls that nobody makes, and those that the pure rooms do not make. */
#include "rules.h"

enum scope { EVERYWHERE, IN_PURE_ROOMS, IN_ENGINE };

/* Each family of calls with what to do instead. Names are separated by spaces; one that ends in *
 * stands for all that begin so. */
static const struct ban {
    enum scope scope;
    const char *names;
    const char *instead;
} bans[] = {
    {EVERYWHERE, "strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets",
     "it does not know how much room there is: use struct buffer, arena_format or snprintf"},
    {EVERYWHERE, "strtok strtok_r strsep", "it changes what it reads: use text_split"},
    {EVERYWHERE, "atoi atol atoll atof strtod strtof strtold",
     "it takes malformed numbers silently: use decimal_parse or amount_parse"},
    {EVERYWHERE, "scanf fscanf sscanf vscanf vsscanf vfscanf",
     "it overflows silently: use decimal_parse, amount_parse or instant_parse"},
    {EVERYWHERE, "alloca", "the stack has no limit that can be checked: use the arena"},
    {EVERYWHERE, "localtime gmtime ctime asctime mktime strftime localtime_r",
     "it knows the machine's zone, not the programme's: use calendar.h"},
    {EVERYWHERE, "rand srand random srandom rand_r drand48 lrand48",
     "its numbers differ between machines: use a generator of ours, seeded by the caller"},
    {EVERYWHERE, "setlocale uselocale newlocale", "output is the same in every locale"},
    {EVERYWHERE, "system popen tmpnam tempnam mktemp",
     "it goes through a shell or a race: use posix_spawn or mkstemp"},
    {EVERYWHERE, "assert", "it goes away in release builds: use ASSERT, or a status"},
    {IN_PURE_ROOMS, "time clock clock_* gettimeofday nanosleep usleep sleep",
     "a pure room sees no clock: take the instant as an argument"},
    {IN_PURE_ROOMS, "getrandom getentropy arc4random* randombytes*",
     "a pure room has no chance: take ids and seeds as arguments"},
    {IN_PURE_ROOMS,
     "fopen fdopen freopen fread fwrite fgets fgetc getc getchar getline open openat read write "
     "pread pwrite close stat fstat mmap socket connect remove rename unlink",
     "a pure room touches no file: take bytes, give bytes"},
    {IN_PURE_ROOMS, "printf fprintf vprintf vfprintf dprintf puts fputs fputc putc putchar perror",
     "a pure room prints nothing: give text back, or a problem in the list"},
    {IN_PURE_ROOMS, "getenv secure_getenv isalpha isdigit isspace toupper tolower strcoll",
     "a pure room knows neither environment nor locale: use text.h"},
    {IN_PURE_ROOMS, "pthread_* thrd_* mtx_* fork exit", "a pure room has no threads and no end"},
    {IN_ENGINE, "malloc calloc realloc reallocarray strdup strndup",
     "decide and apply allocate nothing: use the arena or room that the caller gave"},
};

static bool name_matches(struct text word, struct text name)
{
    if (!text_ends_with(word, TEXT("*"))) return text_equal(word, name);
    return text_starts_with(name, (struct text){word.bytes, word.length - 1});
}

static bool ban_names(const struct ban *ban, struct text name)
{
    struct text rest = text_of(ban->names);
    while (!text_is_empty(rest)) {
        struct text word = text_split(rest, ' ', &rest);
        if (name_matches(word, name)) return true;
    }
    return false;
}

static bool scope_holds(enum scope scope, struct place place)
{
    if (scope == EVERYWHERE) return true;
    if (place.home == NULL || !text_equal(place.top, TEXT("src"))) return false;
    return scope == IN_PURE_ROOMS ? place.home->pure : text_equal(place.room, TEXT("engine"));
}

static void check_call(struct check *check, const struct token *token, struct place place)
{
    for (size_t i = 0; i < sizeof bans / sizeof *bans; i++) {
        if (!scope_holds(bans[i].scope, place) || !ban_names(&bans[i], token->text)) continue;
        check_report(check, token->line, "banned-call", "no %.*s(): %s",
                     TEXT_ARGUMENTS(token->text), bans[i].instead);
        return;
    }
}

void check_words(struct check *check)
{
    const struct source *source = check->source;
    struct place place = place_of(source->path);
    bool is_whole = scope_holds(IN_PURE_ROOMS, place) && !sees_doubles(place);
    for (size_t i = 0; i < source->token_count; i++) {
        const struct token *token = &source->tokens[i];
        if (token->kind != TOKEN_NAME) continue;
        if (is_whole && (token_is(token, "double") || token_is(token, "float"))) {
            check_report(check, token->line, "floating-point",
                         "a pure room computes in integers and decimals: use amount.h");
        }
        const struct token *before = source_token(source, i, -1);
        bool is_member = token_is(before, ".") || token_is(before, "->");
        if (!is_member && token_is(source_token(source, i, 1), "(")) {
            check_call(check, token, place);
        }
    }
}
