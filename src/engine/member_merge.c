/* Two members become one, and two again.
 *
 * Everything in a state says whose it was: owner 0 is the member itself, k the k-th ever merged
 * into it. A merged member that had merged others before brings them along: its owner j becomes k +
 * j, with k as its parent, so that taking k out takes them out too. What happens after the merge
 * belongs to the survivor (owner 0).
 *
 * A tier row that is set aside under owner k is not k's: it is what the survivor had when k came
 * and lent it a level, of its own or of the sum. It goes where the survivor goes, and not with k.
 *
 * Invariant: adopt followed by extract, with nothing in between, gives the same bytes but for the
 * header's stamps.
 */
#include "engine/member_merge.h"

bool member_owner_within(const struct state *state, uint32_t inner, uint32_t outer)
{
    const struct owner *owners = member_owners(state);
    uint32_t count = member_count(state, SECTION_OWNERS);
    while (inner != 0 && inner <= count) {
        if (inner == outer) return true;
        if (owners[inner - 1].parent >= inner) return false;
        inner = owners[inner - 1].parent;
    }
    return false;
}

enum status member_adopt_payload(struct arena *arena, struct text id, const struct state *from,
                                 int32_t day, struct text *payload)
{
    char *bytes = arena_allocate(arena, 1 + id.length + from->size);
    if (bytes == NULL) return STATUS_NO_MEMORY;
    ASSERT(id.length <= EVENT_ID_MAXIMUM);
    bytes[0] = (char)id.length;
    memcpy(bytes + 1, id.bytes, id.length);
    memcpy(bytes + 1 + id.length, from->bytes, from->size);
    memcpy(bytes + 1 + id.length + offsetof(struct member, came_day), &day, sizeof day);
    *payload = (struct text){bytes, 1 + id.length + from->size};
    return STATUS_OK;
}

static enum status add_owner(struct states *states, struct state *state, struct text id,
                             uint32_t parent, bool is_present, int32_t came_day)
{
    uint32_t count = member_count(state, SECTION_OWNERS);
    TRY(member_insert(states, state, SECTION_OWNERS, count));
    struct owner *owner = &member_owners(state)[count];
    owner->is_present = is_present;
    owner->came_day = came_day;
    owner->parent = parent;
    owner->id_length = (uint32_t)id.length;
    if (id.length > 0) memcpy(owner->id, id.bytes, id.length);
    return STATUS_OK;
}

/* Points that a hold of the survivor reserved after the merge: a later event, which stays with it
 * when their owner leaves. */
static bool stays_held(const struct state *state, const struct lot_class *lot_class, uint32_t outer)
{
    if (outer == 0 || lot_class->account != ACCOUNT_HELD) return false;
    const struct hold *hold = member_hold(state, lot_class->hold);
    return hold != NULL && !member_owner_within(state, hold->owner, outer);
}

/* Copies the part of `from` for which `moved` answers a new owner number; see below. */
struct owner_map {
    const struct state *from;
    uint32_t outer; /* 0: everything; else only what lies within this owner */
    uint32_t first; /* new number of owner `outer` */
};

static bool map_owner(const struct owner_map *map, uint32_t owner, uint32_t *mapped)
{
    if (map->outer == 0) {
        *mapped = map->first + owner;
        return true;
    }
    if (!member_owner_within(map->from, owner, map->outer)) return false;
    *mapped = owner - map->outer + map->first;
    return true;
}

static enum status copy_purses(struct states *states, struct state *to, const struct owner_map *map)
{
    for (uint32_t i = 0; i < member_count(map->from, SECTION_PURSES); i++) {
        struct purse purse = member_purses(map->from)[i];
        uint32_t index;
        if (!map_owner(map, purse.owner, &purse.owner)) continue;
        TRY(member_open_purse(states, to, purse.wallet, purse.owner, &index));
        member_purses(to)[index] = purse;
    }
    return STATUS_OK;
}

static enum status copy_lots(struct states *states, struct state *to, const struct owner_map *map)
{
    uint32_t next = 0;
    for (uint32_t c = 0; c < member_count(map->from, SECTION_CLASSES); c++) {
        struct lot_class properties = member_classes(map->from)[c];
        bool stays = stays_held(map->from, &properties, map->outer);
        struct purse purse = member_purses(map->from)[properties.purse];
        uint32_t first = next;
        uint32_t index;
        next += properties.lots;
        if (!map_owner(map, purse.owner, &purse.owner)) continue;
        TRY(member_open_purse(states, to, purse.wallet, purse.owner, &index));
        properties.purse = (uint8_t)index;
        for (uint32_t k = first; k < next; k++) {
            struct lot lot = member_lots(map->from)[k];
            if (stays) {
                TRY(amount_decrease(&member_purses(to)[index].held, lot.remaining));
            } else if (lot_is_page(&lot)) {
                struct page_reference page = *member_page_at(map->from, k);
                TRY(member_add_page(states, to, &properties, &lot, &page));
            } else {
                TRY(member_add_lot(states, to, &properties, &lot));
            }
        }
    }
    return STATUS_OK;
}

static enum status copy_rows(struct states *states, struct state *to, const struct owner_map *map)
{
    for (uint32_t i = 0; i < member_count(map->from, SECTION_TALLIES); i++) {
        struct tally tally = member_tallies(map->from)[i];
        if (!map_owner(map, tally.owner, &tally.owner)) continue;
        uint32_t count = member_count(to, SECTION_TALLIES);
        TRY(member_insert(states, to, SECTION_TALLIES, count));
        member_tallies(to)[count] = tally;
    }
    for (uint32_t i = 0; i < member_count(map->from, SECTION_TIERS); i++) {
        struct tier tier = member_tiers(map->from)[i];
        if (tier.is_set_aside != 0 && tier.owner == map->outer) continue;
        if (!map_owner(map, tier.owner, &tier.owner)) continue;
        uint32_t count = member_count(to, SECTION_TIERS);
        TRY(member_insert(states, to, SECTION_TIERS, count));
        member_tiers(to)[count] = tier;
    }
    for (uint32_t i = 0; i < member_count(map->from, SECTION_HOLDS); i++) {
        struct hold hold = member_holds(map->from)[i];
        if (!map_owner(map, hold.owner, &hold.owner)) continue;
        uint32_t count = member_count(to, SECTION_HOLDS);
        TRY(member_insert(states, to, SECTION_HOLDS, count));
        member_holds(to)[count] = hold;
    }
    return STATUS_OK;
}

enum status member_adopt(struct states *states, struct state *state, const struct effect *effect)
{
    struct text payload = effect->payload;
    if (payload.length < 1) return STATUS_CORRUPT;
    size_t id_length = (uint8_t)payload.bytes[0];
    if (id_length > EVENT_ID_MAXIMUM || payload.length < 1 + id_length) return STATUS_CORRUPT;
    size_t size = payload.length - 1 - id_length;
    struct state from = {.size = (uint32_t)size, .capacity = (uint32_t)size};
    from.bytes = arena_allocate(&states->arena, size + 1);
    if (from.bytes == NULL) return STATUS_NO_MEMORY;
    memcpy(from.bytes, payload.bytes + 1 + id_length, size);
    if (!member_bytes_valid(from.bytes, size)) return STATUS_CORRUPT;
    uint32_t number = member_count(state, SECTION_OWNERS) + 1;
    if (effect->owner != number) return STATUS_CORRUPT;
    struct text id = {payload.bytes + 1, id_length};
    TRY(add_owner(states, state, id, 0, true, member_of(&from)->came_day));
    for (uint32_t i = 0; i < member_count(&from, SECTION_OWNERS); i++) {
        const struct owner *inner = &member_owners(&from)[i];
        if (inner->id_length > EVENT_ID_MAXIMUM || inner->parent > i) return STATUS_CORRUPT;
        TRY(add_owner(states, state, owner_id(inner), number + inner->parent,
                      inner->is_present != 0, inner->came_day));
    }
    struct owner_map map = {&from, 0, number};
    TRY(copy_purses(states, state, &map));
    TRY(copy_lots(states, state, &map));
    return copy_rows(states, state, &map);
}

enum status member_set_forward(struct state *state, const struct effect *effect)
{
    if (effect->payload.length > EVENT_ID_MAXIMUM) return STATUS_CORRUPT;
    struct member *member = member_of(state);
    memset(member->counts, 0, sizeof member->counts);
    memset(member->forward, 0, sizeof member->forward);
    member->forward_length = (uint16_t)effect->payload.length;
    if (effect->payload.length > 0) {
        memcpy(member->forward, effect->payload.bytes, effect->payload.length);
    }
    state->size = sizeof(struct member);
    member->size = state->size;
    return STATUS_OK;
}

/* Removes a purse's lots; `*held` is what stays of them in holds of the survivor. */
static enum status remove_lots(struct state *state, uint32_t purse, uint32_t owner, int64_t *held)
{
    *held = 0;
    for (uint32_t c = member_count(state, SECTION_CLASSES); c > 0; c--) {
        const struct lot_class *lot_class = &member_classes(state)[c - 1];
        uint32_t first = member_first_lot(state, c - 1);
        if (lot_class->purse != purse) continue;
        if (stays_held(state, lot_class, owner)) {
            for (uint32_t k = first; k < first + lot_class->lots; k++) {
                TRY(amount_increase(held, member_lots(state)[k].remaining));
            }
            continue;
        }
        member_remove_lots(state, first, lot_class->lots);
        member_remove(state, SECTION_CLASSES, c - 1, 1);
    }
    return STATUS_OK;
}

static enum status remove_purses(struct state *state, uint32_t owner)
{
    for (uint32_t i = member_count(state, SECTION_PURSES); i > 0; i--) {
        struct purse *purse = &member_purses(state)[i - 1];
        if (!member_owner_within(state, purse->owner, owner)) continue;
        int64_t held;
        TRY(remove_lots(state, i - 1, owner, &held));
        if (held > 0) {
            purse = &member_purses(state)[i - 1];
            purse->available = purse->pending = purse->debt = purse->claim = 0;
            purse->held = held;
            continue;
        }
        for (uint32_t c = 0; c < member_count(state, SECTION_CLASSES); c++) {
            if (member_classes(state)[c].purse > i - 1) member_classes(state)[c].purse--;
        }
        member_remove(state, SECTION_PURSES, i - 1, 1);
    }
    return STATUS_OK;
}

/* Whom a row's level came with, as a number of this state: a row counts owners from its survivor,
 * who may have been merged itself since. */
static uint32_t lender_of(const struct state *state, const struct tier *tier)
{
    uint32_t survivor = tier->owner;
    if (tier->lent_by == 0) return 0;
    if (tier->is_set_aside != 0) {
        if (tier->owner == 0 || tier->owner > member_count(state, SECTION_OWNERS)) return 0;
        survivor = member_owners(state)[tier->owner - 1].parent;
    }
    return survivor + tier->lent_by;
}

/* What came with the owner gives way to what was there before. */
static void take_lent_back(struct state *state, uint32_t owner)
{
    for (uint32_t i = 0; i < member_count(state, SECTION_TIERS); i++) {
        struct tier *tier = &member_tiers(state)[i];
        if (lender_of(state, tier) != owner) continue;
        const struct tier *aside = member_tier_aside(state, tier->set, owner);
        struct tier before = aside == NULL ? member_tier_nothing(tier->set) : *aside;
        before.owner = tier->owner;
        before.is_set_aside = tier->is_set_aside;
        *tier = before;
    }
}

enum status member_release_owner(struct state *state, uint32_t owner)
{
    if (owner == 0 || owner > member_count(state, SECTION_OWNERS)) return STATUS_CORRUPT;
    take_lent_back(state, owner);
    TRY(remove_purses(state, owner));
    for (uint32_t i = member_count(state, SECTION_TALLIES); i > 0; i--) {
        if (member_owner_within(state, member_tallies(state)[i - 1].owner, owner)) {
            member_remove(state, SECTION_TALLIES, i - 1, 1);
        }
    }
    for (uint32_t i = member_count(state, SECTION_TIERS); i > 0; i--) {
        if (member_owner_within(state, member_tiers(state)[i - 1].owner, owner)) {
            member_remove(state, SECTION_TIERS, i - 1, 1);
        }
    }
    for (uint32_t i = member_count(state, SECTION_HOLDS); i > 0; i--) {
        if (member_owner_within(state, member_holds(state)[i - 1].owner, owner)) {
            member_remove(state, SECTION_HOLDS, i - 1, 1);
        }
    }
    for (uint32_t i = 1; i <= member_count(state, SECTION_OWNERS); i++) {
        if (member_owner_within(state, i, owner)) member_owners(state)[i - 1].is_present = 0;
    }
    return STATUS_OK;
}

enum status member_extract(struct states *states, const struct state *from, uint32_t owner,
                           const struct state *old, struct text *bytes)
{
    struct state part = {0};
    TRY(member_create(states, &part, member_of(old)->joined_at_us));
    struct member *header = member_of(&part);
    header->sequence = member_of(old)->sequence;
    header->last_position = member_of(old)->last_position;
    header->recorded_at_us = member_of(old)->recorded_at_us;
    for (uint32_t i = owner + 1; i <= member_count(from, SECTION_OWNERS); i++) {
        if (!member_owner_within(from, i, owner)) break;
        const struct owner *inner = &member_owners(from)[i - 1];
        TRY(add_owner(states, &part, owner_id(inner), inner->parent - owner, inner->is_present != 0,
                      inner->came_day));
    }
    struct owner_map map = {from, owner, 0};
    TRY(copy_purses(states, &part, &map));
    TRY(copy_lots(states, &part, &map));
    TRY(copy_rows(states, &part, &map));
    *bytes = (struct text){(const char *)part.bytes, part.size};
    return STATUS_OK;
}
