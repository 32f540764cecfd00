/* docs/cel.md names every function there is: it is the only list of them that people read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cel/cel.h"

#define PAGE_MAXIMUM ((size_t)1 << 20)

static struct text page;

static int read_page(void **state)
{
    static char bytes[PAGE_MAXIMUM];
    char path[4096];
    const char *source = getenv("GUERDON_SOURCE");
    (void)state;
    snprintf(path, sizeof path, "%s/docs/cel.md", source == NULL ? "." : source);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return -1;
    page = (struct text){bytes, fread(bytes, 1, sizeof bytes, file)};
    return fclose(file);
}

/* Names that people write: operators and what macros call begin with _ or @, or have an @ inside.
 */
static bool is_written(const char *name)
{
    return name[0] != '_' && name[0] != '!' && name[0] != '-' && strchr(name, '@') == NULL;
}

static bool is_on_page(const char *name)
{
    char quoted[128];
    int length = snprintf(quoted, sizeof quoted, "`%s`", name);
    return memmem(page.bytes, page.length, quoted, (size_t)length) != NULL;
}

static void assert_named(const struct cel_library *library)
{
    for (uint32_t i = 0; i < library->function_count; i++) {
        const char *name = library->functions[i].name;
        if (is_written(name) && !is_on_page(name))
            fail_msg("docs/cel.md does not name %s of %s", name, library->name);
    }
    for (uint32_t i = 0; i < library->part_count; i++)
        assert_named(library->parts[i]);
}

static void every_function_is_on_the_page(void **state)
{
    static const struct cel_library *const libraries[] = {
        &cel_library_standard, &cel_library_strings,  &cel_library_math,      &cel_library_lists,
        &cel_library_sets,     &cel_library_encoders, &cel_library_optionals, &cel_library_amounts};
    (void)state;
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
        assert_named(libraries[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_function_is_on_the_page)};
    return cmocka_run_group_tests(tests, read_page, NULL);
}
