"""Nobody who has left owns an open ticket, whoever writes the rows (INV 1; CASES f)."""

from servicedesk.audit.triggers import Trigger, refuse

# Whoever gives a ticket to somebody holds that person's row, so that of a ticket given and a person leaving at the same
# moment the second sees the first.
_OPEN = "NEW.state <> 'closed'"
_WORKS_HERE = "EXISTS (SELECT 1 FROM staff_user u WHERE u.id = NEW.owner_id AND u.is_active{held})"
_GIVEN = {
    "INSERT": _OPEN,
    "UPDATE": f"{_OPEN} AND (OLD.state = 'closed' OR OLD.owner_id <> NEW.owner_id)",
}
_OWNS = "EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.owner_id = NEW.id AND t.state <> 'closed')"


def owned_by_who_works_here() -> list[Trigger]:
    """An open ticket is given to nobody who has left."""
    return [
        refuse(
            f"tickets_ticket_owner_{event.lower()}", "tickets_ticket", on=f"BEFORE {event}", first=given,
            when="NOT " + _WORKS_HERE.format(held=" FOR SHARE"), sqlite_when="NOT " + _WORKS_HERE.format(held=""),
            message="an open ticket is owned by somebody who works here",
        )
        for event, given in _GIVEN.items()
    ]  # fmt: skip


STAFF_TRIGGERS = [
    refuse(
        "staff_user_leaves_nothing_open", "staff_user", on="BEFORE UPDATE OF is_active",
        first="OLD.is_active AND NOT NEW.is_active", when=_OWNS,
        message="what a leaver owns passes on first",
    ),
]  # fmt: skip
