/* Host: a programme's keys, and the keeper who looks after them. */
#include "api/server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEY_ARENA_BYTES ((size_t)64 << 20)
#define KEY_FILE_BYTES 4096
#define KEEPER_INTERVAL_NS 500000000L
#define SUBMIT_RETRY_NS 10000000L

/* ---- a command that somebody waits for ---- */

struct key_errand {
    struct command command; /* the first member: commands are cast back */
    struct host *host;
    struct arena arena;
    struct api_key key;
};

/* OK if it is durable. */
static enum status carry_out(struct key_errand *errand, bool is_read,
                             enum status (*run)(struct command *command, struct turn *turn))
{
    arena_init(&errand->arena, KEY_ARENA_BYTES);
    errand->command = (struct command){.run = run, .weight = 1, .is_read = is_read};
    enum command_outcome outcome = service_do(errand->host->service, &errand->command);
    arena_release(&errand->arena);
    switch (outcome) {
    case COMMAND_DONE:
        return STATUS_OK;
    case COMMAND_FULL:
        return STATUS_FULL;
    case COMMAND_UNKNOWN:
        return STATUS_UNKNOWN_OUTCOME;
    case COMMAND_UNAVAILABLE:
        return STATUS_INTERRUPTED;
    default:
        return errand->command.status;
    }
}

/* ---- keys in the store ---- */

static enum status take_document(void *context, struct text id, struct text value)
{
    struct key_errand *errand = context;
    struct api_key key;
    TRY(key_read(&errand->arena, id, value, &key));
    key.host = errand->host->index;
    return registry_put(&errand->host->api->keys, &key);
}

static enum status load_keys(struct command *command, struct turn *turn)
{
    return store_each_document(turn_store(turn), DOCUMENT_API_KEY, TEXT(""), take_document,
                               command);
}

static enum status save_key(struct command *command, struct turn *turn)
{
    struct key_errand *errand = (struct key_errand *)(void *)command;
    char id[KEY_DOCUMENT_ID_BYTES];
    struct text value;
    key_document_id(&errand->key, id);
    TRY(key_write(&errand->key, &errand->arena, &value));
    return turn_put(turn, DOCUMENT_API_KEY, (struct text){id, sizeof id}, value);
}

enum status host_save_key(struct host *host, const struct api_key *key)
{
    struct key_errand errand = {.host = host, .key = *key};
    errand.key.host = host->index;
    TRY(carry_out(&errand, false, save_key));
    return registry_put(&host->api->keys, &errand.key);
}

enum status host_load_keys(struct host *host, struct buffer *complaint)
{
    struct key_errand errand = {.host = host};
    struct api_key key;
    enum status status = carry_out(&errand, true, load_keys);
    if (status == STATUS_OK && registry_count(&host->api->keys, host->index) == 0) {
        status = key_make(TEXT("first key"), SCOPE_ADMIN, wall_clock_us(), &key, host->first_key);
        if (status == STATUS_OK) status = host_save_key(host, &key);
    }
    if (status == STATUS_OK) return STATUS_OK;
    TRY(buffer_add_format(complaint, "the API keys of programme %s cannot be read: %s\n", host->id,
                          status_text(status)));
    return status;
}

/* ---- what other processes left ---- */

/* Takes up one file; it is removed when its key is safe in the store, or when it is none. */
static void take_file(struct host *host, const char *path, struct text id)
{
    struct arena arena;
    struct api_key key;
    char bytes[KEY_FILE_BYTES];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t length = read(file, bytes, sizeof bytes);
    close(file);
    arena_init(&arena, KEY_ARENA_BYTES);
    enum status status =
        length < 0 ? STATUS_IO : key_read(&arena, id, (struct text){bytes, (size_t)length}, &key);
    arena_release(&arena);
    if (status == STATUS_OK) status = host_save_key(host, &key);
    if (status == STATUS_OK || status == STATUS_CORRUPT) unlink(path);
    LOG_LINE(&host->api->log, status == STATUS_OK ? API_LOG_INFO : API_LOG_WARNING,
             status == STATUS_OK ? TEXT("a key was taken up") : TEXT("a key was not taken up"),
             LOG_TEXT("program", text_of(host->id)),
             LOG_TEXT("status", text_of(status_text(status))));
}

static void take_spool(struct host *host)
{
    DIR *directory = opendir(host->spool);
    if (directory == NULL) return;
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        struct text name = text_of(entry->d_name);
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", host->spool, entry->d_name);
        if (name.length != KEY_DOCUMENT_ID_BYTES || length >= (int)sizeof path) continue;
        take_file(host, path, name);
    }
    closedir(directory);
}

static void write_last_uses(struct api *api)
{
    struct api_key key;
    while (registry_take_used(&api->keys, &key)) {
        enum status status = host_save_key(&api->hosts[key.host], &key);
        if (status == STATUS_OK) continue;
        LOG_LINE(&api->log, API_LOG_WARNING, TEXT("the last use of a key was not written"),
                 LOG_TEXT("status", text_of(status_text(status))));
        return;
    }
}

void *keeper_run(void *context)
{
    struct api *api = context;
    pthread_mutex_lock(&api->keeper_mutex);
    while (!api->is_stopping) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += KEEPER_INTERVAL_NS;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&api->keeper_wake, &api->keeper_mutex, &until);
        if (api->is_stopping) break;
        pthread_mutex_unlock(&api->keeper_mutex);
        for (uint32_t i = 0; i < api->host_count; i++) {
            if (api->hosts[i].spool != NULL) take_spool(&api->hosts[i]);
        }
        write_last_uses(api);
        pthread_mutex_lock(&api->keeper_mutex);
    }
    pthread_mutex_unlock(&api->keeper_mutex);
    return NULL;
}
