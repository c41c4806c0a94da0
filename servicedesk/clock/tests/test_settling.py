"""A settlement sees what the sweep has just stamped, whatever its caller has read before."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Deadline
from servicedesk.clock.owing import settle, withdraw
from servicedesk.clock.sweep import sweep
from servicedesk.clock.testing import MONDAY, make_deadline

pytestmark = pytest.mark.django_db

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
DUE = MONDAY + 6 * HOUR


def events(deadline):
    entries = Entry.objects.filter(subject=deadline.subject).order_by("number")
    return list(entries.values_list("event", flat=True))


@pytest.mark.parametrize("end", [settle, lambda *args, **kw: withdraw(*args, reason="void", **kw)])
def test_a_breach_stamped_meanwhile_stands_once_on_the_timeline(end):
    read_before = make_deadline(due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    ended = end(read_before, by="clock", at=DUE + HOUR)
    assert events(ended).count("broke") == 1
    assert ended.broken_at == DUE + SECOND


@pytest.mark.parametrize("end", [settle, lambda *args, **kw: withdraw(*args, reason="void", **kw)])
def test_a_premature_stamp_is_marked_as_a_clock_fault_however_the_deadline_ends(end):
    read_before = make_deadline(due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)  # the clock had jumped ahead
    ended = end(read_before, by="clock", at=MONDAY + HOUR)
    assert events(ended).count("clock_fault") == 1


@pytest.mark.parametrize("end", [settle, lambda *args, **kw: withdraw(*args, reason="void", **kw)])
def test_what_somebody_has_settled_meanwhile_is_refused_and_leaves_no_entry(end):
    read_before = make_deadline(due_at=DUE, at=MONDAY)
    settle(Deadline.objects.get(pk=read_before.pk), by="clock", at=DUE)
    with pytest.raises(ValidationError) as refusal:
        end(read_before, by="clock", at=DUE + HOUR)
    assert refusal.value.code == "settled"
    assert events(read_before) == []


def test_what_is_settled_at_the_due_instant_is_kept_and_bears_no_stamp():
    deadline = make_deadline(due_at=MONDAY + HOUR, at=MONDAY)
    settle(deadline, by="clock", at=MONDAY + HOUR)
    assert (deadline.outcome, deadline.broken_at) == ("kept", None)
