"""Where lives take place."""

from types import SimpleNamespace

from servicedesk.customers.editing import record_wish
from servicedesk.customers.testing import make_customer
from servicedesk.staff.testing import make_organisation
from tickets.testing import MONDAY, make_category


def make_house() -> SimpleNamespace:
    """One department: three agents and their manager, who are all deputies for both categories; an executive above.

    Of three customers the last one wishes no contact.
    """
    made = make_organisation()
    made.people = [*made.agents[:3], made.manager]
    made.service.manager, made.service.executive = made.manager, made.executive
    made.service.deputy_manager = None
    made.service.save(update_fields=["manager", "executive", "deputy_manager"])
    made.category, made.other_category = make_category(), make_category()
    made.category.deputies.set(made.people)
    made.other_category.deputies.set(made.people)
    made.customers = [make_customer() for _ in range(3)]
    record_wish(made.customers[-1], "no_contact", words="Leave me.", by=made.manager, at=MONDAY)
    return made
