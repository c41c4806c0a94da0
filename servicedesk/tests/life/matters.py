"""The acts on tickets by random people, judged after each by a plain model.

The model knows nothing of tables. It says which acts the rules allow, and afterwards whose each ticket is, how it
stands and what is owed on it. A refusal is a ValidationError and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from servicedesk.clock.models import Deadline
from servicedesk.customers.editing import record_wish
from servicedesk.customers.models import Customer
from servicedesk.staff.models import User
from servicedesk.tests.life.acting import DAY, MINUTE, Life, act, gaps, somebody
from tickets.about_staff import lift_name, name_colleague
from tickets.calls import Newcomer, log_call
from tickets.checks import Opinion, confirm_solved, confirm_task, record_check
from tickets.contacts import correct_contact, hear_from_customer, update_customer
from tickets.corrections import correct_customer, establish, reclassify
from tickets.intake import Answer, open_ticket
from tickets.marks import lift_mark, set_mark
from tickets.models import Kind, Mark, Reading, Ticket, VoidRequest
from tickets.notes import add_note
from tickets.ownership import take_over
from tickets.replies import Reply, confirm_reading, finish_task, reply_to_customer
from tickets.resolving import close_unopposed, reopen
from tickets.testing import HOUR, make_intake, make_word
from tickets.voiding import ask_to_void, decide_void

HEARD = ("spoken", "written")
ASKED_AFTERWARDS = (Kind.COMPLAINT, Kind.FAULT, Kind.REQUEST)
MOST = 4  # tickets a life; few, so that acts meet each other
TEXTS = ("Now.", "Still the same.", "暖气又冷了")

some_ticket = st.integers(0, MOST - 1)
aheads = st.sampled_from([5 * MINUTE, HOUR, 4 * HOUR])


@dataclass
class Known:
    """What the model knows of one ticket."""

    pk: int
    kind: str
    owner: int
    requester: int | None
    customer: int | None
    state: str = "unresolved"
    ended: str | None = None
    promised_at: datetime | None = None
    due_at: datetime | None = None
    unopposed_at: datetime | None = None
    solver: int | None = None
    confirmer: int | None = None  # who owes it to say that a task is done
    attempts: list[datetime] = field(default_factory=list)

    def promise(self, at: datetime, due_at: datetime) -> None:
        self.state, self.ended, self.promised_at, self.due_at = "unresolved", None, at, due_at
        self.unopposed_at = self.confirmer = None

    def close(self, ended: str) -> None:
        self.state, self.ended, self.unopposed_at, self.confirmer = "closed", ended, None, None

    def owes(self) -> int:
        """How many deadlines are live on it, readings aside."""
        if self.state == "unresolved":
            return 1
        return int(self.state == "resolved" and self.kind in (*ASKED_AFTERWARDS, Kind.TASK))


class Matters(Life):
    """Four people, three customers and few tickets."""

    def __init__(self, *given) -> None:
        super().__init__(*given)
        self.tickets: list[Known] = []
        self.forms = 0
        self.nobody_to_tell = {self.house.customers[-1].pk}

    def pick(self, number: int) -> Known | None:
        return self.tickets[number % len(self.tickets)] if self.tickets else None

    def row(self, known: Known) -> Ticket:
        return Ticket.objects.select_related("category").get(pk=known.pk)

    def word(self, ahead: timedelta, *, wished: bool = False):
        return make_word(self.at + (30 * DAY if wished else ahead), wished=wished)

    def cannot_be_told(self, known: Known) -> bool:
        return known.customer is None or known.customer in self.nobody_to_tell

    def fits(self, known: Known, mode: str) -> bool:
        if known.kind == Kind.TASK and known.customer is None:
            return mode in HEARD
        return (mode == "on_file") == self.cannot_be_told(known)

    def fitting(self, known: Known) -> str:
        return "written" if self.fits(known, "written") else "on_file"

    # Intake

    @initialize(kind=st.sampled_from(Kind.values), by=somebody)
    def first(self, kind, by):
        self.take_in(kind, by, customer=0, answered=False, ahead=4 * HOUR)

    @act(
        kind=st.sampled_from(Kind.values), by=somebody, customer=st.integers(0, 3), answered=st.booleans(), ahead=aheads,
        gap=gaps,
    )  # fmt: skip
    def intake(self, kind, by, customer, answered, ahead, gap):
        if len(self.tickets) < MOST:
            self.pass_time(gap)
            self.take_in(kind, by, customer, answered=answered, ahead=ahead)

    def take_in(self, kind, by, customer, *, answered, ahead):
        person, is_task = self.person(by), kind == Kind.TASK
        named = None if is_task or customer == 3 else self.house.customers[customer]
        fields = {"answer": Answer("It is warm again.")} if answered else {"promise": self.word(ahead)}
        if named and self.tickets:
            earlier = Ticket.objects.filter(customer=named).first()
            fields["repeat_of"] = earlier
        if named is None and not is_task:
            fields["anonymous"] = True
        if is_task:
            fields["requester"] = self.person(customer)
        intake = make_intake(
            self.at, kind=kind, first_responder=person, category=self.house.category,
            **({"customer": named} if named else {}), **fields,
        )  # fmt: skip
        ticket = self.do(self.way_in(intake, person), expected=not (is_task and answered))
        if ticket is None:
            return
        requester = fields["requester"].pk if is_task else None
        known = Known(ticket.pk, kind, person.pk, requester, ticket.customer_id)
        known.promise(self.at, self.at + ahead)
        if answered:
            known.close("accepted")
        self.tickets.append(known)

    def way_in(self, intake, person):
        """Tasks come alone; calls by a form that is sent twice, every other one from somebody met in it."""
        if intake.kind == Kind.TASK:
            return lambda: open_ticket(intake, by=person, at=self.at)
        self.forms += 1
        form, newcomer = f"form {self.forms}", None
        if intake.anonymous and self.forms % 2:
            newcomer, intake = Newcomer("王小明", "person"), replace(intake, anonymous=False)

        def call():
            logged = log_call(intake, form_key=form, newcomer=newcomer, by=person, at=self.at)
            again = log_call(intake, form_key=form, newcomer=newcomer, by=person, at=self.at)
            assert again.again and again.ticket == logged.ticket
            return logged.ticket

        return call

    # Replies

    @act(
        number=some_ticket, by=somebody, mode=st.sampled_from(["fitting", "fitting", "tried", "tried", "on_file", "spoken"]), gap=gaps,
        solved=st.booleans(), accepted=st.booleans(), wished=st.booleans(), ahead=aheads,
    )  # fmt: skip
    def reply(self, number, by, mode, gap, solved, accepted, wished, ahead):
        known = self.pick(number)
        if known is not None:
            self.pass_time(gap)
            self.say(known, by, mode, solved=solved, accepted=accepted, wished=wished, ahead=ahead)

    @act(number=some_ticket, by=somebody, gap=gaps, accepted=st.booleans())
    def tell_the_solution(self, number, by, gap, accepted):
        """What leads on most often; among acts drawn alike few tickets would ever be solved."""
        promised = [known for known in self.tickets if known.state == "unresolved"]
        if promised:
            self.pass_time(gap)
            known = promised[number % len(promised)]
            self.say(known, by, "fitting", solved=True, accepted=accepted, wished=False, ahead=HOUR)

    def say(self, known, by, mode, *, solved, accepted, wished, ahead):
        person, wished = self.person(by), wished and not solved
        mode = self.fitting(known) if mode == "fitting" else mode
        tried, solved = mode == "tried", solved and mode != "tried"
        allowed = (
            known.state == "unresolved"
            and self.fits(known, mode)
            and not (solved and accepted and mode not in HEARD)
            and not (wished and mode not in HEARD)
            and not (solved and not accepted and mode == "spoken" and known.kind == Kind.INQUIRY)
        )
        word = self.word(ahead, wished=wished)
        reply = Reply(
            words="We looked at it.", mode=mode, channel="phone", solved=solved, accepted=accepted, next_word=word,
            odd_hours="It could not wait.",
        )  # fmt: skip
        act = lambda: reply_to_customer(self.row(known), reply, by=person, at=self.at)  # noqa: E731
        if not self.do(act, expected=allowed):
            return
        if tried:
            known.attempts.append(self.at)
            if self.unreached(known):
                known.promise(self.at, word.due_at)
        elif not solved:
            known.promise(self.at, word.due_at)
        else:
            self.solve(known, person, accepted=accepted)

    def unreached(self, known: Known) -> bool:
        """Two attempts half an hour apart, both in time; nobody here has an address (CASES c)."""
        if self.at > known.due_at:
            return False
        counted = [moment for moment in known.attempts if known.promised_at <= moment <= known.due_at]
        return len(counted) >= 2 and counted[-1] - counted[0] >= 30 * MINUTE

    def solve(self, known: Known, person: User, *, accepted: bool) -> None:
        known.state, known.solver = "resolved", person.pk
        if known.kind == Kind.SUGGESTION:
            known.close("decided")
        elif known.kind == Kind.INQUIRY and accepted:
            known.close("accepted")
        elif known.kind == Kind.INQUIRY:
            known.unopposed_at = self.row(known).unopposed_at
            assert self.at + 6 * DAY < known.unopposed_at < self.at + 9 * DAY
        elif known.kind == Kind.TASK:
            known.confirmer = self.heir(known) if known.requester in self.left else known.requester

    def heir(self, known: Known) -> int:
        """Whoever has the confirmation in the place of a requester who goes; the model says who it may be."""
        owner = self.row(known).open_check.owner_id
        assert owner in {self.house.manager.pk, self.house.executive.pk} - self.left - {known.solver}
        return owner

    @act(number=some_ticket, by=somebody, gap=gaps)
    def finish(self, number, by, gap):
        known = self.pick(number)
        if known is None:
            return
        self.pass_time(gap)
        person, may = self.person(by), known.kind == Kind.TASK and known.state == "unresolved"
        if self.do(lambda: finish_task(self.row(known), words="Done.", by=person, at=self.at), expected=may):
            self.solve(known, person, accepted=False)

    # Closing and back

    @act(
        number=some_ticket, by=somebody, gap=gaps, ahead=aheads,
        outcome=st.sampled_from(["satisfied", "dissatisfied", "not_reached", "withdrawn"]),
    )  # fmt: skip
    def ask(self, number, by, gap, ahead, outcome):
        resolved = [known for known in self.tickets if known.state == "resolved"]
        known = resolved[number % len(resolved)] if resolved else self.pick(number)
        if known is None:
            return
        self.pass_time(gap)
        may = (
            known.state == "resolved"
            and known.kind in ASKED_AFTERWARDS
            and not self.cannot_be_told(known)
            and outcome != "withdrawn"
        )
        word = self.word(ahead)
        opinion = Opinion(
            outcome=outcome,
            words="So it is.",
            channel="phone",
            next_word=word,
            odd_hours="It could not wait.",
        )
        act = lambda: record_check(self.row(known), opinion, by=self.person(by), at=self.at)  # noqa: E731
        if not self.do(act, expected=may):
            return
        if outcome == "satisfied":
            known.close("checked")
        elif outcome == "dissatisfied":
            known.promise(self.at, word.due_at)
        else:
            known.attempts.append(self.at)

    @act(number=some_ticket, by=somebody, gap=gaps)
    def confirm(self, number, by, gap):
        resolved = [known for known in self.tickets if known.state == "resolved"]
        known = resolved[number % len(resolved)] if resolved else self.pick(number)
        if known is None:
            return
        self.pass_time(gap)
        person = self.person(by)
        if known.kind == Kind.TASK:
            may = known.state == "resolved" and person.pk in (known.requester, known.confirmer)
            act = lambda: confirm_task(self.row(known), by=person, at=self.at)  # noqa: E731
        else:
            may = (
                known.state == "resolved"
                and known.kind in ASKED_AFTERWARDS
                and self.cannot_be_told(known)
                and person.pk != known.solver
            )
            act = lambda: confirm_solved(self.row(known), by=person, at=self.at)  # noqa: E731
        if self.do(act, expected=may):
            known.close("confirmed")

    @act(number=some_ticket, by=somebody, gap=gaps, ahead=aheads)
    def take_up_again(self, number, by, gap, ahead):
        known = self.pick(number)
        if known is None:
            return
        self.pass_time(gap)
        word = self.word(ahead)
        act = lambda: reopen(  # noqa: E731
            self.row(known), promise=word, reason="Again.", by=self.person(by), at=self.at
        )
        was = known.state
        if self.do(act, expected=known.state != "unresolved" and known.ended != "void"):
            known.promise(self.at, word.due_at)
            if was == "closed" and known.owner in self.left:
                known.owner = self.successor(known)

    @act(gap=gaps)
    def nobody_objects(self, gap):
        self.pass_time(gap)
        due = [known for known in self.tickets if known.unopposed_at and known.unopposed_at <= self.at]
        assert close_unopposed(self.at) == len(due)
        self.changes += 1
        for known in due:
            known.close("unopposed")

    @act(
        number=some_ticket,
        by=somebody,
        other=somebody,
        gap=gaps,
        decision=st.sampled_from([None, True, False]),
    )
    def void(self, number, by, other, gap, decision):
        known = self.pick(number)
        if known is None:
            return
        self.pass_time(gap)
        request = VoidRequest.objects.filter(ticket=known.pk, confirmed=None).first()
        if request is None:
            may = False if known.state == "closed" else None
            request = self.do(
                lambda: ask_to_void(self.row(known), reason="Spam", by=self.person(by), at=self.at),
                expected=may,
            )
        if request is None or decision is None:
            return
        second = self.person(other)
        may = False if second.pk == request.asked_by_id else (None if decision else True)
        act = lambda: decide_void(request, confirmed=decision, by=second, at=self.at)  # noqa: E731
        if self.do(act, expected=may) and decision:
            known.close("void")

    # People

    @act(number=some_ticket, by=somebody, gap=gaps)
    def take(self, number, by, gap):
        known = self.pick(number)
        if known is None:
            return
        self.pass_time(gap)
        person = self.person(by)
        act = lambda: take_over(self.row(known), by=person, at=self.at)  # noqa: E731
        if self.do(act, expected=known.state != "closed" and known.owner != person.pk):
            known.owner = person.pk

    def gone(self, person: User) -> None:
        """What somebody who goes for good owes passes on in the same act (CASES f)."""
        self.left.add(person.pk)
        for known in self.tickets:
            if known.owner == person.pk and known.state != "closed":
                known.owner = self.successor(known)
            if known.confirmer == person.pk:
                known.confirmer = self.heir(known)

    def successor(self, known: Known) -> int:
        """The manager, or who stands in for the manager; the model says who it may be."""
        owner = self.row(known).owner_id
        assert owner in {self.house.manager.pk, self.house.executive.pk} - self.left - {known.owner}
        return owner

    # What changes no state

    @act(number=some_ticket, by=somebody, gap=gaps, mode=st.sampled_from(["spoken", "tried", "on_file"]))
    def update(self, number, by, gap, mode):
        known = self.pick(number)
        if known is None:
            return
        self.pass_time(gap)
        act = lambda: update_customer(  # noqa: E731
            self.row(known),
            words="Ordered.",
            mode=mode,
            channel="phone",
            odd_hours="Now",
            by=self.person(by),
            at=self.at,
        )
        if self.do(act, expected=self.fits(known, mode)) and mode == "tried":
            known.attempts.append(self.at)

    @act(number=some_ticket, by=somebody, gap=gaps, text=st.sampled_from(TEXTS), act=st.integers(0, 7))
    def write(self, number, by, gap, text, act):
        known = self.pick(number)
        if known is None:
            return
        self.pass_time(gap)
        ticket, how = self.row(known), {"by": self.person(by), "at": self.at}
        contact = ticket.contacts.order_by("pk").last()
        mark = Mark.objects.filter(ticket=ticket, lifted_at=None).first()
        acts = (
            lambda: hear_from_customer(ticket, words=text, channel="phone", asked=True, **how),
            lambda: add_note(ticket, words=f"{text} @{self.house.manager.username}", **how),
            lambda: establish(ticket, cause=text, **how),
            lambda: reclassify(
                ticket, category=self.house.other_category, severity="severe", reason=text, **how
            ),
            lambda: set_mark(ticket, "major_fault", reason=text, **how),
            lambda: lift_mark(mark, reason=text, **how) if mark else None,
            lambda: correct_contact(contact, words=text, **how) if contact else None,
            lambda: add_note(ticket, words=" ", **how),
        )
        self.do(acts[act], expected=False if act == 7 else None)

    @act(number=some_ticket, by=somebody, gap=gaps, customer=st.integers(0, 2))
    def correct(self, number, by, gap, customer):
        known = self.pick(number)
        if known is None or known.kind == Kind.TASK:
            return
        self.pass_time(gap)
        right = Customer.objects.get(pk=self.house.customers[customer].pk)
        act = lambda: correct_customer(self.row(known), customer=right, by=self.person(by), at=self.at)  # noqa: E731
        if self.do(act, expected=known.customer != right.pk):
            known.customer = right.pk

    @act(customer=st.integers(0, 2), by=somebody, gap=gaps, alone=st.booleans())
    def wish(self, customer, by, gap, alone):
        self.pass_time(gap)
        fresh = Customer.objects.get(pk=self.house.customers[customer].pk)
        wish, words = ("no_contact", "Leave me alone.") if alone else ("none", "")
        how = {"words": words, "by": self.person(by), "at": self.at}
        self.do(lambda: record_wish(fresh, wish, **how), expected=True)
        (self.nobody_to_tell.add if alone else self.nobody_to_tell.discard)(fresh.pk)

    @act(by=somebody, gap=gaps)
    def read(self, by, gap):
        self.pass_time(gap)
        reading = Reading.objects.filter(read_at=None).order_by("pk").first()
        if reading:
            person = self.person(by)
            mine = False if reading.contact.by_id == person.pk else None
            self.do(lambda: confirm_reading(reading, by=person, at=self.at), expected=mine)

    @act(number=some_ticket, by=somebody, other=somebody, gap=gaps)
    def complain_about(self, number, by, other, gap):
        """A complaint turns out to be about a colleague, who has it no more; and then not after all."""
        known = self.pick(number)
        if known is None:
            return
        self.pass_time(gap)
        person, how = self.person(other), {"by": self.person(by), "at": self.at}
        named = self.do(lambda: name_colleague(self.row(known), person, reason="Rude.", **how))
        if named is None:
            return
        if known.owner == person.pk:
            known.owner = self.successor(known)
        lifting = {"reason": "Not so.", "by": self.house.executive, "at": self.at + MINUTE}
        self.do(lambda: lift_name(named, **lifting), expected=True)

    # What holds after each act

    @invariant()
    def as_the_model_says(self):
        if self.is_over():
            return
        rows = {row.pk: row for row in Ticket.objects.select_related("live_deadline", "open_check")}
        assert set(rows) == {known.pk for known in self.tickets}
        for known in self.tickets:
            row = rows[known.pk]
            assert (row.state, row.ended, row.owner_id) == (known.state, known.ended, known.owner)
            assert row.live_deadline is None or row.live_deadline.due_at == known.due_at
            live = Deadline.objects.live().filter(subject=row.key).exclude(kind="reading")
            assert live.count() == known.owes()
            if known.kind == Kind.TASK:
                assert (row.open_check and row.open_check.owner_id) == known.confirmer
