"""How a customer wishes to be treated, said before anybody contacts them (R5.10.3a, R1.5.F; CASES g, i)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.formats import time_format
from django.utils.translation import gettext as _

from servicedesk.timewords import short_time

if TYPE_CHECKING:
    from servicedesk.customers.models import ContactPerson, Customer
    from servicedesk.customers.models.reach import EmailAddress, PhoneNumber


@dataclass(frozen=True)
class Preference:
    """One thing to heed, most pressing first; `words` are the customer's or a colleague's own."""

    icon: str
    text: str
    tone: str = ""
    words: str = ""


@dataclass(frozen=True)
class Ways:
    """Under which numbers and addresses to reach the person in charge of the matter, theirs before the customer's."""

    phones: list[PhoneNumber]
    emails: list[EmailAddress]


def preferences(customer: Customer, person: ContactPerson | None, *, at: datetime) -> list[Preference]:
    """What to heed before contacting this customer now."""
    heeded = _warnings(customer, at)
    if customer.do_not_contact != "no_contact":
        heeded.append(_hours(customer, at))
    return heeded + _manners(customer, person)


def _warnings(customer: Customer, at: datetime) -> list[Preference]:
    found = []
    if customer.do_not_contact == "no_contact":
        text = _("No contact at all. Replies go onto the file.")
        found.append(Preference("phone-off", text, "is-overdue", customer.wish))
    if customer.written_until and customer.is_written_only(at):
        text = _("In writing only until %(when)s") % {"when": short_time(customer.written_until, at)}
        found.append(Preference("writing", text, "is-soon", customer.written_reason))
    if customer.safety_mark:
        found.append(
            Preference(
                "shield-exclamation", _("Visits only by two people"), "is-overdue", customer.safety_note
            )
        )
    if customer.do_not_contact == "no_marketing":
        found.append(Preference("ad-off", _("No advertising, no surveys"), "", customer.wish))
    return found


def _hours(customer: Customer, at: datetime) -> Preference:
    start, end = customer.hours
    parts = {
        "start": time_format(start),
        "end": time_format(end),
        "now": time_format(at.astimezone(customer.zone)),
    }
    if customer.is_reachable(at):
        return Preference("phone-check", _("Good time to call, until %(end)s") % parts, "is-kept")
    text = _("Not a good time: %(now)s there; hours are %(start)s to %(end)s") % parts
    return Preference("moon", text, "is-soon")


def _manners(customer: Customer, person: ContactPerson | None) -> list[Preference]:
    found = []
    if address_as := (person and person.address_as) or customer.address_as:
        found.append(Preference("user-heart", _("Addressed as %(name)s") % {"name": address_as}))
    speaks = person if person and person.language else customer
    if speaks.language:
        found.append(
            Preference("language", _("Speaks %(language)s") % {"language": speaks.get_language_display()})
        )
    likes = person if person and person.channel else customer
    if likes.channel:
        found.append(
            Preference("message-heart", _("Prefers %(channel)s") % {"channel": likes.get_channel_display()})
        )
    if customer.notes:
        found.append(Preference("heart-handshake", _("Habits and likings"), "", customer.notes))
    return found


def ways_to_reach(customer: Customer, person: ContactPerson | None) -> Ways:
    """Numbers and addresses to show beside the matter; none where no contact is wished."""
    if customer.do_not_contact == "no_contact":
        return Ways([], [])
    return Ways(_theirs(customer.phones, person), _theirs(customer.emails, person))


def _theirs(rows, person: ContactPerson | None) -> list:
    """Those of the person and of the customer as such, the person's first; without either, everybody's."""
    everybody = list(rows.select_related("person"))
    own = [row for row in everybody if person and row.person_id == person.pk]
    general = [row for row in everybody if row.person_id is None]
    return own + general or everybody
