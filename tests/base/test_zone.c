/* Tests of the zones and of instants as text: the changes of real clocks, days that are missing, 23
 * or 25 hours long, and what cannot be read. The last tests compare every zone there is with ICU
 * itself and with the meaning of a wall time.
 */
#include "check.h"

#include <unicode/ucal.h>
#include <unicode/ustring.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct zone *zone_of(const char *name)
{
    const struct zone *zone = NULL;
    assert_ok(zone_open(&arena, text_of(name), &zone));
    return zone;
}

static int64_t instant(const char *zone, const char *text)
{
    int64_t instant_us = 0;
    assert_ok(instant_parse(zone_of(zone), text_of(text), &instant_us));
    return instant_us;
}

static void assert_instant(const char *wanted, int64_t got_us)
{
    char out[INSTANT_TEXT_MAXIMUM];
    assert_text(wanted, instant_format(zone_of("UTC"), got_us, out));
}

static void names_that_the_database_does_not_know_are_not_found(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "Nowhere/City",
        "Europe/london",
        "europe/London",
        "Europe/London ",
        "GMT+5",
        "GMT+05:30",
        "UTC+1",
        "+02:00",
        "Etc/Unknown",
        "BST",
        "IST",
        "PST",
        "AST",
        "Europe\\London",
        "London",
        "\xC3\x9C",
        "Europe/Londonxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct zone *zone = NULL;
        assert_status(STATUS_NOT_FOUND, zone_open(&arena, text_of(cases[i]), &zone));
        assert_null(zone);
    }
    const struct zone *zone = NULL;
    assert_status(STATUS_NOT_FOUND, zone_open(&arena, (struct text){"UTC\0", 4}, &zone));
    assert_status(STATUS_NOT_FOUND, zone_open(&arena, (struct text){NULL, 0}, &zone));
}

static void a_zone_keeps_the_name_it_was_opened_by(void **state)
{
    (void)state;
    static const char *const names[] = {
        "UTC",       "Etc/UTC", "Asia/Kathmandu", "Asia/Katmandu",
        "Etc/GMT+5", "GMT",     "EST5EDT",        "America/Argentina/ComodRivadavia"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_text(names[i], zone_name(zone_of(names[i])));
    struct text version = zone_data_version();
    assert_true(version.length >= 5 && text_starts_with(version, TEXT("20")));
}

static void a_zone_that_does_not_fit_its_arena_is_not_opened(void **state)
{
    (void)state;
    for (size_t maximum = 0; maximum <= 8192; maximum += 256) {
        struct arena small;
        arena_init(&small, maximum);
        const struct zone *zone = NULL;
        assert_status(STATUS_NO_MEMORY, zone_open(&small, TEXT("Europe/London"), &zone));
        assert_null(zone);
        arena_release(&small);
    }
}

/* Wall times around changes of the clock: what they mean, and what is shown of that again. */
static void skipped_wall_times_keep_the_offset_before_and_double_ones_are_the_earlier(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *wall;
        const char *instant;
        const char *shown;
    } cases[] = {
        /* forward at 01:00Z */
        {"Europe/London", "2024-03-31T00:59:59", "2024-03-31T00:59:59Z", "2024-03-31T00:59:59Z"},
        {"Europe/London", "2024-03-31T01:00", "2024-03-31T01:00:00Z", "2024-03-31T02:00:00+01:00"},
        {"Europe/London", "2024-03-31T01:30", "2024-03-31T01:30:00Z", "2024-03-31T02:30:00+01:00"},
        {"Europe/London", "2024-03-31T01:59:59.999999", "2024-03-31T01:59:59.999999Z",
         "2024-03-31T02:59:59.999999+01:00"},
        {"Europe/London", "2024-03-31T02:00", "2024-03-31T01:00:00Z", "2024-03-31T02:00:00+01:00"},
        {"Europe/London", "2024-03-31T02:01", "2024-03-31T01:01:00Z", "2024-03-31T02:01:00+01:00"},
        {"Europe/London", "2011-03-27T01:30", "2011-03-27T01:30:00Z", "2011-03-27T02:30:00+01:00"},
        /* back at 01:00Z */
        {"Europe/London", "2024-10-27T00:59:59", "2024-10-26T23:59:59Z",
         "2024-10-27T00:59:59+01:00"},
        {"Europe/London", "2024-10-27T01:00", "2024-10-27T00:00:00Z", "2024-10-27T01:00:00+01:00"},
        {"Europe/London", "2024-10-27T01:59:59.999999", "2024-10-27T00:59:59.999999Z",
         "2024-10-27T01:59:59.999999+01:00"},
        {"Europe/London", "2024-10-27T02:00", "2024-10-27T02:00:00Z", "2024-10-27T02:00:00Z"},
        /* the years when Britain kept summer time */
        {"Europe/London", "1970-01-01T00:00", "1969-12-31T23:00:00Z", "1970-01-01T00:00:00+01:00"},
        {"America/New_York", "2024-03-10T02:30", "2024-03-10T07:30:00Z",
         "2024-03-10T03:30:00-04:00"},
        {"America/New_York", "2024-11-03T01:30", "2024-11-03T05:30:00Z",
         "2024-11-03T01:30:00-04:00"},
        {"America/New_York", "2024-11-03T02:00", "2024-11-03T07:00:00Z",
         "2024-11-03T02:00:00-05:00"},
        /* a quarter of an hour was lost as 1986 began */
        {"Asia/Kathmandu", "1985-12-31T23:59", "1985-12-31T18:29:00Z", "1985-12-31T23:59:00+05:30"},
        {"Asia/Kathmandu", "1986-01-01T00:00", "1985-12-31T18:30:00Z", "1986-01-01T00:15:00+05:45"},
        {"Asia/Kathmandu", "1986-01-01T00:10", "1985-12-31T18:40:00Z", "1986-01-01T00:25:00+05:45"},
        {"Asia/Kathmandu", "1986-01-01T00:15", "1985-12-31T18:30:00Z", "1986-01-01T00:15:00+05:45"},
        /* half an hour of summer time */
        {"Australia/Lord_Howe", "2024-04-07T01:45", "2024-04-06T14:45:00Z",
         "2024-04-07T01:45:00+11:00"},
        {"Australia/Lord_Howe", "2024-04-07T02:00", "2024-04-06T15:30:00Z",
         "2024-04-07T02:00:00+10:30"},
        {"Australia/Lord_Howe", "2024-10-06T02:15", "2024-10-05T15:45:00Z",
         "2024-10-06T02:45:00+11:00"},
        /* the clock goes back for Ramadan */
        {"Africa/Casablanca", "2022-03-27T02:30", "2022-03-27T01:30:00Z",
         "2022-03-27T02:30:00+01:00"},
        {"Africa/Casablanca", "2022-04-15T12:00", "2022-04-15T12:00:00Z", "2022-04-15T12:00:00Z"},
        {"Africa/Casablanca", "2022-05-08T02:30", "2022-05-08T02:30:00Z",
         "2022-05-08T03:30:00+01:00"},
        /* 30 December 2011 did not happen in Samoa */
        {"Pacific/Apia", "2011-12-29T23:59", "2011-12-30T09:59:00Z", "2011-12-29T23:59:00-10:00"},
        {"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00:00Z", "2011-12-31T12:00:00+14:00"},
        {"Pacific/Apia", "2011-12-31T00:01", "2011-12-30T10:01:00Z", "2011-12-31T00:01:00+14:00"},
        /* half past eleven became half past midnight */
        {"America/Toronto", "1919-03-30T23:45", "1919-03-31T04:45:00Z",
         "1919-03-31T00:45:00-04:00"},
        {"America/Toronto", "1919-03-31T00:00", "1919-03-31T05:00:00Z",
         "1919-03-31T01:00:00-04:00"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[INSTANT_TEXT_MAXIMUM];
        int64_t instant_us = instant(cases[i].zone, cases[i].wall);
        assert_instant(cases[i].instant, instant_us);
        assert_text(cases[i].shown, instant_format(zone_of(cases[i].zone), instant_us, out));
    }
}

static void a_day_starts_at_its_first_instant(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        struct date date;
        const char *start;
        int32_t hours;
    } cases[] = {
        {"UTC", {2024, 2, 29}, "2024-02-29T00:00:00Z", 24},
        {"Europe/London", {2024, 3, 31}, "2024-03-31T00:00:00Z", 23},
        {"Europe/London", {2024, 10, 27}, "2024-10-26T23:00:00Z", 25},
        {"America/Sao_Paulo", {2018, 11, 4}, "2018-11-04T03:00:00Z", 23}, /* begins at 01:00 */
        {"America/Sao_Paulo", {2018, 2, 17}, "2018-02-17T02:00:00Z", 25}, /* 23:00 comes twice */
        {"America/Sao_Paulo", {2018, 2, 18}, "2018-02-18T03:00:00Z", 24},
        {"America/Havana", {2019, 11, 3}, "2019-11-03T04:00:00Z", 25},  /* 00:00 comes twice */
        {"America/Toronto", {1919, 3, 31}, "1919-03-31T04:30:00Z", 23}, /* begins at 00:30 */
        {"Asia/Kathmandu", {1986, 1, 1}, "1985-12-31T18:30:00Z", 23},   /* begins at 00:15 */
        {"Pacific/Apia", {2011, 12, 30}, "2011-12-30T10:00:00Z", 0},
        {"Pacific/Apia", {2011, 12, 31}, "2011-12-30T10:00:00Z", 24},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct zone *zone = zone_of(cases[i].zone);
        int32_t day = day_of_date(cases[i].date);
        int64_t start_us = zone_start_of_day(zone, day);
        char date[INSTANT_TEXT_MAXIMUM];
        assert_instant(cases[i].start, start_us);
        assert_true(start_us == instant(cases[i].zone, day_format(day, date).bytes));
        assert_int_equal(cases[i].hours, (zone_start_of_day(zone, day + 1) - start_us) /
                                             (3600 * MICROSECONDS_PER_SECOND));
        if (cases[i].hours > 0) assert_int_equal(day, zone_local_day(zone, start_us));
        assert_true(zone_local_day(zone, start_us - 1) < day);
    }
}

static void spans_keep_the_wall_time_where_there_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *from;
        struct span span;
        const char *to;
    } cases[] = {
        {"UTC", "2024-01-31T12:00", {1, PERIOD_MONTH}, "2024-02-29T12:00:00Z"},
        {"Europe/London", "2024-03-30T12:00", {1, PERIOD_DAY}, "2024-03-31T11:00:00Z"},
        {"Europe/London", "2024-03-30T01:30", {1, PERIOD_DAY}, "2024-03-31T01:30:00Z"},
        {"Europe/London", "2024-02-29T01:30", {31, PERIOD_DAY}, "2024-03-31T01:30:00Z"},
        {"Europe/London", "2024-01-31T01:30", {2, PERIOD_MONTH}, "2024-03-31T01:30:00Z"},
        {"Europe/London", "2024-04-01T01:30", {-1, PERIOD_DAY}, "2024-03-31T01:30:00Z"},
        {"Europe/London", "2024-10-26T01:30", {1, PERIOD_DAY}, "2024-10-27T00:30:00Z"},
        {"America/New_York", "2024-02-29T23:30", {1, PERIOD_YEAR}, "2025-03-01T04:30:00Z"},
        {"Pacific/Apia", "2011-12-29T08:00", {1, PERIOD_DAY}, "2011-12-30T18:00:00Z"},
        {"Europe/London", "2024-06-01T12:00", {-6, PERIOD_MONTH}, "2023-12-01T12:00:00Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t later_us = 0;
        assert_ok(instant_add_span(zone_of(cases[i].zone), instant(cases[i].zone, cases[i].from),
                                   cases[i].span, &later_us));
        assert_instant(cases[i].to, later_us);
    }
}

static void never_stays_never_and_year_10000_is_an_overflow(void **state)
{
    (void)state;
    const struct zone *zone = zone_of("Europe/London");
    int64_t later_us = 7;
    assert_status(STATUS_OVERFLOW,
                  instant_add_span(zone, INSTANT_LATEST, (struct span){1, PERIOD_DAY}, &later_us));
    assert_status(STATUS_OVERFLOW,
                  instant_add_span(zone, 0, (struct span){100000, PERIOD_YEAR}, &later_us));
    assert_status(STATUS_OVERFLOW, instant_add_span(zone, INSTANT_EARLIEST,
                                                    (struct span){-1, PERIOD_DAY}, &later_us));
    assert_int_equal(7, later_us);
    assert_ok(instant_add_span(zone, INSTANT_NEVER, (struct span){1, PERIOD_DAY}, &later_us));
    assert_true(later_us == INSTANT_NEVER);
    /* No span at all is no move, not even to the earlier of two equal wall times. */
    int64_t second_us = instant("UTC", "2024-10-27T01:30");
    assert_ok(instant_add_span(zone, second_us, (struct span){0, PERIOD_DAY}, &later_us));
    assert_true(later_us == second_us);
}

static void the_ends_of_time_do_not_wrap(void **state)
{
    (void)state;
    static const char *const names[] = {"UTC", "Pacific/Kiritimati", "Pacific/Midway",
                                        "Europe/London"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct zone *zone = zone_of(names[i]);
        assert_true(zone_to_wall(zone, INT64_MAX).local_day >= 106751990);
        assert_true(zone_to_wall(zone, INT64_MIN).local_day <= -106751991);
        assert_true(zone_start_of_day(zone, INT32_MAX) > INSTANT_LATEST);
        assert_true(zone_start_of_day(zone, INT32_MIN) < INSTANT_EARLIEST);
    }
}

static void instants_are_read_in_every_form(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"2027-03-05", "2027-03-05T05:00:00Z"},
        {"2027-03-05T12:00", "2027-03-05T17:00:00Z"},
        {"2027-03-05T12:00:07", "2027-03-05T17:00:07Z"},
        {"2027-03-05T12:00:07.5", "2027-03-05T17:00:07.5Z"},
        {"2027-03-05T12:00:07.000001", "2027-03-05T17:00:07.000001Z"},
        {"2027-03-05T12:00:07.000000", "2027-03-05T17:00:07Z"},
        {"2027-03-05T12:00Z", "2027-03-05T12:00:00Z"},
        {"2027-03-05T12:00:07.25Z", "2027-03-05T12:00:07.25Z"},
        {"2027-03-05T12:00+02:00", "2027-03-05T10:00:00Z"},
        {"2027-03-05T12:00:00-23:59", "2027-03-06T11:59:00Z"},
        {"2027-03-05T00:00:00+00:00", "2027-03-05T00:00:00Z"},
        {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
        {"0001-01-01T00:00Z", "0001-01-01T00:00:00Z"},
        {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_instant(cases[i][1], instant("America/New_York", cases[i][0]));
    assert_true(instant("UTC", "0001-01-01") == INSTANT_EARLIEST);
    assert_true(instant("UTC", "9999-12-31T23:59:59.999999") == INSTANT_LATEST);
}

static void what_is_not_an_instant_is_not_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum status status;
    } cases[] = {
        {"", STATUS_SYNTAX},
        {"2027", STATUS_SYNTAX},
        {"2027-3-5", STATUS_SYNTAX},
        {"27-03-05", STATUS_SYNTAX},
        {"2027/03/05", STATUS_SYNTAX},
        {"05.03.2027", STATUS_SYNTAX},
        {"2027-03-05 12:00", STATUS_SYNTAX},
        {"2027-03-05t12:00", STATUS_SYNTAX},
        {"2027-03-05T", STATUS_SYNTAX},
        {"2027-03-05T12", STATUS_SYNTAX},
        {"2027-03-05T12:0", STATUS_SYNTAX},
        {"2027-03-05T12:00:", STATUS_SYNTAX},
        {"2027-03-05T12:00:0", STATUS_SYNTAX},
        {"2027-03-05T12:00.5", STATUS_SYNTAX},
        {"2027-03-05T12:00:00.", STATUS_SYNTAX},
        {"2027-03-05T12:00:00,5", STATUS_SYNTAX},
        {"2027-03-05T12:00:00.1234567", STATUS_SYNTAX},
        {"2027-03-05Z", STATUS_SYNTAX},
        {"2027-03-05T12:00z", STATUS_SYNTAX},
        {"2027-03-05T12:00ZZ", STATUS_SYNTAX},
        {"2027-03-05T12:00+2", STATUS_SYNTAX},
        {"2027-03-05T12:00+0200", STATUS_SYNTAX},
        {"2027-03-05T12:00+02", STATUS_SYNTAX},
        {"2027-03-05T12:00+02:00 ", STATUS_SYNTAX},
        {" 2027-03-05", STATUS_SYNTAX},
        {"2027-03-05T12:00:00+-2:00", STATUS_SYNTAX},
        {"12027-03-05", STATUS_SYNTAX},
        {"-027-03-05", STATUS_SYNTAX},
        {"2011-02-30", STATUS_INVALID},
        {"2023-02-29T12:00Z", STATUS_INVALID},
        {"2027-00-05", STATUS_INVALID},
        {"2027-13-05", STATUS_INVALID},
        {"2027-03-00", STATUS_INVALID},
        {"2027-03-32", STATUS_INVALID},
        {"0000-01-01", STATUS_INVALID},
        {"2027-03-05T24:00", STATUS_INVALID},
        {"2027-03-05T12:60", STATUS_INVALID},
        {"2027-03-05T23:59:60Z", STATUS_INVALID},
        {"2027-03-05T12:00+24:00", STATUS_INVALID},
        {"2027-03-05T12:00+02:60", STATUS_INVALID},
        {"0001-01-01T00:00+00:01", STATUS_INVALID},
        {"9999-12-31T23:59:59-00:01", STATUS_INVALID},
    };
    const struct zone *zone = zone_of("UTC");
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t instant_us = 7;
        enum status status = instant_parse(zone, text_of(cases[i].text), &instant_us);
        if (status != cases[i].status) fail_msg("%s: %s", cases[i].text, status_text(status));
        assert_int_equal(7, instant_us);
    }
    int64_t instant_us = 7;
    assert_status(STATUS_SYNTAX, instant_parse(zone, (struct text){NULL, 0}, &instant_us));
    assert_status(STATUS_SYNTAX,
                  instant_parse(zone, (struct text){"2027-03-05\0", 11}, &instant_us));
}

static void every_start_of_an_instant_is_read_or_refused_within_its_bytes(void **state)
{
    (void)state;
    static const char whole[] = "2027-03-05T12:00:07.123456+02:00";
    for (size_t length = 0; length < sizeof whole; length++) {
        /* A copy of just that many bytes lets the address sanitizer see a read past the end. */
        char *bytes = malloc(length + 1);
        assert_non_null(bytes);
        memcpy(bytes, whole, length);
        char *exact = realloc(bytes, length == 0 ? 1 : length);
        assert_non_null(exact);
        int64_t instant_us;
        enum status status =
            instant_parse(zone_of("UTC"), (struct text){exact, length}, &instant_us);
        bool is_whole = length == 10 || length == 16 || length == 19 ||
                        (length >= 21 && length <= 26) || length == 32;
        assert_int_equal(is_whole ? STATUS_OK : STATUS_SYNTAX, status);
        free(exact);
    }
}

static void what_rfc_3339_cannot_say_is_written_in_utc(void **state)
{
    (void)state;
    char out[INSTANT_TEXT_MAXIMUM];
    /* Liberia kept its clocks 44 minutes and 30 seconds behind until 1972. */
    assert_text("1970-01-01T00:00:00Z", instant_format(zone_of("Africa/Monrovia"), 0, out));
    assert_text("9999-12-31T23:59:59.999999Z",
                instant_format(zone_of("Pacific/Kiritimati"), INSTANT_LATEST, out));
    assert_text("0001-01-01T00:00:00Z",
                instant_format(zone_of("America/New_York"), INSTANT_EARLIEST, out));
    assert_text("never", instant_format(zone_of("UTC"), INSTANT_NEVER, out));
    assert_text("+10000-01-01T00:00:00Z", instant_format(zone_of("UTC"), INSTANT_LATEST + 1, out));
    assert_text("+294247-01-10T04:00:54.775806Z",
                instant_format(zone_of("Europe/London"), INSTANT_NEVER - 1, out));
    assert_text("-290308-12-21T19:59:05.224192Z",
                instant_format(zone_of("Asia/Kathmandu"), INT64_MIN, out));
}

/* The wall time as one number. */
static int64_t wall_us(struct wall_time wall)
{
    return wall.local_day * MICROSECONDS_PER_DAY + wall.time_of_day_us;
}

/* ICU's own answer, without any table. */
static int64_t icu_offset_us(UCalendar *calendar, int64_t instant_us)
{
    UErrorCode error = U_ZERO_ERROR;
    ucal_setMillis(calendar, (UDate)(instant_us / 1000), &error);
    int64_t offset_ms = (int64_t)ucal_get(calendar, UCAL_ZONE_OFFSET, &error) +
                        ucal_get(calendar, UCAL_DST_OFFSET, &error);
    assert_true(U_SUCCESS(error));
    return offset_ms * 1000;
}

static int64_t own_offset_us(const struct zone *zone, int64_t instant_us)
{
    return wall_us(zone_to_wall(zone, instant_us)) - instant_us;
}

/* The instant at which the offset changes between two instants with different offsets. */
static int64_t change_between(const struct zone *zone, int64_t from_us, int64_t to_us)
{
    int64_t old_us = own_offset_us(zone, from_us);
    while (to_us - from_us > 1) {
        int64_t middle_us = from_us + (to_us - from_us) / 2;
        if (own_offset_us(zone, middle_us) == old_us)
            from_us = middle_us;
        else
            to_us = middle_us;
    }
    return to_us;
}

/* No clock is moved twice within so long in the zones of these years. */
#define CHANGES_APART_US INT64_C(144000000000)

/* From the definition: the earliest instant that shows this wall time, or, where a change skips it,
 * the wall time less the offset of the last instant before that change. */
static void check_wall(const struct zone *zone, int64_t sought_us)
{
    int64_t day = sought_us / MICROSECONDS_PER_DAY - (sought_us % MICROSECONDS_PER_DAY < 0);
    struct wall_time wall = {(int32_t)day, sought_us - day * MICROSECONDS_PER_DAY};
    int64_t got_us = zone_from_wall(zone, wall);
    if (wall_us(zone_to_wall(zone, got_us)) == sought_us) {
        int64_t earlier_us = sought_us - own_offset_us(zone, got_us - CHANGES_APART_US);
        assert_false(earlier_us < got_us && wall_us(zone_to_wall(zone, earlier_us)) == sought_us);
    } else {
        int64_t change_us = change_between(zone, got_us - CHANGES_APART_US, got_us);
        assert_true(wall_us(zone_to_wall(zone, change_us - 1)) < sought_us);
        assert_true(sought_us < wall_us(zone_to_wall(zone, change_us)));
        assert_true(got_us == sought_us - own_offset_us(zone, change_us - 1));
    }
}

/* From the definition: the earliest instant that shows this day's midnight or anything past it. */
static void check_start_of_day(const struct zone *zone, int32_t day)
{
    int64_t midnight_us = day * MICROSECONDS_PER_DAY;
    int64_t got_us = zone_start_of_day(zone, day);
    int64_t earlier_us = midnight_us - own_offset_us(zone, got_us - CHANGES_APART_US);
    assert_true(wall_us(zone_to_wall(zone, got_us)) >= midnight_us);
    assert_true(wall_us(zone_to_wall(zone, got_us - 1)) < midnight_us);
    assert_false(earlier_us < got_us && wall_us(zone_to_wall(zone, earlier_us)) >= midnight_us);
}

static void check_zone(const struct zone *zone, UCalendar *calendar, uint64_t *seed)
{
    const int64_t step_us = 20 * MICROSECONDS_PER_DAY;
    int64_t first_us = random_between(seed, -25567, -25000) * MICROSECONDS_PER_DAY;
    int64_t last_us = 83000 * MICROSECONDS_PER_DAY;
    int64_t previous_us = own_offset_us(zone, first_us);
    for (int64_t at_us = first_us + step_us; at_us < last_us; at_us += step_us) {
        int64_t offset_us = own_offset_us(zone, at_us);
        int64_t random_us = at_us + random_between(seed, -step_us, step_us);
        if (own_offset_us(zone, random_us) != icu_offset_us(calendar, random_us))
            fail_msg("%.*s at %lld", TEXT_ARGUMENTS(zone_name(zone)), (long long)random_us);
        check_wall(zone, random_us);
        check_start_of_day(zone, zone_local_day(zone, random_us));
        if (offset_us == previous_us) continue;
        int64_t change_us = change_between(zone, at_us - step_us, at_us);
        assert_true(icu_offset_us(calendar, change_us) == own_offset_us(zone, change_us));
        assert_true(icu_offset_us(calendar, change_us - 1000) ==
                    own_offset_us(zone, change_us - 1));
        static const int64_t near_minutes[] = {-90, -60, -45, -30, -15, 0, 15, 30, 45, 60, 90};
        for (size_t i = 0; i < COUNT(near_minutes); i++) {
            int64_t near_us = change_us + near_minutes[i] * 60000000;
            for (int64_t beside_us = -1; beside_us <= 1; beside_us++) {
                check_wall(zone, near_us + previous_us + beside_us);
                check_wall(zone, near_us + offset_us + beside_us);
            }
        }
        int32_t change_day = zone_local_day(zone, change_us);
        for (int32_t day = change_day - 1; day <= change_day + 1; day++)
            check_start_of_day(zone, day);
        previous_us = offset_us;
    }
}

static void every_zone_agrees_with_icu_and_with_the_meaning_of_wall_time(void **state)
{
    (void)state;
    UErrorCode error = U_ZERO_ERROR;
    UEnumeration *names = ucal_openTimeZones(&error);
    assert_true(U_SUCCESS(error));
    uint64_t seed = 20240331;
    int opened = 0;
    int not_opened = 0;
    const char *name;
    for (int i = 0; (name = uenum_next(names, NULL, &error)) != NULL; i++) {
        const struct zone *zone;
        if (zone_open(&arena, text_of(name), &zone) != STATUS_OK) {
            not_opened++;
            continue;
        }
        opened++;
        /* Every tenth, and those whose clocks do odd things. */
        bool is_odd = strstr(name, "Casablanca") != NULL || strstr(name, "Lord_Howe") != NULL ||
                      strstr(name, "Apia") != NULL || strstr(name, "Troll") != NULL ||
                      strstr(name, "St_Johns") != NULL || strstr(name, "Monrovia") != NULL ||
                      strstr(name, "Toronto") != NULL || strstr(name, "Kathmandu") != NULL;
        if (i % 10 != 0 && !is_odd) continue;
        UChar wide_name[128];
        u_charsToUChars(name, wide_name, (int32_t)strlen(name) + 1);
        UCalendar *calendar = ucal_open(wide_name, -1, "root", UCAL_GREGORIAN, &error);
        assert_true(U_SUCCESS(error));
        check_zone(zone, calendar, &seed);
        ucal_close(calendar);
    }
    uenum_close(names);
    assert_true(opened > 500);
    /* Etc/Unknown and the 25 abbreviations of the table. */
    assert_true(not_opened <= 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_the_database_does_not_know_are_not_found),
        cmocka_unit_test(a_zone_keeps_the_name_it_was_opened_by),
        cmocka_unit_test(a_zone_that_does_not_fit_its_arena_is_not_opened),
        cmocka_unit_test(skipped_wall_times_keep_the_offset_before_and_double_ones_are_the_earlier),
        cmocka_unit_test(a_day_starts_at_its_first_instant),
        cmocka_unit_test(spans_keep_the_wall_time_where_there_is_one),
        cmocka_unit_test(never_stays_never_and_year_10000_is_an_overflow),
        cmocka_unit_test(the_ends_of_time_do_not_wrap),
        cmocka_unit_test(instants_are_read_in_every_form),
        cmocka_unit_test(what_is_not_an_instant_is_not_read),
        cmocka_unit_test(every_start_of_an_instant_is_read_or_refused_within_its_bytes),
        cmocka_unit_test(what_rfc_3339_cannot_say_is_written_in_utc),
        cmocka_unit_test(every_zone_agrees_with_icu_and_with_the_meaning_of_wall_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
