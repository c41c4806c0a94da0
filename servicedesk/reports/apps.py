from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.triggers import declare
from servicedesk.regulations.fulfilment import fulfil
from servicedesk.reports.rules import open_counts


class ReportsConfig(AppConfig):
    name = "servicedesk.reports"
    label = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        declare("tickets", open_counts())
        import_module("servicedesk.reports.invariants")  # registers its check
        counts = import_module("servicedesk.reports.opencounts")
        post_migrate.connect(counts.recount_after_migrate, sender=self)  # triggers are installed before
        fulfil("measure", "R1.1f", _("The dashboard says how many promises were kept, and of how many."))
