"""Eight people and the clock at a few tickets at once: every act is done or refused, nothing breaks, the audit is clean."""

import random
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from servicedesk.audit.invariants import findings
from servicedesk.clock.sweep import sweep
from servicedesk.customers.editing import record_wish
from servicedesk.customers.models import Customer
from servicedesk.customers.testing import make_customer
from servicedesk.staff.leaving import deactivate
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_user
from tickets.checks import Opinion, confirm_solved, confirm_task, record_check
from tickets.contacts import hear_from_customer, update_customer
from tickets.corrections import correct_customer, establish, reclassify
from tickets.marks import lift_mark, set_mark
from tickets.models import Kind, Mark, Reading, Ticket, VoidRequest
from tickets.notes import add_note
from tickets.ownership import take_over
from tickets.replies import Reply, confirm_reading, finish_task, reply_to_customer
from tickets.resolving import close_unopposed, reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_ticket, make_word
from tickets.voiding import ask_to_void, decide_void

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8
SECOND = timedelta(seconds=1)


class Crowd:
    """What may be done, at a time that all share and that only goes forward."""

    def __init__(self) -> None:
        self.administrator = make_user(roles=["administrator"])
        self.people = [make_agent()]
        unit = self.people[0].department
        self.people += [make_user(department=unit) for _ in range(THREADS - 1)]
        self.leaver, self.manager = self.people[-1], unit.manager
        self.category, self.other = make_category(), make_category()
        for category in (self.category, self.other):
            category.deputies.set([*self.people[:-1], self.manager])
        self.customers = [make_customer() for _ in range(2)]
        self.tickets = [
            self.ticket(kind) for kind in (Kind.COMPLAINT, Kind.INQUIRY, Kind.SUGGESTION, Kind.TASK)
        ]
        self.tickets.append(self.ticket(Kind.COMPLAINT, anonymous=True))
        self.moved, self.at = threading.Lock(), MONDAY + SECOND
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.broke: list[BaseException] = []

    def ticket(self, kind, **fields):
        if not fields and kind != Kind.TASK:
            fields["customer"] = self.customers[0]
        return make_ticket(
            kind=kind, category=self.category, first_responder=random.choice(self.people), **fields
        )

    def now(self):
        with self.moved:
            self.at += random.choice([SECOND, 60 * SECOND, HOUR, 30 * HOUR])
            return self.at

    def work(self, until: float) -> None:
        """One person at work; whatever is no refusal is a fault."""
        try:
            while time.monotonic() < until and not self.broke:
                self.one_act()
        except BaseException as fault:
            self.broke.append(fault)
        finally:
            connection.close()

    def one_act(self) -> None:
        act = random.choice(self.acts())
        ticket = Ticket.objects.select_related("category").get(pk=random.choice(self.tickets).pk)
        try:
            act(ticket, by=User.objects.get(pk=random.choice(self.people).pk), at=self.now())
        except ValidationError:
            self.refused[act.__name__] += 1
        else:
            self.done[act.__name__] += 1

    def acts(self):
        return [
            *[self.reply] * 4, *[self.check] * 3, *[self.reopen] * 2, self.take, self.leave, self.void, self.write,
            self.correct, self.wish, self.read, self.clock, self.update, self.task,
        ]  # fmt: skip

    def reply(self, ticket, *, by, at):
        mode = random.choice(["spoken", "written", "tried", "on_file"])
        word = make_word(at + random.choice([2 * SECOND, HOUR]))
        reply = Reply(
            words="So far.", mode=mode, channel="phone", next_word=word, odd_hours="Now", solved=random.random() < 0.4,
            accepted=random.random() < 0.3,
        )  # fmt: skip
        reply_to_customer(ticket, reply, by=by, at=at)

    def check(self, ticket, *, by, at):
        if random.random() < 0.3:
            confirm_solved(ticket, by=by, at=at)
            return
        outcome = random.choice(["satisfied", "dissatisfied", "not_reached"])
        opinion = Opinion(
            outcome=outcome,
            words="So it is.",
            channel="phone",
            next_word=make_word(at + HOUR),
            odd_hours="Now",
        )
        record_check(ticket, opinion, by=by, at=at)

    def reopen(self, ticket, *, by, at):
        reopen(ticket, promise=make_word(at + HOUR), reason="Again.", by=by, at=at)

    def take(self, ticket, *, by, at):
        take_over(ticket, by=by, at=at)

    def leave(self, ticket, *, by, at):
        """One of them leaves and comes back, so that it can happen again."""
        leaver = User.objects.get(pk=self.leaver.pk)
        deactivate(leaver, by=self.administrator, at=at)
        User.objects.filter(pk=leaver.pk).update(is_active=True, left_at=None)

    def void(self, ticket, *, by, at):
        request = VoidRequest.objects.filter(ticket=ticket, confirmed=None).first()
        if request is None:
            ask_to_void(ticket, reason="Spam", by=by, at=at)
        else:
            decide_void(request, confirmed=random.random() < 0.1, by=by, at=at)

    def write(self, ticket, *, by, at):
        how = {"by": by, "at": at}
        mark = Mark.objects.filter(ticket=ticket, lifted_at=None).first()
        random.choice(
            [
                lambda: add_note(ticket, words=f"See this, @{self.manager.username}", **how),
                lambda: establish(ticket, cause=f"A cause of {at}", **how),
                lambda: reclassify(ticket, category=self.other, severity="severe", reason="Worse", **how),
                lambda: reclassify(ticket, category=self.category, severity="minor", reason="Better", **how),
                lambda: (
                    lift_mark(mark, reason="Over", **how)
                    if mark
                    else set_mark(ticket, "major_fault", reason="Big", **how)
                ),
                lambda: hear_from_customer(ticket, words="And now?", channel="phone", asked=True, **how),
            ]
        )()

    def correct(self, ticket, *, by, at):
        if ticket.kind != Kind.TASK and not ticket.anonymous:
            correct_customer(ticket, customer=random.choice(self.customers), by=by, at=at)

    def wish(self, ticket, *, by, at):
        customer = Customer.objects.get(pk=self.customers[1].pk)
        wish = random.choice(["no_contact", "none"])
        record_wish(customer, wish, words="" if wish == "none" else "Leave me.", by=by, at=at)

    def read(self, ticket, *, by, at):
        reading = Reading.objects.filter(read_at=None).first()
        if reading:
            confirm_reading(reading, by=self.manager, at=at)

    def clock(self, ticket, *, by, at):
        run = sweep(at)
        assert run.set_aside == 0
        close_unopposed(at)

    def update(self, ticket, *, by, at):
        mode = random.choice(["spoken", "on_file"])
        update_customer(ticket, words="Ordered.", mode=mode, channel="phone", odd_hours="Now", by=by, at=at)

    def task(self, ticket, *, by, at):
        random.choice(
            [
                lambda: finish_task(ticket, words="Done.", by=by, at=at),
                lambda: confirm_task(ticket, by=ticket.requester or by, at=at),
            ]
        )()


def crowd_for(seconds: int) -> Crowd:
    crowd = Crowd()
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=crowd.work, args=[until]) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return crowd


def judge(crowd: Crowd) -> None:
    assert crowd.broke == []
    assert {"reply", "take", "clock"} <= set(crowd.done), crowd.done
    assert crowd.refused, "two at once on one ticket must sometimes be refused"
    assert [(one.subject, one.text) for finding in findings() for one in finding.examples] == []


def test_a_crowd_at_a_few_tickets_breaks_nothing():
    judge(crowd_for(25))


@pytest.mark.slow
def test_a_crowd_at_work_for_long_breaks_nothing():
    judge(crowd_for(90))
