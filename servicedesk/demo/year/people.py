"""The hundred: ten teams below the departments of the small demo, their leaders, their holidays, who comes and who goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.hashers import make_password

from servicedesk.demo.people import Staff, employ
from servicedesk.demo.year.roster import Away, Roster
from servicedesk.search.pinyin import pinyin
from servicedesk.staff.absences import enter_absence
from servicedesk.staff.leaving import block, deactivate
from servicedesk.staff.models import Absence, Department, User
from servicedesk.staff.roles import Role

if TYPE_CHECKING:
    from servicedesk.demo.days import Days
    from servicedesk.demo.playing import Story
    from servicedesk.demo.year.scale import Scale

# Below which unit each stands, how many work there besides those of the small demo, and for which categories
TEAMS = {
    "front": ("service", 18, ["information"]),
    "care": ("service", 8, ["conduct"]),
    "accounts": ("service", 8, ["charges"]),
    "lift_team": ("technical", 8, ["lifts"]),
    "climate_team": ("technical", 9, ["climate", "water"]),
    "power_team": ("technical", 8, ["power", "access"]),
    "network_team": ("technical", 9, ["network", "systems"]),
    "cleaning_team": ("grounds", 6, ["cleaning"]),
    "order_team": ("grounds", 6, ["order", "parking"]),
    "business": ("company", 3, []),
}
SECOND_EXECUTIVE = "executive2"
NEW_UNITS = {"grounds": "company"} | {team: unit for team, (unit, _, _) in TEAMS.items()}
JOINERS = 3
SERVED = (28, 4000)  # days that people have worked here when the year begins
LEAVING = ("order_team", "cleaning_team", "accounts")
SMALL_DEMO = 16  # people


class Hiring:
    """Names and log-ins for as many people as are wanted, nobody's twice."""

    def __init__(self, said: dict[str, Any], language: str, chance: Random) -> None:
        self.said, self.language = said["names"], language
        surnames = chance.sample(said["names"]["surnames"], len(said["names"]["surnames"]))
        self._names = self._pairs(surnames, chance)
        self._taken: set[str] = set()
        self._password = make_password(settings.DEMO_PASSWORD)  # slow on purpose, so once for all

    def _pairs(self, surnames: list[str], chance: Random) -> Iterator[tuple[str, str]]:
        while True:
            for number, surname in enumerate(surnames):
                yield surname, chance.choice(self.said["given"][number % 2])

    def somebody(self, at: datetime) -> User:
        """The next person, who joins at that moment; not saved yet."""
        surname, given = next(self._names)
        name = self.said["person"].format(surname=surname, given=given)
        return User(
            username=self._log_in(name),
            password=self._password,
            display_name=name,
            language=self.language,
            date_joined=at,
        )

    def _log_in(self, name: str) -> str:
        """As it is spoken, in small letters; the second of the same name has a number."""
        spoken = (pinyin(name).split()[-2] if pinyin(name) else ".".join(name.lower().split())).replace(
            "'", ""
        )
        number = sum(taken.rstrip("0123456789") == spoken for taken in self._taken)
        self._taken.add(f"{spoken}{number + 1}" if number else spoken)
        return f"{spoken}{number + 1}" if number else spoken


def hire(
    staff: Staff, said: dict[str, Any], scale: Scale, hiring: Hiring, chance: Random, began: datetime
) -> Roster:
    """Teams, people, leaders and categories of the wider circle, as they are when the year begins."""
    roster = Roster(chance)
    for key, parent in NEW_UNITS.items():
        staff.departments[key] = Department.objects.create(
            name=said["units"][key], parent=staff.departments[parent]
        )
    for key, size in _sizes(scale.people - SMALL_DEMO - 1 - JOINERS).items():
        leading = [Role.DEPARTMENT_MANAGER, Role.AGENT]
        roster.teams[key] = [
            employ(
                staff,
                f"{key}{number}",
                hiring.somebody(began - timedelta(days=chance.randint(*SERVED))),
                staff.departments[key],
                leading if number == 0 else [Role.AGENT],
            )
            for number in range(size)
        ]
    for key in ("agent", "agent2", "agent3", "agent4"):
        roster.teams["front"].append(staff[key])
    for team, key in (("lift_team", "tech1"), ("climate_team", "tech2"), ("network_team", "tech3")):
        roster.teams[team].append(staff[key])
    employ(
        staff,
        SECOND_EXECUTIVE,
        hiring.somebody(began - timedelta(days=SERVED[1])),
        staff.departments["company"],
        [Role.EXECUTIVE],
    )
    _lead(staff, roster)
    return roster


def _sizes(people: int) -> dict[str, int]:
    """How many work in each team: as many in all as there are people, and at least three in each."""
    share = people / (sum(size for _, size, _ in TEAMS.values()) - JOINERS)
    sizes = {key: max(3, int(size * share)) for key, (_, size, _) in TEAMS.items()}
    sizes["front"] += people - sum(sizes.values())
    if sizes["front"] < 3:
        raise ValueError("too few people for a year's teams")
    return sizes


def _lead(staff: Staff, roster: Roster) -> None:
    """The first of a team leads it, the second stands in; each category goes to its team."""
    for key, team in roster.teams.items():
        unit = staff.departments[key]
        unit.manager, unit.deputy_manager = team[0], team[1]
        _save(unit)
        for code in TEAMS[key][2]:
            category = staff.categories[code]
            category.department = unit
            category.full_clean()
            category.save()
    grounds = staff.departments["grounds"]
    grounds.manager, grounds.deputy_manager = roster.teams["cleaning_team"][0], roster.teams["order_team"][0]
    for unit in (grounds, staff.departments["technical"]):
        unit.executive, unit.deputy_executive = staff[SECOND_EXECUTIVE], staff["executive"]
        _save(unit)


def _save(unit: Department) -> None:
    unit.full_clean()
    unit.save()


# Absences


def plan_absences(roster: Roster, days: Days, first: int) -> None:
    """Each has one or two holidays and now and then a day or two of illness; leaders' holidays, too, have a deputy."""
    for team in roster.teams.values():
        for person in team:
            for away in sorted(
                _absences_of(person, team, roster, days, first), key=lambda one: one.starts_at
            ):
                if not any(away.starts_at < other.ends_at for other in _planned(roster, person)):
                    roster.plan(away)


def _planned(roster: Roster, person: User) -> list[Away]:
    return [away for away in roster.absences() if away.person == person]


def _absences_of(person: User, team: list[User], roster: Roster, days: Days, first: int) -> Iterator[Away]:
    chance, last = roster.chance, 9
    colleagues = [one for one in team if one != person]
    for _ in range(1 + (chance.random() < 0.6)):
        back = chance.randint(last + 10, max(first - 2, last + 11))
        if back < first:
            length = chance.choice([3, 5, 5, 10])
            yield Away(
                person,
                days.at(back, 0),
                days.at(max(back - length, last), 0),
                days.at(min(back + chance.randint(3, 20), first), 3),
                chance.choice(colleagues) if chance.random() < 0.85 else None,
                Absence.Reason.LEAVE,
            )
    if chance.random() < 0.55:
        back = chance.randint(last + 3, max(first - 2, last + 4))
        if back < first:
            reason = chance.choice([Absence.Reason.SICK, Absence.Reason.SICK, Absence.Reason.TRAINING])
            begins = days.at(back, 0)
            yield Away(
                person,
                begins,
                days.at(back - chance.randint(1, 2), 0),
                begins + timedelta(minutes=1),
                None,
                reason,
            )


def absences(roster: Roster) -> Iterator[Story]:
    """Each absence is entered by the person when they know of it."""
    return (_enter(away, roster) for away in roster.absences())


def _enter(away: Away, roster: Roster) -> Story:
    yield away.told_at
    deputy = away.deputy if away.deputy and not roster.has_left(away.deputy, away.told_at) else None
    if not roster.has_left(away.person, away.told_at):
        absence = Absence(
            person=away.person,
            deputy=deputy,
            starts_at=away.starts_at,
            ends_at=away.ends_at,
            reason=away.reason,
        )
        enter_absence(absence, by=away.person, at=away.told_at)


# Who comes and who goes


def plan_leavers(roster: Roster, days: Days, first: int) -> list[User]:
    """The last of each of these teams goes in the course of the year, none of them a leader."""
    leaving = [roster.teams[key][-1] for key in LEAVING]
    for number, person in enumerate(leaving, start=1):
        roster.left_at[person.pk] = days.at(max(first * number // 4, 12), 7)
    return leaving


def goes(person: User, roster: Roster, admin: User) -> Story:
    """On the last day the log-in is blocked, and what is open passes on; a week later the employment ends."""
    last_day = roster.left_at[person.pk]
    yield last_day
    block(person, by=admin, at=last_day)
    ended_at = last_day + timedelta(days=7)
    yield ended_at
    for absence in Absence.objects.not_over(ended_at).filter(deputy=person):
        absence.deputy = None
        enter_absence(absence, by=admin, at=ended_at)
    deactivate(person, by=admin, at=ended_at)


def comes(at: datetime, number: int, staff: Staff, roster: Roster, hiring: Hiring) -> Story:
    """Somebody new in the service centre."""
    yield at
    person = hiring.somebody(at)
    employ(staff, f"joiner{number}", person, staff.departments["front"], [Role.AGENT])
    roster.teams["front"].append(person)
