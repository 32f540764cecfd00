"""Real orders, sent one after another to a server, give to the point what the back-test gives.

Every line of the Online Retail data goes over HTTP in the back-test's order: the lines of an invoice
and customer are one order, orders in the order of time, those of one time as they first appear; a
customer joins with the first of its orders. Then all that was due until the end of 2011 has happened.
Compared are the server's own totals, the totals of a back-test of the server's records, and the
wallets of `guerdon backtest`; and with figures that are written down here.

Usage: test_real_orders.py GUERDON SOURCE
Without the real data it says `not run: real data`.
"""
import csv
import http.client
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

GUERDON, SOURCE = sys.argv[1:3]
DATA = os.path.join(os.environ.get("GUERDON_DATA") or os.path.join(SOURCE, "..", "shared", "data"),
                    "online-retail", "online_retail.csv.zst")
END = "2012-01-01T00:00:00Z"
LINES_AT_ONCE = 500
FIGURES = ("issued", "taken_back", "redeemed", "expired", "outstanding")


def read_orders(text):
    """[(invoice, customer, time, lines)] in the back-test's order."""
    orders = {}
    for line in csv.DictReader(io.StringIO(text)):
        customer = line["CustomerID"].removesuffix(".0")
        if customer:
            found = orders.setdefault((line["InvoiceNo"], customer), (line["InvoiceDate"], []))
            found[1].append(line)
    # Sorting keeps the order of what is equal: of first appearance.
    return sorted(((invoice, customer, time.replace(" ", "T") + "Z", lines)
                   for (invoice, customer), (time, lines) in orders.items()), key=lambda order: order[2])


class Server:
    def __init__(self, program, folder):
        data = os.path.join(folder, "data")
        os.mkdir(data)
        self.log = open(os.path.join(folder, "log"), "w")
        self.process = subprocess.Popen(
            [GUERDON, "serve", "--program", program, "--data", data, "--listen", "127.0.0.1:0",
             "--clock", "given"], stdout=subprocess.PIPE, stderr=self.log, text=True)
        said = ""
        while "gk_" not in said:
            line = self.process.stdout.readline()
            assert line, "the server ended"
            said += line
        self.key = re.search(r"gk_\S+", said).group(0)
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", int(re.search(r"127\.0\.0\.1:(\d+)", said).group(1)), timeout=300)

    def post(self, path, body, kind="application/json"):
        self.connection.request("POST", path, body.encode(), {
            "Authorization": "Bearer " + self.key, "Content-Type": kind})
        reply = self.connection.getresponse()
        text = reply.read().decode()
        assert reply.status == 200, (path, reply.status, text[:1000])
        return text

    def close(self):
        self.connection.close()
        self.process.terminate()
        self.process.stdout.close()
        self.log.close()
        return self.process.wait()


class Sender:
    """Events as NDJSON, many at once; each must be done."""

    def __init__(self, server):
        self.server, self.lines = server, []

    def add(self, **event):
        self.lines.append(json.dumps(event))
        if len(self.lines) >= LINES_AT_ONCE:
            self.flush()

    def flush(self):
        if not self.lines:
            return
        answers = self.server.post("/v1/events", "\n".join(self.lines), "application/x-ndjson").splitlines()
        assert len(answers) == len(self.lines)
        for line, answer in zip(self.lines, answers):
            assert json.loads(answer).get("answer") == "done", (line, answer)
        self.lines = []

    def take_back(self, member, **body):
        self.flush()
        answer = json.loads(self.server.post("/v1/members/%s/returns" % member, json.dumps(body)))
        assert answer["answer"] == "done", answer


def send_all(server, orders):
    sender, members = Sender(server), {}
    for invoice, customer, time, lines in orders:
        if customer not in members:
            members[customer] = time
            sender.add(type="join", id="join-" + customer, member=customer, occurred_at=time)
        if invoice.startswith("C"):
            sender.take_back(customer, id=invoice, occurred_at=time, items=[
                {"sku": line["StockCode"], "quantity": -int(line["Quantity"])} for line in lines])
        else:
            sender.add(type="purchase", id="%s-%s" % (invoice, customer), member=customer,
                       order="%s-%s" % (invoice, customer), occurred_at=time, currency="GBP", items=[
                           {"sku": line["StockCode"], "quantity": int(line["Quantity"]),
                            "unit_price": line["UnitPrice"]} for line in lines])
    for customer in sorted(members):
        sender.add(type="settle", id="end-" + customer, member=customer, occurred_at=END)
    sender.flush()


class RealOrders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        unpacked = subprocess.run(["zstdcat", DATA], check=True, capture_output=True, text=True)
        cls.orders = read_orders(unpacked.stdout)

    def compare(self, name, **figures):
        program = os.path.join(SOURCE, "examples", "programs", name + ".yaml")
        with open(program, encoding="utf-8") as file, tempfile.TemporaryDirectory() as folder:
            server = Server(program, folder)
            try:
                send_all(server, self.orders)
                totals = json.loads(server.post("/v1/programme/backtest", file.read(), "application/yaml"))
            finally:
                ending = server.close()
            self.assertEqual(ending, 0)
            subprocess.run([GUERDON, "verify", "--data", os.path.join(folder, "data")], check=True,
                           stdout=subprocess.DEVNULL)
        report = json.loads(subprocess.run(
            [GUERDON, "backtest", program, DATA, "--map",
             os.path.join(SOURCE, "examples", "maps", "online-retail.yaml"), "--until", END, "--json"],
            check=True, capture_output=True, text=True).stdout)
        self.assertEqual(totals["recorded"], totals["rehearsed"])
        (recorded,) = totals["recorded"]
        wallet = report[0]["wallets"][recorded["wallet"]]
        for figure, amount in figures.items():
            self.assertEqual(int(wallet[figure]), amount, figure)
        for figure in FIGURES:
            self.assertEqual(int(recorded[figure]), int(wallet[figure]), figure)

    def test_points_that_never_expire_are_the_back_tests(self):
        self.compare("retail-plain", issued=8902670, taken_back=516114, outstanding=8386556)

    def test_points_that_expire_are_the_back_tests(self):
        self.compare("retail-expiring", taken_back=484628, expired=5949884, outstanding=2468158)


if __name__ == "__main__":
    if os.path.exists(DATA):
        unittest.main(argv=sys.argv[:1])
    print("not run: real data")
