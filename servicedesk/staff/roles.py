"""Roles are groups with permissions, set up by migration and then edited in the admin (DESIGN 7).

A group is named by a code; `Role` says its name in the reader's language. Whoever holds a position has the
role of the same name while holding it, so that nobody is told of a matter and then may not see it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import CharField, Value
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The roles that ship."""

    AGENT = "agent", _("agent")
    DEPARTMENT_MANAGER = "department_manager", _("department manager")
    SUPERVISION = "supervision", _("supervision")
    OFFICE = "office", _("the Office")
    EXECUTIVE = "executive", _("executive in charge")
    GENERAL_MANAGER = "general_manager", _("general manager")
    ADMINISTRATOR = "administrator", _("administrator")


def role_name(code: str) -> str:
    """What a role is called where its name stands alone; a group made by an operator is called as it was named."""
    return capfirst(str(Role(code).label)) if code in Role.values else code


def roles_of(user: Any) -> frozenset[str]:
    """The roles of a person: by group, by position held or stood in for; one query.

    A superuser counts as administrator. Whoever has left has none.
    """
    if not user.is_active or not user.pk:
        return frozenset()
    found = set(_role_names(user))
    if user.is_superuser:
        found.add(Role.ADMINISTRATOR.value)
    return frozenset(found)


def permissions_of(user: Any) -> models.QuerySet:
    """The permissions of a person: their own, and those of all their roles."""
    return Permission.objects.filter(
        models.Q(user=user) | models.Q(group__name__in=_role_names(user))
    ).distinct()


def _role_names(user: Any) -> models.QuerySet:
    by_group = user.groups.order_by().values_list("name", flat=True)
    return by_group.union(*_by_position(user), all=True)


def _by_position(user: Any) -> list[models.QuerySet]:
    named = [
        (user.manages, Role.DEPARTMENT_MANAGER),
        (user.manages_as_stand_in, Role.DEPARTMENT_MANAGER),
        (user.in_charge_of, Role.EXECUTIVE),
        (user.in_charge_as_stand_in, Role.EXECUTIVE),
    ]
    departments = [
        held.order_by().values_list(Value(role.value, output_field=CharField()), flat=True)
        for held, role in named
    ]
    posts = [held.order_by().values_list("code", flat=True) for held in (user.posts, user.posts_as_stand_in)]
    return departments + posts


# For migrations


def give(apps: Any, using: str, permissions: Mapping[str, Iterable[str]]) -> None:
    """Give permissions to roles inside a migration; `permissions` maps a role to "app.model.codename".

    A group or permission that does not exist yet is created, whatever the order of migrations; Django
    finds it later and makes no second one. Nothing is ever taken away, so a role edited by hand changes
    only by what a new migration brings.
    """
    Group = apps.get_model("auth", "Group")
    for role, names in permissions.items():
        group, _made = Group.objects.using(using).get_or_create(name=role)
        group.permissions.add(*[_permission(apps, using, name) for name in names])


def _permission(apps: Any, using: str, name: str) -> Any:
    app_label, model, codename = name.split(".")
    content_type, _made = (
        apps.get_model("contenttypes", "ContentType")
        .objects.using(using)
        .get_or_create(app_label=app_label, model=model)
    )
    permission, _made = (
        apps.get_model("auth", "Permission")
        .objects.using(using)
        .get_or_create(
            content_type=content_type,
            codename=codename,
            defaults={"name": f"Can {codename.replace('_', ' ')}"},
        )
    )
    return permission
