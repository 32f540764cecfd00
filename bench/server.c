/* Server bench: what the server reaches and beside it what its peers do, all in one run.
 *
 *   server GUERDON PROGRAM FOLDER TOOLS SCRIPTS CLOSED_SECONDS OPEN_SECONDS
 *
 * FOLDER is where the data go: it must lie on a disk, since waiting for it is what is measured.
 * TOOLS is where append_sqlite was built, SCRIPTS where peer_postgresql lies. The load generator
 * runs in this process, on the same cores as the server.
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/base.h"
#include "server_watch.h"

#define TMPFS 0x01021994

/* Is it memory that only looks like a disk? */
static bool is_in_memory(const char *folder)
{
    struct statfs status;
    return statfs(folder, &status) == 0 && (unsigned long)status.f_type == TMPFS;
}

int main(int argument_count, char **arguments)
{
    struct server_options options = {0};
    if (argument_count != 8 ||
        amount_parse(text_of(arguments[6]), 3, &options.closed_ms) != STATUS_OK ||
        amount_parse(text_of(arguments[7]), 3, &options.open_ms) != STATUS_OK ||
        options.closed_ms < 100 || options.open_ms < 100) {
        fprintf(stderr, "usage: server GUERDON PROGRAM FOLDER TOOLS SCRIPTS CLOSED_SECONDS "
                        "OPEN_SECONDS\n");
        return 2;
    }
    options.guerdon = arguments[1];
    options.program = arguments[2];
    options.folder = arguments[3];
    options.tools = arguments[4];
    options.scripts = arguments[5];
    if (is_in_memory(options.folder)) {
        fprintf(stderr, "%s is in memory: nothing there is durable\n", options.folder);
        return EXIT_FAILURE;
    }
    printf("durable, over HTTP: %s, %d members, %ld cores, the generator on them too\n",
           options.program, SERVER_MEMBERS, sysconf(_SC_NPROCESSORS_ONLN));
    measure_print_titles();
    struct server_rates rates;
    bool is_served = bench_closed(&options, &rates);
    bool is_done = is_served && bench_open(&options, &rates);
    is_done = bench_peers(&options, is_served ? &rates : NULL) && is_done;
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}
