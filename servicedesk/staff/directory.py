"""Who answers for a position now, who stands in, and when a person can be reached (DESIGN 4).

A position is resolved when a rung rings. Absent people give way to their deputies, a position without
anybody to the next one up; somebody is found as long as anybody works here.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from servicedesk.calendars.models import Calendar
from servicedesk.calendars.worktime import NoWorkingTimeError
from servicedesk.staff.holdings import (
    BLOCKED,
    DEPUTY,
    EXCLUDED,
    HOLDS,
    LAST_RESORT,
    LEFT,
    NEXT_UP,
    NOBODY,
    SILENT,
    Holding,
    PassedOver,
)
from servicedesk.staff.models import Absence
from servicedesk.staff.organisation import Away, Organisation
from servicedesk.staff.positions import POSTS, Position
from servicedesk.staff.roles import Role

MINUTE = timedelta(minutes=1)
LAST_POSTS = (
    Position.GENERAL_MANAGER,
    Position.SUPERVISION,
    Position.OFFICE,
)  # above all else, in this order


class Seat(NamedTuple):
    """A place somebody can be found in: a position with its holder and the holder's stand-in."""

    position: str
    holder_id: int | None
    stand_in_id: int | None = None


class Directory:
    """The organisation at one moment, asked for people by position."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """Load all that routing needs; a fixed number of queries, whatever the size of the organisation."""
        return cls(Organisation.at(moment))

    def holder(
        self,
        position: str,
        *,
        department_id: int | None = None,
        owner_id: int | None = None,
        first_responder_id: int | None = None,
        exclude: Collection[int] = (),
        silent: Collection[int] = (),
    ) -> Holding:
        """Who answers for the position, and why that person.

        `exclude` are people who were told on this ladder already or whose own breach it is: they are skipped
        upward (CASES u). `silent` did not acknowledge in time and count as absent. Without a department,
        the owner's counts, else the first responder's. Raises ValueError for an unknown position.
        """
        owners = {Position.OWNER: owner_id, Position.FIRST_RESPONDER: first_responder_id}
        if department_id is None:
            department_id = self.organisation.department_of(owner_id or first_responder_id)
        seats = self._seats(position, owners, department_id)
        return _Search(self.organisation, position, seats, frozenset(exclude), frozenset(silent)).result()

    def absent(self, user_id: int) -> Absence | None:
        """The absence of that person under way now; for the blocked and those who left an unsaved one."""
        return self.organisation.absent(user_id)

    def away(self, user_id: int) -> Away | None:
        """Why that person is absent now, as a code of `holdings.py`, and until when."""
        return self.organisation.away(user_id)

    def deputy_of(self, user_id: int) -> int | None:
        """Who stands in for an absent person by what the absences say, deputies of deputies followed."""
        search = _Search(self.organisation, Position.OWNER, [], frozenset(), frozenset())
        return search.stand_in(user_id, None) if self.organisation.away(user_id) else None

    def calendar_of(self, department_id: int | None) -> Calendar:
        """The work calendar of a department: its own, the one above's, else the organisation's."""
        return self.organisation.calendar_of(department_id)

    def calendar_of_person(self, user_id: int) -> Calendar:
        """The work calendar of the department in which that person works."""
        return self.calendar_of(self.organisation.department_of(user_id))

    def reachable(self, user_id: int, moment: datetime) -> datetime:
        """The first moment from `moment` on that lies in the person's working time and in no absence.

        An absence without an end, or a calendar that never opens again, does not hold a message back.
        """
        work = self.calendar_of_person(user_id).work_calendar()
        try:
            while (opens := self._after_absences(user_id, work.next_open(moment))) != moment:
                moment = opens
        except NoWorkingTimeError:
            return moment
        return moment

    def last_reachable(self, user_id: int, before: datetime) -> datetime | None:
        """The last moment up to `before` that lies in the person's working time and in no absence.

        None if there is none as far back as the calendar looks.
        """
        work = self.calendar_of_person(user_id).work_calendar()
        last = work.last_open(before)
        while last is not None and (covering := self._closed_absences(user_id, last)):
            last = work.last_open(covering[0].starts_at - MINUTE)
        return last

    def _after_absences(self, user_id: int, moment: datetime) -> datetime:
        while ends := [absence.ends_at for absence in self._closed_absences(user_id, moment)]:
            moment = max(end.astimezone(moment.tzinfo) for end in ends if end)
        return moment

    def _closed_absences(self, user_id: int, moment: datetime) -> list[Absence]:
        """Those that cover the moment, unless one of them has no end."""
        covering = self.organisation.absences_covering(user_id, moment)
        return covering if all(absence.ends_at for absence in covering) else []

    def _seats(
        self, position: str, owners: dict[Position, int | None], department_id: int | None
    ) -> Iterator[Seat]:
        """The seat asked for and those above it, in the order in which they are tried."""
        if position in owners:
            person_id = owners[Position(position)]
            yield Seat(position, person_id)
            # What falls to a person falls next to the manager of that person (CASES f).
            own = self.organisation.department_of(person_id)
            position, department_id = Position.DEPARTMENT_MANAGER, own or department_id
        if position == Position.DEPARTMENT_MANAGER:
            yield from self._managers(department_id)
            position = Position.EXECUTIVE
        if position == Position.EXECUTIVE:
            yield from self._executives(department_id)
            position = Position.GENERAL_MANAGER
        yield self._post(position)
        yield from (self._post(code) for code in LAST_POSTS if code != position)

    def _managers(self, department_id: int | None) -> Iterator[Seat]:
        for unit in self.organisation.upwards(department_id):
            yield Seat(Position.DEPARTMENT_MANAGER, unit.manager_id, unit.deputy_manager_id)

    def _executives(self, department_id: int | None) -> Iterator[Seat]:
        for unit in self.organisation.upwards(department_id):
            if unit.executive_id or unit.deputy_executive_id:
                yield Seat(Position.EXECUTIVE, unit.executive_id, unit.deputy_executive_id)

    def _post(self, code: str) -> Seat:
        post = self.organisation.posts.get(code)
        if post is None and code not in POSTS:
            raise ValueError(f"{code!r} is no position")
        return Seat(code, post.holder_id, post.stand_in_id) if post else Seat(code, None)


class _Search:
    """One climb from seat to seat, with the steps that led to its result."""

    def __init__(
        self,
        organisation: Organisation,
        asked: str,
        seats: Iterable[Seat],
        exclude: frozenset[int],
        silent: frozenset[int],
    ) -> None:
        self.organisation = organisation
        self.asked = asked
        self.seats = seats
        self.tried: list[Seat] = []
        self.exclude = exclude
        self.silent = silent
        self.passed_over: list[PassedOver] = []

    def result(self) -> Holding:
        for number, seat in enumerate(self.seats):
            self.tried.append(seat)
            if found := self._occupant(seat):
                if number and found.reason == HOLDS:
                    found = replace(found, reason=NEXT_UP)
                return self._explained(found)
        return self._explained(self._last_resort())

    def stand_in(self, user_id: int, stand_in_id: int | None) -> int | None:
        """The first person present among named deputies, their deputies and so on, then the stand-in."""
        seen = {user_id}
        waiting = [*self.organisation.named_deputies(user_id), stand_in_id]
        while waiting:
            candidate = waiting.pop(0)
            if candidate is None or candidate in seen:
                continue
            seen.add(candidate)
            if self._away(candidate):
                waiting = [*self.organisation.named_deputies(candidate), *waiting]
            elif candidate not in self.exclude:
                return candidate
        return None

    def _occupant(self, seat: Seat) -> Holding | None:
        holder = seat.holder_id
        if holder is None:
            self._pass_over(seat, None, Away(NOBODY))
            return self._found(seat, self.stand_in(0, seat.stand_in_id))
        if holder in self.exclude:
            self._pass_over(seat, holder, Away(EXCLUDED))
            return None
        away = self._away(holder)
        if away is None:
            return Holding(holder, seat.position, self.asked, HOLDS)
        if found := self._found(seat, self.stand_in(holder, seat.stand_in_id)):
            return replace(found, on_behalf_of_id=holder, why=away.why, absence_until=away.until)
        self._pass_over(seat, holder, away)
        return None

    def _found(self, seat: Seat, person_id: int | None) -> Holding | None:
        return Holding(person_id, seat.position, self.asked, DEPUTY) if person_id else None

    def _away(self, user_id: int) -> Away | None:
        if user_id in self.silent:
            return Away(SILENT)
        return self.organisation.away(user_id)

    def _pass_over(self, seat: Seat, person_id: int | None, away: Away) -> None:
        step = PassedOver(seat.position, person_id, away.why, away.until)
        if step not in self.passed_over:
            self.passed_over.append(step)

    def _explained(self, found: Holding) -> Holding:
        return replace(found, passed_over=tuple(self.passed_over)) if self.passed_over else found

    def _last_resort(self) -> Holding:
        """Somebody, when no seat above has anybody: the nearest that makes sense.

        Who supervises or administers; then holders although they are away; then whoever is here; at the very
        last those who should not have been the only ones to know, and those whose log-in is blocked.
        """
        watching = self.organisation.in_role(Role.SUPERVISION.value, Role.ADMINISTRATOR.value)
        seated = [seat.holder_id for seat in self.tried if seat.holder_id]
        everybody = list(self.organisation.people)
        for candidates, may_be, exclude in (
            (watching, _present, self.exclude),
            (seated, _at_most_away, self.exclude),
            (everybody, _present, self.exclude),
            (seated, _present, frozenset()),
            (everybody, _present, frozenset()),
            (everybody, _at_most_away, frozenset()),
            (everybody, _working_here, frozenset()),
        ):
            for person_id in candidates:
                if person_id not in exclude and may_be(self._away(person_id)):
                    return Holding(person_id, self.asked, self.asked, LAST_RESORT)
        return Holding(None, self.asked, self.asked, LAST_RESORT)


def _present(away: Away | None) -> bool:
    return away is None


def _at_most_away(away: Away | None) -> bool:
    return away is None or away.why not in (LEFT, BLOCKED)


def _working_here(away: Away | None) -> bool:
    return away is None or away.why != LEFT
