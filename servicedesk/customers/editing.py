"""What people do to a customer's profile: change it, confirm it, record a wish, a consent, a mark, a restriction."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from .changing import add, change, lock_customer
from .creating import PROFILE
from .facts import REACH
from .models import Consent, Customer
from .models.customer import LONGEST_RESTRICTION, Source, Wish
from .signals import wishes_changed

RESTRICT = "restrict_channels"


@transaction.atomic
def change_customer(
    customer: Customer,
    *,
    by,
    at: datetime,
    seen: int | None = None,
    reported_as: str = Source.CUSTOMER,
    **values,
) -> Customer:
    """Change fields of the profile, `phones` and `emails` (lists, as given) of the customer as such included.

    `seen` is the version the form was opened with, `reported_as` where the news comes from (R3.3.4a, R4.3a). A
    profile somebody looked through is confirmed by that. Raises ValidationError, by field; StaleEdit where
    somebody else changed the same field meanwhile.
    """
    unknown = set(values) - PROFILE - set(REACH)
    if unknown:
        raise TypeError(f"changed by an act of its own: {', '.join(sorted(unknown))}")
    return change(
        customer,
        {**values, "last_confirmed_at": max(at, customer.last_confirmed_at)},
        event="customer_changed",
        by=by,
        at=at,
        seen=seen,
        reported_as=reported_as,
    )


@transaction.atomic
def confirm_customer(customer: Customer, *, by, at: datetime) -> Customer:
    """The customer said that the profile is still right (R4.3a)."""
    return change(customer, {"last_confirmed_at": at}, event="customer_confirmed", by=by, at=at)


@transaction.atomic
def record_wish(customer: Customer, wish: str, *, words: str, by, at: datetime) -> Customer:
    """Record how far the customer wishes to be left alone, in the customer's own words (CASES g).

    Raises ValidationError if a wish comes without words.
    """
    if wish != Wish.NONE and not words.strip():
        raise ValidationError({"wish": _("Please write down the wish in the customer's own words.")})
    values = {"do_not_contact": wish, "wish": words.strip(), "wish_by": by, "wish_at": at}
    fresh = change(customer, values, event="wish_recorded", by=by, at=at)
    wishes_changed.send(Customer, customers=[fresh.pk], by=by, at=at)
    return fresh


@transaction.atomic
def restrict_to_writing(customer: Customer, *, until: datetime, reason: str, by, at: datetime) -> Customer:
    """Serve a customer in writing only for at most 30 days, with a reason told to the customer (CASES i).

    Raises PermissionDenied if `by` may not restrict channels, ValidationError for no reason or a wrong end.
    """
    _check_may_restrict(by)
    if not reason.strip():
        raise ValidationError({"reason": _("Please give the reason; the customer is told it.")})
    if not at < until <= at + LONGEST_RESTRICTION:
        raise ValidationError({"until": _("A restriction to writing ends within 30 days from now.")})
    values = {"written_from": at, "written_until": until, "written_reason": reason.strip(), "written_by": by}
    return change(customer, values, event="restricted_to_writing", by=by, at=at)


@transaction.atomic
def lift_restriction(customer: Customer, *, by, at: datetime) -> Customer:
    """Every channel is open to the customer again, before the restriction ends by itself."""
    _check_may_restrict(by)
    values = {"written_from": None, "written_until": None, "written_reason": "", "written_by": None}
    return change(customer, values, event="restriction_lifted", by=by, at=at)


def may_restrict(person) -> bool:
    """Whether this person may restrict channels: by a permission of their own, or that of a role or position."""
    if isinstance(person, str):
        return False
    return person.has_perm(f"customers.{RESTRICT}") or (
        Group.objects.filter(name__in=person.roles, permissions__codename=RESTRICT).exists()
    )


def _check_may_restrict(by) -> None:
    if not may_restrict(by):
        raise PermissionDenied(_("Only a manager may restrict a customer to writing."))


@transaction.atomic
def mark_for_safety(customer: Customer, *, note: str, by, at: datetime) -> Customer:
    """Warn whoever visits this customer (R1.5.F). Raises ValidationError without a note on what to beware of."""
    if not note.strip():
        raise ValidationError({"note": _("Please say what to beware of.")})
    values = {"safety_mark": True, "safety_note": note.strip()}
    return change(customer, values, event="safety_marked", by=by, at=at)


@transaction.atomic
def remove_safety_mark(customer: Customer, *, by, at: datetime) -> Customer:
    """There is nothing to beware of any more."""
    values = {"safety_mark": False, "safety_note": ""}
    return change(customer, values, event="safety_mark_removed", by=by, at=at)


@transaction.atomic
def record_consent(
    customer: Customer, topic: str, *, given: bool, since: datetime, source: str, by, at: datetime
) -> Consent:
    """Record that the customer agreed to something, or refused it, when and how we know (R3.3.5).

    Raises ValidationError for a moment in the future.
    """
    if since > at + timedelta(minutes=1):
        raise ValidationError({"since": _("The customer cannot have agreed in the future.")})
    customer = lock_customer(customer)
    values = {"given": given, "source": source, "since": since}
    standing = customer.consents.filter(topic=topic).first()
    if standing is not None:
        return change(standing, values, event="consent_recorded", by=by, at=at)
    return add(Consent(customer=customer, topic=topic, **values), event="consent_recorded", by=by, at=at)
