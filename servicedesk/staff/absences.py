"""Entering and ending absences: one's own, or those of the people one leads."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.outbox.models import IN_APP
from servicedesk.outbox.posting import post
from servicedesk.staff.leaving import timeline_of
from servicedesk.staff.models import Absence, Department, User


def people_of(leader: User) -> Any:
    """Whose absences this person may enter: all for who administers absences, else oneself and those led."""
    active = User.objects.active()
    if leader.has_perm("staff.change_absence"):
        return active
    led = Department.objects.led_by(leader).values("pk")
    return active.filter(Q(pk=leader.pk) | Q(department__in=led))


def possible_deputies(person: User) -> Any:
    """Who may stand in: colleagues of the department and of those beside and above it, and all who lead one."""
    others = User.objects.with_log_in().exclude(pk=person.pk)
    if person.department is None:
        return others
    near = Department.objects.filter(pk=person.department.parent_id or person.department.pk)
    around = Department.objects.subtree(near.values_list("pk", flat=True)).values("pk")
    leading = Q(manages__isnull=False) | Q(in_charge_of__isnull=False) | Q(posts__isnull=False)
    return others.filter(Q(department__in=around) | leading).distinct()


@transaction.atomic
def enter_absence(absence: Absence, *, by: User, at: datetime) -> Absence:
    """Save a new or changed absence, on record, and tell its deputy, and who is deputy no longer.

    Raises PermissionDenied for a person whose absences `by` may not enter, ValidationError where the dates or
    the deputy cannot be, for a second absence for the same reason at the same time, and for one that is over.
    """
    check_may_enter(absence.person, by)
    _take_turns(absence)
    before = _as_it_stands(absence, at=at)
    absence.full_clean()
    check_not_over(absence, at=at)
    absence._history_user = by  # type: ignore[attr-defined]
    absence.save()
    record(
        timeline_of(absence.person),
        "absence_changed" if before else "absence_entered",
        by=by,
        at=at,
        absence=absence,
        starts_at=absence.starts_at,
        ends_at=absence.ends_at,
        deputy=absence.deputy,
    )
    if absence.deputy and (before is None or _told(before) != _told(absence)):
        _tell_deputy(absence, at)
    if before and before.deputy_id and before.deputy_id != absence.deputy_id:
        _tell_no_deputy(before, at)
    return absence


@transaction.atomic
def end_absence(absence: Absence, *, by: User, at: datetime) -> None:
    """The person is back: one under way ends now, one still to come is withdrawn, one that is over stays.

    Who stands in is told. Somebody else may have ended or withdrawn it meanwhile: then nothing is left to do.
    """
    check_may_enter(absence.person, by)
    _take_turns(absence)
    standing = Absence.objects.select_for_update(of=["self"]).select_related("person")
    absence = standing.filter(pk=absence.pk).first()  # type: ignore[assignment]
    if absence is None or absence.is_over(at):
        return
    absence._history_user = by  # type: ignore[attr-defined]
    number = absence.pk
    if absence.starts_at < at:
        absence.ends_at = at
        absence.save(update_fields=["ends_at"])
        event = "absence_ended"
    else:
        absence.delete()
        event = "absence_withdrawn"
    record(timeline_of(absence.person), event, by=by, at=at, absence=number)
    if absence.deputy_id:
        absence.pk = number  # a deleted row forgets it
        _tell_no_deputy(absence, at)


def check_may_enter(person: User, by: User) -> None:
    """Refuse who is neither the person, nor leads them, nor administers absences."""
    if not people_of(by).filter(pk=person.pk).exists():
        raise PermissionDenied


def check_not_over(absence: Absence, *, at: datetime) -> None:
    """Refuse one that has ended by then: it would mean nothing any more."""
    if absence.is_over(at):
        raise ValidationError({"ends_at": _("This absence is over already; enter one that lasts longer.")})


def _take_turns(absence: Absence) -> None:
    """Hold the person: of two who enter or end absences of one person at once, the second sees the first."""
    list(User.objects.select_for_update(no_key=True).filter(pk=absence.person_id).values_list("pk"))


def _as_it_stands(absence: Absence, *, at: datetime) -> Absence | None:
    """The row before a change; None for a new absence."""
    if not absence.pk:
        return None
    before = Absence.objects.select_for_update(of=["self"]).filter(pk=absence.pk).first()
    if before is None:
        raise ValidationError(_("This absence has been withdrawn meanwhile."), code="withdrawn")
    if before.is_over(at):
        raise ValidationError(_("This absence is over; what is past is not changed."), code="over")
    return before


def _told(absence: Absence) -> tuple[Any, ...]:
    return absence.deputy_id, absence.starts_at, absence.ends_at


def _tell_deputy(absence: Absence, at: datetime) -> None:
    post(
        "named_deputy",
        key=f"deputy:{absence.pk}:{absence.deputy_id}:{at.isoformat()}",
        channel=IN_APP,
        recipient=absence.deputy,
        params={
            "name": str(absence.person),
            "starts_at": absence.starts_at.isoformat(),
            "ends_at": absence.ends_at.isoformat() if absence.ends_at else None,
            "path": reverse("staff:calendar"),
        },
        at=at,
    )


def _tell_no_deputy(absence: Absence, at: datetime) -> None:
    """Who was named deputy need not mind that desk any longer."""
    post(
        "no_longer_deputy",
        key=f"no_deputy:{absence.pk}:{absence.deputy_id}:{at.isoformat()}",
        channel=IN_APP,
        recipient=absence.deputy,
        params={"name": str(absence.person), "path": reverse("staff:calendar")},
        at=at,
    )
