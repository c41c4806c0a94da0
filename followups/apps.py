from django.apps import AppConfig
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.calendars.signals import calendars_changed
from servicedesk.clock.kinds import name_kind
from servicedesk.outbox.events import name_event
from servicedesk.regulations.effects import affects
from servicedesk.regulations.fulfilment import fulfil


class FollowupsConfig(AppConfig):
    name = "followups"
    label = "followups"
    verbose_name = _("Follow-ups")

    def ready(self) -> None:
        name_kind("holiday_list", _("holiday list of next year"), clauses="R5.8a")
        name_event("holiday_list_missing", _("holiday list missing"))
        fulfil(
            "record",
            "R5.8a",
            _("A year without a published holiday list is owed by an administrator, by name."),
        )
        affects(
            "S37",
            _("administrators"),
            _("From this day on a missing list of next year is owed by one of them, by name, and escalates."),
            since=_("From the next daily look at the lists."),
        )
        calendars_changed.connect(_settle_published, dispatch_uid="followups.holiday_lists")

        # These hold models, which stand only now.
        from followups import questions
        from followups.holiday_lists import lists_left_by, pass_on_lists
        from servicedesk.staff.passing_on import on_leaving

        questions.tell()
        on_leaving(pass_on_lists, lists_left_by)


def _settle_published(**news) -> None:
    """A published list settles its duty in the same transaction."""
    from followups.holiday_lists import settle_published  # models stand only after ready()

    settle_published(at=timezone.now())
