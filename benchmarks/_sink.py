"""A mail server on this machine that takes every mail and keeps nothing but its Message-ID, in a process of its own."""

from __future__ import annotations

import multiprocessing
import re
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.I | re.M)


@dataclass
class Sink:
    """Where the mail server listens; `taken` asks it what it has."""

    port: int
    asking: Connection

    def taken(self) -> Counter[str]:
        """How often each Message-ID came in."""
        self.asking.send("taken")
        return self.asking.recv()


@contextmanager
def mail_sink() -> Iterator[Sink]:
    """A mail server for as long as the block lasts."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Sink(ours.recv(), ours)
    finally:
        process.terminate()
        process.join()


def _serve(asked: Connection) -> None:
    taken: Counter[str] = Counter()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 sink\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                    found = MESSAGE_ID.search(mail)
                    taken[found[1].decode() if found else "none"] += 1
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Session) as server:
        asked.send(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        while asked.recv():
            asked.send(taken)
