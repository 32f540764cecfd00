/* The envelope of a record: what is written is read, and hostile bytes are corrupt, never worse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/record.h"

#define LINK_COUNT 3

static const struct record_link example_links[LINK_COUNT] = {
    {{.kind = ENTITY_MEMBER, .id = TEXT_INITIALISER("ann")}, 7, 41},
    {{.kind = ENTITY_ORDER, .id = TEXT_INITIALISER("order/1")}, 1, 0},
    {{.kind = ENTITY_PAGE, .id = TEXT_INITIALISER("\0\0\0\0\0\0\1\0")}, 300, UINT64_C(1) << 40},
};

struct example {
    struct record record;
    struct record_hash before;
    struct record_hash previous[LINK_COUNT];
    struct buffer bytes;
    struct buffer scratch;
    struct arena arena;
};

static int set_up(void **context)
{
    struct example *example = calloc(1, sizeof *example);
    assert_non_null(example);
    example->record = (struct record){.position = (UINT64_C(1) << 47) + 3,
                                      .body = TEXT("the body of it"),
                                      .links = example_links,
                                      .link_count = LINK_COUNT};
    memset(&example->before, 0x11, sizeof example->before);
    memset(example->previous, 0x22, sizeof example->previous);
    buffer_init(&example->bytes, 1u << 20);
    buffer_init(&example->scratch, 1u << 20);
    arena_init(&example->arena, 1u << 20);
    assert_int_equal(
        record_encode(&example->record, &example->before, example->previous, &example->bytes),
        STATUS_OK);
    *context = example;
    return 0;
}

static int tear_down(void **context)
{
    struct example *example = *context;
    buffer_release(&example->bytes);
    buffer_release(&example->scratch);
    arena_release(&example->arena);
    free(example);
    return 0;
}

static void what_is_written_is_read(void **context)
{
    struct example *example = *context;
    struct record read;
    assert_int_equal(record_decode(buffer_text(&example->bytes), &example->arena, &read),
                     STATUS_OK);
    assert_int_equal(read.position, example->record.position);
    assert_true(text_equal(read.body, example->record.body));
    assert_int_equal(read.link_count, LINK_COUNT);
    for (uint32_t i = 0; i < LINK_COUNT; i++) {
        const struct record_link *link = &read.links[i];
        assert_int_equal(link->key.kind, example_links[i].key.kind);
        assert_true(text_equal(link->key.id, example_links[i].key.id));
        assert_int_equal(link->sequence, example_links[i].sequence);
        assert_int_equal(link->previous_position, example_links[i].previous_position);
        assert_ptr_equal(record_link_of(&read, &example_links[i].key), link);
    }
    struct entity_key nobody = {.kind = ENTITY_MEMBER, .id = TEXT("an")};
    assert_null(record_link_of(&read, &nobody));
    assert_memory_equal(read.hash, example->record.hash, sizeof read.hash);
    assert_int_equal(record_check(&read, &example->before, example->previous, &example->scratch),
                     STATUS_OK);
}

static void a_record_without_links_or_body_is_one_too(void **context)
{
    struct example *example = *context;
    struct record record = {.position = 1};
    struct record read;
    buffer_clear(&example->bytes);
    assert_int_equal(record_encode(&record, &example->before, NULL, &example->bytes), STATUS_OK);
    assert_int_equal(record_decode(buffer_text(&example->bytes), &example->arena, &read),
                     STATUS_OK);
    assert_int_equal(read.link_count, 0);
    assert_int_equal(read.body.length, 0);
    assert_int_equal(record_check(&read, &example->before, NULL, &example->scratch), STATUS_OK);
}

static void a_position_of_zero_is_none(void **context)
{
    struct example *example = *context;
    size_t length = example->bytes.length;
    example->record.position = 0;
    assert_int_equal(
        record_encode(&example->record, &example->before, example->previous, &example->bytes),
        STATUS_LIMIT);
    assert_int_equal(example->bytes.length, length);
}

static void a_record_cut_before_its_body_is_corrupt(void **context)
{
    struct example *example = *context;
    size_t head = example->bytes.length - example->record.body.length;
    for (size_t size = 0; size < head; size++) {
        /* Its own allocation: a read behind the end is seen by the sanitizer. */
        char *cut = malloc(size + 1);
        assert_non_null(cut);
        memcpy(cut, example->bytes.bytes, size);
        struct record read;
        assert_int_equal(record_decode((struct text){cut, size}, &example->arena, &read),
                         STATUS_CORRUPT);
        free(cut);
    }
}

/* Whichever bit is turned: it cannot be read, or the chain does not hold. */
static void a_changed_bit_is_found(void **context)
{
    struct example *example = *context;
    for (size_t i = 0; i < example->bytes.length * 8; i++) {
        char *bytes = example->bytes.bytes;
        struct record read;
        bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
        arena_clear(&example->arena);
        enum status status = record_decode(buffer_text(&example->bytes), &example->arena, &read);
        if (status == STATUS_OK) {
            static const struct record_hash other[256];
            const struct record_hash *previous =
                read.link_count == LINK_COUNT ? example->previous : other;
            assert_true(read.link_count <= 256);
            status = record_check(&read, &example->before, previous, &example->scratch);
        }
        assert_int_equal(status, STATUS_CORRUPT);
        bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
    }
}

static void another_past_is_found(void **context)
{
    struct example *example = *context;
    struct record *record = &example->record;
    example->before.bytes[31] ^= 1;
    assert_int_equal(record_check(record, &example->before, example->previous, &example->scratch),
                     STATUS_CORRUPT);
    example->before.bytes[31] ^= 1;
    example->previous[2].bytes[0] ^= 1;
    assert_int_equal(record_check(record, &example->before, example->previous, &example->scratch),
                     STATUS_CORRUPT);
    example->previous[2].bytes[0] ^= 1;
    assert_int_equal(record_check(record, &example->before, example->previous, &example->scratch),
                     STATUS_OK);
}

static void a_link_follows_its_entitys_last_record_alone(void **context)
{
    (void)context;
    struct record_stamp stamp = {.position = 41, .sequence = 6};
    assert_true(record_follows(&example_links[0], &stamp));
    stamp.sequence = 5;
    assert_false(record_follows(&example_links[0], &stamp));
    stamp = (struct record_stamp){.position = 40, .sequence = 6};
    assert_false(record_follows(&example_links[0], &stamp));
    stamp = (struct record_stamp){.position = 0};
    assert_true(record_follows(&example_links[1], &stamp));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_written_is_read),
        CASE(a_record_without_links_or_body_is_one_too),
        CASE(a_position_of_zero_is_none),
        CASE(a_record_cut_before_its_body_is_corrupt),
        CASE(a_changed_bit_is_found),
        CASE(another_past_is_found),
        CASE(a_link_follows_its_entitys_last_record_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
