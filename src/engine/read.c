/* Reads: balances, levels, lots and due times, from states as they are. */
#include "engine/engine.h"
#include "engine/member.h"
#include "engine/order.h"
#include "engine/page.h"
#include "engine/tiers.h"

const struct state *member_surviving(const struct states *states, struct text member)
{
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = member};
    const struct state *state = states_find(states, &key);
    if (!member_exists(state)) return NULL;
    if (member_forward(state).length == 0) return state;
    key.id = member_forward(state);
    state = states_find(states, &key);
    return member_exists(state) ? state : NULL;
}

struct text member_survivor(const struct states *states, struct text member)
{
    const struct state *state = member_surviving(states, member);
    return state == NULL ? (struct text){"", 0} : state->key.id;
}

enum status member_balance(const struct states *states, struct text member, uint32_t wallet_symbol,
                           struct balance *balance)
{
    const struct state *state = member_surviving(states, member);
    *balance = (struct balance){0};
    return state == NULL ? STATUS_OK : member_wallet_balance(state, wallet_symbol, balance);
}

uint32_t member_level(const struct program *program, const struct states *states,
                      struct text member, uint32_t tier_set)
{
    return tiers_level(program, member_surviving(states, member), tier_set);
}

int64_t member_bytes_next_release(const void *bytes, size_t size)
{
    struct member header;
    if (!member_bytes_header(bytes, size, &header)) return INSTANT_NEVER;
    const uint8_t *at = member_bytes_section(bytes, &header, SECTION_CLASSES);
    int64_t next_us = INSTANT_NEVER;
    for (uint32_t i = 0; i < header.counts[SECTION_CLASSES]; i++) {
        struct lot_class lot_class;
        memcpy(&lot_class, at + i * sizeof lot_class, sizeof lot_class);
        if (lot_class.account == ACCOUNT_PENDING && lot_class.release_at_us < next_us) {
            next_us = lot_class.release_at_us;
        }
    }
    return next_us;
}

bool member_bytes_summary(const void *bytes, size_t size, struct member_summary *summary)
{
    struct member header;
    if (!member_bytes_header(bytes, size, &header)) return false;
    const char *forward = (const char *)bytes + offsetof(struct member, forward);
    *summary = (struct member_summary){.joined_at_us = header.joined_at_us,
                                       .recorded_at_us = header.recorded_at_us,
                                       .next_due_us = header.next_due_us,
                                       .merged_into = {forward, header.forward_length},
                                       .owner_count = header.counts[SECTION_OWNERS],
                                       .is_closed = (header.flags & MEMBER_CLOSED) != 0,
                                       .is_erased = (header.flags & MEMBER_ERASED) != 0};
    return true;
}

bool member_bytes_next_owner(const void *bytes, size_t size, uint32_t *index, struct text *id)
{
    struct member header;
    if (!member_bytes_header(bytes, size, &header)) return false;
    const uint8_t *owners = member_bytes_section(bytes, &header, SECTION_OWNERS);
    while (*index < header.counts[SECTION_OWNERS]) {
        struct owner owner;
        const uint8_t *at = owners + (size_t)*index * sizeof owner;
        memcpy(&owner, at, sizeof owner);
        ++*index;
        if (owner.is_present == 0 || owner.id_length > EVENT_ID_MAXIMUM) continue;
        *id = (struct text){(const char *)at + offsetof(struct owner, id), owner.id_length};
        return true;
    }
    return false;
}

static enum status add_purse(struct wallet_summary *wallet, const struct purse *purse)
{
    TRY(amount_increase(&wallet->balance.available, purse->available));
    TRY(amount_increase(&wallet->balance.pending, purse->pending));
    TRY(amount_increase(&wallet->balance.held, purse->held));
    return amount_increase(&wallet->balance.debt, purse->debt);
}

enum status member_bytes_wallets(const void *bytes, size_t size, struct wallet_summary *wallets,
                                 uint32_t maximum, uint32_t *count)
{
    struct member header;
    *count = 0;
    if (!member_bytes_header(bytes, size, &header)) return STATUS_OK;
    const uint8_t *at = member_bytes_section(bytes, &header, SECTION_PURSES);
    for (uint32_t i = 0; i < header.counts[SECTION_PURSES]; i++) {
        struct purse purse;
        memcpy(&purse, at + i * sizeof purse, sizeof purse);
        uint32_t place = 0;
        while (place < *count && wallets[place].wallet != purse.wallet)
            place++;
        if (place == maximum) return STATUS_LIMIT;
        if (place == *count) wallets[(*count)++] = (struct wallet_summary){.wallet = purse.wallet};
        TRY(add_purse(&wallets[place], &purse));
    }
    return STATUS_OK;
}

enum status member_bytes_levels(const void *bytes, size_t size, struct level_summary *levels,
                                uint32_t maximum, uint32_t *count)
{
    struct member header;
    *count = 0;
    if (!member_bytes_header(bytes, size, &header)) return STATUS_OK;
    const uint8_t *at = member_bytes_section(bytes, &header, SECTION_TIERS);
    for (uint32_t i = 0; i < header.counts[SECTION_TIERS]; i++) {
        struct tier tier;
        memcpy(&tier, at + i * sizeof tier, sizeof tier);
        if (tier.owner != 0) continue;
        if (*count == maximum) return STATUS_LIMIT;
        levels[(*count)++] =
            (struct level_summary){tier.set, tier.level, tier.since_us, tier.kept_until_us};
    }
    return STATUS_OK;
}

/* Mostly none is: then an entry is shown for each page. */
static bool is_any_page_loaded(const struct states *states)
{
    for (uint32_t i = 0; i < states->count; i++) {
        if (states->list[i].key.kind == ENTITY_PAGE) return true;
    }
    return false;
}

/* The bytes of a page, if it is loaded. */
static struct text page_bytes(const struct states *states, const struct page_reference *page)
{
    char bytes[PAGE_ID_BYTES];
    struct text id = page_id(page->page, bytes);
    for (uint32_t i = 0; i < states->count; i++) {
        const struct state *state = &states->list[i];
        if (state->key.kind != ENTITY_PAGE || state->size == 0) continue;
        if (!text_equal(state->key.id, id)) continue;
        return (struct text){(const char *)state->bytes, state->size};
    }
    return (struct text){NULL, 0};
}

/* How many lots an entry stands for; `*page` is moved on behind one that is a page. */
static uint32_t lots_shown(const struct states *states, const struct lot *lot,
                           const struct page_reference **page)
{
    if (!lot_is_page(lot)) return 1;
    const struct page_reference *reference = (*page)++;
    return page_bytes(states, reference).bytes == NULL ? 1 : reference->lots;
}

uint32_t member_lot_count(const struct states *states, struct text member)
{
    const struct state *state = member_surviving(states, member);
    if (state == NULL) return 0;
    if (!is_any_page_loaded(states)) return member_count(state, SECTION_LOTS);
    const struct page_reference *page = member_pages(state);
    uint32_t count = 0;
    for (uint32_t i = 0; i < member_count(state, SECTION_LOTS); i++)
        count += lots_shown(states, &member_lots(state)[i], &page);
    return count;
}

/* One lot of a page; left as it is when the page is not loaded. */
static enum status look_into_page(struct states *states, const struct page_reference *page,
                                  uint32_t index, struct lot_class *lot_class, struct lot *lot)
{
    struct text bytes = page_bytes(states, page);
    struct shown_page *shown = &states->shown_page;
    if (bytes.bytes == NULL) return STATUS_OK;
    /* Lots are asked for one after another: a page is decoded once for all of its own. */
    if (shown->bytes != bytes.bytes) {
        TRY(page_decode(&states->arena, bytes, &shown->lots, &shown->count));
        shown->bytes = bytes.bytes;
    }
    const struct page_lot *lots = shown->lots;
    if (index >= shown->count) return STATUS_CORRUPT;
    *lot = lots[index].lot;
    if (page->is_mixed == 0) return STATUS_OK;
    lot_class->release_at_us = lots[index].lot_class.release_at_us;
    lot_class->expires_at_us = lots[index].lot_class.expires_at_us;
    return STATUS_OK;
}

/* The entry behind which the lot with that number is, its page if it is one, and which of the
 * page's lots; false past the last. */
static bool find_shown(const struct states *states, const struct state *member, uint32_t *index,
                       uint32_t *place, const struct page_reference **page)
{
    uint32_t count = member_count(member, SECTION_LOTS);
    *page = member_pages(member);
    if (!is_any_page_loaded(states)) {
        *place = *index;
        *index = 0;
        return *place < count;
    }
    for (*place = 0; *place < count; ++*place) {
        const struct page_reference *here = *page;
        uint32_t shown = lots_shown(states, &member_lots(member)[*place], page);
        if (*index < shown) {
            *page = here;
            return true;
        }
        *index -= shown;
    }
    return false;
}

enum status member_lot(struct states *states, struct text member, uint32_t index,
                       struct lot_view *view)
{
    const struct state *state = member_surviving(states, member);
    const struct page_reference *page;
    uint32_t place;
    if (state == NULL || !find_shown(states, state, &index, &place, &page)) {
        return STATUS_NOT_FOUND;
    }
    const struct lot_class *found = member_classes(state);
    for (uint32_t first = 0; place >= first + found->lots; found++)
        first += found->lots;
    struct lot_class lot_class = *found;
    struct lot lot = member_lots(state)[place];
    if (lot_is_page(&lot)) TRY(look_into_page(states, page, index, &lot_class, &lot));
    const struct purse *purse = &member_purses(state)[lot_class.purse];
    *view = (struct lot_view){.wallet = purse->wallet,
                              .account = (enum account)lot_class.account,
                              .earning = lot.earning,
                              .remaining = lot.remaining,
                              .release_at_us = lot_class.release_at_us,
                              .expires_at_us = member_class_expiry(state, &lot_class),
                              .rule = lot.rule,
                              .owner = purse->owner};
    return STATUS_OK;
}
