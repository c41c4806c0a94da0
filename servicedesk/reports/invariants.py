"""What must hold of the figures that are kept, re-checked over live data by `manage.py audit`."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.audit.invariants import Violation, invariant
from servicedesk.reports.opencounts import differences


@invariant("12", gettext_lazy("The kept number of open tickets is that of the tickets"))
def open_counts_agree() -> Iterator[Violation]:
    text = _("%(more)s more tickets are open than is kept for this owner or day of receipt.")
    for department, owner, day, more in differences():
        yield Violation(f"department:{department}:{owner or day}", text % {"more": more})
