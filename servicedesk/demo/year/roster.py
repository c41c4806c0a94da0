"""Who works where and when: teams, absences planned ahead, joiners and leavers."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servicedesk.staff.models import User


@dataclass(frozen=True)
class Away:
    """One absence as it is planned in the story; `told_at` is when it is entered."""

    person: User
    starts_at: datetime
    ends_at: datetime
    told_at: datetime
    deputy: User | None
    reason: str


@dataclass
class Roster:
    """The teams by their keys and what is known of everybody's year; asked in memory at any moment."""

    chance: Random
    teams: dict[str, list[User]] = field(default_factory=dict)
    left_at: dict[int, datetime] = field(default_factory=dict)
    _away: dict[int, list[Away]] = field(default_factory=lambda: defaultdict(list))

    def plan(self, away: Away) -> None:
        """Remember an absence; those of one person are planned in their order and do not overlap."""
        self._away[away.person.pk].append(away)

    def absences(self) -> list[Away]:
        return [away for planned in self._away.values() for away in planned]

    def away(self, person: User, at: datetime) -> Away | None:
        planned = self._away.get(person.pk, [])
        place = bisect_right(planned, at, key=lambda away: away.starts_at)
        last = planned[place - 1] if place else None
        return last if last and at < last.ends_at else None

    def has_left(self, person: User, at: datetime) -> bool:
        return person.pk in self.left_at and self.left_at[person.pk] <= at

    def works(self, person: User, at: datetime) -> bool:
        """Whether somebody is there to be asked."""
        return not self.has_left(person, at) and self.away(person, at) is None

    def team_of(self, person: User) -> list[User]:
        """The colleagues of the same team, the person included."""
        return next((team for team in self.teams.values() if person in team), [person])

    def anybody(self, team: str, at: datetime) -> User:
        """One of a team who is there."""
        return self._one([person for person in self.teams[team] if self.works(person, at)], self.teams[team])

    def stand_in(self, person: User, at: datetime) -> User:
        """The person, or who acts in their place: the deputy named for the absence, else a colleague who is there."""
        if self.works(person, at):
            return person
        away = self.away(person, at)
        if away and away.deputy and self.works(away.deputy, at):
            return away.deputy
        return self.colleague(person, at, besides={person.pk})

    def colleague(self, person: User, at: datetime, *, besides: set[int]) -> User:
        """Somebody of the team, else of the service centre, who is there and none of those."""
        near = [one for one in self.team_of(person) if one.pk not in besides and self.works(one, at)]
        others = [one for one in self.teams["front"] if one.pk not in besides and self.works(one, at)]
        return self._one(near or others, [person])

    def _one(self, people: list[User], otherwise: list[User]) -> User:
        return self.chance.choice(people or otherwise)
