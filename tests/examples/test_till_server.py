"""The offline till and the server: what was sold without a connection is there afterwards, once.

Usage: test_till_server.py TILL GUERDON PROGRAMME
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

TILL, GUERDON, PROGRAMME = sys.argv[1:4]


class Forgetful:
    """Passes connections on to the server, and loses the replies of the first so many."""

    def __init__(self, port, replies_to_lose):
        self.port, self.replies_to_lose = port, replies_to_lose
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", self.port)) as server:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += client.recv(65536)
                head, body = request.split(b"\r\n\r\n", 1)
                length = int(re.search(rb"(?i)content-length: *(\d+)", head).group(1))
                while len(body) < length:
                    body += client.recv(65536)
                server.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + b"\r\n\r\n" + body)
                reply = b""
                while True:
                    more = server.recv(65536)
                    if not more:
                        break
                    reply += more
                if self.replies_to_lose > 0:
                    self.replies_to_lose -= 1
                else:
                    client.sendall(reply)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


class TillAndServer(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.data = os.path.join(self.directory, "data")
        os.mkdir(self.data)
        shutil.copy(PROGRAMME, os.path.join(self.directory, "programme.yaml"))
        self.environment = dict(os.environ, TILL_DIRECTORY=self.directory, TILL_NAME="till-1")
        self.server = subprocess.Popen(
            [GUERDON, "serve", "--program", PROGRAMME, "--data", self.data, "--listen", "127.0.0.1:0"],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.port = self.key = None
        while self.port is None or self.key is None:
            line = self.server.stdout.readline()
            self.assertNotEqual(line, "", "the server ended")
            listens = re.search(r"listens on http://127\.0\.0\.1:(\d+)", line)
            key = re.search(r"\bgk_\S+", line)
            self.port = int(listens.group(1)) if listens else self.port
            self.key = key.group(0) if key else self.key
        self.reader = threading.Thread(target=self.server.stdout.read)
        self.reader.start()

    def tearDown(self):
        self.server.send_signal(signal.SIGTERM)
        self.server.wait()
        self.reader.join()
        self.server.stdout.close()
        shutil.rmtree(self.directory)

    def till(self, *arguments, fails=False):
        done = subprocess.run([TILL, *arguments], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1 if fails else 0, done.stdout + done.stderr)
        return done.stdout

    def available(self, member):
        request = urllib.request.Request("http://127.0.0.1:%d/v1/members/%s" % (self.port, member),
                                         headers={"Authorization": "Bearer " + self.key})
        with urllib.request.urlopen(request) as reply:
            (wallet,) = json.load(reply)["wallets"]
        return int(wallet["available"])

    def test_what_was_sold_offline_is_on_the_server_once(self):
        self.till("allowance", "100")
        self.till("sell", "ann", "19.99")
        killed = subprocess.Popen([TILL, "sell", "bob", "5.00"], env=self.environment,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        killed.kill()
        killed.wait()
        if "1 sold" in self.till("show"):
            self.till("sell", "bob", "5.00")
        self.till("sell", "ann", "30.00")
        forgetful = Forgetful(self.port, 1)
        self.till("sync", forgetful.url, self.key, fails=True)
        self.assertIn("3 sold, 0 answered", self.till("show"))
        self.assertEqual((self.available("ann"), self.available("bob")), (49, 5))
        self.assertIn("3 sold, 3 answered", self.till("sync", forgetful.url, self.key))
        self.assertIn("3 sold, 3 answered", self.till("sync", forgetful.url, self.key))
        forgetful.close()
        self.assertEqual((self.available("ann"), self.available("bob")), (49, 5))
        verified = subprocess.run([GUERDON, "verify", "--data", self.data], text=True,
                                  stdout=subprocess.PIPE)
        self.assertEqual(verified.returncode, 0)
        self.assertIn("nothing is wrong; 3 records", verified.stdout)


unittest.main(argv=sys.argv[:1])
