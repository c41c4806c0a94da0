"""Blocking and leaving (CASES f, y)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from servicedesk.audit.timeline import Entry
from servicedesk.staff import leaving
from servicedesk.staff.leaving import block, deactivate, on_leaving, reactivate, unblock
from servicedesk.staff.models import Post, User
from servicedesk.staff.testing import make_absence, make_organisation

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


@pytest.fixture
def one():
    return make_organisation()


@pytest.fixture
def passed_on(monkeypatch):
    """What a hook was called with; hooks of other apps rest meanwhile."""
    calls = []
    monkeypatch.setattr(leaving, "_hooks", [])
    on_leaving(lambda user, *, by, at: calls.append((user.pk, user.is_active, by, at)))
    return calls


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
    def refuse(user, *, by, at):
        raise ValidationError("not yet")

    on_leaving(refuse)

    with pytest.raises(ValidationError), transaction.atomic():
        deactivate(one.agents[1], by=one.administrator, at=AT)

    one.agents[1].refresh_from_db()
    assert one.agents[1].is_active
    assert events(one.agents[1]) == []


def test_the_same_hook_is_registered_once(passed_on):
    def hook(user, *, by, at):
        pass

    on_leaving(hook)
    on_leaving(hook)

    assert leaving._hooks.count(hook) == 1


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
