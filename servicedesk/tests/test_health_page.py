import socket
import time
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from servicedesk.audit.models import AuditRun
from servicedesk.audit.seals import seal
from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Deadline, Heartbeat
from servicedesk.clock.testing import make_deadline, make_matter, make_unit
from servicedesk.health import facts
from servicedesk.outbox.models import Message, State
from servicedesk.outbox.testing import make_mail
from servicedesk.staff.testing import make_user
from tickets.testing import make_ticket

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
URL = "/health/"
HTMX = {"HTTP_HX_REQUEST": "true"}
REAL_BROKER = facts.broker


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def well(db, now):
    """A desk in the best of health."""
    Heartbeat.objects.bulk_create(Heartbeat(name=name, at=now) for name in ("sweep", "beat", "backup"))
    AuditRun.objects.create(started_at=now - HOUR, seconds=1, violations=0, findings=[])
    seal(timezone.localdate(now), at=now - HOUR)
    with (
        patch.object(facts, "broker", return_value="Redis 7.2.0"),
        patch.object(facts, "disk", return_value=facts.Disk(80 * 1024**3, 100 * 1024**3)),
    ):
        yield now


@pytest.fixture
def operator(client, db):
    user = make_user(roles=["administrator"])
    client.force_login(user)
    return user


def lights(client):
    health = client.get(URL).context["health"]
    return {line.code: line.light for panel in health.panels for line in panel.lines}


def line(client, code):
    health = client.get(URL).context["health"]
    return next(one for panel in health.panels for one in panel.lines if one.code == code)


def put_aside(deadline, at):
    Deadline.objects.filter(pk=deadline.pk).update(set_aside_at=at, next_ring_at=None, error="ValueError")
    return deadline


def give_up(message, at):
    Message.objects.filter(pk=message.pk).update(
        state=State.GIVEN_UP, given_up_at=at, next_try_at=None, tries=50, last_error="550 no such user"
    )
    return message


# Who may see it


def test_strangers_find_nothing_and_no_way_there(client, well):
    for roles in ([], ["agent"], ["general_manager"]):
        client.force_login(make_user(roles=roles))

        assert client.get(URL).status_code == 404
        assert f'href="{URL}"' not in client.get("/").content.decode()
        assert client.post(reverse("health:put_back_all")).status_code == 404
        assert client.post(reverse("health:send_all_again")).status_code == 404


def test_nobody_signed_in_is_asked_to_sign_in(client, well):
    assert client.get(URL).headers["Location"].startswith("/login/")


def test_an_administrator_finds_it_in_the_navigation(client, well, operator):
    assert f'href="{URL}"' in client.get("/").content.decode()


def test_who_may_only_look_is_offered_no_act(client, well, now):
    looker = make_user()
    looker.user_permissions.add(Permission.objects.get(codename="view_health"))
    client.force_login(looker)
    deadline = put_aside(make_deadline(due_at=now + HOUR, at=now), now)
    message = give_up(make_mail(make_user()), now)

    page = client.get(URL).content.decode()

    assert deadline.label in page and "550 no such user" in page
    assert "hx-post" not in page.partition('id="health"')[2].partition("</main>")[0]
    assert client.post(reverse("health:put_back", args=[deadline.pk])).status_code == 404
    assert client.post(reverse("health:send_again", args=[message.pk])).status_code == 404


# What it says


def test_all_is_well(client, well, operator):
    page = client.get(URL)

    assert set(lights(client).values()) == {"kept"}
    assert "All is well." in page.content.decode()


def test_before_anything_ever_ran_it_says_so(client, operator, db):
    found = lights(client)

    assert [found[code] for code in ("sweep", "beat")] == ["overdue", "overdue"]
    assert (found["audit"], found["seal"], found["backup"]) == ("soon", "soon", "unknown")


@pytest.mark.parametrize("name", ["sweep", "beat"])
def test_a_stopped_clock_is_red(client, well, operator, name):
    limit = timedelta(seconds=configured.READY_SWEEP_AGE)
    Heartbeat.objects.filter(name=name).update(at=well - limit + timedelta(seconds=20))
    assert lights(client)[name] == "kept"

    Heartbeat.objects.filter(name=name).update(at=well - limit - timedelta(seconds=1))
    told = line(client, name)
    assert told.light == "overdue"
    assert "Start the" in told.advice


def test_the_oldest_step_that_waits_is_named(client, well, operator, now):
    make_deadline(make_matter(label="2026-000077 noise"), due_at=now - HOUR, at=now - DAY)

    told = line(client, "ring")
    assert told.light == "overdue"
    assert "2026-000077 noise" in told.reading


@pytest.mark.parametrize(("seconds", "light"), [(0.2, "kept"), (2, "kept"), (5, "overdue"), (-5, "overdue")])
def test_a_clock_that_differs_is_red(client, well, operator, now, seconds, light):
    with patch.object(facts, "server_time", side_effect=lambda: timezone.now() + timedelta(seconds=seconds)):
        assert line(client, "difference").light == light


def test_late_and_failed_messages_are_told_with_their_error(client, well, operator, now):
    mail = make_mail(make_user(), at=now - timedelta(minutes=10))
    Message.objects.filter(pk=mail.pk).update(
        state=State.FAILED, tries=3, last_error="451 try later", next_try_at=now + HOUR
    )

    assert line(client, "waiting").light == "soon"
    told = line(client, "failed")
    assert told.light == "soon"
    assert "451 try later" in told.details[0]

    Message.objects.filter(pk=mail.pk).update(send_after=now - 2 * HOUR)
    assert line(client, "waiting").light == "overdue"


def test_what_the_audit_found_is_told(client, well, operator, now):
    example = {"subject": "ticket:2026-000001", "text": "The hash of entry 3 is not that of its line."}
    finding = {
        "code": "5",
        "name": "gone",
        "title": "Chained",
        "violations": 2,
        "seconds": 0,
        "examples": [example],
    }
    AuditRun.objects.create(started_at=now, seconds=1, violations=2, findings=[finding])

    told = line(client, "audit")
    assert told.light == "overdue"
    assert told.details == [f"Chained: 2 · ticket:2026-000001: {example['text']}"]


def test_a_night_without_audit_seal_or_backup_is_noticed(client, well, operator):
    with patch.object(facts, "server_time", return_value=well + 2 * DAY + HOUR):
        found = lights(client)

    assert [found[code] for code in ("audit", "seal", "backup")] == ["soon", "soon", "soon"]


def test_a_database_behind_or_ahead_of_the_program_is_red(client, well, operator):
    known = facts.known_migrations()
    with patch.object(facts, "known_migrations", return_value=known | {("clock", "9999_tomorrow")}):
        assert line(client, "migrations").details == ["clock.9999_tomorrow"]
    with patch.object(
        facts, "known_migrations", return_value=known - {("clock", "0001_deadlines_and_ladders")}
    ):
        told = line(client, "migrations")
    assert (told.light, told.reading) == ("overdue", "the database is newer than this program")


@pytest.mark.parametrize(("free", "light"), [(6, "kept"), (4, "soon"), (0.9, "overdue")])
def test_a_disk_that_fills_up_is_told(client, well, operator, free, light):
    with patch.object(facts, "disk", return_value=facts.Disk(int(free * 1024**3), 100 * 1024**3)):
        assert line(client, "disk").light == light


# It works while other things do not


@pytest.fixture
def silent_port():
    """A server that takes a connection and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_broker_that_is_down_or_silent_is_one_red_line(client, well, operator, settings, silent_port):
    for port in (1, silent_port):
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        began = time.monotonic()
        with patch.object(facts, "broker", REAL_BROKER):
            found = lights(client)

        assert time.monotonic() - began < 5
        assert found.pop("broker") == "overdue"
        assert set(found.values()) == {"kept"}


@pytest.mark.parametrize(
    ("table", "grey"),
    [
        ("clock_heartbeat", {"sweep", "beat", "backup"}),
        ("clock_deadline", {"ring", "set_aside", "with_leavers"}),
        ("outbox_message", {"waiting", "failed", "given_up"}),
        ("audit_auditrun", {"audit"}),
        ("audit_dailyseal", {"seal"}),
        ("django_migrations", {"migrations"}),
    ],
)
def test_a_table_that_cannot_be_read_turns_its_own_lines_grey(client, well, operator, table, grey):
    client.get(URL)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    try:
        found = lights(client)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")

    if table == "django_migrations":  # no such table means that nothing was applied
        assert found["migrations"] == "overdue"
    else:
        assert {code for code, light in found.items() if light == "unknown"} == grey
    assert {light for code, light in found.items() if code not in grey} == {"kept"}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_locked_table_is_not_waited_for(client, operator, monkeypatch):
    monkeypatch.setattr(facts, "PATIENCE", 300)
    other = connection.copy("other")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE outbox_message IN ACCESS EXCLUSIVE MODE")
        found = lights(client)
    finally:
        other.close()

    assert (found["waiting"], found["migrations"]) == ("unknown", "kept")


# It is polled


def test_a_poll_is_answered_only_when_something_changed(client, well, operator, now):
    version = client.get(URL).context["health"].version

    assert client.get(URL, {"version": version}, **HTMX).status_code == 204
    put_aside(make_deadline(due_at=now + HOUR, at=now), now)
    answer = client.get(URL, {"version": version}, **HTMX)

    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.count('id="health"') == 1 and "<html" not in text
    assert "<form" not in text
    assert answer.context["health"].version != version


def test_its_queries_do_not_grow(client, well, operator, now):
    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        return len(queries)

    client.get(URL)
    few = count()
    unit = make_unit()
    for _ in range(15):
        make_ticket()
        put_aside(make_deadline(make_matter(unit), due_at=now + HOUR, at=now), now)
        give_up(make_mail(unit.manager), now)

    assert count() == few
    assert few < 60


# The two acts


def test_one_row_is_given_back_to_the_clock_and_on_record(client, well, operator, now):
    first, second = (put_aside(make_deadline(due_at=now + HOUR, at=now), now) for _ in range(2))

    answer = client.post(reverse("health:put_back", args=[first.pk]), **HTMX)

    assert "1 row is back on the clock" in answer.headers["HX-Trigger"]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.set_aside_at, first.error, second.error) == (None, "", "ValueError")
    assert first.next_ring_at is not None
    entry = Entry.objects.get(event="put_back")
    assert (entry.subject, entry.by) == (first.subject, operator)
    assert client.post(reverse("health:put_back", args=[first.pk])).status_code == 404


def test_all_rows_are_given_back_without_scripts_too(client, well, operator, now):
    for _ in range(3):
        put_aside(make_deadline(due_at=now + HOUR, at=now), now)

    page = client.post(reverse("health:put_back_all"), follow=True)

    assert "3 rows are back on the clock" in page.content.decode()
    assert not Deadline.objects.set_aside().exists()


def test_a_message_is_sent_again_and_on_record(client, well, operator, now):
    first, second = (give_up(make_mail(make_user()), now) for _ in range(2))

    answer = client.post(reverse("health:send_again", args=[first.pk]), **HTMX)

    assert "1 message is sent again." in answer.headers["HX-Trigger"]
    first.refresh_from_db()
    assert (first.state, first.tries) == (State.QUEUED, 0)
    entry = Entry.objects.get(subject="outbox", event="tried_again")
    assert (entry.by, entry.facts["message"]) == (operator, first.pk)

    client.post(reverse("health:send_all_again"))
    second.refresh_from_db()
    assert second.state == State.QUEUED
    assert client.post(reverse("health:send_again", args=[first.pk])).status_code == 404


def test_looking_changes_nothing(client, operator):
    for name in ("put_back_all", "send_all_again"):
        assert client.get(reverse(f"health:{name}")).status_code == 405


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_click_gives_a_row_back_and_the_page_renews_itself(page, sign_in, well, now):
    sign_in(make_user(roles=["administrator"]))
    unit = make_unit()
    first, _second = (
        put_aside(make_deadline(make_matter(unit, label=f"2026-00001{n}"), due_at=now + HOUR, at=now), now)
        for n in range(2)
    )
    page.goto(URL)
    expect(page.locator("#line-set_aside .health-reading")).to_have_text("2 rows")

    page.get_by_role("button", name=f"Try again: {first.label}").click()

    expect(page.locator("#line-set_aside .health-reading")).to_have_text("1 row")
    expect(page.locator("#toasts")).to_contain_text("1 row is back on the clock")
    Deadline.objects.set_aside().update(set_aside_at=None, error="")
    expect(page.locator("#line-set_aside .health-reading")).to_have_text("none", timeout=15_000)
