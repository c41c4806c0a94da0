"""Departments as a tree, and the posts of the whole organisation."""

from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from servicedesk.calendars.models import Calendar
from servicedesk.staff.departments import DepartmentQuerySet, whose_calendar
from servicedesk.staff.positions import POST_CHOICES


def _person(verbose_name, related_name: str, **options) -> models.ForeignKey:
    """A key to an employee who holds something; nobody disappears from it by being deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name=related_name,
        verbose_name=verbose_name,
        **options,
    )


def check_work_here(row: models.Model, *fields: str) -> None:
    """Refuse people who have left in any of these fields."""
    errors = {
        field: _("%(name)s does not work here any more.") % {"name": person}
        for field in fields
        if (person := getattr(row, field)) is not None and not person.is_active
    }
    if errors:
        raise ValidationError(errors)


class Department(models.Model):
    """One unit of the organisation; departments form a tree without loops (guarded by a trigger)."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    manager = _person(
        _("manager"), "manages", help_text=_("Is told first of a broken promise of this department.")
    )
    deputy_manager = _person(_("manager's stand-in"), "manages_as_stand_in")
    executive = _person(
        _("executive in charge"), "in_charge_of", help_text=_("Left empty, the executive of the unit above.")
    )
    deputy_executive = _person(_("executive's stand-in"), "in_charge_as_stand_in")
    calendar = models.ForeignKey(
        "calendars.Calendar",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("work calendar"),
        help_text=_("Left empty, the calendar of the unit above, else the organisation's."),
    )

    objects = DepartmentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="department_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("pk")),
                violation_error_message=_("A department cannot be part of itself."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def effective_calendar(self) -> Calendar:
        """The work calendar in force here: its own, the one of the unit above, else the organisation's."""
        unit = whose_calendar(self.upwards())
        return (unit and unit.calendar) or Calendar.objects.default()

    def upwards(self) -> "Iterator[Department]":
        """This unit and those above it, nearest first; ends even on a loop."""
        unit: Department | None = self
        seen: set[int] = set()
        while unit and unit.pk not in seen:
            seen.add(unit.pk)
            yield unit
            unit = unit.parent

    def clean(self) -> None:
        """Refuse a place in the tree that would close a loop, and holders who do not work here."""
        check_work_here(self, "manager", "deputy_manager", "executive", "deputy_executive")
        if not self.pk or not self.parent_id:
            return
        if Department.objects.ancestry([self.parent_id]).filter(pk=self.pk).exists():
            refusal = ValidationError(
                _("“%(parent)s” is itself part of “%(name)s”. Choose a unit outside it."),
                params={"parent": self.parent, "name": self.name},
            )
            raise ValidationError({"parent": refusal})


class Post(models.Model):
    """A position of the whole organisation, such as general manager; every one is there from the start."""

    code = models.CharField(_("post"), max_length=30, unique=True, choices=POST_CHOICES)
    holder = _person(_("holder"), "posts")
    stand_in = _person(
        _("stand-in"),
        "posts_as_stand_in",
        help_text=_("Is asked while the holder is away and named no deputy."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("post of the organisation")
        verbose_name_plural = _("posts of the organisation")
        ordering = ["code"]

    def __str__(self) -> str:
        return capfirst(self.get_code_display())

    def clean(self) -> None:
        """Refuse holders who do not work here."""
        check_work_here(self, "holder", "stand_in")
