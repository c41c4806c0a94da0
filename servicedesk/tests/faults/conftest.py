import json
import os
import signal
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone

from servicedesk.clock.testing import make_unit
from servicedesk.testing.running import child_called, desk_in, desk_up, is_alive, wait_for
from servicedesk.tests.faults.post_office import open_post_office
from servicedesk.tests.faults.servers import redis_of_its_own
from tickets.testing import make_agent, make_category, make_ticket, make_word

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
READY_SWEEP_AGE = 5  # seconds
PATIENCE = 120  # seconds; a busy machine proves nothing


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.processes)
            if sys.platform != "linux":
                item.add_marker(pytest.mark.skip(reason="processes are killed and watched as on Linux"))


class Desk:
    """A desk in processes of its own on the database of the test, which can be held, killed and asked."""

    def __init__(self, folder, *, redis_url, email_url, database_url=""):
        self.folder = folder
        self.meddling = folder / "meddling"
        self.meddling.mkdir(exist_ok=True)
        self.environment = desk_in(folder, database_url or address_of_the_tests()) | {
            "DJANGO_SETTINGS_MODULE": "servicedesk.tests.faults.meddling.settings",
            "SECRET_KEY": settings.SECRET_KEY,
            "REDIS_URL": redis_url,
            "EMAIL_URL": email_url,
            "SWEEP_EVERY": "1",
            "READY_SWEEP_AGE": str(READY_SWEEP_AGE),
            "WEB_THREADS": "4",
        }
        self.supervisor = None

    @property
    def port(self):
        return int(self.environment["PORT"])

    @contextmanager
    def up(self, *places):
        """Let it run; it can be held behind the functions named."""
        with desk_up(self.environment | {"MEDDLE_AT": " ".join(places)}) as self.supervisor:
            try:
                yield self
            finally:
                for place in places:
                    (self.meddling / place).unlink(missing_ok=True)
                self.supervisor.send_signal(signal.SIGTERM)
                self.supervisor.wait(30)

    def told(self):
        """What /readyz says, or an empty answer."""
        asking = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asking.request("GET", "/readyz")
            return json.loads(asking.getresponse().read())
        except (OSError, HTTPException, ValueError):
            return {}
        finally:
            asking.close()

    def wait_until_ready(self):
        until = time.monotonic() + PATIENCE
        while not (told := self.told()).get("ready"):
            assert time.monotonic() < until, told
            time.sleep(0.1)
        return told

    def wait_for_reason(self, words):
        """Until /readyz is red for that reason."""
        return wait_for(lambda: any(words in reason for reason in self.told().get("reasons", [])), PATIENCE)

    # How it is held

    def hold(self, place, longest=""):
        (self.meddling / place).write_text(str(longest))

    def let_go(self, place):
        (self.meddling / place).unlink()

    def held(self, place):
        """The process of each thread that stands behind that function now."""
        found = [int(path.suffix[1:].partition("-")[0]) for path in self.meddling.glob(f"{place}.*")]
        return [pid for pid in found if is_alive(pid)]

    def wait_until_held(self, place, number=1):
        """A process that stands there, once so many threads do."""
        return wait_for(lambda: len(held := self.held(place)) >= number and held, PATIENCE)[0]

    def process(self, name):
        """One of the supervisor's children: web is called gunicorn, the others by their names."""
        return wait_for(lambda: child_called(self.supervisor, name))

    # What is asked of it

    def post(self, person, path, **fields):
        """The answer to a form: its status and the address it leads to; None if the line goes dead."""
        asking = HTTPConnection("127.0.0.1", self.port, timeout=60)
        token = "a" * 32
        headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session_of(person)}; {settings.CSRF_COOKIE_NAME}={token}",
            "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            asking.request("POST", path, urlencode(fields), headers)
            answer = asking.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Location", "")
        except (OSError, HTTPException):
            return None
        finally:
            asking.close()


def session_of(person):
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return session.session_key


def address_of_the_tests():
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@pytest.fixture
def post_office():
    with open_post_office() as office:
        yield office


@pytest.fixture
def own_redis():
    """A Redis of the test's own; the embedded set-up has none."""
    if connection.vendor == "sqlite":
        yield None
        return
    with redis_of_its_own() as server:
        yield server


@pytest.fixture(autouse=True)
def no_hints(monkeypatch):
    """Only the processes of the desk talk to its broker."""
    monkeypatch.setattr("servicedesk.outbox.posting.hint", lambda: None)


@pytest.fixture
def desk(transactional_db, tmp_path, own_redis, post_office):
    return Desk(tmp_path, redis_url=own_redis.url if own_redis else "", email_url=post_office.url)


@pytest.fixture
def overdue():
    """Tickets whose promise fell due an hour ago and has not been rung yet."""

    def make(count):
        now, unit, category = timezone.now(), make_unit(), make_category()
        agents = [make_agent(department=unit) for _ in range(3)]
        return [
            make_ticket(
                now - 2 * HOUR,
                first_responder=agents[n % len(agents)],
                category=category,
                promise=make_word(now - HOUR),
            )
            for n in range(count)
        ]

    return make


@pytest.fixture
def call():
    """What an agent types for a call, and the agent: sent twice it is the same form."""
    agent, category = make_agent(), make_category(kind="")
    due = timezone.now() + 4 * HOUR
    return agent, {
        "form_key": "0123456789abcdef",
        "anonymous": "on", "who": "", "words": "The heating has been cold since Friday.", "kind": "complaint",
        "channel": "phone", "wanted": "A warm flat", "severity": "ordinary", "read_back": "yes", "outcome": "promise",
        "due": due.isoformat(), "will_tell": "what we found", "category": category.pk,
    }  # fmt: skip
