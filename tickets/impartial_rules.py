"""What the database refuses about complaints that are about a colleague (INV 11; CASES n).

Who is named neither owns the ticket while it is open, nor asks its check, decides its voiding or reads its file.
"""

# ruff: noqa: S608  constants only are put together here

from servicedesk.audit.triggers import Trigger, keep_rows, refuse
from servicedesk.clock.rules import fixed, set_once

TABLE = "tickets_complainedabout"
_NAMED = f"EXISTS (SELECT 1 FROM {TABLE} a WHERE a.lifted_at IS NULL AND a.ticket_id = {{ticket}} AND a.person_id = {{person}})"
_READ_ON = "(SELECT c.ticket_id FROM tickets_contact c WHERE c.id = NEW.contact_id)"
_OWNED = """EXISTS (
    SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.ticket_id AND (t.kind <> 'complaint'
        OR (t.state <> 'closed' AND t.owner_id = NEW.person_id)))
    OR EXISTS (
    SELECT 1 FROM tickets_ownershipperiod o
    WHERE o.ticket_id = NEW.ticket_id AND o.owner_id = NEW.person_id AND o.to_at IS NULL)"""

# Each judging act: its table, the column with the person, the ticket, and what must be so for it to count.
_JUDGING = [
    ("opinioncheck", "asked_by_id", "NEW.ticket_id", "NEW.outcome <> 'withdrawn'"),
    ("voidrequest", "decided_by_id", "NEW.ticket_id", "TRUE"),
    ("reading", "read_by_id", _READ_ON, "TRUE"),
]


def _owning() -> list[Trigger]:
    message = "nobody owns a complaint about themselves"
    return [
        refuse(
            "tickets_ticket_impartial", "tickets_ticket", on="BEFORE UPDATE",
            first="NEW.kind = 'complaint' AND NEW.state <> 'closed'"
            " AND (OLD.owner_id <> NEW.owner_id OR OLD.state <> NEW.state)",
            when=_NAMED.format(ticket="NEW.id", person="NEW.owner_id"), message=message,
        ),
        refuse(
            "tickets_ownershipperiod_impartial", "tickets_ownershipperiod", on="BEFORE INSERT",
            first="NEW.to_at IS NULL", when=_NAMED.format(ticket="NEW.ticket_id", person="NEW.owner_id"), message=message,
        ),
    ]  # fmt: skip


def _judging() -> list[Trigger]:
    return [
        refuse(
            f"tickets_{name}_impartial_{event.lower()}", f"tickets_{name}", on=f"BEFORE {event}",
            first=f"NEW.{column} IS NOT NULL AND {counts}" + _newly(column, event),
            when=_NAMED.format(ticket=ticket, person=f"NEW.{column}"), message="nobody judges a complaint about themselves",
        )
        for name, column, ticket, counts in _JUDGING
        for event in ("INSERT", "UPDATE")
    ]  # fmt: skip


def _newly(column: str, event: str) -> str:
    """What somebody did before they were named stays done."""
    return f" AND OLD.{column} IS NULL" if event == "UPDATE" else ""


IMPARTIAL_TRIGGERS = [
    *_owning(),
    *_judging(),
    *keep_rows(TABLE),
    fixed(
        f"{TABLE}_fixed", TABLE, ("id", "ticket_id", "person_id", "reason_id", "named_by_id", "named_at"),
        "whom a complaint is about stays on record",
    ),
    set_once(f"{TABLE}_lifted_once", TABLE, ("lifted_by_id", "lifted_at"), "a name is lifted once"),
    refuse(
        f"{TABLE}_passed_on", TABLE, on="BEFORE INSERT", first="NEW.lifted_at IS NULL", when=_OWNED,
        message="a complaint passes on before its owner is named",
    ),
]  # fmt: skip
