"""What the organisation must have decided about its people, judged from who holds what (Appendix E, 2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from servicedesk.regulations.questions import Gap, Question, ask
from servicedesk.staff.departments import upwards
from servicedesk.staff.models import Department, Post, User


def tell() -> None:
    """Called in `ready()`."""
    ask(
        Question(
            "posts",
            gettext_lazy("Who holds the posts of the whole organisation, and who stands in?"),
            "R5.2.5 R5.6c R5.1b",
            number=2,
            judge=posts_open,
        )
    )
    ask(
        Question(
            "leaders",
            gettext_lazy("Who leads each department, and who stands in for the leader?"),
            "R5.2.4a R5.2.4b",
            number=2,
            judge=leaders_open,
        )
    )
    ask(
        Question(
            "executives",
            gettext_lazy("Which executive is in charge of each department, and who stands in?"),
            "R5.7c",
            number=2,
            judge=executives_open,
        )
    )
    ask(
        Question(
            "homes",
            gettext_lazy("In which department does each employee work?"),
            "R5.2.1",
            judge=homeless,
            help=gettext_lazy("A matter belongs to the department of whoever takes it in."),
        )
    )


def posts_open(at: datetime) -> Iterator[Gap]:
    for post in Post.objects.select_related("holder", "stand_in").order_by("pk"):
        url = reverse("admin:staff_post_change", args=[post.pk])
        if post.holder is None or not post.holder.is_active:
            yield Gap(_("%(post)s: nobody holds it") % {"post": post}, url)
        if post.stand_in is None or not post.stand_in.is_active:
            yield Gap(_("%(post)s: nobody stands in") % {"post": post}, url)


def leaders_open(at: datetime) -> Iterator[Gap]:
    people = Count("people", filter=Q(people__is_active=True))
    for unit in Department.objects.annotate(number=people).filter(number__gt=0).order_by("name"):
        if unit.manager_id is None:
            yield Gap(_("%(unit)s: no manager") % {"unit": unit}, _page_of(unit))
        elif unit.deputy_manager_id is None:
            yield Gap(_("%(unit)s: nobody stands in for the manager") % {"unit": unit}, _page_of(unit))


def executives_open(at: datetime) -> Iterator[Gap]:
    units = {unit.pk: unit for unit in Department.objects.order_by("name")}
    for unit in units.values():
        if unit.executive_id and unit.deputy_executive_id is None:
            yield Gap(_("%(unit)s: nobody stands in for the executive") % {"unit": unit}, _page_of(unit))
        if unit.parent_id is None and not unit.executive_id and _lacks_executive_below(unit, units):
            yield Gap(_("%(unit)s: no executive in charge") % {"unit": unit}, _page_of(unit))


def _lacks_executive_below(top: Department, units: dict[int, Department]) -> bool:
    """Whether some unit of this tree has no executive on its way up."""
    ways = [list(upwards(pk, units)) for pk in units]
    return any(way[-1] == top and not any(unit.executive_id for unit in way) for way in ways)


def homeless(at: datetime) -> Iterator[Gap]:
    number = User.objects.active().filter(department=None).count()
    if number:
        text = ngettext(
            "%(number)d employee has no department", "%(number)d employees have no department", number
        )
        url = f"{reverse('admin:staff_user_changelist')}?department__isnull=True"
        yield Gap(text % {"number": number}, url)
    if not Department.objects.exists():
        yield Gap(_("There is no department yet"), reverse("admin:staff_department_add"))


def _page_of(unit: Department) -> str:
    return reverse("admin:staff_department_change", args=[unit.pk])
