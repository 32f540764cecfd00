/* Keys without a server in this process: `guerdon key`.
 *
 *   is the directory locked?   no:  the store is opened here and written to
 *                              yes: a file is left for the server that has it (keys.h)
 */
#include "api/keys.h"
#include "api/server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define PROGRAM_MAXIMUM HOST_MAXIMUM
#define TAKE_UP_TRIES 100
#define TAKE_UP_PAUSE_NS 50000000L
#define VIEW_MAXIMUM KEY_REGISTRY_MAXIMUM
#define ARENA_BYTES ((size_t)64 << 20)

static enum status complain(struct buffer *complaint, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static enum status complain(struct buffer *complaint, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum status added = buffer_add_arguments(complaint, format, arguments);
    va_end(arguments);
    return added == STATUS_OK ? status : added;
}

/* ---- the directory ---- */

enum status api_data_programs(const char *data, struct arena *arena, struct text **ids,
                              uint32_t *count, struct buffer *complaint)
{
    struct text *found = arena_new_array(arena, struct text, PROGRAM_MAXIMUM);
    uint32_t found_count = 0;
    if (found == NULL) return STATUS_NO_MEMORY;
    DIR *directory = opendir(data);
    if (directory == NULL) {
        return complain(complaint, STATUS_NOT_FOUND,
                        "%s cannot be read: %s. Name the server's directory with --data DIR.\n",
                        data, strerror(errno));
    }
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL && found_count < PROGRAM_MAXIMUM) {
        struct text name = text_of(entry->d_name);
        if (!text_ends_with(name, TEXT(".db")) || name.length == 3) continue;
        found[found_count] = arena_copy(arena, (struct text){name.bytes, name.length - 3});
        if (found[found_count].bytes == NULL) break;
        found_count++;
    }
    closedir(directory);
    *ids = found;
    *count = found_count;
    return STATUS_OK;
}

/* A programme's store must be there before its keys can be. */
static enum status find_store(const char *data, struct text program, char path[PATH_BYTES],
                              struct buffer *complaint)
{
    int length = snprintf(path, PATH_BYTES, "%s/%.*s.db", data, TEXT_ARGUMENTS(program));
    if (length >= PATH_BYTES) return complain(complaint, STATUS_LIMIT, "the path is too long\n");
    if (access(path, F_OK) == 0) return STATUS_OK;
    return complain(complaint, STATUS_NOT_FOUND,
                    "%s has no programme '%.*s': start the server on it once, or correct --program "
                    "and --data.\n",
                    data, TEXT_ARGUMENTS(program));
}

/* ---- writing ---- */

static enum status put_document(struct store *store, const struct api_key *key)
{
    struct arena arena;
    struct text value;
    char id[KEY_DOCUMENT_ID_BYTES];
    key_document_id(key, id);
    arena_init(&arena, ARENA_BYTES);
    enum status status = key_write(key, &arena, &value);
    if (status == STATUS_OK) status = store_begin(store);
    if (status == STATUS_OK) {
        status = store_put(store, DOCUMENT_API_KEY, (struct text){id, sizeof id}, value);
        if (status == STATUS_OK) {
            status = store_commit(store);
        } else {
            store_rollback(store);
        }
    }
    arena_release(&arena);
    return status;
}

static enum status write_to_store(const char *path, const struct api_key *key,
                                  struct buffer *complaint)
{
    struct store *store = NULL;
    struct sqlite_options options = {.path = path};
    TRY(sqlite_store_open(&options, complaint, &store));
    enum status status = put_document(store, key);
    store_close(store);
    if (status == STATUS_OK) return STATUS_OK;
    return complain(complaint, status, "%s: %s\n", path, status_text(status));
}

static enum status write_bytes(const char *path, struct text text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file < 0) return STATUS_IO;
    bool is_written =
        write(file, text.bytes, text.length) == (ssize_t)text.length && fsync(file) == 0;
    return close(file) == 0 && is_written ? STATUS_OK : STATUS_IO;
}

/* Leaves the key for the server, and waits until it has taken it up. */
static enum status leave_file(const char *data, struct text program, const struct api_key *key,
                              struct text value, struct buffer *complaint)
{
    char folder[PATH_BYTES];
    char path[PATH_BYTES];
    char temporary[PATH_BYTES];
    char id[KEY_DOCUMENT_ID_BYTES];
    key_document_id(key, id);
    int length = snprintf(folder, sizeof folder, "%s/%.*s.keys", data, TEXT_ARGUMENTS(program));
    if (length > PATH_BYTES - 100) return complain(complaint, STATUS_LIMIT, "too long a path\n");
    (void)snprintf(path, sizeof path, "%.*s/%.*s", PATH_BYTES - 100, folder, (int)sizeof id, id);
    (void)snprintf(temporary, sizeof temporary, "%.*s/new", PATH_BYTES - 100, folder);
    if ((mkdir(folder, 0770) != 0 && errno != EEXIST) ||
        write_bytes(temporary, value) != STATUS_OK || rename(temporary, path) != 0) {
        return complain(complaint, STATUS_IO, "%s cannot be written: %s\n", path, strerror(errno));
    }
    for (int i = 0; i < TAKE_UP_TRIES; i++) {
        struct timespec pause = {0, TAKE_UP_PAUSE_NS};
        if (access(path, F_OK) != 0) return STATUS_OK;
        nanosleep(&pause, NULL);
    }
    return complain(complaint, STATUS_IO,
                    "the server that has %s has not taken the key up: is it one of Guerdon's, and "
                    "may it read %s?\n",
                    data, folder);
}

static enum status write_key(const char *data, struct text program, const struct api_key *key,
                             struct buffer *complaint)
{
    char path[PATH_BYTES];
    TRY(find_store(data, program, path, complaint));
    struct buffer refusal;
    buffer_init(&refusal, PATH_BYTES * 2);
    int lock = data_lock(data, &refusal);
    enum status status;
    if (lock >= 0) {
        status = write_to_store(path, key, complaint);
        close(lock);
    } else if (lock == -2) {
        struct arena arena;
        struct text value;
        arena_init(&arena, ARENA_BYTES);
        status = key_write(key, &arena, &value);
        if (status == STATUS_OK) status = leave_file(data, program, key, value, complaint);
        arena_release(&arena);
    } else {
        struct text said = buffer_text(&refusal);
        status = complain(complaint, STATUS_IO, "%.*s", TEXT_ARGUMENTS(said));
    }
    buffer_release(&refusal);
    return status;
}

enum status api_key_add(const char *data, struct text program, struct text name,
                        struct text scope_word, int64_t now_us, char key[API_KEY_TEXT_MAXIMUM],
                        struct buffer *complaint)
{
    enum scope scope;
    struct api_key made;
    char text[API_KEY_TEXT_MAXIMUM];
    if (scope_parse(scope_word, &scope) != STATUS_OK) {
        return complain(complaint, STATUS_INVALID,
                        "there is no scope '%.*s': give read, write or admin\n",
                        TEXT_ARGUMENTS(scope_word));
    }
    if (name.length == 0 || name.length > KEY_NAME_MAXIMUM || !text_is_utf8(name, NULL)) {
        return complain(complaint, STATUS_INVALID, "a name has 1 to %d bytes of UTF-8\n",
                        KEY_NAME_MAXIMUM);
    }
    TRY(key_make(name, scope, now_us, &made, text));
    TRY(write_key(data, program, &made, complaint));
    memcpy(key, text, sizeof text);
    return STATUS_OK;
}

/* ---- reading ---- */

struct key_list {
    struct arena *arena;
    struct api_key *keys;
    uint32_t count;
};

static enum status take_key(void *context, struct text id, struct text value)
{
    struct key_list *list = context;
    if (list->count == VIEW_MAXIMUM) return STATUS_INTERRUPTED;
    TRY(key_read(list->arena, id, value, &list->keys[list->count]));
    list->count++;
    return STATUS_OK;
}

static enum status read_keys(const char *data, struct text program, struct key_list *list,
                             struct buffer *complaint)
{
    char path[PATH_BYTES];
    struct store *store = NULL;
    TRY(find_store(data, program, path, complaint));
    struct sqlite_options options = {.path = path, .is_read_only = true};
    list->keys = arena_new_array(list->arena, struct api_key, VIEW_MAXIMUM);
    if (list->keys == NULL) return STATUS_NO_MEMORY;
    TRY(sqlite_store_open(&options, complaint, &store));
    enum status status = store_each_document(store, DOCUMENT_API_KEY, TEXT(""), take_key, list);
    store_close(store);
    if (status == STATUS_OK || status == STATUS_INTERRUPTED) return STATUS_OK;
    return complain(complaint, status, "%s: %s\n", path, status_text(status));
}

enum status api_key_revoke(const char *data, struct text program, struct text id, int64_t now_us,
                           struct buffer *complaint)
{
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    struct key_list list = {.arena = &arena};
    struct api_key *found = NULL;
    enum status status = read_keys(data, program, &list, complaint);
    for (uint32_t i = 0; i < list.count; i++) {
        if (text_equal(text_of(list.keys[i].id), id)) found = &list.keys[i];
    }
    if (status == STATUS_OK && found == NULL) {
        status =
            complain(complaint, STATUS_NOT_FOUND,
                     "there is no key '%.*s': `guerdon key list` shows them\n", TEXT_ARGUMENTS(id));
    } else if (status == STATUS_OK && found->revoked_us == 0) {
        found->revoked_us = now_us;
        status = write_key(data, program, found, complaint);
    }
    arena_release(&arena);
    return status;
}

enum status api_key_list(const char *data, struct text program, struct arena *arena,
                         struct api_key_view **keys, uint32_t *count, struct buffer *complaint)
{
    struct key_list list = {.arena = arena};
    TRY(read_keys(data, program, &list, complaint));
    struct api_key_view *views = arena_new_array(arena, struct api_key_view, list.count + 1);
    if (views == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < list.count; i++) {
        const struct api_key *key = &list.keys[i];
        views[i] = (struct api_key_view){
            .id = text_of(key->id),
            .name = text_of(key->name),
            .scope = text_of(scope_name(key->scope)),
            .created_us = key->created_us,
            .revoked_us = key->revoked_us,
            .last_used_us = key->last_used_us,
        };
    }
    *keys = views;
    *count = list.count;
    return STATUS_OK;
}
