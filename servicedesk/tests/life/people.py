"""Colleagues come, are away, are let out of their log-ins, go and come back."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from servicedesk.staff.absences import end_absence, enter_absence
from servicedesk.staff.joining import Joining, Unit, new_colleague, take_on
from servicedesk.staff.leaving import (
    block,
    deactivate,
    leave_as_planned,
    pass_on_what_waits,
    plan_leaving,
    reactivate,
    today_here,
    unblock,
)
from servicedesk.staff.models import Absence, User
from servicedesk.tests.life.acting import DAY, act, gaps, somebody
from servicedesk.tests.life.matters import Matters

MOST_GONE = 2  # of four
agents = st.integers(0, 2)


class People(Matters):
    def __init__(self, *given) -> None:
        super().__init__(*given)
        self.plans: dict[int, date] = {}  # whose last day is when
        self.joined = 0

    def administer(self, operation, number: int, **more) -> User | None:
        """The administrator does this to one of the agents; the person as they stood before."""
        person = User.objects.get(pk=self.house.people[number].pk)
        how = {"by": self.house.administrator, "at": self.at, **more}
        return self.do(lambda: operation(person, **how), expected=True) and person

    def may_go(self, number: int) -> bool:
        person = self.house.people[number].pk
        return person not in self.left and len(self.left | self.plans.keys() | {person}) <= MOST_GONE

    @act(number=agents, gap=gaps, how=st.sampled_from([deactivate, block]))
    def leave(self, number, gap, how):
        if self.may_go(number):
            self.pass_time(gap)
            self.gone(self.administer(how, number))
            self.plans.pop(self.house.people[number].pk, None)

    @act(number=agents, gap=gaps)
    def come_back(self, number, gap):
        """With a log-in again, and no last day any more; what passed on stays where it is."""
        self.pass_time(gap)
        self.administer(reactivate, number)
        self.administer(unblock, number)
        person = self.house.people[number].pk
        if person in self.left:
            self.left.remove(person)
            self.plans.pop(person, None)

    @act(number=agents, gap=gaps)
    def lock_out(self, number, gap):
        """For the time being: what they owe stays theirs."""
        self.pass_time(gap)
        if self.house.people[number].pk not in self.left:
            self.administer(block, number, why=User.Blocked.MEANWHILE)

    @act(number=agents, gap=gaps, days=st.sampled_from([None, 0, 3, 10]))
    def plan(self, number, gap, days):
        self.pass_time(gap)
        person = self.house.people[number]
        if not self.may_go(number):
            return
        last_day = None if days is None else today_here(self.at) + timedelta(days)
        fresh = User.objects.get(pk=person.pk)
        how = {"by": self.house.administrator, "at": self.at}
        self.do(lambda: plan_leaving(fresh, last_day, **how), expected=True)
        self.plans.pop(person.pk, None)
        if last_day:
            self.plans[person.pk] = last_day

    @act(gap=gaps)
    def days_end(self, gap):
        self.pass_time(gap)
        over = [pk for pk, last_day in self.plans.items() if last_day < today_here(self.at)]
        closed = self.do(lambda: leave_as_planned(self.at))
        assert closed == len(over)
        for pk in over:
            del self.plans[pk]
            self.gone(User.objects.get(pk=pk))
        assert self.do(lambda: pass_on_what_waits(self.at)) == 0

    @act(number=somebody, gap=gaps, by=somebody)
    def be_absent(self, number, gap, by):
        self.pass_time(gap)
        person = self.house.people[number]
        absence = Absence(
            person=User.objects.get(pk=person.pk), reason="leave", starts_at=self.at, ends_at=self.at + 4 * DAY,
            deputy=self.house.executive,
        )  # fmt: skip
        self.do(lambda: enter_absence(absence, by=self.person(by), at=self.at))

    @act(gap=gaps, by=somebody)
    def be_back(self, gap, by):
        self.pass_time(gap)
        absence = Absence.objects.order_by("pk").last()
        if absence:
            self.do(lambda: end_absence(absence, by=self.person(by), at=self.at))

    @act(gap=gaps)
    def newcomers(self, gap):
        self.pass_time(gap)
        self.joined += 1
        one = new_colleague(
            username=f"newcomer{self.joined}",
            display_name="Newcomer Niu",
            email=f"niu{self.joined}@example.org",
        )
        joining = [Joining(one, department="Night Shift", roles=["agent"])]
        units = [Unit("Night Shift", parent="Customer Service", leading={"manager": self.house.manager})]
        how = {"by": self.house.administrator, "at": self.at}
        self.do(lambda: take_on(joining, units, **how), expected=True)
