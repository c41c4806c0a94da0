"""Projects from a file: whose they are, who answers for them, and in service only with both people (R5.7b)."""

from datetime import date

import pytest

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.customers.creating import Draft, create_customers
from servicedesk.customers.models import Project
from servicedesk.customers.testing import AT
from servicedesk.importing.testing import reasons, run_import, sheet
from servicedesk.staff.leaving import block
from servicedesk.staff.testing import make_user

pytestmark = pytest.mark.django_db
HEADING = "number,name,customer,salesperson,executive,project_manager,delivered,service_ends,state"
GATE = "P-1,North Gate,K-1,sales,E-7,Qian Wei,2024-02-29,2027/2/28,in service"


def run(path, code=0, **options):
    return run_import("import_projects", path, code, **options)


@pytest.fixture
def people():
    return {
        "sales": make_user(username="sales"),
        "executive": make_user(username="boss", employee_number="E-7"),
        "manager": make_user(username="qian", display_name="Qian Wei"),
    }


@pytest.fixture
def customer():
    return create_customers(
        [Draft(name="Meridian", origin="generic", external_number="K-1")], by="setup", at=AT
    )[0]


def test_a_project_comes_in_with_its_people_and_days(tmp_path, people, customer):
    path = sheet(tmp_path, HEADING, GATE)
    assert run(path)["taken"] == 1
    project = Project.objects.get()
    assert (project.customer, project.state) == (customer, "active")
    assert (project.salesperson, project.executive, project.project_manager) == tuple(people.values())
    assert (project.delivered_on, project.service_ends_on) == (date(2024, 2, 29), date(2027, 2, 28))
    entry = Entry.objects.of(customer.key).last()
    assert (entry.event, entry.actor) == ("project_added", "import")
    assert entry.facts["delivered_on"] == date(2024, 2, 29)
    assert run(path) == {"read": 1, "taken": 0, "unchanged": 1, "refused": 0}
    assert not [found for found in findings() if found.violations]


def test_the_desks_own_number_of_a_customer_does_as_well(tmp_path, people, customer):
    run(sheet(tmp_path, HEADING, GATE.replace("K-1", customer.number)))
    assert Project.objects.get().customer == customer


@pytest.mark.clause("R5.7b")
@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("P-1,Gate,K-1,,E-7,,,,", "salesperson"),
        ("P-1,Gate,K-1,sales,,,,,active", "executive"),
        ("P-1,Gate,K-1,nobody,E-7,,,,", "Nobody here is called nobody"),
        ("P-1,Gate,K-1,twin,E-7,,,,", "Several people"),
        ("P-1,Gate,K-1,gone,E-7,,,,", "does not work here"),
        ("P-1,Gate,K-404,sales,E-7,,,,", "K-404"),
        ("P-1,Gate,K-1,sales,E-7,,2025-03-01,2025-03-01,", "after the day of delivery"),
        ("P-1,Gate,K-1,sales,E-7,,the 5th,,", "no date"),
        ("P-1,Gate,K-1,sales,E-7,,2023-02-29,,", "no date"),
        ("P-1,Gate,K-1,sales,E-7,,,,somewhere", "somewhere"),
        ("P-1,Gate,K-1,,,,,,ended", "ended"),
    ],
)
def test_what_contradicts_the_rules_is_refused_with_its_reason(tmp_path, people, customer, row, why):
    make_user(display_name="twin"), make_user(display_name="twin")
    block(make_user(username="gone"), by="setup", at=AT)
    report = tmp_path / "out.csv"
    assert run(sheet(tmp_path, HEADING, row, GATE.replace("P-1", "P-2")), code=1, report=report)["taken"] == 1
    assert why in reasons(report)["2"]
    assert Project.objects.get().external_number == "P-2"


def test_a_project_in_preparation_needs_nobody_yet_and_an_ended_one_its_day(tmp_path, customer):
    run(sheet(tmp_path, HEADING, "P-1,Gate,K-1,,,,,,draft", "P-2,Gate,K-1,,,,2020-01-01,2022-01-01,ended"))
    assert list(Project.objects.order_by("pk").values_list("state", flat=True)) == ["draft", "ended"]


def test_a_project_that_is_there_is_never_changed(tmp_path, people, customer):
    run(sheet(tmp_path, HEADING, GATE))
    other = sheet(tmp_path, HEADING, GATE.replace("2024-02-29", "2024-03-01"), GATE, name="b.csv")
    assert run(other, code=1, report=tmp_path / "out.csv") == {
        "read": 2,
        "taken": 0,
        "unchanged": 1,
        "refused": 1,
    }
    assert "delivered" in reasons(tmp_path / "out.csv")["2"]


def test_a_dry_run_finds_the_same_and_writes_nothing(tmp_path, people, customer):
    path = sheet(tmp_path, HEADING, GATE, GATE, GATE.replace("North", "South"), "P-2,Gate,K-1,,,,,,")
    dry = run(path, code=1, dry_run=True)
    assert not Project.objects.exists()
    assert dry == run(path, code=1) == {"read": 4, "taken": 1, "unchanged": 1, "refused": 2}


def test_statements_do_not_grow_with_the_rows(tmp_path, people, customer, django_assert_max_num_queries):
    rows = [GATE.replace("P-1", f"P-{n}") for n in range(400)]
    with django_assert_max_num_queries(25):
        run(sheet(tmp_path, HEADING, *rows))
    assert Project.objects.count() == 400
