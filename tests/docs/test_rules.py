"""The guide to rules is true: each example of docs/rules.md gives the points that it says.

An example is a heading with a number, a fenced block of YAML and a table of what happens. The block is
laid over the programme at the top of the page, a server with a given clock serves the result, and each
line of the table happens in it; the last column is by how much the member's points (available, pending
and held, less debt) changed. A line is TIME: WHO WHAT, where WHAT is one of

    joins[, born MM-DD][, NAME VALUE ...]
    buys [N x ]ARTICLE (CATEGORY) PRICE[, ...][; through CHANNEL][; in STORE]
    returns ARTICLE
    sends EVENT[: NAME VALUE, ...]

Usage: test_rules.py GUERDON SOURCE
"""
import copy
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

GUERDON, SOURCE = sys.argv[1:3]
EXAMPLES_AT_LEAST = 30
ZONE = "-05:00"


def read_page():
    """(base programme, [(title, programme, [(line, points)])])"""
    with open(os.path.join(SOURCE, "docs", "rules.md"), encoding="utf-8") as file:
        page = file.read()
    base = yaml.load(re.search(r"^```yaml\n(program: .*?)^```$", page, re.DOTALL | re.MULTILINE).group(1), yaml.BaseLoader)
    examples = []
    for title, text in re.findall(r"^### (\d+\. .*?)\n(.*?)(?=^##|\Z)", page, re.DOTALL | re.MULTILINE):
        block = re.search(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        rows = re.findall(r"^\| (\d{4}-\d\d-\d\d .*?) \| (-?[\d,]+) \|$", text, re.MULTILINE)
        examples.append((title, yaml.load(block.group(1), yaml.BaseLoader),
                         [(line, int(points.replace(",", ""))) for line, points in rows]))
    return base, examples


def lay_over(base, more):
    joined = copy.deepcopy(base)
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(joined.get(key), dict):
            joined[key] = lay_over(joined[key], value)
        else:
            joined[key] = value
    return joined


class Server:
    def __init__(self, program, folder):
        path = os.path.join(folder, "program.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(program, file)
        os.mkdir(os.path.join(folder, "data"))
        self.log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [GUERDON, "serve", "--program", path, "--data", os.path.join(folder, "data"), "--listen",
             "127.0.0.1:0", "--clock", "given"], stdout=subprocess.PIPE, stderr=self.log, text=True)
        said = ""
        while "gk_" not in said:
            line = self.process.stdout.readline()
            if not line:
                self.log.seek(0)
                raise AssertionError(self.log.read())
            said += line
        self.key = re.search(r"gk_\S+", said).group(0)
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", int(re.search(r"127\.0\.0\.1:(\d+)", said).group(1)), timeout=60)
        self.calls = 0

    def call(self, method, path, body=None):
        self.calls += 1
        self.connection.request(method, path, None if body is None else json.dumps(body), {
            "Authorization": "Bearer " + self.key, "Content-Type": "application/json",
            "Idempotency-Key": "call-%d" % self.calls})
        reply = self.connection.getresponse()
        text = reply.read().decode()
        assert reply.status in (200, 201, 404), (path, reply.status, text)
        return json.loads(text) if reply.status != 404 else None

    def close(self):
        self.connection.close()
        self.process.terminate()
        self.process.stdout.close()
        self.process.wait()
        self.log.close()


def read_value(text):
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def read_values(text):
    return {part.split(None, 1)[0]: read_value(part.split(None, 1)[1])
            for part in re.split(r",\s*", text) if part}


class Story:
    """What happens in one example, as calls of the API."""

    def __init__(self, server):
        self.server, self.count = server, 0

    def tell(self, line):
        date, time, who, what = re.fullmatch(r"(\S+) (\d\d:\d\d): (\w+) (.*)", line).groups()
        self.count += 1
        self.at = "%sT%s:00%s" % (date, time, ZONE)
        self.who = who.lower()
        verb, _, rest = what.partition(" ")
        verb = verb.rstrip(",")
        {"joins": self.join, "buys": self.buy, "returns": self.take_back, "sends": self.send}[verb](rest)

    def points(self, who):
        member = self.server.call("GET", "/v1/members/%s" % who.lower())
        if member is None:
            return 0
        wallet = next(one for one in member["wallets"] if one["wallet"] == "points")
        return round(sum(float(wallet[part]) for part in ("available", "pending", "held")) -
                     float(wallet["debt"]))

    def event(self, **event):
        answer = self.server.call("POST", "/v1/events", dict(
            event, id="event-%d" % self.count, member=self.who, occurred_at=self.at))
        assert answer["answer"] == "done", answer

    def join(self, rest):
        profile = read_values(re.sub(r"^born \S+,?\s*", "", rest))
        born = re.search(r"born (\S+)", rest)
        if born:
            profile["birthday"] = "--" + born.group(1)
        body = {"id": self.who, "joined_at": self.at}
        if profile:
            body["fields"] = profile
        self.server.call("POST", "/v1/members", body)

    def buy(self, rest):
        cart, *more = rest.split("; ")
        items = []
        for text in cart.split(", "):
            count, article, category, price = re.fullmatch(r"(?:(\d+) x )?(.+?) \((\w+)\) ([\d.]+)", text).groups()
            items.append({"sku": article, "name": article, "category": category,
                          "quantity": int(count or 1), "unit_price": price})
        event = {"type": "purchase", "order": "order-%d" % self.count, "items": items}
        for part in more:
            key, value = part.split(None, 1)
            event[{"through": "channel", "in": "store"}[key]] = value
        self.event(**event)

    def take_back(self, rest):
        answer = self.server.call("POST", "/v1/members/%s/returns" % self.who, {
            "id": "return-%d" % self.count, "occurred_at": self.at, "items": [{"sku": rest, "quantity": 1}]})
        assert answer["answer"] == "done", answer

    def send(self, rest):
        name, _, values = rest.partition(": ")
        self.event(type=name, data=read_values(values))


class Rules(unittest.TestCase):
    def test_each_example_gives_the_points_that_it_says(self):
        base, examples = read_page()
        self.assertGreaterEqual(len(examples), EXAMPLES_AT_LEAST)
        for title, more, rows in examples:
            with self.subTest(title), tempfile.TemporaryDirectory() as folder:
                self.assertTrue(rows, "nothing happens")
                server = Server(lay_over(base, more), folder)
                try:
                    story = Story(server)
                    for line, points in rows:
                        who = line.split(": ", 1)[1].split()[0]
                        before = story.points(who)
                        story.tell(line)
                        self.assertEqual(story.points(who) - before, points, line)
                finally:
                    server.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
