"""The right to see figures, and the one figure that is kept: how many tickets are open.

All others are counted from what others keep, so that no table of their own can differ.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.models import Department, User


class Figure(models.Model):
    """No table: the bearer of the permission, which roles hold (DESIGN 7)."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("view_figures", _("Can see the figures of the units led, or of all"))]

    def __str__(self) -> str:
        return "figure"


class OpenCount(models.Model):
    """How many more tickets are open in a department: of one owner, or received on one day of the organisation's.

    Triggers on the ticket add rows, two a change, in its own transaction; nobody changes one, so that nobody waits for
    anybody. The sum over the rows is the number at any moment; `fold` puts several rows of one place into one.
    """

    department = models.ForeignKey(Department, models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    day = models.DateField(null=True)
    number = models.IntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(owner=None, day__isnull=False) | Q(owner__isnull=False, day=None),
                name="open_count_of_owner_or_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["department", "owner"],
                include=["number"],
                name="open_count_by_owner",
                condition=Q(owner__isnull=False),
            ),  # whose they are
            models.Index(
                fields=["department", "day"],
                include=["number"],
                name="open_count_by_day",
                condition=Q(day__isnull=False),
            ),  # how old they are
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.owner_id or self.day} {self.number:+}"
