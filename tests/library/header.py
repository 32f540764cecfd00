"""Header: include/guerdon.h compiles by itself, wherever somebody may include it.

Usage: header.py HEADER COMPILER...    COMPILER: C compilers, and C++ ones (their name has ++)
"""
import subprocess
import sys

STANDARDS = {"c": ("c99", "c11", "c17"), "c++": ("c++11", "c++17", "c++20")}
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")
# Twice, and every inline function used; nothing else may have to be included before it.
SOURCE = """#include "%s"
#include "%s"
int use(void);
int use(void)
{
    struct guerdon_event event = guerdon_event_of(GUERDON_EVENT_JOIN);
    event.member = guerdon_text_of("ann");
    return (int)event.size + (int)guerdon_version()[0];
}
"""


def main(header, compilers):
    failed = not compilers
    for compiler in compilers:
        language = "c++" if "++" in compiler else "c"
        for standard in STANDARDS[language]:
            command = [compiler, "-x", language, "-std=" + standard, *WARNINGS, "-fsyntax-only", "-"]
            if language == "c":
                command += ["-Wstrict-prototypes", "-Wmissing-prototypes"]
            done = subprocess.run(command, input=SOURCE % (header, header), text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            print(compiler, standard, "fails" if done.returncode else "takes it")
            if done.returncode:
                print(done.stdout)
                failed = True
    return 1 if failed else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))
