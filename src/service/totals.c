/* Totals: what all members together have, and what became of the rest, per wallet and account.
 *
 * Each event's postings are added as it is written, and the sums are committed in the same batch as
 * the events, so they are exact at any time and need no pass over the members. They are what
 * finance asks for: liability is what is available, pending and held, less debt.
 *
 * As a setting: "wallet account amount" a line: the symbol, and the account by its number.
 */
#include "service/inner.h"

#define TOTALS_ID TEXT("totals")
#define TOTALS_TEXT_MAXIMUM 65536

static struct wallet_totals *totals_of(struct totals *totals, uint32_t wallet)
{
    for (uint32_t i = 0; i < totals->count; i++) {
        if (totals->list[i].wallet == wallet) return &totals->list[i];
    }
    if (totals->count == TOTALS_MAXIMUM) return NULL;
    totals->list[totals->count] = (struct wallet_totals){.wallet = wallet};
    return &totals->list[totals->count++];
}

enum status totals_count(struct totals *totals, const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        struct posting posting;
        if (!effect_posting(&decision->effects[i], &posting)) continue;
        struct wallet_totals *sums = totals_of(totals, posting.wallet);
        if (sums == NULL) return STATUS_LIMIT;
        TRY(amount_decrease(&sums->accounts[posting.from], posting.amount));
        TRY(amount_increase(&sums->accounts[posting.to], posting.amount));
    }
    return STATUS_OK;
}

enum status totals_save(struct turn *turn)
{
    struct buffer lines;
    buffer_init(&lines, TOTALS_TEXT_MAXIMUM);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < turn->totals.count; i++) {
        const struct wallet_totals *sums = &turn->totals.list[i];
        for (int k = 0; k < ACCOUNT_COUNT && status == STATUS_OK; k++) {
            if (sums->accounts[k] == 0) continue;
            status = buffer_add_format(&lines, "%u %d %lld\n", sums->wallet, k,
                                       (long long)sums->accounts[k]);
        }
    }
    if (status == STATUS_OK && lines.length > 0) {
        status = store_put(turn->store, DOCUMENT_SETTING, TOTALS_ID, buffer_text(&lines));
    }
    buffer_release(&lines);
    return status;
}

static bool read_number(struct text *rest, char separator, int64_t *number)
{
    struct decimal decimal;
    struct text word = text_split(*rest, separator, rest);
    return decimal_parse(word, &decimal) == STATUS_OK &&
           decimal_rescale(decimal, 0, number) == STATUS_OK;
}

enum status totals_load(struct store *store, struct arena *arena, struct totals *totals)
{
    struct text rest;
    *totals = (struct totals){.count = 0};
    enum status status = store_get(store, DOCUMENT_SETTING, TOTALS_ID, arena, &rest);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    TRY(status);
    while (!text_is_empty(rest)) {
        int64_t wallet;
        int64_t account;
        int64_t amount;
        if (!read_number(&rest, ' ', &wallet) || !read_number(&rest, ' ', &account) ||
            !read_number(&rest, '\n', &amount) || wallet < 0 || wallet > UINT32_MAX ||
            account < 0 || account >= ACCOUNT_COUNT) {
            return STATUS_CORRUPT;
        }
        struct wallet_totals *sums = totals_of(totals, (uint32_t)wallet);
        if (sums == NULL) return STATUS_CORRUPT;
        sums->accounts[account] = amount;
    }
    return STATUS_OK;
}

void turn_totals(const struct turn *turn, struct totals *totals)
{
    if (turn->is_reader) {
        service_totals(turn->service, totals);
    } else {
        *totals = turn->totals;
    }
}

void service_totals(const struct service *service, struct totals *totals)
{
    struct service *shared = (struct service *)(uintptr_t)service;
    pthread_mutex_lock(&shared->figures_mutex);
    *totals = shared->totals;
    pthread_mutex_unlock(&shared->figures_mutex);
}
