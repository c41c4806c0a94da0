import os
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from pkgutil import resolve_name

import time_machine
from django.apps import AppConfig
from django.conf import settings

TICK = 0.02  # seconds
LONGEST = 120  # seconds, after which a test is over in any case


class MeddlingConfig(AppConfig):
    name = "servicedesk.tests.faults.meddling"

    def ready(self):
        folder = settings.VAR / "meddling"
        folder.mkdir(exist_ok=True)
        for place in os.environ.get("MEDDLE_AT", "").split():
            home, _, name = place.rpartition(".")
            home = resolve_name(home)
            setattr(home, name, held(getattr(home, name), folder / place))
        if os.environ.get("MEDDLE_CLOCK"):
            clock = Clock(folder / "clock")
            clock.start()
            os.register_at_fork(after_in_child=clock.start)  # it inherits the time, but no thread


def held(function, sign: Path):
    """The function, which does not return while the sign stands, or for as many seconds as are written there."""

    @wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        if sign.exists():
            longest = float(sign.read_text() or LONGEST)
            reached = sign.with_name(f"{sign.name}.{os.getpid()}-{threading.get_native_id()}")
            reached.touch()
            until = time.monotonic() + longest
            while sign.exists() and time.monotonic() < until:
                time.sleep(TICK)
            reached.unlink(missing_ok=True)
        return result

    return wrapper


class Clock:
    """Sets the clock of this process as often as the file says otherwise."""

    def __init__(self, file: Path):
        self.file, self.ahead = file, 0.0
        self.time = time_machine.travel(datetime.now(UTC), tick=True).start()

    def start(self):
        self.look()
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            time.sleep(TICK)
            self.look()

    def look(self):
        ahead = float(self.file.read_text()) if self.file.exists() else 0.0
        if ahead != self.ahead or self.is_off():
            self.ahead = ahead
            self.time.move_to(really_now() + timedelta(seconds=ahead))

    def is_off(self):
        """Whether it does not show what it should, as where a busy machine let time pass between two lines."""
        return abs(datetime.now(UTC) - really_now() - timedelta(seconds=self.ahead)) > timedelta(seconds=0.5)


def really_now():
    return time_machine.escape_hatch.datetime.datetime.now(UTC)
