"""A matter of the year: whoever is there acts on it, and what one person enters at one moment is written together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from servicedesk.demo.matter import Matter, World
from tickets.intake import Intake, open_tickets
from tickets.models import Ticket

if TYPE_CHECKING:
    from servicedesk.demo.year.customers import Circle
    from servicedesk.demo.year.roster import Roster
    from servicedesk.staff.models import User


@dataclass
class Tray:
    """Matters entered at the present moment, taken in together by each who entered some."""

    _waiting: dict[tuple[int, datetime], list[tuple[YearMatter, Intake]]] = field(default_factory=dict)

    def put(self, matter: YearMatter, intake: Intake, at: datetime) -> None:
        self._waiting.setdefault((matter.agent.pk, at), []).append((matter, intake))

    def empty(self) -> None:
        """Take in what waits, in the order in which it came."""
        waiting, self._waiting = self._waiting, {}
        for (_, at), entered in waiting.items():
            tickets = open_tickets([intake for _, intake in entered], by=entered[0][0].agent, at=at)
            for (matter, _), ticket in zip(entered, tickets, strict=True):
                matter.received(ticket)


@dataclass(kw_only=True)
class YearWorld(World):
    """All that the stories of a year draw on besides."""

    more: dict[str, Any]
    roster: Roster
    circle: Circle
    tray: Tray = field(default_factory=Tray)

    def places(self) -> dict[str, str]:
        return super().places() | {
            "n": str(self.chance.randint(2, 9)),
            "day": self.chance.choice(self.more["days"]),
        }


@dataclass
class YearMatter(Matter):
    """A matter whose owner may be away, or may have left, when something is to be done."""

    world: YearWorld
    _solver: User | None = None

    def receive(self, at: datetime, **how: Any) -> None:
        self.world.tray.put(self, self.intake(at, **how), at)

    def received(self, ticket: Ticket) -> None:
        self._ticket = ticket

    @property
    def known(self) -> Ticket:
        if self._ticket is None:
            self.world.tray.empty()
        return super().known

    def hand(self, at: datetime) -> User:
        """Who has it, or else the deputy or a colleague."""
        roster = self.world.roster
        owner = self.ticket.owner if roster.has_left(self.agent, at) else self.agent
        return roster.stand_in(owner, at)

    def reply(self, at: datetime, words: str = "", **fields: Any) -> None:
        self._solver = fields.pop("by", None) or self.hand(at)
        super().reply(at, words, by=self._solver, **fields)

    def finish(self, at: datetime) -> None:
        self._solver = self.hand(at)
        super().finish(at)

    def check(self, at: datetime, outcome: str, *, by: User, next_at: datetime | None = None) -> None:
        """By the colleague named, unless that one is away, has left or solved it."""
        solver = self._solver or self.agent
        if by == solver or not self.world.roster.works(by, at):
            by = self.world.roster.colleague(by, at, besides={solver.pk, by.pk})
        super().check(at, outcome, by=by, next_at=next_at)

    def __hash__(self) -> int:
        return id(self)
