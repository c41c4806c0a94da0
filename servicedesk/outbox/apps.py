from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from servicedesk.outbox.events import name_event


class OutboxConfig(AppConfig):
    name = "servicedesk.outbox"
    label = "outbox"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        name_event("test", _("test message"))
