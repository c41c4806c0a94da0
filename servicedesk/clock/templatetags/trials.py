"""Words of trials: full moments, and how far one lies from another."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from servicedesk.timewords import full_time

register = template.Library()


@register.filter
def full_moment(moment: datetime | None) -> str:
    """Date, weekday and time in the reader's zone."""
    return full_time(moment) if moment else ""


@register.filter
def day_and_time(moment: datetime | None) -> str:
    """Weekday, day and time in the reader's zone."""
    return date_format(timezone.localtime(moment), "WEEKDAY_TIME_FORMAT") if moment else ""


@register.filter
def shift_from(moment: datetime, other: datetime) -> str:
    """How much later or earlier than the other: "2 days later"."""
    first, last = sorted((moment, other))
    span = timesince(first, last)
    return _("%(span)s later") % {"span": span} if moment > other else _("%(span)s earlier") % {"span": span}
