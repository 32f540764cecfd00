/* A shop's till that goes on without a connection, in one file over libguerdon.
 *
 *   till allowance POINTS        the server lets this till promise so many more points
 *   till sell MEMBER PRICE [REWARD]
 *   till show
 *   till sync                    print what the server has not answered, one event a line
 *   till sync URL KEY            send it to URL/v1/events and note the answers
 *   till answers                 note answers that come on standard input
 *
 * TILL_DIRECTORY (else the working directory) has programme.yaml and the till's journal; TILL_NAME
 * is the till's own name, no other has it.
 *
 * The journal is one file that only grows. Each sale is one entry: the engine's decision, and as
 * its note the line for the server. It is on the disk before the receipt is printed; a till that
 * dies in between has either sold or not, never half. Allowances and answers are notes in the same
 * file, so that reading it once from the start gives everything there is to know.
 *
 * What the customer is told is promised out of the allowance, and stands: the server decides the
 * sale again, gives what it decides but never less than was promised, and books the difference to
 * the till. Beyond the allowance the till still sells; it just promises nothing. Each line has its
 * own id, so that a line that is sent twice counts once.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <guerdon.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAXIMUM 1024
#define NAME_MAXIMUM 40
#define LINES_AT_ONCE 100
#define TIME_MAXIMUM 40

struct till {
    const char *name;
    struct guerdon_program *program;
    struct guerdon_engine *engine;
    struct guerdon_wallet wallet; /* the programme's first: what is promised */
    struct guerdon_currency currency;
    int journal;      /* descriptor */
    off_t size;       /* of the journal's whole entries */
    int64_t left;     /* points that may still be promised */
    uint64_t numbers; /* given to sales so far, the refused ones too */
    uint64_t sales;
    uint64_t answered; /* of them, from the first */
    char **lines;      /* one for each sale */
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "till: %s: %s\n", what, why);
    exit(1);
}

static void need(enum guerdon_status status, const char *what)
{
    if (status != GUERDON_OK) die(what, guerdon_status_text(status));
}

/* ---- numbers and times as people and servers write them ---- */

static bool is_name(const char *text)
{
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(text);
    return length > 0 && length <= NAME_MAXIMUM && strspn(text, letters) == length;
}

/* "12.50" with 2 decimals is 1250; false for anything else than digits and at most so many
 * decimals. */
static bool read_amount(const char *text, int decimals, int64_t *amount)
{
    int64_t value = 0;
    int behind = -1; /* digits behind the point; -1: no point yet */
    if (*text < '0' || *text > '9') return false;
    for (; *text != '\0'; text++) {
        if (*text == '.' && behind < 0) {
            behind = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || behind == decimals || value > INT64_MAX / 100)
            return false;
        value = value * 10 + (*text - '0');
        if (behind >= 0) behind++;
    }
    for (int i = behind < 0 ? 0 : behind; i < decimals; i++) {
        if (value > INT64_MAX / 100) return false;
        value *= 10;
    }
    *amount = value;
    return true;
}

static const char *write_amount(int64_t amount, int decimals, char out[TIME_MAXIMUM])
{
    int64_t unit = 1;
    for (int i = 0; i < decimals; i++)
        unit *= 10;
    if (decimals == 0)
        snprintf(out, TIME_MAXIMUM, "%" PRId64, amount);
    else
        snprintf(out, TIME_MAXIMUM, "%" PRId64 ".%0*" PRId64, amount / unit, decimals,
                 amount % unit);
    return out;
}

static void print_points(const struct guerdon_wallet *wallet, int64_t amount)
{
    char points[TIME_MAXIMUM];
    const char *written = write_amount(amount, wallet->decimals, points);
    struct guerdon_text unit = strcmp(written, "1") == 0 ? wallet->one : wallet->many;
    printf("%s %.*s", written, (int)unit.length, unit.bytes);
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* RFC 3339, in UTC. */
static const char *write_time(int64_t at_us, char out[TIME_MAXIMUM])
{
    time_t seconds = (time_t)(at_us / 1000000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    snprintf(out, TIME_MAXIMUM, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
             parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
             (int)(at_us % 1000000));
    return out;
}

/* ---- the journal ---- */

/* Keeps an entry: all of it on the disk, or nothing of it in the file, or we do not know. */
static enum guerdon_append_result append(void *context, struct guerdon_text entry)
{
    struct till *till = context;
    size_t written = 0;
    while (written < entry.length) {
        ssize_t count = write(till->journal, entry.bytes + written, entry.length - written);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        written += (size_t)count;
    }
    if (written < entry.length) {
        bool is_gone = ftruncate(till->journal, till->size) == 0;
        return is_gone ? GUERDON_APPEND_NOTHING : GUERDON_APPEND_UNKNOWN;
    }
    if (fdatasync(till->journal) != 0) return GUERDON_APPEND_UNKNOWN;
    till->size += (off_t)entry.length;
    return GUERDON_APPENDED;
}

/* What an entry's note means to the till: "allowance 500", "answered 3", or "sale 20 {...}". */
static enum guerdon_status take_note(void *context, const struct guerdon_record *record)
{
    struct till *till = context;
    char note[LINE_MAXIMUM + NAME_MAXIMUM];
    char *end;
    if (record->note.length == 0 || record->note.length >= sizeof note) return GUERDON_OK;
    memcpy(note, record->note.bytes, record->note.length);
    note[record->note.length] = '\0';
    char *number = strchr(note, ' ');
    if (number == NULL) return GUERDON_OK;
    *number++ = '\0';
    int64_t value = strtoll(number, &end, 10);
    if (strcmp(note, "allowance") == 0) till->left += value;
    if (strcmp(note, "answered") == 0) till->answered = (uint64_t)value;
    if (strcmp(note, "sale") != 0 || *end != ' ') return GUERDON_OK;
    till->numbers++;
    /* A sale that the programme refused promised nothing and is not sent. */
    if (record->answer != GUERDON_ANSWER_DONE) return GUERDON_OK;
    char **lines = realloc(till->lines, (till->sales + 1) * sizeof *lines);
    if (lines == NULL) return GUERDON_NO_MEMORY;
    till->lines = lines;
    till->lines[till->sales++] = strdup(end + 1);
    till->left -= value;
    return till->lines[till->sales - 1] == NULL ? GUERDON_NO_MEMORY : GUERDON_OK;
}

/* Reads the journal from its start, and cuts off what a crash left unfinished at its end. */
static void read_journal(struct till *till, const char *path)
{
    struct stat status;
    size_t taken = 0;
    till->journal = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (till->journal < 0) die(path, strerror(errno));
    if (flock(till->journal, LOCK_EX) != 0) die(path, strerror(errno)); /* one till at a time */
    int directory = open(".", O_RDONLY | O_CLOEXEC);
    if (directory < 0 || fsync(directory) != 0) die(path, strerror(errno)); /* the file's name */
    close(directory);
    if (fstat(till->journal, &status) != 0) die(path, strerror(errno));
    size_t size = (size_t)status.st_size;
    char *bytes = malloc(size + 1);
    if (bytes == NULL || pread(till->journal, bytes, size, 0) != (ssize_t)size) {
        die(path, "cannot be read");
    }
    struct guerdon_text all = {bytes, size};
    need(guerdon_engine_feed(till->engine, all, take_note, till, &taken), path);
    till->size = (off_t)taken;
    if (taken < size) {
        fprintf(stderr, "till: %zu bytes at the journal's end were not finished: cut off\n",
                size - taken);
        if (ftruncate(till->journal, till->size) != 0) die(path, strerror(errno));
    }
    free(bytes);
}

static void note(struct till *till, const char *what, int64_t value)
{
    char text[NAME_MAXIMUM];
    snprintf(text, sizeof text, "%s %" PRId64, what, value);
    need(guerdon_engine_note(till->engine, guerdon_text_of(text)), "the journal");
}

/* ---- start and end ---- */

static void tell_problem(void *context, const struct guerdon_problem *problem)
{
    (void)context;
    fprintf(stderr, "till: %.*s:%u:%u: %.*s\n", (int)problem->file.length, problem->file.bytes,
            problem->line, problem->column, (int)problem->message.length, problem->message.bytes);
}

static struct guerdon_program *read_program(const char *path)
{
    static char text[1 << 20];
    const struct guerdon_program_options options = {
        .size = sizeof options, .file = guerdon_text_of(path), .problem = tell_problem};
    struct guerdon_program *program;
    FILE *file = fopen(path, "rb");
    if (file == NULL) die(path, strerror(errno));
    struct guerdon_text view = {text, fread(text, 1, sizeof text, file)};
    fclose(file);
    need(guerdon_program_load(view, &options, &program), path);
    return program;
}

static void open_till(struct till *till)
{
    const struct guerdon_engine_options options = {
        .size = sizeof options, .append = append, .context = till};
    *till = (struct till){0};
    till->name = getenv("TILL_NAME");
    if (till->name == NULL || !is_name(till->name)) die("TILL_NAME", "say which till this is");
    till->program = read_program("programme.yaml");
    till->wallet.size = sizeof till->wallet;
    till->currency.size = sizeof till->currency;
    need(guerdon_program_wallet(till->program, 0, &till->wallet), "the programme's wallet");
    need(guerdon_program_currency(till->program, 0, &till->currency), "the programme's currency");
    need(guerdon_engine_open(till->program, &options, &till->engine), "the engine");
    read_journal(till, "till.journal");
}

static void close_till(struct till *till)
{
    for (uint64_t i = 0; i < till->sales; i++)
        free(till->lines[i]);
    free(till->lines);
    close(till->journal);
    guerdon_engine_free(till->engine);
    guerdon_program_free(till->program);
}

/* ---- selling ---- */

/* What the reward costs; dies when there is none of that name, or it costs more than may be
 * promised: what a customer has, only the server knows. */
static int64_t price_of_reward(const struct till *till, const char *id)
{
    struct guerdon_reward reward = {.size = sizeof reward};
    struct guerdon_text wanted = guerdon_text_of(id);
    for (uint32_t i = 0; guerdon_program_reward(till->program, i, &reward) == GUERDON_OK; i++) {
        if (reward.id.length != wanted.length ||
            memcmp(reward.id.bytes, wanted.bytes, wanted.length) != 0) {
            continue;
        }
        if (reward.cost > till->left)
            die(id, "beyond this till's allowance: not without connection");
        return reward.cost;
    }
    die(id, "the programme has no such reward");
    return 0;
}

/* Points that the sale would earn; dies when the programme refuses it. */
static int64_t points_of(struct till *till, const struct guerdon_event *event)
{
    struct guerdon_answer answer = {.size = sizeof answer};
    struct guerdon_fired fired = {.size = sizeof fired};
    int64_t points = 0;
    need(guerdon_engine_evaluate(till->engine, event, &answer), "the sale");
    if (answer.answer != GUERDON_ANSWER_DONE) die("the sale", guerdon_answer_text(answer.answer));
    for (uint32_t i = 0; guerdon_engine_fired(till->engine, i, &fired) == GUERDON_OK; i++) {
        bool is_promised =
            fired.wallet.length == till->wallet.id.length &&
            memcmp(fired.wallet.bytes, till->wallet.id.bytes, fired.wallet.length) == 0;
        if (is_promised) points += fired.granted;
    }
    return points;
}

/* The same sale as the server reads it: POST /v1/events. */
static void write_line(const struct till *till, const struct guerdon_event *event,
                       const char *member, const char *order, const char *price, const char *reward,
                       char line[LINE_MAXIMUM])
{
    char time[TIME_MAXIMUM];
    char points[TIME_MAXIMUM];
    int length =
        snprintf(line, LINE_MAXIMUM,
                 "{\"id\":\"%s\",\"type\":\"purchase\",\"member\":\"%s\",\"order\":\"%s\","
                 "\"till\":\"%s\",\"currency\":\"%.*s\",\"occurred_at\":\"%s\","
                 "\"items\":[{\"sku\":\"till\",\"quantity\":1,\"unit_price\":\"%s\"}]",
                 order, member, order, till->name, (int)till->currency.code.length,
                 till->currency.code.bytes, write_time(event->occurred_at_us, time), price);
    if (reward != NULL) {
        length += snprintf(line + length, (size_t)(LINE_MAXIMUM - length),
                           ",\"redeem\":[{\"reward\":\"%s\"}]", reward);
    }
    if (event->promise_count > 0) {
        length += snprintf(line + length, (size_t)(LINE_MAXIMUM - length),
                           ",\"promises\":[{\"wallet\":\"%.*s\",\"amount\":\"%s\"}]",
                           (int)till->wallet.id.length, till->wallet.id.bytes,
                           write_amount(event->promises[0].amount, till->wallet.decimals, points));
    }
    snprintf(line + length, (size_t)(LINE_MAXIMUM - length), "}");
}

static void sell(struct till *till, const char *member, const char *price, const char *reward)
{
    char order[2 * NAME_MAXIMUM];
    char line[LINE_MAXIMUM];
    char text[LINE_MAXIMUM + NAME_MAXIMUM];
    struct guerdon_item item = {.sku = guerdon_text_of("till"), .quantity = 1};
    struct guerdon_redeem redeem = {.reward = guerdon_text_of(reward)};
    struct guerdon_promise promise = {.wallet = till->wallet.id};
    struct guerdon_event event = guerdon_event_of(GUERDON_EVENT_PURCHASE);
    struct guerdon_answer answer = {.size = sizeof answer};
    if (!is_name(member)) die(member, "a member's name has letters, digits, . _ and -");
    if (reward != NULL && !is_name(reward)) die(reward, "the programme has no such reward");
    if (!read_amount(price, till->currency.decimals, &item.unit_price)) die(price, "not a price");
    item.unit_price_decimals = till->currency.decimals;
    snprintf(order, sizeof order, "%s-%06" PRIu64, till->name, till->numbers + 1);
    event.key = event.order = guerdon_text_of(order);
    event.member = guerdon_text_of(member);
    event.till = guerdon_text_of(till->name);
    event.occurred_at_us = event.now_us = now_us();
    event.items = &item;
    event.item_count = 1;
    event.redeems = &redeem;
    event.redeem_count = reward != NULL;
    event.promises = &promise;
    event.promise_count = 1;

    int64_t cost = reward == NULL ? 0 : price_of_reward(till, reward);
    promise.amount = points_of(till, &event);
    bool is_promised = promise.amount <= till->left - cost;
    if (!is_promised) promise.amount = 0;
    event.promise_count = is_promised || reward != NULL; /* a reward given is a promise, too */
    write_line(till, &event, member, order, price, reward, line);
    snprintf(text, sizeof text, "sale %" PRId64 " %s", promise.amount + cost, line);
    event.note = guerdon_text_of(text);
    need(guerdon_engine_decide(till->engine, &event, &answer), "the sale");
    if (answer.answer != GUERDON_ANSWER_DONE) die("the sale", guerdon_answer_text(answer.answer));

    printf("%s %s %.*s", order, price, (int)till->currency.code.length, till->currency.code.bytes);
    if (reward != NULL) printf(", %s given", reward);
    if (is_promised) {
        printf(": ");
        print_points(&till->wallet, promise.amount);
        printf(" for %s\n", member);
    } else {
        printf(": %.*s will be credited later\n", (int)till->wallet.many.length,
               till->wallet.many.bytes);
    }
}

static void show(const struct till *till)
{
    printf("%s: %" PRIu64 " sold, %" PRIu64 " answered by the server; may promise ", till->name,
           till->sales, till->answered);
    print_points(&till->wallet, till->left);
    printf("\n");
}

/* ---- telling the server ---- */

/* Whether an answer settles its line: all do, whatever they say, but those that ask to try again.
 * The server says the status of what it could not take: {"status": 503, ...}. */
static bool is_settled(const char *answer)
{
    const char *status = strstr(answer, "\"status\":");
    if (status == NULL) return true;
    long number = strtol(status + strlen("\"status\":"), NULL, 10);
    return number < 500 && number != 429;
}

/* Notes how many of the lines that were sent are answered: the answers come in the lines' order. */
static void take_answers(struct till *till, char *answers)
{
    uint64_t answered = till->answered;
    for (char *line = answers; answered < till->sales && *line != '\0';) {
        char *end = strchr(line, '\n');
        if (end == NULL) break; /* cut off on its way: it may be half an answer */
        *end = '\0';
        if (!is_settled(line)) break;
        printf("%s\n", line);
        answered++;
        line = end + 1;
    }
    if (answered > till->answered) note(till, "answered", (int64_t)answered);
    till->answered = answered;
}

struct bytes {
    char *at;
    size_t length;
};

static bool add_bytes(struct bytes *bytes, const char *more, size_t length)
{
    char *at = realloc(bytes->at, bytes->length + length + 1);
    if (at == NULL) return false;
    memcpy(at + bytes->length, more, length);
    bytes->at = at;
    bytes->length += length;
    bytes->at[bytes->length] = '\0';
    return true;
}

static size_t receive(char *more, size_t size, size_t count, void *context)
{
    return add_bytes(context, more, size * count) ? size * count : 0;
}

/* What the server says to the lines; dies when it cannot be reached, and then nothing is noted. */
static void post(const char *url, const char *key, const struct bytes *lines, struct bytes *answers)
{
    char address[LINE_MAXIMUM];
    char authorization[LINE_MAXIMUM];
    long status = 0;
    snprintf(address, sizeof address, "%s/v1/events", url);
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", key);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/x-ndjson");
    headers = curl_slist_append(headers, authorization);
    CURL *curl = curl_easy_init();
    if (curl == NULL || headers == NULL) die(url, "out of memory");
    curl_easy_setopt(curl, CURLOPT_URL, address);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)lines->length);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, lines->at);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (result != CURLE_OK) die(url, curl_easy_strerror(result));
    if (status >= 300) die(url, answers->at == NULL ? "refused" : answers->at);
}

/* Lines that are not answered, at most so many. */
static void gather_lines(const struct till *till, uint64_t most, struct bytes *lines)
{
    for (uint64_t i = till->answered; i < till->sales && i - till->answered < most; i++) {
        bool is_added =
            add_bytes(lines, till->lines[i], strlen(till->lines[i])) && add_bytes(lines, "\n", 1);
        if (!is_added) die("sync", "out of memory");
    }
}

/* The journal is free while the server is asked, so that the shop can go on selling. */
static void sync_lines(struct till *till, const char *url, const char *key)
{
    bool goes_on = true;
    while (goes_on && till->answered < till->sales) {
        struct bytes lines = {0};
        struct bytes answers = {0};
        uint64_t from = till->answered;
        gather_lines(till, LINES_AT_ONCE, &lines);
        close_till(till);
        post(url, key, &lines, &answers);
        open_till(till);
        /* If another sync was faster, its answers are noted already. */
        if (till->answered == from && answers.length > 0) take_answers(till, answers.at);
        goes_on = till->answered > from;
        free(lines.at);
        free(answers.at);
    }
    show(till);
}

static void print_lines(const struct till *till)
{
    for (uint64_t i = till->answered; i < till->sales; i++)
        printf("%s\n", till->lines[i]);
}

static void read_answers(struct till *till)
{
    struct bytes answers = {0};
    char piece[4096];
    size_t length;
    while ((length = fread(piece, 1, sizeof piece, stdin)) > 0) {
        if (!add_bytes(&answers, piece, length)) die("answers", "out of memory");
    }
    if (answers.length > 0) take_answers(till, answers.at);
    show(till);
    free(answers.at);
}

int main(int argc, char **argv)
{
    struct till till;
    const char *command = argc > 1 ? argv[1] : "";
    const char *directory = getenv("TILL_DIRECTORY");
    int64_t points;
    bool is_known = (strcmp(command, "allowance") == 0 && argc == 3) ||
                    (strcmp(command, "sell") == 0 && (argc == 4 || argc == 5)) ||
                    (strcmp(command, "show") == 0 && argc == 2) ||
                    (strcmp(command, "sync") == 0 && (argc == 2 || argc == 4)) ||
                    (strcmp(command, "answers") == 0 && argc == 2);
    if (!is_known) {
        fputs("usage: till allowance POINTS | sell MEMBER PRICE [REWARD] | show |"
              " sync [URL KEY] | answers\n",
              stderr);
        return 2;
    }
    if (directory != NULL && chdir(directory) != 0) die(directory, strerror(errno));
    open_till(&till);
    if (strcmp(command, "allowance") == 0) {
        if (!read_amount(argv[2], till.wallet.decimals, &points)) die(argv[2], "not a number");
        note(&till, "allowance", points);
        till.left += points;
        show(&till);
    } else if (strcmp(command, "sell") == 0) {
        sell(&till, argv[2], argv[3], argc == 5 ? argv[4] : NULL);
    } else if (strcmp(command, "show") == 0) {
        show(&till);
    } else if (strcmp(command, "sync") == 0) {
        if (argc == 4)
            sync_lines(&till, argv[2], argv[3]);
        else
            print_lines(&till);
    } else {
        read_answers(&till);
    }
    close_till(&till);
    return fflush(stdout) == 0 ? 0 : 1;
}
