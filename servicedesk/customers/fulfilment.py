"""What the desk does about customers, clause by clause, as the clauses' own pages tell it."""

from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.fulfilment import fulfil

LIST = "customers:list"


def tell() -> None:
    """Called once, when the app is ready."""
    fulfil(
        "record", "R3.3.4a R4.3a", _("Every change keeps old and new, its author and how it is known."), LIST
    )
    fulfil("measure", "R3.3.4a", _("The profile says how many of the useful facts are known."), LIST)
    fulfil("measure", "R4.3a", _("A profile not confirmed for a year is marked."), LIST)
    fulfil("record", "R3.3.5", _("Consent to news, or its refusal, is kept with time and source."), LIST)
    fulfil("record", "R1.5.F", _("A safety mark warns before every contact."), LIST)
    fulfil(
        "record",
        "R5.10.3a",
        _("Language, channel, hours, manner of address and wishes about contact are kept."),
        LIST,
    )
    fulfil("guide", "R5.10.3a", _("These wishes are shown before any contact."))
    fulfil(
        "enforce",
        "R5.7b",
        _("No project goes into service without its signing salesperson and executive in charge."),
        LIST,
    )
    fulfil(
        "record",
        "R7.2.2.2",
        _(
            "Every area has one officer, every household of it therefore exactly one; who it was when stays on record."
        ),
        "customers:areas",
    )
