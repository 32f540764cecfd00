/* Reply: the head of a reply, and the names of statuses.
 *
 * No reply can be broken apart by what is in it: a header with a control character in its value, or
 * anything but a token's characters in its name, is left out.
 */
#include <stdio.h>
#include <time.h>

#include "http/server.h"

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *http_status_phrase(int status)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (phrases[i].status == status) return phrases[i].phrase;
    }
    return "";
}

const char *http_method_name(enum http_method method)
{
    static const char *const names[] = {
#define X(name) #name,
        HTTP_METHOD_LIST(X)
#undef X
    };
    return names[method];
}

const char *http_refusal_name(enum http_refusal refusal)
{
    static const char *const names[] = {
#define X(name, text) text,
        HTTP_REFUSAL_LIST(X)
#undef X
    };
    return names[refusal];
}

bool reply_has_no_body(int status)
{
    return status == 204 || status == 304;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), made once a second. */
static struct text date_now(struct http_server *server)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (server->now_us < server->date_until_us) return server->date;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int32_t day = (int32_t)(now.tv_sec / 86400);
    int second = (int)(now.tv_sec % 86400);
    struct date date = date_of_day(day);
    int length = snprintf(
        server->date_bytes, sizeof server->date_bytes, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
        days + 3 * (weekday_of_day(day) - 1), (int)date.day, months + 3 * (date.month - 1),
        (int)date.year, second / 3600, second / 60 % 60, second % 60);
    server->date = (struct text){server->date_bytes, (size_t)length};
    server->date_until_us = server->now_us + (1000000 - now.tv_nsec / 1000);
    return server->date;
}

static bool is_token(struct text name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.bytes[i];
        bool is_alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                               (byte >= 'A' && byte <= 'Z');
        if (!is_alphanumeric && memchr(others, byte, sizeof others - 1) == NULL) return false;
    }
    return name.length > 0;
}

static bool is_field_value(struct text value)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char byte = (unsigned char)value.bytes[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7F) return false;
    }
    return true;
}

static enum status add_header(struct buffer *output, struct text name, struct text value)
{
    if (!is_token(name) || !is_field_value(value)) return STATUS_OK;
    TRY(buffer_add(output, name));
    TRY(buffer_add(output, TEXT(": ")));
    TRY(buffer_add(output, value));
    return buffer_add(output, TEXT("\r\n"));
}

static struct text format_number(size_t number, char digits[24])
{
    size_t at = 24;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return (struct text){digits + at, 24 - at};
}

enum status reply_write_head(struct http_server *server, struct buffer *output,
                             const struct http_reply *reply, bool closes, bool keeps_alive_in_1_0)
{
    char digits[24];
    TRY(buffer_reserve(output, 256));
    TRY(buffer_add(output, TEXT("HTTP/1.1 ")));
    TRY(buffer_add(output, format_number((size_t)reply->status, digits)));
    TRY(buffer_add_byte(output, ' '));
    TRY(buffer_add(output, text_of(http_status_phrase(reply->status))));
    TRY(buffer_add(output, TEXT("\r\n")));
    if (!text_is_empty(reply->content_type))
        TRY(add_header(output, TEXT("Content-Type"), reply->content_type));
    if (!reply_has_no_body(reply->status)) {
        TRY(buffer_add(output, TEXT("Content-Length: ")));
        TRY(buffer_add(output, format_number(reply->body.length, digits)));
        TRY(buffer_add(output, TEXT("\r\n")));
    }
    TRY(buffer_add(output, TEXT("Date: ")));
    TRY(buffer_add(output, date_now(server)));
    TRY(buffer_add(output, TEXT("\r\n")));
    for (size_t i = 0; i < reply->header_count; i++)
        TRY(add_header(output, reply->headers[i].name, reply->headers[i].value));
    if (closes) TRY(buffer_add(output, TEXT("Connection: close\r\n")));
    if (!closes && keeps_alive_in_1_0) TRY(buffer_add(output, TEXT("Connection: keep-alive\r\n")));
    return buffer_add(output, TEXT("\r\n"));
}
