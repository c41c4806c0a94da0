"""Blocking and leaving (CASES f, y)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from servicedesk.audit.timeline import Entry
from servicedesk.outbox.models import Message
from servicedesk.staff import passing_on
from servicedesk.staff.leaving import block, deactivate, pass_on_what_waits, reactivate, unblock
from servicedesk.staff.models import Absence, Post, User
from servicedesk.staff.passing_on import Left, on_leaving
from servicedesk.staff.testing import PASSWORD, make_absence, make_organisation
from servicedesk.staff.views.closing import closing_query

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


@pytest.fixture
def one():
    return make_organisation()


@pytest.fixture
def passed_on(monkeypatch):
    """What a hook was called with; hooks of other apps rest meanwhile."""
    calls = []
    monkeypatch.setattr(passing_on, "_kinds", [])

    def pass_on(user, *, by, at):
        calls.append((user.pk, user.is_active, by, at))
        return 0

    on_leaving(pass_on, nothing_left)
    return calls


def nothing_left(user, *, at):
    return None


def passes_on(stays):
    """Something of which so many things stay; an exception stands for a kind that fails."""

    def pass_on(user, *, by, at):
        if isinstance(stays, Exception):
            raise stays
        return stays

    on_leaving(pass_on, nothing_left)


def events(user) -> list[str]:
    return [entry.event for entry in Entry.objects.of(f"person:{user.pk}")]


def test_a_leaver_passes_everything_on_in_the_same_act(one, passed_on):
    agent = one.agents[1]

    deactivate(agent, by=one.administrator, at=AT)

    agent.refresh_from_db()
    assert (agent.is_active, agent.left_at) == (False, AT)
    assert passed_on == [(agent.pk, True, one.administrator, AT)]
    assert events(agent) == ["left"]
    assert agent.history.first().history_user == one.administrator


def test_if_something_cannot_pass_on_nothing_happens(one, passed_on):
    passes_on(1)

    with pytest.raises(ValidationError, match="Block the log-in instead"), transaction.atomic():
        deactivate(one.agents[1], by=one.administrator, at=AT)

    one.agents[1].refresh_from_db()
    assert one.agents[1].is_active
    assert events(one.agents[1]) == []


def test_the_same_hook_is_registered_once(passed_on):
    for _ in range(2):
        on_leaving(nothing_left, nothing_left)

    assert len(passing_on._kinds) == 2


def test_who_holds_positions_is_kept_with_the_list_of_them(one, passed_on):
    one.technical.deputy_executive = one.manager
    one.technical.save()
    Post.objects.filter(code="office").update(stand_in=one.manager)
    make_absence(one.agents[2], deputy=one.manager, ends_at=AT + timedelta(days=1))

    with pytest.raises(ValidationError) as refusal:
        deactivate(one.manager, by=one.administrator, at=AT)

    assert refusal.value.messages == [
        "Manager Li still holds positions. Name somebody else for each of them first:",
        "manager of Customer Service",
        "executive's stand-in of Technical Service",
        "stand-in: the Office",
        f"deputy for {one.agents[2]}",
    ]
    assert passed_on == []


def test_a_deputyship_that_is_over_keeps_nobody(one, passed_on):
    make_absence(one.agents[2], deputy=one.agents[1], ends_at=AT)

    deactivate(one.agents[1], by=one.administrator, at=AT)

    assert not User.objects.get(pk=one.agents[1].pk).is_active


def test_a_log_in_is_blocked_at_once_whatever_is_held(one, client):
    client.force_login(one.manager)

    block(one.manager, by=one.administrator, at=AT)

    assert client.get("/profile/").status_code == 302
    assert User.objects.get(pk=one.manager.pk).blocked_at == AT
    assert events(one.manager) == ["blocked"]


def test_a_session_that_ended_stays_ended_when_the_log_in_opens_again(one, client):
    client.force_login(one.manager)
    block(one.manager, by=one.administrator, at=AT)
    unblock(one.manager, by=one.administrator, at=AT)

    assert client.get("/profile/").status_code == 302
    client.force_login(User.objects.get(pk=one.manager.pk))
    assert client.get("/profile/").status_code == 200
    assert events(one.manager) == ["blocked", "unblocked"]


def test_the_session_of_a_leaver_ends(one, client, passed_on):
    client.force_login(one.agents[1])

    deactivate(one.agents[1], by=one.administrator, at=AT)

    assert client.get("/profile/").status_code == 302


def test_blocking_or_leaving_twice_changes_nothing(one, passed_on):
    for act in (block, deactivate):
        act(one.agents[1], by=one.administrator, at=AT)
        act(one.agents[1], by=one.administrator, at=AT + timedelta(days=1))

    agent = User.objects.get(pk=one.agents[1].pk)
    assert (agent.blocked_at, agent.left_at) == (AT, AT)
    assert events(agent) == ["blocked", "left"]


@pytest.mark.parametrize("act", [block, unblock, deactivate, reactivate])
def test_nobody_does_it_to_themselves(one, act):
    with pytest.raises(ValidationError, match="your own account"):
        act(one.administrator, by=one.administrator, at=AT)


@pytest.mark.parametrize("act", [block, unblock, deactivate, reactivate])
def test_only_who_administers_people_may(one, act):
    with pytest.raises(PermissionDenied):
        act(one.agents[1], by=one.general_manager, at=AT)


def test_setup_may_without_being_a_person(one):
    block(one.agents[1], by="setup", at=AT)

    assert Entry.objects.of(f"person:{one.agents[1].pk}").get().actor == "setup"


def test_who_comes_back_is_active_again(one, passed_on):
    deactivate(one.agents[1], by=one.administrator, at=AT)
    reactivate(one.agents[1], by=one.administrator, at=AT)

    agent = User.objects.get(pk=one.agents[1].pk)
    assert (agent.is_active, agent.left_at) == (True, None)


def test_history_keeps_the_name_of_who_left(one, passed_on):
    deactivate(one.agents[1], by=one.administrator, at=AT)

    assert str(User.objects.get(pk=one.agents[1].pk)) == one.agents[1].display_name


MEANWHILE = User.Blocked.MEANWHILE


def test_who_leaves_passes_on_what_they_owe_as_the_log_in_closes(one, passed_on):
    block(one.agents[1], by=one.administrator, at=AT)

    assert passed_on == [(one.agents[1].pk, True, one.administrator, AT)]
    assert User.objects.get(pk=one.agents[1].pk).is_leaving


def test_for_the_time_being_everything_stays(one, passed_on):
    block(one.agents[1], by=one.administrator, at=AT, why=MEANWHILE)

    agent = User.objects.get(pk=one.agents[1].pk)
    assert (passed_on, agent.blocked_at, agent.is_leaving) == ([], AT, False)


def test_for_the_time_being_may_become_leaving_and_not_the_other_way_round(one, passed_on):
    agent = one.agents[1]
    block(agent, by=one.administrator, at=AT, why=MEANWHILE)
    block(agent, by=one.administrator, at=AT + timedelta(hours=1))
    block(agent, by=one.administrator, at=AT + timedelta(hours=2), why=MEANWHILE)

    agent.refresh_from_db()
    assert (agent.blocked_at, agent.blocked_why) == (AT, "leaving")
    assert len(passed_on) == 1
    assert [entry.facts["why"] for entry in Entry.objects.of(f"person:{agent.pk}")] == [
        "meanwhile",
        "leaving",
    ]


def test_opening_the_log_in_again_gives_nothing_back(one, passed_on):
    block(one.agents[1], by=one.administrator, at=AT)
    unblock(one.agents[1], by=one.administrator, at=AT)

    agent = User.objects.get(pk=one.agents[1].pk)
    assert (agent.blocked_at, agent.blocked_why, len(passed_on)) == (None, "", 1)


def test_a_reason_that_is_none_is_refused(one):
    with pytest.raises(ValidationError, match="why the log-in is blocked"):
        block(one.agents[1], by=one.administrator, at=AT, why="whim")


@pytest.mark.parametrize("trouble", [3, RuntimeError("a fault in the desk itself")])
def test_blocking_succeeds_whatever_cannot_pass_on_and_administrators_are_told(one, passed_on, trouble):
    passes_on(trouble)
    block(one.agents[1], by="setup", at=AT)

    assert User.objects.get(pk=one.agents[1].pk).blocked_at == AT
    assert len(passed_on) == 1
    assert events(one.agents[1]) == ["blocked", "nobody_to_pass_on_to"]
    told = Message.objects.get(event="nobody_to_pass_on_to")
    assert (told.recipient, told.params["name"]) == (one.administrator, str(one.agents[1]))


def test_what_stayed_passes_on_once_somebody_can_have_it(one, passed_on):
    block(one.agents[1], by=one.administrator, at=AT)
    block(one.agents[2], by=one.administrator, at=AT, why=MEANWHILE)

    assert pass_on_what_waits(AT + timedelta(hours=1)) == 0
    assert passed_on[1:] == [(one.agents[1].pk, True, "clock", AT + timedelta(hours=1))]


def test_an_administrator_closes_no_log_in_of_a_superuser(one):
    root = User.objects.get(pk=one.agents[1].pk)
    User.objects.filter(pk=root.pk).update(is_superuser=True)

    with pytest.raises(PermissionDenied):
        block(root, by=one.administrator, at=AT)


@pytest.mark.parametrize(("at", "why"), [(AT, ""), (None, "leaving"), (AT, "whim")])
def test_the_database_refuses_a_blocked_log_in_without_its_reason(one, at, why):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=one.agents[1].pk).update(blocked_at=at, blocked_why=why)


# The page that asks before somebody goes


@pytest.fixture
def page(one, client, passed_on):
    client.force_login(one.administrator)
    on_leaving(
        lambda user, *, by, at: 0,
        lambda user, *, at: (
            Left("Open tickets", 12, {"Manager Li": 12}, note="opinion check: 2")
            if user.blocked_at is None
            else None
        ),
    )
    return lambda *people, **more: f"/people/close/?{closing_query([one.pk for one in people], **more)}"


def test_the_page_shows_what_passes_on_to_whom_and_the_positions_held(one, client, page):
    shown = client.get(page(one.manager, one.agents[1])).content.decode()

    for text in ("Open tickets", "Manager Li", "12", "opinion check: 2", "Manager of Customer Service"):
        assert text in shown


def test_the_page_blocks_for_the_reason_given(one, client, page, passed_on):
    client.post(page(one.agents[1]), {"why": "meanwhile"})
    assert User.objects.get(pk=one.agents[1].pk).blocked_why == "meanwhile"
    assert client.post(page(one.agents[2]), {"why": "leaving"}).url == "/people/"
    assert [call[0] for call in passed_on] == [one.agents[2].pk]


def test_without_a_reason_nobody_is_blocked(one, client, page):
    assert client.post(page(one.agents[1]), {"why": ""}).status_code == 422
    assert not User.objects.get(pk=one.agents[1].pk).blocked_at


def test_the_log_in_is_opened_from_the_list_of_people(one, client, page):
    block(one.agents[1], by=one.administrator, at=AT)
    assert f"/people/{one.agents[1].pk}/open/" in client.get("/people/").content.decode()

    client.post(f"/people/{one.agents[1].pk}/open/")

    assert User.objects.get(pk=one.agents[1].pk).blocked_at is None


@pytest.mark.parametrize("query", ["", "who=x", "who=999999999999", "who=" + "9" * 400])
def test_nobody_in_particular_is_not_found(one, client, page, query):
    assert client.get(f"/people/close/?{query}").status_code == 404


def test_only_who_administers_people_sees_and_does_it(one, client, page):
    client.force_login(one.general_manager)

    assert "/people/close/" not in client.get("/people/").content.decode()
    assert client.get(page(one.agents[1])).status_code == 403
    assert client.post(page(one.agents[1]), {"why": "leaving"}).status_code == 403
    assert client.post(f"/people/{one.agents[1].pk}/open/").status_code == 403


# A real session, from the log-in page on

POLLED = ["/", "/notices/bell/", "/notices/", "/people/", "/tickets/", "/profile/"]


def logged_in(person) -> Client:
    """A session begun by name and password, on a device of its own."""
    client = Client()
    answer = client.post("/login/", {"username": person.username, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/profile/").status_code == 200
    return client


@pytest.mark.parametrize("why", User.Blocked.values)
def test_every_session_ends_at_its_next_request_polls_and_acts_too(one, passed_on, why):
    agent = one.agents[1]
    devices = [logged_in(agent), logged_in(agent)]

    block(agent, by=one.administrator, at=AT, why=why)

    for number, address in enumerate(POLLED):
        client = devices[number % 2]
        answer = client.get(address, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/login/"), address
    answer = devices[0].post("/people/absences/today/", {"reason": "sick"})
    assert answer.status_code == 302 and answer.url.startswith("/login/")
    assert not Absence.objects.exists()
    assert Client().post("/login/", {"username": agent.username, "password": PASSWORD}).status_code != 302


def test_who_is_let_in_again_begins_a_new_session(one, passed_on):
    agent = one.agents[1]
    before = logged_in(agent)
    block(agent, by=one.administrator, at=AT, why=User.Blocked.MEANWHILE)
    unblock(agent, by=one.administrator, at=AT + timedelta(hours=1))

    assert before.get("/profile/").status_code == 302
    assert logged_in(agent).get("/notices/bell/").status_code == 200


def test_a_session_ends_on_the_page_that_closes_it_and_begins_anew_by_the_list_of_people(one, passed_on):
    agent, administrator = one.agents[1], logged_in(one.administrator)
    mine = logged_in(agent)

    assert administrator.post(f"/people/close/?who={agent.pk}", {"why": "meanwhile"}).status_code == 302
    assert mine.get("/").status_code == 302
    assert administrator.post(f"/people/{agent.pk}/open/").status_code == 302
    logged_in(agent)
