/* Fuzz HTTP: bytes to requests, in random pieces.
 *
 * The first two bytes of the input choose how the rest is split; the rest are one connection's
 * bytes. Whatever they are: pieces make no difference to what is read, a request stays within its
 * limits, its texts lie within its buffer, and paths and queries fall apart and decode without a
 * fault.
 */
#include <stdlib.h>

#include "http/request.h"

#define HEADER_BYTES 512
#define BODY_BYTES 256
#define REQUESTS_MAXIMUM 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What was read from one connection, as far as it can be compared. */
struct outcome {
    size_t complete;
    int refused; /* the status, or 0 */
    uint64_t hash;
};

static uint64_t mix(uint64_t hash, struct text text)
{
    return hash_bytes(text) ^ (hash * 31 + text.length);
}

static void decode_all(struct arena *arena, const struct http_exchange *exchange)
{
    struct text rest = exchange->path;
    struct text part;
    struct text value;
    struct text decoded;
    while (http_path_next(&rest, &part)) {
        enum status status = http_decode_segment(arena, part, &decoded);
        ASSERT(status == STATUS_SYNTAX || decoded.length <= part.length);
    }
    rest = exchange->query;
    while (http_query_next(&rest, &part, &value)) {
        enum status status = http_decode_query(arena, value, &decoded);
        ASSERT(status == STATUS_SYNTAX || text_is_utf8(decoded, NULL));
    }
}

static uint64_t check_request(struct arena *arena, const struct request *request)
{
    struct http_exchange exchange = {.arena = arena};
    ASSERT(request->bytes.length <= HEADER_BYTES + BODY_BYTES);
    ASSERT(request_open(request, &exchange) == STATUS_OK);
    ASSERT(exchange.body.length <= BODY_BYTES);
    ASSERT(exchange.path.bytes[0] == '/' || text_equal(exchange.path, TEXT("*")));
    struct text host;
    ASSERT(request->is_http_1_0 || http_header_find(&exchange, TEXT("host"), &host));
    decode_all(arena, &exchange);
    uint64_t hash = mix(mix(exchange.method, exchange.path), exchange.query);
    for (size_t i = 0; i < exchange.header_count; i++)
        hash = mix(mix(hash, exchange.headers[i].name), exchange.headers[i].value);
    return mix(hash, exchange.body);
}

static size_t piece_length(uint32_t *seed, size_t left)
{
    *seed = *seed * 1664525 + 1013904223;
    size_t length = 1 + (*seed >> 24) % 40;
    return length < left ? length : left;
}

static struct outcome read_connection(struct arena *arena, struct request *request,
                                      struct text bytes, uint32_t seed)
{
    struct request_parser parser;
    struct outcome outcome = {0};
    request_parser_init(&parser, HEADER_BYTES, BODY_BYTES);
    request_clear(request);
    while (bytes.length > 0 && outcome.complete < REQUESTS_MAXIMUM) {
        size_t length = seed == 0 ? bytes.length : piece_length(&seed, bytes.length);
        /* In memory of its own, so that a read past its end is seen. */
        char *piece = malloc(length);
        ASSERT(piece != NULL);
        memcpy(piece, bytes.bytes, length);
        size_t taken = 0;
        enum request_outcome read =
            request_parse(&parser, request, (struct text){piece, length}, &taken);
        free(piece);
        ASSERT(taken <= length);
        bytes.bytes += taken;
        bytes.length -= taken;
        if (read == REQUEST_REFUSED) {
            ASSERT(request->refusal.status >= 400 && request->refusal.title != NULL);
            outcome.refused = request->refusal.status;
            return outcome;
        }
        if (read == REQUEST_UNFINISHED) continue;
        outcome.complete++;
        outcome.hash = outcome.hash * 31 + check_request(arena, request);
        arena_clear(arena);
        if (!request->keeps_alive) return outcome;
        request_clear(request);
    }
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct arena arena;
    static struct request request;
    if (arena.maximum == 0) {
        arena_init(&arena, (size_t)1 << 20);
        buffer_init(&request.bytes, request_bytes_maximum(HEADER_BYTES, BODY_BYTES));
    }
    if (length < 2) return 0;
    uint32_t seed = (uint32_t)(bytes[0] << 8 | bytes[1]) + 1;
    struct text text = {(const char *)bytes + 2, length - 2};
    struct outcome whole = read_connection(&arena, &request, text, 0);
    struct outcome split = read_connection(&arena, &request, text, seed);
    ASSERT(whole.complete == split.complete);
    /* Of two reasons to refuse, pieces may show the other one first. */
    ASSERT((whole.refused != 0) == (split.refused != 0));
    ASSERT(whole.hash == split.hash);
    return 0;
}
