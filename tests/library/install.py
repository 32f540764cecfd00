"""Install: what is installed is enough to build and run a program, shared and static.

Usage: install.py BUILD    the build folder, built already
"""
import glob
import os
import subprocess
import sys
import tempfile

SOURCE = """#include <guerdon.h>
#include <stdio.h>
int main(void)
{
    const char *text = "program: club\\ncurrency: EUR\\nwallets:\\n  points: {}\\n"
                       "rules:\\n  welcome: {on: join, earn: 7 points}\\n";
    struct guerdon_program *program;
    struct guerdon_engine *engine;
    struct guerdon_event join = guerdon_event_of(GUERDON_EVENT_JOIN);
    struct guerdon_balance balance = {.size = sizeof balance};
    join.member = guerdon_text_of("ann");
    if (guerdon_program_load(guerdon_text_of(text), NULL, &program) != GUERDON_OK) return 1;
    if (guerdon_engine_open(program, NULL, &engine) != GUERDON_OK) return 2;
    if (guerdon_engine_decide(engine, &join, NULL) != GUERDON_OK) return 3;
    if (guerdon_engine_balance(engine, join.member, guerdon_text_of("points"), 0, &balance) !=
        GUERDON_OK) return 4;
    printf("%d %s\\n", (int)balance.available, guerdon_version());
    guerdon_engine_free(engine);
    guerdon_program_free(program);
    return 0;
}
"""


def output(command, **environment):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE,
                          env=dict(os.environ, **environment)).stdout


def find(root, name):
    found = glob.glob(os.path.join(root, "**", name), recursive=True)
    if len(found) != 1:
        sys.exit("%s is installed %d times" % (name, len(found)))
    return found[0]


def main(build):
    with tempfile.TemporaryDirectory() as root:
        output(["meson", "install", "-C", build, "--no-rebuild", "--destdir", root])
        find(root, "guerdon.h")
        package = find(root, "guerdon.pc")
        libraries = os.path.dirname(find(root, "libguerdon.a"))
        find(root, "libguerdon.so")
        installed = [name for _, _, names in os.walk(root) for name in names]
        print("installed: " + " ".join(sorted(installed)))
        if any(name.endswith(".a") and name != "libguerdon.a" for name in installed):
            sys.exit("a room is installed, too")
        source, program = os.path.join(root, "club.c"), os.path.join(root, "club")
        with open(source, "w", encoding="utf-8") as file:
            file.write(SOURCE)

        def flags(*arguments):
            return output(["pkg-config", *arguments, "guerdon"],
                          PKG_CONFIG_PATH=os.path.dirname(package),
                          PKG_CONFIG_SYSROOT_DIR=root).split()

        shared = flags("--cflags", "--libs")
        # Of the static library's own needs, only itself is static.
        static = [flag for flag in flags("--static", "--cflags", "--libs") if flag != "-lguerdon"]
        static.insert(0, os.path.join(libraries, "libguerdon.a"))
        version = output(["pkg-config", "--modversion", "guerdon"],
                         PKG_CONFIG_PATH=os.path.dirname(package)).strip()
        for name, arguments, path in (("shared", shared, libraries), ("static", static, "")):
            output(["cc", "-o", program, source, *arguments])
            printed = output([program], LD_LIBRARY_PATH=path).strip()
            print("%s: %s" % (name, printed))
            if printed != "7 " + version:
                sys.exit("%s prints %s, not %s" % (name, printed, "7 " + version))


main(sys.argv[1])
