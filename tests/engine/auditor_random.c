/* The next random command: mostly one that suits the state of the model, sometimes one that does
 * not. What a command may hold is decided by the world's seed alone, before the engine sees it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "auditor.h"

static struct text random_member(struct world *world)
{
    if (random_chance(&world->random, 2)) return TEXT("nobody");
    return world_id(world, 'm', random_below(&world->random, world->member_count));
}

static struct text random_wallet(struct world *world)
{
    if (random_chance(&world->random, 3)) return TEXT("no wallet");
    int count = (int)world->program->wallet_count;
    return world->program->wallets[random_below(&world->random, count)].id;
}

static struct text random_reward(struct world *world)
{
    if (random_chance(&world->random, 3)) return TEXT("no reward");
    int count = (int)world->program->reward_count;
    return world->program->rewards[random_below(&world->random, count)].id;
}

/* One of the last orders, the later the likelier. */
static struct text random_order(struct world *world)
{
    int count = world->audit.order_count;
    if (count == 0 || random_chance(&world->random, 2)) return TEXT("no order");
    int back = random_below(&world->random, random_chance(&world->random, 80) ? 6 : count);
    return world->audit.orders[back < count ? count - 1 - back : 0].id;
}

static struct text random_redemption(struct world *world)
{
    int count = world->audit.redemption_count;
    if (count == 0 || random_chance(&world->random, 2)) return TEXT("no hold");
    int back = random_below(&world->random, random_chance(&world->random, 80) ? 5 : count);
    struct text id = world->audit.redemptions[back < count ? count - 1 - back : 0].id;
    return text_is_empty(id) ? TEXT("none") : id;
}

static int64_t random_points(struct world *world)
{
    static const int64_t amounts[] = {1, 5, 20, 50, 100, 333};
    int64_t amount = amounts[random_below(&world->random, 6)];
    if (random_chance(&world->random, 3)) return random_chance(&world->random, 50) ? 0 : -amount;
    return amount * power_of_ten(random_below(&world->random, 3));
}

static void random_item(struct world *world, struct item *item)
{
    struct random *random = &world->random;
    static const struct decimal prices[] = {{100, 2}, {333, 3},   {999, 2},  {25, 0},
                                            {100, 0}, {1, 2},     {4995, 3}, {1234567, 6},
                                            {0, 0},   {12345, 2}, {5, 1},    {1999, 2}};
    static const char *const skus[] = {"a", "b", "c", "d"};
    static const char *const categories[] = {"", "x", "y", "z"};
    *item = (struct item){.sku = text_of(skus[random_below(random, 4)]),
                          .category = text_of(categories[random_below(random, 4)]),
                          .quantity = 1 + random_below(random, 5),
                          .unit_price = prices[random_below(random, 12)]};
    if (random_chance(random, 5)) item->quantity = -random_below(random, 3);
    if (random_chance(random, 6)) item->type = TEXT("gift_card");
    if (random_chance(random, 15)) item->discount = random_below(random, 300);
    if (random_chance(random, 30)) item->tax = random_below(random, 200);
}

static void random_purchase(struct world *world, struct command *command)
{
    struct random *random = &world->random;
    struct event *event = &command->event;
    event->type = EVENT_PURCHASE;
    event->member = world_id(world, 'm', random_below(random, world->member_count));
    event->order = world_id(world, 'o', world->command_count);
    if (random_chance(random, 2)) {
        /* One that nobody ever bought stays so: else it would matter who comes first. */
        struct text taken = random_order(world);
        if (!text_equal(taken, TEXT("no order"))) event->order = taken;
    }
    event->currency = (uint32_t)random_below(random, (int)world->program->currency_count);
    event->tax_is_in_prices = random_chance(random, 50);
    event->items = command->items;
    event->item_count = 1 + (uint32_t)random_below(random, AUDIT_ITEMS);
    for (uint32_t i = 0; i < event->item_count; i++)
        random_item(world, &command->items[i]);
    if (random_chance(random, 20)) {
        for (uint32_t i = 0; i < event->item_count; i++) {
            command->items[i].id = world_id(world, 'i', (int)i);
        }
    }
    if (random_chance(random, 40)) event->channel = TEXT("web");
    if (random_chance(random, 30))
        event->store = random_chance(random, 50) ? TEXT("s1") : TEXT("s3");
    if (random_chance(random, 15)) event->shipping = 495;
    if (random_chance(random, 15)) event->discount = random_below(random, 2000);
    if (random_chance(random, 10)) event->paid_with_points = random_below(random, 2000);
    event->redeems = command->redeems;
    if (random_chance(random, 16)) {
        event->redeem_count = 1;
        if (random_chance(random, 25)) event->redeem_count += 1 + (uint32_t)random_below(random, 2);
    }
    for (uint32_t i = 0; i < event->redeem_count; i++) {
        struct redeem *redeem = &command->redeems[i];
        *redeem = (struct redeem){.reward = TEXT("")};
        if (random_chance(random, 60)) {
            redeem->reward = random_reward(world);
        } else {
            redeem->wallet = random_wallet(world);
            redeem->amount = random_points(world);
        }
    }
    if (random_chance(random, 1)) event->item_count = 0;
    if (random_chance(random, 1)) event->currency = 7;
    if (random_chance(random, 1)) event->shipping = -1;
}

static void random_return(struct world *world, struct command *command)
{
    struct random *random = &world->random;
    struct event *event = &command->event;
    event->type = EVENT_RETURN;
    event->order = random_order(world);
    if (random_chance(random, 30)) return;
    int index = audit_order_find(&world->audit, event->order);
    event->returns = command->returns;
    event->return_count = 1 + (uint32_t)random_below(random, 2);
    for (uint32_t i = 0; i < event->return_count; i++) {
        struct returned *returned = &command->returns[i];
        *returned = (struct returned){.quantity = 0};
        int line = random_below(random, AUDIT_ITEMS);
        if (index != AUDIT_NONE) line = random_below(random, world->audit.orders[index].line_count);
        char number[2] = {(char)('1' + line), 0};
        returned->item = arena_copy(&world->arena, text_of(number));
        if (index != AUDIT_NONE && world->audit.orders[index].lines[line].item.id.length > 0) {
            returned->item = world->audit.orders[index].lines[line].item.id;
        }
        returned->quantity = 1 + random_below(random, 3);
        if (random_chance(random, 3)) returned->item = TEXT("what");
        if (random_chance(random, 2)) returned->quantity = -random_below(random, 2);
    }
}

static void random_return_by_sku(struct world *world, struct command *command)
{
    struct random *random = &world->random;
    struct event *event = &command->event;
    static const char *const skus[] = {"a", "b", "c", "e"};
    event->type = EVENT_RETURN_BY_SKU;
    event->member = random_member(world);
    event->returns = command->returns;
    event->return_count = 1 + (uint32_t)random_below(random, 2);
    for (uint32_t i = 0; i < event->return_count; i++) {
        command->returns[i] = (struct returned){.sku = text_of(skus[random_below(random, 4)]),
                                                .quantity = 1 + random_below(random, 12)};
    }
    if (random_chance(random, 2)) event->return_count = 0;
    if (random_chance(random, 2)) command->returns[0].quantity = 0;
}

static void random_redeem(struct world *world, struct command *command, bool is_hold)
{
    struct random *random = &world->random;
    struct event *event = &command->event;
    event->type = is_hold ? EVENT_HOLD : EVENT_REDEEM;
    event->member = random_member(world);
    if (is_hold || random_chance(random, 70))
        event->id = world_id(world, 'h', world->command_count);
    if (random_chance(random, 2) && world->audit.redemption_count > 0) {
        /* One that is taken; a made-up one could be taken by somebody else later. */
        event->id = world->audit.redemptions[world->audit.redemption_count - 1].id;
    }
    if (random_chance(random, 50)) {
        event->reward = random_reward(world);
    } else {
        event->wallet = random_wallet(world);
        event->amount = random_points(world);
    }
    if (random_chance(random, 30)) event->channel = TEXT("web");
    if (!is_hold) return;
    static const int64_t hours[] = {1, 24, 24 * 7, 24 * 40};
    event->lapses_at_us =
        event->clock_us + hours[random_below(random, 4)] * 3600 * MICROSECONDS_PER_SECOND;
    if (random_chance(random, 20)) event->lapses_at_us = INSTANT_NEVER;
    if (random_chance(random, 2)) event->lapses_at_us = event->clock_us;
}

static void random_of_redemption(struct world *world, struct command *command)
{
    static const enum event_type types[] = {EVENT_CONFIRM, EVENT_CONFIRM, EVENT_CANCEL,
                                            EVENT_REVERSE, EVENT_REVERSE};
    struct event *event = &command->event;
    event->type = types[random_below(&world->random, 5)];
    event->id = random_redemption(world);
    if (event->type != EVENT_CANCEL && random_chance(&world->random, 50)) {
        event->amount = random_points(world);
    }
}

/* Seldom: a closed member earns nothing more, and an erased one is over. */
static void random_membership(struct world *world, struct command *command)
{
    static const enum event_type types[] = {EVENT_CLOSE,  EVENT_CLOSE,  EVENT_REOPEN,
                                            EVENT_REOPEN, EVENT_REOPEN, EVENT_ERASE};
    struct event *event = &command->event;
    event->type = types[random_below(&world->random, 6)];
    event->member = random_member(world);
    event->reason = TEXT("asked for it");
}

static void random_by_hand(struct world *world, struct command *command)
{
    struct random *random = &world->random;
    struct event *event = &command->event;
    event->type = random_chance(random, 50) ? EVENT_EXPIRE : EVENT_RELEASE;
    event->member = random_member(world);
    event->wallet = random_wallet(world);
    event->reason = random_chance(random, 97) ? TEXT("goodwill") : TEXT("");
    if (event->type == EVENT_EXPIRE) {
        event->amount = random_chance(random, 20) ? 0 : random_points(world);
    } else if (random_chance(random, 60)) {
        event->order = random_order(world);
        int order = audit_order_find(&world->audit, event->order);
        bool is_own = world->is_separable || random_chance(random, 90);
        if (order != AUDIT_NONE && is_own) {
            event->member = world_id(world, 'm', world->audit.orders[order].member);
        }
    }
}

static void random_custom(struct world *world, struct command *command)
{
    struct random *random = &world->random;
    struct event *event = &command->event;
    event->type = EVENT_CUSTOM;
    event->member = world_id(world, 'm', random_below(random, world->member_count));
    event->name = random_chance(random, 97) ? TEXT("visit") : TEXT("nothing");
    if (random_chance(random, 30)) event->store = TEXT("s1");
    if (!world->is_separable && random_chance(random, 15)) event->order = random_order(world);
    if (random_chance(random, 25)) return;
    event->values = command->values;
    event->value_count = 1;
    command->values[0] = (struct field_value){
        .name = TEXT("rating"), .type = FIELD_INT, .integer = random_below(random, 12) - 2};
    if (random_chance(random, 2)) command->values[0].name = TEXT("ratings");
    if (random_chance(random, 2)) command->values[0].type = FIELD_BOOL;
}

static void random_rest(struct world *world, struct command *command)
{
    struct random *random = &world->random;
    struct event *event = &command->event;
    int kind = random_below(random, 14);
    event->member = random_member(world);
    event->wallet = random_wallet(world);
    event->amount = random_points(world);
    event->reason = TEXT("goodwill");
    event->actor = TEXT("clerk");
    if (kind < 4) {
        event->type = EVENT_ADJUST;
        if (random_chance(random, 30)) event->amount = -event->amount;
    } else if (kind < 8 && !world->is_separable) {
        event->type = EVENT_TRANSFER;
        event->other_member = random_member(world);
    } else if (kind < 11) {
        event->type = EVENT_MILESTONE;
        event->order = random_order(world);
        event->milestone = random_chance(random, 70) ? TEXT("shipped") : TEXT("closed");
        if (random_chance(random, 2)) event->milestone = TEXT("");
    } else if (kind < 13) {
        event->type = EVENT_SETTLE;
    } else {
        event->type = EVENT_JOIN;
        event->member = world_id(world, 'm', random_below(random, world->member_count));
    }
}

/* Time goes on by nothing, seconds, hours, days or weeks; some events are told late, a few too
 * late or from the future. */
static void random_time(struct world *world, struct event *event)
{
    struct random *random = &world->random;
    static const int64_t seconds[] = {0, 1, 60, 3600, 20000, 86400, 200000};
    int64_t step = seconds[random_below(random, 7)];
    if (random_chance(random, 2)) step = 86400 * (int64_t)random_below(random, 60);
    world->clock_us += step * MICROSECONDS_PER_SECOND;
    event->clock_us = world->clock_us;
    if (world->is_unsteady && random_chance(random, 15)) {
        event->clock_us -= seconds[random_below(random, 7)] * MICROSECONDS_PER_SECOND;
    }
    event->occurred_at_us = event->clock_us;
    if (random_chance(random, 8)) {
        int64_t late = random_chance(random, 85) ? random_below(random, 29 * 24)
                                                 : 32 * 24 + random_below(random, 500);
        event->occurred_at_us -= late * 3600 * MICROSECONDS_PER_SECOND;
    } else if (random_chance(random, 2)) {
        int64_t early = random_chance(random, 50) ? 100 : 1000;
        event->occurred_at_us += early * MICROSECONDS_PER_SECOND;
    }
}

/* A key that was used before, with the same body or with another. */
static void random_key(struct world *world, struct command *command)
{
    struct random *random = &world->random;
    struct event *event = &command->event;
    if (!random_chance(random, 40)) return;
    int used = world->audit.key_count;
    if (used > 0 && random_chance(random, 15)) {
        const struct audit_key *key = &world->audit.keys[random_below(random, used)];
        if (random_chance(random, 60)) {
            uint64_t position = event->position;
            int64_t clock_us = event->clock_us;
            *event = *key->event;
            event->position = position;
            event->clock_us = clock_us;
        }
        event->key = key->key;
        return;
    }
    event->key = world_id(world, 'q', world->command_count);
}

/* Members merge late in the world's life. Not where activity renews an expiry (each owner keeps its
 * own instant) nor by years of membership (each owner counts its own). */
static bool may_merge(const struct world *world)
{
    const struct program *program = world->program;
    if (world->is_separable) return false;
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        if (program->wallets[i].expires.is_renewed) return false;
    }
    for (uint32_t i = 0; i < program->counter_count; i++) {
        if (program->counters[i].window.kind == WINDOW_MEMBERSHIP_YEAR) return false;
    }
    for (uint32_t i = 0; i < program->limit_count; i++) {
        if (program->limits[i].window.kind == WINDOW_MEMBERSHIP_YEAR) return false;
    }
    return world->command_count > AUDIT_COMMANDS / 2;
}

void world_next_command(struct world *world, struct command *command)
{
    struct random *random = &world->random;
    struct event *event = &command->event;
    *event = (struct event){.position = (uint64_t)world->command_count + 1};
    random_time(world, event);
    int kind = random_below(random, 100);
    if (world->command_count < world->member_count && random_chance(random, 80)) {
        event->type = EVENT_JOIN;
        event->member = world_id(world, 'm', world->command_count);
    } else if (random_chance(random, 2) && may_merge(world)) {
        event->type = EVENT_MERGE;
        event->member = random_member(world);
        event->other_member = random_member(world);
    } else if (world->seed % 3 == 1 && random_chance(random, 1)) {
        random_membership(world, command);
    } else if (random_chance(random, 3)) {
        random_by_hand(world, command);
    } else if (kind < 30 && world->program->event_count > 0 && random_chance(random, 25)) {
        random_custom(world, command);
    } else if (kind < 38) {
        random_purchase(world, command);
    } else if (kind < 52) {
        random_return(world, command);
    } else if (kind < 57) {
        random_return_by_sku(world, command);
    } else if (kind < 65) {
        random_redeem(world, command, false);
    } else if (kind < 73) {
        random_redeem(world, command, true);
    } else if (kind < 84) {
        random_of_redemption(world, command);
    } else {
        random_rest(world, command);
    }
    event->birthday_month =
        1 + (int32_t)(event->member.length > 1 ? event->member.bytes[1] % 12 : 0);
    event->birthday_day = 29;
    random_key(world, command);
    world->command_count++;
}

/* --- printing ----------------------------------------------------------------------------- */

static void print_text(const char *label, struct text text)
{
    if (!text_is_empty(text)) printf(" %s %.*s", label, TEXT_ARGUMENTS(text));
}

static void print_number(const char *label, int64_t number)
{
    if (number != 0) printf(" %s %" PRId64, label, number);
}

void command_print(const struct command *command, const struct program *program)
{
    const struct event *event = &command->event;
    char clock[INSTANT_TEXT_MAXIMUM];
    char occurred[INSTANT_TEXT_MAXIMUM];
    instant_format(program->zone, event->clock_us, clock);
    instant_format(program->zone, event->occurred_at_us, occurred);
    printf("%4" PRIu64 " %s", event->position, clock);
    if (event->clock_us != event->occurred_at_us) printf(" (occurred %s)", occurred);
    printf(" %s", event_type_name(event->type));
    print_text("key", event->key);
    print_text("member", event->member);
    print_text("other", event->other_member);
    print_text("order", event->order);
    print_text("id", event->id);
    print_text("wallet", event->wallet);
    print_text("reward", event->reward);
    print_text("milestone", event->milestone);
    print_text("channel", event->channel);
    print_text("store", event->store);
    print_text("name", event->name);
    for (uint32_t i = 0; i < event->value_count; i++)
        printf(" %.*s %" PRId64, TEXT_ARGUMENTS(event->values[i].name), event->values[i].integer);
    print_number("amount", event->amount);
    print_number("currency", event->currency);
    print_number("shipping", event->shipping);
    print_number("discount", event->discount);
    print_number("points", event->paid_with_points);
    print_number("lapses", event->lapses_at_us);
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct item *item = &event->items[i];
        printf("\n       item %.*s%s%.*s %.*s %" PRId64 " x %" PRId64 "e-%d discount %" PRId64
               " tax %" PRId64 " %.*s",
               TEXT_ARGUMENTS(item->sku), item->category.length ? "/" : "",
               TEXT_ARGUMENTS(item->category), TEXT_ARGUMENTS(item->id), item->quantity,
               item->unit_price.coefficient, item->unit_price.scale, item->discount, item->tax,
               TEXT_ARGUMENTS(item->type));
    }
    for (uint32_t i = 0; i < event->redeem_count; i++) {
        const struct redeem *redeem = &event->redeems[i];
        printf("\n       redeems %.*s%.*s %" PRId64, TEXT_ARGUMENTS(redeem->reward),
               TEXT_ARGUMENTS(redeem->wallet), redeem->amount);
    }
    for (uint32_t i = 0; i < event->return_count; i++) {
        const struct returned *returned = &event->returns[i];
        printf("\n       returned %.*s%.*s %" PRId64, TEXT_ARGUMENTS(returned->item),
               TEXT_ARGUMENTS(returned->sku), returned->quantity);
    }
    printf("\n");
}
