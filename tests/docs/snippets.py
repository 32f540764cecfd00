"""Snippets: runs what the documentation shows, so that it cannot go stale.

Every fenced block of the project's Markdown files (*.md and docs/*.md) says what it is, and is held to it:

  console  lines after `$ ` are commands (a trailing backslash continues on the next line), run from
           the project's root with the built guerdon on the PATH; what follows is their output, both
           streams, and must be the output. Each command must succeed. For what varies:
             [..]  inside a line: any text
             ...   alone on a line: any number of lines
  sh       commands for the reader alone; those that start with script/ must exist
  yaml     if it starts with `program:`, a whole programme that `guerdon check` must accept
  json     must be JSON
  c        a whole C program over include/guerdon.h or src/cel/cel.h: it must compile without a
           warning, run, and, if the next block is text, print that; its output can vary as a console's
  sql      statements on a store; tests/store/test_schema.c runs those of docs/schema.md
  text     anything: drawings, formulas, file lists

Outside the blocks, a link to a file of ours must lead to one.

Usage: snippets.py ROOT    prints what differs; exit status 1 if anything does.
"""
import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

SECONDS_PER_COMMAND = 120
# What a program over src/cel is linked with, beside ours.
CEL_LIBRARIES = ("re2", "icui18n", "icuuc", "xxhash", "sodium", "stdc++", "m")


def read_blocks(text):
    """Yields (line number, language, lines) of each fenced block."""
    block = None
    for number, line in enumerate(text.split("\n"), 1):
        if block is None and line.startswith("```"):
            block = (number, line[3:].strip(), [])
        elif block is not None and line.rstrip() == "```":
            yield block
            block = None
        elif block is not None:
            block[2].append(line)
    if block is not None:
        yield block[0], "a block without end", []


def read_commands(lines):
    """Yields (offset, command, expected output lines) of a console block."""
    command, expected, offset, continues = None, [], 0, False
    for at, line in enumerate(lines, 1):
        if continues:
            command, continues = command + "\n" + line, line.endswith("\\")
        elif line.startswith("$ "):
            if command is not None:
                yield offset, command, expected
            command, expected, offset, continues = line[2:], [], at, line.endswith("\\")
        else:
            expected.append(line)
    if command is not None:
        yield offset, command, expected


def matches(expected, actual):
    """Whether the actual lines are as expected, wildcards included."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(expected[1:], actual[skip:]) for skip in range(len(actual) + 1))
    if not actual:
        return False
    pattern = ".*".join(re.escape(part) for part in expected[0].split("[..]"))
    return bool(re.fullmatch(pattern, actual[0])) and matches(expected[1:], actual[1:])


def run(command, root):
    environment = dict(os.environ, LC_ALL="C.UTF-8", NO_COLOR="1")
    program = os.environ.get("GUERDON_PROGRAM")
    if program:
        environment["PATH"] = os.path.dirname(program) + ":" + environment["PATH"]
    return subprocess.run(["sh", "-c", command], cwd=root, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=SECONDS_PER_COMMAND)


def check_console(lines, root, _):
    commands = list(read_commands(lines))
    if not commands or commands[0][0] != 1:
        yield 0, "a console block starts with `$ ` and a command"
    for offset, command, expected in commands:
        done = run(command, root)
        actual = [line.rstrip() for line in done.stdout.splitlines()]
        while expected and not expected[-1].strip():
            expected.pop()
        if done.returncode != 0:
            yield offset, "exit status %d from `%s`:\n%s" % (done.returncode, command, done.stdout)
        elif not matches([line.rstrip() for line in expected], actual):
            yield offset, "`%s` prints:\n%s" % (command, done.stdout)


def check_sh(lines, root, _):
    for at, line in enumerate(lines, 1):
        words = line.split()
        if words and words[0].startswith("script/"):
            if not os.access(os.path.join(root, words[0]), os.X_OK):
                yield at, "there is no %s" % words[0]


def check_yaml(lines, root, _):
    if not lines or not lines[0].startswith("program:"):
        return
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        done = run("guerdon check --no-advice " + file.name, root)
    if done.returncode != 0:
        yield 1, "guerdon check says:\n" + done.stdout


def check_json(lines, root, _):
    try:
        json.loads("\n".join(lines))
    except ValueError as error:
        yield 1, "not JSON: %s" % error


def check_c(lines, root, following):
    build = os.path.dirname(os.environ.get("GUERDON_PROGRAM", ""))
    library = os.path.join(build, "src", "library")
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "snippet.c"), os.path.join(folder, "snippet")
        with open(source, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        command = ["cc", "-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", program,
                   source, "-I", os.path.join(root, "include")]
        if "#include <guerdon.h>" in lines:
            command += ["-L", library, "-lguerdon", "-Wl,-rpath," + library]
        if '#include "cel/cel.h"' in lines:
            command += ["-I", os.path.join(root, "src")]
            command += [os.path.join(build, "src", room, "lib%s.a" % room) for room in ("cel", "base")]
            command += ["-l" + name for name in CEL_LIBRARIES]
        done = run(" ".join(map(shlex.quote, command)), root)
        if done.returncode != 0:
            yield 1, "does not compile:\n" + done.stdout
            return
        done = run(shlex.quote(program), folder)
    actual = [line.rstrip() for line in done.stdout.splitlines()]
    if done.returncode != 0:
        yield 1, "exit status %d:\n%s" % (done.returncode, done.stdout)
    elif following is not None and not matches([line.rstrip() for line in following], actual):
        yield 1, "prints:\n" + done.stdout


CHECKS = {"console": check_console, "sh": check_sh, "yaml": check_yaml, "json": check_json,
          "c": check_c, "sql": lambda lines, root, following: (),
          "text": lambda lines, root, following: ()}


def check_links(text, folder):
    """Yields (line number, message) for each relative link that leads nowhere."""
    for number, line in enumerate(text.split("\n"), 1):
        for target in re.findall(r"\]\(([^)#:]+)\)", line):
            if not os.path.exists(os.path.join(folder, target)):
                yield number, "there is no %s" % target


def check_file(path, root):
    """Returns (number of blocks, list of findings)."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    blocks = list(read_blocks(text))
    findings = list(check_links(text, os.path.dirname(path)))
    for index, (number, language, lines) in enumerate(blocks):
        if language not in CHECKS:
            findings.append((number, "a block is one of %s, not `%s`"
                             % (", ".join(CHECKS), language)))
            continue
        after = blocks[index + 1] if index + 1 < len(blocks) else (0, "", None)
        following = after[2] if after[1] == "text" else None
        for offset, message in CHECKS[language](lines, root, following):
            findings.append((number + offset, message))
    return len(blocks), findings


def main(root):
    paths = sorted(glob.glob(root + "/*.md") + glob.glob(root + "/docs/*.md"))
    failed = not paths
    for path in paths:
        count, findings = check_file(path, root)
        path = os.path.relpath(path, root)
        print("%s: %d blocks, %d findings" % (path, count, len(findings)))
        for line, message in findings:
            print("%s:%d: %s" % (path, line, message))
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
