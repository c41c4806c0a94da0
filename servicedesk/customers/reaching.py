"""Which telephone numbers and mail addresses a customer or a contact person has."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .models import ContactPerson, Customer, EmailAddress, PhoneNumber
from .normal import last_digits, line_digits, normalise_email, normalise_phone

MOST_NUMBERS = 20  # of one person


def phone_rows(
    texts: Iterable[str], *, customer: Customer | None, person: ContactPerson | None
) -> list[PhoneNumber]:
    """Unsaved rows for numbers as given, each number once. Raises ValidationError naming the one that is none."""
    owner: dict[str, Any] = {"person": person} | ({"customer": customer} if customer else {})
    rows: dict[str, PhoneNumber] = {}
    for given in _listed(texts):
        number = normalise_phone(given)
        rows.setdefault(
            number,
            PhoneNumber(
                **owner,
                given=given,
                number=number,
                digits=line_digits(number),
                last_digits=last_digits(number),
            ),
        )
    return list(rows.values())


def email_rows(
    texts: Iterable[str], *, customer: Customer | None, person: ContactPerson | None
) -> list[EmailAddress]:
    """Unsaved rows for mail addresses as given, each once. Raises ValidationError for what is none."""
    owner: dict[str, Any] = {"person": person} | ({"customer": customer} if customer else {})
    rows: dict[str, EmailAddress] = {}
    for given in _listed(texts):
        address = normalise_email(given)
        rows.setdefault(address, EmailAddress(**owner, given=given, address=address))
    return list(rows.values())


def reach_of(row: Customer | ContactPerson, name: str) -> list[str]:
    """What stands under "phones" or "emails" for a customer as such, or for a person, as it was given."""
    rows = getattr(row, name).order_by("pk")
    if isinstance(row, Customer):
        rows = rows.filter(person=None)
    return list(rows.values_list("given", flat=True))


def set_reach(row: Customer | ContactPerson, name: str, texts: Sequence[str]) -> bool:
    """Make these the numbers or addresses of the row; those that stay keep their entry. Tells if anything changed."""
    customer, person = (row, None) if isinstance(row, Customer) else (row.customer, row)
    make, column = (phone_rows, "number") if name == "phones" else (email_rows, "address")
    wanted = {getattr(one, column): one for one in make(texts, customer=customer, person=person)}
    standing = {getattr(one, column): one for one in getattr(row, name).filter(person=person)}
    gone = [one.pk for key, one in standing.items() if key not in wanted]
    new = [one for key, one in wanted.items() if key not in standing]
    model: Any = PhoneNumber if name == "phones" else EmailAddress
    model.objects.filter(pk__in=gone).delete()
    model.objects.bulk_create(new)
    return bool(gone or new)


def _listed(texts: Iterable[str]) -> list[str]:
    listed = [text.strip() for text in texts if text.strip()]
    if len(listed) > MOST_NUMBERS:
        raise ValidationError(_("At most %(most)s can be kept for one person.") % {"most": MOST_NUMBERS})
    return listed
