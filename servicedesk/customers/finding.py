"""Whose number or address is this, and do we know this customer already."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from .models import Customer, CustomerQuerySet, EmailAddress, PhoneNumber
from .normal import LAST_DIGITS, last_digits, line_digits, normalise_email, normalise_phone

MOST_DUPLICATES = 5


def find_by_phone(text: str) -> CustomerQuerySet:
    """Every customer with this number, oldest first: the number itself, else the line under any extension, else
    the same last digits (seven or more), for a number known without its area code or with a digit before it.

    Nobody for what is no telephone number.
    """
    try:
        number = normalise_phone(text)
    except ValidationError:
        number = ""
    phones = phones_like(number) if number else PhoneNumber.objects.none()
    return Customer.objects.filter(pk__in=phones.values("customer")).order_by("pk")


def phones_like(number: str) -> QuerySet[PhoneNumber]:
    """The stored numbers that a normalised one means, by the first way that finds any."""
    same_line = PhoneNumber.objects.filter(digits=line_digits(number))
    for phones in (same_line.filter(number=number), same_line, _same_end(number)):
        if phones.exists():
            return phones
    return PhoneNumber.objects.none()


def _same_end(number: str) -> QuerySet[PhoneNumber]:
    """One of the two numbers is the end of the other; leading zeros are none of the number's own."""
    digits = line_digits(number).lstrip("0")
    if len(digits) < LAST_DIGITS:
        return PhoneNumber.objects.none()
    ends = [digits[-length:] for length in range(LAST_DIGITS, len(digits) + 1)]
    return PhoneNumber.objects.filter(
        Q(digits__endswith=digits) | Q(digits__in=ends), last_digits=last_digits(number)
    )


def find_by_email(text: str) -> CustomerQuerySet:
    """Every customer with this mail address, oldest first; nobody for what is no address."""
    try:
        address = normalise_email(text)
    except ValidationError:
        address = ""
    emails = EmailAddress.objects.filter(address=address) if address else EmailAddress.objects.none()
    return Customer.objects.filter(pk__in=emails.values("customer")).order_by("pk")


def likely_duplicates(
    *,
    name: str = "",
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    besides: Customer | None = None,
) -> CustomerQuerySet:
    """At most five customers that may be the same as one with these: a normalised number or address, or the name."""
    same = Q(pk__in=PhoneNumber.objects.filter(number__in=list(phones)).values("customer")) | Q(
        pk__in=EmailAddress.objects.filter(address__in=list(emails)).values("customer")
    )
    if name.strip():
        same |= Q(pk__in=Customer.objects.search(name).filter(name__iexact=name.strip()).values("pk"))
    others = Customer.objects.filter(same)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    return others.order_by("pk")[:MOST_DUPLICATES]
