"""A worker killed with -9 in the middle of its work: every rung rings once, every mail goes out, at most one of them twice."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Deadline, Ring
from servicedesk.clock.sweep import sweep
from servicedesk.clock.testing import MONDAY, make_deadline, make_matter, make_unit
from servicedesk.outbox.mail import message_id
from servicedesk.outbox.models import Message, State
from servicedesk.outbox.sending import LEASE, send_due

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
DUE = MONDAY + 6 * HOUR
SWEEP = "from servicedesk.clock.sweep import sweep; sweep(at, batch=4)"
SEND = "from servicedesk.outbox.sending import send_due; send_due(at)"


@pytest.fixture
def elsewhere(tmp_path):
    """The environment of a process that works on the database of this test, its mail in the folder `mail`."""
    name = connection.settings_dict["NAME"]
    address = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        address = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    own = {
        "DATABASE_URL": address,
        "EMAIL_URL": f"filemail:///{tmp_path}/mail",
        "REDIS_URL": "memory://localhost/",
    }
    return {**os.environ, "SECRET_KEY": "only for this test", "VAR_DIR": str(tmp_path), **own}


def worker(environment, act, at):
    code = f"import django; django.setup()\nfrom datetime import datetime\nat = datetime.fromisoformat('{at.isoformat()}')\n"
    return subprocess.Popen(
        [sys.executable, "-c", code + act],
        cwd=settings.BASE_DIR, env={**environment, "DJANGO_SETTINGS_MODULE": "servicedesk.settings"},
    )  # fmt: skip


def kill_in_the_middle(process, progress, *, share):
    """Kill -9 once this much has been done since it began; whether it still lived then."""
    began, until = progress(), time.monotonic() + 120
    while process.poll() is None and progress() < began + share:
        assert time.monotonic() < until
        time.sleep(0.005)
    time.sleep(random.random() / 50)  # anywhere between two commits
    living = process.poll() is None
    if living:
        process.send_signal(signal.SIGKILL)
    process.wait()
    return living


def violations():
    return [one for finding in findings() for one in finding.examples]


def make_due(count):
    unit = make_unit()
    matters = [make_matter(unit) for _ in range(6)]
    return [make_deadline(matters[n % 6], due_at=DUE, at=MONDAY) for n in range(count)]


def test_a_sweep_killed_again_and_again_rings_every_rung_once(elsewhere):
    due = make_due(120)
    killed = 0
    for _ in range(4):
        process = worker(elsewhere, SWEEP, DUE + SECOND)
        killed += kill_in_the_middle(process, Ring.objects.count, share=16)
    assert killed >= 2
    assert Deadline.objects.filter(broken_at=None).exists()
    sweep(DUE + SECOND)
    rung = Counter(Ring.objects.filter(rung__when="after").values_list("deadline", flat=True))
    assert rung == {deadline.pk: 1 for deadline in due}
    assert Entry.objects.filter(event="broke").count() == len(due)
    told = Message.objects.filter(channel="in_app").values_list("params__count", flat=True)
    assert sum(told) == Ring.objects.filter(skipped=False).count()
    assert violations() == []


def test_mail_of_senders_killed_in_the_middle_goes_out_and_at_most_one_a_kill_goes_out_twice(elsewhere):
    make_due(1)
    sweep(DUE + SECOND)
    first = Message.objects.filter(channel="email").latest("pk")
    letters = Message.objects.bulk_create(
        Message(
            key=f"letter:{n}", event=first.event, channel="email", recipient=first.recipient, params=first.params,
            created_at=DUE, send_after=DUE, next_try_at=DUE, state=State.QUEUED,
        )
        for n in range(150)
    )  # fmt: skip
    folder = Path(elsewhere["VAR_DIR"], "mail")
    at, killed = DUE + HOUR, 0
    for _ in range(3):
        process = worker(elsewhere, SEND, at)
        killed += kill_in_the_middle(process, Message.objects.filter(state=State.SENT).count, share=12)
        at += LEASE + SECOND
    assert killed >= 2
    assert worker(elsewhere, SEND, at).wait() == 0
    send_due(at + LEASE + SECOND)
    assert not Message.objects.exclude(state=State.SENT).exists()
    told = "".join(file.read_text() for file in folder.iterdir())
    went_out = Counter(re.findall(r"^Message-ID: (\S+)", told, re.MULTILINE))
    assert {message_id(letter) for letter in letters} <= set(went_out)
    doubled = {letter: times for letter, times in went_out.items() if times > 1}
    assert sum(doubled.values()) - len(doubled) <= killed
