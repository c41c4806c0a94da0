from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from .rules import rules
from .triggers import declare, install_after_migrate, lift_before_migrate


class AuditConfig(AppConfig):
    name = "servicedesk.audit"
    label = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        import_module("servicedesk.audit.lookups")
        import_module("servicedesk.audit.verification")  # registers its checks
        declare("audit", rules())
        pre_migrate.connect(lift_before_migrate, sender=self)
        post_migrate.connect(install_after_migrate, sender=self)
