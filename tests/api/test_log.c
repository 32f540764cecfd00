/* The log: the same fields in both of its formats, one line each whatever is in a value. */
#include "api/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <yyjson.h>

#define LINE_BYTES 16384

static char said[LINE_BYTES];

static void keep(void *context, struct text line)
{
    (void)context;
    assert_true(line.length < LINE_BYTES);
    memcpy(said, line.bytes, line.length);
    said[line.length] = '\0';
}

static struct log log_of(enum api_log_format format)
{
    struct log log;
    const struct api_options options = {
        .log_level = API_LOG_INFO, .log_format = format, .log = keep};
    log_init(&log, &options);
    return log;
}

/* The line as JSON; the caller frees it. */
static yyjson_doc *read_line(void)
{
    size_t length = strlen(said);
    assert_true(length > 0 && said[length - 1] == '\n');
    assert_null(memchr(said, '\n', length - 1));
    yyjson_doc *document = yyjson_read(said, length, YYJSON_READ_NOFLAG);
    if (document == NULL) fail_msg("no JSON: %s", said);
    assert_true(yyjson_is_obj(yyjson_doc_get_root(document)));
    return document;
}

static void both_formats_have_the_same_fields(void **state)
{
    static const char *const names[] = {"time", "level", "msg", "path", "status"};
    (void)state;
    struct log log = log_of(API_LOG_LOGFMT);
    LOG_LINE(&log, API_LOG_WARNING, TEXT("a request"), LOG_TEXT("path", TEXT("/v1/x")),
             LOG_NUMBER("status", -5));
    assert_non_null(strstr(said, " level=warning msg=\"a request\" path=/v1/x status=-5\n"));
    log = log_of(API_LOG_JSON);
    LOG_LINE(&log, API_LOG_WARNING, TEXT("a request"), LOG_TEXT("path", TEXT("/v1/x")),
             LOG_NUMBER("status", -5));
    yyjson_doc *document = read_line();
    yyjson_val *root = yyjson_doc_get_root(document);
    yyjson_obj_iter fields = yyjson_obj_iter_with(root);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(yyjson_get_str(yyjson_obj_iter_next(&fields)), names[i]);
    assert_null(yyjson_obj_iter_next(&fields));
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "level")), "warning");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "msg")), "a request");
    assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "path")), "/v1/x");
    assert_int_equal(yyjson_get_sint(yyjson_obj_get(root, "status")), -5);
    yyjson_doc_free(document);
}

static void a_value_is_valid_whatever_it_holds(void **state)
{
    static const struct {
        struct text value;
        const char *json;
        const char *plain;
    } cases[] = {
        {TEXT_INITIALISER(""), "", "\"\""},
        {TEXT_INITIALISER("a\"b\\c"), "a\"b\\c", "\"a\\\"b\\\\c\""},
        {TEXT_INITIALISER("a\nb\x01\x7F"), "a\nb\x01\x7F", "\"a b  \""},
        {TEXT_INITIALISER("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
        {TEXT_INITIALISER("\xFFx\xC3"), "\xEF\xBF\xBDx\xEF\xBF\xBD", "\xFFx\xC3"},
        {TEXT_INITIALISER("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", "\xED\xA0\x80"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct log log = log_of(API_LOG_JSON);
        LOG_LINE(&log, API_LOG_INFO, TEXT("m"), LOG_TEXT("value", cases[i].value));
        yyjson_doc *document = read_line();
        yyjson_val *value = yyjson_obj_get(yyjson_doc_get_root(document), "value");
        assert_string_equal(yyjson_get_str(value), cases[i].json);
        yyjson_doc_free(document);
        log = log_of(API_LOG_LOGFMT);
        LOG_LINE(&log, API_LOG_INFO, TEXT("m"), LOG_TEXT("value", cases[i].value));
        const char *at = strstr(said, " value=");
        assert_non_null(at);
        assert_memory_equal(at + 7, cases[i].plain, strlen(cases[i].plain));
        assert_string_equal(at + 7 + strlen(cases[i].plain), "\n");
    }
}

static void a_line_of_any_length_ends_as_one(void **state)
{
    static char long_text[20000];
    static const char fillers[] = {'x', '\x01', '"', '\xFF'};
    (void)state;
    for (size_t k = 0; k < sizeof fillers; k++) {
        memset(long_text, fillers[k], sizeof long_text);
        struct text value = {long_text, sizeof long_text};
        for (int format = 0; format < 2; format++) {
            struct log log = log_of((enum api_log_format)format);
            LOG_LINE(&log, API_LOG_INFO, value, LOG_TEXT("a", value), LOG_TEXT("b", value),
                     LOG_TEXT("c", value), LOG_TEXT("d", value), LOG_NUMBER("e", INT64_MIN));
            if (format == API_LOG_JSON) yyjson_doc_free(read_line());
            assert_true(said[strlen(said) - 1] == '\n');
        }
    }
}

static void what_is_below_the_level_is_not_written(void **state)
{
    (void)state;
    struct log log = log_of(API_LOG_JSON);
    said[0] = '\0';
    LOG_LINE(&log, API_LOG_DEBUG, TEXT("m"), LOG_NUMBER("n", 1));
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_have_the_same_fields),
        cmocka_unit_test(a_value_is_valid_whatever_it_holds),
        cmocka_unit_test(a_line_of_any_length_ends_as_one),
        cmocka_unit_test(what_is_below_the_level_is_not_written),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
