"""The demonstration's server: it runs, and what it says to try answers as it says.

Usage: test_demo.py GUERDON ROOT
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

GUERDON, ROOT = sys.argv[1:3]
COMMANDS = os.path.join(ROOT, "examples", "server", "commands.sh")
DEMO = [sys.executable, os.path.join(ROOT, "examples", "server", "demo.py"), GUERDON]


def read_commands(text):
    """The commands of a text: what stands from `curl` on, with continued lines."""
    return re.findall(r"^curl (?:.*\\\n)*.*$", text, re.MULTILINE)


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.process = subprocess.Popen(
            DEMO + [cls.folder.name, "--keep", "--listen", "127.0.0.1:0"], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        cls.printed = ""
        for line in cls.process.stdout:
            cls.printed += line
            if line.startswith("It runs until"):
                break
        found = re.search(r"^export GUERDON_URL=(\S+) GUERDON_KEY=(\S+)$", cls.printed, re.MULTILINE)
        cls.environment = dict(os.environ, GUERDON_URL=found.group(1), GUERDON_KEY=found.group(2))
        with open(COMMANDS, encoding="utf-8") as file:
            cls.commands = read_commands(file.read())

    @classmethod
    def tearDownClass(cls):
        cls.process.send_signal(signal.SIGTERM)
        cls.ended = cls.process.wait()
        cls.process.stdout.close()
        cls.folder.cleanup()
        assert cls.ended == 0, cls.ended

    def answer(self, number):
        """What the number-th command answers, from 1."""
        done = subprocess.run(["sh", "-c", self.commands[number - 1]], cwd=ROOT, text=True,
                              env=self.environment, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def points(self):
        return int(self.answer(4)["balance"]["pending"])

    def test_there_are_five_commands_and_they_are_printed_as_they_are_kept(self):
        self.assertEqual(len(self.commands), 5)
        self.assertEqual(read_commands(self.printed), self.commands)

    def test_the_readme_shows_the_same_commands(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            self.assertEqual(read_commands(file.read()), self.commands)

    def test_the_first_shows_balance_tier_and_rewards(self):
        summary = self.answer(1)
        self.assertEqual(summary["member"]["id"], "M0007928")
        self.assertEqual(summary["member"]["tiers"][0]["level"], "gold")
        self.assertTrue(summary["rewards"])

    def test_the_second_and_third_buy_and_return_and_can_be_repeated(self):
        before = self.points()
        bought = self.answer(2)
        self.assertEqual((bought["answer"], bought["eligible"]), ("done", "25.00"))
        self.assertEqual(bought["fired"][0]["rule"], "base")
        granted = int(bought["fired"][0]["granted"])
        self.assertEqual(granted, 50)
        self.assertEqual(self.points(), before + granted)
        returned = self.answer(3)
        self.assertEqual((returned["answer"], returned["eligible"]), ("done", "12.50"))
        self.assertEqual(self.points(), before + granted // 2)
        self.assertEqual(self.answer(2)["position"], bought["position"])
        self.assertEqual(self.answer(3)["position"], returned["position"])
        self.assertEqual(self.points(), before + granted // 2)

    def test_the_fourth_explains_the_balance_as_the_sum_of_its_lots(self):
        explained = self.answer(4)
        for account in "available", "pending":
            self.assertEqual(int(explained["balance"][account]),
                             sum(int(lot["remaining"]) for lot in explained["lots"]
                                 if lot["account"] == account))
        lot = explained["lots"][0]
        self.assertEqual((lot["rule"], lot["origin"]["type"]), ("base", "purchase"))
        self.assertEqual(lot["origin"]["program_version"], 1)

    def test_the_fifth_backtests_another_programme_on_what_happened(self):
        rehearsal = self.answer(5)
        self.assertGreater(rehearsal["events"], 30000)

    def test_it_stops_by_itself_when_nobody_is_there(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(DEMO + [folder, "--listen", "127.0.0.1:0"], text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
        self.assertIn("No terminal is attached: it stops now", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
