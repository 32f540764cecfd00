"""The offline till: what it promised stands, what it sold is told once, whatever dies in between.

Usage: test_till.py TILL PROGRAMME    the program, and the programme file that it decides by
"""
import http.server
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

TILL, PROGRAMME = sys.argv[1:3]
KEY = "key-of-the-till"


class Server(http.server.ThreadingHTTPServer):
    """Answers POST /v1/events as the server does: each line in order, an id for ever once."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events = {}  # id -> the line that was counted
        self.answers_to_lose = 0  # replies that get lost on their way
        self.busy_ids = set()  # "try again later"
        self.requests = 0
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()
        self.url = "http://127.0.0.1:%d" % self.server_address[1]

    def close(self):
        self.shutdown()
        self.thread.join()
        self.server_close()

    def answer(self, line):
        event = json.loads(line)
        if event["id"] in self.busy_ids:
            return {"status": 503, "code": "unavailable"}
        known = self.events.setdefault(event["id"], line)
        if known != line:
            return {"status": 409, "code": "key_conflict"}
        return {"id": event["id"], "answer": "done"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        lines = self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
        is_allowed = self.headers["Authorization"] == "Bearer " + KEY
        is_right = self.path == "/v1/events" and self.headers["Content-Type"] == "application/x-ndjson"
        if not (is_allowed and is_right):
            self.send_error(401 if not is_allowed else 400)
            return
        self.server.requests += 1
        answers = "".join(json.dumps(self.server.answer(line), separators=(",", ":")) + "\n"
                          for line in lines).encode()
        if self.server.answers_to_lose > 0:
            self.server.answers_to_lose -= 1
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(answers)))
        self.end_headers()
        self.wfile.write(answers)

    def log_message(self, *_):
        pass


class Till(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        shutil.copy(PROGRAMME, os.path.join(self.directory, "programme.yaml"))
        self.journal = os.path.join(self.directory, "till.journal")
        self.environment = dict(os.environ, TILL_DIRECTORY=self.directory, TILL_NAME="till-1")
        self.server = Server()

    def tearDown(self):
        self.server.close()
        shutil.rmtree(self.directory)

    def start(self, *arguments, **options):
        return subprocess.Popen([TILL, *arguments], env=self.environment, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    def run_till(self, *arguments, given="", fails=False, **options):
        process = self.start(*arguments, **options)
        out, err = process.communicate(given)
        self.assertEqual(process.returncode, 1 if fails else 0, out + err)
        return err if fails else out

    def shown(self):
        """(sold, answered, left)"""
        figures = re.match(r"till-1: (\d+) sold, (\d+) answered by the server; may promise (\d+) ",
                           self.run_till("show"))
        return tuple(int(figure) for figure in figures.groups())

    def sync(self, **options):
        return self.run_till("sync", self.server.url, KEY, **options)

    def promised(self):
        """Points promised by what the server counted."""
        return sum(int(promise["amount"]) for line in self.server.events.values()
                   for promise in json.loads(line).get("promises", []))

    def test_three_sales_a_kill_two_syncs_and_an_answer_lost(self):
        self.run_till("allowance", "100")
        self.assertIn("19 points for ann", self.run_till("sell", "ann", "19.99"))
        killed = self.start("sell", "bob", "5.00")
        killed.kill()
        killed.communicate()
        sold = self.shown()[0]
        self.assertIn(sold, (1, 2))
        if sold == 1:
            self.run_till("sell", "bob", "5.00")
        self.assertIn("30 points for cleo", self.run_till("sell", "cleo", "30.00"))
        self.assertEqual(self.shown(), (3, 0, 100 - 19 - 5 - 30))

        self.server.answers_to_lose = 1
        self.sync(fails=True)
        self.assertEqual(self.shown()[1], 0)
        self.assertEqual(len(self.server.events), 3)
        self.assertIn("3 sold, 3 answered", self.sync())
        self.assertIn("3 sold, 3 answered", self.sync())
        self.assertEqual(len(self.server.events), 3)
        self.assertEqual(self.promised(), 19 + 5 + 30)
        self.assertEqual(self.shown(), (3, 3, 46))

    def test_beyond_its_allowance_it_sells_and_promises_nothing(self):
        self.run_till("allowance", "100")
        self.assertIn("80 points for ann", self.run_till("sell", "ann", "55.00"))
        self.assertIn("points will be credited later", self.run_till("sell", "bob", "21.00"))
        self.assertIn("20 points for bob", self.run_till("sell", "bob", "20.00"))
        self.assertEqual(self.shown(), (3, 0, 0))
        self.assertIn("points will be credited later", self.run_till("sell", "bob", "1.00"))
        self.sync()
        self.assertEqual(self.promised(), 100)
        self.assertEqual([("promises" in json.loads(line)) for line in self.server.events.values()],
                         [True, False, True, False])
        self.run_till("allowance", "10")
        self.assertIn("1 point for bob", self.run_till("sell", "bob", "1.00"))

    def test_a_line_says_what_the_server_needs(self):
        self.run_till("allowance", "100")
        self.run_till("sell", "ann", "19.99")
        (line,) = self.run_till("sync").splitlines()
        event = json.loads(line)
        self.assertRegex(event.pop("occurred_at"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual(event, {
            "id": "till-1-000001", "type": "purchase", "member": "ann", "order": "till-1-000001",
            "till": "till-1", "currency": "EUR",
            "items": [{"sku": "till", "quantity": 1, "unit_price": "19.99"}],
            "promises": [{"wallet": "points", "amount": "19"}]})

    def test_a_reward_is_given_out_of_the_allowance(self):
        self.run_till("allowance", "100")
        self.assertIn("coffee given: 10 points for ann", self.run_till("sell", "ann", "10.00", "coffee"))
        self.assertEqual(self.shown(), (1, 0, 100 - 60 - 10))
        self.assertIn("allowance", self.run_till("sell", "ann", "10.00", "coffee", fails=True))
        self.run_till("allowance", "30")
        self.assertIn("coffee given: points will be credited later",
                      self.run_till("sell", "bob", "10.00", "coffee"))
        self.assertEqual(self.shown(), (2, 0, 0))
        events = [json.loads(line) for line in self.run_till("sync").splitlines()]
        self.assertEqual([event["redeem"] for event in events], [[{"reward": "coffee"}]] * 2)
        # Promising nothing is a promise too: it tells the server that the reward was given.
        self.assertEqual([event["promises"][0]["amount"] for event in events], ["10", "0"])

    def test_answers_can_come_by_hand_and_a_half_one_does_not_count(self):
        self.run_till("allowance", "100")
        for member in ("ann", "bob", "cleo"):
            self.run_till("sell", member, "10.00")
        lines = self.run_till("sync").splitlines()
        self.assertEqual(len(lines), 3)
        self.run_till("answers", given='{"answer":"done"}\n{"answer":"do')
        self.assertEqual(self.shown()[1], 1)
        self.assertEqual(self.run_till("sync").splitlines(), lines[1:])
        self.run_till("answers", given='{"answer":"done"}\n{"status":409,"code":"x"}\n{"answer":"no line"}\n')
        self.assertEqual(self.shown()[1], 3)
        self.assertEqual(self.run_till("sync"), "")

    def test_a_line_that_the_server_could_not_take_is_sent_again(self):
        self.run_till("allowance", "100")
        for member in ("ann", "bob", "cleo"):
            self.run_till("sell", member, "10.00")
        self.server.busy_ids.add("till-1-000002")
        self.sync()
        self.assertEqual(self.shown()[1], 1)
        self.server.busy_ids.clear()
        self.sync()
        self.assertEqual(self.shown()[1], 3)
        self.assertEqual(len(self.server.events), 3)

    def test_many_lines_go_in_several_requests(self):
        for _ in range(101):
            self.run_till("sell", "ann", "1.00")
        self.assertIn("101 sold, 101 answered", self.sync())
        self.assertEqual(self.server.requests, 2)
        self.assertEqual(len(self.server.events), 101)

    def test_a_server_that_refuses_or_is_not_there_changes_nothing(self):
        self.run_till("allowance", "100")
        self.run_till("sell", "ann", "10.00")
        self.run_till("sync", self.server.url, "wrong", fails=True)
        self.run_till("sync", "http://127.0.0.1:1", KEY, fails=True)
        self.assertEqual(self.shown(), (1, 0, 90))

    def test_killed_at_any_moment_it_has_sold_or_not(self):
        chance = random.Random(1)
        self.run_till("allowance", "1000")
        receipts = 0
        for number in range(40):
            process = self.start("sell", "ann", "3.00")
            killer = threading.Timer(chance.uniform(0, 0.012), process.kill)
            killer.start()
            out, err = process.communicate()
            killer.cancel()
            killer.join()
            self.assertIn(process.returncode, (0, -signal.SIGKILL), err)
            receipts += "points for ann" in out
            sold, _, left = self.shown()
            self.assertGreaterEqual(sold, receipts)
            self.assertLessEqual(sold, number + 1)
            self.assertEqual(left, 1000 - 3 * sold)
        self.sync()
        self.assertEqual(len(self.server.events), sold)
        self.assertEqual(self.promised(), 3 * sold)

    def test_an_entry_cut_off_anywhere_is_no_sale(self):
        self.run_till("allowance", "100")
        self.run_till("sell", "ann", "10.00")
        whole = os.path.getsize(self.journal)
        self.run_till("sell", "bob", "10.00")
        with open(self.journal, "rb") as file:
            bytes_of_both = file.read()
        for length in range(whole, len(bytes_of_both), 37):
            with open(self.journal, "wb") as file:
                file.write(bytes_of_both[:length])
            self.assertEqual(self.shown(), (1, 0, 90))
            self.assertEqual(os.path.getsize(self.journal), whole)
        self.assertIn("till-1-000002", self.run_till("sell", "bob", "10.00"))

    def test_a_journal_that_was_changed_is_refused(self):
        self.run_till("allowance", "100")
        size = os.path.getsize(self.journal)
        self.run_till("sell", "ann", "10.00")
        with open(self.journal, "r+b") as file:
            file.seek(size // 2)
            byte = file.read(1)
            file.seek(size // 2)
            file.write(bytes([byte[0] ^ 1]))
        self.assertIn("contradict", self.run_till("show", fails=True))

    def test_a_full_disk_sells_nothing_and_loses_nothing(self):
        self.run_till("allowance", "100")
        self.run_till("sell", "ann", "10.00")
        size = os.path.getsize(self.journal)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, size + 50))

        self.assertIn("nothing happened",
                      self.run_till("sell", "bob", "10.00", fails=True, preexec_fn=limit))
        self.assertEqual(os.path.getsize(self.journal), size)
        self.assertEqual(self.shown(), (1, 0, 90))
        self.run_till("sell", "bob", "10.00")
        self.assertEqual(self.shown(), (2, 0, 80))

    def test_what_cannot_be_sold_is_said(self):
        self.run_till("allowance", "10")
        for arguments in (("ann", "1.999"), ("ann", "-1"), ("ann", "x"), ("a b", "1"), ("", "1"),
                          ("ann", "10", "tea"), ("ann", "10", "coffee"),
                          ("ann", "99999999999999999999")):
            self.run_till("sell", *arguments, fails=True)
        self.assertEqual(self.shown(), (0, 0, 10))
        self.environment["TILL_NAME"] = "no/name"
        self.run_till("show", fails=True)


unittest.main(argv=sys.argv[:1])
