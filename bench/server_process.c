/* Spawned, asked, looked at from outside: nothing here knows more than an operator does. */
#include "server_process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "measure.h"

#define READY_PATIENCE_SECONDS 120
#define ASK_AGAIN_NS 1000000

/* A port that nobody has now. */
static bool find_port(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_found = probe >= 0 && bind(probe, (struct sockaddr *)address, length) == 0 &&
                    getsockname(probe, (struct sockaddr *)address, &length) == 0;
    if (probe >= 0) close(probe);
    return is_found;
}

bool server_process_init(struct server_process *server, const char *guerdon, const char *program,
                         const char *data)
{
    struct sockaddr_in address;
    *server = (struct server_process){.guerdon = guerdon, .program = program};
    if (!find_port(&address)) return false;
    (void)snprintf(server->data, sizeof server->data, "%s", data);
    (void)snprintf(server->address, sizeof server->address, "127.0.0.1:%d",
                   ntohs(address.sin_port));
    return true;
}

/* The file's bytes behind `from`; as much as has room. */
static void read_words(const struct server_process *server, const char *suffix, long from,
                       char *out, size_t size)
{
    char path[300];
    size_t length = 0;
    (void)snprintf(path, sizeof path, "%s.%s", server->data, suffix);
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        if (fseek(file, from, SEEK_SET) == 0) length = fread(out, 1, size - 1, file);
        fclose(file);
    }
    out[length] = '\0';
}

static long log_length(const struct server_process *server)
{
    char path[300];
    struct stat stat_of_log;
    (void)snprintf(path, sizeof path, "%s.log", server->data);
    return stat(path, &stat_of_log) == 0 ? (long)stat_of_log.st_size : 0;
}

/* In the child: never returns. */
_Noreturn static void become_server(const struct server_process *server)
{
    char out_path[300];
    char log_path[300];
    (void)snprintf(out_path, sizeof out_path, "%s.out", server->data);
    (void)snprintf(log_path, sizeof log_path, "%s.log", server->data);
    int out = open(out_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (dup2(out, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0) {
        execl(server->guerdon, server->guerdon, "serve", "--program", server->program, "--data",
              server->data, "--listen", server->address, (char *)NULL);
    }
    perror(server->guerdon);
    _exit(127);
}

/* Does GET /readyz answer 200? */
static bool is_ready(const struct server_process *server)
{
    char request[128];
    char reply[512];
    const char *colon = strchr(server->address, ':');
    int64_t port = 0;
    if (colon == NULL || amount_parse(text_of(colon + 1), 0, &port) != STATUS_OK) return false;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int length =
        snprintf(request, sizeof request,
                 "GET /readyz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", server->address);
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    ssize_t got = -1;
    if (connect(probe, (struct sockaddr *)&address, sizeof address) == 0 &&
        send(probe, request, (size_t)length, MSG_NOSIGNAL) == length) {
        got = recv(probe, reply, sizeof reply, 0);
    }
    close(probe);
    return got >= 12 && memcmp(reply + 9, "200", 3) == 0;
}

static bool wait_until_ready(struct server_process *server, double start)
{
    const struct timespec pause = {.tv_nsec = ASK_AGAIN_NS};
    while (!is_ready(server)) {
        int status = 0;
        if (waitpid(server->process, &status, WNOHANG) != 0) {
            server->process = 0;
            return false;
        }
        if (measure_clock() - start > READY_PATIENCE_SECONDS) return false;
        nanosleep(&pause, NULL);
    }
    server->ready_seconds = measure_clock() - start;
    return true;
}

/* The key that the first start prints: the word that begins with "gk_". */
static bool read_key(struct server_process *server)
{
    static const char key_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789_-";
    char words[4096];
    read_words(server, "out", 0, words, sizeof words);
    const char *key = strstr(words, "gk_");
    if (key == NULL) {
        fprintf(stderr, "%s serve printed no key:\n%s", server->guerdon, words);
        return false;
    }
    (void)snprintf(server->key, sizeof server->key, "%.*s", (int)strspn(key, key_characters), key);
    return true;
}

/* "replayed records=N" among the words of this start. */
static void read_replayed(struct server_process *server, long log_from)
{
    static const char introduction[] = "replayed records=";
    static char words[1 << 16];
    server->replayed = 0;
    read_words(server, "log", log_from, words, sizeof words);
    const char *found = strstr(words, introduction);
    if (found == NULL) return;
    for (found += sizeof introduction - 1; *found >= '0' && *found <= '9'; found++)
        server->replayed = server->replayed * 10 + (uint64_t)(*found - '0');
}

bool server_process_start(struct server_process *server)
{
    long log_from = log_length(server);
    double start = measure_clock();
    server->process = fork();
    if (server->process == 0) become_server(server);
    if (server->process > 0 && wait_until_ready(server, start)) {
        read_replayed(server, log_from);
        return server->key[0] != '\0' || read_key(server);
    }
    char words[4096];
    read_words(server, "log", log_from, words, sizeof words);
    fprintf(stderr, "%s serve is not ready:\n%s", server->guerdon, words);
    server_process_kill(server);
    return false;
}

bool server_process_stop(struct server_process *server)
{
    int status = 0;
    if (server->process <= 0) return false;
    kill(server->process, SIGTERM);
    bool is_ended = waitpid(server->process, &status, 0) == server->process;
    server->process = 0;
    return is_ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void server_process_kill(struct server_process *server)
{
    int status = 0;
    if (server->process <= 0) return;
    kill(server->process, SIGKILL);
    (void)waitpid(server->process, &status, 0);
    server->process = 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void server_process_remove(const struct server_process *server)
{
    char path[300];
    (void)nftw(server->data, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    (void)snprintf(path, sizeof path, "%s.out", server->data);
    (void)remove(path);
    (void)snprintf(path, sizeof path, "%s.log", server->data);
    (void)remove(path);
}

void server_process_files(const struct server_process *server, struct server_files *files)
{
    *files = (struct server_files){0};
    DIR *folder = opendir(server->data);
    if (folder == NULL) return;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        struct stat status;
        struct text name = text_of(entry->d_name);
        if (fstatat(dirfd(folder), entry->d_name, &status, 0) != 0 || !S_ISREG(status.st_mode)) {
            continue;
        }
        if (text_ends_with(name, TEXT("-wal"))) {
            files->log_bytes += status.st_size;
        } else if (!text_ends_with(name, TEXT("-shm"))) {
            files->database_bytes += status.st_size;
        }
    }
    closedir(folder);
}
