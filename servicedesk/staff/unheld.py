"""Positions that nobody holds anywhere in the organisation, and where each is filled."""

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse

from servicedesk.staff.models import Department, Post
from servicedesk.staff.positions import POSTS, Position

_OF_UNITS = {
    Position.DEPARTMENT_MANAGER: ("manager", "deputy_manager"),
    Position.EXECUTIVE: ("executive", "deputy_executive"),
}


def unheld(positions: Iterable[str]) -> dict[str, str]:
    """Those of the positions that have neither holder nor stand-in, with the page where they are filled.

    A position of departments counts as held once one department has somebody in it: the others pass upward. Owner
    and first responder are always somebody.
    """
    found = {}
    for position in dict.fromkeys(positions):
        if position in _OF_UNITS:
            if not Department.objects.filter(_any_of(*_OF_UNITS[Position(position)])).exists():
                found[position] = reverse("admin:staff_department_changelist")
        elif position in POSTS:
            post = Post.objects.filter(code=position).first()
            if post is None:
                found[position] = reverse("admin:staff_post_changelist")
            elif not Post.objects.filter(_any_of("holder", "stand_in"), pk=post.pk).exists():
                found[position] = reverse("admin:staff_post_change", args=[post.pk])
    return found


def _any_of(*fields: str) -> Q:
    """Somebody who works here stands in one of these fields."""
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__is_active": True})
    return found
