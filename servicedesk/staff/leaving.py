"""Closing a log-in, and the end of an employment (CASES f).

A log-in can be blocked at once, always: because somebody leaves, and then what they owe passes on in the same
transaction; or for the time being, and then it stays theirs and deputies stand in. Deactivating takes two things:
everything has passed on, and somebody else holds the person's positions already.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.calendars.models import organisation_zone
from servicedesk.calendars.zones import zone_named
from servicedesk.outbox.models import IN_APP
from servicedesk.outbox.posting import Draft, post, post_many
from servicedesk.staff.directory import Directory
from servicedesk.staff.models import Absence, Department, Post, User
from servicedesk.staff.passing_on import left_by, pass_on_all, pass_on_what_can, with_matters_held
from servicedesk.staff.positions import Position
from servicedesk.staff.roles import Role

logger = logging.getLogger(__name__)
Blocked = User.Blocked
REMINDED_BEFORE = timedelta(days=7)  # the last day itself


@transaction.atomic
def block(user: User, *, by: User | str, at: datetime, why: str = Blocked.LEAVING) -> User:
    """Close a log-in: sessions end, none can begin; the person counts as absent (CASES f, y).

    Whoever leaves passes on what they owe in the same act; what nobody can have stays theirs, and administrators are
    told. `Blocked.MEANWHILE` may become leaving, not the other way round. Raises PermissionDenied for who may not,
    ValidationError for oneself.
    """
    if why not in Blocked.values:
        raise ValidationError(_("Choose why the log-in is blocked."))
    user = _held(user, by) if why == Blocked.LEAVING else _locked(user, by)
    if user.blocked_at is None or (user.blocked_why == Blocked.MEANWHILE and why == Blocked.LEAVING):
        _close(user, by=by, at=at, why=why)
    return user


def _close(user: User, *, by: User | str, at: datetime, why: str) -> None:
    """Close the log-in of somebody who is held."""
    user.blocked_at, user.blocked_why, user.session_round = user.blocked_at or at, why, user.session_round + 1
    _save(user, "blocked_at", "blocked_why", "session_round", by=by)
    record(timeline_of(user), "blocked", by=by, at=at, why=why)
    if why == Blocked.LEAVING and (stays := pass_on_what_can(user, by=by, at=at)):
        record(timeline_of(user), "nobody_to_pass_on_to", by=by, at=at, stays=stays)
        _tell_administrators(user, stays, at=at)


@transaction.atomic
def unblock(user: User, *, by: User | str, at: datetime) -> User:
    """Open the log-in again, and nothing else: what was passed on stays where it is.

    Who was leaving stays: a day that was planned is forgotten then, lest the clock close the log-in once more.
    """
    user = _locked(user, by)
    if user.blocked_at is not None:
        if user.blocked_why == Blocked.LEAVING:
            user.leaves_on = None
        user.blocked_at, user.blocked_why = None, ""
        _save(user, "blocked_at", "blocked_why", "leaves_on", by=by)
        record(timeline_of(user), "unblocked", by=by, at=at)
    return user


@transaction.atomic
def deactivate(user: User, *, by: User | str, at: datetime) -> User:
    """End a person's employment: what they own passes on, the log-in closes, history keeps their name.

    Raises ValidationError while the person still holds a position, for oneself, or if nobody is left to have what
    they own; PermissionDenied for who may not.
    """
    user = _held(user, by)
    if not user.is_active:
        return user
    check_may_leave(user, at=at)
    if pass_on_all(user, by=by, at=at):
        raise ValidationError(
            _("Nobody else works here who could take over what %(name)s owes. Block the log-in instead.")
            % {"name": user}
        )
    user.is_active, user.left_at, user.session_round = False, at, user.session_round + 1
    _save(user, "is_active", "left_at", "session_round", by=by)
    record(timeline_of(user), "left", by=by, at=at)
    return user


@transaction.atomic
def reactivate(user: User, *, by: User | str, at: datetime) -> User:
    """Somebody works here again; what was passed on meanwhile stays where it is."""
    user = _locked(user, by)
    if not user.is_active:
        user.is_active, user.left_at, user.leaves_on = True, None, None
        _save(user, "is_active", "left_at", "leaves_on", by=by)
        record(timeline_of(user), "returned", by=by, at=at)
    return user


@transaction.atomic
def plan_leaving(user: User, last_day: date | None, *, by: User | str, at: datetime) -> User:
    """Say which day will be a person's last, or that they stay after all (None); the manager is told.

    When it is over the log-in closes by itself, and what they owe passes on (`leave_as_planned`). Raises PermissionDenied
    for who may not, ValidationError for oneself, for a day that is past, and for who leaves already.
    """
    user = _locked(user, by)
    if user.is_leaving:
        raise ValidationError(_("%(name)s leaves already.") % {"name": user})
    if last_day is not None and last_day < today_here(at):
        raise ValidationError(_("The last day lies in the past. Block the log-in now instead."))
    if user.leaves_on == last_day:
        return user
    user.leaves_on = last_day
    _save(user, "leaves_on", by=by)
    record(
        timeline_of(user),
        "leaving_planned" if last_day else "stays_after_all",
        by=by,
        at=at,
        last_day=last_day,
    )
    if last_day:
        _tell_manager(user, "leaving_planned", last_day, key=at.isoformat(), at=at)
    return user


def leave_as_planned(at: datetime) -> int:
    """Close the log-ins of those whose last day is over, and remind managers of those whose last week has begun.

    May run twice, late, or after a crash. Returns how many log-ins were closed.
    """
    today = today_here(at)
    going = User.objects.active().exclude(blocked_why=Blocked.LEAVING).order_by("pk")
    closed = _each(going.filter(leaves_on__lt=today), lambda pk: _leave_if_due(pk, at=at))
    _each(going.filter(leaves_on__range=(today, today + REMINDED_BEFORE)), lambda pk: _remind(pk, at=at))
    return closed


def _leave_if_due(pk: int, *, at: datetime) -> bool:
    """Whether the last day of this person is still over, and not put off meanwhile: then the log-in closes."""
    user = _held(User(pk=pk), "clock")
    due = user.is_active and user.leaves_on is not None and user.leaves_on < today_here(at)
    if not due or user.blocked_why == Blocked.LEAVING:
        return False
    _close(user, by="clock", at=at, why=Blocked.LEAVING)
    return True


def _remind(pk: int, *, at: datetime) -> bool:
    user = User.objects.get(pk=pk)
    if user.leaves_on is None or not (left_by(user, at=at) or positions_held(user, at=at)):
        return False
    _tell_manager(user, "leaving_soon", user.leaves_on, key="", at=at)
    return True


def _each(people: Any, act: Callable[[int], int]) -> int:
    """Act on each of these people in a transaction of its own; one that fails is logged and holds up no other."""
    done = 0
    for pk in list(people.values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                done += act(pk)
        except Exception:
            logger.exception("the clock could not do what a last day asks for", extra={"person": pk})
    return done


def today_here(at: datetime) -> date:
    """The day in the organisation's zone."""
    return timezone.localtime(at, zone_named(organisation_zone())).date()


def pass_on_what_waits(at: datetime) -> int:
    """Pass on what stayed with leavers because nobody could have it (CASES o). Returns how many things still stay."""
    return _each(User.objects.leaving().order_by("pk"), lambda pk: _pass_on_again(pk, at=at))


def _pass_on_again(pk: int, *, at: datetime) -> int:
    user = _held(User(pk=pk), "clock")
    return pass_on_what_can(user, by="clock", at=at) if user.is_leaving else 0


def hold(pk: int) -> User:
    """This person as they stand, held in the caller's transaction: nobody leaves while being given something."""
    people = User.objects.select_related("department").select_for_update(of=("self",), no_key=True)
    return people.get(pk=pk)


def timeline_of(user: User) -> str:
    """The key of a person's timeline."""
    return f"person:{user.pk}"


def check_not_oneself(user: User, by: User | str) -> None:
    """Nobody closes or ends their own account: somebody must be left who can open it again."""
    if isinstance(by, User) and by.pk == user.pk:
        raise ValidationError(_("You cannot do this to your own account. Ask another administrator."))


def check_may_leave(user: User, *, at: datetime) -> None:
    """Refuse, with the list, while a person holds positions or stands in for somebody."""
    held = positions_held(user, at=at)
    if held:
        lead = _("%(name)s still holds positions. Name somebody else for each of them first:")
        raise ValidationError([lead % {"name": user}, *held])


def positions_held(user: User, *, at: datetime) -> list[str]:
    """Each position this person holds or stands in for, as a line for a message."""
    fields = {
        "manager": _("manager of %(unit)s"),
        "deputy_manager": _("manager's stand-in of %(unit)s"),
        "executive": _("executive in charge of %(unit)s"),
        "deputy_executive": _("executive's stand-in of %(unit)s"),
    }
    held = [
        text % {"unit": department}
        for field, text in fields.items()
        for department in Department.objects.filter(**{field: user})
    ]
    held += [str(post) for post in Post.objects.filter(holder=user)]
    held += [
        _("stand-in: %(post)s") % {"post": post.get_code_display()}
        for post in Post.objects.filter(stand_in=user)
    ]
    held += [
        _("deputy for %(name)s") % {"name": absence.person}
        for absence in Absence.objects.not_over(at).filter(deputy=user).select_related("person")
    ]
    return held


def _held(user: User, by: User | str) -> User:
    """The same behind the matters on which the person owes something: so that these can pass on in this act."""
    return with_matters_held(user, lambda: _locked(user, by))


def _locked(user: User, by: User | str) -> User:
    if isinstance(by, User) and not by.has_perm("staff.change_user"):
        raise PermissionDenied
    check_not_oneself(user, by)
    if isinstance(by, User) and not by.is_superuser and User.objects.filter(pk=user.pk, is_superuser=True):
        raise PermissionDenied  # an administrator cannot take over a superuser's account
    # Those who go take turns: of two who would pass things to each other, the second sees that the first is gone.
    list(Post.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    # No key update: a ticket that is just being written may go on naming this person.
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _tell_administrators(user: User, stays: int, *, at: datetime) -> None:
    """Something waits with somebody who cannot do it, and the desk knows nobody else (CASES o)."""
    administrators = User.objects.with_log_in().in_role(Role.ADMINISTRATOR).exclude(pk=user.pk)
    post_many(
        [
            Draft(
                event="nobody_to_pass_on_to",
                key=f"nobody_to_pass_on_to:{user.pk}:{at.isoformat()}:{person}",
                channel=IN_APP,
                recipient=person,
                params={"name": str(user), "stays": stays, "path": f"{reverse('staff:close')}?who={user.pk}"},
                at=at,
            )
            for person in administrators.values_list("pk", flat=True)
        ]
    )


def _tell_manager(user: User, event: str, last_day: Any, *, key: str, at: datetime) -> None:
    """Who leads the person, or the next one up, hears of the last day; a reminder once for each such day."""
    holding = Directory.at(at).holder(Position.DEPARTMENT_MANAGER, owner_id=user.pk, exclude={user.pk})
    if holding.person_id in (None, user.pk):
        return
    post(
        event,
        key=f"{event}:{user.pk}:{last_day.isoformat()}:{key}",
        channel=IN_APP,
        recipient=holding.person_id,
        params={
            "name": str(user),
            "last_day": last_day.isoformat(),
            "path": reverse("clock:owes", args=[user.pk]),
        },
        at=at,
    )


def _save(user: User, *fields: str, by: User | str) -> None:
    user._history_user = by if isinstance(by, User) else None  # type: ignore[attr-defined]
    user.save(update_fields=fields)
