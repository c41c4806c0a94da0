"""What the database demands before a ticket may change its state: the course it may take, and the proof (INV 3, 6; CASES a).

Every proof is tied to what the ticket owed until that very statement: the reply settled its live promise, the answered
check is the one that was open. So no older reply and no older check can serve again after a reopening.
"""

from servicedesk.audit.triggers import Trigger, refuse, refuse_at_commit
from servicedesk.clock.rules import differs

TABLE = "tickets_ticket"

# The reply that told the solution: it settled the promise which was live, at the very moment of resolving.
_TOLD = """EXISTS (
    SELECT 1 FROM tickets_promise p JOIN tickets_contact r ON r.id = p.reply_id
    WHERE p.deadline_id = OLD.live_deadline_id AND p.ticket_id = NEW.id AND r.ticket_id = NEW.id
    AND r.at = NEW.resolved_at AND r.mode <> 'tried'{accepted})"""
# Only words in writing can wait for an objection: a spoken answer is accepted, or it solves nothing.
_REPLY = _TOLD.format(accepted=" AND (NEW.unopposed_at IS NULL OR r.mode <> 'spoken')")
_ACCEPTED_REPLY = _TOLD.format(accepted=" AND r.accepted")

_NOTED = """EXISTS (
    SELECT 1 FROM audit_entry e WHERE e.subject = 'ticket:' || NEW.number AND e.event = '{event}' AND e.at = NEW.{column}{by})"""
_RESOLVED_NOTED = _NOTED.format(event="resolved", column="resolved_at", by="")
_CLOSED_NOTED = _NOTED.format(event="closed", column="closed_at", by="")
_CONFIRMED_NOTED = _NOTED.format(event="closed", column="closed_at", by=" AND e.by_id = c.asked_by_id")

# The check that was open until now, answered by the customer in a contact, or confirmed by who did not solve it.
_ANSWERED = """EXISTS (
    SELECT 1 FROM tickets_opinioncheck c {contact}
    WHERE c.deadline_id = OLD.open_check_id AND c.ticket_id = NEW.id AND c.outcome = 'satisfied' AND c.form = '{form}'{also})"""
_CHECKED = _ANSWERED.format(
    form="customer",
    contact="JOIN tickets_contact k ON k.id = c.contact_id",
    also=" AND k.ticket_id = NEW.id AND k.purpose = 'check' AND k.mode <> 'tried'",
)
# By who asked for the task or owes its confirmation; while that person is away also by another, who has not done it.
_AWAY = """EXISTS (
    SELECT 1 FROM staff_absence a WHERE a.person_id = d.owner_id AND a.deputy_id IS NOT NULL
    AND a.starts_at <= c.asked_at AND (a.ends_at IS NULL OR a.ends_at > c.asked_at))"""
_DONE = _ANSWERED.format(
    form="requester",
    contact="JOIN clock_deadline d ON d.id = c.deadline_id",
    also=" AND (c.asked_by_id IN (NEW.requester_id, d.owner_id)"
    f" OR c.asked_by_id <> c.solver_id AND {_AWAY}) AND {_CONFIRMED_NOTED}",
)
_CONFIRMED = _ANSWERED.format(form="confirmation", contact="", also=" AND c.asked_by_id <> c.solver_id")

_PROCESS = "EXISTS (SELECT 1 FROM tickets_process s WHERE s.kind = NEW.kind AND s.closes_by = '{closes_by}')"
_BY_ANSWER = _PROCESS.format(closes_by="answer")
_BY_DECISION = _PROCESS.format(closes_by="decision")
_BY_CHECK = _PROCESS.format(closes_by="check")

_VOID = """EXISTS (
    SELECT 1 FROM tickets_voidrequest v WHERE v.ticket_id = NEW.id AND v.confirmed AND v.decided_at = NEW.closed_at)"""

_PROVED = f"""CASE NEW.ended
    WHEN 'checked' THEN {_CHECKED}
    WHEN 'confirmed' THEN CASE WHEN NEW.kind = 'task' THEN {_DONE} ELSE {_CONFIRMED} END
    WHEN 'unopposed' THEN OLD.state = 'resolved' AND OLD.unopposed_at IS NOT NULL AND OLD.unopposed_at <= NEW.closed_at
    WHEN 'accepted' THEN OLD.state = 'unresolved' AND NOT NEW.demands_check AND {_BY_ANSWER} AND {_ACCEPTED_REPLY}
    WHEN 'decided' THEN OLD.state = 'unresolved' AND NOT NEW.demands_check AND {_BY_DECISION} AND {_REPLY}
    WHEN 'void' THEN {_VOID}
    ELSE FALSE END"""

# A matter that enters closed was answered and accepted in the contact; rows are written after the ticket's own.
_ANSWERED_NOW = """EXISTS (
    SELECT 1 FROM tickets_contact r
    WHERE r.ticket_id = NEW.id AND r.purpose = 'reply' AND r.accepted AND r.at = NEW.resolved_at)
    AND (NOT NEW.demands_check OR EXISTS (
    SELECT 1 FROM tickets_opinioncheck c WHERE c.ticket_id = NEW.id AND c.number = 1 AND c.outcome = 'satisfied'))"""


def _astray(distinct: str) -> str:
    """A state that cannot follow from the one before, or times and endings that change while the state does not."""
    frozen = differs(
        "resolved_at", "closed_at", "ended", "unopposed_at", "demands_check", "is_history", distinct=distinct
    )
    return (
        "(OLD.state = 'closed' AND (NEW.state = 'resolved' OR OLD.ended = 'void' AND NEW.state <> 'closed'))"
        f" OR (OLD.state = NEW.state AND ({frozen}))"
        f" OR (OLD.state = 'resolved' AND NEW.state = 'closed' AND OLD.resolved_at {distinct} NEW.resolved_at)"
        " OR (OLD.demands_check AND NOT NEW.demands_check)"
    )


def course() -> list[Trigger]:
    """From unresolved to resolved to closed and back to unresolved, each step with its proof."""
    return [
        refuse(
            "tickets_ticket_enters", TABLE, on="BEFORE INSERT",
            when="NEW.state = 'resolved' OR (NEW.state = 'closed' AND NOT NEW.is_history AND NEW.ended <> 'accepted')",
            message="a ticket enters open, answered, or as history",
        ),
        refuse(
            "tickets_ticket_demands", TABLE, on="BEFORE INSERT", first="NOT NEW.demands_check", when=_BY_CHECK,
            message="this kind of matter demands an opinion check",
        ),
        refuse(
            "tickets_ticket_course", TABLE, on="BEFORE UPDATE", when=_astray("IS DISTINCT FROM"), sqlite_when=_astray("IS NOT"),
            message="a ticket does not change its state in this way",
        ),
        refuse(
            "tickets_ticket_told", TABLE, on="BEFORE UPDATE", first="OLD.state = 'unresolved' AND NEW.state = 'resolved'",
            when=f"NOT CASE WHEN NEW.kind = 'task' THEN {_RESOLVED_NOTED} ELSE {_REPLY} END",
            message="nothing is resolved before the customer is told",
        ),
        refuse(
            "tickets_ticket_proved", TABLE, on="BEFORE UPDATE", first="OLD.state <> 'closed' AND NEW.state = 'closed'",
            when=f"NOT ({_CLOSED_NOTED} AND {_PROVED})", message="nothing closes without proof",
        ),
        refuse_at_commit(
            "tickets_ticket_answered_now", TABLE, on="AFTER INSERT", first="NEW.state = 'closed' AND NOT NEW.is_history",
            when=f"NOT ({_ANSWERED_NOW} AND {_CLOSED_NOTED})", message="nothing closes without proof",
        ),
    ]  # fmt: skip
