"""What the desk does about tickets, clause by clause, as the clauses' own pages tell it."""

from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.fulfilment import fulfil

NEW, QUEUE, DESK = "tickets:new", "tickets:queue", "home"


def tell() -> None:
    """Called once, when the app is ready."""
    _intake()
    _promises()
    _after_the_remedy()
    _ticket()


def _intake() -> None:
    fulfil(
        "guide",
        "R1.1a R3.5.4a R4.1b",
        _("A listening card stands beside the form while the customer speaks."),
        NEW,
    )
    fulfil("enforce", "R1.1b R7.1.3a", _("A ticket is not saved without the customer's words."), NEW)
    fulfil(
        "record",
        "R1.1b R7.1.3a",
        _("The first words are kept as received; corrections stand beside them."),
    )
    fulfil(
        "record",
        "R1.1c",
        _("For a complaint or a fault it is kept whether it was read back, or why not."),
        NEW,
    )
    fulfil(
        "record", "R1.1d", _("Question, answer and the customer's acceptance are stored in one step."), NEW
    )
    fulfil("record", "R1.5.X", _("What the customer wants most is asked for a complaint or a fault."), NEW)
    fulfil("record", "R1.5.A", _("Category and cause stand on the ticket."))
    fulfil("record", "R1.5.D", _("Inquiries are tickets, too."), NEW)
    fulfil(
        "record",
        "R3.1.1",
        _("Such tasks have a requester, an owner and a due time; the requester confirms the result."),
        NEW,
    )
    fulfil(
        "record",
        "R3.2.2",
        _("A caller's wishes, open matters and last promises are on one page before the first word."),
        NEW,
    )
    fulfil("enforce", "R4.5a", _("A complaint or a fault is not saved without category and severity."), NEW)
    fulfil(
        "enforce",
        "R4.5b",
        _("What the form asks and what must be done before closing follows the process of each kind."),
    )
    fulfil(
        "enforce",
        "R5.2.2b",
        _("A ticket names its kind, the customer and the words; complaints and faults also what is wanted."),
        NEW,
    )
    fulfil("enforce", "R5.2.7b R7.1.2a", _("Every employee can open a ticket, whatever the role."), NEW)


def _promises() -> None:
    fulfil(
        "record",
        "R1.1e",
        _("A promise keeps what will be told, by when, by whom, to whom and through which channel."),
    )
    fulfil(
        "enforce",
        "R1.1e R3.3.1a",
        _(
            "No first reply may be promised beyond the longest time; the form proposes a good one and says why."
        ),
        NEW,
    )
    fulfil("remind", "R1.1e R1.1f", _("Whoever owes a reply is warned before it is due."), DESK)
    fulfil(
        "remind",
        "R1.1f",
        _("A broken promise climbs the ladder of managers until somebody answers the customer."),
        DESK,
    )
    fulfil(
        "enforce",
        "R1.1f",
        _("A due time never moves and no clock pauses; a promise kept late stays late."),
    )
    fulfil(
        "enforce", "R1.1g", _("A reply that is not the solution is saved only together with the next time.")
    )
    fulfil("record", "R1.1g", _("The chain of promises stands on the ticket without a gap."))
    fulfil(
        "remind",
        "R1.4b",
        _("A ticket that has gone silent bears a flag, and the queue lists all of them."),
        QUEUE,
    )
    fulfil(
        "remind",
        "R1.4c",
        _("A customer who had to ask first is flagged on the ticket, and its owner is told."),
        QUEUE,
    )
    fulfil(
        "remind",
        "R3.2.2",
        _("A ticket that nobody has touched in time bears a flag, and the queue lists all of them."),
        QUEUE,
    )
    fulfil("remind", "R4.5c", _("Promises on a marked ticket climb the faster ladder."))
    fulfil("record", "R3.1.2", _("Every contact is an entry with time, channel and words."))


def _after_the_remedy() -> None:
    fulfil(
        "enforce",
        "R1.2g",
        _("A complaint, a fault or a service request closes only after the customer was asked."),
    )
    fulfil("remind", "R1.2g", _("The question is owed by a person, with a due time of its own."), DESK)


def _ticket() -> None:
    fulfil(
        "enforce",
        "R5.2.1",
        _(
            "The first responder is a person, set when the ticket is opened, and the database refuses any change."
        ),
    )
    fulfil("record", "R5.2.1", _("First responder and time of the first contact stand on the ticket."))
    fulfil(
        "enforce",
        "R5.2.5",
        _(
            "The mark “significant matter” is lifted only by the general manager or the stand-in, with a reason."
        ),
    )
    fulfil(
        "measure",
        "R5.2.7d",
        _("A repeated contact is linked to the matter it repeats, and its owner is told."),
        NEW,
    )
    fulfil(
        "record",
        "R3.3.2b R3.5.4b",
        _("Cause and wanted outcome are written down as known; earlier words stay."),
    )
    fulfil(
        "record",
        "R4.5a",
        _("A change of category or severity keeps the old value, the author and the reason."),
    )
    fulfil(
        "enforce",
        "R7.1.5d",
        _("No ticket can vanish: nothing is deleted, and only two people together make one void."),
    )
    fulfil("guide", "R5.10.3a", _("Outside the customer's hours the form asks why it cannot wait."))
