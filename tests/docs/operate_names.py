"""Operate names: docs/operate.md lists every setting of `guerdon serve` with its variable and what it
is unless given, and every figure of /metrics; and nothing that is not there.

Usage: operate_names.py ROOT GUERDON    prints what differs; exit status 1 if anything does.
"""
import os
import re
import subprocess
import sys


def read(root, *path):
    with open(os.path.join(root, *path), encoding="utf-8") as file:
        return file.read()


def settings_of_page(page):
    rows = re.findall(r"^\| `--([\w-]+) ([A-Z]+)` \| `(\w+)` \|(.*?)\| .* \|$", page, re.MULTILINE)
    return {name: (value, variable, usual.strip().strip("`")) for name, value, variable, usual in rows}


def settings_of_program(program, source):
    text = subprocess.run([program, "serve", "--help"], capture_output=True, text=True, check=True).stdout
    options = dict(re.findall(r"^  --([\w-]+) ([A-Z]+)", text, re.MULTILINE))
    rows = re.findall(r'X\(\w+, "([\w-]+)", "[A-Z]+", "([^"]*)"', source)
    return options, dict(rows)


def compare_settings(page, program, source):
    listed = settings_of_page(page)
    options, usual = settings_of_program(program, source)
    for name in sorted(set(options) ^ set(listed)):
        yield f"--{name} is {'not on the page' if name in options else 'not an option'}"
    for name in sorted(set(options) & set(listed)):
        value, variable, told = listed[name]
        wanted = "GUERDON_" + name.upper().replace("-", "_")
        if name == "program":
            wanted, told = "GUERDON_PROGRAMS", ""
        if name == "data":
            told = ""
        if value != options[name]:
            yield f"--{name}: its value is called {options[name]}, not {value}"
        if variable != wanted:
            yield f"--{name}: its variable is {wanted}, not {variable}"
        if told != usual.get(name, ""):
            yield f"--{name}: unless given it is '{usual.get(name)}', not '{told}'"


def compare_figures(page, source):
    listed = set(re.findall(r"^\| `guerdon_(\w+)` \|", page, re.MULTILINE))
    there = set(re.findall(r"X\((\w+), (?:gauge|counter),", source))
    there |= set(re.findall(r'add_head\(out, "(\w+)"', source))
    for name in sorted(there ^ listed):
        yield f"guerdon_{name} is {'not on the page' if name in there else 'no figure'}"


def main(root, program):
    page = read(root, "docs", "operate.md")
    found = list(compare_settings(page, program, read(root, "src", "cli", "settings.h")))
    found += compare_figures(page, read(root, "src", "api", "metrics.c"))
    for line in found:
        print(f"docs/operate.md: {line}")
    return 1 if found else 0


sys.exit(main(sys.argv[1], sys.argv[2]))
