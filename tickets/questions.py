"""What the organisation must have decided about its matters (Appendix E, 1, 4, 8, 10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from servicedesk.regulations.questions import Gap, Question, ask
from servicedesk.staff.models import Department, Post
from servicedesk.staff.positions import Position
from tickets.models import Category, Kind


def tell() -> None:
    """Called in `ready()`."""
    ask(
        Question(
            "two-lines",
            gettext_lazy("Which unit accepts complaints, and which one supervises it? They must differ."),
            "R5.1a R5.1b",
            number=1,
            judge=lines_open,
            help=gettext_lazy(
                "Complaints go to the responsible department of their category; the post of supervision watches."
            ),
        )
    )
    ask(
        Question(
            "four-marks",
            gettext_lazy(
                "What makes an event serious, a matter significant, a fault major, a problem major?"
            ),
            "R4.5c R5.2.5 R5.7a R7.2.1.4b",
            number=4,
            help=gettext_lazy("The desk marks what people decide to mark; it needs your criteria in words."),
        )
    )
    ask(
        Question(
            "second-person",
            gettext_lazy(
                "Who is the second reader for “not valid”, and who may approve closing without a reached customer?"
            ),
            "R1.2g R7.2.1.4d",
            number=8,
            help=gettext_lazy(
                "The desk asks for a second person who is not the solver; who that shall be is yours to say."
            ),
        )
    )
    ask(
        Question(
            "kept-how-long",
            gettext_lazy("How long is each kind of record kept, and what is then made anonymous?"),
            number=10,
            help=gettext_lazy("The desk erases nothing by itself but the texts of old messages."),
        )
    )


def lines_open(at: datetime) -> Iterator[Gap]:
    offered = Category.objects.filter(Q(kind=Kind.COMPLAINT) | Q(kind=""), active=True)
    listed = reverse("admin:tickets_category_changelist")
    if not offered.exists():
        yield Gap(_("No category is offered for complaints"), listed)
    without = offered.filter(department=None).count()
    if without:
        text = ngettext(
            "%(number)d category has no responsible department",
            "%(number)d categories have no responsible department",
            without,
        )
        yield Gap(text % {"number": without}, f"{listed}?department__isnull=True")
    post = Post.objects.filter(code=Position.SUPERVISION).select_related("holder__department").first()
    if post is None or post.holder is None:
        url = reverse("admin:staff_post_change", args=[post.pk]) if post else ""
        yield Gap(_("Nobody holds the post of supervision"), url)
        return
    accepting = Department.objects.filter(pk__in=offered.exclude(department=None).values("department"))
    own = Q(manager=post.holder) | Q(deputy_manager=post.holder) | Q(pk=post.holder.department_id)
    for unit in accepting.filter(own).order_by("name"):
        facts = {"person": post.holder, "unit": unit}
        url = reverse("admin:staff_post_change", args=[post.pk])
        yield Gap(
            _("%(person)s supervises, and belongs to “%(unit)s”, which accepts complaints") % facts, url
        )
