/* Returns: points spent on the order go back first, then what was earned is taken; counters,
 * limits and budgets are given back. Milestones.
 *
 * Choices where the design is silent:
 * - Of points spent on a partly returned order floor(spent x returned subtotal / subtotal) is back
 * in total.
 * - Shipping has no item: it goes back with the last unit of the order.
 * - What holds kept from being taken: where other available lots are looked for, held points of
 *   any lot that no claim waits for yet; else those of the order's own lot. A debt needs no claim.
 */
#include "auditor.h"

static bool is_returned_whole(const struct audit_order *order)
{
    for (int i = 0; i < order->line_count; i++) {
        if (!order->lines[i].is_shipping && order->lines[i].left > 0) return false;
    }
    return true;
}

/* --- what was spent on the order ---------------------------------------------------------- */

static wide subtotal(const struct audit *audit, const struct audit_order *order,
                     bool of_what_is_left)
{
    wide sum = 0;
    for (int i = 0; i < order->line_count; i++) {
        const struct audit_line *line = &order->lines[i];
        int64_t units =
            of_what_is_left && line->item.quantity > 0 ? line->left : line->item.quantity;
        sum += audit_line_base(audit, order, i, MEASURE_SUBTOTAL, units);
    }
    return sum;
}

/* `order` has already lost the units that are returned. */
static void give_back_spent(struct audit *audit, struct audit_order *order,
                            struct audit_redemption *redemption, int64_t now_us)
{
    wide whole = subtotal(audit, order, false);
    wide returned = whole - subtotal(audit, order, true);
    wide back = redemption->amount;
    bool is_whole = is_returned_whole(order);
    if (!is_whole) {
        if (whole <= 0 || returned <= 0) return;
        if (returned < whole) back = redemption->amount * returned / whole;
    }
    int64_t more = (int64_t)back - redemption->given_back;
    if (more > 0) {
        audit_give_back(audit, redemption->member, redemption->parts, redemption->part_count, more,
                        now_us);
        redemption->given_back += more;
    }
    if (is_whole) audit_reward_use(audit, redemption, -1);
}

/* --- what was earned by it ---------------------------------------------------------------- */

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Takes up to `amount` of one's own points; what is left to take. */
static int64_t take_own(struct audit_member *member, int order, int earning, int64_t amount)
{
    for (int i = 0; i < member->piece_count; i++) {
        struct piece *piece = &member->pieces[i];
        if (piece->order != order || piece->earning != earning) continue;
        int64_t taken = lesser(amount, piece->pending);
        piece->pending -= taken;
        amount -= taken;
    }
    for (int i = 0; i < member->piece_count; i++) {
        struct piece *piece = &member->pieces[i];
        if (piece->order != order || piece->earning != earning) continue;
        int64_t taken = lesser(amount, piece->available);
        piece->available -= taken;
        amount -= taken;
    }
    for (int i = 0; i < member->piece_count; i++) {
        struct piece *piece = &member->pieces[i];
        if (piece->order != order || piece->earning != earning) continue;
        int64_t counted = lesser(amount, piece->expired - piece->counted);
        piece->counted += counted;
        amount -= counted;
    }
    return amount;
}

static bool is_released_before(const struct piece *a, const struct piece *b)
{
    if (a->release_us != b->release_us) return a->release_us < b->release_us;
    if (a->position != b->position) return a->position < b->position;
    return a->number < b->number;
}

static int64_t take_pending(struct audit_member *member, int wallet, int64_t amount)
{
    while (amount > 0) {
        int next = AUDIT_NONE;
        for (int i = 0; i < member->piece_count; i++) {
            const struct piece *piece = &member->pieces[i];
            if (piece->wallet != wallet || piece->pending == 0) continue;
            if (next == AUDIT_NONE || is_released_before(piece, &member->pieces[next])) next = i;
        }
        if (next == AUDIT_NONE) break;
        int64_t taken = lesser(amount, member->pieces[next].pending);
        member->pieces[next].pending -= taken;
        amount -= taken;
    }
    return amount;
}

static int64_t take_available(struct audit_member *member, int wallet, int64_t amount)
{
    while (amount > 0) {
        int next = audit_next_to_spend(member, wallet);
        if (next == AUDIT_NONE) break;
        int64_t taken = lesser(amount, member->pieces[next].available);
        member->pieces[next].available -= taken;
        amount -= taken;
    }
    return amount;
}

static int64_t own_held(const struct audit_member *member, int order, int earning)
{
    int64_t sum = 0;
    for (int i = 0; i < member->piece_count; i++) {
        const struct piece *piece = &member->pieces[i];
        if (piece->order == order && piece->earning == earning) sum += piece->held;
    }
    return sum;
}

static void take_points(struct audit *audit, int owner, int order, int earning, int wallet,
                        int64_t amount)
{
    struct audit_member *member = &audit->members[owner];
    enum earned_but_spent policy = audit->program->wallets[wallet].earned_but_spent;
    amount = take_own(member, order, earning, amount);
    int64_t held = own_held(member, order, earning);
    if (policy == SPENT_ONLY_PENDING) {
        amount = take_pending(member, wallet, amount);
    } else if (policy == SPENT_TO_ZERO || policy == SPENT_BELOW_ZERO) {
        amount = take_available(member, wallet, amount);
        held = audit_held(member, wallet);
    }
    if (policy == SPENT_BELOW_ZERO) {
        member->debt[wallet] += amount;
        return;
    }
    int64_t unclaimed = held - member->claim[wallet];
    if (unclaimed > 0) member->claim[wallet] += lesser(unclaimed, amount);
}

/* --- one return line ---------------------------------------------------------------------- */

struct returned_line {
    int order;
    int line;
    int64_t units;
};

/* A later return does not try again: what is kept is set, whatever could be taken. */
static void take_earned(struct audit *audit, int owner, const struct returned_line *returned)
{
    struct audit_order *order = &audit->orders[returned->order];
    order->lines[returned->line].left -= returned->units;
    for (int e = 0; e < order->earning_count; e++) {
        struct audit_earning *earning = &order->earnings[e];
        if (!earning->counts[returned->line]) continue;
        int64_t kept = audit_grant(audit, order, earning, true);
        if (kept >= earning->kept) continue;
        int64_t lost = earning->kept - kept;
        earning->kept = kept;
        take_points(audit, owner, returned->order, e, earning->wallet, lost);
    }
}

static void give_back_uses(struct audit *audit, struct audit_order *order)
{
    for (int i = 0; i < order->use_count; i++) {
        struct audit_use *use = &order->uses[i];
        int64_t due;
        if (use->kind == USE_ONCE) {
            due = is_returned_whole(order) ? 0 : use->amount;
        } else if (use->kind == USE_EARNING) {
            const struct audit_earning *earning = &order->earnings[use->earning];
            due = (int64_t)((wide)use->amount * earning->kept / earning->granted);
        } else if (use->kind == USE_SHARE) {
            due = audit_share_left(audit, order, use->counter, use->amount);
        } else {
            due = audit_counter_value(audit, order, use->counter, true);
        }
        audit_count(audit, use->symbol, use->member, use->day, due - use->left);
        use->left = due;
    }
}

static void return_lines(struct audit *audit, int owner, struct returned_line *lines, int count,
                         int64_t now_us)
{
    bool is_in[AUDIT_COMMANDS] = {false};
    for (int i = 0; i < count; i++) {
        if (is_in[lines[i].order]) continue;
        is_in[lines[i].order] = true;
        struct audit_order *order = &audit->orders[lines[i].order];
        for (int k = i; k < count; k++) {
            if (lines[k].order == lines[i].order)
                order->lines[lines[k].line].left -= lines[k].units;
        }
        for (int k = 0; k < (order)->redemptions; k++) {
            give_back_spent(audit, order, &audit->redemptions[(order)->redemption + k], now_us);
        }
        for (int k = i; k < count; k++) {
            if (lines[k].order == lines[i].order)
                order->lines[lines[k].line].left += lines[k].units;
        }
    }
    for (int i = 0; i < count; i++)
        take_earned(audit, owner, &lines[i]);
    for (int o = 0; o < audit->order_count; o++) {
        if (is_in[o]) give_back_uses(audit, &audit->orders[o]);
    }
    if (count > 0) audit_tiers_re_evaluate(audit, owner, now_us);
}

/* With the last unit of an order goes its shipping. */
static int add_shipping(const struct audit *audit, int index, struct returned_line *lines,
                        int count)
{
    const struct audit_order *order = &audit->orders[index];
    int64_t left = 0;
    for (int i = 0; i < order->line_count; i++) {
        if (!order->lines[i].is_shipping) left += order->lines[i].left;
    }
    for (int i = 0; i < count; i++) {
        if (lines[i].order == index) left -= lines[i].units;
    }
    const struct audit_line *last = &order->lines[order->line_count - 1];
    if (left > 0 || !last->is_shipping || last->left == 0) return count;
    lines[count] = (struct returned_line){index, order->line_count - 1, 1};
    return count + 1;
}

/* --- which units -------------------------------------------------------------------------- */

static bool period_is_over(const struct audit *audit, const struct audit_order *order,
                           int64_t occurred_us)
{
    int64_t until_us;
    if (!audit->program->has_returns_within) return false;
    ASSERT(instant_add_span(audit->program->zone, order->occurred_us,
                            audit->program->returns_within, &until_us) == STATUS_OK);
    return occurred_us > until_us;
}

static int find_line(const struct audit_order *order, struct text item)
{
    for (int i = 0; i < order->line_count; i++) {
        const struct audit_line *line = &order->lines[i];
        char number[2] = {(char)('1' + i), 0};
        struct text name = text_is_empty(line->item.id) ? text_of(number) : line->item.id;
        if (!line->is_shipping && text_equal(name, item)) return i;
    }
    return AUDIT_NONE;
}

static int64_t units_named(const struct returned_line *lines, int count, int order, int line)
{
    int64_t sum = 0;
    for (int i = 0; i < count; i++) {
        if (lines[i].order == order && lines[i].line == line) sum += lines[i].units;
    }
    return sum;
}

static int64_t units_of_order(const struct returned_line *lines, int count, int order)
{
    int64_t sum = 0;
    for (int i = 0; i < count; i++) {
        if (lines[i].order == order) sum += lines[i].units;
    }
    return sum;
}

enum answer audit_return(struct audit *audit, const struct event *event, int64_t now_us)
{
    int index = audit_order_find(audit, event->order);
    if (index == AUDIT_NONE) return ANSWER_UNKNOWN_ORDER;
    struct audit_order *order = &audit->orders[index];
    int owner = audit_member_now(audit, order->member);
    audit_settle(audit, owner, now_us);
    if (period_is_over(audit, order, event->occurred_at_us)) return ANSWER_RETURN_PERIOD_OVER;
    struct returned_line lines[2 * AUDIT_LINES];
    int count = 0;
    for (uint32_t i = 0; i < event->return_count; i++) {
        const struct returned *returned = &event->returns[i];
        int line = find_line(order, returned->item);
        if (line == AUDIT_NONE) return ANSWER_UNKNOWN_ITEM;
        if (returned->quantity < 1) return ANSWER_INVALID_AMOUNT;
        int64_t left = order->lines[line].left - units_named(lines, count, index, line);
        if (returned->quantity > left) return ANSWER_RETURN_EXCEEDS;
        lines[count++] = (struct returned_line){index, line, returned->quantity};
    }
    for (int i = 0; i < order->line_count && event->return_count == 0; i++) {
        if (order->lines[i].is_shipping || order->lines[i].left == 0) continue;
        lines[count++] = (struct returned_line){index, i, order->lines[i].left};
    }
    count = add_shipping(audit, index, lines, count);
    if (count == 0) return ANSWER_RETURN_EXCEEDS;
    return_lines(audit, owner, lines, count, now_us);
    return ANSWER_DONE;
}

enum answer audit_return_by_sku(struct audit *audit, const struct event *event, int64_t now_us,
                                struct prediction *prediction)
{
    static struct returned_line lines[AUDIT_COMMANDS * AUDIT_LINES];
    int count = 0;
    if (event->return_count == 0) return ANSWER_INVALID_EVENT;
    for (uint32_t i = 0; i < event->return_count; i++) {
        if (event->returns[i].quantity < 1) return ANSWER_INVALID_AMOUNT;
    }
    int owner = audit_member_find(audit, event->member);
    if (owner == AUDIT_NONE) return ANSWER_UNKNOWN_MEMBER;
    audit_settle(audit, owner, now_us);
    for (uint32_t i = 0; i < event->return_count; i++) {
        int64_t wanted = event->returns[i].quantity;
        for (int o = audit->order_count - 1; o >= 0; o--) {
            const struct audit_order *order = &audit->orders[o];
            if (audit_member_now(audit, order->member) != owner) continue;
            if (period_is_over(audit, order, event->occurred_at_us)) continue;
            for (int k = order->line_count - 1; k >= 0 && wanted > 0; k--) {
                if (order->lines[k].is_shipping) continue;
                if (!text_equal(order->lines[k].item.sku, event->returns[i].sku)) continue;
                int64_t left = order->lines[k].left - units_named(lines, count, o, k);
                int64_t units = lesser(left, wanted);
                if (units <= 0) continue;
                lines[count++] = (struct returned_line){o, k, units};
                wanted -= units;
            }
        }
        prediction->units_matched += event->returns[i].quantity - wanted;
        prediction->units_unmatched += wanted;
    }
    for (int o = 0; o < audit->order_count; o++) {
        if (units_of_order(lines, count, o) > 0) count = add_shipping(audit, o, lines, count);
    }
    return_lines(audit, owner, lines, count, now_us);
    return ANSWER_DONE;
}

/* --- milestones --------------------------------------------------------------------------- */

enum answer audit_milestone(struct audit *audit, const struct event *event, int64_t now_us)
{
    int index = audit_order_find(audit, event->order);
    if (index == AUDIT_NONE) return ANSWER_UNKNOWN_ORDER;
    if (text_is_empty(event->milestone)) return ANSWER_INVALID_EVENT;
    const struct audit_order *order = &audit->orders[index];
    int owner = audit_member_now(audit, order->member);
    audit_settle(audit, owner, now_us);
    struct audit_member *member = &audit->members[owner];
    for (int i = 0; i < member->piece_count; i++) {
        struct piece *piece = &member->pieces[i];
        if (piece->order != index || piece->pending == 0) continue;
        int rule = order->earnings[piece->earning].rule;
        if (!text_equal(audit->program->rules[rule].pending.until, event->milestone)) continue;
        audit_release(member, piece, now_us);
    }
    return ANSWER_DONE;
}
