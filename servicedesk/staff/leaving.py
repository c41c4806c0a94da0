"""Closing a log-in, and the end of an employment (CASES f).

A log-in can be blocked at once, always: because somebody leaves, and then what they owe passes on in the same
transaction; or for the time being, and then it stays theirs and deputies stand in. Deactivating takes two things:
everything has passed on, and somebody else holds the person's positions already.
"""

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
    if user.blocked_at is not None and (user.blocked_why == Blocked.LEAVING or why == Blocked.MEANWHILE):
        return user
    user.blocked_at, user.blocked_why, user.session_round = user.blocked_at or at, why, user.session_round + 1
    _save(user, "blocked_at", "blocked_why", "session_round", by=by)
    record(timeline_of(user), "blocked", by=by, at=at, why=why)
    if why == Blocked.LEAVING and (stays := pass_on_what_can(user, by=by, at=at)):
        record(timeline_of(user), "nobody_to_pass_on_to", by=by, at=at, stays=stays)
        _tell_administrators(user, stays, at=at)
    return user


@transaction.atomic
def unblock(user: User, *, by: User | str, at: datetime) -> User:
    """Open the log-in again, and nothing else: what was passed on stays where it is."""
    user = _locked(user, by)
    if user.blocked_at is not None:
        user.blocked_at, user.blocked_why, user.leaves_on = None, "", None
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
    going = User.objects.active().exclude(blocked_why=Blocked.LEAVING).filter(leaves_on__isnull=False)
    closed = list(going.filter(leaves_on__lt=today).order_by("pk"))
    for user in closed:
        block(user, by="clock", at=at)
    for user in going.filter(leaves_on__range=(today, today + REMINDED_BEFORE)).order_by("pk"):
        if left_by(user, at=at) or positions_held(user, at=at):
            with transaction.atomic():
                _tell_manager(user, "leaving_soon", user.leaves_on, key="", at=at)
    return len(closed)


def today_here(at: datetime) -> date:
    """The day in the organisation's zone."""
    return timezone.localtime(at, zone_named(organisation_zone())).date()


def pass_on_what_waits(at: datetime) -> int:
    """Pass on what stayed with leavers because nobody could have it (CASES o). Returns how many things still stay."""
    stays = 0
    for pk in list(User.objects.leaving().order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            user = _held(User(pk=pk), "clock")
            if user.is_leaving:
                stays += pass_on_what_can(user, by="clock", at=at)
    return stays


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
        params={"name": str(user), "last_day": last_day.isoformat(), "path": f"/people/{user.pk}/owes/"},
        at=at,
    )


def _save(user: User, *fields: str, by: User | str) -> None:
    user._history_user = by if isinstance(by, User) else None  # type: ignore[attr-defined]
    user.save(update_fields=fields)
