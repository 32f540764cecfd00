/* Data: a server's directory, as the verbs that work on one find their way in it. */
#include "cli/data.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define COMPLAINT_BYTES_MAXIMUM ((size_t)1 << 20)

int64_t data_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MICROSECONDS_PER_SECOND + now.tv_nsec / 1000;
}

void data_complain(const char *path, const struct buffer *complaint, enum status status)
{
    struct text rest = buffer_text(complaint);
    if (text_is_empty(rest)) say("%s: %s", path, status_text(status));
    while (!text_is_empty(rest)) {
        struct text line = text_split(rest, '\n', &rest);
        if (!text_is_empty(line)) say("%.*s", TEXT_ARGUMENTS(line));
    }
}

/* The only programme of the directory. */
static enum status find_only(const char *data, struct arena *arena, struct text *id)
{
    struct text *ids = NULL;
    uint32_t count = 0;
    struct buffer complaint;
    buffer_init(&complaint, COMPLAINT_BYTES_MAXIMUM);
    enum status status = api_data_programs(data, arena, &ids, &count, &complaint);
    if (status != STATUS_OK) data_complain(data, &complaint, status);
    buffer_release(&complaint);
    TRY(status);
    if (count == 1) {
        *id = ids[0];
        return STATUS_OK;
    }
    if (count == 0) say("%s has no programme yet: start the server on it once", data);
    if (count > 1) say("%s has several programmes: name one with --program ID", data);
    return STATUS_INVALID;
}

static enum status write_path(const char *data, const char *id, struct arena *arena,
                              char path[DATA_PATH_BYTES])
{
    struct text program = {"", 0};
    if (id != NULL) program = text_of(id);
    if (id == NULL) TRY(find_only(data, arena, &program));
    int length = snprintf(path, DATA_PATH_BYTES, "%s/%.*s.db", data, TEXT_ARGUMENTS(program));
    if (length >= DATA_PATH_BYTES) {
        say("%s: the path is too long", data);
        return STATUS_LIMIT;
    }
    if (access(path, R_OK) == 0) return STATUS_OK;
    say("%s: %s; --data names the server's directory, --program a programme in it", path,
        strerror(errno));
    return STATUS_NOT_FOUND;
}

enum status data_find(const char *data, const char *id, char path[DATA_PATH_BYTES])
{
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    enum status status = write_path(data, id, &arena, path);
    arena_release(&arena);
    return status;
}

enum status data_open_reader(const char *path, struct store **store)
{
    const struct sqlite_options options = {.path = path, .is_read_only = true};
    struct buffer message;
    buffer_init(&message, COMPLAINT_BYTES_MAXIMUM);
    enum status status = sqlite_store_open(&options, &message, store);
    if (status != STATUS_OK) data_complain(path, &message, status);
    buffer_release(&message);
    return status;
}
