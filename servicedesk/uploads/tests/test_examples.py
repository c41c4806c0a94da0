"""Files to begin with: in every language and form the example row comes in cleanly, one kind after the other."""

import pytest
from django.utils import translation

from servicedesk.customers.importing.areas import AREAS
from servicedesk.customers.importing.customers import CUSTOMERS
from servicedesk.customers.importing.projects import PROJECTS
from servicedesk.customers.models import Area, Customer, Project
from servicedesk.importing.examples import as_csv, as_workbook, example_of
from servicedesk.importing.mappings import RowError, load_mapping
from servicedesk.importing.testing import run_import
from servicedesk.staff.importing.people import STAFF
from servicedesk.staff.models import User
from tickets.importing.shape import TICKETS
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
ONE = {"read": 1, "taken": 1, "unchanged": 0, "refused": 0}
COMMANDS = {
    "import_staff": STAFF,
    "import_customers": CUSTOMERS,
    "import_projects": PROJECTS,
    "import_areas": AREAS,
}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_example_comes_in_cleanly_and_fills_every_column(tmp_path, language, form):
    write = {"csv": as_csv, "xlsx": as_workbook}[form]
    for command, shape in [*COMMANDS.items(), ("import_tickets", TICKETS)]:
        told = example_of(shape, language)
        reading = load_mapping(shape, "generic")
        passed_over = [name for name in told.columns if not reading.field_of(name)]
        assert passed_over in ([], told.columns[8:9])  # the state of a ticket is no field
        path = tmp_path / f"{command}.{form}"
        path.write_bytes(write(told))
        more = {"mapping": "generic", "owner": "wang.fang"} if command == "import_tickets" else {}
        assert run_import(command, path, **more) == ONE, (command, path.read_bytes())
        again = run_import(command, path, **more)
        assert (again["unchanged"], again["refused"]) == (1, 0), command
    wang = User.objects.get()
    assert wang.department.manager == wang and wang.roles >= {"agent", "department_manager"}
    assert wang.language == language
    park = Customer.objects.get(external_number="K-1001")
    assert (park.kind, park.channel, park.persons.get().phones.get().number) == (
        "organisation",
        "phone",
        "+8613800138000",
    )
    project = Project.objects.get()
    assert (project.customer, project.salesperson, project.state) == (park, wang, "active")
    household = Area.objects.get().households.get()
    ticket = Ticket.objects.get()
    assert (ticket.customer, ticket.state, ticket.is_history) == (household, "closed", True)


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_reasons_call_every_field_as_the_example_heads_it(language):
    with translation.override(language):
        for shape in [*COMMANDS.values(), TICKETS]:
            called = {field: shape.label(field) for field in shape.fields}
            assert len(set(called.values())) == len(called)
            assert set(called.values()) <= set(example_of(shape, language).columns), shape.folder
        reading = load_mapping(CUSTOMERS, "generic")
        with pytest.raises(RowError, match=CUSTOMERS.label("name")):
            reading.text("name", {"number": "K-1", "name": ""})
        with pytest.raises(RowError, match=CUSTOMERS.label("language")):
            reading.text("language", {"language": "Klingon"})


@pytest.mark.parametrize("shape", [*COMMANDS.values(), TICKETS])
def test_a_language_without_an_example_is_told_in_english(shape):
    assert example_of(shape, "tlh") == example_of(shape, "en")
