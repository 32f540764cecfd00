/* Sender: libcurl's multi interface. */
#include "service/sender.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#define CONNECT_TIMEOUT_MS 10000L
#define ANSWER_BYTES_MAXIMUM ((size_t)64 << 10) /* more is not read */
#define HEADER_BYTES 4096
#define AGENT "Guerdon-Webhooks/1"

struct transfer {
    struct transfer *next;
    struct transfer *previous;
    struct sender *sender;
    CURL *handle;
    struct curl_slist *headers;
    void *context;
    size_t answer_bytes;
    bool is_address_refused;
};

struct sender {
    struct sender_options options;
    CURLM *multi;
    post_done done;
    void *context;
    struct transfer *first;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void begin_library(void)
{
    ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

enum status sender_new(const struct sender_options *options, post_done done, void *context,
                       struct sender **sender)
{
    pthread_once(&library_once, begin_library);
    struct sender *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    *made = (struct sender){.options = *options, .done = done, .context = context};
    made->multi = curl_multi_init();
    if (made->multi == NULL) {
        free(made);
        return STATUS_NO_MEMORY;
    }
    (void)curl_multi_setopt(made->multi, CURLMOPT_MAXCONNECTS, options->connections_maximum);
    *sender = made;
    return STATUS_OK;
}

static void release(struct transfer *transfer)
{
    struct sender *sender = transfer->sender;
    if (transfer->next != NULL) transfer->next->previous = transfer->previous;
    if (transfer->previous != NULL) {
        transfer->previous->next = transfer->next;
    } else {
        sender->first = transfer->next;
    }
    (void)curl_multi_remove_handle(sender->multi, transfer->handle);
    curl_easy_cleanup(transfer->handle);
    curl_slist_free_all(transfer->headers);
    free(transfer);
}

void sender_free(struct sender *sender)
{
    if (sender == NULL) return;
    for (struct transfer *transfer = sender->first, *next; transfer != NULL; transfer = next) {
        next = transfer->next;
        release(transfer);
    }
    (void)curl_multi_cleanup(sender->multi);
    free(sender);
}

/* ---- what libcurl asks ---- */

static bool address_of(const struct sockaddr *address, uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, address, sizeof six);
        memcpy(bytes, six.sin6_addr.s6_addr, 16);
        return true;
    }
    if (address->sa_family != AF_INET) return false;
    struct sockaddr_in four;
    memcpy(&four, address, sizeof four);
    memcpy(bytes, mapped, sizeof mapped);
    memcpy(bytes + sizeof mapped, &four.sin_addr, 4);
    return true;
}

/* The address that the name was resolved to is judged here, and connected to right behind. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
    uint8_t bytes[16];
    (void)purpose;
    bool is_allowed = address_of(&address->addr, bytes) &&
                      network_is_allowed(&transfer->sender->options.reach.allowed, bytes);
    if (!is_allowed) {
        transfer->is_address_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The type is libcurl's. NOLINTNEXTLINE(readability-non-const-parameter) */
static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    (void)bytes;
    transfer->answer_bytes += size * count;
    return transfer->answer_bytes > ANSWER_BYTES_MAXIMUM ? 0 : size * count;
}

/* ---- sending ---- */

static bool add_header(struct transfer *transfer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool add_header(struct transfer *transfer, const char *format, ...)
{
    struct buffer line;
    va_list arguments;
    buffer_init(&line, HEADER_BYTES);
    va_start(arguments, format);
    enum status status = buffer_add_arguments(&line, format, arguments);
    va_end(arguments);
    struct curl_slist *longer = NULL;
    if (status == STATUS_OK && buffer_add_byte(&line, '\0') == STATUS_OK)
        longer = curl_slist_append(transfer->headers, line.bytes);
    buffer_release(&line);
    if (longer != NULL) transfer->headers = longer;
    return longer != NULL;
}

static bool add_headers(struct transfer *transfer, const struct post *post)
{
    return add_header(transfer, "Content-Type: application/json") &&
           add_header(transfer, "Expect:") &&
           add_header(transfer, "webhook-id: %.*s", TEXT_ARGUMENTS(post->id)) &&
           add_header(transfer, "webhook-timestamp: %lld", (long long)post->timestamp_s) &&
           add_header(transfer, "webhook-signature: %.*s", TEXT_ARGUMENTS(post->signature));
}

#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (curl_easy_setopt(handle, (option), (value)) != CURLE_OK) return false;                 \
    } while (0)

static bool configure(struct transfer *transfer, const struct post *post)
{
    CURL *handle = transfer->handle;
    const struct sender_options *options = &transfer->sender->options;
    SET(CURLOPT_URL, post->url);
    SET(CURLOPT_PROTOCOLS_STR, options->reach.allows_http ? "http,https" : "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    /* A name that nobody answers for is given up at the time-out, not waited for: its thread ends
     * by itself, and other endpoints go on. */
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_USERAGENT, AGENT);
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.length);
    SET(CURLOPT_COPYPOSTFIELDS, post->body.bytes);
    SET(CURLOPT_TIMEOUT_MS, (long)options->timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS,
        options->timeout_ms < CONNECT_TIMEOUT_MS ? (long)options->timeout_ms : CONNECT_TIMEOUT_MS);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, take_answer);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_PRIVATE, transfer);
    return true;
}

enum status sender_post(struct sender *sender, const struct post *post, void *context)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL) return STATUS_NO_MEMORY;
    transfer->sender = sender;
    transfer->context = context;
    transfer->handle = curl_easy_init();
    transfer->next = sender->first;
    if (sender->first != NULL) sender->first->previous = transfer;
    sender->first = transfer;
    bool is_begun = transfer->handle != NULL && add_headers(transfer, post) &&
                    configure(transfer, post) &&
                    curl_multi_add_handle(sender->multi, transfer->handle) == CURLM_OK;
    if (is_begun) return STATUS_OK;
    release(transfer);
    return STATUS_NO_MEMORY;
}

static enum delivery_failure failure_of(CURLcode code, const struct transfer *transfer)
{
    if (transfer->is_address_refused) return DELIVERY_FAILED_ADDRESS;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return DELIVERY_FAILED_NAME;
    case CURLE_COULDNT_CONNECT:
        return DELIVERY_FAILED_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return DELIVERY_FAILED_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
        return DELIVERY_FAILED_TLS;
    default:
        return DELIVERY_FAILED_BROKEN;
    }
}

static void finish(struct transfer *transfer, CURLcode code)
{
    struct post_result result = {.failure = DELIVERY_FAILED_NONE};
    long http_status = 0;
    /* An answer that is longer than anybody reads is an answer. */
    bool is_too_long = code == CURLE_WRITE_ERROR && transfer->answer_bytes > ANSWER_BYTES_MAXIMUM;
    (void)curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &http_status);
    if (code != CURLE_OK && !is_too_long) {
        result.failure = failure_of(code, transfer);
    } else {
        result.http_status = http_status;
        if (http_status >= 300 && http_status < 400) result.failure = DELIVERY_FAILED_REDIRECT;
        if (http_status < 200 || http_status >= 400) result.failure = DELIVERY_FAILED_STATUS;
    }
    struct sender *sender = transfer->sender;
    void *context = transfer->context;
    release(transfer);
    sender->done(sender->context, context, &result);
}

/* Tells what has ended; how many did. */
static uint32_t finish_all(struct sender *sender)
{
    int left = 0;
    uint32_t count = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(sender->multi, &left)) != NULL) {
        char *transfer = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        finish((struct transfer *)(void *)transfer, code);
        count++;
    }
    return count;
}

void sender_step(struct sender *sender, int64_t wait_ms)
{
    int running = 0;
    (void)curl_multi_perform(sender->multi, &running);
    /* A near receiver may have answered already: then there is nothing to wait for. */
    if (finish_all(sender) > 0) return;
    (void)curl_multi_poll(sender->multi, NULL, 0, (int)wait_ms, NULL);
    (void)curl_multi_perform(sender->multi, &running);
    (void)finish_all(sender);
}

void sender_wake(struct sender *sender)
{
    (void)curl_multi_wakeup(sender->multi);
}

/* ---- URLs ---- */

static const char *check_host(const struct reach *reach, CURLU *url)
{
    uint8_t bytes[16];
    char *host = NULL;
    if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK || host[0] == '\0') {
        curl_free(host);
        return "the URL has no host";
    }
    struct text name = text_of(host);
    if (name.bytes[0] == '[' && name.length > 2)
        name = (struct text){name.bytes + 1, name.length - 2};
    bool is_refused = network_address_read(name, bytes) == STATUS_OK &&
                      !network_is_allowed(&reach->allowed, bytes);
    curl_free(host);
    return is_refused
               ? "the address is not of the public internet, and the server does not allow it"
               : NULL;
}

static const char *check_parts(const struct reach *reach, CURLU *url)
{
    char *part = NULL;
    if (curl_url_get(url, CURLUPART_SCHEME, &part, 0) != CURLUE_OK) return "the URL has no scheme";
    bool is_https = strcmp(part, "https") == 0;
    bool is_http = strcmp(part, "http") == 0;
    curl_free(part);
    if (!is_https && !(is_http && reach->allows_http)) return "the URL must begin with https://";
    static const CURLUPart refused[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (curl_url_get(url, refused[i], &part, 0) != CURLUE_OK) continue;
        curl_free(part);
        return "the URL must have no user, password or fragment";
    }
    return check_host(reach, url);
}

const char *sender_check_url(const struct reach *reach, const char *url)
{
    CURLU *parsed = curl_url();
    if (parsed == NULL) return "there is no memory to read the URL";
    const char *wrong = curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK
                            ? check_parts(reach, parsed)
                            : "it is not a URL";
    curl_url_cleanup(parsed);
    return wrong;
}
