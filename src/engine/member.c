/* The member state's sections: insertion, removal, look-ups. See member.h for the layout.
 *
 * Must never: know the programme; every function here works on recorded symbols and instants.
 */
#include "engine/member.h"

#include <stddef.h>

_Static_assert(sizeof(struct member) % 8 == 0, "sections start aligned");
_Static_assert(sizeof(struct purse) == 64, "no padding");
_Static_assert(sizeof(struct lot_class) == 32, "no padding");
_Static_assert(sizeof(struct lot) == 24, "no padding");
_Static_assert(sizeof(struct tally) == 24, "no padding");
_Static_assert(sizeof(struct tier) == 48, "no padding");
_Static_assert(sizeof(struct hold) == 96, "no padding");
_Static_assert(sizeof(struct owner) == 80, "no padding");
_Static_assert(sizeof(struct page_reference) == 24, "no padding");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "states are little-endian");

const uint16_t member_element_sizes[SECTION_COUNT] = {
    [SECTION_PURSES] = sizeof(struct purse), [SECTION_CLASSES] = sizeof(struct lot_class),
    [SECTION_LOTS] = sizeof(struct lot),     [SECTION_TALLIES] = sizeof(struct tally),
    [SECTION_TIERS] = sizeof(struct tier),   [SECTION_HOLDS] = sizeof(struct hold),
    [SECTION_OWNERS] = sizeof(struct owner), [SECTION_PAGES] = sizeof(struct page_reference),
};

/* Entries of pages among lots that need not be aligned. */
static uint32_t count_pages(const uint8_t *lots, uint32_t count)
{
    uint32_t pages = 0;
    for (uint32_t i = 0; i < count; i++) {
        int32_t day;
        memcpy(&day, lots + i * sizeof(struct lot) + offsetof(struct lot, returnable_until_day),
               sizeof day);
        pages += day == DAY_OF_PAGE;
    }
    return pages;
}

/* Classes name a purse and count the lots. In a record the bytes need not be aligned: every element
 * is copied out. */
static bool classes_are_valid(const uint8_t *classes, const struct member *header)
{
    uint32_t lots = 0;
    for (uint32_t i = 0; i < header->counts[SECTION_CLASSES]; i++) {
        struct lot_class lot_class;
        memcpy(&lot_class, classes + i * sizeof lot_class, sizeof lot_class);
        if (lot_class.purse >= header->counts[SECTION_PURSES]) return false;
        if (lot_class.account > ACCOUNT_EXPIRED || lot_class.lots == 0) return false;
        lots += lot_class.lots;
    }
    return lots == header->counts[SECTION_LOTS];
}

/* Holds and owners have ids. */
static bool ids_are_valid(const uint8_t *holds, const uint8_t *owners, const struct member *header)
{
    for (uint32_t i = 0; i < header->counts[SECTION_HOLDS]; i++) {
        struct hold hold;
        memcpy(&hold, holds + i * sizeof hold, sizeof hold);
        if (hold.id_length > EVENT_ID_MAXIMUM) return false;
    }
    for (uint32_t i = 0; i < header->counts[SECTION_OWNERS]; i++) {
        struct owner owner;
        memcpy(&owner, owners + i * sizeof owner, sizeof owner);
        if (owner.id_length > EVENT_ID_MAXIMUM || owner.parent > i) return false;
    }
    return true;
}

bool member_bytes_header(const void *bytes, size_t size, struct member *header)
{
    if (bytes == NULL || size < sizeof *header) return false;
    memcpy(header, bytes, sizeof *header);
    if (header->format != MEMBER_FORMAT || header->size != size) return false;
    if (header->forward_length > EVENT_ID_MAXIMUM) return false;
    size_t sections = 0;
    for (int i = 0; i < SECTION_COUNT; i++)
        sections += (size_t)header->counts[i] * member_element_sizes[i];
    return sizeof *header + sections == size;
}

const uint8_t *member_bytes_section(const void *bytes, const struct member *header,
                                    enum member_section section)
{
    const uint8_t *at = (const uint8_t *)bytes + sizeof *header;
    for (int i = 0; i < (int)section; i++)
        at += (size_t)header->counts[i] * member_element_sizes[i];
    return at;
}

bool member_bytes_valid(const void *bytes, size_t size)
{
    struct member header;
    if (!member_bytes_header(bytes, size, &header)) return false;
    const uint8_t *lots = member_bytes_section(bytes, &header, SECTION_LOTS);
    return classes_are_valid(member_bytes_section(bytes, &header, SECTION_CLASSES), &header) &&
           ids_are_valid(member_bytes_section(bytes, &header, SECTION_HOLDS),
                         member_bytes_section(bytes, &header, SECTION_OWNERS), &header) &&
           count_pages(lots, header.counts[SECTION_LOTS]) == header.counts[SECTION_PAGES];
}

enum status member_check(struct state *state)
{
    if (state->is_checked || state->size == 0) return STATUS_OK;
    if (!member_bytes_valid(state->bytes, state->size)) return STATUS_CORRUPT;
    state->is_checked = true;
    return STATUS_OK;
}

enum status member_create(struct states *states, struct state *state, int64_t joined_at_us)
{
    ASSERT(state->size == 0);
    TRY(state_reserve(states, state, sizeof(struct member)));
    memset(state->bytes, 0, sizeof(struct member));
    state->size = sizeof(struct member);
    struct member *member = member_of(state);
    member->format = MEMBER_FORMAT;
    member->size = state->size;
    member->joined_at_us = joined_at_us;
    member->recorded_at_us = INT64_MIN;
    member->next_due_us = INSTANT_NEVER;
    return STATUS_OK;
}

enum status member_insert(struct states *states, struct state *state, enum member_section section,
                          uint32_t index)
{
    struct member *member = member_of(state);
    uint32_t count = member->counts[section];
    ASSERT(index <= count);
    if (count == UINT16_MAX) return STATUS_LIMIT;
    uint32_t element = member_element_sizes[section];
    TRY(state_reserve(states, state, state->size + element));
    member = member_of(state);
    uint8_t *place = (uint8_t *)member_section(state, section) + (size_t)index * element;
    size_t behind = (size_t)(state->bytes + state->size - place);
    memmove(place + element, place, behind);
    memset(place, 0, element);
    member->counts[section]++;
    state->size += element;
    member->size = state->size;
    return STATUS_OK;
}

void member_remove(struct state *state, enum member_section section, uint32_t index, uint32_t count)
{
    struct member *member = member_of(state);
    ASSERT(index + count <= member->counts[section]);
    size_t bytes = (size_t)count * member_element_sizes[section];
    uint8_t *place =
        (uint8_t *)member_section(state, section) + (size_t)index * member_element_sizes[section];
    size_t behind = (size_t)(state->bytes + state->size - place) - bytes;
    memmove(place, place + bytes, behind);
    member->counts[section] = (uint16_t)(member->counts[section] - count);
    state->size -= (uint32_t)bytes;
    member->size = state->size;
}

struct purse *member_purse(const struct state *state, uint32_t wallet, uint32_t owner)
{
    struct purse *purses = member_purses(state);
    for (uint32_t i = 0; i < member_count(state, SECTION_PURSES); i++) {
        if (purses[i].wallet == wallet && purses[i].owner == owner) return &purses[i];
    }
    return NULL;
}

enum status member_open_purse(struct states *states, struct state *state, uint32_t wallet,
                              uint32_t owner, uint32_t *index)
{
    uint32_t count = member_count(state, SECTION_PURSES);
    struct purse *purse = member_purse(state, wallet, owner);
    if (purse != NULL) {
        *index = (uint32_t)(purse - member_purses(state));
        return STATUS_OK;
    }
    if (count > UINT8_MAX) return STATUS_LIMIT;
    TRY(member_insert(states, state, SECTION_PURSES, count));
    purse = &member_purses(state)[count];
    purse->wallet = wallet;
    purse->owner = owner;
    purse->renewed_expires_at_us = INSTANT_NEVER;
    purse->ended_at_us = INSTANT_EARLIEST;
    *index = count;
    return STATUS_OK;
}

uint32_t member_first_lot(const struct state *state, uint32_t class_index)
{
    const struct lot_class *classes = member_classes(state);
    uint32_t first = 0;
    for (uint32_t i = 0; i < class_index; i++)
        first += classes[i].lots;
    return first;
}

int64_t member_class_expiry(const struct state *state, const struct lot_class *lot_class)
{
    if (lot_class->expires_at_us != EXPIRES_RENEWED) return lot_class->expires_at_us;
    return member_purses(state)[lot_class->purse].renewed_expires_at_us;
}

/* Any order will do as long as it is the same everywhere. */
static int compare_classes(const struct lot_class *a, const struct lot_class *b)
{
    if (a->purse != b->purse) return a->purse < b->purse ? -1 : 1;
    if (a->account != b->account) return a->account < b->account ? -1 : 1;
    if (a->expires_at_us != b->expires_at_us) return a->expires_at_us < b->expires_at_us ? -1 : 1;
    if (a->release_at_us != b->release_at_us) return a->release_at_us < b->release_at_us ? -1 : 1;
    if (a->funder != b->funder) return a->funder < b->funder ? -1 : 1;
    if (a->hold != b->hold) return a->hold < b->hold ? -1 : 1;
    return 0;
}

static enum status open_class(struct states *states, struct state *state,
                              const struct lot_class *properties, uint32_t *index)
{
    const struct lot_class *classes = member_classes(state);
    uint32_t count = member_count(state, SECTION_CLASSES);
    /* From the end: a new lot usually expires last. */
    uint32_t place = count;
    while (place > 0) {
        int order = compare_classes(&classes[place - 1], properties);
        if (order == 0) {
            *index = place - 1;
            return STATUS_OK;
        }
        if (order < 0) break;
        place--;
    }
    TRY(member_insert(states, state, SECTION_CLASSES, place));
    struct lot_class *opened = &member_classes(state)[place];
    *opened = *properties;
    opened->lots = 0;
    *index = place;
    return STATUS_OK;
}

/* Puts a lot where it belongs in its class, behind the older ones. */
static enum status insert_lot(struct states *states, struct state *state, uint32_t class_index,
                              const struct lot *lot, uint32_t *place)
{
    uint32_t first = member_first_lot(state, class_index);
    const struct lot *lots = member_lots(state) + first;
    uint32_t index = member_classes(state)[class_index].lots;
    while (index > 0 && lots[index - 1].earning > lot->earning)
        index--;
    *place = first + index;
    TRY(member_insert(states, state, SECTION_LOTS, *place));
    member_lots(state)[*place] = *lot;
    member_classes(state)[class_index].lots++;
    return STATUS_OK;
}

enum status member_add_lot(struct states *states, struct state *state,
                           const struct lot_class *properties, const struct lot *lot)
{
    uint32_t class_index;
    TRY(open_class(states, state, properties, &class_index));
    struct lot *lots = member_lots(state) + member_first_lot(state, class_index);
    for (uint32_t i = member_classes(state)[class_index].lots; i > 0; i--) {
        if (lots[i - 1].earning < lot->earning) break;
        if (lots[i - 1].earning == lot->earning && !lot_is_page(&lots[i - 1])) {
            return amount_increase(&lots[i - 1].remaining, lot->remaining);
        }
    }
    uint32_t place;
    return insert_lot(states, state, class_index, lot, &place);
}

enum status member_add_page(struct states *states, struct state *state,
                            const struct lot_class *properties, const struct lot *entry,
                            const struct page_reference *page)
{
    uint32_t class_index;
    uint32_t place;
    TRY(open_class(states, state, properties, &class_index));
    TRY(insert_lot(states, state, class_index, entry, &place));
    uint32_t index = member_pages_before(state, place);
    TRY(member_insert(states, state, SECTION_PAGES, index));
    member_pages(state)[index] = *page;
    return STATUS_OK;
}

uint32_t member_pages_before(const struct state *state, uint32_t place)
{
    if (member_count(state, SECTION_PAGES) == 0) return 0;
    return count_pages((const uint8_t *)member_lots(state), place);
}

void member_remove_lots(struct state *state, uint32_t place, uint32_t count)
{
    uint32_t first = member_pages_before(state, place);
    uint32_t pages = member_pages_before(state, place + count) - first;
    if (pages > 0) member_remove(state, SECTION_PAGES, first, pages);
    member_remove(state, SECTION_LOTS, place, count);
}

enum status member_take_lot(struct state *state, uint32_t class_index, uint32_t lot_index,
                            int64_t amount)
{
    struct lot_class *lot_class = &member_classes(state)[class_index];
    uint32_t place = member_first_lot(state, class_index) + lot_index;
    struct lot *lot = &member_lots(state)[place];
    if (amount <= 0 || amount > lot->remaining) return STATUS_CORRUPT;
    TRY(amount_decrease(&lot->remaining, amount));
    if (lot->remaining > 0) return STATUS_OK;
    lot_class->lots--;
    bool is_empty = lot_class->lots == 0;
    member_remove(state, SECTION_LOTS, place, 1);
    if (is_empty) member_remove(state, SECTION_CLASSES, class_index, 1);
    return STATUS_OK;
}

int64_t *purse_sum(struct purse *purse, uint8_t account)
{
    switch (account) {
    case ACCOUNT_AVAILABLE:
        return &purse->available;
    case ACCOUNT_PENDING:
        return &purse->pending;
    case ACCOUNT_HELD:
        return &purse->held;
    default:
        return NULL;
    }
}

struct tally *member_tally(const struct state *state, uint32_t symbol, int32_t day, uint32_t owner)
{
    struct tally *tallies = member_tallies(state);
    for (uint32_t i = member_count(state, SECTION_TALLIES); i > 0; i--) {
        struct tally *tally = &tallies[i - 1];
        if (tally->symbol == symbol && tally->day == day && tally->owner == owner) return tally;
    }
    return NULL;
}

uint32_t member_owner_of(const struct state *state, struct text id)
{
    const struct owner *owners = member_owners(state);
    for (uint32_t i = member_count(state, SECTION_OWNERS); i > 0; i--) {
        struct text owner = {owners[i - 1].id, owners[i - 1].id_length};
        if (owners[i - 1].is_present != 0 && text_equal(owner, id)) return i;
    }
    return 0;
}

static struct tier *find_tier(const struct state *state, uint32_t set, uint32_t owner,
                              bool is_set_aside)
{
    struct tier *tiers = member_tiers(state);
    for (uint32_t i = 0; i < member_count(state, SECTION_TIERS); i++) {
        if (tiers[i].set == set && tiers[i].owner == owner &&
            (tiers[i].is_set_aside != 0) == is_set_aside) {
            return &tiers[i];
        }
    }
    return NULL;
}

struct tier *member_tier(const struct state *state, uint32_t set, uint32_t owner)
{
    return find_tier(state, set, owner, false);
}

struct tier *member_tier_aside(const struct state *state, uint32_t set, uint32_t owner)
{
    return find_tier(state, set, owner, true);
}

struct tier member_tier_nothing(uint32_t set)
{
    return (struct tier){
        .set = set, .kept_until_us = INSTANT_NEVER, .upgrade_at_us = INSTANT_NEVER};
}

struct hold *member_hold(const struct state *state, uint64_t position)
{
    struct hold *holds = member_holds(state);
    for (uint32_t i = 0; i < member_count(state, SECTION_HOLDS); i++) {
        if (holds[i].position == position) return &holds[i];
    }
    return NULL;
}

enum status member_sum(const struct state *state, uint32_t wallet, uint8_t account, int64_t *sum)
{
    struct purse *purses = member_purses(state);
    int64_t total = 0;
    for (uint32_t i = 0; i < member_count(state, SECTION_PURSES); i++) {
        if (purses[i].wallet != wallet) continue;
        const int64_t *part =
            account == ACCOUNT_DEBT ? &purses[i].debt : purse_sum(&purses[i], account);
        ASSERT(part != NULL);
        TRY(amount_increase(&total, *part));
    }
    *sum = total;
    return STATUS_OK;
}

enum status member_wallet_balance(const struct state *state, uint32_t wallet,
                                  struct balance *balance)
{
    struct balance read = {0};
    TRY(member_sum(state, wallet, ACCOUNT_AVAILABLE, &read.available));
    TRY(member_sum(state, wallet, ACCOUNT_PENDING, &read.pending));
    TRY(member_sum(state, wallet, ACCOUNT_HELD, &read.held));
    TRY(member_sum(state, wallet, ACCOUNT_DEBT, &read.debt));
    *balance = read;
    return STATUS_OK;
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

void member_set_next_due(struct state *state)
{
    struct member *member = member_of(state);
    int64_t due_us = INSTANT_NEVER;
    const struct lot_class *classes = member_classes(state);
    for (uint32_t i = 0; i < member->counts[SECTION_CLASSES]; i++) {
        if (classes[i].account == ACCOUNT_PENDING)
            due_us = earlier(due_us, classes[i].release_at_us);
        if (classes[i].account == ACCOUNT_AVAILABLE || member_class_is_held_renewed(&classes[i])) {
            due_us = earlier(due_us, member_class_expiry(state, &classes[i]));
        }
    }
    const struct hold *holds = member_holds(state);
    for (uint32_t i = 0; i < member->counts[SECTION_HOLDS]; i++) {
        due_us = earlier(due_us, holds[i].lapses_at_us);
    }
    const struct tier *tiers = member_tiers(state);
    for (uint32_t i = 0; i < member->counts[SECTION_TIERS]; i++) {
        if (tiers[i].owner != 0) continue;
        due_us = earlier(due_us, earlier(tiers[i].kept_until_us, tiers[i].upgrade_at_us));
    }
    member->next_due_us = due_us;
}
