"""Permissions in the words of the reader: Django stores their names in English, once for all readers."""

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

USUAL = {
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
    "view": gettext_lazy("see"),
}
MACHINERY = ("admin", "axes", "contenttypes", "sessions")  # tables that no role has to do with


def in_words(permission: Permission) -> str:
    """For instance "Tickets · category: change", or "Tickets · ticket: can see every ticket"."""
    kind = permission.content_type
    model = kind.model_class()
    if model is None:
        return permission.name
    act = permission.codename.removesuffix(f"_{kind.model}")
    own = dict(model._meta.permissions).get(permission.codename, permission.name)
    words = USUAL[act] if act in USUAL else gettext(str(own))
    section = apps.get_app_config(kind.app_label).verbose_name
    what = f"{capfirst(str(section))} · {model._meta.verbose_name}"
    return gettext("%(what)s: %(words)s") % {"what": what, "words": words}


def that_roles_have() -> QuerySet[Permission]:
    """Permissions to choose from: not on the machinery's tables or on histories, unless a role has one."""
    useless = Q(content_type__app_label__in=MACHINERY) | Q(content_type__model__startswith="historical")
    found = Permission.objects.filter(~useless | Q(group__isnull=False)).distinct()
    return found.select_related("content_type").order_by(
        "content_type__app_label", "content_type__model", "codename"
    )
