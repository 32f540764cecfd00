/* Includes: who may know whom.
 *
 * A file of src/ROOM includes its own room's headers, and of the rooms below only the face:
 * "engine/engine.h". Tests and benchmarks see every face, and tests/ROOM its room's inner headers;
 * fuzz targets see all inner headers. A library's header belongs to the rooms that wrap it.
 */
#include "rules.h"

/* Libraries, and the rooms that may know them. */
static const struct library {
    const char *prefix; /* of the header's path */
    const char *rooms;  /* separated by spaces */
} libraries[] = {
    {"unicode/", "base"},           {"sodium", "base service api"}, {"xxhash", "base"},
    {"yaml.h", "program backtest"}, {"zlib.h", "backtest"},         {"zstd", "backtest"},
    {"yyjson.h", "service api"},    {"sqlite3.h", "store"},         {"uv.h", "http"},
    {"llhttp.h", "http"},           {"openssl/", "http"},           {"curl/", "service"},
};

/* Headers of the outside world, which the pure rooms never see. */
static const char *const impure_headers[] = {
    "time.h",   "sys/",   "unistd.h", "fcntl.h", "pthread.h", "threads.h", "locale.h",
    "signal.h", "math.h", "float.h",  "fenv.h",  "dirent.h",  "netdb.h",   "poll.h",
};

static bool is_face(struct text room, struct text file)
{
    return file.length == room.length + 2 && text_starts_with(file, room) &&
           text_ends_with(file, TEXT(".h"));
}

static void check_room(struct check *check, uint32_t line, struct place place,
                       const struct room *target, struct text file)
{
    struct text name = text_of(target->name);
    bool is_test = !text_equal(place.top, TEXT("src"));
    bool same_room = place.home == target;
    if (!is_test && place.home != NULL && !same_room && target->height >= place.home->height) {
        check_report(check, line, "include",
                     "%s is not below %s: move what both need into a lower room, or pass it in",
                     target->name, place.home->name);
        return;
    }
    bool sees_inside = same_room || (is_test && text_equal(place.top, TEXT("fuzz")));
    if (sees_inside || is_face(name, file)) return;
    check_report(check, line, "include",
                 "%.*s is %s's own: include its face \"%s/%s.h\", and declare there what you need",
                 TEXT_ARGUMENTS(file), target->name, target->name, target->name);
}

static bool names_room(const char *rooms, struct text room)
{
    struct text rest = text_of(rooms);
    while (!text_is_empty(rest)) {
        if (text_equal(text_split(rest, ' ', &rest), room)) return true;
    }
    return false;
}

static void check_library(struct check *check, uint32_t line, struct place place,
                          struct text header)
{
    if (place.home == NULL || !text_equal(place.top, TEXT("src"))) return;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        if (!text_starts_with(header, text_of(libraries[i].prefix))) continue;
        if (names_room(libraries[i].rooms, place.room)) continue;
        check_report(check, line, "include", "<%.*s> is known to %s alone: call that room",
                     TEXT_ARGUMENTS(header), libraries[i].rooms);
    }
    for (size_t i = 0; place.home->pure && i < sizeof impure_headers / sizeof *impure_headers;
         i++) {
        if (!text_starts_with(header, text_of(impure_headers[i]))) continue;
        if (text_equal(header, TEXT("math.h")) && sees_doubles(place)) continue;
        check_report(check, line, "include",
                     "%s is pure and sees nothing of <%.*s>: take what you need as an argument",
                     place.home->name, TEXT_ARGUMENTS(header));
    }
}

void check_includes(struct check *check)
{
    const struct source *source = check->source;
    struct place place = place_of(source->path);
    for (size_t i = 0; i < source->token_count; i++) {
        const struct token *token = &source->tokens[i];
        if (token->kind != TOKEN_INCLUDE || token->text.length < 2) continue;
        struct text path = {token->text.bytes + 1, token->text.length - 2};
        struct text file;
        struct text folder = text_split(path, '/', &file);
        const struct room *target = room_find(folder);
        if (token->text.bytes[0] == '<') {
            check_library(check, token->line, place, path);
        } else if (target != NULL) {
            check_room(check, token->line, place, target, file);
        } else if (text_equal(place.top, TEXT("src"))) {
            check_report(check, token->line, "include", "name the room: \"%.*s/%.*s\"",
                         TEXT_ARGUMENTS(place.room), TEXT_ARGUMENTS(path));
        }
    }
}
