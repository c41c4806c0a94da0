"""How the number of open tickets is kept: by triggers, so that whoever writes a ticket keeps it."""

from django.conf import settings

from servicedesk.audit.triggers import Trigger

TABLE = "tickets_ticket"
_OPEN = "{row}.state <> 'closed'"
_CHANGED = "(OLD.state = 'closed') <> (NEW.state = 'closed') OR OLD.owner_id <> NEW.owner_id OR OLD.department_id <> NEW.department_id"
VENDORS = ("postgresql", "sqlite")


def day_of_receipt(vendor: str, row: str) -> str:
    """SQL for the organisation's day on which the ticket `row` was received."""
    if vendor == "sqlite":
        return f"django_datetime_cast_date({row}.received_at, '{settings.TIME_ZONE}', 'UTC')"
    return f"({row}.received_at AT TIME ZONE '{settings.TIME_ZONE}')::date"


def open_counts() -> list[Trigger]:
    """One more where a ticket is or becomes open, one less where it was; a change of hands is both."""
    return [
        _counting("reports_opencount_new", on="INSERT", when=_OPEN.format(row="NEW"), changes={"NEW": 1}),
        _counting(
            "reports_opencount_moved",
            on="UPDATE OF state, owner_id, department_id",
            when=_CHANGED,
            changes={"OLD": -1, "NEW": 1},
        ),
    ]


def _counting(name: str, *, on: str, when: str, changes: dict[str, int]) -> Trigger:
    head = f"CREATE TRIGGER {name} AFTER {on} ON {TABLE} FOR EACH ROW"
    postgresql, sqlite = (
        "\n".join(_change(vendor, row, change) for row, change in changes.items()) for vendor in VENDORS
    )
    return Trigger(
        name,
        TABLE,
        postgresql=f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $count$\n"
        f"BEGIN\n{postgresql}\nRETURN NULL;\nEND\n$count$;\n"
        f"{head} WHEN ({when}) EXECUTE FUNCTION {name}();",
        sqlite=f"{head}\nWHEN {when}\nBEGIN\n{sqlite}\nEND",
    )


def _change(vendor: str, row: str, change: int) -> str:
    day = day_of_receipt(vendor, row)
    return (
        "INSERT INTO reports_opencount (department_id, owner_id, day, number)"
        f" SELECT {row}.department_id, {row}.owner_id, NULL, {change} WHERE {_OPEN.format(row=row)}"
        f" UNION ALL SELECT {row}.department_id, NULL, {day}, {change} WHERE {_OPEN.format(row=row)};"
    )
