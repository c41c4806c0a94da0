"""A department's calendar: words given from now on follow it, words given before stand (invariant 4, R1.1f)."""

from datetime import timedelta

import pytest

from servicedesk.calendars.testing import OFFICE_HOURS, ROUND_THE_CLOCK, make_calendar
from servicedesk.clock.models import Deadline
from servicedesk.staff.models import Department
from tickets.limits import propose_first
from tickets.models import Ticket
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket

pytestmark = pytest.mark.django_db
FRIDAY = MONDAY + timedelta(days=4)


@pytest.mark.clause("R1.1f")
def test_new_promises_follow_the_new_calendar_and_old_ones_do_not_move():
    agent = make_agent()
    unit = agent.department
    before = make_ticket(first_responder=agent)
    stood = Deadline.objects.values().get(pk=before.live_deadline_id)

    company = Department.objects.create(name="The works", calendar=make_calendar(ROUND_THE_CLOCK))
    unit.parent = company
    unit.save(update_fields=["parent"])
    after = make_ticket(FRIDAY, first_responder=agent)

    assert Deadline.objects.values().get(pk=before.live_deadline_id) == stood
    assert after.live.calendar == company.calendar
    proposed = propose_first(FRIDAY, Ticket.objects.get(pk=after.pk).calendar, at=FRIDAY)
    assert proposed.due_at - FRIDAY < timedelta(days=2)  # Saturday is a working day there


def test_a_unit_of_its_own_hours_does_not_ask_the_one_above():
    above = make_calendar(ROUND_THE_CLOCK)
    agent = make_agent()
    agent.department.parent = Department.objects.create(name="The works", calendar=above)
    agent.department.calendar = make_calendar({0: OFFICE_HOURS[0]})
    agent.department.save(update_fields=["parent", "calendar"])
    ticket = make_ticket(first_responder=agent)
    assert ticket.live.calendar == agent.department.calendar
    assert propose_first(MONDAY + HOUR, ticket.calendar, at=MONDAY + HOUR).due_at > MONDAY + timedelta(days=6)
