/* Decide: from a body to a recorded answer. */
#include "api/decide.h"

#include "api/custom_shape.h"
#include "api/order_facts.h"

/* Whom nobody can be: an external id that names nobody is decided as this member, so that the
 * refusal is recorded under the request's key like any other. */
#define NOBODY TEXT("\x01")

/* ---- before ---- */

enum status decide_prepare(const struct request *request, const struct event_body *body,
                           const struct place *place, struct mistakes *mistakes,
                           struct decide_work *work)
{
    int64_t at_us = body->occurred_at_us == 0 ? request->now_us : body->occurred_at_us;
    return decide_prepare_with(request, service_program(request->service, at_us), body, place,
                               mistakes, work);
}

/* No record has the codes: a repeat, which sends them again, is answered from what it sends. */
static enum status note_coupons(const struct request *request, const struct basket_body *basket,
                                struct decide_work *work)
{
    work->coupons = basket->coupons;
    work->coupon_count = basket->coupon_count;
    for (uint32_t i = 0; i < basket->coupon_count; i++) {
        work->more = arena_format(request->arena, "%.*s %zu:%.*s", TEXT_ARGUMENTS(work->more),
                                  basket->coupons[i].length, TEXT_ARGUMENTS(basket->coupons[i]));
        if (work->more.bytes == NULL) return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

/* The values are hashed as they were sent: what the programme declares may have changed when they
 * come again. */
static enum status note_custom(const struct request *request, const struct event_body *body,
                               struct decide_work *work)
{
    struct text data;
    if (body->type != EVENT_CUSTOM) return STATUS_OK;
    TRY(custom_data_sent(body->data, request->arena, &data));
    work->name = body->name;
    work->more = arena_format(request->arena, "%.*s data:%.*s", TEXT_ARGUMENTS(work->more),
                              TEXT_ARGUMENTS(data));
    return work->more.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status decide_prepare_with(const struct request *request, const struct program *program,
                                const struct event_body *body, const struct place *place,
                                struct mistakes *mistakes, struct decide_work *work)
{
    struct converter converter = {
        .program = program,
        .arena = request->arena,
        .mistakes = mistakes,
        .place = place,
        .undeclared = &work->undeclared,
    };
    work->undeclared = request_mistakes_none(request);
    TRY(convert_event(&converter, body, request->now_us, &work->event));
    TRY(note_coupons(request, &body->basket, work));
    TRY(note_custom(request, body, work));
    work->member = body->member;
    work->other_member = body->other_member;
    work->occurred_now = body->occurred_at_us == 0;
    if (work->event.actor.length == 0) work->event.actor = text_of(request->key.name);
    return STATUS_OK;
}

/* The external ids of the request, as bytes to be hashed: each behind its length. Most have none.
 */
static struct text reference_bytes(struct arena *arena, const struct decide_work *work)
{
    if (text_is_empty(work->member.kind) && text_is_empty(work->member.value) &&
        text_is_empty(work->other_member.kind) && text_is_empty(work->other_member.value) &&
        text_is_empty(work->more)) {
        return TEXT("0:0:0:0:");
    }
    return arena_format(arena, "%zu:%.*s%zu:%.*s%zu:%.*s%zu:%.*s%.*s", work->member.kind.length,
                        TEXT_ARGUMENTS(work->member.kind), work->member.value.length,
                        TEXT_ARGUMENTS(work->member.value), work->other_member.kind.length,
                        TEXT_ARGUMENTS(work->other_member.kind), work->other_member.value.length,
                        TEXT_ARGUMENTS(work->other_member.value), TEXT_ARGUMENTS(work->more));
}

enum status decide_key(const struct request *request, struct text key_hash,
                       struct decide_work *work)
{
    struct event asked = work->event;
    work->event.key = key_hash;
    if (text_is_empty(key_hash)) return STATUS_OK;
    struct text more = reference_bytes(request->arena, work);
    if (more.bytes == NULL) return STATUS_NO_MEMORY;
    /* What the request did not say may differ in a repeat: the time, and the name of another key.
     */
    if (work->occurred_now) asked.occurred_at_us = 0;
    if (text_equal(asked.actor, text_of(request->key.name))) asked.actor = TEXT("");
    asked.name = work->name;
    asked.values = NULL;
    asked.value_count = 0;
    return service_request_hash(&asked, more, request->arena, &work->event.request_hash);
}

static void expect_event(const struct command *command, struct turn *turn)
{
    const struct request *request = (const struct request *)(const void *)command;
    const struct decide_work *work = request->work;
    turn_expect(turn, &work->event);
}

enum next decide_submit(struct request *request, struct decide_work *work)
{
    enum status status = decide_key(request, request->key_hash, work);
    if (status == STATUS_OK) {
        request->command.expect = expect_event;
        return NEXT_SUBMIT;
    }
    request_problem(request, status == STATUS_LIMIT ? PROBLEM_INVALID_REQUEST : PROBLEM_INTERNAL,
                    "%s", status_text(status));
    return NEXT_REPLIED;
}

/* ---- in a turn ---- */

static enum status look_up(struct turn *turn, struct arena *arena,
                           const struct reference *reference, struct text *member)
{
    if (text_is_empty(reference->kind)) return STATUS_OK;
    struct external_id id = {reference->kind, reference->value};
    enum status status = turn_find_member(turn, &id, arena, member);
    if (status != STATUS_NOT_FOUND) return status;
    *member = NOBODY;
    return STATUS_OK;
}

enum status decide_look_up(struct turn *turn, struct arena *arena, struct decide_work *work)
{
    TRY(look_up(turn, arena, &work->member, &work->event.member));
    return look_up(turn, arena, &work->other_member, &work->event.other_member);
}

/* What only the order's records tell: edits and claims are decided by the version that it was
 * bought under, and where an event names the order alone, its money is in the order's currency. */
static enum status look_at_order(struct turn *turn, struct arena *arena, struct decide_work *work,
                                 const struct program **program)
{
    const struct service *service = turn_service(turn);
    const struct event *event = &work->event;
    struct order_past past;
    bool is_of_then = *program == NULL && (event->type == EVENT_EDIT || event->type == EVENT_CLAIM);
    bool is_alone = event->order.length > 0 && event->item_count == 0 &&
                    service_program(service, event->occurred_at_us)->currency_count > 1;
    if (!is_of_then && !is_alone) return STATUS_OK;
    TRY(order_past_read(turn, arena, event->order, &past));
    if (is_of_then && past.bought_version != 0)
        *program = service_program_numbered(service, past.bought_version);
    const struct program *named = service_program_numbered(service, past.items_version);
    if (named == NULL || past.currency >= named->currency_count) return STATUS_OK;
    work->has_money = is_alone;
    work->money_decimals = named->currencies[past.currency].decimals;
    return STATUS_OK;
}

static bool is_erased(struct turn *turn, struct arena *arena, struct text member,
                      enum status *status)
{
    struct text value;
    *status = store_get(turn_store(turn), DOCUMENT_ERASURE, member, arena, &value);
    bool is_found = *status == STATUS_OK;
    if (*status == STATUS_NOT_FOUND) *status = STATUS_OK;
    return is_found;
}

/* Whose the recorded event was: the member that it names, or else those that it changed. */
static enum status find_gone(struct turn *turn, struct arena *arena, struct decide_work *work)
{
    struct decision decision;
    struct event event = {.member = {NULL, 0}};
    enum status status = STATUS_OK;
    TRY(engine_decode(work->reply.record, arena, &decision));
    if (decision.type == EVENT_ERASE || decision.answer == ANSWER_MEMBER_ERASED) return STATUS_OK;
    if (!text_is_empty(decision.event)) TRY(engine_kept_event(&decision, arena, &event));
    if (!text_is_empty(event.member)) {
        work->is_gone = is_erased(turn, arena, event.member, &status);
        return status;
    }
    for (uint32_t i = 0; i < decision.entity_count && status == STATUS_OK; i++) {
        const struct entity_key *key = &decision.entities[i];
        if (key->kind != ENTITY_MEMBER || work->is_gone) continue;
        work->is_gone = is_erased(turn, arena, key->id, &status);
    }
    return status;
}

enum status decide_one(struct turn *turn, const struct program *program, struct arena *arena,
                       struct decide_work *work)
{
    TRY(decide_look_up(turn, arena, work));
    TRY(look_at_order(turn, arena, work, &program));
    if (work->is_evaluated) {
        return turn_evaluate(turn, program, &work->event, work->at_us, work->explains, arena,
                             &work->reply);
    }
    TRY(turn_decide(turn, program, &work->event, work->explains, arena, &work->reply));
    return work->reply.is_repeat ? find_gone(turn, arena, work) : STATUS_OK;
}

enum status decide_run(struct request *request, struct turn *turn)
{
    struct decide_work *work = request->work;
    return decide_one(turn, NULL, request->arena, work);
}

/* ---- after ---- */

void decide_note_repeat(struct request *request, const struct decide_work *work)
{
    if (work->reply.is_repeat) request_header(request, TEXT("Idempotency-Replayed"), TEXT("true"));
}

static const struct program *program_of(const struct request *request, uint32_t version)
{
    const struct program *program = service_program_numbered(request->service, version);
    return program == NULL ? request->program : program;
}

/* A guest's purchase credited nobody: whoever has the code may be credited, later. */
static enum status add_claim_code(const struct request *request, const struct decision *decision,
                                  struct event_reply *reply)
{
    bool is_purchase = decision->type == EVENT_PURCHASE || decision->type == EVENT_CONFIRM_ORDER;
    if (!is_purchase || decision->answer != ANSWER_DONE) return STATUS_OK;
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        if (decision->entities[i].kind == ENTITY_MEMBER) return STATUS_OK;
    }
    char *code = arena_allocate(request->arena, CLAIM_CODE_BYTES);
    if (code == NULL) return STATUS_NO_MEMORY;
    TRY(claim_code_make(request->service, request->arena, reply->order, code));
    reply->claim_code = text_of(code);
    return STATUS_OK;
}

enum status decide_add_coupons(const struct decide_work *work, struct arena *arena,
                               struct event_reply *reply)
{
    if (work->coupon_count == 0) return STATUS_OK;
    reply->coupon_count = work->coupon_count;
    return reply_coupons(work->coupons, work->coupon_count, arena, &reply->coupons);
}

static enum status read_reply(const struct request *request, const struct decide_work *work,
                              struct event_reply *reply)
{
    struct decision decision;
    TRY(engine_decode(work->reply.record, request->arena, &decision));
    const struct program *program = program_of(request, decision.program_version);
    TRY(reply_of_decision_in(program, &decision,
                             work->has_money ? work->money_decimals : MONEY_OF_EVENT,
                             request->arena, reply));
    TRY(decide_add_coupons(work, request->arena, reply));
    if (work->is_evaluated) {
        reply->position = (struct text){NULL, 0};
    } else {
        TRY(add_claim_code(request, &decision, reply));
    }
    if (!work->explains || work->reply.is_repeat) return STATUS_OK;
    return reply_add_not_fired(program, &work->reply, request->arena, reply);
}

/* The answer that counts: of a repeat, the first one's. */
static enum answer answer_of(const struct decide_work *work, const struct event_reply *reply)
{
    return work->reply.record.length > 0 ? (enum answer)reply->answer : work->reply.answer;
}

enum status decide_render(const struct request *request, const struct decide_work *work,
                          struct event_reply *reply, struct problem_body *problem)
{
    *reply = (struct event_reply){.type = (int)work->event.type};
    if (work->is_gone) {
        *problem = (struct problem_body){.detail = TEXT("the member was erased since")};
        problem_fill(problem, problem_kind(PROBLEM_GONE), request->arena);
        return problem->type.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    /* As the engine answered what has no declaration, and is no repeat. */
    if (work->reply.answer == ANSWER_INVALID_EVENT && !mistakes_are_none(&work->undeclared)) {
        *problem = (struct problem_body){.status = 0};
        problem_fill(problem, problem_kind(PROBLEM_INVALID_REQUEST), request->arena);
        problem_fill_mistakes(problem, &work->undeclared);
        return problem->type.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    if (work->reply.record.length > 0) TRY(read_reply(request, work, reply));
    enum answer answer = answer_of(work, reply);
    *problem = (struct problem_body){.status = 200};
    if (answer == ANSWER_DONE) return STATUS_OK;
    problem_fill(problem, problem_of_answer(answer), request->arena);
    problem->position = reply->position;
    problem->occurred_at_us = reply->occurred_at_us;
    problem->recorded_at_us = reply->recorded_at_us;
    return problem->type.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

void decide_finish(struct request *request)
{
    const struct decide_work *work = request->work;
    struct event_reply reply;
    struct problem_body problem;
    enum status status = decide_render(request, work, &reply, &problem);
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
        return;
    }
    decide_note_repeat(request, work);
    if (problem.status != 200) {
        request_problem_body(request, &problem);
    } else {
        request_reply(request, 200, &event_reply_shape, &reply);
    }
}
