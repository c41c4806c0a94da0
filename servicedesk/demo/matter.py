"""One matter of the story and the acts on it, each a call of the domain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from servicedesk.clock.acknowledging import acknowledge
from servicedesk.clock.models import Ring
from tickets.checks import Opinion, confirm_solved, confirm_task, record_check
from tickets.contacts import hear_from_customer, update_customer
from tickets.intake import Answer, Intake, open_ticket
from tickets.limits import Word, first_limit, later_limit
from tickets.marks import set_mark
from tickets.models import Reading, Ticket
from tickets.notes import add_note
from tickets.replies import Reply, confirm_reading, finish_task, reply_to_customer
from tickets.voiding import ask_to_void, decide_void

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar
    from servicedesk.customers.models import ContactPerson, Customer, Project
    from servicedesk.demo.customers import Served
    from servicedesk.demo.days import Days
    from servicedesk.demo.people import Staff
    from servicedesk.staff.models import User


@dataclass(frozen=True)
class Scene:
    """What a matter is about: its code in the texts, its kind and category, and which team is asked for it."""

    code: str
    kind: str
    category: str
    severity: str = "ordinary"


@dataclass
class World:
    """All that the stories draw on."""

    said: dict[str, Any]
    staff: Staff
    served: Served
    calendar: Calendar
    days: Days
    chance: Random
    spoken: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def phrase(self, key: str) -> str:
        """One of the things said again and again, in turn."""
        phrases = self.said["phrases"][key]
        if isinstance(phrases, str):
            return self.filled(phrases)
        self.spoken[key] += 1
        return self.filled(phrases[self.spoken[key] % len(phrases)])

    def filled(self, text: str) -> str:
        """A text whose gaps are filled with any place."""
        return text.format(**self.places()) if "{" in text else text

    def places(self) -> dict[str, str]:
        """Floor, room and house for the gaps of a text."""
        floor = self.chance.randint(2, 18)
        return {
            "floor": str(floor),
            "room": f"{floor}{self.chance.randint(1, 24):02}",
            "block": self.chance.choice("ABCD"),
        }


@dataclass
class Matter:
    """A matter as it is played; the ticket is there once it was received."""

    world: World
    scene: Scene
    agent: User
    customer: Customer | None = None
    words: dict[str, str] = field(default_factory=dict)  # instead of those of the scene
    _ticket: Ticket | None = None

    def __post_init__(self) -> None:
        self._places = self.world.places()
        persons = list(self.customer.persons.filter(active=True)) if self.customer else []
        self.person: ContactPerson | None = self.world.chance.choice(persons) if persons else None

    @property
    def ticket(self) -> Ticket:
        """The ticket as it stands now."""
        return Ticket.objects.get(pk=self.known.pk)

    @property
    def known(self) -> Ticket:
        """The ticket as it was received, for acts that read it anew under its lock."""
        if self._ticket is None:
            raise LookupError("this matter was not received yet")
        return self._ticket

    def hand(self, at: datetime) -> User:
        """Who acts on it at a moment, where nobody is named."""
        return self.agent

    def text(self, name: str) -> str:
        """A text of this matter, with its floor, room and house."""
        scene = self.world.said["scenes"].get(self.scene.code, {}) | self.words
        return scene.get(name, "").format(**self._places)

    def word(self, due_at: datetime, will_tell: str, *, made_at: datetime, wished: bool = False) -> Word:
        return Word(due_at=due_at, will_tell=will_tell, channel=self._way(made_at)[1], wished=wished)

    # Acts

    def receive(
        self, at: datetime, *, due_at: datetime | None = None, channel: str = "phone", **fields: Any
    ) -> None:
        """Take the matter in: promised for `due_at`, or else answered in the contact."""
        self._ticket = open_ticket(
            self.intake(at, due_at=due_at, channel=channel, **fields), by=self.agent, at=at
        )

    def intake(
        self, at: datetime, *, due_at: datetime | None = None, channel: str = "phone", **fields: Any
    ) -> Intake:
        """What is written down when it is taken in."""
        full = self.scene.kind in ("complaint", "fault")
        if due_at is None:
            fields["answer"] = Answer(self.text("solved"))
        else:
            latest = first_limit(fields.get("received_at", at), self.world.calendar, at=at)
            fields["promise"] = self.word(min(due_at, latest), self.text("tell"), made_at=at)
        fields.setdefault("read_back", "yes" if full else "not_asked")
        return Intake(
            kind=self.scene.kind,
            category=self.world.staff.categories[self.scene.category],
            severity=self.scene.severity,
            channel=channel,
            words=self.text("words"),
            wanted=self.text("wanted"),
            first_responder=fields.pop("first_responder", self.agent),
            customer=self.customer,
            contact_person=self.person,
            project=self._project(fields.get("received_at", at)),
            **fields,
        )

    def reply(
        self,
        at: datetime,
        words: str = "",
        *,
        next_at: datetime | None = None,
        by: User | None = None,
        wished: bool = False,
        **fields: Any,
    ) -> None:
        """Tell the customer the news and the next time, or, without a next time, the solution."""
        mode, channel = self._way(at)
        fields = {"mode": mode, "channel": channel, "person": self.person, "solved": next_at is None} | fields
        if next_at:
            due_at = next_at if wished else min(next_at, later_limit(self.world.calendar, at=at))
            fields["next_word"] = self.word(due_at, self.world.phrase("next_tell"), made_at=at, wished=wished)
        words = words or self.text("news" if next_at else "solved")
        reply_to_customer(self.known, Reply(words=words, **fields), by=by or self.hand(at), at=at)

    def try_to_reach(self, at: datetime, *, next_at: datetime | None = None) -> None:
        """Ring a customer who does not answer."""
        self.reply(
            at, self.world.phrase("tried"), mode="tried", channel="phone", next_at=next_at, solved=False
        )

    def update(self, at: datetime) -> None:
        mode, channel = self._way(at)
        words, by = self.world.phrase("update"), self.hand(at)
        update_customer(self.known, words=words, mode=mode, channel=channel, by=by, at=at)

    def hear(self, at: datetime, *, by: User) -> None:
        """The customer asks first."""
        hear_from_customer(
            self.known, words=self.world.phrase("chased"), channel="phone", asked=True, by=by, at=at
        )

    def check(self, at: datetime, outcome: str, *, by: User, next_at: datetime | None = None) -> None:
        """Ask how it was handled."""
        next_word = None
        if next_at:
            due_at = min(next_at, later_limit(self.world.calendar, at=at))
            next_word = Word(due_at, self.world.phrase("next_after_dissatisfied"), "phone")
        mode, channel = ("tried", "phone") if outcome == "not_reached" else self._way(at)
        if mode == "written" and channel == "sms":
            channel = "web"  # who answers a question does so at a time of their own
        opinion = Opinion(
            outcome=outcome, words=self.world.phrase(outcome), channel=channel, next_word=next_word
        )
        record_check(self.known, opinion, by=by, at=at)

    def note(self, at: datetime, key: str, *, by: User, to: User | None = None) -> None:
        """An internal note, to a colleague where one is named."""
        words = self.world.said["notes"][key].format(name=to.username if to else "")
        add_note(self.known, words=words, by=by, at=at)

    def mark(self, at: datetime, code: str) -> None:
        set_mark(self.known, code, reason=self.world.said["marks"][code], by=self.hand(at), at=at)

    def acknowledge_breach(self, at: datetime, *, by: User) -> None:
        """Whoever was told of the breach says so."""
        for ring in Ring.objects.filter(
            deadline=self.ticket.live_deadline_id, person=by, acknowledged_at=None
        ):
            acknowledge(ring, by=by, at=at)

    def read_file(self, at: datetime) -> User:
        """Whoever is to read the reply on the file does so."""
        reading = Reading.objects.select_related("deadline__owner").get(
            contact__ticket=self.ticket, read_at=None
        )
        confirm_reading(reading, by=reading.deadline.owner, at=at)
        return reading.deadline.owner

    def confirm(self, at: datetime, *, by: User) -> None:
        """A second person confirms in the place of a customer who is not asked."""
        confirm_solved(self.known, by=by, at=at)

    def finish(self, at: datetime) -> None:
        finish_task(self.known, words=self.text("solved"), by=self.hand(at), at=at)

    def confirm_done(self, at: datetime, *, by: User) -> None:
        confirm_task(self.known, by=by, at=at)

    def ask_to_void(self, at: datetime, reason: str) -> None:
        ask_to_void(self.known, reason=reason, by=self.hand(at), at=at)

    def void(self, at: datetime, *, by: User) -> None:
        decide_void(self.ticket.void_requests.get(confirmed=None), confirmed=True, by=by, at=at)

    def is_spoken_with(self, at: datetime) -> bool:
        """Whether this customer is told at that moment by word of mouth."""
        return self._way(at)[0] == "spoken"

    def _way(self, at: datetime) -> tuple[str, str]:
        """Mode and channel that suit this customer at this moment."""
        customer = self.customer
        if customer is None or customer.do_not_contact == "no_contact":
            return "on_file", "web"
        prefers_mail = customer.channel == "email" and customer.emails.exists()
        if prefers_mail or customer.is_written_only(at) or not customer.is_reachable(at):
            return "written", "email" if customer.emails.exists() else "sms"
        return "spoken", "phone"

    def _project(self, received_at: datetime) -> Project | None:
        """The project in service that a technical matter of this customer belongs to, if it was delivered by then."""
        if self.customer is None or self.scene.kind != "fault":
            return None
        project = self.world.served.projects.get(self.customer.pk)
        day = received_at.astimezone(self.world.days.work.timezone).date()
        return project if project and project.delivered_on and project.delivered_on <= day else None
