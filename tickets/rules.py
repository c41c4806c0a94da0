"""What the database itself refuses about tickets, whoever writes the row (INV 1-4, 6)."""

# ruff: noqa: S608  constants only are put together here

from servicedesk.audit.triggers import Trigger, append_only, keep_rows, refuse, refuse_at_commit
from servicedesk.clock.rules import fixed, set_once
from tickets.closing_rules import course
from tickets.owner_rules import owned_by_who_works_here

# What needs no query stands in `first`, so that rows it lets pass cost next to nothing.
_OWED = """NOT EXISTS (
    SELECT 1 FROM clock_deadline d WHERE d.id = NEW.{column} AND d.settled_at IS NULL
    AND d.kind = {kind} AND d.subject = 'ticket:' || NEW.number)"""
_LIVE = _OWED.format(
    column="live_deadline_id", kind="CASE WHEN NEW.kind = 'task' THEN 'task' ELSE 'promise' END"
)
_CHECK = _OWED.format(
    column="open_check_id", kind="CASE WHEN NEW.kind = 'task' THEN 'confirmation' ELSE 'check' END"
)
_IN_USE = """EXISTS (
    SELECT 1 FROM tickets_ticket t WHERE t.live_deadline_id = NEW.id OR t.open_check_id = NEW.id)"""

# Judged at commit on PostgreSQL, by the audit on SQLite: rows written after the ticket's own.
_WITHOUT_PROMISE = """EXISTS (
    SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.id AND t.live_deadline_id IS NOT NULL AND t.kind <> 'task'
    AND NOT EXISTS (SELECT 1 FROM tickets_promise p
        WHERE p.deadline_id = t.live_deadline_id AND p.ticket_id = t.id AND p.reply_id IS NULL))"""
_WITHOUT_OWNER = """EXISTS (
    SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.id AND t.state <> 'closed' AND NOT EXISTS (
        SELECT 1 FROM tickets_ownershipperiod o
        WHERE o.ticket_id = t.id AND o.to_at IS NULL AND o.owner_id = t.owner_id))
    OR EXISTS (
    SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.id AND t.state = 'closed' AND EXISTS (
        SELECT 1 FROM tickets_ownershipperiod o WHERE o.ticket_id = t.id AND o.to_at IS NULL))"""
_WITHOUT_CHECK = """EXISTS (
    SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.id AND t.open_check_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM tickets_opinioncheck c
        WHERE c.deadline_id = t.open_check_id AND c.ticket_id = t.id AND c.outcome IS NULL))"""
_LET_GO = """EXISTS (
    SELECT 1 FROM clock_deadline d WHERE d.id IN (OLD.live_deadline_id, OLD.open_check_id) AND d.settled_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.live_deadline_id = d.id OR t.open_check_id = d.id))"""
_STRAY = """EXISTS (
    SELECT 1 FROM clock_deadline d WHERE d.id = NEW.id AND d.settled_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.live_deadline_id = d.id OR t.open_check_id = d.id))"""
_CHANGES = "AFTER INSERT OR UPDATE"

_SAME_CUSTOMER = (
    "NOT EXISTS (SELECT 1 FROM {table} o WHERE o.id = NEW.{column} AND o.customer_id = NEW.customer_id)"
)

_REPEATED_BY_OTHERS = "EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.repeat_of_id = NEW.id AND t.customer_id <> NEW.customer_id)"

# Of promises and checks that are written.
_NOT_OURS = """NOT EXISTS (
    SELECT 1 FROM clock_deadline d JOIN tickets_ticket t ON d.subject = 'ticket:' || t.number
    WHERE d.id = NEW.deadline_id AND t.id = NEW.ticket_id AND d.kind = '{kind}' AND d.settled_at IS NULL)"""
# A confirmation is owed by who asked for the task, unless that person goes or has gone.
_NOT_OURS_TO_CHECK = """NOT EXISTS (
    SELECT 1 FROM clock_deadline d JOIN tickets_ticket t ON d.subject = 'ticket:' || t.number
    WHERE d.id = NEW.deadline_id AND t.id = NEW.ticket_id AND d.settled_at IS NULL
    AND CASE WHEN t.kind = 'task' THEN NEW.form = 'requester' AND d.kind = 'confirmation' AND (
        d.owner_id = t.requester_id OR NOT EXISTS (
            SELECT 1 FROM staff_user u WHERE u.id = t.requester_id AND u.is_active AND u.blocked_why <> 'leaving'))
        ELSE NEW.form <> 'requester' AND d.kind = 'check' END)"""
_NOT_NEXT = (
    "NEW.number <> 1 + (SELECT COALESCE(MAX(o.number), 0) FROM {table} o WHERE o.ticket_id = NEW.ticket_id)"
)
_NOT_ACCEPTED = """NOT EXISTS (
    SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.ticket_id AND t.ended = 'accepted' AND t.resolved_at = NEW.asked_at)"""


# The first stretch of ownership begins with the receipt, each other one where the last one ended, or with a reopening;
# none begins while one runs, and none lies behind the closing.
_NOT_FOLLOWING = """EXISTS (
    SELECT 1 FROM tickets_ownershipperiod o
    WHERE o.ticket_id = NEW.ticket_id AND (o.to_at IS NULL OR o.to_at > NEW.from_at))
    OR NOT CASE
        WHEN NOT EXISTS (SELECT 1 FROM tickets_ownershipperiod o WHERE o.ticket_id = NEW.ticket_id)
        THEN EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = NEW.ticket_id AND t.received_at = NEW.from_at)
        WHEN NEW.how = 'reopened'
        THEN EXISTS (SELECT 1 FROM audit_entry e JOIN tickets_ticket t ON e.subject = 'ticket:' || t.number
            WHERE t.id = NEW.ticket_id AND e.event = 'reopened' AND e.at <= NEW.from_at)
        ELSE EXISTS (
            SELECT 1 FROM tickets_ownershipperiod o WHERE o.ticket_id = NEW.ticket_id AND o.to_at = NEW.from_at) END
    OR (NEW.to_at > NEW.from_at AND EXISTS (
        SELECT 1 FROM tickets_ticket t
        WHERE t.id = NEW.ticket_id AND t.state = 'closed' AND t.closed_at < NEW.to_at))"""

_DUE = (
    "(SELECT d.due_at FROM clock_deadline d WHERE d.id = COALESCE(NEW.live_deadline_id, NEW.open_check_id))"
)


def _due_times() -> list:
    """A ticket bears the due time of what is owed on it, so that an index can sort by it; no caller has to think of it."""
    name, table = "tickets_ticket_due", "tickets_ticket"
    return [
        Trigger(
            name,
            table,
            postgresql=f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $due$\n"
            f"BEGIN\nNEW.due_at := {_DUE};\nRETURN NEW;\nEND\n$due$;\n"
            f"CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();",
        ),
        *(
            Trigger(
                f"{name}_{suffix}",
                table,
                sqlite=f"CREATE TRIGGER {name}_{suffix} AFTER {event} ON {table} FOR EACH ROW\n"
                f"WHEN NEW.due_at IS NOT {_DUE}\n"
                f"BEGIN UPDATE {table} SET due_at = {_DUE} WHERE id = NEW.id; END",
            )
            for suffix, event in (
                ("insert", "INSERT"),
                ("update", "UPDATE OF live_deadline_id, open_check_id, due_at"),
            )
        ),
    ]


def _ticket() -> list:
    table = "tickets_ticket"
    return [
        *keep_rows(table),
        fixed(
            "tickets_ticket_fixed",
            table,
            ("id", "number", "first_words_id", "received_at", "recorded_at", "recorder_id", "first_responder_id", "kind",
             "source", "external_number"),
            "number, first words, receipt and first responder never change",
        ),
        refuse(
            "tickets_ticket_no_new_history", table, on="BEFORE UPDATE",
            when="NEW.is_history AND NOT OLD.is_history", message="history comes in by import only",
        ),
        *(
            refuse(
                f"tickets_ticket_{name}_{event.lower()}", table, on=f"BEFORE {event}",
                first=f"NEW.{column} IS NOT NULL", when=when, message=message,
            )
            for event in ("INSERT", "UPDATE")
            for name, column, when, message in (
                ("live", "live_deadline_id", _LIVE, "the live deadline is an unsettled one of this ticket"),
                ("check", "open_check_id", _CHECK, "the open check is an unsettled one of this ticket"),
            )
        ),
        *(
            refuse(
                f"tickets_ticket_{name}_{event.lower()}", table,
                on=f"BEFORE {event}" + (f" OF customer_id, {column}" if event == "UPDATE" else ""),
                first=f"NEW.{column} IS NOT NULL", when=_SAME_CUSTOMER.format(table=whole, column=column), message=message,
            )
            for event in ("INSERT", "UPDATE")
            for name, column, whole, message in (
                ("project", "project_id", "customers_project", "the project of a ticket is its customer's"),
                ("repeats", "repeat_of_id", table, "a ticket repeats a matter of its own customer"),
            )
        ),
        refuse(
            "tickets_ticket_repeated", table, on="BEFORE UPDATE OF customer_id",
            first="OLD.customer_id IS DISTINCT FROM NEW.customer_id", when=_REPEATED_BY_OTHERS,
            message="a ticket is repeated by matters of its own customer",
        ),
        *course(),
        *owned_by_who_works_here(),
        refuse_at_commit(
            "tickets_ticket_promised", table, on=_CHANGES, first="NEW.live_deadline_id IS NOT NULL", when=_WITHOUT_PROMISE,
            message="the live deadline of a ticket is its promise",
        ),
        refuse_at_commit(
            "tickets_ticket_asked", table, on=_CHANGES, first="NEW.open_check_id IS NOT NULL", when=_WITHOUT_CHECK,
            message="the open check of a ticket is its own, unanswered",
        ),
        refuse_at_commit(
            "tickets_ticket_settles", table, on="AFTER UPDATE",
            first="OLD.live_deadline_id IS DISTINCT FROM NEW.live_deadline_id OR OLD.open_check_id IS DISTINCT FROM NEW.open_check_id",
            when=_LET_GO, message="what a ticket no longer owes is settled or withdrawn",
        ),
        refuse_at_commit(
            "tickets_ticket_owned", table, on=_CHANGES, when=_WITHOUT_OWNER, message="an open ticket has one owner"
        ),
    ]  # fmt: skip


def _promises() -> list:
    table = "tickets_promise"
    return [
        *keep_rows(table),
        fixed(
            "tickets_promise_fixed",
            table,
            ("id", "ticket_id", "deadline_id", "number", "words_id", "channel", "person_id", "made_by_id", "made_at", "wished"),
            "a promise never changes",
        ),
        set_once("tickets_promise_replied_once", table, ("reply_id",), "a reply settles a promise once"),
        refuse(
            "tickets_promise_of_ticket", table, on="BEFORE INSERT",
            when=f"NEW.reply_id IS NOT NULL OR {_NOT_OURS.format(kind='promise')} OR {_NOT_NEXT.format(table=table)}",
            message="a promise is the next one of its ticket, with a live deadline of its own",
        ),
        refuse(
            "tickets_promise_replied", table, on="BEFORE UPDATE", first="OLD.reply_id IS NULL AND NEW.reply_id IS NOT NULL",
            when="NOT EXISTS (SELECT 1 FROM tickets_contact r WHERE r.id = NEW.reply_id AND r.ticket_id = NEW.ticket_id"
            " AND r.direction = 'out' AND r.purpose = 'reply')",
            message="a promise is settled by a reply on its own ticket",
        ),
    ]  # fmt: skip


def _checks() -> list:
    table = "tickets_opinioncheck"
    return [
        *keep_rows(table),
        fixed(
            "tickets_opinioncheck_fixed", table, ("id", "ticket_id", "deadline_id", "number", "form", "solver_id"),
            "an opinion check stays what it is",
        ),
        refuse(
            "tickets_opinioncheck_of_ticket", table, on="BEFORE INSERT",
            when=f"CASE WHEN NEW.deadline_id IS NULL THEN {_NOT_ACCEPTED} ELSE NEW.outcome IS NOT NULL OR"
            f" {_NOT_OURS_TO_CHECK} END OR {_NOT_NEXT.format(table=table)}",
            message="an opinion check is the next one of its ticket, with a live deadline of its own",
        ),
        set_once(
            "tickets_opinioncheck_once", table, ("outcome", "asked_by_id", "asked_at", "contact_id"),
            "an opinion check is answered once",
        ),
    ]  # fmt: skip


def _ownership() -> list:
    table = "tickets_ownershipperiod"
    return [
        *keep_rows(table),
        fixed(
            "tickets_ownership_fixed", table, ("id", "ticket_id", "owner_id", "department_id", "how", "from_at"),
            "who owned a ticket cannot be rewritten",
        ),
        set_once("tickets_ownershipperiod_ends_once", table, ("to_at",), "a period of ownership ends once"),
        refuse(
            "tickets_ownershipperiod_follows", table, on="BEFORE INSERT", when=_NOT_FOLLOWING,
            message="periods of ownership tile the time from receipt to closing",
        ),
    ]  # fmt: skip


TRIGGERS = [
    *_ticket(),
    *_due_times(),
    *_promises(),
    *_checks(),
    *_ownership(),
    *append_only("tickets_contact"),
    *append_only("tickets_note"),
    *keep_rows("tickets_reading"),
    fixed("tickets_reading_fixed", "tickets_reading", ("id", "contact_id", "deadline_id"), "a reading stays what it is"),
    set_once("tickets_reading_once", "tickets_reading", ("read_by_id", "read_at"), "a reply is read once"),
    *keep_rows("tickets_mark"),
    fixed("tickets_mark_fixed", "tickets_mark", ("id", "ticket_id", "code", "reason_id", "set_by_id", "set_at"), "a mark stays"),
    set_once("tickets_mark_lifted_once", "tickets_mark", ("lifted_by_id", "lifted_at"), "a mark is lifted once"),
    *keep_rows("tickets_voidrequest"),
    fixed(
        "tickets_voidrequest_fixed", "tickets_voidrequest", ("id", "ticket_id", "reason_id", "asked_by_id", "asked_at"),
        "a request to void stays what it is",
    ),
    set_once(
        "tickets_voidrequest_once", "tickets_voidrequest", ("decided_by_id", "decided_at", "confirmed"),
        "a request to void is decided once",
    ),
    refuse(
        "tickets_voidrequest_asked", "tickets_voidrequest", on="BEFORE INSERT", when="NEW.confirmed IS NOT NULL",
        message="a request to void is asked before it is decided",
    ),
    *keep_rows("tickets_numberseries"),
    refuse(
        "tickets_numberseries_forward", "tickets_numberseries", on="BEFORE UPDATE",
        when="NEW.last < OLD.last OR NEW.year <> OLD.year", message="a number is drawn once",
    ),
]  # fmt: skip

CLOCK_TRIGGERS = [
    refuse(
        "clock_deadline_let_go_by_ticket", "clock_deadline", on="BEFORE UPDATE", first="NEW.settled_at IS NOT NULL", when=_IN_USE,
        message="a ticket lets its deadline go before that is settled",
    ),
    refuse_at_commit(
        "clock_deadline_known_to_ticket", "clock_deadline", on="AFTER INSERT", when=_STRAY,
        first="NEW.kind IN ('promise', 'task', 'check', 'confirmation') AND NEW.subject LIKE 'ticket:%'",
        message="what is owed on a ticket is its live deadline or its open check",
    ),
    refuse_at_commit(
        "clock_deadline_confirmed_by_requester", "clock_deadline", on="AFTER UPDATE",
        first="OLD.kind = 'confirmation' AND OLD.owner_id <> NEW.owner_id",
        when="EXISTS (SELECT 1 FROM staff_user u WHERE u.id = OLD.owner_id AND u.is_active AND u.blocked_why <> 'leaving')",
        message="a confirmation passes on only as its owner goes",
    ),
]  # fmt: skip
