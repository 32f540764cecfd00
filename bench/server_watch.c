/* The generator's tick looks at the files, and kills the server when it is time. */
#include "server_watch.h"

static void look(void *context, int64_t elapsed_ms)
{
    struct server_watch *watch = context;
    struct server_files files;
    server_process_files(watch->server, &files);
    if (files.log_bytes > watch->log_highest_bytes) watch->log_highest_bytes = files.log_bytes;
    if (watch->kill_at_ms > 0 && elapsed_ms >= watch->kill_at_ms) {
        server_process_kill(watch->server);
    }
}

bool server_watch_run(struct server_watch *watch, struct load_options options)
{
    options.address = watch->server->address;
    options.key = watch->server->key;
    options.members = SERVER_MEMBERS;
    options.on_tick = look;
    options.context = watch;
    if (!load_run(&options, &watch->result)) return false;
    if (watch->kill_at_ms > 0) return watch->result.acknowledged > 0;
    if (load_failures(&watch->result) == 0 && watch->result.requests > 0) return true;
    load_print(stderr, &options, &watch->result);
    return false;
}
