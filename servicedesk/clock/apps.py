from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.triggers import declare
from servicedesk.clock.rules import CALENDAR_TRIGGERS, TRIGGERS


class ClockConfig(AppConfig):
    name = "servicedesk.clock"
    label = "clock"
    verbose_name = _("Clock")

    def ready(self) -> None:
        declare("clock", TRIGGERS)
        declare("calendars", CALENDAR_TRIGGERS)
        import servicedesk.clock.invariants  # noqa: F401  (registers them; models stand only now)
