"""Imports with the browser: looked at, tried, taken in by a worker, resumed after its death, deleted in time."""

import re
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from servicedesk.audit.timeline import Entry
from servicedesk.customers.models import Customer
from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.report import RAW
from servicedesk.importing.testing import workbook
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_user
from servicedesk.uploads import carrying, storing
from servicedesk.uploads.bounds import FORM
from servicedesk.uploads.kinds import WAYS
from servicedesk.uploads.models import LEASE, Upload
from tickets.models import Ticket
from tickets.testing import make_agent

pytestmark = pytest.mark.django_db
CUSTOMERS = "number,name,phone\nK-1,Meridian,13800138000\nK-2,=cmd(),not a number\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings, monkeypatch):
    settings.IMPORT_FOLDER = tmp_path / "imports"
    monkeypatch.setattr("servicedesk.uploads.tasks.hint", lambda pk: None)
    return settings.IMPORT_FOLDER


@pytest.fixture
def administrator():
    return make_user(roles=["administrator"], is_staff=True)


@pytest.fixture
def browser(administrator):
    client = Client()
    client.force_login(administrator)
    return client


def hand_in(client, content=CUSTOMERS, kind="customers", name="customers.csv"):
    content = content.encode() if isinstance(content, str) else content
    return client.post(reverse("uploads:list"), {"kind": kind, "file": SimpleUploadedFile(name, content)})


def handed_in(client, *args, **options) -> Upload:
    answer = hand_in(client, *args, **options)
    assert answer.status_code == 302, answer.content.decode()
    return Upload.objects.latest("pk")


def act(client, upload, name, **data):
    return client.post(reverse(f"uploads:{name}", args=[upload.pk]), data, follow=True)


def tried(client, upload, **options):
    act(client, upload, "try", **options)
    carrying.carry_out(upload.pk, at=timezone.now())
    return Upload.objects.get(pk=upload.pk)


def test_a_file_is_looked_at_tried_and_taken_in_and_what_was_refused_is_fetched(browser, administrator):
    upload = handed_in(browser)
    page = browser.get(upload.get_absolute_url()).content.decode()
    assert "utf-8" in page and "Meridian" in page and "Telephone" in page
    upload = tried(browser, upload)
    assert (upload.state, upload.taken, upload.refused) == ("tried", 1, 1)
    assert not Customer.objects.exists()
    assert "Take in 1 row" in browser.get(upload.get_absolute_url()).content.decode()
    act(browser, upload, "take_in")
    carrying.carry_out(upload.pk, at=timezone.now())
    upload.refresh_from_db()
    assert (upload.state, upload.read, upload.taken, upload.refused) == ("done", 2, 1, 1)
    assert Customer.objects.get().name == "Meridian"
    answer = browser.get(reverse("uploads:outcome", args=[upload.pk]))
    report = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "sandbox" and answer["X-Content-Type-Options"] == "nosniff"
    assert '"\'=cmd()"' in report and "telephone" in report and RAW in report
    entries = Entry.objects.of(upload.key)
    assert [entry.event for entry in entries] == [
        "import_handed_in", "import_tried", "import_ended", "import_started", "import_ended",
    ]  # fmt: skip
    assert entries[0].by == administrator and entries.last().facts["taken"] == 1


@pytest.mark.parametrize(
    "content", [b"", b"\0\1\2" * 400, b"PK\x03\x04 broken", b"colour,size\nred,3\n", b"<html>"]
)
def test_a_file_that_is_not_usable_is_refused_at_once_and_nothing_of_it_is_kept(browser, folder, content):
    answer = hand_in(browser, content)
    assert answer.status_code == 422
    assert not Upload.objects.exists()
    assert not folder.exists() or not list(folder.iterdir())


def test_the_page_reads_a_file_once_whatever_is_looked_at(browser, monkeypatch):
    upload = handed_in(browser)
    monkeypatch.setattr("servicedesk.uploads.looking.open_table", None)
    for _ in range(2):
        page = browser.get(upload.get_absolute_url())
        assert page.status_code == 200 and "Meridian" in page.content.decode()
    assert browser.get(reverse("uploads:standing", args=[upload.pk])).status_code == 200


def test_a_workbook_too_large_to_be_looked_at_is_refused(browser, tmp_path, monkeypatch):
    monkeypatch.setattr("servicedesk.uploads.looking.UNPACKED", 1000)
    path = workbook(tmp_path, [["number", "name"], [1, "Meridian"]])
    answer = hand_in(browser, path.read_bytes(), name="a.xlsx")
    assert answer.status_code == 422 and "too large" in answer.content.decode()
    assert not Upload.objects.exists()


def test_a_file_beyond_the_limit_is_cut_off(browser, folder, settings):
    settings.IMPORT_LARGEST = 1000
    answer = hand_in(browser, CUSTOMERS + "x" * 5000)
    assert answer.status_code == 422 and "larger than" in answer.content.decode()
    assert not Upload.objects.exists() and (not folder.exists() or not list(folder.iterdir()))


def test_a_file_that_cannot_be_kept_is_refused_and_the_reason_logged(browser, folder, caplog):
    folder.write_text("no folder")
    answer = hand_in(browser)
    assert answer.status_code == 422 and "cannot keep files" in answer.content.decode()
    assert not Upload.objects.exists()
    assert "a file handed in cannot be kept" in caplog.text


def test_files_lie_under_unguessable_names_and_nobody_else_may_read_them(browser, folder):
    upload = handed_in(browser, name="../../etc/passwd.csv")
    kept = set(folder.iterdir())
    assert kept == {storing.file_of(upload), storing.glance_of(upload)} and len(upload.stored) == 32
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert upload.name == "passwd.csv"


@pytest.mark.parametrize("roles", [[], ["agent"], ["department_manager"], ["general_manager"]])
def test_only_who_may_import_finds_the_pages(browser, roles):
    upload = handed_in(browser)
    stranger = Client()
    stranger.force_login(make_user(roles=roles))
    for name in ("upload", "standing", "outcome"):
        assert stranger.get(reverse(f"uploads:{name}", args=[upload.pk])).status_code == 404
    for name in ("try", "take_in", "delete"):
        assert stranger.post(reverse(f"uploads:{name}", args=[upload.pk])).status_code == 404
    assert stranger.get(reverse("uploads:list")).status_code == 404
    assert stranger.get(reverse("uploads:example", args=["staff", "csv"])).status_code == 404
    assert storing.file_of(upload).exists()


def test_who_may_import_but_not_take_people_on_imports_no_people():
    person = make_user()
    person.user_permissions.add(Permission.objects.get(codename="import_files"))
    client = Client()
    client.force_login(person)
    assert "people and departments" not in client.get(reverse("uploads:list")).content.decode()
    assert hand_in(client, "username,name\na,A\n", kind="staff").status_code == 422
    assert client.get(reverse("uploads:example", args=["staff", "csv"])).status_code == 404
    assert client.get(reverse("uploads:example", args=["customers", "csv"])).status_code == 200


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("staff", ["add_user", "add_department", "change_department", "change_post"]),
        ("areas", ["add_area"]),
        ("customers", []),
    ],
)
def test_a_file_needs_the_permissions_that_the_same_needs_by_hand(kind, needed):
    def may(*rights) -> bool:
        person = make_user()
        person.user_permissions.set(Permission.objects.filter(codename__in=["import_files", *rights]))
        return WAYS[kind].may(person)

    assert may(*needed)
    assert not any(may(*(right for right in needed if right != missing)) for missing in needed)
    assert WAYS[kind].may(make_user(roles=["administrator"]))


def test_the_proxy_that_ships_lets_through_what_the_desk_takes(settings):
    shipped = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
    place = re.search(r"location /imports/ {\s+client_max_body_size (\d+)m;", shipped)
    assert place and int(place[1]) << 20 >= settings.IMPORT_LARGEST + FORM


def test_nothing_is_taken_in_before_it_was_tried(browser):
    upload = handed_in(browser)
    assert "Look at it again" in act(browser, upload, "take_in").content.decode()
    assert Upload.objects.get().state == "new"


def test_one_file_of_a_kind_at_a_time(browser):
    first, second = handed_in(browser), handed_in(browser)
    act(browser, first, "try")
    assert "Another file of this kind" in act(browser, second, "try").content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.filter(pk=second.pk).update(state="running")
    assert "being read" in act(browser, first, "delete").content.decode()
    carrying.carry_out(first.pk, at=timezone.now())
    assert tried(browser, second).state == "tried"


def test_files_are_read_one_after_the_other_so_that_the_clock_keeps_a_worker(browser):
    first, second = handed_in(browser), handed_in(browser, "username,name\na,A\n", kind="staff")
    act(browser, first, "try")
    act(browser, second, "try")
    now = timezone.now()
    Upload.objects.filter(pk=first.pk).update(claim="mine", beat_at=now)
    carrying.carry_out(second.pk, at=now)
    second.refresh_from_db()
    assert (second.state, second.attempts) == ("trying", 0)
    assert "Waits for a worker" in browser.get(second.get_absolute_url()).content.decode()
    Upload.objects.filter(pk=first.pk).update(state="tried", claim="", beat_at=None)
    assert carrying.go_on(lambda: now) == 1
    second.refresh_from_db()
    assert second.state == "tried"


def test_a_contradictory_file_of_people_changes_nothing_and_says_why(browser):
    upload = handed_in(browser, "username,name,department,manager\na,A,Service,nobody\n", kind="staff")
    upload = tried(browser, upload)
    assert upload.state == "unusable" and "Nobody here is called nobody" in upload.problem
    page = browser.get(upload.get_absolute_url()).content.decode()
    assert "nothing was changed" in page and reverse("uploads:outcome", args=[upload.pk]) in page
    assert User.objects.count() == 1


def test_a_dry_run_of_people_names_the_new_departments(browser):
    upload = tried(browser, handed_in(browser, "username,name,department\na,A,Service\n", kind="staff"))
    assert upload.notes == ["new department: Service"]


def test_tickets_come_in_for_the_owner_that_is_named(browser):
    make_agent(username="owner")
    upload = handed_in(browser, "number,category,words\n1,A,cold\n", kind="tickets")
    assert upload.options == {"mapping": "generic"}
    assert act(browser, upload, "try", mapping="generic").status_code == 422
    upload = tried(browser, upload, mapping="generic", owner="owner", spread="2")
    assert (upload.state, upload.taken, len(upload.notes)) == ("tried", 1, 1)
    act(browser, upload, "take_in")
    carrying.carry_out(upload.pk, at=timezone.now())
    assert Ticket.objects.get().owner.username == "owner"


def test_the_mapping_that_knows_the_columns_is_proposed(browser):
    content = "unique_key,created_date,complaint_type,descriptor,status\n60877099,2024-04-16T02:04:38.000,Street,Hole,Open\n"
    assert handed_in(browser, content, kind="tickets").options == {"mapping": "nyc311"}


def test_a_workbook_does_as_well(browser, tmp_path):
    path = workbook(tmp_path, [["客户编号", "客户名称"], [17, "阳光花园"]])
    upload = tried(browser, handed_in(browser, path.read_bytes(), name="客户.xlsx"))
    assert (upload.taken, upload.name) == (1, "客户.xlsx")
    assert "XLSX" in browser.get(upload.get_absolute_url()).content.decode()


# A worker's death


class Death(BaseException):
    """Nothing that anybody catches."""


def ends_at_batch(monkeypatch, number, trouble):
    """From its batch of this number on, whatever is taken in meets with trouble."""
    begin, calls = carrying.begin, []

    def begun(*args, **options):
        run = begin(*args, **options)
        taking_in = run.write

        def write(taking):
            calls.append(1)
            if len(calls) >= number:
                raise trouble
            taking_in(taking)

        run.write = write
        return run

    monkeypatch.setattr(carrying, "begin", begun)


def test_after_a_workers_death_another_goes_on_and_each_row_comes_in_once(browser, monkeypatch):
    monkeypatch.setattr("servicedesk.importing.running.BATCH", 2)
    rows = "".join(f"K-{n},Name {n},\n" for n in range(6))
    upload = tried(browser, handed_in(browser, f"number,name,phone\n{rows}"))
    act(browser, upload, "take_in")
    with monkeypatch.context() as patched, pytest.raises(Death):
        ends_at_batch(patched, 3, Death)
        carrying.carry_out(upload.pk, at=timezone.now())
    upload.refresh_from_db()
    assert (upload.state, Customer.objects.count()) == ("running", 4)
    at = timezone.now()
    assert carrying.go_on(lambda: at) == 0  # it may still be alive
    assert carrying.go_on(lambda: at + LEASE + timedelta(minutes=1)) == 1
    upload.refresh_from_db()
    assert (upload.state, upload.taken, upload.unchanged) == ("done", 2, 4)
    assert Customer.objects.count() == 6
    assert "another one went on" in browser.get(upload.get_absolute_url()).content.decode()


def test_a_file_over_which_every_worker_dies_is_given_up(browser, monkeypatch):
    upload = handed_in(browser)
    act(browser, upload, "try")
    attempts = []

    def dies(*args, **options):
        attempts.append(1)
        raise Death

    monkeypatch.setattr(carrying, "begin", dies)
    at = timezone.now()
    for round_ in range(2 * carrying.MOST_ATTEMPTS):
        with suppress(Death):
            carrying.go_on(lambda: at + round_ * (LEASE + timedelta(minutes=1)))  # noqa: B023  asked at once
    upload.refresh_from_db()
    assert (upload.state, len(attempts)) == ("unusable", carrying.MOST_ATTEMPTS)
    assert "log" in upload.problem


@pytest.mark.parametrize("trouble", [UnusableFileError("torn"), RuntimeError("out of order"), Death()])
def test_an_import_given_up_in_the_middle_says_what_came_in_and_goes_on_with_the_same_file(
    browser, monkeypatch, trouble
):
    monkeypatch.setattr("servicedesk.importing.running.BATCH", 2)
    rows = "".join(f"K-{n},Name {n},\n" for n in range(4))
    upload = tried(browser, handed_in(browser, f"number,name,phone\n{rows}"))
    act(browser, upload, "take_in")
    with monkeypatch.context() as patched:
        ends_at_batch(patched, 2, trouble)
        at = timezone.now()
        for round_ in range(2 * carrying.MOST_ATTEMPTS):
            with suppress(Death):
                carrying.go_on(lambda: at + round_ * (LEASE + timedelta(minutes=1)))  # noqa: B023  asked at once
    upload.refresh_from_db()
    assert (upload.state, Customer.objects.count()) == ("stopped", 2)
    page = browser.get(upload.get_absolute_url()).content.decode()
    assert "Broken off; what was taken in stays" in page and "upload-counts" in page
    upload = tried(browser, upload)
    assert (upload.state, upload.taken, upload.unchanged) == ("tried", 2, 2)
    act(browser, upload, "take_in")
    carrying.carry_out(upload.pk, at=timezone.now())
    assert Customer.objects.count() == 4


def test_the_report_of_an_earlier_try_is_not_taken_for_that_of_a_later_one(browser):
    upload = tried(browser, handed_in(browser))
    assert storing.outcome_of(upload).exists()
    storing.file_of(upload).write_text("colour\nred\n")
    upload = tried(browser, upload)
    assert upload.state == "unusable"
    assert (
        reverse("uploads:outcome", args=[upload.pk])
        not in browser.get(upload.get_absolute_url()).content.decode()
    )


def test_a_file_that_waited_for_another_one_is_claimed_at_the_time_its_turn_comes(browser, monkeypatch):
    first, second = handed_in(browser), handed_in(browser, "username,name\na,A\n", kind="staff")
    for upload in (first, second):
        act(browser, upload, "try")
    hours, begun = iter(range(10)), {}
    at = timezone.now()
    begin = carrying.begin

    def looked_at(kind, *args, **options):
        begun[kind] = Upload.objects.get(kind=kind).beat_at
        return begin(kind, *args, **options)

    monkeypatch.setattr(carrying, "begin", looked_at)
    assert carrying.go_on(lambda: at + timedelta(hours=next(hours))) == 2
    assert begun["staff"] == begun["customers"] + timedelta(hours=1)


def test_who_lost_the_claim_stops_at_the_next_word(browser, monkeypatch):
    upload = tried(browser, handed_in(browser))
    act(browser, upload, "take_in")
    monkeypatch.setattr(carrying, "WORD_EVERY", 0)
    run = type("Run", (), {"counts": type("Counts", (), {"as_json": lambda self: {}})()})()
    claimed = carrying._claim(upload.pk, "mine", timezone.now())
    say = carrying._words_of(claimed, run)
    say(1)
    Upload.objects.filter(pk=upload.pk).update(claim="another")
    with pytest.raises(carrying.SupersededError):
        say(2)
    carrying._end(claimed, "done")
    assert Upload.objects.get().state == "running"


def test_an_import_that_fails_again_and_again_is_given_up(browser, monkeypatch):
    upload = handed_in(browser)
    act(browser, upload, "try")

    def broken(*args, **options):
        raise RuntimeError("out of order")

    monkeypatch.setattr(carrying, "begin", broken)
    for _ in range(carrying.MOST_ATTEMPTS):
        carrying.go_on(timezone.now)
    upload.refresh_from_db()
    assert upload.state == "unusable" and "log" in upload.problem


def test_a_file_that_is_gone_is_told(browser):
    upload = handed_in(browser)
    storing.file_of(upload).unlink()
    assert "no longer there" in browser.get(upload.get_absolute_url()).content.decode()
    assert tried(browser, upload).state == "unusable"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_read_a_file_once(browser):
    upload = handed_in(browser)
    act(browser, upload, "try")

    def work():
        try:
            carrying.carry_out(upload.pk, at=timezone.now())
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    upload.refresh_from_db()
    assert (upload.state, upload.attempts, upload.read) == ("tried", 1, 2)


# The page meanwhile


def test_progress_is_polled_and_answered_only_where_something_is_new(browser):
    upload = handed_in(browser)
    act(browser, upload, "try")
    Upload.objects.filter(pk=upload.pk).update(position=upload.size // 2)
    upload.refresh_from_db()
    address = reverse("uploads:standing", args=[upload.pk])
    page = browser.get(upload.get_absolute_url()).content.decode()
    assert "<progress" in page and address in page
    assert browser.get(address, {"version": upload.version}).status_code == 204
    assert "<form" not in browser.get(address).content.decode()
    carrying.carry_out(upload.pk, at=timezone.now())
    ended = browser.get(address, {"version": upload.version})
    assert ended["HX-Refresh"] == "true" and "hx-get" not in ended.content.decode()


# Forgetting


def test_files_are_deleted_in_time_and_the_counts_stay(browser, folder, settings):
    upload, going_on = (
        tried(browser, handed_in(browser)),
        handed_in(browser, kind="projects", content="number,name,customer\n"),
    )
    act(browser, going_on, "try")
    stray = folder / ("0" * 32 + ".file")
    stray.write_text("left by a crash")
    now = timezone.now()
    assert storing.remove_old(now) == 0
    later = now + timedelta(days=settings.IMPORT_KEEP_DAYS + 1)
    assert storing.remove_old(later) == 1
    assert {path.stem for path in folder.iterdir()} == {going_on.stored}
    upload.refresh_from_db()
    assert upload.removed_at and upload.taken == 1
    assert "has been deleted" in browser.get(upload.get_absolute_url()).content.decode()
    assert browser.get(reverse("uploads:outcome", args=[upload.pk])).status_code == 404
    with pytest.raises(ValidationError):
        carrying.start(upload, dry_run=True, by="setup", at=later)


def test_a_file_can_be_deleted_at_once(browser, folder):
    upload = tried(browser, handed_in(browser))
    act(browser, upload, "delete")
    assert not list(folder.iterdir())
    assert Entry.objects.of(upload.key).last().event == "import_discarded"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_to_begin_with_is_fetched_in_the_readers_language(browser, administrator, form):
    User.objects.filter(pk=administrator.pk).update(language="zh-hans")
    answer = browser.get(reverse("uploads:example", args=["customers", form]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert "%E5%AE%A2%E6%88%B7" in answer["Content-Disposition"]
    assert form == "xlsx" or "客户编号" in answer.content.decode("utf-8-sig")
    assert browser.get(reverse("uploads:example", args=["customers", "exe"])).status_code == 404
