/* Programmes as JSON: plain words line by line, and what differs between two of them. */
#include "api/programme_shape.h"

#define WORDS_BYTES_MAXIMUM ((size_t)8 << 20)
#define LINE_MAXIMUM 20000

static const struct field problem_fields[] = {
    SHAPE_FIELD(programme_problem, message, TEXT, .is_required = true, .maximum = 2000,
                .description = "What is wrong, and what would be right."),
    SHAPE_FIELD(programme_problem, line, INTEGER, .description = "From 1."),
    SHAPE_FIELD(programme_problem, column, INTEGER, .description = "From 1, in characters."),
};
static const struct shape problem_in_programme =
    SHAPE("ProgrammeProblem", "What is wrong, and where.", programme_problem, problem_fields);

#define WARNINGS_FIELD(structure)                                                                  \
    SHAPE_FIELD(structure, warnings, LIST, .shape = &problem_in_programme,                         \
                SHAPE_COUNT(structure, warning_count),                                             \
                .description = "What is allowed, and probably not meant.")

static const struct field version_fields[] = {
    SHAPE_FIELD(version_body, version, INTEGER, .is_required = true, .description = "Its number."),
    SHAPE_FIELD(version_body, program, ID, .is_required = true, .description = "Its id."),
    SHAPE_FIELD(version_body, title, TEXT, .description = "Its title."),
    SHAPE_FIELD_AS("in_force_from", version_body, in_force_from_us, INSTANT,
                   .description = "From when on it decides; the first one from the beginning."),
    SHAPE_FIELD_AS("published_at", version_body, published_at_us, INSTANT, .is_required = true,
                   .description = "When it was published."),
    SHAPE_FIELD_AS("in_force", version_body, is_in_force, BOOLEAN, .is_required = true,
                   .description = "It decides what happens now."),
    SHAPE_FIELD(version_body, text, TEXT, .maximum = PROGRAM_TEXT_MAXIMUM,
                .description = "The file; of a single version."),
    SHAPE_FIELD(version_body, description, TEXT_LIST, SHAPE_COUNT(version_body, description_count),
                .maximum = LINE_MAXIMUM, .description = "The same in plain words, line by line."),
    WARNINGS_FIELD(version_body),
};
const struct shape version_shape =
    SHAPE("ProgrammeVersion", "A published version.", version_body, version_fields);

static const struct field versions_fields[] = {
    SHAPE_FIELD(versions_body, versions, LIST, .is_required = true, .shape = &version_shape,
                SHAPE_COUNT(versions_body, version_count), .description = "Newest first."),
    SHAPE_FIELD(versions_body, next, TEXT, .description = "Cursor of the next page, if any."),
};
const struct shape versions_shape =
    SHAPE("ProgrammeVersions", "A page of versions.", versions_body, versions_fields);

static const struct field validation_fields[] = {
    SHAPE_FIELD_AS("valid", validation_body, is_valid, BOOLEAN, .is_required = true,
                   .description = "It can be published."),
    SHAPE_FIELD(validation_body, problems, LIST, .shape = &problem_in_programme,
                SHAPE_COUNT(validation_body, problem_count),
                .description = "What keeps it from that."),
    SHAPE_FIELD(validation_body, description, TEXT_LIST,
                SHAPE_COUNT(validation_body, description_count), .maximum = LINE_MAXIMUM,
                .description = "In plain words, line by line."),
    SHAPE_FIELD(validation_body, advice, TEXT_LIST, SHAPE_COUNT(validation_body, advice_count),
                .maximum = LINE_MAXIMUM,
                .description = "What a good programme would do otherwise."),
    WARNINGS_FIELD(validation_body),
};
const struct shape validation_shape =
    SHAPE("Validation", "Whether a programme is right.", validation_body, validation_fields);

static const struct field difference_fields[] = {
    SHAPE_FIELD(difference_body, added, TEXT_LIST, SHAPE_COUNT(difference_body, added_count),
                .maximum = LINE_MAXIMUM, .description = "Lines that only the draft has."),
    SHAPE_FIELD(difference_body, removed, TEXT_LIST, SHAPE_COUNT(difference_body, removed_count),
                .maximum = LINE_MAXIMUM,
                .description = "Lines that only the version in force has."),
};
const struct shape difference_shape = SHAPE("Difference", "What a draft changes, in plain words.",
                                            difference_body, difference_fields);

#define MONEY_FIELD(member, words)                                                                 \
    SHAPE_FIELD(rehearsed_wallet, member, DECIMAL, .is_required = true, .description = (words),    \
                .example = "\"1200\"")
static const struct field rehearsed_wallet_fields[] = {
    SHAPE_FIELD(rehearsed_wallet, wallet, ID, .is_required = true, .description = "Which wallet."),
    MONEY_FIELD(issued, "Points that were given."),
    MONEY_FIELD(taken_back, "Of them, taken back after returns."),
    MONEY_FIELD(redeemed, "Points that were spent."),
    MONEY_FIELD(expired, "Points that expired."),
    MONEY_FIELD(outstanding, "What members have: available, pending and held, less debt."),
};
static const struct shape rehearsed_wallet_shape =
    SHAPE("RehearsedWallet", "What became of a wallet's points.", rehearsed_wallet,
          rehearsed_wallet_fields);

static const struct field rehearsal_fields[] = {
    SHAPE_FIELD(rehearsal_body, events, INTEGER, .is_required = true,
                .description = "How many recorded events were decided again."),
    SHAPE_FIELD(rehearsal_body, refused, INTEGER,
                .description = "Of them, done then and refused by the draft."),
    SHAPE_FIELD(rehearsal_body, allowed, INTEGER,
                .description = "Refused then and done by the draft."),
    SHAPE_FIELD(rehearsal_body, recorded, LIST, .is_required = true,
                .shape = &rehearsed_wallet_shape, SHAPE_COUNT(rehearsal_body, recorded_count),
                .description = "As it was."),
    SHAPE_FIELD(rehearsal_body, rehearsed, LIST, .is_required = true,
                .shape = &rehearsed_wallet_shape, SHAPE_COUNT(rehearsal_body, rehearsed_count),
                .description = "As it would have been."),
};
const struct shape rehearsal_shape = SHAPE("Rehearsal", "The store's history, decided by a draft.",
                                           rehearsal_body, rehearsal_fields);

/* ---- plain words ---- */

static enum status split_lines(struct text text, struct arena *arena, struct text **lines,
                               uint32_t *count)
{
    struct text kept = arena_copy(arena, text);
    struct text *list = arena_new_array(arena, struct text, LINE_MAXIMUM);
    if (kept.bytes == NULL || list == NULL) return STATUS_NO_MEMORY;
    *count = 0;
    while (!text_is_empty(kept) && *count < LINE_MAXIMUM) {
        struct text line = text_split(kept, '\n', &kept);
        if (!text_is_empty(text_trim(line))) list[(*count)++] = line;
    }
    *lines = list;
    return STATUS_OK;
}

enum status describe_lines(const struct program *program, struct arena *arena, struct text **lines,
                           uint32_t *count)
{
    struct buffer words;
    buffer_init(&words, WORDS_BYTES_MAXIMUM);
    enum status status = program_describe(program, &words);
    if (status == STATUS_OK) status = split_lines(buffer_text(&words), arena, lines, count);
    buffer_release(&words);
    return status;
}

enum status problems_told(const struct problem_list *problems, struct arena *arena,
                          struct programme_problem **list, uint32_t *count)
{
    if (problems->count == 0) return STATUS_OK;
    *list = arena_new_array(arena, struct programme_problem, problems->count);
    if (*list == NULL) return STATUS_NO_MEMORY;
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        (*list)[i] = (struct programme_problem){problem->message, problem->position.line,
                                                problem->position.column};
    }
    *count = (uint32_t)problems->count;
    return STATUS_OK;
}

enum status advise_lines(const struct program *program, struct arena *arena, struct text **lines,
                         uint32_t *count)
{
    struct buffer words;
    buffer_init(&words, WORDS_BYTES_MAXIMUM);
    enum status status = program_advise(program, NULL, &words);
    if (status == STATUS_OK) status = split_lines(buffer_text(&words), arena, lines, count);
    buffer_release(&words);
    return status;
}

/* ---- differences ---- */

/* The lines of `one` that `other` has not, counting equal lines: two and one leave one. */
static enum status subtract_lines(struct arena *arena, const struct text *one, uint32_t one_count,
                                  const struct text *other, uint32_t other_count,
                                  struct text **left, uint32_t *left_count)
{
    bool *is_used = arena_new_array(arena, bool, (size_t)other_count + 1);
    struct text *list = arena_new_array(arena, struct text, (size_t)one_count + 1);
    if (is_used == NULL || list == NULL) return STATUS_NO_MEMORY;
    *left_count = 0;
    for (uint32_t i = 0; i < one_count; i++) {
        uint32_t k = 0;
        while (k < other_count && (is_used[k] || !text_equal(one[i], other[k])))
            k++;
        if (k < other_count) {
            is_used[k] = true;
        } else {
            list[(*left_count)++] = one[i];
        }
    }
    *left = list;
    return STATUS_OK;
}

enum status difference_of(struct arena *arena, const struct program *before,
                          const struct program *after, struct difference_body *body)
{
    struct text *old_lines;
    struct text *new_lines;
    uint32_t old_count;
    uint32_t new_count;
    TRY(describe_lines(before, arena, &old_lines, &old_count));
    TRY(describe_lines(after, arena, &new_lines, &new_count));
    TRY(subtract_lines(arena, new_lines, new_count, old_lines, old_count, &body->added,
                       &body->added_count));
    return subtract_lines(arena, old_lines, old_count, new_lines, new_count, &body->removed,
                          &body->removed_count);
}

/* ---- totals ---- */

static enum status fill_wallet(const struct wallet *wallet, const struct wallet_totals *sums,
                               struct rehearsed_wallet *body)
{
    int64_t outstanding = 0;
    int64_t issued;
    static const enum account members[] = {ACCOUNT_AVAILABLE, ACCOUNT_PENDING, ACCOUNT_HELD,
                                           ACCOUNT_DEBT};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        TRY(amount_increase(&outstanding, sums->accounts[members[i]]));
    TRY(amount_subtract(0, sums->accounts[ACCOUNT_ISSUED], &issued));
    *body = (struct rehearsed_wallet){
        .wallet = wallet->id,
        .issued = {issued, wallet->decimals},
        .taken_back = {sums->accounts[ACCOUNT_TAKEN_BACK], wallet->decimals},
        .redeemed = {sums->accounts[ACCOUNT_REDEEMED], wallet->decimals},
        .expired = {sums->accounts[ACCOUNT_EXPIRED], wallet->decimals},
        .outstanding = {outstanding, wallet->decimals},
    };
    return STATUS_OK;
}

enum status rehearsed_wallets(const struct program *program, const struct totals *totals,
                              struct arena *arena, struct rehearsed_wallet **list, uint32_t *count)
{
    *list = arena_new_array(arena, struct rehearsed_wallet, program->wallet_count + 1);
    *count = 0;
    if (*list == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        struct wallet_totals sums = {.wallet = program->wallets[i].symbol};
        for (uint32_t k = 0; k < totals->count; k++) {
            if (totals->list[k].wallet == sums.wallet) sums = totals->list[k];
        }
        TRY(fill_wallet(&program->wallets[i], &sums, &(*list)[(*count)++]));
    }
    return STATUS_OK;
}
