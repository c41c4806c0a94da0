from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.triggers import declare
from servicedesk.clock.describing import describe_by
from servicedesk.clock.kinds import name_kind
from servicedesk.clock.sparing import spare_by
from servicedesk.customers.signals import found_otherwise, wishes_changed
from servicedesk.outbox.events import name_event
from tickets import fulfilment, settings_read
from tickets.impartial_rules import IMPARTIAL_TRIGGERS
from tickets.owner_rules import STAFF_TRIGGERS
from tickets.rules import CLOCK_TRIGGERS, TRIGGERS

NEWS = {
    "complaint_passed_on": _("complaint passed on"),
    "customer_corrected": _("customer corrected"),
    "heard": _("word from the customer"),
    "mentioned": _("mentioned in a note"),
    "named_first_responder": _("named as first responder"),
    "no_longer_owner": _("no longer the owner"),
    "repeat_contact": _("repeat contact of a customer"),
    "taken_over": _("ticket taken over"),
    "task_done": _("task done, to be confirmed"),
}


class TicketsConfig(AppConfig):
    name = "tickets"
    label = "tickets"
    verbose_name = _("Tickets")

    def ready(self) -> None:
        declare("tickets", [*TRIGGERS, *IMPARTIAL_TRIGGERS])
        declare("clock", CLOCK_TRIGGERS)
        declare("staff", STAFF_TRIGGERS)
        name_kind("promise", _("promised reply"), act=_("Reply"), clauses="R1.1e R1.1f")
        name_kind("task", _("task to be done"), act=_("Report"))
        name_kind("check", _("opinion check"), act=_("Ask"), clauses="R1.2g")
        name_kind("confirmation", _("confirmation that a task is done"), act=_("Confirm"), clauses="R3.1.1")
        name_kind("reading", _("reply on the file to be read"), act=_("Read"))
        for event, name in NEWS.items():
            name_event(event, name)
        fulfilment.tell()
        settings_read.tell()

        # These hold models, which stand only now.
        from servicedesk.staff.away.meanwhile import on_absence
        from servicedesk.staff.passing_on import hold_first, on_leaving
        from tickets import due_rules, invariants, questions, retelling  # noqa: F401  (registers its checks)
        from tickets.confirmations import confirmations_left_by, pass_on_confirmations
        from tickets.describing import describe_tickets
        from tickets.impartial import spare_named
        from tickets.leavers import hold_tickets, pass_on_tickets, tickets_left_by, tickets_of
        from tickets.meanwhile import tickets_meanwhile
        from tickets.readings import pass_on_readings, readings_left_by
        from tickets.resolving import fit_checks_of
        from tickets.searching import find_otherwise

        hold_first(tickets_of, hold_tickets)
        on_absence(tickets_meanwhile)
        due_rules.tell()
        questions.tell()
        on_leaving(pass_on_tickets, tickets_left_by)
        on_leaving(pass_on_confirmations, confirmations_left_by)
        on_leaving(pass_on_readings, readings_left_by)
        wishes_changed.connect(fit_checks_of, dispatch_uid="tickets.checks")
        found_otherwise.connect(find_otherwise, dispatch_uid="tickets.searching")
        describe_by("ticket", describe_tickets)
        spare_by("ticket", spare_named)
