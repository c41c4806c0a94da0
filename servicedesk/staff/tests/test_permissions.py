"""The page of a role says its permissions in the reader's language."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import translation

from servicedesk.staff.models import RoleGroup
from servicedesk.staff.permissions import in_words, that_roles_have
from servicedesk.staff.testing import make_user

pytestmark = pytest.mark.django_db


def test_permissions_are_said_in_the_readers_language():
    with translation.override("zh-hans"):
        said = [in_words(permission) for permission in that_roles_have()]
    assert [words for words in said if "Can " in words] == []
    assert any(words.endswith("：可查看全部工单") for words in said)


def test_machinery_is_no_matter_of_roles_but_what_a_role_has_stays_to_be_seen(client):
    session = Permission.objects.get(codename="view_session")
    assert session not in that_roles_have()
    role = RoleGroup.objects.get(name="agent")
    role.permissions.add(session)
    assert session in that_roles_have()

    client.force_login(make_user(roles=["administrator"], is_staff=True, language="zh-hans"))
    page = client.get(reverse("admin:staff_rolegroup_change", args=[role.pk])).content.decode()
    assert "Can " not in page
