"""What the database itself refuses in the tables of this app, and what the audit checks over live data."""

from collections.abc import Iterator
from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.invariants import Violation, invariant
from servicedesk.audit.triggers import Trigger, refuse
from servicedesk.calendars.models import Calendar
from servicedesk.staff.models import Department, Post

LOOP_LOCK = 7_301_641  # any number; those who move departments take turns, else two moves could close a loop

# True if the new parent lies below the row itself. UNION ends the walk even on a loop.
CLOSES_A_LOOP = """EXISTS (
    WITH RECURSIVE up(id, parent_id) AS (
        SELECT d.id, d.parent_id FROM staff_department d WHERE d.id = NEW.parent_id
        UNION SELECT p.id, p.parent_id FROM staff_department p JOIN up ON p.id = up.parent_id
    ) SELECT 1 FROM up WHERE up.id = NEW.id)"""


def rules() -> list[Trigger]:
    """Every trigger of the staff app."""
    loop = refuse(
        "staff_department_no_loop",
        "staff_department",
        on="BEFORE UPDATE OF parent_id",
        when=CLOSES_A_LOOP,
        sqlite_when=f"NEW.parent_id IS NOT OLD.parent_id AND {CLOSES_A_LOOP}",
        message="departments form a tree",
    )
    return [replace(loop, postgresql=_in_turns(loop.postgresql)), *_no_absence_twice(), *_calendars_open()]


# Longer, earlier, another person's or for another reason than before; what ends sooner meets nothing new.
_GROWS = (
    "NEW.starts_at < OLD.starts_at OR NEW.person_id <> OLD.person_id OR NEW.reason <> OLD.reason"
    " OR (OLD.ends_at IS NOT NULL AND (NEW.ends_at IS NULL OR NEW.ends_at > OLD.ends_at))"
)
_MEETS_ANOTHER = """EXISTS (
    SELECT 1 FROM staff_absence a WHERE a.person_id = NEW.person_id AND a.reason = NEW.reason{other}
    AND (NEW.ends_at IS NULL OR a.starts_at < NEW.ends_at) AND (a.ends_at IS NULL OR a.ends_at > NEW.starts_at))"""


def _no_absence_twice() -> list[Trigger]:
    """One person is not away twice at the same time for the same reason; whoever writes absences takes turns."""
    kinds = (("INSERT", "TRUE", ""), ("UPDATE", _GROWS, " AND a.id <> NEW.id"))
    found = [
        refuse(
            f"staff_absence_once_{event.lower()}", "staff_absence", on=f"BEFORE {event}", first=first,
            when=_MEETS_ANOTHER.format(other=other), message="nobody is away twice for one reason",
        )
        for event, first, other in kinds
    ]  # fmt: skip
    held = "\nBEGIN\nPERFORM 1 FROM staff_user WHERE id = NEW.person_id FOR NO KEY UPDATE;\n"
    return [replace(one, postgresql=one.postgresql.replace("\nBEGIN\n", held, 1)) for one in found]


def _calendars_open() -> list[Trigger]:
    """Nobody works by a calendar whose hours have not been set yet."""
    return [
        refuse(
            f"staff_department_calendar_{name}",
            "staff_department",
            on=on,
            first="NEW.calendar_id IS NOT NULL",
            when="EXISTS (SELECT 1 FROM calendars_calendar c WHERE c.id = NEW.calendar_id AND c.version = 0)",
            message="a department works by a calendar that opens",
        )
        for name, on in (("entered", "BEFORE INSERT"), ("changed", "BEFORE UPDATE OF calendar_id"))
    ]


def _in_turns(text: str) -> str:
    """The function's text with the lock taken before it looks, where a department really moves."""
    first = (
        "\nBEGIN\nIF NEW.parent_id IS NOT DISTINCT FROM OLD.parent_id THEN RETURN NEW; END IF;\n"
        f"PERFORM pg_advisory_xact_lock({LOOP_LOCK});\n"
    )
    return text.replace("\nBEGIN\n", first, 1)


@invariant("database", _("Departments form a tree"))
def departments_form_a_tree() -> Iterator[Violation]:
    parents = dict(Department.objects.values_list("pk", "parent"))
    for pk in parents:
        seen, above = {pk}, parents[pk]
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == pk:
            yield Violation(f"department:{pk}", gettext("This department is part of itself."))


@invariant("database", _("Everybody works by a calendar that opens"))
def calendars_open() -> Iterator[Violation]:
    if not Calendar.objects.filter(is_default=True, version__gt=0).exists():
        yield Violation("calendar", gettext("The organisation has no calendar that opens."))
    for pk in Department.objects.filter(calendar__version=0).values_list("pk", flat=True):
        yield Violation(f"department:{pk}", gettext("The calendar of this department never opens."))


@invariant("1", _("Positions are held by people who work here"))
def holders_are_active() -> Iterator[Violation]:
    text = gettext("A position is held by somebody who has left.")
    left = Q()
    for field in ("manager", "deputy_manager", "executive", "deputy_executive"):
        left |= Q(**{f"{field}__is_active": False})
    for pk in Department.objects.filter(left).values_list("pk", flat=True):
        yield Violation(f"department:{pk}", text)
    for code in Post.objects.filter(Q(holder__is_active=False) | Q(stand_in__is_active=False)).values_list(
        "code", flat=True
    ):
        yield Violation(f"post:{code}", text)
