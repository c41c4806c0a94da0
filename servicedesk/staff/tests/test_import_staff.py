"""People and departments from a file: judged as a whole, nobody changed, nobody let in without an administrator."""

from datetime import UTC, datetime
from threading import Event, Thread
from time import sleep

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.urls import reverse

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.importing.testing import reasons, run_import, sheet
from servicedesk.staff import passing_on
from servicedesk.staff.importing.people import StaffImport
from servicedesk.staff.joining import Unit, take_on
from servicedesk.staff.leaving import block, hold
from servicedesk.staff.models import Department, Post, User
from servicedesk.staff.testing import PASSWORD, make_department, make_user

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 4, 2, tzinfo=UTC)
HEADING = "username,name,employee_number,email,department,part_of,manager,deputy_manager,executive,roles,post"
GAO = "gao,Gao Lin,1,gao@example.com,Company,,,,zhou,,general manager"
ZHOU = "zhou,Zhou Ming,2,zhou@example.com,Company,,,,,,"
LI = "li,Li Na,3,li@example.com,Service,Company,li,wang,,agent;department manager,"
WANG = "wang,Wang Fang,4,wang@example.com,Service,,,,,agent,"


def run(path, code=0, **options):
    return run_import("import_staff", path, code, **options)


def unusable(path, **options):
    with pytest.raises(CommandError) as refusal:
        run(path, **options)
    assert refusal.value.returncode == 2
    return str(refusal.value)


def test_people_come_in_with_departments_positions_posts_and_roles(tmp_path):
    path = sheet(tmp_path, HEADING, GAO, ZHOU, LI, WANG, ",,,,Technical,Company,Li Na,,,,")
    assert run(path) == {"read": 5, "taken": 5, "unchanged": 0, "refused": 0}
    people = {one.username: one for one in User.objects.all()}
    service, technical = Department.objects.get(name="Service"), Department.objects.get(name="Technical")
    assert (service.parent.name, service.manager, service.deputy_manager) == (
        "Company",
        people["li"],
        people["wang"],
    )
    assert service.parent.executive == people["zhou"]
    assert (technical.manager, technical.people.count()) == (people["li"], 0)
    assert Post.objects.get(code="general_manager").holder == people["gao"]
    assert people["li"].roles >= {"agent", "department_manager"}
    assert people["wang"].department == service
    assert run(path) == {"read": 5, "taken": 0, "unchanged": 5, "refused": 0}
    assert not [found for found in findings() if found.violations]


def test_nobody_gets_a_password_and_everything_is_on_record(tmp_path):
    run(sheet(tmp_path, HEADING, GAO, ZHOU, LI, WANG))
    li = User.objects.get(username="li")
    assert not li.has_usable_password()
    assert not li.check_password(PASSWORD) and not li.check_password("")
    entries = Entry.objects.of(f"person:{li.pk}")
    assert list(entries.values_list("event", "actor")) == [
        ("account_opened", "import"),
        ("roles_changed", "import"),
    ]
    history = User.history.get(id=li.pk)
    assert (history.history_type, history.history_user) == ("+", None)
    assert {one.group.name for one in history.groups.all()} == {"agent", "department_manager"}
    service = Department.objects.get(name="Service")
    assert [row.manager_id for row in service.history.order_by("history_id")] == [None, li.pk]


def test_an_administrator_finds_who_has_no_password_yet_and_gives_one(tmp_path, client):
    run(sheet(tmp_path, HEADING, GAO, ZHOU))
    administrator = make_user(display_name="An", roles=["administrator"], is_staff=True)
    client.force_login(administrator)
    page = client.get(reverse("admin:staff_user_changelist"), {"let_in": "none"}).content.decode()
    assert "Gao Lin" in page and "no password yet" in page and administrator.username not in page
    gao = User.objects.get(username="gao")
    given = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD, "set-password": "1"}
    client.post(reverse("admin:auth_user_password_change", args=[gao.pk]), given)
    assert User.objects.get(pk=gao.pk).check_password(PASSWORD)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([LI.replace("li,wang", "nobody,")], "Nobody here is called nobody"),
        ([LI.replace("li,wang", "li,gone"), WANG], "does not work here"),
        (["a,A,,,X,Y,,,,,", "b,B,,,Y,Z,,,,,", "c,C,,,Z,X,,,,,"], "part of itself"),
        (["a,A,,,X,X,,,,,"], "part of itself"),
        (["a,A,,,X,Y,,,,,", "b,B,,,X,Z,,,,,"], "earlier row"),
        (["a,A,,,X,,a,,,,", "b,B,,,X,,b,,,,"], "earlier row"),
        (["a,A,,,X,,a,,,,general manager", "b,B,,,X,,,,,,general manager"], "two people"),
        (["a,Twin,,,X,,Twin,,,,", "b,Twin,,,X,,,,,,"], "Several people"),
        (["a,A,,not an address,X,,,,,,", "b,B,,,X,,a,,,,"], "but is refused"),
    ],
)
def test_a_file_that_contradicts_itself_changes_nothing_at_all(tmp_path, rows, why):
    block(make_user(username="gone"), by="setup", at=make_user().date_joined)
    before = (User.objects.count(), Department.objects.count(), Entry.objects.count())
    path = sheet(tmp_path, HEADING, "fine,Fine,,,Fine,,,,,,", *rows)
    assert why in unusable(path, report=tmp_path / "out.csv")
    assert any(why in reason for reason in reasons(tmp_path / "out.csv").values())
    assert (User.objects.count(), Department.objects.count(), Entry.objects.count()) == before
    assert why in unusable(path, dry_run=True)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("b c,B,,,X,,,,,,", "Log-in name"),
        ("b,B,,not an address,X,,,,,,", "mail"),
        ("b,B,1,,X,,,,,,", "another employee"),
        ("b,B,,GAO@example.com,X,,,,,,", "another employee"),
        ("GAO,Gao Lin,,,X,,,,,,", "twice"),
        ("b,,,,X,,,,,,", "empty"),
        (",B,,,X,,,,,,", "empty"),
        ("b,B,,,,X,,,,,", "but not which one"),
        ("b,B,,,X,,,,,wizard,", "wizard"),
        ("1.2E+5,B,,,X,,,,,,", "spreadsheet"),
        ("taken,Other Name,,,Old,,,,,,", "another value"),
        ("taken,Taken,,,Old,,gao,,,,", "manager"),
        ("b,B,,,Old,Company,,,,,", "part of"),
        (f"b,B,,,{'x' * 121},,,,,,", "too long"),
    ],
)
def test_one_wrong_row_is_refused_with_its_reason_and_no_other(tmp_path, row, why):
    old = make_department(name="Old", manager=make_user())
    make_user(username="taken", display_name="Taken", department=old)
    report = tmp_path / "out.csv"
    assert run(sheet(tmp_path, HEADING, GAO, ZHOU, row), code=1, report=report)["taken"] == 2
    (told,) = reasons(report).values()
    assert why in told
    assert set(User.objects.values_list("username", flat=True)) >= {"gao", "zhou", "taken"}
    assert not User.objects.filter(username="b").exists()


def test_positions_that_nobody_holds_are_filled_and_held_ones_left(tmp_path):
    manager = make_user(username="old", display_name="Old Manager")
    make_department(name="Service", manager=manager)
    path = sheet(tmp_path, HEADING, ",,,,Service,,Old Manager,wang,,,", WANG)
    assert run(path)["taken"] == 2
    service = Department.objects.get(name="Service")
    assert (service.manager, service.deputy_manager.username) == (manager, "wang")
    assert run(path)["unchanged"] == 2


@pytest.mark.parametrize("row", [",,,,Service,,gone,,,,", "gone,Gone,,,,,,,,,office"])
def test_who_leaves_gets_no_position_even_where_the_file_names_them(tmp_path, row):
    gone = make_user(username="gone", display_name="Gone", email="gone@example.org")
    block(gone, by="setup", at=gone.date_joined)
    before = "gone,Gone,,,,,,,,," if row.startswith(",") else ",,,,Service,,,,,,"
    assert "Gone does not work here any more" in unusable(sheet(tmp_path, HEADING, before, row))
    assert not Department.objects.exists() and not Post.objects.exclude(holder=None).exists()


def test_who_leaves_holds_a_position_until_somebody_else_is_named(tmp_path):
    path = sheet(tmp_path, HEADING, GAO, ZHOU, LI, WANG)
    run(path)
    block(User.objects.get(username="li"), by="setup", at=User.objects.get(username="gao").date_joined)
    block(User.objects.get(username="gao"), by="setup", at=User.objects.get(username="zhou").date_joined)
    assert run(path)["unchanged"] == 4


def test_a_row_that_needs_a_refused_one_is_refused_where_the_desk_names_somebody_else(tmp_path):
    make_department(name="Service", manager=make_user())
    report = tmp_path / "out.csv"
    path = sheet(tmp_path, HEADING, GAO, ZHOU, "li,Li,,,Service,,li,,,,", "wang,Wang,,,Service,,li,,,,")
    assert run(path, code=1, report=report) == {"read": 4, "taken": 2, "unchanged": 0, "refused": 2}
    assert all("manager" in reason for reason in reasons(report).values())


def test_other_roles_than_those_of_somebody_known_are_refused(tmp_path):
    make_user(username="wang", display_name="Wang", email="", roles=["agent"])
    path, report = tmp_path / "file.csv", tmp_path / "out.csv"
    for roles, refused in (("", 0), ("agent", 0), ("administrator", 1), ("agent;administrator", 1)):
        sheet(tmp_path, HEADING, f"wang,Wang,,,,,,,,{roles},")
        assert run(path, code=refused, report=report)["refused"] == refused
    assert "another value of: roles" in reasons(report)["2"]


def test_letters_of_full_width_make_no_other_name_to_log_in_with(tmp_path, client):
    row = "ｗａｎｇ,Wang,,wang@EXAMPLE.org,Service,,ｗａｎｇ,,,,"
    path = sheet(tmp_path, HEADING, row)
    assert run(path)["taken"] == 1
    wang = User.objects.get()
    assert (wang.username, wang.email) == ("wang", "wang@example.org")
    assert Department.objects.get().manager == wang
    assert run(path)["unchanged"] == 1
    assert run(sheet(tmp_path, HEADING, row, "WANG,Wang,,,,,,,,,"), code=1)["refused"] == 1


@pytest.mark.parametrize("filled", ["position", "post", "left"])
def test_what_was_filled_while_the_file_was_judged_is_not_overwritten(tmp_path, monkeypatch, filled):
    """Between judging and writing somebody fills the position by hand, or the person named leaves."""
    service, other, ou = make_department(name="Service"), make_user(), make_user(username="ou", email="")
    judge = StaffImport.judge

    def meanwhile(self, rows):
        taking = judge(self, rows)
        if filled == "left":
            block(ou, by="setup", at=ou.date_joined)
        elif filled == "post":
            Post.objects.filter(code="office").update(holder=other)
        else:
            Department.objects.filter(pk=service.pk).update(manager=other)
        monkeypatch.setattr(StaffImport, "judge", judge)
        return taking

    monkeypatch.setattr(StaffImport, "judge", meanwhile)
    rows = ["wang,Wang,,,,,,,,,", ",,,,Service,,ou,,,,", f"ou,{ou.display_name},,,,,,,,,office"]
    path = sheet(tmp_path, HEADING, *rows)
    if filled == "left":
        assert "does not work here" in unusable(path)
        assert not User.objects.filter(username="wang").exists()
    else:
        assert run(path, code=1) == {"read": 3, "taken": 2, "unchanged": 0, "refused": 1}
        service.refresh_from_db()
        holders = (service.manager, Post.objects.get(code="office").holder)
        assert holders == ((other, ou) if filled == "position" else (ou, other))
    assert service.history.count() == 1 + (filled == "post")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_goes_and_a_file_that_names_them_beside_their_heir_never_wait_for_each_other(monkeypatch):
    """The leaver is held and the heir not yet, when the file comes that names both, the heir first."""
    heir, leaver, unit = make_user(), make_user(), make_department()
    monkeypatch.setattr(passing_on, "_kinds", [])
    is_held, met = Event(), []

    def passes_on(user, **how):
        is_held.set()
        sleep(0.3)  # for the file to come as far as it may
        hold(heir.pk)
        return 0

    passing_on.on_leaving(passes_on, lambda user, *, at: None)

    def imports():
        is_held.wait(10)
        try:
            take_on(
                [], [Unit(unit.name, leading={"manager": heir, "deputy_manager": leaver})], by="import", at=AT
            )
        except (ValidationError, OperationalError) as trouble:
            met.append(trouble)
        finally:
            connection.close()

    thread = Thread(target=imports)
    thread.start()
    block(leaver, by="setup", at=AT)
    thread.join(30)
    assert [type(trouble) for trouble in met] == [ValidationError]
    assert not Entry.objects.filter(event="nobody_to_pass_on_to").exists()


def test_who_is_needed_but_refused_beside_the_desk_makes_the_file_unusable(tmp_path):
    make_department(name="Service", manager=make_user())
    told = unusable(sheet(tmp_path, HEADING, LI.replace(",Company,", ",,"), WANG, ",,,,Technical,,li,,,,"))
    assert "but is refused" in told
    assert not User.objects.filter(username="wang").exists()


def test_a_dry_run_names_the_new_departments_and_writes_nothing(tmp_path, capsys):
    path = sheet(tmp_path, HEADING, GAO, ZHOU, LI, WANG)
    call_command("import_staff", path, dry_run=True)
    told = capsys.readouterr().out
    assert "new department: Company" in told and "new department: Service" in told
    assert "4 taken" in told
    assert not User.objects.exists()


def test_statements_do_not_grow_with_the_people(tmp_path, django_assert_max_num_queries):
    rows = [
        f"p{n},Person {n},{n},p{n}@example.com,Unit {n % 7},Company,p{n % 7},,,agent," for n in range(300)
    ]
    with django_assert_max_num_queries(45):
        run(sheet(tmp_path, HEADING, *rows))
    assert (User.objects.count(), Department.objects.count()) == (300, 8)
