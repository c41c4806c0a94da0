"""A mail server that does what its mood says, and remembers what it read and what it answered for."""

import re
import threading
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer

WELL = "well"
REFUSING = "refusing"  # 421 to whoever calls
SILENT = "silent"  # takes the call and says nothing
HANGING = "hanging"  # reads a letter and never answers
DYING = "dying"  # reads a letter and hangs up
PATIENCE = 60  # seconds


class Counter(StreamRequestHandler):
    """One call."""

    timeout = PATIENCE

    def handle(self):
        office = self.server.office
        if office.mood == REFUSING:
            self.say("421 closed")
            return
        if office.mood == SILENT:
            office.closing.wait(PATIENCE)
            return
        self.say("220 post office")
        while line := self.rfile.readline().decode().strip().upper():
            if line == "DATA":
                self.say("354 go on")
                if not self.take_letter(office):
                    return
            elif line == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 well")

    def take_letter(self, office):
        """Whether the call goes on behind it."""
        lines = list(iter(lambda: self.rfile.readline().decode(errors="replace").rstrip("\r\n"), "."))
        letter = next(
            found[1] for line in lines if (found := re.match(r"Message-ID: (\S+)", line, re.IGNORECASE))
        )
        office.read.append(letter)
        if office.mood == HANGING:
            office.closing.wait(PATIENCE)
        if office.mood in (HANGING, DYING):
            return False
        office.accepted.append(letter)
        self.say("250 taken")
        return True

    def say(self, words):
        self.wfile.write(f"{words}\r\n".encode())


class PostOffice(ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 50

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Counter)
        self.office = self
        self.mood, self.read, self.accepted = WELL, [], []  # Message-IDs
        self.closing = threading.Event()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """A caller who was killed hangs up without a word; that is what this is about."""


@contextmanager
def open_post_office():
    with PostOffice() as office:
        thread = threading.Thread(target=office.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield office
        finally:
            office.closing.set()
            office.shutdown()
            thread.join()
