"""Rules of the house change while matters run, and its clock, its mail and its notices go on."""

from __future__ import annotations

from datetime import time
from unittest import mock

from hypothesis import strategies as st

from followups.holiday_lists import watch_lists
from servicedesk.calendars.models import Calendar
from servicedesk.calendars.publishing import load_holidays, publish, set_hours
from servicedesk.clock.acknowledging import acknowledge
from servicedesk.clock.ladders import revise, step_of
from servicedesk.clock.models import Deadline, Ladder, Ring
from servicedesk.clock.sweep import put_back, sweep
from servicedesk.outbox.models import Message
from servicedesk.outbox.queue import try_again
from servicedesk.outbox.reading import mark_all_read, mark_read
from servicedesk.outbox.sending import send_due
from servicedesk.regulations.changing import change
from servicedesk.regulations.deciding import decide
from servicedesk.regulations.deciding import reopen as take_back
from servicedesk.regulations.questions import standings
from servicedesk.regulations.span import Span
from servicedesk.reports.opencounts import fold
from servicedesk.tests.life.acting import Life, act, gaps, somebody

MEMORY = "django.core.mail.backends.locmem.EmailBackend"
WEEKS = [
    {day: [(time(9), time(12)), (time(13), time(18))] for day in range(5)},
    {day: [(time(8), time(20))] for day in range(6)},
]


class Policies(Life):
    @property
    def administrator(self) -> dict:
        return {"by": self.house.administrator, "at": self.at}

    @act(gap=gaps, choice=st.integers(0, 3), year=st.sampled_from([2026, 2027]))
    def calendar(self, gap, choice, year):
        """No due time that stands moves by it: the model keeps them."""
        self.pass_time(gap)
        calendar, how = Calendar.objects.default(), self.administrator
        acts = (
            lambda: set_hours(calendar, WEEKS[0], **how),
            lambda: set_hours(calendar, WEEKS[1], **how),
            lambda: publish(calendar, **how),
            lambda: load_holidays("CN", year, **how),
        )
        self.do(acts[choice])

    @act(gap=gaps)
    def counts_are_folded(self, gap):
        self.pass_time(gap)
        self.do(fold)

    @act(gap=gaps)
    def holidays_are_watched(self, gap):
        self.pass_time(gap)
        self.do(lambda: watch_lists(self.at))

    @act(gap=gaps, days=st.integers(1, 3))
    def setting(self, gap, days):
        self.pass_time(gap)
        self.do(lambda: change("S2a", Span(days, "working_days"), **self.administrator))

    @act(gap=gaps, words=st.sampled_from(["So it is done.", " "]), again=st.booleans())
    def decision(self, gap, words, again):
        self.pass_time(gap)
        code = next(one.question.code for one in standings(self.at) if not one.question.is_judged)
        if again:
            self.do(lambda: take_back(code, words=words, **self.administrator))
        else:
            self.do(lambda: decide(code, words=words, **self.administrator))

    @act(gap=gaps, kind=st.sampled_from(["promise", "check"]), amount=st.integers(1, 90))
    def ladder(self, gap, kind, amount):
        """Deadlines that run keep theirs."""
        self.pass_time(gap)
        ladder = Ladder.objects.get(kind=kind, active=True)
        steps = [step_of(rung) for rung in ladder.rungs.order_by("number")]
        late = {
            "when": "after",
            "amount": amount,
            "unit": "minutes",
            "position": "owner",
            "acknowledge": True,
        }
        changed = {"name": ladder.name, "never_waits": amount % 2 == 0, "rungs": [*steps[:2], late]}
        self.do(lambda: revise(ladder, **changed, **self.administrator))

    @act(gap=gaps, by=somebody)
    def seen(self, gap, by):
        self.pass_time(gap)
        ring = Ring.objects.filter(rung__acknowledge=True, acknowledged_at=None).order_by("pk").first()
        if ring is None:
            return
        person = self.house.people[by]
        self.do(lambda: acknowledge(ring, by=person, at=self.at), expected=ring.person_id == person.pk)

    @act(gap=gaps)
    def breakdown(self, gap):
        """No row can be carried out: each is set aside, and given back once the cause is mended."""
        self.pass_time(gap)
        due = Deadline.objects.due(self.at).count()
        with mock.patch("servicedesk.clock.sweep.advance", side_effect=ValueError("broken")):
            assert sweep(self.at).set_aside == due
        for deadline in Deadline.objects.set_aside():
            assert self.do(lambda deadline=deadline: put_back(deadline, **self.administrator)) is True
        self.changes += 1

    @act(gap=gaps)
    def mail(self, gap):
        """What goes out, and, asked again, what was given up: to people who are gone."""
        self.pass_time(gap)
        send_due(self.at, backend=MEMORY)
        given_up = Message.objects.given_up().count()
        tried = self.do(lambda: try_again(Message.objects.all(), **self.administrator))
        assert (0 if tried is True else tried) == given_up
        self.changes += 1

    @act(gap=gaps, by=somebody, all_of_them=st.booleans())
    def notices(self, gap, by, all_of_them):
        self.pass_time(gap)
        person = self.house.people[by]
        notice = Message.objects.unread_of(person).first()
        if all_of_them or notice is None:
            self.do(lambda: mark_all_read(person, up_to=self.at, at=self.at))
        else:
            self.do(lambda: mark_read(notice, at=self.at))
