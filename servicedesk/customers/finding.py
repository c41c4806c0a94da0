"""Whose number or address is this, and do we know this customer already."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.db.models import Q

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
    return Customer.objects.filter(pk__in=owners_of([number])[number] if number else []).order_by("pk")


def owners_of(numbers: Collection[str]) -> dict[str, set[int]]:
    """The keys of the customers that each of these normalised numbers means, as `find_by_phone` says, by one query."""
    like = Q(digits__in={line_digits(number) for number in numbers})
    like |= Q(last_digits__in={last_digits(number) for number in numbers})
    stored = list(PhoneNumber.objects.filter(like)) if numbers else []
    by_line, by_end = defaultdict(list), defaultdict(list)
    for phone in stored:
        by_line[phone.digits].append(phone)
        by_end[phone.last_digits].append(phone)
    return {
        number: _owners(number, by_line[line_digits(number)], by_end[last_digits(number)])
        for number in numbers
    }


def _owners(number: str, same_line: list[PhoneNumber], alike: list[PhoneNumber]) -> set[int]:
    """Whose they are, by the first way that finds any."""
    same = [phone for phone in same_line if phone.number == number]
    found = same or same_line or [phone for phone in alike if _same_end(number, phone.digits)]
    return {phone.customer_id for phone in found}


def _same_end(number: str, stored: str) -> bool:
    """One of the two numbers is the end of the other; leading zeros are none of the number's own."""
    digits = line_digits(number).lstrip("0")
    return len(digits) >= LAST_DIGITS <= len(stored) and (stored.endswith(digits) or digits.endswith(stored))


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
