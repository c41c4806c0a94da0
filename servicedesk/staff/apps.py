from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.triggers import declare
from servicedesk.outbox.events import name_event


class StaffConfig(AppConfig):
    name = "servicedesk.staff"
    label = "staff"
    verbose_name = _("Staff")
    default = True

    def ready(self) -> None:
        declare("staff", import_module("servicedesk.staff.rules").rules())
        name_event("named_deputy", _("named as deputy"))
        name_event("leaving_planned", _("last day planned"))
        name_event("leaving_soon", _("last day near"))
        name_event("no_longer_deputy", _("deputy no longer"))
        name_event("nobody_to_pass_on_to", _("nobody to pass on to"))
        import_module("servicedesk.staff.questions").tell()
        departments_by = import_module("servicedesk.staff.work_calendars").departments_by
        import_module("servicedesk.calendars.uses").tell_uses(departments_by)


class DeskAdminConfig(admin.AdminConfig):
    """Django's admin behind the desk's own log-in."""

    default_site = "servicedesk.staff.admin_site.DeskAdminSite"
    default = False
