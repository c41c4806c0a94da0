from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.triggers import declare
from servicedesk.calendars.signals import calendars_changed
from servicedesk.clock.rules import CALENDAR_TRIGGERS, TRIGGERS
from servicedesk.outbox.events import name_event
from servicedesk.regulations.homes import give_home


class ClockConfig(AppConfig):
    name = "servicedesk.clock"
    label = "clock"
    verbose_name = _("Clock")

    def ready(self) -> None:
        declare("clock", TRIGGERS)
        declare("calendars", CALENDAR_TRIGGERS)
        name_event("owed", _("reminder or escalation"))
        name_event("day_closed", _("day of a promise closed"))
        # These hold models, which stand only now.
        from servicedesk.clock import invariants, questions  # noqa: F401  (registers the former)
        from servicedesk.clock.closures import hear_of_changed_calendars
        from servicedesk.clock.due_rules import offer_plain_trials
        from servicedesk.clock.ladders import escalation_in_words, warnings_in_words
        from servicedesk.clock.meanwhile import falls_due
        from servicedesk.staff.away.meanwhile import on_absence

        on_absence(falls_due)
        offer_plain_trials()
        questions.tell()
        calendars_changed.connect(hear_of_changed_calendars, dispatch_uid="clock.closures")
        give_home("S4", "admin:clock_ladder_changelist", warnings_in_words)
        give_home("S5", "admin:clock_ladder_changelist", escalation_in_words)
