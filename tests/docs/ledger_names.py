"""Ledger names: each test that docs/ledger.md names is there, so that no rule is held by nothing.

A name in backquotes with three underscores or more is a test's.

Usage: ledger_names.py ROOT    prints the names that no test has; exit status 1 if there are any.
"""
import glob
import os
import re
import sys


def main(root):
    with open(os.path.join(root, "docs", "ledger.md"), encoding="utf-8") as file:
        named = {name for name in re.findall(r"`(\w+)`", file.read()) if name.count("_") >= 3}
    tests = set()
    for path in glob.glob(os.path.join(root, "tests", "*", "test_*.c")):
        with open(path, encoding="utf-8") as file:
            tests.update(re.findall(r"^static void\s+(\w+)\(\s*void \*\*", file.read(), re.MULTILINE))
    for name in sorted(named - tests):
        print(f"docs/ledger.md: there is no test {name}")
    if not named:
        print("docs/ledger.md: names no tests")
    return 1 if named - tests or not named else 0


sys.exit(main(sys.argv[1]))
