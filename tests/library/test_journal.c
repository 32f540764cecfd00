/* The journal that the caller keeps: nothing is lost, nothing is counted twice, whatever it
 * answers. */
#include "shop.h"

static struct journal journal;

struct seen {
    uint32_t decisions;
    uint32_t notes;
    uint64_t last_position;
    char last_note[64];
    enum guerdon_status answer;
};

static enum guerdon_status note_record(void *context, const struct guerdon_record *record)
{
    struct seen *seen = context;
    if (record->is_decision != 0) {
        seen->decisions++;
        assert_true(record->position > seen->last_position);
        seen->last_position = record->position;
    } else {
        seen->notes++;
        assert_int_equal(record->position, 0);
    }
    if (record->note.length > 0) {
        assert_true(record->note.length < sizeof seen->last_note);
        memcpy(seen->last_note, record->note.bytes, record->note.length);
        seen->last_note[record->note.length] = '\0';
    }
    return seen->answer;
}

/* A new engine with what the journal's first `length` bytes say. */
static struct guerdon_engine *reopen(const struct guerdon_program *program, size_t length,
                                     struct seen *seen, size_t *taken)
{
    struct guerdon_engine *engine = shop_engine(program, &journal);
    *seen = (struct seen){.answer = GUERDON_OK};
    const struct guerdon_text bytes = {journal.bytes, length};
    assert_int_equal(guerdon_engine_feed(engine, bytes, note_record, seen, taken), GUERDON_OK);
    return engine;
}

static struct guerdon_program *begin(struct guerdon_engine **engine)
{
    struct guerdon_program *program = shop_program();
    journal = (struct journal){.answer = GUERDON_APPENDED};
    *engine = shop_engine(program, &journal);
    return program;
}

static void end(struct guerdon_program *program, struct guerdon_engine *engine)
{
    guerdon_engine_free(engine);
    guerdon_program_free(program);
}

static void what_was_fed_back_is_what_was(void **context)
{
    (void)context;
    struct guerdon_engine *engine;
    struct guerdon_program *program = begin(&engine);
    struct seen seen;
    size_t taken;
    struct guerdon_event event = purchase_of("ann", "o1", 3000);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    event.note = TEXT_OF("sold by bea");
    event.key = TEXT_OF("k1");
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_DONE);
    assert_int_equal(guerdon_engine_note(engine, TEXT_OF("closed the till")), GUERDON_OK);
    assert_int_equal(decide(engine, redeem_of("ann", 20)), GUERDON_ANSWER_DONE);
    guerdon_engine_free(engine);
    engine = reopen(program, journal.length, &seen, &taken);
    assert_int_equal(taken, journal.length);
    assert_int_equal(seen.decisions, 3);
    assert_int_equal(seen.notes, 1);
    assert_int_equal(seen.last_position, 3);
    assert_string_equal(seen.last_note, "closed the till");
    assert_int_equal(available(engine, "ann"), 110);
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_REPEATED);
    assert_int_equal(decide(engine, redeem_of("ann", 10)), GUERDON_ANSWER_DONE);
    guerdon_engine_free(engine);
    engine = reopen(program, journal.length, &seen, &taken);
    assert_int_equal(seen.decisions, 4);
    assert_int_equal(available(engine, "ann"), 100);
    end(program, engine);
}

static void entries_can_come_in_pieces(void **context)
{
    (void)context;
    struct guerdon_engine *engine;
    struct guerdon_program *program = begin(&engine);
    struct seen seen = {.answer = GUERDON_OK};
    size_t taken;
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    size_t first = journal.length;
    assert_int_equal(decide(engine, join_of("bob")), GUERDON_ANSWER_DONE);
    guerdon_engine_free(engine);
    engine = reopen(program, first + 5, &seen, &taken);
    assert_int_equal(taken, first);
    assert_int_equal(seen.decisions, 1);
    const struct guerdon_text rest = {journal.bytes + first, journal.length - first};
    assert_int_equal(guerdon_engine_feed(engine, rest, note_record, &seen, &taken), GUERDON_OK);
    assert_int_equal(taken, rest.length);
    assert_int_equal(seen.decisions, 2);
    assert_int_equal(available(engine, "bob"), 100);
    end(program, engine);
}

/* Wherever a crash cuts the journal off, what comes before is there and nothing else is. */
static void a_journal_cut_off_anywhere_has_its_whole_entries(void **context)
{
    (void)context;
    struct guerdon_engine *engine;
    struct guerdon_program *program = begin(&engine);
    struct seen seen;
    size_t taken;
    size_t ends[4] = {0};
    const char *const members[3] = {"ann", "bob", "cleo"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(decide(engine, join_of(members[i])), GUERDON_ANSWER_DONE);
        ends[i + 1] = journal.length;
    }
    guerdon_engine_free(engine);
    for (size_t length = 0; length <= journal.length; length++) {
        uint32_t whole = 0;
        while (whole < 3 && ends[whole + 1] <= length)
            whole++;
        engine = reopen(program, length, &seen, &taken);
        assert_int_equal(taken, ends[whole]);
        assert_int_equal(seen.decisions, whole);
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(available(engine, members[i]), i < whole ? 100 : 0);
        guerdon_engine_free(engine);
    }
    guerdon_program_free(program);
}

static void zeros_behind_the_last_entry_are_unfinished(void **context)
{
    (void)context;
    struct guerdon_engine *engine;
    struct guerdon_program *program = begin(&engine);
    struct seen seen;
    size_t taken;
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    guerdon_engine_free(engine);
    engine = reopen(program, journal.length + 4096, &seen, &taken);
    assert_int_equal(taken, journal.length);
    assert_int_equal(seen.decisions, 1);
    end(program, engine);
}

/* Each byte of the first of two entries, changed: it is never taken for what it was. */
static void an_entry_that_was_changed_is_found(void **context)
{
    (void)context;
    struct guerdon_engine *engine;
    struct guerdon_program *program = begin(&engine);
    size_t taken;
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    size_t first = journal.length;
    assert_int_equal(decide(engine, join_of("bob")), GUERDON_ANSWER_DONE);
    guerdon_engine_free(engine);
    for (size_t i = 0; i < first; i++) {
        journal.bytes[i] = (char)(journal.bytes[i] ^ 0x10);
        engine = shop_engine(program, NULL);
        const struct guerdon_text bytes = {journal.bytes, journal.length};
        enum guerdon_status status = guerdon_engine_feed(engine, bytes, NULL, NULL, &taken);
        assert_int_equal(taken, 0);
        /* a length that is too large looks like an entry that is not finished */
        assert_true(status == GUERDON_CORRUPT || (i < 4 && status == GUERDON_OK));
        guerdon_engine_free(engine);
        journal.bytes[i] = (char)(journal.bytes[i] ^ 0x10);
    }
    guerdon_program_free(program);
}

static void entries_left_out_doubled_or_swapped_are_found(void **context)
{
    (void)context;
    struct guerdon_engine *engine;
    struct guerdon_program *program = begin(&engine);
    static struct journal changed;
    size_t ends[4] = {0};
    size_t taken;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(decide(engine, join_of(i == 0 ? "ann" : i == 1 ? "bob" : "cleo")), 0);
        ends[i + 1] = journal.length;
    }
    guerdon_engine_free(engine);
    static const struct {
        int order[4];
        int count;
        int good; /* entries that are taken */
    } cases[] = {{{1, 2}, 2, 0}, {{0, 2}, 2, 1}, {{0, 0, 1, 2}, 4, 1}, {{0, 2, 1}, 3, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        changed.length = 0;
        for (int k = 0; k < cases[i].count; k++) {
            size_t from = ends[cases[i].order[k]];
            size_t length = ends[cases[i].order[k] + 1] - from;
            memcpy(changed.bytes + changed.length, journal.bytes + from, length);
            changed.length += length;
        }
        engine = shop_engine(program, NULL);
        /* With bytes behind it the wrong entry is not the last: it is no crash. */
        const struct guerdon_text bytes = {changed.bytes, changed.length + 1};
        assert_int_equal(guerdon_engine_feed(engine, bytes, NULL, NULL, &taken), GUERDON_CORRUPT);
        assert_int_equal(taken, ends[cases[i].good]);
        guerdon_engine_free(engine);
    }
    guerdon_program_free(program);
}

static void an_event_that_was_not_written_did_not_happen(void **context)
{
    (void)context;
    struct guerdon_engine *engine;
    struct guerdon_program *program = begin(&engine);
    struct guerdon_event event = join_of("bob");
    struct guerdon_answer answer = {.size = sizeof answer};
    struct guerdon_posting posting = {.size = sizeof posting};
    struct seen seen;
    size_t taken;
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    journal.answer = GUERDON_APPEND_NOTHING;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(guerdon_engine_decide(engine, &event, &answer), GUERDON_NOT_WRITTEN);
        assert_int_equal(guerdon_engine_posting(engine, 0, &posting), GUERDON_NOT_FOUND);
        assert_int_equal(available(engine, "bob"), 0);
        assert_int_equal(guerdon_engine_note(engine, TEXT_OF("x")), GUERDON_NOT_WRITTEN);
    }
    journal.answer = GUERDON_APPENDED;
    assert_int_equal(guerdon_engine_decide(engine, &event, &answer), GUERDON_OK);
    assert_int_equal(answer.position, 2);
    assert_int_equal(available(engine, "bob"), 100);
    guerdon_engine_free(engine);
    engine = reopen(program, journal.length, &seen, &taken);
    assert_int_equal(seen.decisions, 2);
    assert_int_equal(available(engine, "bob"), 100);
    end(program, engine);
}

/* Kept or not: whoever repeats the event with its key on a new engine has it once. */
static void an_unknown_outcome_stops_the_engine_and_is_settled_by_the_journal(void **context)
{
    (void)context;
    for (int kept = 0; kept < 2; kept++) {
        struct guerdon_engine *engine;
        struct guerdon_program *program = begin(&engine);
        struct guerdon_event event = join_of("bob");
        struct guerdon_answer answer = {.size = sizeof answer};
        struct seen seen;
        size_t taken;
        event.key = TEXT_OF("k1");
        assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
        journal.answer = GUERDON_APPEND_UNKNOWN;
        journal.keeps_unknown = kept == 1;
        assert_int_equal(guerdon_engine_decide(engine, &event, NULL), GUERDON_OUTCOME_UNKNOWN);
        journal.answer = GUERDON_APPENDED;
        size_t calls = journal.calls;
        assert_int_equal(guerdon_engine_decide(engine, &event, NULL), GUERDON_OUTCOME_UNKNOWN);
        assert_int_equal(guerdon_engine_note(engine, TEXT_OF("x")), GUERDON_OUTCOME_UNKNOWN);
        assert_int_equal(journal.calls, calls);
        assert_int_equal(available(engine, "ann"), 100);
        assert_int_equal(available(engine, "bob"), 0);
        assert_int_equal(guerdon_engine_evaluate(engine, &event, &answer), GUERDON_OK);
        guerdon_engine_free(engine);
        engine = reopen(program, journal.length, &seen, &taken);
        assert_int_equal(available(engine, "bob"), kept == 1 ? 100 : 0);
        assert_int_equal(decide(engine, event),
                         kept == 1 ? GUERDON_ANSWER_REPEATED : GUERDON_ANSWER_DONE);
        assert_int_equal(available(engine, "bob"), 100);
        end(program, engine);
    }
}

static void a_visit_that_stops_keeps_what_it_has_seen(void **context)
{
    (void)context;
    struct guerdon_engine *engine;
    struct guerdon_program *program = begin(&engine);
    struct seen seen = {.answer = GUERDON_INTERRUPTED};
    size_t taken;
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    size_t first = journal.length;
    assert_int_equal(decide(engine, join_of("bob")), GUERDON_ANSWER_DONE);
    guerdon_engine_free(engine);
    engine = shop_engine(program, NULL);
    const struct guerdon_text bytes = {journal.bytes, journal.length};
    assert_int_equal(guerdon_engine_feed(engine, bytes, note_record, &seen, &taken),
                     GUERDON_INTERRUPTED);
    assert_int_equal(taken, first);
    assert_int_equal(available(engine, "ann"), 100);
    end(program, engine);
}

static void records_are_listed_behind_a_position(void **context)
{
    (void)context;
    struct guerdon_engine *engine;
    struct guerdon_program *program = begin(&engine);
    struct seen seen = {.answer = GUERDON_OK};
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    assert_int_equal(guerdon_engine_note(engine, TEXT_OF("x")), GUERDON_OK);
    assert_int_equal(decide(engine, join_of("bob")), GUERDON_ANSWER_DONE);
    assert_int_equal(guerdon_engine_records(engine, 0, note_record, &seen), GUERDON_OK);
    assert_int_equal(seen.decisions, 2);
    seen = (struct seen){.answer = GUERDON_INTERRUPTED};
    assert_int_equal(guerdon_engine_records(engine, 0, note_record, &seen), GUERDON_INTERRUPTED);
    assert_int_equal(seen.decisions, 1);
    seen = (struct seen){.answer = GUERDON_OK};
    assert_int_equal(guerdon_engine_records(engine, 1, note_record, &seen), GUERDON_OK);
    assert_int_equal(seen.decisions, 1);
    assert_int_equal(seen.last_position, 2);
    end(program, engine);
}

static enum guerdon_status wants_no_origin(void *context, const struct guerdon_lot *lot)
{
    int *count = context;
    ++*count;
    assert_int_equal(lot->remaining, 100);
    assert_int_equal(lot->occurred_at_us, 0);
    return GUERDON_OK;
}

static void an_engine_that_forgets_records_has_balances_all_the_same(void **context)
{
    (void)context;
    struct guerdon_program *program = shop_program();
    struct guerdon_engine *engine = NULL;
    const struct guerdon_engine_options options = {.size = sizeof options, .forgets_records = 1};
    struct seen seen = {.answer = GUERDON_OK};
    int lots = 0;
    assert_int_equal(guerdon_engine_open(program, &options, &engine), GUERDON_OK);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    assert_int_equal(available(engine, "ann"), 100);
    assert_int_equal(guerdon_engine_records(engine, 0, note_record, &seen), GUERDON_NOT_FOUND);
    assert_int_equal(
        guerdon_engine_explain(engine, TEXT_OF("ann"), NOON_US, wants_no_origin, &lots),
        GUERDON_OK);
    assert_int_equal(lots, 1);
    end(program, engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_fed_back_is_what_was),
        cmocka_unit_test(entries_can_come_in_pieces),
        cmocka_unit_test(a_journal_cut_off_anywhere_has_its_whole_entries),
        cmocka_unit_test(zeros_behind_the_last_entry_are_unfinished),
        cmocka_unit_test(an_entry_that_was_changed_is_found),
        cmocka_unit_test(entries_left_out_doubled_or_swapped_are_found),
        cmocka_unit_test(an_event_that_was_not_written_did_not_happen),
        cmocka_unit_test(an_unknown_outcome_stops_the_engine_and_is_settled_by_the_journal),
        cmocka_unit_test(a_visit_that_stops_keeps_what_it_has_seen),
        cmocka_unit_test(records_are_listed_behind_a_position),
        cmocka_unit_test(an_engine_that_forgets_records_has_balances_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
