"""What the database itself refuses beyond the constraints: parts of another customer, officers who have left."""

# ruff: noqa: S608  constants only are put together here

from servicedesk.audit.triggers import Trigger, refuse

PARTS = [  # a table, its column, the table that column points to
    ("customers_phonenumber", "person_id", "customers_contactperson"),
    ("customers_emailaddress", "person_id", "customers_contactperson"),
    ("customers_site", "project_id", "customers_project"),
]


def rules() -> list[Trigger]:
    """Every trigger of this app."""
    return [*_one_customer(), *_officers_work_here()]


def _one_customer() -> list[Trigger]:
    return [
        refuse(
            f"{table}_{name}_same_customer",
            table,
            on=event,
            when=f"NEW.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {whole} w"
            f" WHERE w.id = NEW.{column} AND w.customer_id = NEW.customer_id)",
            message="both belong to the same customer",
        )
        for table, column, whole in PARTS
        for name, event in (("new", "BEFORE INSERT"), ("changed", "BEFORE UPDATE"))
    ]


# Whoever gives an area holds that person's row, so that of an area given and an officer leaving at the same moment the
# second sees the first.
_WORKS_HERE = "EXISTS (SELECT 1 FROM staff_user u WHERE u.id = NEW.officer_id AND u.is_active{held})"


def _officers_work_here() -> list[Trigger]:
    """An area is given to nobody who has left (R7.2.2.2)."""
    return [
        refuse(
            f"customers_area_officer_{event.lower()}", "customers_area", on=f"BEFORE {event}", first=given,
            when="NOT " + _WORKS_HERE.format(held=" FOR SHARE"), sqlite_when="NOT " + _WORKS_HERE.format(held=""),
            message="an area has an officer who works here",
        )
        for event, given in (("INSERT", "TRUE"), ("UPDATE", "OLD.officer_id <> NEW.officer_id"))
    ]  # fmt: skip


STAFF_TRIGGERS = [
    refuse(
        "staff_user_leaves_no_area", "staff_user", on="BEFORE UPDATE OF is_active",
        first="OLD.is_active AND NOT NEW.is_active",
        when="EXISTS (SELECT 1 FROM customers_area a WHERE a.officer_id = NEW.id)",
        message="the areas of a leaver pass on first",
    ),
]  # fmt: skip
