import pytest
from django.urls import reverse

from servicedesk.audit.models import AuditRun, DailySeal, Entry, Head
from servicedesk.audit.tasks import audit_nightly, seal_the_day
from servicedesk.audit.testing import make_timeline
from servicedesk.keyset import CappedPaginator
from servicedesk.testing.people import make_user

MODELS = [Entry, Head, DailySeal, AuditRun]


@pytest.fixture
def desk(client, db):
    make_timeline()
    seal_the_day()
    audit_nightly()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("model", MODELS)
def test_records_are_listed_and_read_but_not_changed(desk, model):
    name = f"admin:audit_{model._meta.model_name}"
    key = model.objects.first().pk

    assert desk.get(reverse(f"{name}_changelist")).status_code == 200
    page = desk.get(reverse(f"{name}_change", args=[key]))
    assert page.status_code == 200
    assert b"_save" not in page.content
    assert desk.get(reverse(f"{name}_add")).status_code == 403
    assert desk.post(reverse(f"{name}_delete", args=[key]), {"post": "yes"}).status_code == 403


def test_a_damaged_line_is_shown_as_it_is(desk, triggers_lifted):
    with triggers_lifted():
        Entry.objects.filter(number=1).update(line="<damaged>")
    page = desk.get(reverse("admin:audit_entry_change", args=[Entry.objects.get(number=1).pk]))

    assert b"<pre>&lt;damaged&gt;</pre>" in page.content


def test_what_an_audit_found_is_shown_in_the_readers_language(desk, triggers_lifted):
    with triggers_lifted():
        Entry.objects.filter(number=3).delete()
    audit_nightly()
    desk.post(reverse("staff:language"), {"language": "zh-hans"})
    page = desk.get(reverse("admin:audit_auditrun_change", args=[AuditRun.objects.latest().pk]))

    assert "每条时间线以其末端记录所指的条目结束: 1" in page.content.decode()
    assert "ticket:2026-000001: " in page.content.decode()


def test_a_timeline_is_found_by_its_key(desk):
    make_timeline("ticket:2026-000002", entries=1)
    page = desk.get(reverse("admin:audit_entry_changelist"), {"q": "ticket:2026-000002"})

    assert page.context["cl"].result_count == 1


def test_a_list_needs_few_queries_whatever_its_length(desk, django_assert_max_num_queries):
    make_timeline("ticket:2026-000002", entries=40)
    with django_assert_max_num_queries(6):
        desk.get(reverse("admin:audit_entry_changelist"))


def test_pages_are_counted_up_to_a_limit_only(desk, monkeypatch):
    monkeypatch.setattr(CappedPaginator, "limit", 2)

    assert CappedPaginator(Entry.objects.order_by("pk"), 1).num_pages == 2
