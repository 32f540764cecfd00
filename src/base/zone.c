/* Zones: tables of the changes of a zone's clock, read once from ICU, and the look-ups in them.
 *
 * Between two changes the clock stands a fixed offset ahead of UTC. Regime i begins at the instant
 * starts_us[i] and has offsets_us[i]; regime 0 begins before all time. wall_starts_us[i] is what
 * the wall clock would have shown at that instant had the clock not been changed:
 *
 *   clock forward (skips a to b)              clock back (shows a to b twice)
 *   wall  ------------a|....|b--------        wall  -----------a|====|b
 *                      ^ wall_starts_us                         a|====|b------
 *   instant -----------T--------------        instant ---------------T--------  b = wall_starts_us
 *
 * A wall time at or past wall_starts_us[i] belongs to regime i or a later one; one before it was
 * shown by an earlier regime: where the clock shows it twice, that is the earlier. If the regime
 * found did not yet hold then, the change skipped the wall time. It is then read with the offset of
 * regime i - 1, so that it falls as long after the change as it stands past a (RFC 5545, section
 * 3.3.5; java.time and Python's zoneinfo do the same). A day whose midnight is skipped still starts
 * at the change: no instant before it shows that day, and all from it on show that day or a later.
 *
 * Invariants
 *   1. starts_us and wall_starts_us rise strictly; both begin with INT64_MIN.
 *   2. Neighbouring regimes have different offsets, each less than 24 hours and a bit from UTC.
 *   3. After zone_open nothing asks ICU or the system again.
 */
#include "base/calendar.h"

#include <unicode/ucal.h>
#include <unicode/ustring.h>

#define FIRST_DAY_OF_1900 (-25567)
#define FIRST_DAY_OF_2200 84006
#define CHANGES_MAXIMUM 2048
#define NAME_BYTES_MAXIMUM 64
#define MICROSECONDS_PER_MILLISECOND 1000
#define MILLISECONDS_PER_DAY 86400000
/* A local day as far from 1970 as an instant can be counted, and some days to spare. */
#define LOCAL_DAY_LIMIT 106000000

struct zone {
    struct text name;
    struct text data_version;
    size_t count;
    const int64_t *starts_us;
    const int64_t *wall_starts_us;
    const int64_t *offsets_us;
};

/* Abbreviations that ICU takes for zones and the IANA database does not list. They mean other
 * things to other people: ICU's BST is Bangladesh's, its IST India's, its PST a zone with summer
 * time. */
static const char *const not_iana_names[] = {
    "ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT",
    "IET", "IST", "JST", "MIT", "NET", "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST",
};

static bool is_name_byte(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '/' || byte == '_' || byte == '-' || byte == '+';
}

static bool may_be_iana_name(struct text name)
{
    if (name.length == 0 || name.length > NAME_BYTES_MAXIMUM) return false;
    for (size_t i = 0; i < name.length; i++)
        if (!is_name_byte(name.bytes[i])) return false;
    for (size_t i = 0; i < sizeof not_iana_names / sizeof not_iana_names[0]; i++)
        if (text_equal(name, text_of(not_iana_names[i]))) return false;
    return !text_equal(name, TEXT("Etc/Unknown"));
}

/* ICU makes an unknown name GMT in silence, and reads "GMT+3" and the like as a zone of its own:
 * only a name of its database will do. */
static enum status open_calendar(struct text name, UCalendar **calendar)
{
    if (!may_be_iana_name(name)) return STATUS_NOT_FOUND;
    UChar wide_name[NAME_BYTES_MAXIMUM];
    int32_t length = (int32_t)name.length;
    u_charsToUChars(name.bytes, wide_name, length);

    UErrorCode error = U_ZERO_ERROR;
    UChar canonical[NAME_BYTES_MAXIMUM * 2];
    UBool is_system_name = 0;
    (void)ucal_getCanonicalTimeZoneID(wide_name, length, canonical, NAME_BYTES_MAXIMUM * 2,
                                      &is_system_name, &error);
    if (error == U_MEMORY_ALLOCATION_ERROR) return STATUS_NO_MEMORY;
    if (U_FAILURE(error) || !is_system_name) return STATUS_NOT_FOUND;

    UCalendar *opened = ucal_open(wide_name, length, "root", UCAL_GREGORIAN, &error);
    if (U_FAILURE(error)) return STATUS_NO_MEMORY;
    *calendar = opened;
    return STATUS_OK;
}

/* The changes as they are found, before they move to the arena. */
struct changes {
    size_t count;
    int64_t starts_us[CHANGES_MAXIMUM];
    int64_t offsets_us[CHANGES_MAXIMUM];
};

static enum status add_regime(struct changes *changes, UCalendar *calendar, int64_t start_us,
                              UErrorCode *error)
{
    int64_t offset_ms = (int64_t)ucal_get(calendar, UCAL_ZONE_OFFSET, error) +
                        ucal_get(calendar, UCAL_DST_OFFSET, error);
    if (U_FAILURE(*error)) return STATUS_NO_MEMORY;
    int64_t offset_us = offset_ms * MICROSECONDS_PER_MILLISECOND;
    /* ICU also reports changes of the zone's abbreviation alone. */
    if (changes->count > 0 && changes->offsets_us[changes->count - 1] == offset_us)
        return STATUS_OK;
    if (changes->count == CHANGES_MAXIMUM) return STATUS_LIMIT;
    changes->starts_us[changes->count] = start_us;
    changes->offsets_us[changes->count] = offset_us;
    changes->count++;
    return STATUS_OK;
}

static enum status read_changes(UCalendar *calendar, struct changes *changes)
{
    UErrorCode error = U_ZERO_ERROR;
    UDate at_ms = (UDate)FIRST_DAY_OF_1900 * MILLISECONDS_PER_DAY;
    UDate end_ms = (UDate)FIRST_DAY_OF_2200 * MILLISECONDS_PER_DAY;
    ucal_setMillis(calendar, at_ms, &error);
    TRY(add_regime(changes, calendar, INT64_MIN, &error));
    while (ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &at_ms, &error) &&
           at_ms < end_ms) {
        ucal_setMillis(calendar, at_ms, &error);
        TRY(add_regime(changes, calendar, (int64_t)at_ms * MICROSECONDS_PER_MILLISECOND, &error));
    }
    return U_FAILURE(error) ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status build_zone(struct arena *arena, struct text name, const struct changes *changes,
                              const struct zone **zone)
{
    struct zone *built = arena_new(arena, struct zone);
    int64_t *starts_us = arena_new_array(arena, int64_t, changes->count);
    int64_t *wall_starts_us = arena_new_array(arena, int64_t, changes->count);
    int64_t *offsets_us = arena_new_array(arena, int64_t, changes->count);
    struct text kept_name = arena_copy(arena, name);
    if (built == NULL || starts_us == NULL || wall_starts_us == NULL || offsets_us == NULL ||
        kept_name.bytes == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < changes->count; i++) {
        starts_us[i] = changes->starts_us[i];
        offsets_us[i] = changes->offsets_us[i];
        wall_starts_us[i] = i == 0 ? INT64_MIN : starts_us[i] + offsets_us[i - 1];
        ASSERT(i == 0 ||
               (starts_us[i] > starts_us[i - 1] && wall_starts_us[i] > wall_starts_us[i - 1]));
    }
    *built = (struct zone){kept_name, zone_data_version(), changes->count,
                           starts_us, wall_starts_us,      offsets_us};
    *zone = built;
    return STATUS_OK;
}

enum status zone_open(struct arena *arena, struct text name, const struct zone **zone)
{
    UCalendar *calendar = NULL;
    TRY(open_calendar(name, &calendar));
    struct changes changes;
    changes.count = 0;
    enum status status = read_changes(calendar, &changes);
    ucal_close(calendar);
    TRY(status);
    return build_zone(arena, name, &changes, zone);
}

struct text zone_name(const struct zone *zone)
{
    return zone->name;
}

struct text zone_data(const struct zone *zone)
{
    return zone->data_version;
}

struct text zone_data_version(void)
{
    UErrorCode error = U_ZERO_ERROR;
    const char *version = ucal_getTZDataVersion(&error);
    return U_FAILURE(error) ? TEXT("unknown") : text_of(version);
}

/* Index of the last value that is not above `sought`; the first value never is. Halving without a
 * branch on the comparison, which nobody could predict. */
static size_t last_not_above(const int64_t *values, size_t count, int64_t sought)
{
    const int64_t *at = values;
    while (count > 1) {
        size_t half = count / 2;
        at = at[half] <= sought ? at + half : at;
        count -= half;
    }
    return (size_t)(at - values);
}

static int64_t offset_at(const struct zone *zone, int64_t instant_us)
{
    if (zone->count == 1) return zone->offsets_us[0];
    return zone->offsets_us[last_not_above(zone->starts_us, zone->count, instant_us)];
}

struct wall_time zone_to_wall(const struct zone *zone, int64_t instant_us)
{
    /* The offset is added to the time of day, not to the instant, so that no instant overflows. */
    int64_t day = instant_us / MICROSECONDS_PER_DAY;
    int64_t time_of_day_us = instant_us % MICROSECONDS_PER_DAY + offset_at(zone, instant_us);
    while (time_of_day_us < 0) {
        time_of_day_us += MICROSECONDS_PER_DAY;
        day--;
    }
    while (time_of_day_us >= MICROSECONDS_PER_DAY) {
        time_of_day_us -= MICROSECONDS_PER_DAY;
        day++;
    }
    return (struct wall_time){(int32_t)day, time_of_day_us};
}

/* What the clock shows as one number; days that no instant can reach count as the nearest. */
static int64_t wall_microseconds(struct wall_time wall)
{
    int64_t day = wall.local_day;
    if (day > LOCAL_DAY_LIMIT) day = LOCAL_DAY_LIMIT;
    if (day < -LOCAL_DAY_LIMIT) day = -LOCAL_DAY_LIMIT;
    return day * MICROSECONDS_PER_DAY + wall.time_of_day_us;
}

int64_t zone_from_wall(const struct zone *zone, struct wall_time wall)
{
    int64_t wall_us = wall_microseconds(wall);
    if (zone->count == 1) return wall_us - zone->offsets_us[0];
    size_t regime = last_not_above(zone->wall_starts_us, zone->count, wall_us);
    int64_t instant_us = wall_us - zone->offsets_us[regime];
    /* Regime 0 begins before all time: there is always one before a change that skips. */
    bool is_skipped = instant_us < zone->starts_us[regime];
    return is_skipped ? wall_us - zone->offsets_us[regime - 1] : instant_us;
}

int32_t zone_local_day(const struct zone *zone, int64_t instant_us)
{
    return zone_to_wall(zone, instant_us).local_day;
}

int64_t zone_start_of_day(const struct zone *zone, int32_t local_day)
{
    int64_t midnight_us = wall_microseconds((struct wall_time){local_day, 0});
    if (zone->count == 1) return midnight_us - zone->offsets_us[0];
    size_t regime = last_not_above(zone->wall_starts_us, zone->count, midnight_us);
    int64_t instant_us = midnight_us - zone->offsets_us[regime];
    int64_t change_us = zone->starts_us[regime];
    return instant_us < change_us ? change_us : instant_us;
}
