"""Closing a log-in, and the end of an employment (CASES f).

A log-in can be blocked at once, always. Deactivating takes two things: what the person owns passes on in the
same transaction (`on_leaving`), and somebody else holds the person's positions already.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.staff.models import Absence, Department, Post, User

Hook = Callable[..., Any]
_hooks: list[Hook] = []


def on_leaving(hook: Hook) -> Hook:
    """Register `hook(user, *, by, at)`, called while that person leaves, in the same transaction.

    It passes on what the person owns, or raises ValidationError to keep the person from leaving.
    """
    if hook not in _hooks:
        _hooks.append(hook)
    return hook


@transaction.atomic
def block(user: User, *, by: User | str, at: datetime) -> User:
    """Close a log-in: sessions end, none can begin; the person counts as absent (CASES y).

    Whoever is blocked already stays so. Raises PermissionDenied for who may not, ValidationError for oneself.
    """
    user = _locked(user, by)
    if user.blocked_at is None:
        user.blocked_at, user.session_round = at, user.session_round + 1
        _save(user, "blocked_at", "session_round", by=by)
        record(timeline_of(user), "blocked", by=by, at=at)
    return user


@transaction.atomic
def unblock(user: User, *, by: User | str, at: datetime) -> User:
    """Open the log-in again."""
    user = _locked(user, by)
    if user.blocked_at is not None:
        user.blocked_at = None
        _save(user, "blocked_at", by=by)
        record(timeline_of(user), "unblocked", by=by, at=at)
    return user


@transaction.atomic
def deactivate(user: User, *, by: User | str, at: datetime) -> User:
    """End a person's employment: what they own passes on, the log-in closes, history keeps their name.

    Raises ValidationError while the person still holds a position, for oneself, or if a hook refuses;
    PermissionDenied for who may not.
    """
    user = _locked(user, by)
    if not user.is_active:
        return user
    check_may_leave(user, at=at)
    for hook in _hooks:
        hook(user, by=by, at=at)
    user.is_active, user.left_at, user.session_round = False, at, user.session_round + 1
    _save(user, "is_active", "left_at", "session_round", by=by)
    record(timeline_of(user), "left", by=by, at=at)
    return user


@transaction.atomic
def reactivate(user: User, *, by: User | str, at: datetime) -> User:
    """Somebody works here again; what was passed on meanwhile stays where it is."""
    user = _locked(user, by)
    if not user.is_active:
        user.is_active, user.left_at = True, None
        _save(user, "is_active", "left_at", by=by)
        record(timeline_of(user), "returned", by=by, at=at)
    return user


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


def _locked(user: User, by: User | str) -> User:
    if isinstance(by, User) and not by.has_perm("staff.change_user"):
        raise PermissionDenied
    check_not_oneself(user, by)
    # No key update: a ticket that is just being written may go on naming this person.
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _save(user: User, *fields: str, by: User | str) -> None:
    user._history_user = by if isinstance(by, User) else None  # type: ignore[attr-defined]
    user.save(update_fields=fields)
