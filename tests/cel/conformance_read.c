/* Runs conformance/lines.js with Node.js and takes its lines from a pipe. */
#include "conformance.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES_MAXIMUM ((size_t)16 << 20)
#define READ_BYTES 65536

static bool read_all(int from, struct buffer *out)
{
    for (;;) {
        if (buffer_reserve(out, READ_BYTES) != STATUS_OK) return false;
        ssize_t length = read(from, out->bytes + out->length, READ_BYTES);
        if (length == 0) return true;
        if (length < 0 && errno != EINTR) return false;
        if (length > 0) out->length += (size_t)length;
    }
}

/* Starts `node lines.js collection` with its standard output in `output`; its process, or -1. */
static pid_t start(const char *collection, int output, int other_end)
{
    const char *source = getenv("GUERDON_SOURCE");
    char script[4096];
    snprintf(script, sizeof script, "%s/tests/cel/conformance/lines.js",
             source == NULL ? "." : source);
    const char *const words[] = {"node", script, collection, NULL};
    posix_spawn_file_actions_t files;
    if (posix_spawn_file_actions_init(&files) != 0) return -1;
    pid_t process = -1;
    if (posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_addclose(&files, other_end) != 0 ||
        posix_spawnp(&process, "node", &files, NULL, (char *const *)(uintptr_t)words, environ) != 0)
        process = -1;
    posix_spawn_file_actions_destroy(&files);
    return process;
}

bool conformance_read(const char *collection, struct conformance_lines *lines)
{
    *lines = (struct conformance_lines){0};
    buffer_init(&lines->bytes, LINES_MAXIMUM);
    int ends[2];
    if (pipe(ends) != 0) return false;
    pid_t process = start(collection, ends[1], ends[0]);
    close(ends[1]);
    bool is_read = process > 0 && read_all(ends[0], &lines->bytes);
    close(ends[0]);
    int state = -1;
    if (process > 0 && waitpid(process, &state, 0) != process) is_read = false;
    if (is_read && WIFEXITED(state) && WEXITSTATUS(state) == 0) return true;
    fprintf(stderr, "lines.js %s gave no lines: script/bootstrap installs what it needs\n",
            collection);
    buffer_release(&lines->bytes);
    return false;
}

yyjson_doc *conformance_next(struct conformance_lines *lines)
{
    struct text rest = buffer_text(&lines->bytes);
    rest.bytes += lines->at;
    rest.length -= lines->at;
    struct text after;
    struct text line = text_split(rest, '\n', &after);
    lines->at += line.length + 1;
    if (lines->at > lines->bytes.length) lines->at = lines->bytes.length;
    if (line.length == 0) return NULL;
    yyjson_doc *document = yyjson_read(line.bytes, line.length, 0);
    ASSERT(document != NULL);
    return document;
}

struct text conformance_text(yyjson_val *object, const char *member)
{
    yyjson_val *value = yyjson_obj_get(object, member);
    return (struct text){yyjson_is_str(value) ? yyjson_get_str(value) : "", yyjson_get_len(value)};
}
