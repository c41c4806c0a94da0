"""Areas and their households from a file: one officer each, households given their area once (R7.2.2.2)."""

import pytest

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.customers.importing.customers import CustomerImport
from servicedesk.customers.models import Area, Customer
from servicedesk.importing.testing import reasons, run_import, sheet
from servicedesk.staff.leaving import block
from servicedesk.staff.testing import make_user

pytestmark = pytest.mark.django_db
HEADING = "area,officer,number,name,unit,phone"
EAST = ["East,ou,H-1,The Wangs,3-1203,13800138000", "East,,H-2,The Lis,3-1204,"]


def run(path, code=0, **options):
    return run_import("import_areas", path, code, **options)


@pytest.fixture
def officer():
    return make_user(username="ou")


@pytest.mark.clause("R7.2.2.2")
def test_areas_come_in_with_their_households(tmp_path, officer, monkeypatch):
    monkeypatch.setattr("servicedesk.importing.running.BATCH", 2)
    path = sheet(tmp_path, HEADING, *EAST, "West,ou,,,,", "West,,H-3,The Zhaos,1-1,", "East,ou,H-4,The Sus,,")
    assert run(path) == {"read": 5, "taken": 5, "unchanged": 0, "refused": 0}
    east, west = Area.objects.order_by("name")
    assert (east.officer, west.officer) == (officer, officer)
    assert set(east.households.values_list("name", flat=True)) == {"The Wangs", "The Lis", "The Sus"}
    wangs = Customer.objects.get(external_number="H-1")
    assert (wangs.kind, wangs.unit, wangs.origin) == ("household", "3-1203", "generic")
    assert Entry.objects.of(wangs.key).first().facts["area"] == east.pk
    assert Entry.objects.of(east.key).get().actor == "import"
    assert run(path) == {"read": 5, "taken": 0, "unchanged": 5, "refused": 0}
    assert not [found for found in findings() if found.violations]


def test_households_that_are_there_are_given_their_area_once(tmp_path, officer):
    run_import(
        "import_customers", sheet(tmp_path, "number,name,kind", "H-1,The Wangs,household", "K-1,Firm,company")
    )
    path = sheet(tmp_path, HEADING, "East,ou,H-1,,3-1203,", "East,,K-1,,,", name="areas.csv")
    report = tmp_path / "out.csv"
    assert run(path, code=1, report=report) == {"read": 2, "taken": 1, "unchanged": 0, "refused": 1}
    assert "no household" in reasons(report)["3"]
    wangs = Customer.objects.get(external_number="H-1")
    assert (wangs.area.name, wangs.unit) == ("East", "3-1203")
    assert Entry.objects.of(wangs.key).last().event == "customer_changed"
    other = sheet(tmp_path, HEADING, "West,ou,H-1,,3-1203,", "East,,H-1,,3-9999,", name="b.csv")
    assert run(other, code=1, report=report)["refused"] == 2
    assert "area" in reasons(report)["2"] and "flat" in reasons(report)["3"]
    assert Customer.objects.get(external_number="H-1").area.name == "East"
    assert not Area.objects.filter(name="West").exists()


def test_where_a_household_is_to_live_is_checked_before_anything_is_written(tmp_path, officer):
    run_import("import_customers", sheet(tmp_path, "number,name,kind", "H-1,The Wangs,household"))
    rows = ["East,ou,H-2,The Lis,3-1204,", f"East,,H-1,,{'x' * 61},"]
    path, report = sheet(tmp_path, HEADING, *rows, name="areas.csv"), tmp_path / "out.csv"
    assert run(path, code=1, dry_run=True)["refused"] == 1
    assert run(path, code=1, report=report) == {"read": 2, "taken": 1, "unchanged": 0, "refused": 1}
    assert "flat" in reasons(report)["3"]
    assert Customer.objects.get(external_number="H-1").area is None


def test_households_of_a_batch_that_was_taken_back_come_into_their_own_areas(tmp_path, officer, monkeypatch):
    write = CustomerImport.write

    def refused_once_written(self, taking):
        write(self, taking)
        if any(one.number == "H-bad" for one in taking):
            raise ValueError("cannot be stored")

    monkeypatch.setattr(CustomerImport, "write", refused_once_written)
    path = sheet(
        tmp_path, HEADING, "West,ou,H-bad,Home,,", "West,ou,H-3,The Zhaos,,", *EAST, "East,,H-5,The Sus,,"
    )
    assert run(path, code=1) == {"read": 5, "taken": 4, "unchanged": 0, "refused": 1}
    lives_in = dict(Customer.objects.values_list("external_number", "area__name"))
    assert lives_in == {"H-3": "West", "H-1": "East", "H-2": "East", "H-5": "East"}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("West,,H-1,Home,,", "name its officer"),
        ("West,nobody,H-1,Home,,", "Nobody here is called"),
        ("West,gone,H-1,Home,,", "does not work here"),
        ("East,other,H-1,Home,,", "property officer"),
        (",ou,H-1,Home,,", "The field Area is empty"),
        ("East,,,Home,,", "The field Household number is empty"),
        ("East,,H-1,,,", "The field Household is empty"),
        (f"{'x' * 121},ou,,,,", "too long"),
        ("West,ou,H-1,Home,,no number", "telephone"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason_and_no_other(tmp_path, officer, row, why):
    make_user(username="other")
    block(make_user(username="gone"), by="setup", at=officer.date_joined)
    path, report = sheet(tmp_path, HEADING, "East,ou,H-9,Neighbour,,", row), tmp_path / "out.csv"
    assert run(path, code=1, report=report)["taken"] == 1
    assert why in reasons(report)["3"]
    assert list(Area.objects.values_list("name", flat=True)) == ["East"]


def test_a_dry_run_finds_the_same_and_writes_nothing(tmp_path, officer):
    path = sheet(tmp_path, HEADING, *EAST, EAST[0], "East,,H-2,The Lis,9-9,", "North,,H-5,Home,,")
    dry = run(path, code=1, dry_run=True)
    assert not Area.objects.exists() and not Customer.objects.exists()
    assert dry == run(path, code=1) == {"read": 5, "taken": 2, "unchanged": 1, "refused": 2}


def test_statements_do_not_grow_with_the_households(tmp_path, officer, django_assert_max_num_queries):
    rows = [f"East,ou,H-{n},Home {n},{n},1380013{n:04}" for n in range(400)]
    with django_assert_max_num_queries(50):
        run(sheet(tmp_path, HEADING, *rows))
    assert Area.objects.get().households.count() == 400
