from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.triggers import declare
from servicedesk.staff.passing_on import on_leaving

from . import fulfilment
from .rules import STAFF_TRIGGERS, rules


class CustomersConfig(AppConfig):
    name = "servicedesk.customers"
    label = "customers"
    verbose_name = _("Customers")

    def ready(self):
        declare("customers", rules())
        declare("staff", STAFF_TRIGGERS)
        import_module("servicedesk.customers.invariants")
        fulfilment.tell()
        # Holds models, which stand only now.
        from servicedesk.customers.areas import areas_left_by, hand_areas_on

        on_leaving(hand_areas_on, areas_left_by)
