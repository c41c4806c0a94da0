"""A real worker and a real beat: a promise breaks by itself, and the manager hears of it."""

import json
import sys

import pytest

from servicedesk.testing.running import desk_up, manage, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are watched as on Linux"),
]

LOG_A_CALL = """
from datetime import timedelta
from django.utils import timezone
from servicedesk.clock.testing import make_unit
from tickets.testing import make_agent, make_ticket, make_word
now = timezone.now()
unit = make_unit()
ticket = make_ticket(now, first_responder=make_agent(department=unit), promise=make_word(now + timedelta(seconds=4)))
print(ticket.number)
"""
WHAT_HAPPENED = """
import json
from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Deadline, Ring
from servicedesk.outbox.models import Message
print(json.dumps({
    "broken": Deadline.objects.broken().count(),
    "events": list(Entry.objects.filter(subject__startswith="ticket:").order_by("number").values_list("event", flat=True)),
    "rings": Ring.objects.filter(rung__when="after").count(),
    "told": list(Message.objects.filter(event="owed", recipient__manages__isnull=False).values_list("channel", flat=True)),
}))
"""


def ask(environment, script):
    answer = manage(environment, "shell", "-v0", "-c", script)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip().splitlines()[-1]


@pytest.mark.clause("R1.1f")
def test_a_promise_breaks_by_itself_and_the_manager_hears_of_it(desk_environment):
    quick = desk_environment | {"SWEEP_EVERY": "1"}
    with desk_up(quick):
        ask(quick, LOG_A_CALL)
        happened = wait_for(lambda: (h := json.loads(ask(quick, WHAT_HAPPENED)))["rings"] and h, seconds=60)
        assert happened["broken"] == 1
        assert happened["events"].count("broke") == 1
        assert happened["rings"] == 1
        assert sorted(happened["told"]) == ["email", "in_app"]
    audit = manage(quick, "audit")
    assert audit.returncode == 0, audit.stdout
