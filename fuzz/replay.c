/* Replay: runs a fuzz target over a folder of inputs, without a fuzzer.
 *
 * Every input that once broke something is kept in seeds/; this makes each of them an ordinary test
 * under every compiler and sanitizer. It fails when the folder is empty, so that it cannot pass by
 * looking in the wrong place.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

#define INPUT_MAXIMUM ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static enum status replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return STATUS_IO;
    struct buffer input;
    buffer_init(&input, INPUT_MAXIMUM);
    enum status status = STATUS_OK;
    char block[4096];
    size_t length;
    while (status == STATUS_OK && (length = fread(block, 1, sizeof block, file)) > 0) {
        status = buffer_add(&input, (struct text){block, length});
    }
    if (ferror(file)) status = STATUS_IO;
    fclose(file);
    if (status == STATUS_OK) {
        struct text text = buffer_text(&input);
        LLVMFuzzerTestOneInput((const uint8_t *)text.bytes, text.length);
    }
    buffer_release(&input);
    return status;
}

static int replay_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        fprintf(stderr, "%s: there is no such folder of seeds\n", folder);
        return EXIT_FAILURE;
    }
    int count = 0;
    int failures = 0;
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.') continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        enum status status = replay_file(path);
        if (status != STATUS_OK) {
            fprintf(stderr, "%s: %s\n", path, status_text(status));
            failures++;
        }
        count++;
    }
    closedir(directory);
    printf("%d inputs from %s\n", count, folder);
    return count > 0 && failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
        return EXIT_FAILURE;
    }
    return replay_folder(arguments[1]);
}
