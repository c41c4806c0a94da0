"""What the database itself refuses about deadlines, ladders and rings (invariants 4 and 10)."""

from servicedesk.audit.triggers import Trigger, append_only, keep_rows, refuse, refuse_at_commit


def differs(*columns: str, distinct: str = "IS DISTINCT FROM") -> str:
    """SQL that is true where an UPDATE changes one of the columns."""
    return " OR ".join(f"OLD.{column} {distinct} NEW.{column}" for column in columns)


def fixed(name: str, table: str, columns: tuple[str, ...], message: str) -> Trigger:
    """Columns that never change."""
    return refuse(
        name, table, on="BEFORE UPDATE", message=message,
        when=differs(*columns), sqlite_when=differs(*columns, distinct="IS NOT"),
    )  # fmt: skip


def set_once(name: str, table: str, columns: tuple[str, ...], message: str) -> Trigger:
    """Columns that never change again once they hold something."""

    def test(distinct: str) -> str:
        return " OR ".join(f"(OLD.{c} IS NOT NULL AND OLD.{c} {distinct} NEW.{c})" for c in columns)

    return refuse(
        name, table, on="BEFORE UPDATE", message=message,
        when=test("IS DISTINCT FROM"), sqlite_when=test("IS NOT"),
    )  # fmt: skip


TRIGGERS = [
    fixed(
        "clock_deadline_fixed",
        "clock_deadline",
        (
            "id",
            "kind",
            "subject",
            "first_responder_id",
            "made_at",
            "due_at",
            "derivation",
            "ladder_id",
            "schedule",
        ),
        "a deadline never moves",
    ),
    set_once(
        "clock_deadline_settles_once",
        "clock_deadline",
        ("broken_at", "settled_at", "outcome"),
        "a deadline breaks once and settles once",
    ),
    refuse(
        "clock_deadline_begins_live",
        "clock_deadline",
        on="BEFORE INSERT",
        when="NEW.settled_at IS NOT NULL OR NEW.broken_at IS NOT NULL",
        message="a deadline is owed before it breaks or settles",
    ),
    *keep_rows("clock_deadline"),
    fixed(
        "clock_ring_fixed",
        "clock_ring",
        (
            "id",
            "deadline_id",
            "rung_id",
            "round",
            "planned_at",
            "rang_at",
            "skipped",
            "person_id",
            "owner_id",
            "position",
        ),
        "what rang has rung",
    ),
    set_once(
        "clock_ring_acknowledged_once",
        "clock_ring",
        ("acknowledged_at", "acknowledged_by_id"),
        "a ring is acknowledged once",
    ),
    *keep_rows("clock_ring"),
    fixed(
        "clock_ladder_fixed",
        "clock_ladder",
        ("id", "kind", "version", "never_waits"),
        "a ladder changes by a new version",
    ),
    refuse_at_commit(
        "clock_ladder_has_steps",
        "clock_ladder",
        on="AFTER INSERT OR UPDATE",
        first="NEW.active",
        when="EXISTS (SELECT 1 FROM clock_ladder WHERE id = NEW.id AND active)"
        " AND NOT EXISTS (SELECT 1 FROM clock_rung WHERE ladder_id = NEW.id)",
        message="a ladder in force has steps",
    ),
    *keep_rows("clock_ladder"),
    refuse(
        "clock_rung_fixed",
        "clock_rung",
        on="BEFORE UPDATE",
        when="TRUE",
        message="a ladder changes by a new version",
    ),
    *keep_rows("clock_rung"),
]

# The calendars stand below the audit app and cannot guard their frozen versions themselves.
CALENDAR_TRIGGERS = [
    *append_only("calendars_calendarversion"),
    refuse_at_commit(
        "calendars_calendar_always_one",
        "calendars_calendar",
        on="AFTER UPDATE OR DELETE",
        first="OLD.is_default",
        when="NOT EXISTS (SELECT 1 FROM calendars_calendar WHERE is_default)",
        message="the organisation always has a calendar",
    ),
]
