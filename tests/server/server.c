/* Spawned, asked and looked at as an operator does; nothing here knows the inside of the server. */
#include "server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT_FIRST 12000 /* below the ports that the system gives to connections going out */
#define PORT_COUNT 20000
#define ARGUMENT_MAXIMUM (SERVER_OPTION_MAXIMUM + 12)
#define REPLY_BYTES_MAXIMUM ((size_t)64 << 20)
#define PATIENCE_SECONDS 120 /* of a link, for a reply */

static struct sockaddr_in address_of(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static bool is_free(uint16_t port)
{
    struct sockaddr_in address = address_of(port);
    int one = 1;
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(probe >= 0);
    (void)setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool is_bound =
        bind(probe, (const struct sockaddr *)(const void *)&address, sizeof address) == 0;
    close(probe);
    return is_bound;
}

/* Nobody else comes by it while the server is down: it is none that the system hands out. */
static uint16_t find_port(void)
{
    uint64_t state = (uint64_t)getpid();
    for (int i = 0; i < PORT_COUNT; i++) {
        uint16_t port = (uint16_t)(PORT_FIRST + chance_below(&state, PORT_COUNT));
        if (is_free(port)) return port;
    }
    fail_msg("no port is free");
    return 0;
}

void server_init(struct server *server, const char *program)
{
    *server = (struct server){.output = -1};
    snprintf(server->folder, sizeof server->folder, "/tmp/guerdon-server-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->data, sizeof server->data, "%s/data", server->folder);
    snprintf(server->program, sizeof server->program, "%s/program.yaml", server->folder);
    snprintf(server->log, sizeof server->log, "%s/log", server->folder);
    assert_int_equal(mkdir(server->data, 0700), 0);
    FILE *file = fopen(server->program, "wb");
    assert_non_null(file);
    assert_true(fputs(program, file) >= 0);
    assert_int_equal(fclose(file), 0);
    server->port = find_port();
}

/* In the child: never returns. */
static _Noreturn void become_server(const struct server *server, int output)
{
    char listen[32];
    const char *arguments[ARGUMENT_MAXIMUM] = {getenv("GUERDON_PROGRAM"),
                                               "serve",
                                               "--program",
                                               server->program,
                                               "--data",
                                               server->data,
                                               "--listen",
                                               listen};
    size_t count = 8;
    snprintf(listen, sizeof listen, "127.0.0.1:%u", server->port);
    for (size_t i = 0; i < SERVER_OPTION_MAXIMUM && server->options[i] != NULL; i++)
        arguments[count++] = server->options[i];
    if (server->file_bytes_maximum > 0) {
        struct rlimit limit;
        (void)getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = (rlim_t)server->file_bytes_maximum;
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(126);
        (void)signal(SIGXFSZ, SIG_IGN);
    }
    if (arguments[0] == NULL) _exit(126);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    int log = open(server->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (dup2(output, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) _exit(126);
    execv(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static void show_log(const struct server *server)
{
    char words[4096];
    FILE *file = fopen(server->log, "rb");
    if (file == NULL) return;
    /* Its end: a file shorter than that is shown from its beginning. */
    if (fseek(file, -(long)(sizeof words - 1), SEEK_END) != 0) (void)fseek(file, 0, SEEK_SET);
    size_t length = fread(words, 1, sizeof words - 1, file);
    words[length] = '\0';
    print_error("%s", words);
    fclose(file);
}

/* Reads what it announces: the address, and behind that, at the first start, a key. */
static void read_announcement(struct server *server)
{
    char words[2048];
    size_t length = 0;
    const char *end = NULL;
    bool is_first = server->key[0] == '\0';
    while (end == NULL) {
        ssize_t got = read(server->output, words + length, sizeof words - 1 - length);
        if (got <= 0) {
            show_log(server);
            fail_msg("the server does not start");
        }
        length += (size_t)got;
        words[length] = '\0';
        const char *found = strstr(words, is_first ? "gk_" : "Guerdon listens");
        if (found != NULL) end = strchr(found, '\n');
        if (end != NULL && is_first)
            snprintf(server->key, sizeof server->key, "%.*s", (int)(end - found), found);
    }
}

void server_begin(struct server *server)
{
    int ends[2];
    assert_non_null(getenv("GUERDON_PROGRAM"));
    assert_int_equal(server->process, 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    server->process = fork();
    assert_true(server->process >= 0);
    if (server->process == 0) become_server(server, ends[1]);
    assert_int_equal(close(ends[1]), 0);
    server->output = ends[0];
}

void server_start(struct server *server)
{
    server_begin(server);
    read_announcement(server);
}

static int end_process(struct server *server, int signal)
{
    int status = 0;
    assert_true(server->process > 0);
    assert_int_equal(kill(server->process, signal), 0);
    assert_int_equal(waitpid(server->process, &status, 0), server->process);
    close(server->output);
    server->process = 0;
    return status;
}

void server_kill(struct server *server)
{
    int status = end_process(server, SIGKILL);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        show_log(server);
        fail_msg("the server had ended by itself: %d", status);
    }
}

void server_stop(struct server *server)
{
    int status = end_process(server, SIGTERM);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        show_log(server);
        fail_msg("the server does not end well: %d", status);
    }
}

void server_verify(const struct server *server)
{
    int status = 0;
    char output[96];
    snprintf(output, sizeof output, "%s/verify", server->folder);
    pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        const char *program = getenv("GUERDON_PROGRAM");
        if (program == NULL) _exit(126);
        int file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0) _exit(126);
        execl(program, program, "verify", "--data", server->data, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(process, &status, 0), process);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    char words[4096] = "";
    FILE *file = fopen(output, "rb");
    if (file != NULL) {
        size_t length = fread(words, 1, sizeof words - 1, file);
        words[length] = '\0';
        fclose(file);
    }
    fail_msg("verify: %d\n%s", status, words);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void server_remove(struct server *server)
{
    if (server->process > 0) (void)end_process(server, SIGKILL);
    assert_int_equal(nftw(server->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- links ---- */

void link_init(struct link *link, const struct server *server)
{
    *link = (struct link){.server = server, .socket = -1};
    buffer_init(&link->reply, REPLY_BYTES_MAXIMUM);
}

void link_close(struct link *link)
{
    if (link->socket >= 0) close(link->socket);
    link->socket = -1;
}

void link_release(struct link *link)
{
    link_close(link);
    buffer_release(&link->reply);
}

static bool link_open(struct link *link)
{
    struct sockaddr_in address = address_of(link->server->port);
    const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    int one = 1;
    if (link->socket >= 0) return true;
    link->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->socket < 0) return false;
    (void)setsockopt(link->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(link->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connect(link->socket, (const struct sockaddr *)(const void *)&address, sizeof address) ==
           0;
}

static bool send_all(int socket, struct text text)
{
    while (text.length > 0) {
        ssize_t sent = send(socket, text.bytes, text.length, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        text = (struct text){text.bytes + sent, text.length - (size_t)sent};
    }
    return true;
}

static bool send_call(const struct link *link, const struct call *call)
{
    char head[2048];
    bool has_key = call->key != NULL;
    int length =
        snprintf(head, sizeof head,
                 "%s %s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\n"
                 "%s%s%sContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                 call->method, call->path, link->server->key, has_key ? "Idempotency-Key: " : "",
                 has_key ? call->key : "", has_key ? "\r\n" : "",
                 call->type == NULL ? "application/json" : call->type, call->body.length);
    return length > 0 && (size_t)length < sizeof head &&
           send_all(link->socket, (struct text){head, (size_t)length}) &&
           send_all(link->socket, call->body);
}

struct text reply_header(const struct reply *reply, const char *name)
{
    struct text rest = reply->headers;
    while (!text_is_empty(rest)) {
        struct text value;
        struct text line = text_trim(text_split(rest, '\n', &rest));
        if (text_equal_ignoring_case(text_split(line, ':', &value), text_of(name)))
            return text_trim(value);
    }
    return TEXT("");
}

/* One read more; false at the end. */
static bool receive(struct link *link)
{
    struct buffer *buffer = &link->reply;
    if (buffer_reserve(buffer, 16384) != STATUS_OK) return false;
    ssize_t got = recv(link->socket, buffer->bytes + buffer->length,
                       buffer->capacity - buffer->length - 1, 0);
    if (got <= 0) return false;
    buffer->length += (size_t)got;
    buffer->bytes[buffer->length] = '\0';
    return true;
}

static bool receive_reply(struct link *link, struct reply *reply)
{
    struct buffer *buffer = &link->reply;
    const char *end = NULL;
    int64_t number = 0;
    buffer_clear(buffer);
    while (end == NULL) {
        if (!receive(link)) return false;
        end = strstr(buffer->bytes, "\r\n\r\n");
    }
    size_t head_length = (size_t)(end - buffer->bytes) + 4;
    if (head_length < 16 || amount_parse((struct text){buffer->bytes + 9, 3}, 0, &number) != 0)
        return false;
    reply->status = (int)number;
    reply->headers = (struct text){buffer->bytes, head_length - 2};
    struct text length = reply_header(reply, "Content-Length");
    number = 0;
    if (length.length > 0 && amount_parse(length, 0, &number) != STATUS_OK) return false;
    while (buffer->length < head_length + (size_t)number) {
        if (!receive(link)) return false;
    }
    /* The buffer may have moved. */
    reply->headers = (struct text){buffer->bytes, head_length - 2};
    reply->body = (struct text){buffer->bytes + head_length, (size_t)number};
    reply->is_replayed = text_equal(reply_header(reply, "Idempotency-Replayed"), TEXT("true"));
    return true;
}

bool link_call(struct link *link, const struct call *call, struct reply *reply)
{
    if (link_open(link) && send_call(link, call) && receive_reply(link, reply)) {
        if (text_equal_ignoring_case(reply_header(reply, "Connection"), TEXT("close")))
            link_close(link);
        return true;
    }
    link_close(link);
    return false;
}

struct reply link_must(struct link *link, const struct call *call)
{
    struct reply reply;
    if (!link_call(link, call, &reply)) {
        show_log(link->server);
        fail_msg("%s %s: no reply comes", call->method, call->path);
    }
    return reply;
}

struct reply link_get(struct link *link, const char *format, ...)
{
    char path[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    assert_in_range(length, 1, sizeof path - 1);
    return link_must(link, &(struct call){.method = "GET", .path = path});
}

/* ---- answers ---- */

struct text find_value(struct text json, const char *name)
{
    char wanted[64];
    int length = snprintf(wanted, sizeof wanted, "\"%s\":", name);
    const char *found =
        json.length == 0 ? NULL : memmem(json.bytes, json.length, wanted, (size_t)length);
    if (found == NULL) return TEXT("");
    found += length;
    const char *end = json.bytes + json.length;
    if (*found == '"') {
        const char *quote = memchr(found + 1, '"', (size_t)(end - found - 1));
        return quote == NULL ? TEXT("") : (struct text){found + 1, (size_t)(quote - found - 1)};
    }
    const char *past = found;
    while (past < end && *past != ',' && *past != '}' && *past != ']')
        past++;
    return (struct text){found, (size_t)(past - found)};
}

int64_t find_number(struct text json, const char *name)
{
    int64_t number = 0;
    struct text value = find_value(json, name);
    if (value.length > 0 && amount_parse(value, 0, &number) != STATUS_OK) number = 0;
    return number;
}

static uint64_t hash_on(uint64_t hash, struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t hash_answer(struct text body)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    struct text request = find_value(body, "request");
    if (request.length == 0) return hash_on(hash, body);
    size_t before = (size_t)(request.bytes - body.bytes);
    hash = hash_on(hash, (struct text){body.bytes, before});
    return hash_on(
        hash, (struct text){request.bytes + request.length, body.length - before - request.length});
}

uint64_t chance_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = *state;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

uint32_t chance_below(uint64_t *state, uint32_t end)
{
    return (uint32_t)(chance_next(state) % end);
}

int32_t setting(const char *name, int32_t usual)
{
    int64_t number = 0;
    const char *given = getenv(name);
    if (given == NULL || given[0] == '\0') return usual;
    if (amount_parse(text_of(given), 0, &number) != STATUS_OK || number < 1 || number > INT32_MAX)
        fail_msg("%s: '%s' is no number", name, given);
    return (int32_t)number;
}
