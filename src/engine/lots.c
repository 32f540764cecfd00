/* Lots as steps of a decision. See lots.h for what each does.
 *
 * Method: each step picks the next lot by scanning the classes (a member has few), emits one effect
 * for it and starts over, because an effect moves the sections. Only the first lot of a class is
 * looked at: within a class the oldest stands first. A page whose turn it is, or that may hold the
 * earning looked for, is recalled first (page.h).
 */
#include "engine/lots.h"

#include "engine/pages.h"

/* A lot by place, with copies of what the callers need. */
struct found {
    bool is_found;
    uint32_t class_index;
    uint32_t lot_index;
    struct lot_class lot_class;
    struct lot lot;
    struct purse purse;
    int64_t ends_at_us; /* when its class expires */
};

static struct found found_at(const struct state *member, uint32_t class_index, uint32_t lot_index)
{
    struct found found = {.is_found = true, .class_index = class_index, .lot_index = lot_index};
    found.lot_class = member_classes(member)[class_index];
    found.lot = member_lots(member)[member_first_lot(member, class_index) + lot_index];
    found.purse = member_purses(member)[found.lot_class.purse];
    found.ends_at_us = member_class_expiry(member, &found.lot_class);
    return found;
}

/* The lot that comes first: soonest end (or release), then the oldest. `hold` 0: any. */
static struct found first_lot(const struct state *member, uint32_t wallet, uint8_t account,
                              enum lot_order order, uint64_t hold)
{
    struct found best = {0};
    int64_t best_at_us = INSTANT_NEVER;
    const struct lot_class *classes = member_classes(member);
    const struct purse *purses = member_purses(member);
    for (uint32_t i = 0; i < member_count(member, SECTION_CLASSES); i++) {
        if (classes[i].account != account || purses[classes[i].purse].wallet != wallet) continue;
        if (hold != 0 && classes[i].hold != hold) continue;
        int64_t at_us = order == LOTS_SOONEST_RELEASE ? classes[i].release_at_us
                                                      : member_class_expiry(member, &classes[i]);
        if (best.is_found && at_us > best_at_us) continue;
        struct found candidate = found_at(member, i, 0);
        if (best.is_found && at_us == best_at_us &&
            (candidate.lot.earning > best.lot.earning ||
             (candidate.lot.earning == best.lot.earning && lot_is_page(&best.lot)))) {
            continue;
        }
        best = candidate;
        best_at_us = at_us;
    }
    return best;
}

static enum status find_first(struct working *working, struct state *member, uint32_t wallet,
                              uint8_t account, enum lot_order order, uint64_t hold,
                              struct found *found)
{
    for (;;) {
        *found = first_lot(member, wallet, account, order, hold);
        if (!found->is_found || !lot_is_page(&found->lot)) return STATUS_OK;
        TRY(pages_recall(working, member, found->class_index, found->lot_index));
    }
}

static struct found own_lot(const struct state *member, uint32_t wallet, uint64_t earning,
                            uint8_t account)
{
    const struct lot_class *classes = member_classes(member);
    const struct purse *purses = member_purses(member);
    const struct lot *lots = member_lots(member);
    for (uint32_t i = 0; i < member_count(member, SECTION_CLASSES); i++) {
        if (classes[i].account == account && purses[classes[i].purse].wallet == wallet) {
            for (uint32_t k = 0; k < classes[i].lots; k++) {
                if (lots[k].earning == earning) return found_at(member, i, k);
            }
        }
        lots += classes[i].lots;
    }
    return (struct found){0};
}

static enum status find_own(struct working *working, struct state *member, uint32_t wallet,
                            uint64_t earning, uint8_t account, struct found *found)
{
    TRY(pages_recall_earning(working, member, wallet, account, earning));
    *found = own_lot(member, wallet, earning, account);
    return STATUS_OK;
}

static enum status take(struct working *working, struct state *member, const struct found *found,
                        int64_t amount, uint8_t to, int64_t at_us, uint32_t debt_owner)
{
    return emit(working, member,
                (struct effect){.kind = EFFECT_LOT_TAKEN,
                                .symbol = found->purse.wallet,
                                .from = found->lot_class.account,
                                .to = to,
                                .index = found->class_index,
                                .lot = found->lot_index,
                                .earning = found->lot.earning,
                                .amount = amount,
                                .at_us = at_us,
                                .owner = debt_owner});
}

static enum status move(struct working *working, struct state *member, const struct found *found,
                        int64_t amount, uint8_t to, int64_t expires_at_us, uint64_t hold,
                        int64_t at_us)
{
    return emit(working, member,
                (struct effect){.kind = EFFECT_LOT_MOVED,
                                .symbol = found->purse.wallet,
                                .from = found->lot_class.account,
                                .to = to,
                                .index = found->class_index,
                                .lot = found->lot_index,
                                .earning = found->lot.earning,
                                .amount = amount,
                                .at_us = at_us,
                                .expires_at_us = expires_at_us,
                                .reference = hold});
}

/* ---- opening ---- */

static enum period_unit unit_of_end(enum period_end end)
{
    switch (end) {
    case PERIOD_END_WEEK:
        return PERIOD_WEEK;
    case PERIOD_END_MONTH:
        return PERIOD_MONTH;
    case PERIOD_END_QUARTER:
        return PERIOD_QUARTER;
    case PERIOD_END_YEAR:
        return PERIOD_YEAR;
    case PERIOD_END_NONE:
    case PERIOD_END_DAY:
    default:
        return PERIOD_DAY;
    }
}

static bool same_expiry(const struct expiry *a, const struct expiry *b)
{
    return a->given == b->given && a->after.count == b->after.count &&
           a->after.unit == b->after.unit && a->on == b->on;
}

/* The rules of one event mostly share an expiry: the last answer is kept. */
enum status lots_expiry(struct working *working, const struct expiry *expires,
                        int64_t *expires_at_us)
{
    const struct program *program = working->program;
    int64_t at_us = working->occurred_at_us;
    if (!expires->given) {
        *expires_at_us = INSTANT_NEVER;
        return STATUS_OK;
    }
    if (working->last_expiry != NULL && same_expiry(working->last_expiry, expires)) {
        *expires_at_us = working->last_expires_at_us;
        return STATUS_OK;
    }
    if (expires->after.count > 0) {
        TRY(instant_add_span(program->zone, at_us, expires->after, &at_us));
    }
    if (expires->on != PERIOD_END_NONE) {
        int32_t day = zone_local_day(program->zone, at_us);
        day = period_next_day(unit_of_end(expires->on), day, program->week_starts);
        at_us = zone_start_of_day(program->zone, day);
    }
    working->last_expiry = expires;
    working->last_expires_at_us = at_us;
    *expires_at_us = at_us;
    return STATUS_OK;
}

enum status lots_open(struct working *working, struct state *member, const struct opening *opening)
{
    if (opening->amount <= 0) return STATUS_OK;
    /* A till's clock may be ahead: what is not pending is there at once. */
    bool is_pending = opening->release_at_us > working->now_us &&
                      opening->release_at_us > working->occurred_at_us;
    uint8_t to = is_pending ? ACCOUNT_PENDING : ACCOUNT_AVAILABLE;
    int64_t ends_at_us = opening->expires_at_us;
    if (ends_at_us == EXPIRES_RENEWED) {
        const struct purse *purse = member_purse(member, opening->wallet, opening->owner);
        if (purse != NULL) ends_at_us = purse->renewed_expires_at_us;
    }
    /* Born expired: it was never there to be spent or to pay debt. Pending points wait for their
     * release, whatever their end. */
    if (!is_pending && ends_at_us <= working->now_us) to = ACCOUNT_EXPIRED;
    TRY(emit(working, member,
             (struct effect){.kind = EFFECT_LOT_OPENED,
                             .symbol = opening->wallet,
                             .owner = opening->owner,
                             .from = opening->from,
                             .to = to,
                             .earning = opening->earning,
                             .amount = opening->amount,
                             .at_us = working->now_us,
                             .release_at_us = is_pending ? opening->release_at_us : 0,
                             .expires_at_us =
                                 to == ACCOUNT_EXPIRED ? ends_at_us : opening->expires_at_us,
                             .rule = opening->rule,
                             .funder = opening->funder,
                             .day = opening->returnable_until_day}));
    if (to != ACCOUNT_AVAILABLE) return STATUS_OK;
    return lots_pay_debt(working, member, opening->wallet, working->now_us);
}

enum status lots_pay_debt(struct working *working, struct state *member, uint32_t wallet,
                          int64_t at_us)
{
    for (uint32_t i = 0; i < member_count(member, SECTION_PURSES); i++) {
        while (member_purses(member)[i].wallet == wallet && member_purses(member)[i].debt > 0) {
            struct purse purse = member_purses(member)[i];
            struct found found;
            TRY(find_first(working, member, wallet, ACCOUNT_AVAILABLE, LOTS_SOONEST_EXPIRY, 0,
                           &found));
            if (!found.is_found) return STATUS_OK;
            int64_t amount = amount_lesser(purse.debt, found.lot.remaining);
            TRY(take(working, member, &found, amount, ACCOUNT_DEBT, at_us, purse.owner));
        }
    }
    return STATUS_OK;
}

/* ---- taking ---- */

static enum status note_spent(struct working *working, struct spend *spend, uint32_t *capacity,
                              const struct found *found, int64_t amount)
{
    TRY(array_reserve(&working->states->arena, &spend->lots, spend->lot_count, capacity,
                      sizeof(struct spent_lot), ORDER_SPEND_LOT_MAXIMUM));
    spend->lots[spend->lot_count++] =
        (struct spent_lot){.earning = found->lot.earning,
                           .amount = amount,
                           .expires_at_us = found->ends_at_us,
                           .is_renewed = found->lot_class.expires_at_us == EXPIRES_RENEWED,
                           .rule = found->lot.rule,
                           .owner = found->purse.owner,
                           .funder = found->lot_class.funder,
                           .returnable_until_day = found->lot.returnable_until_day};
    return STATUS_OK;
}

enum status lots_spend(struct working *working, struct state *member, uint32_t wallet,
                       int64_t amount, uint8_t to, int64_t at_us, struct spend *spend)
{
    uint32_t capacity = 0;
    while (amount > 0) {
        struct found found;
        TRY(find_first(working, member, wallet, ACCOUNT_AVAILABLE, LOTS_SOONEST_EXPIRY, 0, &found));
        if (!found.is_found) return STATUS_CORRUPT;
        int64_t part = amount_lesser(amount, found.lot.remaining);
        if (spend != NULL) TRY(note_spent(working, spend, &capacity, &found, part));
        TRY(take(working, member, &found, part, to, at_us, 0));
        TRY(amount_decrease(&amount, part));
    }
    return STATUS_OK;
}

enum status lots_hold(struct working *working, struct state *member, uint32_t wallet,
                      int64_t amount, uint64_t hold)
{
    while (amount > 0) {
        struct found found;
        TRY(find_first(working, member, wallet, ACCOUNT_AVAILABLE, LOTS_SOONEST_EXPIRY, 0, &found));
        if (!found.is_found) return STATUS_CORRUPT;
        int64_t part = amount_lesser(amount, found.lot.remaining);
        TRY(move(working, member, &found, part, ACCOUNT_HELD, found.lot_class.expires_at_us, hold,
                 working->now_us));
        TRY(amount_decrease(&amount, part));
    }
    return STATUS_OK;
}

enum status lots_expire(struct working *working, struct state *member, uint32_t wallet,
                        int64_t amount)
{
    while (amount > 0) {
        struct found found;
        TRY(find_first(working, member, wallet, ACCOUNT_AVAILABLE, LOTS_SOONEST_EXPIRY, 0, &found));
        if (!found.is_found) return STATUS_CORRUPT;
        int64_t part = amount_lesser(amount, found.lot.remaining);
        TRY(move(working, member, &found, part, ACCOUNT_EXPIRED, working->now_us, 0,
                 working->now_us));
        TRY(amount_decrease(&amount, part));
    }
    return STATUS_OK;
}

enum status lots_take_some(struct working *working, struct state *member, uint32_t wallet,
                           uint8_t account, enum lot_order order, int64_t amount, uint8_t to,
                           int64_t *taken)
{
    int64_t left = amount;
    while (left > 0) {
        struct found found;
        TRY(find_first(working, member, wallet, account, order, 0, &found));
        if (!found.is_found) break;
        int64_t part = amount_lesser(left, found.lot.remaining);
        TRY(take(working, member, &found, part, to, working->now_us, 0));
        TRY(amount_decrease(&left, part));
    }
    return amount_subtract(amount, left, taken);
}

enum status lots_take_own(struct working *working, struct state *member, uint32_t wallet,
                          uint64_t earning, uint8_t account, int64_t amount, uint8_t to,
                          int64_t *taken)
{
    int64_t left = amount;
    while (left > 0) {
        struct found found;
        TRY(find_own(working, member, wallet, earning, account, &found));
        if (!found.is_found) break;
        int64_t part = amount_lesser(left, found.lot.remaining);
        TRY(take(working, member, &found, part, to, working->now_us, 0));
        TRY(amount_decrease(&left, part));
    }
    return amount_subtract(amount, left, taken);
}

enum status lots_count_expired(struct working *working, struct state *member, uint32_t wallet,
                               uint64_t earning, int64_t amount, int64_t *counted)
{
    int64_t left = amount;
    while (left > 0) {
        struct found found;
        TRY(find_own(working, member, wallet, earning, ACCOUNT_EXPIRED, &found));
        if (!found.is_found) break;
        int64_t part = amount_lesser(left, found.lot.remaining);
        TRY(emit(working, member,
                 (struct effect){.kind = EFFECT_EXPIRED_COUNTED,
                                 .symbol = wallet,
                                 .index = found.class_index,
                                 .lot = found.lot_index,
                                 .earning = earning,
                                 .amount = part}));
        TRY(amount_decrease(&left, part));
    }
    return amount_subtract(amount, left, counted);
}

enum status lots_own_sum(struct working *working, struct state *member, uint32_t wallet,
                         uint64_t earning, uint8_t account, int64_t *sum)
{
    TRY(pages_recall_earning(working, member, wallet, account, earning));
    const struct lot_class *classes = member_classes(member);
    const struct purse *purses = member_purses(member);
    const struct lot *lots = member_lots(member);
    int64_t total = 0;
    for (uint32_t i = 0; i < member_count(member, SECTION_CLASSES); i++) {
        bool counts = classes[i].account == account && purses[classes[i].purse].wallet == wallet;
        for (uint32_t k = 0; k < classes[i].lots; k++) {
            if (counts && lots[k].earning == earning) {
                TRY(amount_increase(&total, lots[k].remaining));
            }
        }
        lots += classes[i].lots;
    }
    *sum = total;
    return STATUS_OK;
}

/* ---- putting back ---- */

/* When points that come back end: at their old expiry, or where activity has moved it since. Points
 * that ended meanwhile do not come alive by a later renewal. */
static int64_t end_of_returning(const struct state *member, uint32_t wallet, uint32_t owner,
                                int64_t expires_at_us, bool is_renewed)
{
    if (!is_renewed) return expires_at_us;
    const struct purse *purse = member_purse(member, wallet, owner);
    if (purse == NULL || purse->ended_at_us >= expires_at_us) return expires_at_us;
    return purse->renewed_expires_at_us;
}

/* Where points that come back go: to what they were if their end is still ahead, else as the
 * wallet's spent_lot_expired says. */
static enum status destination(struct working *working, const struct state *member,
                               uint32_t wallet_symbol, const struct spent_lot *lot, int64_t at_us,
                               uint8_t *account, int64_t *expires_at_us)
{
    const struct wallet *wallet = program_wallet_of_symbol(working->program, wallet_symbol);
    int64_t ends_at_us =
        end_of_returning(member, wallet_symbol, lot->owner, lot->expires_at_us, lot->is_renewed);
    *account = ACCOUNT_AVAILABLE;
    *expires_at_us = lot->is_renewed ? EXPIRES_RENEWED : ends_at_us;
    if (ends_at_us > at_us) return STATUS_OK;
    if (wallet == NULL || !wallet->expired_lives_again) {
        *account = ACCOUNT_EXPIRED;
        *expires_at_us = ends_at_us;
        return STATUS_OK;
    }
    return instant_add_span(working->program->zone, at_us, wallet->live_again_for, expires_at_us);
}

static enum status put_back_lot(struct working *working, struct state *member, uint32_t wallet,
                                const struct spent_lot *lot, int64_t amount, uint8_t from)
{
    uint8_t account;
    int64_t expires_at_us;
    TRY(destination(working, member, wallet, lot, working->now_us, &account, &expires_at_us));
    return emit(working, member,
                (struct effect){.kind = EFFECT_LOT_OPENED,
                                .symbol = wallet,
                                .owner = lot->owner,
                                .from = from,
                                .to = account,
                                .earning = lot->earning,
                                .amount = amount,
                                .at_us = working->now_us,
                                .expires_at_us = expires_at_us,
                                .rule = lot->rule,
                                .funder = lot->funder,
                                .day = lot->returnable_until_day});
}

enum status lots_put_back(struct working *working, struct state *member, struct text spent_by,
                          const struct spend *spend, int64_t skip, int64_t amount, uint8_t from)
{
    /* Owner j of a member that became owner k is owner k + j: see member_merge.c. */
    uint32_t first_owner = member_owner_of(member, spent_by);
    for (uint32_t i = spend->lot_count; i > 0 && amount > 0; i--) {
        struct spent_lot lot = spend->lots[i - 1];
        int64_t skipped = amount_lesser(skip, lot.amount);
        int64_t rest;
        TRY(amount_decrease(&skip, skipped));
        TRY(amount_subtract(lot.amount, skipped, &rest));
        int64_t part = amount_lesser(rest, amount);
        if (part == 0) continue;
        lot.owner += first_owner;
        TRY(put_back_lot(working, member, spend->wallet, &lot, part, from));
        TRY(amount_decrease(&amount, part));
    }
    if (amount != 0) return STATUS_CORRUPT;
    return lots_pay_debt(working, member, spend->wallet, working->now_us);
}

/* ---- holds ---- */

/* The first held lot of a hold, in any wallet. */
static enum status find_held(struct working *working, struct state *member, uint64_t hold,
                             struct found *found)
{
    const struct lot_class *classes = member_classes(member);
    for (uint32_t i = 0; i < member_count(member, SECTION_CLASSES); i++) {
        if (classes[i].account == ACCOUNT_HELD && classes[i].hold == hold) {
            uint32_t wallet = member_purses(member)[classes[i].purse].wallet;
            return find_first(working, member, wallet, ACCOUNT_HELD, LOTS_SOONEST_EXPIRY, hold,
                              found);
        }
    }
    *found = (struct found){0};
    return STATUS_OK;
}

enum status lots_redeem_held(struct working *working, struct state *member, uint64_t hold,
                             uint32_t wallet, int64_t amount, struct spend *spend)
{
    uint32_t capacity = 0;
    while (amount > 0) {
        struct found found;
        TRY(find_first(working, member, wallet, ACCOUNT_HELD, LOTS_SOONEST_EXPIRY, hold, &found));
        if (!found.is_found) return STATUS_CORRUPT;
        int64_t part = amount_lesser(amount, found.lot.remaining);
        TRY(note_spent(working, spend, &capacity, &found, part));
        TRY(take(working, member, &found, part, ACCOUNT_REDEEMED, working->now_us, 0));
        TRY(amount_decrease(&amount, part));
    }
    return STATUS_OK;
}

/* A return once found these points held: they are taken now, and its shortfall was smaller. */
static enum status collect_claim(struct working *working, struct state *member,
                                 const struct found *found, int64_t at_us, int64_t *collected)
{
    *collected = 0;
    for (uint32_t i = 0; i < member_count(member, SECTION_PURSES); i++) {
        struct purse purse = member_purses(member)[i];
        if (purse.wallet != found->purse.wallet || purse.claim <= 0) continue;
        int64_t part = amount_lesser(purse.claim, found->lot.remaining);
        TRY(take(working, member, found, part, ACCOUNT_TAKEN_BACK, at_us, 0));
        TRY(emit(working, member,
                 (struct effect){.kind = EFFECT_CLAIM_ADDED,
                                 .symbol = purse.wallet,
                                 .owner = purse.owner,
                                 .amount = -part}));
        TRY(emit(working, member,
                 (struct effect){.kind = EFFECT_SHORTFALL,
                                 .symbol = purse.wallet,
                                 .amount = -part,
                                 .earning = found->lot.earning,
                                 .at_us = at_us}));
        *collected = part;
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* A member in debt has nothing to hold: a debt that is met here arose while the points were held,
 * and they kept it from being taken. It is paid first, whether or not they have expired meanwhile.
 */
static enum status collect_debt(struct working *working, struct state *member,
                                const struct found *found, int64_t at_us, int64_t *collected)
{
    *collected = 0;
    for (uint32_t i = 0; i < member_count(member, SECTION_PURSES); i++) {
        struct purse purse = member_purses(member)[i];
        if (purse.wallet != found->purse.wallet || purse.debt <= 0) continue;
        *collected = amount_lesser(purse.debt, found->lot.remaining);
        return take(working, member, found, *collected, ACCOUNT_DEBT, at_us, purse.owner);
    }
    return STATUS_OK;
}

enum status lots_release_held(struct working *working, struct state *member, uint64_t hold,
                              int64_t at_us)
{
    uint32_t wallet = 0;
    for (;;) {
        struct found found;
        TRY(find_held(working, member, hold, &found));
        if (!found.is_found) break;
        wallet = found.purse.wallet;
        int64_t collected;
        TRY(collect_claim(working, member, &found, at_us, &collected));
        if (collected > 0) continue;
        TRY(collect_debt(working, member, &found, at_us, &collected));
        if (collected > 0) continue;
        uint8_t account;
        int64_t expires_at_us;
        const struct spent_lot held = {.owner = found.purse.owner,
                                       .expires_at_us = found.ends_at_us,
                                       .is_renewed =
                                           found.lot_class.expires_at_us == EXPIRES_RENEWED};
        TRY(destination(working, member, wallet, &held, at_us, &account, &expires_at_us));
        TRY(move(working, member, &found, found.lot.remaining, account, expires_at_us, 0, at_us));
    }
    return wallet == 0 ? STATUS_OK : lots_pay_debt(working, member, wallet, at_us);
}

/* ---- keeping the state small ---- */

/* Below this many, old lots stay apart for the sake of explanations. */
#define CLASS_LOTS_KEPT_APART 64

/* How many entries of a class, whose first lot stands at `first`, no return can reach any more,
 * from the oldest on; `lots` counts those in pages. A mixed page is no part of what a class may
 * merge. */
static uint32_t count_old(const struct state *member, const struct lot_class *lot_class,
                          uint32_t first, int32_t oldest_day, uint32_t *lots)
{
    uint32_t old = 0;
    for (*lots = 0; old < lot_class->lots; old++) {
        const struct lot *lot = &member_lots(member)[first + old];
        if (!lot_is_page(lot)) {
            if (lot->returnable_until_day >= oldest_day) break;
            *lots += 1;
            continue;
        }
        const struct page_reference *page = member_page_at(member, first + old);
        if (page->returnable_until_day >= oldest_day) break;
        if (page->is_mixed != 0 && lot_class->account != ACCOUNT_EXPIRED) break;
        *lots += page->lots;
    }
    return old;
}

enum status lots_tidy(struct working *working, struct state *member)
{
    /* From the last class on: what is tidied leaves the places before it as they are. */
    uint32_t first = member_count(member, SECTION_LOTS);
    for (uint32_t i = member_count(member, SECTION_CLASSES); i > 0; i--) {
        const struct lot_class *lot_class = &member_classes(member)[i - 1];
        uint8_t account = lot_class->account;
        first -= lot_class->lots;
        if (account != ACCOUNT_EXPIRED && account != ACCOUNT_AVAILABLE) continue;
        uint32_t lots;
        uint32_t old = count_old(member, lot_class, first, working->oldest_day, &lots);
        struct effect effect = {.index = i - 1, .lot = old};
        if (account == ACCOUNT_EXPIRED && old > 0) {
            effect.kind = EFFECT_LOTS_FORGOTTEN;
        } else if (account == ACCOUNT_AVAILABLE && lots >= CLASS_LOTS_KEPT_APART) {
            effect.kind = EFFECT_LOTS_MERGED;
        } else {
            continue;
        }
        TRY(pages_close(working, member, i - 1, old));
        TRY(emit(working, member, effect));
    }
    return STATUS_OK;
}
