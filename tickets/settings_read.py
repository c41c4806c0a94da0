"""What the settings change in tickets, told for their pages in the administration."""

from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.effects import SHOWN_FROM_THEN_ON, affects

AGENTS = _("whoever takes a matter in or answers the customer")


def tell() -> None:
    """Called in `ready()`."""
    affects("S2", AGENTS, _("A first promise beyond it is refused. The form names it as the latest time."))
    affects("S2", _("whoever imports"), _("Open rows get their promise within it, or spread over it."))
    affects(
        "S2a", AGENTS, _("The forms propose this time. Another one may be chosen within S2, later within S3.")
    )
    affects(
        "S3", AGENTS, _("A later promise beyond it is refused, unless the customer wishes to wait longer.")
    )
    affects(
        "S6",
        _("owners, and who looks at the queue"),
        _(
            "A ticket on which nothing was said or done for so long is marked “silent” or “untouched”, and the "
            "queue lists it."
        ),
        since=SHOWN_FROM_THEN_ON,
    )
    affects("S15", _("who asks after the remedy"), _("By then the customer is asked for the first time."))
    affects("S15", _("who asked for a task"), _("By then they confirm that it is done."))
    affects(
        "S15a",
        _("who asks after the remedy"),
        _("So much longer a check may take whose first attempt reached nobody."),
    )
    affects(
        "S26",
        AGENTS,
        _("Earlier matters of the customer from this time are offered as perhaps the same."),
        since=SHOWN_FROM_THEN_ON,
    )
    affects(
        "S34",
        _("who looks at the queue"),
        _("Tickets handed over more often stand in the view “passed around”."),
        since=SHOWN_FROM_THEN_ON,
    )
    affects(
        "S36",
        _("customers who inquired"),
        _("So long they may object before their inquiry closes by itself."),
    )
