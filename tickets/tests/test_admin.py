"""What happened on tickets is read in the admin and never changed; categories and processes are set there."""

import pytest
from django.urls import reverse

from servicedesk.staff.testing import make_user
from tickets.marks import set_mark
from tickets.models import (
    Category,
    Contact,
    Mark,
    Note,
    OpinionCheck,
    OwnershipPeriod,
    Process,
    Promise,
    Reading,
    Ticket,
    VoidRequest,
)
from tickets.notes import add_note
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_category, make_ticket
from tickets.voiding import ask_to_void

pytestmark = pytest.mark.django_db
RECORDS = [Ticket, Contact, Promise, OpinionCheck, OwnershipPeriod, Note, Mark, VoidRequest, Reading]


@pytest.fixture
def desk(client):
    ticket = make_ticket(anonymous=True)
    on_file = Reply(words="Done", mode="on_file", channel="web", solved=True)
    reply_to_customer(ticket, on_file, by=ticket.owner, at=MONDAY + HOUR)
    add_note(ticket, words="<b>Note</b>", by=ticket.owner, at=MONDAY + HOUR)
    set_mark(ticket, "serious_event", reason="Flood", by=ticket.owner, at=MONDAY + HOUR)
    ask_to_void(ticket, reason="Test", by=ticket.owner, at=MONDAY + HOUR)
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("model", RECORDS)
def test_records_are_listed_found_and_read_but_not_changed(desk, model):
    name, key = f"admin:tickets_{model._meta.model_name}", model.objects.first().pk
    number = Ticket.objects.get().number
    assert desk.get(reverse(f"{name}_changelist"), {"q": number}).context["cl"].result_count > 0
    assert desk.get(reverse(f"{name}_changelist"), {"q": "2020-000001"}).context["cl"].result_count == 0
    page = desk.get(reverse(f"{name}_change", args=[key]))
    assert page.status_code == 200
    assert b"_save" not in page.content
    assert b"<b>Note</b>" not in page.content
    assert desk.get(reverse(f"{name}_add")).status_code == 403
    assert desk.post(reverse(f"{name}_delete", args=[key]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", RECORDS)
def test_the_admin_shows_nobody_more_tickets_than_the_desk_does(desk, model):
    from django.contrib.auth.models import Permission

    reader = make_user(is_staff=True)
    reader.user_permissions.set(
        Permission.objects.filter(codename__startswith="view_", content_type__app_label="tickets").exclude(
            codename__in=["view_all_tickets", "view_unit_tickets"]
        )
    )
    desk.force_login(reader)
    answer = desk.get(reverse(f"admin:tickets_{model._meta.model_name}_changelist"))
    assert answer.context["cl"].result_count == 0


def test_the_administrator_sets_categories_and_processes_with_their_history(client):
    administrator = make_user(is_staff=True, roles=["administrator"])
    client.force_login(administrator)
    category = make_category(name="Boilers")
    page = reverse("admin:tickets_category_change", args=[category.pk])
    assert (
        client.post(
            page, {"name": "Boilers and pumps", "kind": "", "active": "on", "deputies": []}
        ).status_code
        == 302
    )
    category.refresh_from_db()
    assert category.name == "Boilers and pumps"
    assert category.history.first().history_user == administrator
    assert (
        client.post(reverse("admin:tickets_category_delete", args=[category.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert client.get(reverse("admin:tickets_process_add")).status_code == 403
    process = reverse("admin:tickets_process_change", args=["request"])
    assert client.post(process, {"closes_by": "check", "full_intake": "on"}).status_code == 302
    assert Process.objects.get(kind="request").full_intake is True
    assert client.get(reverse("admin:tickets_ticket_changelist")).status_code == 403
    assert Category.objects.filter(code=category.code).exists()
