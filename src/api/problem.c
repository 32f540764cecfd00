/* Problems: the two tables, and their shape. */
#include "api/problem.h"

static const struct problem_kind kinds[] = {
#define X(name, code, status, title, advice) {code, status, title, advice},
    PROBLEM_LIST(X)
#undef X
};

/* What each answer of the engine is over HTTP: 404 for what is not there, 409 for what does not fit
 * what is there, 410 for what is gone, 422 for what could never be right. The title is the engine's
 * own sentence. */
#define REFUSAL_LIST(X)                                                                            \
    X(DONE, "done", 200, "")                                                                       \
    X(REPEATED, "repeated", 200, "")                                                               \
    X(KEY_CONFLICT, "key_conflict", 409,                                                           \
      "Use a new key for a new request; repeat an old one "                                        \
      "word for word.")                                                                            \
    X(UNKNOWN_MEMBER, "unknown_member", 404, "Create it first, or correct the id.")                \
    X(UNKNOWN_ORDER, "unknown_order", 404, "Correct the order's id.")                              \
    X(UNKNOWN_REDEMPTION, "unknown_redemption", 404, "Correct the redemption's id.")               \
    X(UNKNOWN_REWARD, "unknown_reward", 404, "Use a reward of the programme in force.")            \
    X(UNKNOWN_WALLET, "unknown_wallet", 404, "Use a wallet of the programme in force.")            \
    X(UNKNOWN_ITEM, "unknown_item", 422, "Use the ids of the order's items.")                      \
    X(ALREADY_EXISTS, "already_exists", 409, "Use another id.")                                    \
    X(BALANCE_TOO_LOW, "balance_too_low", 409, "Ask for at most what is available.")               \
    X(OUT_OF_STOCK, "out_of_stock", 409, "Offer another reward.")                                  \
    X(LIMIT_REACHED, "limit_reached", 409, "Try again when the limit's period is over.")           \
    X(NEEDS_NOT_MET, "needs_not_met", 409, "Meet what the reward needs: order, tier, dates.")      \
    X(TOO_LATE, "too_late", 422, "Import it, or raise the programme's `late_within`.")             \
    X(TOO_EARLY, "too_early", 422, "Correct occurred_at, or the clock that it came from.")         \
    X(RETURN_EXCEEDS, "return_exceeds", 409, "Return at most what is left of the item.")           \
    X(RETURN_PERIOD_OVER, "return_period_over", 409, "Adjust by hand if you mean to be generous.") \
    X(HOLD_LAPSED, "hold_lapsed", 409, "Ask for a new hold.")                                      \
    X(NOT_HELD, "not_held", 409, "Read the redemption: it was confirmed or let go of.")            \
    X(NOT_REVERSIBLE, "not_reversible", 409, "Adjust by hand if you mean to be generous.")         \
    X(SAME_MEMBER, "same_member", 422, "Name two members.")                                        \
    X(ALREADY_MERGED, "already_merged", 409, "Use the surviving member.")                          \
    X(NOT_MERGED, "not_merged", 409, "Name a member that was merged into that one.")               \
    X(INVALID_AMOUNT, "invalid_amount", 422, "Give an amount above zero.")                         \
    X(INVALID_EVENT, "invalid_event", 422, "Give what this type of event needs.")                  \
    X(MEMBER_CLOSED, "member_closed", 409, "Reopen the member first.")                             \
    X(MEMBER_ERASED, "member_erased", 410, "Nothing brings it back; create another member.")       \
    X(ORDER_NOT_OPEN, "order_not_open", 409, "Send the whole order with the confirmation.")        \
    X(QUOTE_CHANGED, "quote_changed", 409, "Show the new quote and confirm that one.")             \
    X(ORDER_CANCELLED, "order_cancelled", 409, "Use another order id.")                            \
    X(ORDER_OPEN, "order_open", 409, "Confirm the order first.")                                   \
    X(STALE_REVISION, "stale_revision", 409, "Read the order and send a higher revision.")         \
    X(UNKNOWN_RETURN, "unknown_return", 404, "Correct the return's id.")                           \
    X(RETURN_IN_USE, "return_in_use", 409, "Adjust by hand.")                                      \
    X(ALREADY_CLAIMED, "already_claimed", 409, "Nothing is left to do.")                           \
    X(CLAIM_PERIOD_OVER, "claim_period_over", 409, "Adjust by hand if you mean to be generous.")   \
    X(UNKNOWN_EVENT, "unknown_event", 404, "Correct the event's name, or declare it.")

static const struct problem_kind refusals[] = {
#define X(name, code, status, advice) [ANSWER_##name] = {code, status, NULL, advice},
    REFUSAL_LIST(X)
#undef X
};
_Static_assert(sizeof refusals / sizeof *refusals == ANSWER_COUNT, "each answer has its place");

const char *const answer_codes[] = {
#define X(name, code, status, advice) [ANSWER_##name] = code,
    REFUSAL_LIST(X)
#undef X
        [ANSWER_COUNT] = NULL,
};

const struct problem_kind *problem_kind(enum problem_code code)
{
    ASSERT((unsigned)code < PROBLEM_COUNT);
    return &kinds[code];
}

const struct problem_kind *problem_of_answer(enum answer answer)
{
    ASSERT((unsigned)answer < ANSWER_COUNT);
    return &refusals[answer];
}

const struct problem_kind *problem_at(uint32_t index)
{
    uint32_t own_count = PROBLEM_COUNT;
    if (index < own_count) return &kinds[index];
    index -= own_count;
    return index < ANSWER_COUNT ? &refusals[index] : NULL;
}

const struct problem_kind *problem_find(struct text code)
{
    const struct problem_kind *kind;
    for (uint32_t i = 0; (kind = problem_at(i)) != NULL; i++) {
        if (kind->status >= 400 && text_equal(text_of(kind->code), code)) return kind;
    }
    return NULL;
}

/* The engine's sentence for a kind of refusal. */
static struct text title_of(const struct problem_kind *kind)
{
    if (kind->title != NULL) return text_of(kind->title);
    for (int i = 0; i < ANSWER_COUNT; i++) {
        if (&refusals[i] == kind) return text_of(answer_text((enum answer)i));
    }
    return TEXT("");
}

void problem_fill(struct problem_body *body, const struct problem_kind *kind, struct arena *arena)
{
    body->type = arena_format(arena, "/problems/%s", kind->code);
    body->title = title_of(kind);
    body->status = kind->status;
    body->code = text_of(kind->code);
    body->advice = text_of(kind->advice);
    if (body->detail.bytes == NULL) body->detail = body->title;
}

void problem_fill_mistakes(struct problem_body *body, const struct mistakes *mistakes)
{
    if (mistakes->count == 0) return;
    body->errors = arena_new_array(mistakes->arena, struct problem_error, mistakes->count);
    if (body->errors == NULL) return;
    for (uint32_t i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->items[i];
        body->errors[i] = (struct problem_error){
            .field = mistake->field,
            .code = text_of(mistake_name(mistake->code)),
            .detail = mistake->detail,
        };
    }
    body->error_count = mistakes->count;
    body->field = mistakes->items[0].field;
    body->detail = mistakes->items[0].detail;
}

static const struct field error_fields[] = {
    SHAPE_FIELD(problem_error, field, TEXT, .is_required = true, .maximum = 4096,
                .description =
                    "Where, as a JSON pointer into the body, or `/NAME` for a parameter."),
    SHAPE_FIELD(problem_error, code, TEXT, .is_required = true,
                .description = "What, as a stable code."),
    SHAPE_FIELD(problem_error, detail, TEXT, .is_required = true, .maximum = 4096,
                .description = "What is wrong and what would be right."),
    SHAPE_FIELD(problem_error, line, INTEGER, .description = "Line in a programme's text."),
    SHAPE_FIELD(problem_error, column, INTEGER, .description = "Column in a programme's text."),
};
static const struct shape error_shape =
    SHAPE("ProblemError", "One mistake in a request.", problem_error, error_fields);

static const struct field problem_fields[] = {
    SHAPE_FIELD(problem_body, type, TEXT, .is_required = true,
                .description = "Reference to the page that explains the problem."),
    SHAPE_FIELD(problem_body, title, TEXT, .is_required = true, .description = "In one sentence."),
    SHAPE_FIELD(problem_body, status, INTEGER, .is_required = true, .minimum = 400, .maximum = 599,
                .description = "The HTTP status."),
    SHAPE_FIELD(problem_body, code, TEXT, .is_required = true,
                .description = "The stable code, for programs."),
    SHAPE_FIELD(problem_body, detail, TEXT, .is_required = true, .maximum = 4096,
                .description = "What is wrong this time."),
    SHAPE_FIELD(problem_body, advice, TEXT, .maximum = 4096, .description = "What to do."),
    SHAPE_FIELD(problem_body, field, TEXT, .maximum = 4096,
                .description = "Where the first mistake is, as a JSON pointer."),
    SHAPE_FIELD(problem_body, request, TEXT,
                .description = "Id of the request, as in the X-Request-Id header and the log."),
    SHAPE_FIELD(problem_body, errors, LIST, .shape = &error_shape,
                SHAPE_COUNT(problem_body, error_count), .description = "Every mistake."),
    SHAPE_FIELD(problem_body, position, TEXT,
                .description = "Where the refusal is recorded: a refusal is an ordinary answer, "
                               "and a repeat of the request gets the same."),
    SHAPE_FIELD_AS("occurred_at", problem_body, occurred_at_us, INSTANT,
                   .description = "Of a recorded refusal: when it happened."),
    SHAPE_FIELD_AS("recorded_at", problem_body, recorded_at_us, INSTANT,
                   .description = "Of a recorded refusal: when it was recorded."),
    SHAPE_FIELD(problem_body, details, RAW, .description = "More, for some requests."),
};
const struct shape problem_shape =
    SHAPE("Problem", "What is wrong and what to do (RFC 9457).", problem_body, problem_fields);
