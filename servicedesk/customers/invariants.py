"""What must always hold for customers, re-checked over live data."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.audit.invariants import Violation, invariant

from .models import Area, Customer, Project


@invariant("R5.7b", gettext_lazy("A project in service has its salesperson and its executive"))
def projects_have_people() -> Iterator[Violation]:
    lacking = Project.objects.active().filter(Q(salesperson=None) | Q(executive=None))
    for number in lacking.values_list("number", flat=True).iterator():
        yield Violation(f"project:{number}", _("In service without salesperson or executive."))


@invariant("search", gettext_lazy("Every customer can be found"))
def customers_are_found() -> Iterator[Violation]:
    lost = Customer.objects.filter(tokens="").exclude(name="")
    for number in lost.values_list("number", flat=True).iterator():
        yield Violation(f"customer:{number}", _("Not in the search."))


@invariant("R7.2.2.2", gettext_lazy("Every area has an officer who works here"))
def areas_have_their_officer() -> Iterator[Violation]:
    for pk in Area.objects.filter(officer__is_active=False).values_list("pk", flat=True):
        yield Violation(f"area:{pk}", _("The officer has left."))
