"""The demonstration's server: a made-up shop's year, sent through the API, and then a server to try.

  1. `guerdon generate` makes up the orders, 10,000 members over 365 days, the same every time; they
     are moved by whole days so that the last of them was yesterday
  2. a server that takes the time from each event (--clock given) gets them in batches, as a shop
     would send its past: joins, purchases, returns, in order of time
  3. that server stops; another one starts on its store with the machine's own clock
  4. its address, a key and the commands of commands.sh are printed

It goes on until it is interrupted when a terminal is attached or with --keep; otherwise it stops.

Usage: demo.py GUERDON DIRECTORY [--keep] [--listen HOST:PORT]
"""
import argparse
import csv
import datetime
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMME = os.path.join(HERE, "..", "programs", "shop-tiers.yaml")
MEMBERS, DAYS, SEED = 10000, 365, 1
EVENTS_A_REQUEST = 2000


class Failed(SystemExit):
    """The demonstration cannot go on; its text says why."""


class Server:
    """A `guerdon serve` of our own, stopped as its operator would."""

    def __init__(self, guerdon, data, log, *options):
        self.process = subprocess.Popen(
            [guerdon, "serve", "--data", data, *options], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=log, start_new_session=True)  # Ctrl-C is for us alone
        self.url = self.key = None
        for line in self.process.stdout:
            listens = re.search(r"listens on http://(\S+)", line)
            self.url = listens.group(1) if listens else self.url
            key = re.search(r"\bgk_\S+", line)
            self.key = key.group(0) if key else self.key
            if self.url and (self.key or "--program" not in options):
                return
        raise Failed("the server did not start: %s says why" % log.name)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait() != 0:
            raise Failed("the server did not end well")


def read_orders(path):
    """The file's orders in its order: (id, time, member, channel, lines)."""
    orders = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            order = orders.setdefault(row["order"], (row["order"], row["time"], row["member"],
                                                     row["channel"], []))
            order[4].append(row)
    return sorted(orders.values(), key=lambda order: order[1])


def instant(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


def events_of(orders):
    """Yields each order as the events that the API takes; a member joins with its first order."""
    yesterday = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
    shift = yesterday - instant(orders[-1][1]).date()
    joined = set()
    for identity, at, member, channel, lines in orders:
        common = {"occurred_at": (instant(at) + shift).strftime("%Y-%m-%dT%H:%M:%SZ")}
        if member:
            common["member"] = member
        if member and member not in joined:
            joined.add(member)
            yield dict(common, type="join", id="join-" + member)
        if identity.startswith("R"):
            # It names no order: the member's latest purchases of these articles are meant.
            returns = [{"sku": line["sku"], "quantity": -int(line["quantity"])} for line in lines]
            yield dict(common, type="return_by_sku", id=identity, returns=returns)
            continue
        items = [{"sku": line["sku"], "category": line["category"],
                  "quantity": int(line["quantity"]), "unit_price": line["unit_price"]}
                 for line in lines]
        yield dict(common, type="purchase", id=identity, order=identity, channel=channel, items=items)


def send(server, events):
    """Sends them in batches; returns how many were done. Any other answer ends the demonstration."""
    connection = http.client.HTTPConnection(server.url)
    head = {"Authorization": "Bearer " + server.key, "Content-Type": "application/x-ndjson"}
    sent = 0
    while batch := [event for _, event in zip(range(EVENTS_A_REQUEST), events)]:
        body = "\n".join(map(json.dumps, batch)) + "\n"
        connection.request("POST", "/v1/events", body, head)
        reply = connection.getresponse()
        answers = [json.loads(line) for line in reply.read().splitlines()]
        for event, answer in zip(batch, answers):
            if answer.get("answer") != "done":
                raise Failed("%s was answered: %s" % (json.dumps(event), json.dumps(answer)))
        if len(answers) != len(batch):
            raise Failed("%d of %d events were answered" % (len(answers), len(batch)))
        sent += len(batch)
    connection.close()
    return sent


def commands():
    """The commands to try, with what is said of each, as commands.sh has them."""
    with open(os.path.join(HERE, "commands.sh"), encoding="utf-8") as file:
        return file.read().split("\n\n", 1)[1]


def clear(data):
    """Removes the last demonstration's store, unless its server still runs."""
    lock = os.path.join(data, "guerdon.lock")
    if os.path.exists(lock):
        with open(lock, "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Failed("a server still runs on %s: stop it first" % data)
    shutil.rmtree(data, ignore_errors=True)


def fill(guerdon, folder, log):
    """Makes the store; returns where it is, a key, and what is said of it."""
    orders = os.path.join(folder, "shop.csv")
    data = os.path.join(folder, "data")
    subprocess.run([guerdon, "generate", "--members", str(MEMBERS), "--days", str(DAYS),
                    "--seed", str(SEED), "--output", orders], check=True)
    server = Server(guerdon, data, log, "--program", PROGRAMME, "--clock", "given", "--listen",
                    "127.0.0.1:0")
    try:
        started = time.monotonic()
        sent = send(server, events_of(read_orders(orders)))
        seconds = time.monotonic() - started
    finally:
        server.stop()
    return data, server.key, "%d events in %.1f s, each durable" % (sent, seconds)


def serve(guerdon, data, log, listen):
    """On the address that was asked for; if none was, on the usual one or any that is free."""
    if listen:
        return Server(guerdon, data, log, "--listen", listen)
    try:
        return Server(guerdon, data, log, "--listen", "127.0.0.1:8080")
    except Failed:
        return Server(guerdon, data, log, "--listen", "127.0.0.1:0")


def wait(server):
    """Until somebody interrupts us, or the server ends by itself."""
    try:
        server.process.wait()
    except KeyboardInterrupt:
        print()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("guerdon")
    parser.add_argument("folder")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--listen")
    given = parser.parse_args()
    os.makedirs(given.folder, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    clear(os.path.join(given.folder, "data"))
    with open(os.path.join(given.folder, "server.log"), "w", encoding="utf-8") as log:
        data, key, said = fill(given.guerdon, given.folder, log)
        server = serve(given.guerdon, data, log, given.listen)
        print("%s -> %s" % (said, data))
        print("The server runs. To try it from another terminal, in this folder:\n")
        print("export GUERDON_URL=http://%s GUERDON_KEY=%s\n" % (server.url, key))
        print(commands())
        sys.stdout.flush()
        try:
            if given.keep or sys.stdin.isatty() and sys.stdout.isatty():
                print("It runs until Ctrl-C.", flush=True)
                wait(server)
            else:
                print("No terminal is attached: it stops now (--keep lets it run).")
        finally:
            if server.process.poll() is None:
                server.stop()


if __name__ == "__main__":
    main()
