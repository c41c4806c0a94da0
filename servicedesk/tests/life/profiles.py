"""What the desk writes down about customers, those who speak for them, projects, sites and areas."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from servicedesk.customers.areas import change_area, create_area
from servicedesk.customers.creating import create_customer
from servicedesk.customers.editing import (
    change_customer,
    confirm_customer,
    lift_restriction,
    mark_for_safety,
    record_consent,
    remove_safety_mark,
    restrict_to_writing,
)
from servicedesk.customers.models import Area, ContactPerson, Customer, Project, Site
from servicedesk.customers.persons import add_contact_person, change_contact_person
from servicedesk.customers.projects import (
    ProjectDraft,
    activate_project,
    add_project,
    add_site,
    change_project,
    change_site,
    end_project,
    prepare_project,
    write_projects,
)
from servicedesk.tests.life.acting import DAY, Life, act, gaps, somebody

names = st.sampled_from(["Lin", "林女士", " ", "A" * 50])


class Profiles(Life):
    """The acts may be refused; which are is told by the tests of the app. Restrictions fall on strangers to all tickets,
    for the model of replies knows none."""

    def how(self, by: int, gap) -> dict:
        self.pass_time(gap)
        return {"by": self.person(by), "at": self.at}

    def customer(self, number: int) -> Customer:
        return Customer.objects.get(pk=self.house.customers[number].pk)

    @act(number=st.integers(0, 2), by=somebody, gap=gaps, name=names, choice=st.integers(0, 4))
    def profile(self, number, by, gap, name, choice):
        how, customer = self.how(by, gap), self.customer(number)
        acts = (
            lambda: change_customer(customer, name=name, notes=name, **how),
            lambda: confirm_customer(customer, **how),
            lambda: mark_for_safety(customer, note=name, **how),
            lambda: remove_safety_mark(customer, **how),
            lambda: record_consent(
                customer, "news", given=by % 2 == 0, since=self.at, source="customer", **how
            ),
        )
        self.do(acts[choice])

    @act(by=somebody, gap=gaps, name=names, choice=st.integers(0, 2))
    def strangers(self, by, gap, name, choice):
        how = self.how(by, gap)
        stranger = Customer.objects.filter(tickets=None, notes="stranger").order_by("pk").last()
        leader = how | {"by": self.house.manager}
        if choice == 0 or stranger is None:
            self.do(lambda: create_customer(name, phones=["13800138000"], notes="stranger", **how))
        elif choice == 1:
            until = self.at + 3 * DAY
            self.do(lambda: restrict_to_writing(stranger, until=until, reason=name, **leader))
        else:
            self.do(lambda: lift_restriction(stranger, **leader))

    @act(number=st.integers(0, 2), by=somebody, gap=gaps, name=names, main=st.booleans(), new=st.booleans())
    def speaker(self, number, by, gap, name, main, new):
        how, customer = self.how(by, gap), self.customer(number)
        person = ContactPerson.objects.filter(customer=customer).order_by("pk").first()
        if new or person is None:
            self.do(lambda: add_contact_person(customer, name, is_main=main, **how))
        else:
            self.do(lambda: change_contact_person(person, name=name, is_main=main, active=main, **how))

    @act(number=st.integers(0, 2), by=somebody, gap=gaps, name=names, choice=st.integers(0, 4))
    def project(self, number, by, gap, name, choice):
        how, customer = self.how(by, gap), self.customer(number)
        people = {"salesperson": self.person(by), "executive": self.house.executive}
        project = Project.objects.filter(customer=customer).order_by("pk").last()
        if project is None:
            choice %= 2
        ends = self.at.date() + timedelta(days=30)
        acts = (
            lambda: add_project(customer, name, delivered_on=self.at.date(), **how),
            lambda: write_projects([prepare_project(ProjectDraft(customer, name, values=people))], **how),
            lambda: change_project(project, name=name, **people, **how),
            lambda: activate_project(project, **how),
            lambda: end_project(project, on=ends, **how),
        )
        self.do(acts[choice])

    @act(number=st.integers(0, 2), by=somebody, gap=gaps, name=names, new=st.booleans())
    def site(self, number, by, gap, name, new):
        how, customer = self.how(by, gap), self.customer(number)
        site = Site.objects.filter(customer=customer).first()
        if new or site is None:
            self.do(lambda: add_site(customer, name, **how))
        else:
            self.do(lambda: change_site(site, name=name, **how))

    @act(by=somebody, gap=gaps, name=names, new=st.booleans())
    def area(self, by, gap, name, new):
        how, area = self.how(by, gap), Area.objects.order_by("pk").last()
        if new or area is None:
            self.do(lambda: create_area(name, officer=self.person(by), **how))
        else:
            self.do(lambda: change_area(area, name=name, officer=self.person(by), **how))
