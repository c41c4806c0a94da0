"""The admin: easy for the administrator, never around the rules."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from servicedesk.audit.timeline import Entry
from servicedesk.staff import admin
from servicedesk.staff.models import Absence, Department, Post, User
from servicedesk.staff.testing import make_absence, make_department, make_organisation, make_post, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(client):
    one = make_organisation()
    client.force_login(one.administrator)
    return one


def form_data(client, path) -> dict:
    """What a browser would send if one pressed Save without a change."""
    page = client.get(path)
    assert page.status_code == 200
    form = page.context["adminform"].form
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    forms = [
        form,
        *(formset.management_form for formset in formsets),
        *(f for s in formsets for f in s.forms),
    ]
    data = {}
    for each in forms:
        for field in each:
            value = field.value()
            if value is None or value is False:
                continue
            data[field.html_name] = "on" if value is True else value
    if "groups" in form.fields:
        data["groups"] = [group.pk for group in form.initial["groups"]]
    data.pop("password", None)
    for name in [name for name, value in data.items() if hasattr(value, "strftime")]:
        data[name] = data[name].strftime("%Y-%m-%dT%H:%M")
    return data


def save(client, path, **changes):
    data = {**form_data(client, path), **changes}
    return client.post(path, {name: value for name, value in data.items() if value is not None})


def user_page(person) -> str:
    return f"/admin/staff/user/{person.pk}/change/"


# The doors


def test_the_admin_uses_the_log_in_of_the_desk(client):
    assert client.get("/admin/").url == "/admin/login/?next=/admin/"
    assert client.get("/admin/login/?next=/admin/staff/").url == "/login/?next=/admin/staff/"


def test_who_may_not_use_it_is_told_so(client):
    client.force_login(make_user(roles=["agent"]))

    assert client.get("/admin/", follow=True).status_code == 403


def test_the_role_opens_it_and_pages_lead_back_to_the_desk(client):
    client.force_login(make_user(roles=["administrator"]))

    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/").url == "/admin/"
    assert client.get("/admin/password_change/").url == "/profile/password/"
    assert client.get("/admin/logout/").status_code == 405
    assert client.post("/admin/logout/").url == "/login/"


@pytest.mark.parametrize("model", ["user", "department", "post", "absence"])
def test_lists_open_with_few_queries(client, one, model, django_assert_max_num_queries):
    make_absence(one.manager, deputy=one.second)
    for _ in range(15):
        make_user(department=make_department(parent=one.service, manager=one.manager), roles=["agent"])

    with django_assert_max_num_queries(15):
        assert client.get(f"/admin/staff/{model}/").status_code == 200


def test_every_change_page_opens_and_saves_unchanged(client, one):
    absence = make_absence(one.manager, deputy=one.second, ends_at=timezone.now() + timedelta(days=2))
    for path in (
        user_page(one.manager),
        f"/admin/staff/department/{one.service.pk}/change/",
        f"/admin/staff/post/{Post.objects.get(code='office').pk}/change/",
        f"/admin/staff/absence/{absence.pk}/change/",
    ):
        assert save(client, path).status_code == 302, path


def test_no_page_lists_the_whole_staff_in_a_select(client, one):
    for path in (user_page(one.manager), f"/admin/staff/department/{one.service.pk}/change/"):
        assert f'<option value="{one.technicians[0].pk}"' not in client.get(path).content.decode()


# Employees


def test_ticking_off_works_here_ends_the_employment_through_the_same_door(client, one):
    assert save(client, user_page(one.agents[1]), is_active=None).status_code == 302

    agent = User.objects.get(pk=one.agents[1].pk)
    assert not agent.is_active
    assert agent.left_at
    assert [entry.event for entry in Entry.objects.of(f"person:{agent.pk}")] == ["left"]

    save(client, user_page(agent), is_active="on")
    assert User.objects.get(pk=agent.pk).left_at is None


def test_who_holds_positions_is_kept_and_the_page_lists_them(client, one):
    response = save(client, user_page(one.manager), is_active=None, phone="123")

    assert response.status_code == 200
    assert "manager of Customer Service" in response.content.decode()
    manager = User.objects.get(pk=one.manager.pk)
    assert (manager.is_active, manager.phone) == (True, "")


def test_roles_are_given_on_record(client, one):
    office = Group.objects.get(name="office")
    save(client, user_page(one.agents[1]), groups=[office.pk])

    entry = Entry.objects.of(f"person:{one.agents[1].pk}").get()
    assert (entry.event, entry.facts) == ("roles_changed", {"given": "office", "taken": "agent"})
    assert entry.by == one.administrator
    assert [row.group for row in one.agents[1].history.first().groups.all()] == [office]


def test_nobody_gives_rights_to_themselves(client, one):
    everything = [group.pk for group in Group.objects.all()]
    save(client, user_page(one.administrator), groups=everything, is_superuser="on", is_active=None)

    administrator = User.objects.get(pk=one.administrator.pk)
    assert administrator.roles == {"administrator"}
    assert (administrator.is_superuser, administrator.is_active) == (False, True)


def test_an_administrator_makes_no_superuser_and_takes_over_none(client, one):
    save(client, user_page(one.agents[1]), is_superuser="on")
    assert not User.objects.get(pk=one.agents[1].pk).is_superuser

    root = make_user(is_superuser=True)
    assert client.post(user_page(root), {"phone": "1"}).status_code == 403
    assert client.get(f"/admin/staff/user/{root.pk}/password/").status_code == 403
    asked = client.post(
        "/admin/staff/user/", {"action": "block_log_in", "_selected_action": [root.pk, one.agents[1].pk]}
    )
    client.post(asked.url, {"why": "leaving"})
    assert User.objects.get(pk=root.pk).blocked_at is None
    assert User.objects.get(pk=one.agents[1].pk).blocked_at


def test_the_log_in_is_blocked_and_opened_from_the_list(client, one):
    chosen = {"_selected_action": [one.agents[1].pk, one.administrator.pk]}
    asked = client.post("/admin/staff/user/", {"action": "block_log_in", **chosen})
    response = client.post(asked.url, {"why": "leaving"}, follow=True)

    assert "cannot log in any more" in response.content.decode()
    assert "your own account" in response.content.decode()
    assert User.objects.get(pk=one.agents[1].pk).blocked_at
    assert User.objects.get(pk=one.administrator.pk).blocked_at is None

    client.post("/admin/staff/user/", {"action": "open_log_in", **chosen})
    assert User.objects.get(pk=one.agents[1].pk).blocked_at is None


def test_a_new_employee_is_opened_with_roles(client, one):
    response = client.post(
        "/admin/staff/user/add/",
        {
            "display_name": "Wang Fang",
            "username": "wang.fang",
            "email": "",
            "employee_number": "",
            "department": one.service.pk,
            "groups": [Group.objects.get(name="agent").pk],
            "usable_password": "true",
            "password1": "quite a long one",
            "password2": "quite a long one",
        },
    )

    assert response.status_code == 302
    person = User.objects.get(username="wang.fang")
    assert person.has_role("agent")
    assert person.employee_number is None
    assert [entry.event for entry in Entry.objects.of(f"person:{person.pk}")] == [
        "account_opened",
        "roles_changed",
    ]


def test_nobody_is_deleted(client, one):
    assert client.post(f"/admin/staff/user/{one.agents[1].pk}/delete/", {"post": "yes"}).status_code == 403


def test_only_people_who_work_here_are_offered_for_a_position(client, one):
    User.objects.filter(pk=one.agents[1].pk).update(is_active=False, display_name="Gone Girl")
    query = {"app_label": "staff", "model_name": "department", "field_name": "manager"}

    def offered(term):
        found = client.get("/admin/autocomplete/", {**query, "term": term}).json()["results"]
        return [each["text"] for each in found]

    assert offered("Gone") == []
    assert offered("Manager Li") == ["Manager Li"]


def test_an_absence_entered_beside_the_person_is_on_record(client, one):
    start = timezone.now()
    save(
        client,
        user_page(one.agents[1]),
        **{
            "absences-TOTAL_FORMS": "1",
            "absences-0-starts_at": f"{timezone.localtime(start):%Y-%m-%dT%H:%M}",
            "absences-0-ends_at": f"{timezone.localtime(start + timedelta(days=2)):%Y-%m-%dT%H:%M}",
            "absences-0-reason": "leave",
            "absences-0-deputy": str(one.second.pk),
        },
    )

    assert Absence.objects.get().deputy == one.second
    assert Entry.objects.of(f"person:{one.agents[1].pk}").get().event == "absence_entered"


def absence_fields(number: int, start, **fields) -> dict[str, str]:
    """One absence of two days as the page beside a person sends it."""
    values = {"starts_at": start, "ends_at": start + timedelta(days=2), "reason": "leave", **fields}
    return {
        f"absences-{number}-{name}": f"{timezone.localtime(value):%Y-%m-%dT%H:%M}"
        if name.endswith("at")
        else value
        for name, value in values.items()
    }


def test_one_absence_entered_twice_beside_the_person_is_refused_with_a_sentence(client, one):
    start = timezone.now()
    twice = absence_fields(0, start) | absence_fields(1, start + timedelta(days=1))
    page = save(client, user_page(one.agents[1]), **{"absences-TOTAL_FORMS": "2"}, **twice)
    assert page.status_code == 200 and "away for this reason already" in page.content.decode()
    assert not Absence.objects.exists()

    apart = absence_fields(0, start) | absence_fields(1, start + timedelta(days=1), reason="sick")
    save(client, user_page(one.agents[1]), **{"absences-TOTAL_FORMS": "2"}, **apart)
    assert Absence.objects.count() == 2


def test_an_absence_withdrawn_while_it_is_saved_is_told_and_nothing_is_saved(client, one, monkeypatch):
    absence = make_absence(one.agents[1])
    enter = admin.enter_absence

    def too_late(entered, **how):
        Absence.objects.all().delete()
        return enter(entered, **how)

    monkeypatch.setattr(admin, "enter_absence", too_late)
    page = f"/admin/staff/absence/{absence.pk}/change/"
    answer = save(client, page, reason="sick")
    assert (answer.status_code, answer.url) == (302, page)
    assert "withdrawn meanwhile" in client.get("/admin/staff/absence/").content.decode()
    assert Absence.objects.get().reason == "leave"  # what stood before the attempt


# Departments, posts, roles


def test_departments_stand_in_the_order_of_their_tree(client, one):
    make_department(name="A unit of Technical Service", parent=one.technical)
    listed = client.get("/admin/staff/department/").context["cl"].result_list

    assert [(unit.name, unit.depth) for unit in listed] == [
        ("Company", 0),
        ("Customer Service", 1),
        ("Technical Service", 1),
        ("A unit of Technical Service", 2),
    ]


def test_a_loop_is_refused_with_a_sentence(client, one):
    response = save(client, f"/admin/staff/department/{one.company.pk}/change/", parent=one.service.pk)

    assert "Choose a unit outside it" in response.content.decode()
    assert Department.objects.get(pk=one.company.pk).parent is None


def test_who_has_left_holds_nothing(client, one):
    gone = make_user(display_name="Gone", is_active=False)
    response = save(client, f"/admin/staff/department/{one.service.pk}/change/", executive=gone.pk)
    assert "does not work here any more" in response.content.decode()

    post = make_post("office", one.office)
    response = save(client, f"/admin/staff/post/{post.pk}/change/", holder=gone.pk)
    assert "does not work here any more" in response.content.decode()


def test_posts_are_filled_never_made_or_deleted(client, one):
    post = Post.objects.get(code="office")
    save(client, f"/admin/staff/post/{post.pk}/change/", stand_in=one.second.pk)
    assert Post.objects.get(pk=post.pk).stand_in == one.second
    assert post.history.first().history_user == one.administrator

    assert client.get("/admin/staff/post/add/").status_code == 403
    assert client.post(f"/admin/staff/post/{post.pk}/delete/").status_code == 403


def test_a_changed_role_is_on_record(client, one):
    role = Group.objects.get(name="agent")
    role.permissions.clear()
    permission = Permission.objects.get(codename="view_absence")
    client.post(f"/admin/staff/rolegroup/{role.pk}/change/", {"permissions": [permission.pk]})

    assert Entry.objects.of(f"role:{role.pk}").get().facts == {"given": "view_absence", "taken": ""}
    role.refresh_from_db()
    assert role.name == "agent"


def test_absences_are_ended_from_their_list(client, one):
    absence = make_absence(one.manager)
    client.post("/admin/staff/absence/", {"action": "end_now", "_selected_action": [absence.pk]})

    absence.refresh_from_db()
    assert absence.ends_at


def test_the_history_of_a_department_shows_a_dash_where_nobody_was_named(client):
    client.force_login(make_user(is_superuser=True, is_staff=True))
    department = make_department(executive=None)
    department.executive = make_user(display_name="Victoria Chen")
    department.save()
    page = client.get(reverse("admin:staff_department_history", args=[department.pk])).content.decode()
    assert "– → Victoria Chen" in page
    assert "pk=None" not in page


@pytest.mark.parametrize("tail", ["1.5/history/", "now/history/", "1/history/now/", "now/history/1/"])
def test_a_history_of_what_can_be_no_row_leads_nowhere(client, tail):
    client.force_login(make_user(is_superuser=True, is_staff=True))

    assert client.get(f"{reverse('admin:staff_department_changelist')}{tail}").status_code == 404
