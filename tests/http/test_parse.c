/* The parser: what is a request, what is refused, and that splitting makes no difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/request.h"

#define HEADER_BYTES 300
#define BODY_BYTES 40

struct reading {
    struct request_parser parser;
    struct request *request;
    enum request_outcome outcome;
    size_t taken;
};

static void reading_begin(struct reading *reading)
{
    request_parser_init(&reading->parser, HEADER_BYTES, BODY_BYTES);
    reading->request = calloc(1, sizeof *reading->request);
    assert_non_null(reading->request);
    buffer_init(&reading->request->bytes, request_bytes_maximum(HEADER_BYTES, BODY_BYTES));
    reading->outcome = REQUEST_UNFINISHED;
    reading->taken = 0;
}

static void reading_end(struct reading *reading)
{
    buffer_release(&reading->request->bytes);
    free(reading->request);
}

/* Feeds in pieces of `size` bytes, each in memory of its own so that a sanitizer sees a read past
 * it, until the first request ends or is refused. */
static void feed(struct reading *reading, struct text bytes, size_t size)
{
    while (bytes.length > 0 && reading->outcome == REQUEST_UNFINISHED) {
        size_t length = bytes.length < size ? bytes.length : size;
        char *piece = malloc(length);
        assert_non_null(piece);
        memcpy(piece, bytes.bytes, length);
        size_t taken = 0;
        reading->outcome =
            request_parse(&reading->parser, reading->request, (struct text){piece, length}, &taken);
        free(piece);
        assert_true(taken == length || reading->outcome != REQUEST_UNFINISHED);
        reading->taken += taken;
        bytes.bytes += taken;
        bytes.length -= taken;
    }
}

#define HOST "Host: a\r\n"
#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

struct expectation {
    const char *request;
    int status; /* 200: it is complete; 0: it is unfinished */
    const char *target;
    const char *body;
};

static const struct expectation expectations[] = {
    {"GET / HTTP/1.1\r\n" HOST "\r\n", 200, "/", ""},
    {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 200, "/", ""},
    {"GET / HTTP/1.0\r\n\r\n", 200, "/", ""},
    {"GET /a?b=%20&c HTTP/1.1\r\n" HOST "\r\n", 200, "/a?b=%20&c", ""},
    {"GET http://shop.example/v1/x?y HTTP/1.1\r\n" HOST "\r\n", 200, "/v1/x?y", ""},
    {"GET HTTPS://shop.example:8443/ HTTP/1.1\r\n" HOST "\r\n", 200, "/", ""},
    {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 200, "*", ""},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 200, "/", "abc"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 003\r\n\r\nabc", 200, "/", "abc"},
    {"DELETE / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 200, "/", ""},
    {"PATCH / HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n",
     200, "/", "abc"},
    {"GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 200, "/", ""},
    {"POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\na", 200, "/",
     "a"},
    {"POST / HTTP/1.0\r\nExpect: miracle\r\nContent-Length: 1\r\n\r\na", 200, "/", "a"},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 40\r\n\r\n" TEN TEN TEN TEN, 200, "/",
     TEN TEN TEN TEN},

    {"GET / HTTP/1.1\r\n" HOST, 0, NULL, NULL},
    {"GET", 0, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab", 0, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", 0, NULL, NULL},

    /* What two servers could understand differently. */
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
     400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, NULL,
     NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400, NULL,
     NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc", 400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc", 400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\nabc", 400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc", 400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n", 400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc", 400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST " Content-Length: 3\r\n\r\nabc", 400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400, NULL,
     NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, NULL,
     NULL},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n", 400, NULL,
     NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n", 400, NULL,
     NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", 400, NULL,
     NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400, NULL,
     NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400,
     NULL, NULL},
    {"GET / HTTP/1.1\n" HOST "\r\n", 400, NULL, NULL},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400, NULL, NULL},
    {"GET / HTTP/1.1\r\nHost: a\r\n\n", 400, NULL, NULL},
    {"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400, NULL, NULL},
    {"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", 400, NULL, NULL},
    {"GET / HTTP/1.1\r\n\r\n", 400, NULL, NULL},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, NULL, NULL},
    {"GET / HTTP/1.1\r\nHost: a\r\nbad name: b\r\n\r\n", 400, NULL, NULL},
    {"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400, NULL, NULL},

    {"GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400, NULL, NULL},
    {"GET * HTTP/1.1\r\n" HOST "\r\n", 400, NULL, NULL},
    {"GET ftp://a/b HTTP/1.1\r\n" HOST "\r\n", 400, NULL, NULL},
    {"GET http://shop.example HTTP/1.1\r\n" HOST "\r\n", 400, NULL, NULL},
    {"GET shop HTTP/1.1\r\n" HOST "\r\n", 400, NULL, NULL},
    {"GET  HTTP/1.1\r\n" HOST "\r\n", 400, NULL, NULL},
    {"get / HTTP/1.1\r\n" HOST "\r\n", 400, NULL, NULL},
    {"\x16\x03\x01\x02", 400, NULL, NULL},
    {"HTTP/1.1 200 OK\r\n\r\n", 400, NULL, NULL},
    {"CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", 501, NULL, NULL},
    {"PROPFIND / HTTP/1.1\r\n" HOST "\r\n", 501, NULL, NULL},
    {"GET / HTTP/1.2\r\n" HOST "\r\n", 505, NULL, NULL},
    {"GET / HTTP/0.9\r\n\r\n", 505, NULL, NULL},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", 505, NULL, NULL},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Expect: miracle\r\nContent-Length: 1\r\n\r\na", 417, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 41\r\n\r\n", 413, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551615\r\n\r\n", 413, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n20\r\n" TEN TEN TEN "01\r\n"
     "9\r\n012345678\r\n0\r\n\r\n",
     413, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\n\r\n1;" FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "0=1\r\n",
     431, NULL, NULL},
    {"POST / HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "\r\n\r\n",
     431, NULL, NULL},
    {"GET / HTTP/1.1\r\n" HOST "X: " FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "\r\n\r\n", 431, NULL,
     NULL},
    {"GET /" FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY " HTTP/1.1\r\n" HOST "\r\n", 414, NULL, NULL},
};

static void check(const struct expectation *expected, size_t size)
{
    struct reading reading;
    reading_begin(&reading);
    struct text bytes = text_of(expected->request);
    feed(&reading, bytes, size);
    const struct request *request = reading.request;
    int status = request->refusal.status;
    if (reading.outcome == REQUEST_COMPLETE) status = 200;
    if (status != expected->status)
        fail_msg("%s in pieces of %zu: %d, not %d", expected->request, size, status,
                 expected->status);
    if (reading.outcome == REQUEST_REFUSED) assert_non_null(request->refusal.title);
    if (reading.outcome == REQUEST_COMPLETE) {
        assert_int_equal(reading.taken, bytes.length);
        assert_true(text_equal(request_text(request, request->target), text_of(expected->target)));
        struct text all = buffer_text(&request->bytes);
        struct text body = {all.bytes + request->body_start, all.length - request->body_start};
        assert_true(text_equal(body, text_of(expected->body)));
    }
    reading_end(&reading);
}

static void a_request_is_taken_or_refused_however_its_bytes_are_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        for (size_t size = 1; size <= strlen(expectations[i].request); size++)
            check(&expectations[i], size);
    }
}

static void a_nul_in_a_header_is_refused(void **state)
{
    (void)state;
    struct reading reading;
    reading_begin(&reading);
    feed(&reading, TEXT("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"), 100);
    assert_int_equal(reading.outcome, REQUEST_REFUSED);
    assert_int_equal(reading.request->refusal.status, 400);
    reading_end(&reading);
}

static void headers_end_exactly_at_their_limit(void **state)
{
    (void)state;
    static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    static const char end[] = "\r\n\r\n";
    for (size_t excess = 0; excess < 2; excess++) {
        char request[HEADER_BYTES + 2];
        size_t length = HEADER_BYTES + excess;
        memset(request, 'x', length);
        memcpy(request, start, sizeof start - 1);
        memcpy(request + length - (sizeof end - 1), end, sizeof end - 1);
        struct reading reading;
        reading_begin(&reading);
        feed(&reading, (struct text){request, length}, 7);
        assert_int_equal(reading.request->refusal.status, excess == 0 ? 0 : 431);
        reading_end(&reading);
    }
}

static void a_hundred_headers_are_taken_and_no_more(void **state)
{
    (void)state;
    for (int excess = 0; excess < 2; excess++) {
        struct reading reading;
        reading_begin(&reading);
        reading.parser.header_bytes_maximum = 10000;
        reading.request->bytes.maximum = 10000;
        struct buffer text;
        buffer_init(&text, 10000);
        assert_int_equal(buffer_add_format(&text, "GET / HTTP/1.1\r\n" HOST), STATUS_OK);
        for (int i = 1; i < REQUEST_HEADERS_MAXIMUM + excess; i++)
            assert_int_equal(buffer_add_format(&text, "X-%d:\r\n", i), STATUS_OK);
        assert_int_equal(buffer_add_format(&text, "\r\n"), STATUS_OK);
        feed(&reading, buffer_text(&text), 10000);
        assert_int_equal(reading.outcome, excess == 0 ? REQUEST_COMPLETE : REQUEST_REFUSED);
        assert_int_equal(reading.request->refusal.status, excess == 0 ? 0 : 431);
        if (excess == 0) {
            struct request_header last = reading.request->headers[99];
            assert_true(text_equal(request_text(reading.request, last.name), TEXT("X-99")));
            assert_int_equal(last.value.length, 0);
        }
        buffer_release(&text);
        reading_end(&reading);
    }
}

static void the_next_request_is_not_touched(void **state)
{
    (void)state;
    struct text both = TEXT("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab"
                            "GET /2 HTTP/1.1\r\n" HOST "\r\n");
    for (size_t size = 1; size <= both.length; size++) {
        struct reading reading;
        reading_begin(&reading);
        feed(&reading, both, size);
        assert_int_equal(reading.outcome, REQUEST_COMPLETE);
        assert_true(reading.request->keeps_alive);
        size_t first = reading.taken;
        assert_int_equal(both.bytes[first], 'G');
        request_clear(reading.request);
        reading.outcome = REQUEST_UNFINISHED;
        feed(&reading, (struct text){both.bytes + first, both.length - first}, size);
        assert_int_equal(reading.outcome, REQUEST_COMPLETE);
        assert_int_equal(reading.taken, both.length);
        assert_true(text_equal(request_text(reading.request, reading.request->target), TEXT("/2")));
        reading_end(&reading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_or_refused_however_its_bytes_are_split),
        cmocka_unit_test(a_nul_in_a_header_is_refused),
        cmocka_unit_test(headers_end_exactly_at_their_limit),
        cmocka_unit_test(a_hundred_headers_are_taken_and_no_more),
        cmocka_unit_test(the_next_request_is_not_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
