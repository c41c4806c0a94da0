from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.fulfilment import fulfil


class ReportsConfig(AppConfig):
    name = "servicedesk.reports"
    label = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        fulfil("measure", "R1.1f", _("The dashboard says how many promises were kept, and of how many."))
