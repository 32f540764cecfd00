"""Symbols: what the libraries export is exactly what the header declares.

Usage: symbols.py HEADER NM SHARED STATIC
"""
import re
import subprocess
import sys


def declared(header):
    with open(header, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    names = re.findall(r"^GUERDON_API[^;{]*?\b(guerdon_\w+)\(", text, re.MULTILINE)
    return set(names), len(re.findall(r"^GUERDON_API\b", text, re.MULTILINE))


def exported(nm, *arguments):
    lines = subprocess.run([nm, "--defined-only", *arguments], text=True, check=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    fields = [line.split() for line in lines]
    # A sanitizer adds names of its own, which begin with underscores.
    return {field[2].split("@")[0] for field in fields
            if len(field) == 3 and field[1] != "A" and not field[2].startswith("_")}


def main(header, nm, shared, static):
    wanted, count = declared(header)
    failed = not wanted or len(wanted) != count
    if failed:
        print("%s: %d names of %d declarations" % (header, len(wanted), count))
    for library, arguments in ((shared, ("-D", shared)), (static, ("-g", static))):
        found = exported(nm, *arguments)
        for name in sorted(wanted - found):
            print("%s: does not export %s" % (library, name))
        for name in sorted(found - wanted):
            print("%s: exports %s, which the header does not declare" % (library, name))
        failed = failed or wanted != found
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))
