"""What the database itself refuses beyond the constraints: parts that belong to another customer."""

# ruff: noqa: S608  constants only are put together here

from servicedesk.audit.triggers import Trigger, refuse

PARTS = [  # a table, its column, the table that column points to
    ("customers_phonenumber", "person_id", "customers_contactperson"),
    ("customers_emailaddress", "person_id", "customers_contactperson"),
    ("customers_site", "project_id", "customers_project"),
]


def rules() -> list[Trigger]:
    """Every trigger of this app."""
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
