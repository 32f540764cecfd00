/* Limits, budgets and stock. See limits.h.
 *
 * A limit per member is a tally in the member's state; one in all, a budget or a stock is an entity
 * of its own, so that it is exact whoever uses it. engine_plan loads those that an event may touch.
 * A limit for each value has an entity for each value (and member), named by a hash of them: so
 * "once for each product" does not grow the member. A member that others were merged into has used
 * what they had used.
 */
#include "engine/limits.h"

#include "engine/evaluation.h"
#include "engine/member_merge.h"
#include "engine/window.h"

enum status limit_key_of(const struct working *working, struct text member,
                         const struct limit *limit, struct text *key)
{
    const struct limit_value *value;
    char bytes[HASH_RECORD_BYTES + EVENT_ID_MAXIMUM];
    uint8_t digest[HASH_RECORD_BYTES];
    char symbol[4];
    *key = (struct text){"", 0};
    TRY(evaluation_limit_value(working, limit, &value));
    if (value == NULL || member.length > EVENT_ID_MAXIMUM) return STATUS_OK;
    if (limit->scope == LIMIT_IN_ALL) member.length = 0;
    memcpy(bytes, value->digest, HASH_RECORD_BYTES);
    if (member.length > 0) memcpy(bytes + HASH_RECORD_BYTES, member.bytes, member.length);
    hash_record((struct text){bytes, HASH_RECORD_BYTES + member.length}, digest);
    char *id = arena_allocate(&working->states->arena, TALLY_KEY_BYTES);
    if (id == NULL) return STATUS_NO_MEMORY;
    memcpy(id, tally_id(limit->symbol, symbol).bytes, sizeof symbol);
    memcpy(id + sizeof symbol, digest, TALLY_KEY_BYTES - sizeof symbol);
    *key = (struct text){id, TALLY_KEY_BYTES};
    return STATUS_OK;
}

enum status limit_key(const struct working *working, const struct state *member,
                      const struct limit *limit, struct text *key)
{
    return limit_key_of(working, member->key.id, limit, key);
}

static enum status limit_state(const struct working *working, const struct state *member,
                               const struct limit *limit, struct state **state)
{
    *state = (struct state *)(uintptr_t)member;
    if (limit->for_each != NULL) {
        struct text key;
        TRY(limit_key(working, member, limit, &key));
        *state = find_state(working, ENTITY_TALLY, key);
    } else if (limit->scope == LIMIT_IN_ALL) {
        *state = find_tally(working, limit->symbol);
    }
    return STATUS_OK;
}

static int32_t joined_day_of(const struct working *working, const struct state *member,
                             const struct limit *limit)
{
    return limit->scope == LIMIT_PER_MEMBER ? member_joined_day(working, member, &limit->window)
                                            : 0;
}

static enum status used_by(const struct working *working, const struct state *member,
                           struct text id, const struct limit *limit, int32_t day, int64_t *used)
{
    struct text key;
    int64_t more;
    TRY(limit_key_of(working, id, limit, &key));
    if (text_is_empty(key)) {
        *used = limit->amount; /* nobody can say of what it would be counted */
        return STATUS_OK;
    }
    TRY(window_sum(working, find_state(working, ENTITY_TALLY, key), limit->symbol, &limit->window,
                   day, joined_day_of(working, member, limit), &more));
    return amount_increase(used, more);
}

/* Of a limit for each value: the member's own, and what came with those merged into it. */
static enum status used_for_value(const struct working *working, const struct state *member,
                                  const struct limit *limit, int32_t day, int64_t *used)
{
    *used = 0;
    TRY(used_by(working, member, member->key.id, limit, day, used));
    if (limit->scope == LIMIT_IN_ALL || !member_exists(member)) return STATUS_OK;
    for (uint32_t i = 0; i < member_count(member, SECTION_OWNERS); i++) {
        const struct owner *owner = &member_owners(member)[i];
        if (owner->is_present == 0) continue;
        TRY(used_by(working, member, owner_id(owner), limit, day, used));
    }
    return STATUS_OK;
}

enum status limit_left(const struct working *working, const struct state *member,
                       const struct limit *limit, int32_t day, int64_t *left)
{
    int64_t used;
    int64_t rest;
    if (limit->for_each != NULL) {
        TRY(used_for_value(working, member, limit, day, &used));
    } else {
        struct state *state;
        TRY(limit_state(working, member, limit, &state));
        TRY(window_sum(working, state, limit->symbol, &limit->window, day,
                       joined_day_of(working, member, limit), &used));
    }
    TRY(amount_subtract(limit->amount, used, &rest));
    *left = amount_positive(rest);
    return STATUS_OK;
}

enum status limit_use(struct working *working, struct state *member, const struct limit *limit,
                      int32_t day, int64_t amount)
{
    struct state *state;
    TRY(limit_state(working, member, limit, &state));
    if (state == NULL) return STATUS_CORRUPT;
    return window_add(working, state, limit->symbol, &limit->window, day,
                      joined_day_of(working, member, limit), working->oldest_day, amount);
}

enum status limit_give_back(struct working *working, struct state *member,
                            const struct limit *limit, int32_t day, uint32_t owner, int64_t amount)
{
    struct state *state;
    if (limit->scope == LIMIT_IN_ALL) owner = 0;
    TRY(limit_state(working, member, limit, &state));
    return window_give_back(working, state, limit->symbol,
                            limit_bucket(working, member, limit, day), owner, amount);
}

int32_t limit_bucket(const struct working *working, const struct state *member,
                     const struct limit *limit, int32_t day)
{
    return window_bucket(working, &limit->window, day, joined_day_of(working, member, limit));
}

enum status limits_leave_one(const struct working *working, const struct state *member,
                             struct limit_range range, int32_t day, bool *leaves)
{
    *leaves = true;
    for (uint32_t i = 0; i < range.count; i++) {
        const struct limit *limit = &working->program->limits[range.first + i];
        int64_t left;
        TRY(limit_left(working, member, limit, day, &left));
        if (left <= 0) *leaves = false;
    }
    return STATUS_OK;
}

static const struct window lifetime = {.kind = WINDOW_LIFETIME};

enum status allowance_left(const struct working *working, uint32_t symbol, int64_t total,
                           int64_t *left)
{
    int64_t used;
    int64_t rest;
    TRY(window_sum(working, find_tally(working, symbol), symbol, &lifetime, 0, 0, &used));
    TRY(amount_subtract(total, used, &rest));
    *left = amount_positive(rest);
    return STATUS_OK;
}

enum status allowance_use(struct working *working, uint32_t symbol, int64_t amount)
{
    struct state *state = find_tally(working, symbol);
    if (state == NULL) return STATUS_CORRUPT;
    if (amount < 0) return window_give_back(working, state, symbol, 0, 0, -amount);
    return window_add(working, state, symbol, &lifetime, 0, 0, 0, amount);
}
