"""A missing holiday list warns from 1 December on, through the clock."""

from datetime import UTC, datetime

import pytest

from followups.holiday_lists import watch_lists
from followups.models import HolidayListDuty
from servicedesk.calendars.models import HolidayList
from servicedesk.calendars.publishing import publish_region
from servicedesk.clock.sweep import sweep
from servicedesk.outbox.models import Message
from servicedesk.staff.leaving import deactivate
from servicedesk.staff.testing import make_department, make_post, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.clause("R5.8a")]
BEFORE = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)  # 23:59 on 30 November in Shanghai
FIRST = datetime(2026, 11, 30, 16, 1, tzinfo=UTC)  # just into 1 December


@pytest.fixture
def administrator():
    return make_user(roles=["administrator"], department=make_department())


def test_nothing_is_owed_before_the_first_of_december(administrator):
    assert watch_lists(BEFORE) == 0


def test_a_provisional_list_is_owed_once_by_an_administrator(administrator):
    assert watch_lists(FIRST) == 1
    assert watch_lists(FIRST) == 0
    duty = HolidayListDuty.objects.get(region="CN", year=2027)
    assert duty.deadline.owner == administrator
    assert Message.objects.get(event="holiday_list_missing").recipient == administrator


def test_publishing_the_list_settles_the_duty(administrator):
    watch_lists(FIRST)
    HolidayList.objects.current().filter(region="CN", year=2027).update(provisional=False)
    publish_region("CN", by=administrator, at=FIRST)
    assert HolidayListDuty.objects.get().deadline.settled_at


def test_a_list_still_missing_at_new_year_is_broken_and_reaches_somebody_else(administrator):
    general_manager = make_user()
    make_post("general_manager", general_manager)
    watch_lists(FIRST)
    assert sweep(datetime(2026, 12, 31, 16, 0, 1, tzinfo=UTC)).broke == 1
    assert Message.objects.filter(event="owed", recipient=general_manager, channel="in_app").exists()


def test_a_list_passes_on_when_the_administrator_leaves(administrator):
    watch_lists(FIRST)
    other = make_user(roles=["administrator"], department=administrator.department)
    deactivate(administrator, by="setup", at=FIRST)
    duty = HolidayListDuty.objects.get()
    assert (duty.deadline.owner, duty.deadline.settled_at) == (other, None)
