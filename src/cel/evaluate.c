/* The evaluator: runs the steps of a plan.
 *
 * A frame of registers, on the C stack or in the evaluation's arena, is all the memory that running
 * takes; variables and constants are read where they stand. Every step looks at its operands'
 * kinds: an error goes through strict steps as their result, with the place where it arose, and is
 * absorbed by && || and the loops built of them.
 *
 * Common comparisons are done here; everything else is a call, by the implementation that the
 * planner found, or by the kinds of the arguments.
 *
 * Steps are spent for every node once when the plan begins, and for those of a loop's body at each
 * turn; functions announce what they spend. The maximum is looked at where a turn begins and where
 * a function announces, so that it is overrun at most by what stands between two such places.
 */
#include "cel/compare.h"
#include "cel/plan.h"
#include "cel/standard.h"

struct machine {
    struct cel_value *frame;
    const struct cel_value *places[3]; /* by enum cel_operand_place */
    const struct cel_plan *plan;
    struct cel_evaluation *evaluation;
    struct cel_call call;
};

static inline const struct cel_value *operand_at(const struct machine *machine, uint32_t operand)
{
    return machine->places[operand >> CEL_OPERAND_SHIFT] + (operand & CEL_OPERAND_NUMBER);
}

/* Which of a step's places an error belongs to, unless it has one. */
enum where { OWN, OF_A, OF_B };

static __attribute__((noinline, cold)) struct cel_value located(const struct machine *machine,
                                                                const struct cel_step *step,
                                                                struct cel_value error,
                                                                enum where where)
{
    if (error.extra != 0) return error;
    const struct cel_place *place = &machine->plan->places[step - machine->plan->steps];
    error.extra = 1 + (where == OF_A ? place->a : where == OF_B ? place->b : place->own);
    return error;
}

static __attribute__((noinline, cold)) struct cel_value
fault_at(const struct machine *machine, const struct cel_step *step, enum cel_fault fault)
{
    return located(machine, step, cel_error(fault, NULL), OWN);
}

static inline const struct cel_step *target_of(const struct machine *machine,
                                               const struct cel_step *step)
{
    return machine->plan->steps + step->c;
}

/* The operand itself when it is an error, else the fault of an operand of the wrong kind. */
static __attribute__((noinline, cold)) struct cel_value
refused(const struct machine *machine, const struct cel_step *step, struct cel_value operand)
{
    return cel_is_error(operand) ? located(machine, step, operand, OF_A)
                                 : fault_at(machine, step, CEL_FAULT_NO_SUCH_OVERLOAD);
}

static bool have_kinds(const struct cel_site *site, const struct cel_value *arguments)
{
    uint32_t count = site->count < CEL_CALL_KINDS ? site->count : CEL_CALL_KINDS;
    for (uint32_t i = 0; i < count; i++)
        if (site->kinds[i] != CEL_ERROR && site->kinds[i] != arguments[i].kind) return false;
    return true;
}

static struct cel_value call_overload(struct machine *machine, const struct cel_site *site,
                                      const struct cel_overload *overload,
                                      const struct cel_value *arguments)
{
    if (overload->implementation == NULL) {
        const struct cel_host *host = machine->evaluation->host;
        if (host == NULL || host->call == NULL) return cel_error(CEL_FAULT_UNKNOWN_FUNCTION, NULL);
        return host->call(machine->evaluation, overload->host_id, arguments, site->count);
    }
    machine->call.overload = overload;
    machine->call.count = site->count;
    machine->call.prepared = site->prepared;
    return overload->implementation(&machine->call, arguments);
}

/* A call whose arguments are no errors. */
static struct cel_value call(struct machine *machine, const struct cel_step *step,
                             const struct cel_value *arguments)
{
    const struct cel_site *site = &machine->plan->sites[step->c];
    const struct cel_overload *overload = site->overload;
    bool fits = true;
    switch (site->way) {
    case CEL_CALL_DIRECT:
    case CEL_CALL_HOST:
        fits = have_kinds(site, arguments);
        break;
    case CEL_CALL_CHECKED:
        fits =
            cel_signature_fits(site->signature, site->signature->is_member, arguments, site->count);
        break;
    case CEL_CALL_DISPATCH:
        overload = cel_dispatch(site->function, site->is_member, arguments, site->count);
        fits = overload != NULL;
        break;
    }
    if (!fits) return fault_at(machine, step, CEL_FAULT_NO_SUCH_OVERLOAD);
    struct cel_value result = call_overload(machine, site, overload, arguments);
    return cel_is_error(result) ? located(machine, step, result, OWN) : result;
}

static inline struct cel_value call_of_one(struct machine *machine, const struct cel_step *step)
{
    const struct cel_value *a = operand_at(machine, step->a);
    return cel_is_error(*a) ? located(machine, step, *a, OF_A) : call(machine, step, a);
}

static struct cel_value call_of_two(struct machine *machine, const struct cel_step *step)
{
    const struct cel_value arguments[2] = {*operand_at(machine, step->a),
                                           *operand_at(machine, step->b)};
    if (cel_is_error(arguments[0])) return located(machine, step, arguments[0], OF_A);
    if (cel_is_error(arguments[1])) return located(machine, step, arguments[1], OF_B);
    return call(machine, step, arguments);
}

static struct cel_value call_of_many(struct machine *machine, const struct cel_step *step)
{
    const struct cel_value *arguments = operand_at(machine, step->a);
    for (uint32_t i = 0; i < step->b; i++)
        if (cel_is_error(arguments[i])) return located(machine, step, arguments[i], OWN);
    return call(machine, step, arguments);
}

/* An object's field, by the id that the checker found or else by its name. */
static struct cel_value object_field(struct machine *machine, const struct cel_step *step,
                                     struct cel_value object)
{
    struct cel_evaluation *evaluation = machine->evaluation;
    uint32_t field_id = step->b;
    if (field_id == UINT32_MAX) {
        const struct cel_declared_field *field = cel_find_field(
            evaluation->environment, object.tag, cel_text(machine->plan->sites[step->c].field));
        if (field == NULL) return cel_error(CEL_FAULT_NO_SUCH_FIELD, NULL);
        field_id = field->field_id;
    }
    if (evaluation->host == NULL || evaluation->host->field == NULL)
        return cel_error(CEL_FAULT_NO_SUCH_FIELD, NULL);
    return evaluation->host->field(evaluation, object, field_id);
}

/* The field of an object or a map; an error for what has no fields. */
static struct cel_value field_of(struct machine *machine, const struct cel_step *step,
                                 struct cel_value operand)
{
    if (operand.kind == CEL_OBJECT) return object_field(machine, step, operand);
    if (operand.kind != CEL_MAP) return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL);
    const struct cel_value *value = cel_map_find(operand.map, machine->plan->sites[step->c].field);
    return value == NULL ? cel_error(CEL_FAULT_NO_SUCH_KEY, NULL) : *value;
}

static bool is_absence(struct cel_value value)
{
    return cel_is_error(value) &&
           (value.tag == CEL_FAULT_UNSET || value.tag == CEL_FAULT_NO_SUCH_KEY);
}

/* a.?field, and a.field where a is an optional */
static struct cel_value optional_field(struct machine *machine, const struct cel_step *step,
                                       struct cel_value operand)
{
    if (operand.kind == CEL_OPTIONAL) {
        if (operand.inner == NULL) return operand;
        operand = *operand.inner;
    }
    struct cel_value value = field_of(machine, step, operand);
    if (is_absence(value)) return cel_optional(NULL);
    if (!cel_is_error(value)) value = cel_optional_of(machine->call.arena, value);
    return cel_is_error(value) ? located(machine, step, value, OWN) : value;
}

static struct cel_value optional_field_of(struct machine *machine, const struct cel_step *step)
{
    struct cel_value operand = *operand_at(machine, step->a);
    return cel_is_error(operand) ? located(machine, step, operand, OF_A)
                                 : optional_field(machine, step, operand);
}

static __attribute__((noinline)) struct cel_value
field_slowly(struct machine *machine, const struct cel_step *step, struct cel_value operand)
{
    if (cel_is_error(operand)) return located(machine, step, operand, OF_A);
    if (operand.kind == CEL_OPTIONAL) return optional_field(machine, step, operand);
    struct cel_value value = field_of(machine, step, operand);
    return cel_is_error(value) ? located(machine, step, value, OWN) : value;
}

static inline struct cel_value field(struct machine *machine, const struct cel_step *step)
{
    struct cel_value operand = *operand_at(machine, step->a);
    const struct cel_host *host = machine->evaluation->host;
    bool is_simple =
        operand.kind == CEL_OBJECT && step->b != UINT32_MAX && host != NULL && host->field != NULL;
    if (!is_simple) return field_slowly(machine, step, operand);
    struct cel_value value = host->field(machine->evaluation, operand, step->b);
    return cel_is_error(value) ? located(machine, step, value, OWN) : value;
}

static struct cel_value field_test(struct machine *machine, const struct cel_step *step)
{
    struct cel_value operand = *operand_at(machine, step->a);
    if (cel_is_error(operand)) return located(machine, step, operand, OF_A);
    if (operand.kind == CEL_OPTIONAL) {
        if (operand.inner == NULL) return cel_bool(false);
        operand = *operand.inner;
    }
    struct cel_value value = field_of(machine, step, operand);
    if (is_absence(value)) return cel_bool(false);
    return cel_is_error(value) ? located(machine, step, value, OWN) : cel_bool(true);
}

static struct cel_value index_of(struct machine *machine, const struct cel_step *step)
{
    struct cel_value container = *operand_at(machine, step->a);
    struct cel_value key = *operand_at(machine, step->b);
    if (cel_is_error(container)) return located(machine, step, container, OF_A);
    if (cel_is_error(key)) return located(machine, step, key, OF_B);
    struct cel_value found =
        cel_index(machine->call.arena, container, key, step->kind == CEL_STEP_INDEX_OPTIONAL);
    return cel_is_error(found) ? located(machine, step, found, OWN) : found;
}

static inline struct cel_value equal(struct machine *machine, const struct cel_step *step)
{
    const struct cel_value *a = operand_at(machine, step->a);
    const struct cel_value *b = operand_at(machine, step->b);
    bool is_equal;
    if (a->kind != b->kind)
        return call_of_two(machine, step);
    else if (a->kind == CEL_STRING) {
        is_equal = text_equal(cel_text(*a), cel_text(*b));
        /* Texts of different lengths are not looked at: the shorter bounds the work (cost.c). */
        if (a->extra == b->extra) machine->evaluation->steps += a->extra / 64;
    } else if (a->kind == CEL_INT || a->kind == CEL_UINT || a->kind == CEL_BOOL)
        is_equal = a->unsigned_integer == b->unsigned_integer;
    else
        return call_of_two(machine, step);
    return cel_bool(is_equal != (step->detail != 0));
}

static inline struct cel_value order_of(const struct cel_step *step, int64_t a, int64_t b)
{
    switch ((enum cel_order)step->detail) {
    case CEL_LESS:
        return cel_bool(a < b);
    case CEL_LESS_EQUAL:
        return cel_bool(a <= b);
    case CEL_GREATER:
        return cel_bool(a > b);
    case CEL_GREATER_EQUAL:
        break;
    }
    return cel_bool(a >= b);
}

static inline bool is_amount(const struct cel_value *value)
{
    return value->kind == CEL_DECIMAL || value->kind == CEL_MONEY;
}

static inline struct cel_value order(struct machine *machine, const struct cel_step *step)
{
    const struct cel_value *a = operand_at(machine, step->a);
    const struct cel_value *b = operand_at(machine, step->b);
    if (a->kind == CEL_INT && b->kind == CEL_INT) return order_of(step, a->integer, b->integer);
    /* Amounts of one currency, or one of them a plain number, written with as many decimals. */
    if (is_amount(a) && is_amount(b) && a->scale == b->scale &&
        (a->kind != b->kind || a->extra == b->extra))
        return order_of(step, a->integer, b->integer);
    return call_of_two(machine, step);
}

static struct cel_value negated(const struct machine *machine, const struct cel_step *step)
{
    struct cel_value a = *operand_at(machine, step->a);
    return a.kind == CEL_BOOL ? cel_bool(!a.boolean) : refused(machine, step, a);
}

/* One operand of && (`decides` is false) or || (true): where to go on. */
static inline const struct cel_step *decide(struct machine *machine, const struct cel_step *step,
                                            bool decides)
{
    const struct cel_value *a = operand_at(machine, step->a);
    struct cel_value *to = &machine->frame[step->to];
    if (a->kind == CEL_BOOL) {
        if ((a->boolean != 0) == decides) {
            *to = cel_bool(decides);
            return target_of(machine, step);
        }
        if (step->detail) *to = cel_bool(!decides);
        return step + 1;
    }
    if (step->detail || !cel_is_error(*to)) *to = refused(machine, step, *a);
    return step + 1;
}

static const struct cel_step *choose(struct machine *machine, const struct cel_step *step)
{
    const struct cel_value *a = operand_at(machine, step->a);
    if (a->kind == CEL_BOOL) return a->boolean ? step + 1 : machine->plan->steps + step->b;
    machine->frame[step->to] = refused(machine, step, *a);
    return target_of(machine, step);
}

/* target.or(...), target.orValue(...): is the target enough? */
static const struct cel_step *or_else(struct machine *machine, const struct cel_step *step)
{
    struct cel_value a = *operand_at(machine, step->a);
    if (a.kind == CEL_OPTIONAL && a.inner == NULL) return step + 1;
    machine->frame[step->to] = a.kind != CEL_OPTIONAL ? refused(machine, step, a)
                               : step->detail         ? *a.inner
                                                      : a;
    return target_of(machine, step);
}

static struct cel_value failed_with(const struct machine *machine, const struct cel_step *step,
                                    enum status status)
{
    enum cel_fault fault = status == STATUS_NO_MEMORY ? CEL_FAULT_NO_MEMORY
                           : status == STATUS_INVALID ? CEL_FAULT_REPEATED_KEY
                           : status == STATUS_SYNTAX  ? CEL_FAULT_UNSUPPORTED_KEY
                                                      : CEL_FAULT_SIZE;
    return located(machine, step, cel_error(fault, NULL), OF_A);
}

static struct cel_value new_list(struct machine *machine, const struct cel_step *step,
                                 uint32_t count)
{
    struct cel_list *list = cel_list_new(machine->call.arena, count);
    return list == NULL ? fault_at(machine, step, CEL_FAULT_NO_MEMORY) : cel_list_value(list);
}

static struct cel_value new_map(struct machine *machine, const struct cel_step *step,
                                uint32_t count)
{
    struct cel_map *map = cel_map_new(machine->call.arena, count);
    return map == NULL ? fault_at(machine, step, CEL_FAULT_NO_MEMORY) : cel_map_value(map);
}

/* The list or map that is being made is nobody else's yet. */
static enum status list_gets(struct machine *machine, struct cel_value list, struct cel_value value)
{
    return cel_list_add(machine->call.arena, (struct cel_list *)(uintptr_t)list.list, value);
}

static enum status map_gets(struct machine *machine, struct cel_value map, struct cel_value key,
                            struct cel_value value)
{
    return cel_map_add(machine->call.arena, (struct cel_map *)(uintptr_t)map.map, key, value);
}

static const struct cel_step *add_element(struct machine *machine, const struct cel_step *step)
{
    struct cel_value *to = &machine->frame[step->to];
    struct cel_value a = *operand_at(machine, step->a);
    enum status status = STATUS_OK;
    if (!cel_is_error(*to) && step->detail && a.kind == CEL_OPTIONAL) {
        if (a.inner == NULL) return step + 1;
        status = list_gets(machine, *to, *a.inner);
    } else if (cel_is_error(*to)) {
        return target_of(machine, step);
    } else if (cel_is_error(a) || step->detail) {
        *to = refused(machine, step, a);
    } else {
        status = list_gets(machine, *to, a);
    }
    if (status != STATUS_OK) *to = failed_with(machine, step, status);
    return cel_is_error(*to) ? target_of(machine, step) : step + 1;
}

static const struct cel_step *add_entry(struct machine *machine, const struct cel_step *step)
{
    struct cel_value *to = &machine->frame[step->to];
    struct cel_value key = *operand_at(machine, step->a);
    struct cel_value value = *operand_at(machine, step->b);
    if (cel_is_error(*to)) return target_of(machine, step);
    if (cel_is_error(key))
        *to = located(machine, step, key, OF_A);
    else if (cel_is_error(value))
        *to = located(machine, step, value, OF_B);
    else if (step->detail && value.kind != CEL_OPTIONAL)
        *to = fault_at(machine, step, CEL_FAULT_NO_SUCH_OVERLOAD);
    if (cel_is_error(*to)) return target_of(machine, step);
    if (step->detail && value.inner == NULL) return step + 1;
    enum status status = map_gets(machine, *to, key, step->detail ? *value.inner : value);
    if (status == STATUS_OK) return step + 1;
    *to = failed_with(machine, step, status);
    return target_of(machine, step);
}

static inline uint32_t range_count(struct cel_value range)
{
    return range.kind == CEL_LIST ? range.list->count : range.map->count;
}

/* Puts the variables of a turn in their registers; that of the turn knows in `extra` whether there
 * are two. */
static inline void begin_turn(struct cel_value *base, uint32_t turn)
{
    struct cel_value range = base[CEL_LOOP_RANGE];
    bool has_second = base[CEL_LOOP_TURN].extra != 0;
    if (range.kind == CEL_LIST) {
        base[CEL_LOOP_FIRST] = has_second ? cel_int(turn) : range.list->items[turn];
        if (has_second) base[CEL_LOOP_SECOND] = range.list->items[turn];
    } else {
        base[CEL_LOOP_FIRST] = range.map->entries[(size_t)turn * 2];
        if (has_second) base[CEL_LOOP_SECOND] = range.map->entries[(size_t)turn * 2 + 1];
    }
}

static struct cel_value begin_accumulating(struct machine *machine, const struct cel_step *step,
                                           uint32_t count)
{
    uint32_t capacity = step->detail & CEL_LOOP_KEEPS_ALL ? count : 0;
    switch (step->detail & CEL_LOOP_MAKES) {
    case CEL_LOOP_FALSE:
        return cel_bool(false);
    case CEL_LOOP_TRUE:
        return cel_bool(true);
    case CEL_LOOP_COUNT:
        return cel_int(0);
    case CEL_LOOP_LIST:
        return new_list(machine, step, capacity);
    case CEL_LOOP_MAP:
        return new_map(machine, step, capacity);
    default:
        return machine->frame[step->to];
    }
}

static const struct cel_step *loop_enter(struct machine *machine, const struct cel_step *step)
{
    struct cel_value *to = &machine->frame[step->to];
    struct cel_value *base = &machine->frame[step->b];
    struct cel_value range = *operand_at(machine, step->a);
    if (range.kind != CEL_LIST && range.kind != CEL_MAP) {
        *to = refused(machine, step, range);
        return target_of(machine, step);
    }
    uint32_t count = range_count(range);
    *to = begin_accumulating(machine, step, count);
    bool has_turn =
        count > 0 && ((step->detail & CEL_LOOP_MAKES) == CEL_LOOP_OWN || !cel_is_error(*to));
    if (!has_turn) {
        if ((step->detail & CEL_LOOP_MAKES) == CEL_LOOP_COUNT) *to = cel_bool(false);
        return target_of(machine, step);
    }
    base[CEL_LOOP_RANGE] = range;
    base[CEL_LOOP_TURN] = cel_int(0);
    base[CEL_LOOP_TURN].extra = (step->detail & CEL_LOOP_HAS_SECOND) != 0;
    begin_turn(base, 0);
    return step + 1;
}

/* Ends a turn: the steps that it took are spent, and the next one begins if there is one. */
static inline const struct cel_step *loop_next(struct machine *machine, const struct cel_step *step)
{
    struct cel_evaluation *evaluation = machine->evaluation;
    struct cel_value *base = &machine->frame[step->b & CEL_LOOP_BASE];
    evaluation->steps += step->b >> CEL_LOOP_SPENDS_SHIFT;
    uint64_t turn = base[CEL_LOOP_TURN].unsigned_integer + 1;
    if (turn >= range_count(base[CEL_LOOP_RANGE])) return step + 1;
    if (evaluation->steps > evaluation->step_maximum) {
        machine->frame[step->to] = fault_at(machine, step, CEL_FAULT_STEPS);
        return step + 1;
    }
    base[CEL_LOOP_TURN].unsigned_integer = turn;
    begin_turn(base, (uint32_t)turn);
    return target_of(machine, step);
}

/* all and exists: the first predicate that decides ends the loop, else its first error is the
 * result. */
static inline const struct cel_step *loop_decide(struct machine *machine,
                                                 const struct cel_step *step, bool decides)
{
    const struct cel_value *a = operand_at(machine, step->a);
    struct cel_value *to = &machine->frame[step->to];
    if (a->kind != CEL_BOOL) {
        if (!cel_is_error(*to)) *to = refused(machine, step, *a);
    } else if ((a->boolean != 0) == decides) {
        *to = cel_bool(decides);
        return step + 1;
    }
    return loop_next(machine, step);
}

/* exists_one counts; an error is the result whatever else there is. */
static const struct cel_step *loop_count(struct machine *machine, const struct cel_step *step)
{
    const struct cel_value *a = operand_at(machine, step->a);
    struct cel_value *to = &machine->frame[step->to];
    if (a->kind != CEL_BOOL) {
        *to = refused(machine, step, *a);
        return step + 1;
    }
    to->integer += a->boolean != 0;
    const struct cel_step *next = loop_next(machine, step);
    if (next == step + 1 && !cel_is_error(*to)) *to = cel_bool(to->integer == 1);
    return next;
}

static const struct cel_step *loop_when(struct machine *machine, const struct cel_step *step)
{
    const struct cel_value *a = operand_at(machine, step->a);
    if (a->kind == CEL_BOOL) return a->boolean ? step + 1 : target_of(machine, step);
    machine->frame[step->to] = refused(machine, step, *a);
    return target_of(machine, step);
}

static void loop_take(struct machine *machine, const struct cel_step *step)
{
    struct cel_value *to = &machine->frame[step->to];
    struct cel_value a = *operand_at(machine, step->a);
    if (cel_is_error(a)) {
        *to = located(machine, step, a, OF_A);
        return;
    }
    enum status status = list_gets(machine, *to, a);
    if (status != STATUS_OK) *to = failed_with(machine, step, status);
}

static void loop_entry(struct machine *machine, const struct cel_step *step)
{
    struct cel_value *to = &machine->frame[step->to];
    struct cel_value a = *operand_at(machine, step->a);
    if (cel_is_error(a) || (step->detail && a.kind != CEL_MAP)) {
        *to = refused(machine, step, a);
        return;
    }
    enum status status = STATUS_OK;
    if (!step->detail) status = map_gets(machine, *to, machine->frame[step->b + CEL_LOOP_FIRST], a);
    for (size_t i = 0; step->detail && status == STATUS_OK && i < (size_t)a.map->count * 2; i += 2)
        status = map_gets(machine, *to, a.map->entries[i], a.map->entries[i + 1]);
    if (step->detail) machine->evaluation->steps += a.map->count;
    if (status != STATUS_OK) *to = failed_with(machine, step, status);
}

static const struct cel_step *loop_while(struct machine *machine, const struct cel_step *step)
{
    const struct cel_value *a = operand_at(machine, step->a);
    if (a->kind == CEL_BOOL) return a->boolean ? step + 1 : target_of(machine, step);
    machine->frame[step->to] = refused(machine, step, *a);
    return target_of(machine, step);
}

static struct cel_value end(const struct machine *machine, const struct cel_step *step)
{
    struct cel_value a = *operand_at(machine, step->a);
    if (machine->evaluation->steps > machine->evaluation->step_maximum)
        return fault_at(machine, step, CEL_FAULT_STEPS);
    return cel_is_error(a) ? located(machine, step, a, OF_A) : a;
}

/* Steps of loops and of what is made; where to go on. */
static const struct cel_step *run_rarer(struct machine *machine, const struct cel_step *step)
{
    struct cel_value *to = &machine->frame[step->to];
    switch ((enum cel_step_kind)step->kind) {
    case CEL_STEP_FIELD_TEST:
        *to = field_test(machine, step);
        break;
    case CEL_STEP_FIELD_OPTIONAL:
        *to = optional_field_of(machine, step);
        break;
    case CEL_STEP_INDEX:
    case CEL_STEP_INDEX_OPTIONAL:
        *to = index_of(machine, step);
        break;
    case CEL_STEP_NOT_FALSE: {
        const struct cel_value *a = operand_at(machine, step->a);
        *to = cel_bool(a->kind != CEL_BOOL || a->boolean != 0);
        break;
    }
    case CEL_STEP_CHOOSE:
        return choose(machine, step);
    case CEL_STEP_OR_ELSE:
        return or_else(machine, step);
    case CEL_STEP_CALL:
        *to = call_of_many(machine, step);
        break;
    case CEL_STEP_LIST:
        *to = new_list(machine, step, step->a);
        break;
    case CEL_STEP_LIST_ADD:
        return add_element(machine, step);
    case CEL_STEP_MAP:
        *to = new_map(machine, step, step->a);
        break;
    case CEL_STEP_MAP_ADD:
        return add_entry(machine, step);
    case CEL_STEP_LOOP_ENTER:
        return loop_enter(machine, step);
    case CEL_STEP_LOOP_ONE:
        return loop_count(machine, step);
    case CEL_STEP_LOOP_WHEN:
        return loop_when(machine, step);
    case CEL_STEP_LOOP_TAKE:
        loop_take(machine, step);
        break;
    case CEL_STEP_LOOP_ENTRY:
        loop_entry(machine, step);
        break;
    case CEL_STEP_LOOP_WHILE:
        return loop_while(machine, step);
    case CEL_STEP_LOOP_NEXT:
        return step->detail && cel_is_error(*to) ? step + 1 : loop_next(machine, step);
    default:
        ASSERT(false);
    }
    return step + 1;
}

static struct cel_value run(struct machine *machine)
{
    const struct cel_step *step = machine->plan->steps;
    for (;;) {
        switch ((enum cel_step_kind)step->kind) {
        case CEL_STEP_END:
            return end(machine, step);
        case CEL_STEP_MOVE:
            machine->frame[step->to] = *operand_at(machine, step->a);
            step++;
            break;
        case CEL_STEP_JUMP:
            step = target_of(machine, step);
            break;
        case CEL_STEP_FIELD:
            machine->frame[step->to] = field(machine, step);
            step++;
            break;
        case CEL_STEP_EQUAL:
            machine->frame[step->to] = equal(machine, step);
            step++;
            break;
        case CEL_STEP_ORDER:
            machine->frame[step->to] = order(machine, step);
            step++;
            break;
        case CEL_STEP_NOT:
            machine->frame[step->to] = negated(machine, step);
            step++;
            break;
        case CEL_STEP_AND:
            step = decide(machine, step, false);
            break;
        case CEL_STEP_OR:
            step = decide(machine, step, true);
            break;
        case CEL_STEP_CALL_1:
            machine->frame[step->to] = call_of_one(machine, step);
            step++;
            break;
        case CEL_STEP_CALL_2:
            machine->frame[step->to] = call_of_two(machine, step);
            step++;
            break;
        case CEL_STEP_LOOP_ALL:
            step = loop_decide(machine, step, false);
            break;
        case CEL_STEP_LOOP_EXISTS:
            step = loop_decide(machine, step, true);
            break;
        default:
            step = run_rarer(machine, step);
            break;
        }
    }
}

struct cel_value cel_run(const struct cel_plan *plan, struct cel_evaluation *evaluation,
                         const struct cel_value *variables)
{
    struct cel_value registers[CEL_STACK_REGISTERS];
    struct machine machine = {
        .frame = registers,
        .plan = plan,
        .evaluation = evaluation,
        .call = {.evaluation = evaluation, .arena = evaluation->arena},
    };
    if (plan->register_count > CEL_STACK_REGISTERS) {
        machine.frame =
            arena_allocate(evaluation->arena, sizeof registers[0] * plan->register_count);
        if (machine.frame == NULL) return cel_error(CEL_FAULT_NO_MEMORY, NULL);
    }
    machine.places[CEL_IN_FRAME] = machine.frame;
    machine.places[CEL_IN_VARIABLES] = variables;
    machine.places[CEL_IN_CONSTANTS] = plan->constants;
    evaluation->steps += plan->node_count;
    return run(&machine);
}
