/* The parts of timestamps and durations: getFullYear, getHours and the like, in a time zone.
 *
 * A zone is an offset ("+05:30", "-00:00", "02:00") or an IANA name. A constant one is opened when
 * the expression is compiled; one that comes from outside is opened once in an evaluation and found
 * again in its list. Opening asks ICU and takes some memory, so it is announced as many steps,
 * which bounds how many an evaluation can open.
 *
 * Months, days of the month and of the year count from 0, getDate from 1, and Sunday is day 0 of
 * the week.
 */
#include "cel/function_tables.h"
#include "cel/function_work.h"

#define SECONDS_PER_DAY INT64_C(86400)
#define STEPS_PER_ZONE 2000
#define NANOSECONDS_PER_MILLISECOND 1000000

/* A zone that is ready for use. */
struct cel_opened_zone {
    const struct cel_opened_zone *next; /* of the evaluation's list */
    struct text name;
    const struct zone *zone; /* NULL: an offset */
    int64_t offset_seconds;
};

/* What the clock on the wall shows: the day since 1970 and the second of that day. */
struct local_time {
    int32_t day;
    int32_t second;
};

/* [+-]hh:mm */
static bool read_offset(struct text name, int64_t *offset_seconds)
{
    bool is_negative = name.length > 0 && name.bytes[0] == '-';
    if (is_negative || (name.length > 0 && name.bytes[0] == '+'))
        name = (struct text){name.bytes + 1, name.length - 1};
    if (name.length != 5 || name.bytes[2] != ':') return false;
    static const size_t digit_at[] = {0, 1, 3, 4};
    int64_t digits[4];
    for (size_t i = 0; i < 4; i++) {
        digits[i] = name.bytes[digit_at[i]] - '0';
        if (digits[i] < 0 || digits[i] > 9) return false;
    }
    int64_t hours = digits[0] * 10 + digits[1];
    int64_t minutes = digits[2] * 10 + digits[3];
    if (hours > 23 || minutes > 59) return false;
    int64_t size = hours * 3600 + minutes * 60;
    *offset_seconds = is_negative ? -size : size;
    return true;
}

static enum status open_zone(struct arena *arena, struct text name, struct cel_opened_zone **opened)
{
    struct cel_opened_zone *zone = arena_new(arena, struct cel_opened_zone);
    if (zone == NULL) return STATUS_NO_MEMORY;
    if (!read_offset(name, &zone->offset_seconds)) TRY(zone_open(arena, name, &zone->zone));
    zone->name = arena_copy(arena, name);
    if (zone->name.bytes == NULL) return STATUS_NO_MEMORY;
    *opened = zone;
    return STATUS_OK;
}

static const void *prepare_zone(const struct cel_environment *environment, struct arena *arena,
                                struct cel_value constant, enum cel_fault *fault,
                                const char **detail)
{
    (void)environment;
    struct cel_opened_zone *opened = NULL;
    enum status status = open_zone(arena, cel_given(constant), &opened);
    if (status == STATUS_OK) return opened;
    *fault = status == STATUS_NO_MEMORY ? CEL_FAULT_NO_MEMORY : CEL_FAULT_TIME_ZONE;
    if (status != STATUS_NO_MEMORY)
        *detail = "a time zone is named like Europe/London, or written like +01:00";
    return NULL;
}

/* The zone that an argument names; NULL with an error in `*error`. */
static const struct cel_opened_zone *zone_of(struct cel_call *call, struct text name,
                                             struct cel_value *error)
{
    if (call->prepared != NULL) return call->prepared;
    struct cel_evaluation *evaluation = call->evaluation;
    for (const struct cel_opened_zone *at = evaluation->zones; at != NULL; at = at->next)
        if (text_equal(at->name, name)) return at;
    struct cel_opened_zone *opened = NULL;
    *error = cel_too_many_steps();
    if (!cel_spend(call, STEPS_PER_ZONE)) return NULL;
    enum status status = open_zone(call->arena, name, &opened);
    if (status != STATUS_OK) {
        *error = status == STATUS_NO_MEMORY ? cel_no_memory()
                                            : cel_fail(call, CEL_FAULT_TIME_ZONE, "'%.*s'",
                                                       TEXT_ARGUMENTS(cel_shortened(name)));
        return NULL;
    }
    opened->next = evaluation->zones;
    evaluation->zones = opened;
    return opened;
}

static struct local_time local_of_seconds(int64_t seconds)
{
    int64_t day = seconds / SECONDS_PER_DAY;
    int64_t second = seconds % SECONDS_PER_DAY;
    if (second < 0) {
        second += SECONDS_PER_DAY;
        day--;
    }
    return (struct local_time){(int32_t)day, (int32_t)second};
}

static struct local_time local_time(const struct cel_opened_zone *zone, int64_t seconds)
{
    if (zone == NULL) return local_of_seconds(seconds);
    if (zone->zone == NULL) return local_of_seconds(seconds + zone->offset_seconds);
    /* Seconds of the years 1 to 9999 fit 64 bits of microseconds. */
    struct wall_time wall = zone_to_wall(zone->zone, seconds * MICROSECONDS_PER_SECOND);
    return (struct local_time){wall.local_day,
                               (int32_t)(wall.time_of_day_us / MICROSECONDS_PER_SECOND)};
}

/* One part of a local time, and the timestamp that it is of. */
typedef int64_t (*take_part)(struct local_time local, struct cel_value timestamp);

static int64_t year_part(struct local_time local, struct cel_value timestamp)
{
    (void)timestamp;
    return date_of_day(local.day).year;
}

static int64_t month_part(struct local_time local, struct cel_value timestamp)
{
    (void)timestamp;
    return date_of_day(local.day).month - 1;
}

static int64_t day_of_year_part(struct local_time local, struct cel_value timestamp)
{
    (void)timestamp;
    struct date first = {date_of_day(local.day).year, 1, 1};
    return local.day - day_of_date(first);
}

static int64_t date_part(struct local_time local, struct cel_value timestamp)
{
    (void)timestamp;
    return date_of_day(local.day).day;
}

static int64_t day_of_month_part(struct local_time local, struct cel_value timestamp)
{
    return date_part(local, timestamp) - 1;
}

static int64_t day_of_week_part(struct local_time local, struct cel_value timestamp)
{
    (void)timestamp;
    return weekday_of_day(local.day) % 7;
}

static int64_t hours_part(struct local_time local, struct cel_value timestamp)
{
    (void)timestamp;
    return local.second / 3600;
}

static int64_t minutes_part(struct local_time local, struct cel_value timestamp)
{
    (void)timestamp;
    return local.second / 60 % 60;
}

static int64_t seconds_part(struct local_time local, struct cel_value timestamp)
{
    (void)timestamp;
    return local.second % 60;
}

static int64_t milliseconds_part(struct local_time local, struct cel_value timestamp)
{
    (void)local;
    return timestamp.extra / NANOSECONDS_PER_MILLISECOND;
}

static struct cel_value get(struct cel_call *call, const struct cel_value *arguments,
                            take_part take)
{
    const struct cel_opened_zone *zone = NULL;
    if (call->count > 1) {
        struct cel_value error = cel_null();
        zone = zone_of(call, cel_given(arguments[1]), &error);
        if (zone == NULL) return error;
    }
    return cel_int(take(local_time(zone, arguments[0].integer), arguments[0]));
}

#define GETTER_LIST(X)                                                                             \
    X(year, "getFullYear")                                                                         \
    X(month, "getMonth")                                                                           \
    X(day_of_year, "getDayOfYear")                                                                 \
    X(day_of_month, "getDayOfMonth")                                                               \
    X(date, "getDate")                                                                             \
    X(day_of_week, "getDayOfWeek")                                                                 \
    X(hours, "getHours")                                                                           \
    X(minutes, "getMinutes")                                                                       \
    X(seconds, "getSeconds")                                                                       \
    X(milliseconds, "getMilliseconds")

#define X(part, name)                                                                              \
    static struct cel_value get_##part(struct cel_call *call, const struct cel_value *arguments)   \
    {                                                                                              \
        return get(call, arguments, part##_part);                                                  \
    }
GETTER_LIST(X)
#undef X

static struct cel_value duration_hours(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_int(arguments[0].integer / 3600);
}

static struct cel_value duration_minutes(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_int(arguments[0].integer / 60);
}

static struct cel_value duration_seconds(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_int(arguments[0].integer);
}

static struct cel_value duration_milliseconds(struct cel_call *call,
                                              const struct cel_value *arguments)
{
    (void)call;
    return cel_int((int32_t)arguments[0].extra / NANOSECONDS_PER_MILLISECOND);
}

/* The two overloads of a timestamp's getter, as initialisers. */
#define OF_TIMESTAMP(part, id)                                                                     \
    {"timestamp_to_" id, "timestamp.() -> int", get_##part, CEL_COST_ONE, NULL, 0, 0},             \
    {                                                                                              \
        "timestamp_to_" id "_with_tz", "timestamp.(string) -> int", get_##part, CEL_COST_ONE,      \
            prepare_zone, 1, 0                                                                     \
    }
#define OF_DURATION(part)                                                                          \
    {                                                                                              \
        "duration_to_" #part, "duration.() -> int", duration_##part, CEL_COST_ONE, NULL, 0, 0      \
    }

static const struct cel_overload year_overloads[] = {OF_TIMESTAMP(year, "year")};
static const struct cel_overload month_overloads[] = {OF_TIMESTAMP(month, "month")};
static const struct cel_overload day_of_year_overloads[] = {
    OF_TIMESTAMP(day_of_year, "day_of_year")};
static const struct cel_overload day_of_month_overloads[] = {
    OF_TIMESTAMP(day_of_month, "day_of_month")};
static const struct cel_overload date_overloads[] = {OF_TIMESTAMP(date, "day_of_month_1_based")};
static const struct cel_overload day_of_week_overloads[] = {
    OF_TIMESTAMP(day_of_week, "day_of_week")};
static const struct cel_overload hours_overloads[] = {OF_TIMESTAMP(hours, "hours"),
                                                      OF_DURATION(hours)};
static const struct cel_overload minutes_overloads[] = {OF_TIMESTAMP(minutes, "minutes"),
                                                        OF_DURATION(minutes)};
static const struct cel_overload seconds_overloads[] = {OF_TIMESTAMP(seconds, "seconds"),
                                                        OF_DURATION(seconds)};
static const struct cel_overload milliseconds_overloads[] = {
    OF_TIMESTAMP(milliseconds, "milliseconds"), OF_DURATION(milliseconds)};

static const struct cel_function functions[] = {
#define X(part, name) {name, CEL_OVERLOADS(part##_overloads)},
    GETTER_LIST(X)
#undef X
};

const struct cel_library cel_part_time = {.name = "times of the standard",
                                          .functions = functions,
                                          .function_count = sizeof functions / sizeof functions[0]};
