"""Customers from a file: a row for each contact person, known ones never changed (R3.3.4a)."""

import pytest
from django.core.management import CommandError
from django.db import IntegrityError, OperationalError, transaction

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.customers.editing import change_customer
from servicedesk.customers.importing.customers import CustomerImport
from servicedesk.customers.models import Customer
from servicedesk.customers.testing import AT
from servicedesk.importing.testing import reasons, run_import, sheet, workbook

pytestmark = pytest.mark.django_db
HEADING = "number,name,kind,phone,email,address,language,channel,person,person_post,person_phone,person_email"
MERIDIAN = "K-1,Meridian Ltd,company,021-6555 2000,office@meridian.example.com,1 Bund,English,phone,Li Na,Buyer,13800138000,li@meridian.example.com"


def run(path, code=0, **options):
    return run_import("import_customers", path, code, **options)


def test_a_customer_comes_in_whole_and_can_be_found(tmp_path):
    assert run(sheet(tmp_path, HEADING, MERIDIAN)) == {"read": 1, "taken": 1, "unchanged": 0, "refused": 0}
    customer = Customer.objects.get()
    assert (customer.kind, customer.language, customer.channel) == ("organisation", "en", "phone")
    assert (customer.source, customer.origin, customer.external_number) == ("import", "generic", "K-1")
    person = customer.persons.get()
    assert (person.name, person.post, person.is_main) == ("Li Na", "Buyer", True)
    assert [phone.number for phone in customer.phones.order_by("pk")] == ["+862165552000", "+8613800138000"]
    assert person.phones.get().number == "+8613800138000"
    for words in ("Meridian", "Li Na", "13800138000", "K-1", customer.number):
        assert Customer.objects.search(words).get() == customer
    assert list(Entry.objects.of(customer.key).values_list("event", "actor")) == [
        ("customer_created", "import"),
        ("person_added", "import"),
    ]
    assert customer.completeness > 50
    assert not [found for found in findings() if found.violations]


def test_further_rows_of_a_customer_add_persons_whatever_the_batch(tmp_path, monkeypatch):
    monkeypatch.setattr("servicedesk.importing.running.BATCH", 2)
    rows = [
        MERIDIAN,
        "K-1,,,,,,,,Wang,,13800138001,",
        "K-1,,,,,,,,Zhao,,13800138002,",
        "K-2,Home,household,,,,,,,,,",
    ]
    path = sheet(tmp_path, HEADING, *rows)
    assert run(path)["taken"] == 4
    assert run(path) == {"read": 4, "taken": 0, "unchanged": 4, "refused": 0}
    meridian = Customer.objects.get(external_number="K-1")
    assert [(one.name, one.is_main) for one in meridian.persons.order_by("pk")] == [
        ("Li Na", True),
        ("Wang", False),
        ("Zhao", False),
    ]
    assert Customer.objects.search("13800138002").get() == meridian


def test_who_is_there_is_never_changed_and_the_reason_says_what_differs(tmp_path):
    path = sheet(tmp_path, HEADING, MERIDIAN)
    run(path)
    other = sheet(
        tmp_path,
        HEADING,
        MERIDIAN.replace("1 Bund", "2 Bund").replace("6555 2000", "6555 2001"),
        name="b.csv",
    )
    assert run(other, code=1, report=tmp_path / "out.csv")["refused"] == 1
    assert "telephone numbers, address" in reasons(tmp_path / "out.csv")["2"]
    person = sheet(tmp_path, HEADING, "K-1,,,,,,,,Li Na,Director,,", name="c.csv")
    assert run(person, code=1, report=tmp_path / "out.csv")["refused"] == 1
    assert "post" in reasons(tmp_path / "out.csv")["2"]
    customer = Customer.objects.get()
    change_customer(customer, by="setup", at=AT.replace(year=2027), address="3 Bund")
    assert run(path, code=1)["refused"] == 1
    assert Customer.objects.get().address == "3 Bund"


def test_rows_of_one_file_that_contradict_each_other_are_refused(tmp_path):
    rows = [
        MERIDIAN,
        MERIDIAN.replace("Meridian Ltd", "Another"),
        "K-2,,,,,,,,Wang,,,",
        "K-3,Home,,,,,,,,Buyer,,",
    ]
    counts = run(sheet(tmp_path, HEADING, *rows), code=1, report=tmp_path / "out.csv")
    assert counts == {"read": 4, "taken": 1, "unchanged": 0, "refused": 3}
    told = reasons(tmp_path / "out.csv")
    assert "name" in told["3"] and "The field Name is empty" in told["4"] and "no name" in told["5"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("K-1,Home,,no number,,,,,,,,", "telephone"),
        ("K-1,Home,,1.38E+10,,,,,,,,", "spreadsheet"),
        ("K-1,Home,,,nowhere,,,,,,,", "mail"),
        ("K-1,Home,planet,,,,,,,,,", "planet"),
        (f"K-1,{'x' * 201},,,,,,,,,,", "200"),
        ("1.2E+5,Home,,,,,,,,,,", "spreadsheet"),
        (",Home,,,,,,,,,,", "number"),
        ("K-1,Home,,,,,,,Wang,,abc,", "telephone"),
    ],
)
def test_a_row_that_cannot_be_kept_is_refused_with_its_reason_and_no_other(tmp_path, row, why):
    path = sheet(tmp_path, HEADING, row, "K-9,Neighbour,,,,,,,,,,")
    assert run(path, code=1, report=tmp_path / "out.csv")["taken"] == 1
    assert why in reasons(tmp_path / "out.csv")["2"]
    assert Customer.objects.get().name == "Neighbour"


def test_a_dry_run_finds_the_same_and_writes_nothing(tmp_path):
    rows = [MERIDIAN, MERIDIAN, "K-1,,,,,,,,Wang,,,", "K-2,Home,,bad,,,,,,,,"]
    path = sheet(tmp_path, HEADING, *rows)
    dry = run(path, code=1, dry_run=True)
    assert not Customer.objects.exists()
    assert dry == run(path, code=1) == {"read": 4, "taken": 2, "unchanged": 1, "refused": 1}


def test_a_file_without_its_columns_changes_nothing(tmp_path):
    with pytest.raises(CommandError) as refusal:
        run(sheet(tmp_path, "colour,size", "red,3"))
    assert refusal.value.returncode == 2
    assert not Customer.objects.exists()


def test_a_workbook_with_several_numbers_in_a_cell(tmp_path):
    path = workbook(
        tmp_path,
        [
            ["客户编号", "客户名称", "客户类型", "电话"],
            [17, "阳光花园", "住户", "13800138000；65432109转801"],
        ],
    )
    run(path)
    customer = Customer.objects.get()
    assert (customer.external_number, customer.kind) == ("17", "household")
    assert customer.phones.count() == 2


def test_statements_do_not_grow_with_the_rows(tmp_path, django_assert_max_num_queries):
    rows = [f"K-{n},Name {n},person,1380013{n:04},,,,,Person {n},,1390013{n:04}," for n in range(400)]
    with django_assert_max_num_queries(45):
        run(sheet(tmp_path, HEADING, *rows))
    assert Customer.objects.count() == 400


def test_the_database_takes_a_number_of_one_source_once(tmp_path):
    run(sheet(tmp_path, HEADING, MERIDIAN, "K-2,Home,,,,,,,,,,"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(external_number="K-2").update(external_number="K-1")
    Customer.objects.filter(external_number="K-2").update(origin="another system", external_number="K-1")


@pytest.mark.parametrize(
    ("trouble", "batch", "code"),
    [(OperationalError("gone"), 2, 3), (OSError("full"), 2, 3), (OperationalError("gone"), 1, 2)],
)
def test_trouble_in_the_middle_tells_what_came_in(tmp_path, monkeypatch, trouble, batch, code):
    monkeypatch.setattr("servicedesk.importing.running.BATCH", 2)
    write, calls = CustomerImport.write, []

    def fails(self, taking):
        calls.append(1)
        if len(calls) == batch:
            raise trouble
        write(self, taking)

    monkeypatch.setattr(CustomerImport, "write", fails)
    path = sheet(tmp_path, "number,name", *(f"K-{n},Name {n}" for n in range(6)))
    if code == 2:
        with pytest.raises(CommandError, match="gone"):
            run(path)
    else:
        assert run(path, code=code) == {"read": 2, "taken": 2, "unchanged": 0, "refused": 0}
    assert Customer.objects.count() == 2 * (batch - 1)
    assert run(path)["unchanged"] == 2 * (batch - 1)
