"""What one person owes: before they go, and while they are away (CASES f, y)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.clock import desk
from servicedesk.staff.away.meanwhile import foresee
from servicedesk.staff.models import Absence
from servicedesk.staff.testing import make_absence, make_user
from tickets.models import Kind
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def page(client, reader, person, **query):
    client.force_login(reader)
    return client.get(f"/people/{person.pk}/owes/", query)


def labels(answer) -> list[str]:
    return [row.deadline.label.split()[0] for row, _about in answer.context["rows"]]


def test_everything_a_person_owes_is_listed_soonest_first_and_by_kind(client):
    agent, now = make_agent(), timezone.now()
    later = make_ticket(now - HOUR, first_responder=agent, promise=make_word(now + 5 * HOUR))
    late = make_ticket(now - 9 * HOUR, first_responder=agent, promise=make_word(now - 5 * HOUR))
    task = make_ticket(now - HOUR, first_responder=agent, kind=Kind.TASK, promise=make_word(now + HOUR))
    make_ticket(now - HOUR)

    answer = page(client, agent, agent)

    assert labels(answer) == [late.number, task.number, later.number]
    counted = [(one.kind, one.count, one.late) for one in answer.context["owes"].kinds]
    assert counted == [("promise", 2, 1), ("task", 1, 0)]
    assert labels(page(client, agent, agent, kind="task")) == [task.number]
    assert labels(page(client, agent, agent, kind="nonsense")) == labels(answer)
    assert [(left.what, left.count) for left in answer.context["left"]] == [("Open tickets", 3)]


def test_it_is_read_by_oneself_by_who_leads_and_by_who_closes_log_ins(client):
    agent = make_agent()
    make_ticket(timezone.now() - HOUR, first_responder=agent)
    administrator = make_user(roles=["administrator"])
    for reader in (agent, agent.department.manager, agent.department.executive):
        assert len(labels(page(client, reader, agent))) == 1
    answer = page(client, administrator, agent)
    assert (labels(answer), answer.context["owes"].hidden) == ([], 1)
    for stranger in (make_agent(), make_user(department=agent.department)):
        assert page(client, stranger, agent).status_code == 404
    assert page(client, agent, make_user(is_active=False)).status_code == 404


def test_a_long_list_goes_on_behind_its_last_row(client, monkeypatch):
    monkeypatch.setattr(desk, "SHOWN", 2)
    agent, now = make_agent(), timezone.now()
    tickets = [
        make_ticket(now - HOUR, first_responder=agent, promise=make_word(now + n * HOUR)) for n in (1, 2, 3)
    ]
    first = page(client, agent, agent)
    after = first.context["owes"].page.after
    second = page(client, agent, agent, after=after)
    assert labels(first) + labels(second) == [ticket.number for ticket in tickets]
    assert f"?after={after}" in first.content.decode()


def test_its_queries_do_not_grow(client):
    agent, now = make_agent(), timezone.now()

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert page(client, agent, agent).status_code == 200
        return len(seen)

    make_ticket(now - HOUR, first_responder=agent)
    asked()
    few = asked()
    for _ in range(6):
        make_ticket(now - HOUR, first_responder=agent)
    assert asked() == few


# While somebody is away


def falls(absence, *, at=MONDAY) -> dict:
    return {one.what: (one.count, dict(one.asked), one.nobody) for one in foresee(absence, at=at).falls}


def test_what_falls_due_meanwhile_is_told_with_who_is_asked_then():
    agent = make_agent()
    deputy = make_agent(department=agent.department)
    for hours in (4, 30, 31):
        make_ticket(first_responder=agent, promise=make_word(MONDAY + hours * HOUR))
    make_absence(deputy, starts_at=MONDAY + 20 * HOUR)
    absence = Absence(person=agent, deputy=deputy, starts_at=MONDAY, ends_at=MONDAY + 31 * HOUR)

    found = falls(absence)

    assert found["Due meanwhile: promised reply"] == (
        2,
        {str(deputy): 1, str(agent.department.manager): 1},
        0,
    )
    assert found["Open tickets"] == (3, {}, 0)


def test_what_is_overdue_already_is_asked_about_at_once():
    agent = make_agent()
    make_ticket(first_responder=agent)
    start = MONDAY + 5 * DAY
    (due, _open) = foresee(Absence(person=agent, starts_at=start, ends_at=start + DAY), at=start).falls
    assert (due.count, due.note) == (1, "1 of them overdue already")


def test_what_is_over_has_nothing_due_meanwhile():
    agent = make_agent()
    make_ticket(first_responder=agent)
    now = MONDAY + 5 * DAY
    for end in (now - 2 * DAY, now):
        over = Absence(person=agent, starts_at=MONDAY, ends_at=end)
        assert list(falls(over, at=now)) == ["Open tickets"]


def test_tickets_that_others_own_now_are_told_apart():
    agent = make_agent()
    ticket = make_ticket(first_responder=agent)
    absence = Absence(person=agent, starts_at=MONDAY, ends_at=MONDAY + DAY)
    from tickets.ownership import take_over

    take_over(ticket, by=agent.department.manager, at=MONDAY + HOUR)
    assert falls(absence, at=MONDAY + HOUR) == {"First asked, owned by others": (1, {}, 0)}
