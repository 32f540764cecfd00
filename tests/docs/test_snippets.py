"""Tests of the snippet runner: what is right passes, and each way to be wrong is found."""
import os
import tempfile
import unittest

import snippets


def findings(text):
    with tempfile.TemporaryDirectory() as root:
        path = os.path.join(root, "sample.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return [line for line, _ in snippets.check_file(path, root)[1]]


def block(language, *lines):
    return "\n".join(["```" + language, *lines, "```"]) + "\n"


class Snippets(unittest.TestCase):
    def test_output_as_shown_passes(self):
        self.assertEqual(findings(block("console", "$ echo one; echo two >&2", "one", "two")), [])

    def test_a_continued_command_is_one_command(self):
        self.assertEqual(findings(block("console", "$ echo one \\", "    two", "one two")), [])

    def test_other_output_is_found_at_its_command(self):
        text = "Words.\n" + block("console", "$ echo one", "one", "$ echo two", "three")
        self.assertEqual(findings(text), [5])

    def test_missing_and_additional_lines_are_found(self):
        self.assertEqual(findings(block("console", "$ echo one", "one", "two")), [2])
        self.assertEqual(findings(block("console", "$ echo one; echo two", "one")), [2])
        self.assertEqual(findings(block("console", "$ echo one")), [2])

    def test_a_failing_command_is_found(self):
        self.assertEqual(findings(block("console", "$ echo one; exit 3", "one")), [2])

    def test_wildcards_stand_for_text_and_for_lines(self):
        self.assertEqual(findings(block("console", "$ echo in 3.2 s", "in [..] s")), [])
        self.assertEqual(findings(block("console", "$ echo in 3.2 m", "in [..] s")), [2])
        self.assertEqual(findings(block("console", "$ seq 9", "1", "...", "9")), [])
        self.assertEqual(findings(block("console", "$ seq 9", "1", "...", "8")), [2])

    def test_a_console_block_without_command_is_found(self):
        self.assertEqual(findings(block("console", "output")), [1])

    def test_scripts_that_do_not_exist_are_found(self):
        self.assertEqual(findings(block("sh", "git clone", "script/none")), [3])

    def test_json_is_read(self):
        self.assertEqual(findings(block("json", '{"a": 1}')), [])
        self.assertEqual(findings(block("json", "{a: 1}")), [2])

    def test_a_program_that_prints_what_is_shown_passes(self):
        program = block("c", "#include <stdio.h>", "int main(void) { return puts(\"one\") < 0; }")
        self.assertEqual(findings(program), [])
        self.assertEqual(findings(program + block("text", "one")), [])
        self.assertEqual(findings(program + block("text", "o[..]e")), [])

    def test_a_program_that_prints_fails_or_reads_otherwise_is_found(self):
        program = block("c", "#include <stdio.h>", "int main(void) { return puts(\"one\") < 0; }")
        self.assertEqual(findings(program + block("text", "two")), [2])
        self.assertEqual(findings(block("c", "int main(void) { return 1; }")), [2])
        self.assertEqual(findings(block("c", "int main(void) { int unused; return 0; }")), [2])
        self.assertEqual(findings(block("c", "int main(void) {")), [2])

    def test_a_block_of_no_language_is_found(self):
        self.assertEqual(findings(block("", "x")), [1])
        self.assertEqual(findings("```console\n$ true\n"), [1])

    def test_a_link_that_leads_nowhere_is_found(self):
        self.assertEqual(findings("[here](sample.md) [there](https://example.org/none)"), [])
        self.assertEqual(findings("words\n[here](none.md)"), [2])


if __name__ == "__main__":
    unittest.main()
