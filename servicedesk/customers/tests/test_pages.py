"""The pages about customers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from servicedesk.customers.editing import change_customer, mark_for_safety, record_wish
from servicedesk.customers.listing import PAGE
from servicedesk.customers.models import Customer, Project
from servicedesk.customers.testing import (
    AT,
    make_area,
    make_contact_person,
    make_customer,
    make_project,
    make_site,
)
from servicedesk.customers.urls import urlpatterns
from servicedesk.staff.testing import make_department, make_user

pytestmark = pytest.mark.django_db

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "'; DROP TABLE customers_customer; --",
]


@pytest.fixture
def agent(client):
    user = make_user(display_name="Li Na")
    client.force_login(user)
    return user


def address(name, *args):
    return reverse(f"customers:{name}", args=args)


def profile(customer, **changes):
    """What the form on the change page sends."""
    return {
        "kind": customer.kind, "name": customer.name, "phones": "", "emails": "", "address_as": "", "language": "",
        "channel": "", "hours_from": "", "hours_to": "", "timezone": "", "address": "", "notes": "", "source": "",
        "active": "on", "reported_as": "customer", "version": customer.version, **changes,
    }  # fmt: skip


def test_every_page_wants_a_log_in_and_every_act_a_token(client, agent, settings):
    settings.LOGIN_URL = "/log-in/"

    person, project, site = make_contact_person(), make_project(), make_site()
    area = make_area()
    keys = {"person": [person.customer.number, person.pk], "site": [site.customer.number, site.pk]}
    keys |= {"area": [area.pk], "area_change": [area.pk]}
    strict = Client(enforce_csrf_checks=True)
    for pattern in urlpatterns:
        needs = str(pattern.pattern).count("<")
        args = (
            keys.get(pattern.name)
            or (
                [
                    project.number
                    if pattern.name.startswith("project") and pattern.name != "project_new"
                    else person.customer.number
                ][:needs]
            )
        )
        url = address(pattern.name, *args)
        strict.logout()
        for answer in (strict.get(url), strict.post(url)):
            assert answer.status_code in (302, 403, 405), url
            assert answer.status_code != 302 or answer.url.startswith("/log-in/")
        strict.force_login(agent)
        assert strict.post(url).status_code in (403, 405), url
        assert client.get(url).status_code in (200, 403, 405), url


def test_the_list_takes_as_many_statements_for_forty_rows_as_for_one(
    client, agent, django_assert_num_queries
):
    make_contact_person(phones=["13800138000"])
    statements = 6  # session, person, rights, customers, their numbers, whom to ask first
    with django_assert_num_queries(statements):
        client.get(address("list"))
    for n in range(PAGE):
        make_contact_person(phones=[f"138001390{n:02}"])
    with django_assert_num_queries(statements):
        assert len(client.get(address("list")).context["page"].customers) == PAGE


def test_the_list_is_walked_by_key_in_both_directions(client, agent):
    customers = [make_customer() for _ in range(PAGE + 5)]
    first = client.get(address("list")).context["page"]
    assert (first.customers[0], first.after) == (customers[-1], None)
    second = client.get(address("list"), {"before": first.before}).context["page"]
    assert second.customers == customers[4::-1]
    assert second.before is None
    back = client.get(address("list"), {"after": second.after}).context["page"]
    assert back.customers == first.customers
    assert back.after is None


@pytest.mark.parametrize(
    "given",
    [
        {"before": "x"},
        {"before": "9" * 30},
        {"after": "-1"},
        {"kind": "robot"},
        {"show": "'"},
        {"q": "\x00%_"},
    ],
)
def test_a_strange_address_shows_the_list(client, agent, given):
    make_customer("%_")
    assert client.get(address("list"), given).status_code == 200


def test_the_list_is_narrowed(client, agent):
    shop = make_customer("Shop", kind="organisation")
    wang = make_customer("王芳", phones=["13800138000"])
    record_wish(wang, "no_contact", words="Leave me alone", by=agent, at=AT)
    old = make_customer("Old", at=timezone.now() - timedelta(days=800))
    fresh = timezone.now()
    Customer.objects.exclude(pk=old.pk).update(last_confirmed_at=fresh)
    for given, found in (
        ({"kind": "organisation"}, {shop}),
        ({"show": "wish"}, {wang}),
        ({"show": "stale"}, {old}),
        ({"show": "incomplete"}, {shop, wang, old}),
        ({"q": "wangf"}, {wang}),
        ({"q": "138 0013 8000"}, {wang}),
        ({"q": "+86 1380 0138 000"}, {wang}),
        ({"q": "nobody at all"}, set()),
    ):
        assert set(client.get(address("list"), given).context["page"].customers) == found, given


def test_typing_suggests_at_most_ten_whose_number_it_is_first(client, agent):
    owner = make_customer("Owner", phones=["021-65432109"])
    for n in range(12):
        make_customer(f"Later 65432109 {n}")
    rows = client.get(address("suggest"), {"q": "021-6543 2109"}).json()["customers"]
    assert rows[0]["number"] == owner.number
    assert len(client.get(address("suggest"), {"q": "later"}).json()["customers"]) == 10
    assert client.get(address("suggest"), {"q": "l"}).json() == {"customers": []}
    fragment = client.get(address("suggest"), {"q": owner.number}, headers={"HX-Request": "true"})
    assert f'data-customer="{owner.number}"' in fragment.content.decode()


def test_suggesting_takes_few_statements(client, agent, django_assert_max_num_queries):
    for n in range(12):
        make_customer(f"Later {n}", phones=["021-65432109"])
    with django_assert_max_num_queries(7):
        client.get(address("suggest"), {"q": "021-65432109"})


@pytest.mark.clause("R5.10.3a")
def test_the_page_shows_wishes_and_safety_first(client, agent):
    customer = make_contact_person(phones=["021-65432109-801"], emails=["wang@example.org"]).customer
    record_wish(customer, "no_contact", words="Never again", by=agent, at=AT)
    mark_for_safety(customer, note="Dog in the yard", by=agent, at=AT)
    make_project(customer)
    text = client.get(address("customer", customer.number)).content.decode()
    assert text.index("Dog in the yard") < text.index("Never again") < text.index("How to treat")
    assert 'href="tel:+862165432109;ext=801"' in text
    assert 'href="mailto:wang@example.org"' in text


def test_the_page_takes_as_many_statements_for_much_as_for_little(
    client, agent, django_assert_max_num_queries
):
    customer = make_customer(kind="organisation", phones=["021-65432109"])
    for n in range(6):
        make_contact_person(customer, phones=[f"1380013800{n}"], emails=[f"a{n}@example.org"])
        make_site(customer, project=make_project(customer))
    with django_assert_max_num_queries(26):
        assert client.get(address("customer", customer.number)).status_code == 200


def test_a_customer_who_does_not_exist_is_not_found(client, agent):
    assert client.get(address("customer", "C-999999")).status_code == 404
    assert client.get(address("person", make_customer().number, make_contact_person().pk)).status_code == 404


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_are_shown_as_words(client, agent, name):
    customer = make_customer(name, notes=name, address=name, source="public")
    make_contact_person(customer, name, post=name)
    make_project(customer, name)
    make_site(customer, name, address=name)
    mark_for_safety(customer, note=name, by=agent, at=AT)
    pages = [
        client.get(address("customer", customer.number)),
        client.get(address("change", customer.number)),
        client.get(address("list"), {"q": name}),
        client.get(address("suggest"), {"q": name}, headers={"HX-Request": "true"}),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        assert "<img src=x" not in page.content.decode()
        assert escape(name) in page.content.decode()


def test_a_customer_is_taken_in_and_a_likely_duplicate_is_shown_first(client, agent):
    sent = {
        "kind": "person",
        "name": "王芳",
        "phones": "138 0013 8000\n021-65432109",
        "emails": "wang@example.org",
    }
    first = client.post(address("new"), sent)
    taken = Customer.objects.get()
    assert first.url == taken.get_absolute_url()
    assert taken.phones.count() == 2

    again = client.post(address("new"), sent | {"name": "Wang Fang"})
    assert again.status_code == 422
    assert again.context["duplicates"] == [taken]
    assert 'value="Wang Fang"' in again.content.decode()
    assert Customer.objects.count() == 1

    assert client.post(address("new"), sent | {"name": "Wang Fang", "anyway": "1"}).status_code == 302
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 201), ("name", "a\x00b"), ("phones", "nothing"), ("emails", "nobody"), ("kind", "robot"),
     ("timezone", "Moon/Sea"), ("hours_from", "25:99"), ("language", "xx")],
)  # fmt: skip
def test_wrong_input_is_told_kept_and_changes_nothing(client, agent, field, value):
    customer = make_customer("王芳")
    answer = client.post(
        address("change", customer.number), profile(customer, notes="kept words", **{field: value})
    )
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "kept words" in answer.content.decode()
    customer.refresh_from_db()
    assert (customer.name, customer.notes, customer.version) == ("王芳", "", 1)


def test_hours_in_the_wrong_order_are_told(client, agent):
    customer = make_customer("王芳")
    answer = client.post(
        address("change", customer.number), profile(customer, hours_from="20:00", hours_to="08:00")
    )
    assert answer.status_code == 422
    assert "the earlier one first" in answer.content.decode()


def test_the_second_saver_is_told_what_changed_and_keeps_their_words(client, agent):
    customer = make_customer("王芳")
    change_customer(customer, name="王方", seen=1, by=make_user(display_name="Zhao Wei"), at=AT)
    mine = profile(customer, name="汪芳", notes="long words of mine")
    answer = client.post(address("change", customer.number), mine)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Zhao Wei" in text and "王方" in text
    assert 'value="汪芳"' in text and "long words of mine" in text

    seen = answer.context["form"]["version"].value()
    assert client.post(address("change", customer.number), mine | {"version": seen}).status_code == 302
    customer.refresh_from_db()
    assert (customer.name, customer.notes) == ("汪芳", "long words of mine")


def test_confirming_takes_one_click(client, agent):
    customer = make_customer(at=AT)
    client.post(address("confirm", customer.number))
    customer.refresh_from_db()
    assert customer.last_confirmed_at > AT


def test_persons_sites_wishes_and_consent_are_kept_by_their_pages(client, agent):
    customer = make_customer(kind="organisation")
    number = customer.number
    assert (
        client.post(
            address("person_new", number),
            {"name": "Chen", "phones": "801", "is_main": "on", "reported_as": "customer"},
        ).status_code
        == 302
    )
    person = customer.persons.get()
    change = {
        "name": "Chen Li",
        "phones": "801\n802",
        "active": "on",
        "reported_as": "colleague",
        "version": person.version,
    }
    assert client.post(address("person", number, person.pk), change).status_code == 302
    assert person.phones.count() == 2
    assert (
        client.post(
            address("site_new", number), {"name": "Tower", "address": "Road 1", "active": "on"}
        ).status_code
        == 302
    )
    assert (
        client.post(
            address("site", number, customer.sites.get().pk), {"name": "Tower B", "version": 1}
        ).status_code
        == 302
    )
    assert (
        client.post(address("wish", number), {"do_not_contact": "no_marketing", "wish": ""}).status_code
        == 422
    )
    assert (
        client.post(address("wish", number), {"do_not_contact": "no_marketing", "wish": "no ads"}).status_code
        == 302
    )
    assert client.post(address("safety", number), {"note": "Dog"}).status_code == 302
    assert client.post(address("safe", number)).status_code == 302
    given = {"given": "no", "source": "customer", "since": "2026-03-01T10:00"}
    assert client.post(address("consent", number), given).status_code == 302
    customer.refresh_from_db()
    assert (customer.do_not_contact, customer.safety_mark) == ("no_marketing", False)
    assert customer.consents.get().given is False
    assert customer.sites.get().active is False


def test_a_second_contact_person_may_become_the_first_one(client, agent):
    person = make_contact_person()
    sent = {"name": "Second", "is_main": "on", "reported_as": "customer"}
    assert client.post(address("person_new", person.customer.number), sent).status_code == 302
    person.refresh_from_db()
    assert not person.is_main


def test_only_who_may_restrict_finds_and_opens_the_page(client, agent):
    customer = make_customer()
    url = address("restrict", customer.number)
    assert url not in client.get(address("customer", customer.number)).content.decode()
    assert client.post(url, {"days": 5, "reason": "Threats"}).status_code == 403

    make_department(manager=agent)
    assert client.post(url, {"days": 31, "reason": "Threats"}).status_code == 422
    assert client.post(url, {"days": 30, "reason": "Threats"}).status_code == 302
    customer.refresh_from_db()
    assert customer.is_written_only(timezone.now())
    assert client.post(address("lift", customer.number)).status_code == 302
    customer.refresh_from_db()
    assert not customer.is_written_only(timezone.now())


@pytest.mark.clause("R5.7b")
def test_a_project_without_people_is_told_what_it_lacks(client, agent):
    customer = make_customer(kind="organisation")
    client.post(address("project_new", customer.number), {"name": "Tower", "salesperson": agent.pk})
    project = Project.objects.get()
    answer = client.post(address("project_activate", project.number), follow=True)
    assert "executive in charge" in answer.content.decode() and "R5.7b" in answer.content.decode()
    project.refresh_from_db()
    assert project.state == "draft"

    change = {
        "name": "Tower",
        "salesperson": agent.pk,
        "executive": agent.pk,
        "delivered_on": "2026-01-01",
        "version": 1,
    }
    assert client.post(address("project", project.number), change).status_code == 302
    client.post(address("project_activate", project.number))
    project.refresh_from_db()
    assert project.state == "active"
    assert (
        client.post(address("project", project.number), change | {"executive": "", "version": 3}).status_code
        == 422
    )
    assert client.post(address("project_end", project.number), {"on": "2025-01-01"}).status_code == 422
    assert client.post(address("project_end", project.number), {"on": "2026-06-30"}).status_code == 302


def test_administrators_look_customers_up_and_change_nothing(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    customer = make_customer("王芳", phones=["13800138000"])
    make_project(customer)
    found = client.get(reverse("admin:customers_customer_changelist"), {"q": "13800138000"})
    assert customer.number in found.content.decode()
    for model in ("contactperson", "project", "site"):
        assert client.get(reverse(f"admin:customers_{model}_changelist"), {"q": "x"}).status_code == 200
    url = reverse("admin:customers_customer_change", args=[customer.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"name": "x"}).status_code == 403
