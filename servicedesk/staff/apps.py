from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.triggers import declare


class StaffConfig(AppConfig):
    name = "servicedesk.staff"
    label = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        declare("staff", import_module("servicedesk.staff.rules").rules())
