"""Taking customers in and changing them."""

from datetime import time, timedelta
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from servicedesk.audit.timeline import Entry
from servicedesk.audit.words import Words, erase
from servicedesk.customers.changing import StaleEdit
from servicedesk.customers.creating import Draft, create_customer, create_customers
from servicedesk.customers.editing import (
    change_customer,
    confirm_customer,
    lift_restriction,
    mark_for_safety,
    may_restrict,
    record_consent,
    record_wish,
    remove_safety_mark,
    restrict_to_writing,
)
from servicedesk.customers.history import history
from servicedesk.customers.invariants import customers_are_found
from servicedesk.customers.models import Customer
from servicedesk.customers.persons import add_contact_person, change_contact_person
from servicedesk.customers.profile import Held, completeness
from servicedesk.customers.testing import AT, make_contact_person, make_customer
from servicedesk.staff.testing import make_department, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def events(customer) -> list[str]:
    return list(Entry.objects.of(customer.key).values_list("event", flat=True))


@pytest.mark.clause("R3.3.4a")
def test_a_customer_is_taken_in_with_number_and_timeline():
    by = make_user()
    one = create_customer(
        "王芳", kind="person", phones=["138 0013 8000"], language="zh-hans", source="customer", by=by, at=AT
    )
    two = create_customer("李娜", by=by, at=AT)

    assert one.number == f"C-{one.pk:06d}" != two.number
    entry = Entry.objects.of(one.key).get()
    assert (entry.event, entry.by, entry.at) == ("customer_created", by, AT)
    assert entry.facts["language"] == "zh-hans"
    assert Words.objects.get(pk=entry.facts["name"].words).text == "王芳"
    assert not any(words in entry.line for words in ("王芳", "138 0013 8000", "13800138000"))


def test_many_customers_are_taken_in_with_as_few_statements_as_one():
    def count(drafts):
        with connection.execute_wrapper(counting := Counter()):
            customers = create_customers(drafts, by="import", at=AT)
        assert len({c.number for c in customers}) == len(drafts)
        return counting.statements

    few = count([Draft(f"A{n}", phones=[f"1380013800{n}"]) for n in range(2)])
    many = count(
        [Draft(f"B{n}", phones=[f"138001390{n:02}"], emails=[f"b{n}@example.org"]) for n in range(60)]
    )
    assert many <= few + 3  # one for the e-mails; batches


class Counter:
    def __init__(self):
        self.statements = 0

    def __call__(self, execute, sql, params, many, context):
        self.statements += 1
        return execute(sql, params, many, context)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x", "kind": "robot"}, "kind"),
        ({"name": "x", "language": "xx"}, "language"),
        ({"name": "x", "phones": ["no number"]}, "phones"),
        ({"name": "x", "emails": ["nobody"]}, "emails"),
        ({"name": "x", "hours_from": time(9)}, "__all__"),
        ({"name": "x", "hours_from": time(20), "hours_to": time(8)}, "__all__"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field_and_nothing_is_stored(fields, wrong):
    with pytest.raises(ValidationError) as refusal:
        create_customer(by="setup", at=AT, **fields)
    assert list(refusal.value.message_dict) == [wrong]
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "💥", "שלום", "ʼ" * 200, "=1+1", "{{ 7*7 }}"]
)
def test_strange_names_are_kept_as_they_are(name):
    customer = make_customer(name)
    customer.refresh_from_db()
    assert customer.name == name


@pytest.mark.clause("R3.3.4a", "R4.3a")
def test_a_change_is_recorded_with_old_and_new_and_only_what_differs():
    by, customer = make_user(), make_customer("王芳", phones=["13800138000"], language="en")
    change_customer(customer, name="王方", language="en", phones=["13900139000"], by=by, at=AT + DAY)

    entry = Entry.objects.of(customer.key).last()
    facts = entry.facts
    assert set(facts) >= {"name", "name_old", "phones", "phones_old", "version"}
    assert "language" not in facts
    assert Words.objects.get(pk=facts["name_old"].words).text == "王芳"
    customer.refresh_from_db()
    assert customer.version == 2
    assert customer.last_confirmed_at == AT + DAY
    assert list(Customer.objects.search("王方 13900139000")) == [customer]
    assert not Customer.objects.search("13800138000")


def test_nothing_changed_is_not_recorded():
    customer = make_customer("王芳", phones=["13800138000"])
    change_customer(customer, name="王芳", phones=["138 0013 8000"], by="setup", at=AT)
    assert events(customer) == ["customer_created"]


def test_a_change_leaves_other_fields_to_others():
    customer = make_customer("王芳")
    Customer.objects.filter(pk=customer.pk).update(address="written by somebody else meanwhile")
    change_customer(customer, language="en", by="setup", at=AT)
    customer.refresh_from_db()
    assert (customer.address, customer.language) == ("written by somebody else meanwhile", "en")


def test_a_stale_edit_of_another_field_is_merged():
    customer = make_customer("王芳", language="en")
    change_customer(customer, language="zh-hans", seen=1, by=make_user(), at=AT)
    change_customer(customer, name="王方", language="en", phones=[], seen=1, by=make_user(), at=AT)
    customer.refresh_from_db()
    assert (customer.name, customer.language) == ("王方", "zh-hans")


def test_a_stale_edit_of_the_same_field_is_told_and_changes_nothing():
    customer, first = make_customer("王芳"), make_user(display_name="Li Na")
    change_customer(customer, name="王方", seen=1, by=first, at=AT)
    with pytest.raises(StaleEdit) as stale:
        change_customer(customer, name="汪芳", address="Road 1", seen=1, by=make_user(), at=AT)
    assert stale.value.version == 2
    (conflict,) = stale.value.conflicts
    assert (conflict.field, conflict.current, conflict.who, conflict.at) == ("name", "王方", "Li Na", AT)
    customer.refresh_from_db()
    assert (customer.name, customer.address) == ("王方", "")

    change_customer(customer, name="汪芳", seen=2, by=make_user(), at=AT)
    customer.refresh_from_db()
    assert customer.name == "汪芳"


def test_what_was_erased_is_never_taken_for_untouched():
    customer = make_customer("王芳")
    change_customer(customer, name="王方", by="setup", at=AT)
    for words in Words.objects.all():
        erase(words, at=AT)
    with pytest.raises(StaleEdit):
        change_customer(customer, name="王芳", seen=1, by="setup", at=AT)
    assert "[erased]" in {change.old for change in history(customer)[0].changes}


@pytest.mark.clause("R5.10.3a")
def test_the_wish_not_to_be_contacted_has_words_and_a_name():
    by, customer = make_user(), make_customer()
    with pytest.raises(ValidationError):
        record_wish(customer, "no_contact", words=" ", by=by, at=AT)
    record_wish(customer, "no_contact", words="Please never call me.", by=by, at=AT)
    customer.refresh_from_db()
    assert (customer.do_not_contact, customer.wish_by, customer.wish_at) == ("no_contact", by, AT)
    assert events(customer)[-1] == "wish_recorded"


def test_a_wish_without_a_recorder_is_refused_by_the_database():
    customer = make_customer()
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(do_not_contact="no_contact")


def manager():
    return make_department(manager=make_user()).manager


def test_only_a_manager_restricts_to_writing_for_thirty_days():
    customer, by = make_customer(), manager()
    with pytest.raises(PermissionDenied):
        restrict_to_writing(customer, until=AT + DAY, reason="Threats", by=make_user(), at=AT)
    for until in (AT, AT + 30 * DAY + timedelta(seconds=1)):
        with pytest.raises(ValidationError):
            restrict_to_writing(customer, until=until, reason="Threats", by=by, at=AT)
    with pytest.raises(ValidationError):
        restrict_to_writing(customer, until=AT + DAY, reason="", by=by, at=AT)

    customer = restrict_to_writing(customer, until=AT + 30 * DAY, reason="Threats", by=by, at=AT)
    assert customer.is_written_only(AT)
    assert customer.is_written_only(AT + 30 * DAY - timedelta(seconds=1))
    assert not customer.is_written_only(AT + 30 * DAY)
    assert not lift_restriction(customer, by=by, at=AT + DAY).is_written_only(AT + DAY)


@pytest.mark.parametrize(
    ("role", "may"), [("department_manager", True), ("executive", True), ("agent", False)]
)
def test_who_may_restrict_follows_from_the_role(role, may):
    user = make_user()
    user.groups.add(Group.objects.get(name=role))
    assert may_restrict(user) is may
    assert not may_restrict("setup")


def test_a_longer_restriction_is_refused_by_the_database():
    customer, by = make_customer(), make_user()
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(
            written_from=AT, written_until=AT + 31 * DAY, written_by=by
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(written_from=AT, written_until=AT + DAY)


@pytest.mark.clause("R1.5.F")
def test_a_safety_mark_says_what_to_beware_of():
    customer = make_customer()
    with pytest.raises(ValidationError):
        mark_for_safety(customer, note="", by="setup", at=AT)
    assert mark_for_safety(customer, note="Dog", by="setup", at=AT).safety_mark
    assert not remove_safety_mark(customer, by="setup", at=AT).safety_mark
    assert events(customer)[-2:] == ["safety_marked", "safety_mark_removed"]


@pytest.mark.clause("R3.3.5")
def test_news_go_only_to_those_who_agreed_and_wish_nothing_else():
    customer, by = make_customer(), make_user()
    assert not Customer.objects.open_to_news()
    record_consent(customer, "news", given=True, since=AT, source="customer", by=by, at=AT)
    assert list(Customer.objects.open_to_news()) == [customer]
    record_wish(customer, "no_marketing", words="No letters please", by=by, at=AT)
    assert not Customer.objects.open_to_news()
    record_wish(customer, "none", words="", by=by, at=AT)
    record_consent(customer, "news", given=False, since=AT + DAY, source="customer", by=by, at=AT + DAY)
    assert not Customer.objects.open_to_news()
    with pytest.raises(ValidationError):
        record_consent(customer, "news", given=True, since=AT + DAY, source="customer", by=by, at=AT)


def test_hours_are_the_customers_and_else_the_usual_ones():
    customer = make_customer()
    assert customer.is_reachable(AT)  # 9:30 in Shanghai
    assert not customer.is_reachable(AT + timedelta(hours=11, minutes=30))  # 21:00
    later = change_customer(
        customer, hours_from=time(10), hours_to=time(12), timezone="Asia/Tokyo", by="setup", at=AT
    )
    assert later.is_reachable(AT)  # 10:30 in Tokyo
    assert not later.is_reachable(AT + timedelta(hours=1, minutes=30))


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValidationError):
        make_customer(timezone="Moon/Sea")


@pytest.mark.clause("R3.3.4a")
def test_completeness_counts_what_has_a_purpose():
    customer = make_customer(kind="organisation")
    assert completeness(Held.of(customer)).percent == 0
    assert list(Customer.objects.incomplete()) == [customer]
    customer = change_customer(
        customer, by="setup", at=AT, phones=["13800138000"], language="en", channel="email", hours_from=time(9),
        hours_to=time(17), address_as="Ms Wang", address="Road 1", source="contract",
    )  # fmt: skip
    assert [one.code for one in completeness(Held.of(customer)).missing] == ["person", "news"]
    add_contact_person(customer, "Wang", by="setup", at=AT)
    record_consent(customer, "news", given=False, since=AT, source="customer", by="setup", at=AT)
    customer.refresh_from_db()
    assert customer.completeness == 100
    assert not Customer.objects.incomplete()


@pytest.mark.clause("R4.3a")
def test_a_profile_is_stale_after_twelve_months_until_it_is_confirmed():
    customer = make_customer()
    year = AT.replace(year=AT.year + 1)
    assert not customer.is_stale(year)
    assert customer.is_stale(year + timedelta(seconds=1))
    assert list(Customer.objects.stale(year + timedelta(seconds=1))) == [customer]
    assert not confirm_customer(customer, by="setup", at=year).is_stale(year + DAY)


def test_one_contact_person_is_asked_first():
    first = make_contact_person()
    second = add_contact_person(first.customer, "Second", is_main=True, by="setup", at=AT)
    first.refresh_from_db()
    assert (first.is_main, second.is_main) == (False, True)
    change_contact_person(first, is_main=True, by="setup", at=AT)
    second.refresh_from_db()
    assert not second.is_main
    assert not change_contact_person(first, active=False, by="setup", at=AT).is_main


def test_a_contact_persons_numbers_change_by_what_differs():
    person = make_contact_person(phones=["13800138000", "801"], emails=["a@example.org"])
    kept = person.phones.get(number="801").pk
    change_contact_person(person, phones=["801", "13900139000"], seen=1, by="setup", at=AT)
    assert {phone.number for phone in person.phones.all()} == {"801", "+8613900139000"}
    assert person.phones.get(number="801").pk == kept
    assert person.emails.count() == 1
    with pytest.raises(ValidationError) as refusal:
        change_contact_person(person, phones=["nothing"], by="setup", at=AT)
    assert "phones" in refusal.value.message_dict


def test_a_number_of_somebody_elses_customer_is_refused_by_the_database():
    person, other = make_contact_person(phones=["801"]), make_customer()
    with pytest.raises(IntegrityError), transaction.atomic():
        person.phones.update(customer=other)


def test_the_history_tells_who_changed_what_in_few_statements(django_assert_max_num_queries):
    customer, by = make_customer("王芳"), make_user(display_name="Li Na")
    for n in range(5):
        change_customer(customer, name=f"王{n}", hours_from=time(9), hours_to=time(17), by=by, at=AT)
    with django_assert_max_num_queries(3):
        happenings = history(customer)
    last, first = happenings[0], happenings[-1]
    assert (last.title, last.who) == ("profile changed", "Li Na")
    assert {(c.label, c.old, c.new) for c in last.changes} >= {("name", "王3", "王4")}
    assert (first.title, first.who) == ("customer taken in", "set-up")


def test_the_history_says_which_part_changed():
    person = make_contact_person(name="Chen", phones=["801"])
    change_contact_person(person, name="Chen Li", reported_as="colleague", by="setup", at=AT)
    changed, added, _taken_in = history(person.customer)
    assert (changed.subject, changed.how_known) == ("Chen Li", "told by a colleague")
    assert [change.label for change in added.changes] == ["full name", "telephone numbers"]


def test_the_audit_finds_a_customer_whom_nobody_can_find():
    customer = make_customer()
    assert not list(customers_are_found())
    Customer.objects.filter(pk=customer.pk).update(tokens="")
    assert [one.subject for one in customers_are_found()] == [customer.key]


def test_customers_are_seen_by_active_employees_only():
    make_customer()
    assert Customer.objects.visible_to(make_user()).count() == 1
    assert not Customer.objects.visible_to(make_user(is_active=False))
    assert not Customer.objects.visible_to(AnonymousUser())


def together(*acts) -> list:
    """Run each in a thread of its own at the same time; what each gave or raised."""
    barrier, results = Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        barrier.wait()
        try:
            results[place] = act()
        except Exception as refusal:
            results[place] = refusal
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_two_people_may_take_in_the_same_caller_at_once():
    made = together(*[lambda: make_customer("王芳", phones=["13800138000"])] * 4)
    assert len({customer.number for customer in made}) == 4


@pytest.mark.django_db(transaction=True)
def test_of_two_saving_the_same_field_at_once_the_second_is_told():
    customer = make_customer("王芳")
    results = together(
        *[
            lambda name=name: change_customer(customer, name=name, seen=1, by="setup", at=AT)
            for name in ("王方", "汪芳")
        ]
    )
    assert sum(isinstance(one, StaleEdit) for one in results) == 1
    customer.refresh_from_db()
    assert customer.version == 2
    assert events(customer) == ["customer_created", "customer_changed"]
