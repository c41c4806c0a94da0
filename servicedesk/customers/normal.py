"""Telephone numbers and mail addresses in the one form by which they are found; pure functions."""

import re
import unicodedata

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

LONGEST = 60  # characters of a number as given
MOST_DIGITS = 20
FEWEST_DIGITS = 2
LAST_DIGITS = 7  # from so many on, the end of a number is taken as the number

LABEL = re.compile(r"^[^\d+(（]+")  # "Tel.: ", "电话：" before the number
TRANSFER = re.compile(
    r"\s*[,，;；]?\s*(?:转接|轉接|转|轉|分机号?|分機號?|内线|內線|ext(?:ension)?\b\.?)\s*[:：.=]?\s*", re.I
)
DASHED = re.compile(r"(?P<line>.*\d)\s*[-‐–—]\s*(?P<extension>\d{1,6})")
LETTERS = re.compile(r"[^\W\d_]{3,}")


def normalise_phone(text: str, region: str | None = None) -> str:
    """The number in the form by which it is stored and found; empty for an empty text.

    "+862165432109" (E.164) for whatever is a number of `region` (by default DEFAULT_PHONE_REGION) or abroad, with
    ";ext=801" behind it where an extension is given; bare digits for short numbers: internal lines, 110, 95588.
    Applied twice it gives the same. Raises ValidationError where the text is no telephone number.
    """
    given = unicodedata.normalize("NFKC", text).strip()
    if not given:
        return ""
    if len(given) > LONGEST:
        raise ValidationError(_("This telephone number is too long. Please give one number only."))
    region = region or settings.DEFAULT_PHONE_REGION
    number = _once(given, region)
    if number.startswith("+") and ";" not in number:
        return number  # E.164 is read as itself
    while (again := _once(number, region)) != number:
        number = again
    return number


def _once(given: str, region: str) -> str:
    text = TRANSFER.sub(" ext. ", LABEL.sub("", given))
    dashed = DASHED.fullmatch(text)
    return (
        _full_number(text, region)
        or (_full_number(f"{dashed['line']} ext. {dashed['extension']}", region) if dashed else "")
        or _bare_digits(text)
    )


def _full_number(text: str, region: str) -> str:
    """E.164 with the extension, or nothing where the text is no complete number."""
    if LETTERS.search(text.replace("ext", "")):
        return ""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    line = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return f"{line};ext={parsed.extension}" if parsed.extension else line


def _bare_digits(text: str) -> str:
    digits = phonenumbers.normalize_digits_only(text)
    if LETTERS.search(text.replace("ext", "")) or not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
        raise ValidationError(
            _("“%(text)s” is not a telephone number. Please type its digits, with the area or country code."),
            params={"text": text[:LONGEST]},
        )
    return digits


def line_digits(number: str) -> str:
    """The digits of a normalised number without its extension; the country code stays."""
    return number.partition(";")[0].removeprefix("+")


def last_digits(number: str) -> str:
    """The end by which a number is looked up, shorter for a short number."""
    return line_digits(number)[-LAST_DIGITS:]


def ways_to_write(number: str) -> list[str]:
    """How a normalised number may be typed when it is searched for: with and without codes, in digits and groups."""
    if not number.startswith("+"):
        return [number]
    parsed = _parsed(number)
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return [
        line_digits(number),
        phonenumbers.normalize_digits_only(national.partition("ext")[0]),
        phonenumbers.national_significant_number(parsed),
        national,
    ]


def _parsed(number: str) -> phonenumbers.PhoneNumber:
    """A normalised number in its parts; of one of the default region these stand apart already."""
    home = phonenumbers.country_code_for_region(settings.DEFAULT_PHONE_REGION)
    code, rest = number[: len(str(home)) + 1], number[len(str(home)) + 1 :]
    if code == f"+{home}" and rest.isdigit() and not rest.startswith("0"):
        return phonenumbers.PhoneNumber(country_code=home, national_number=int(rest))
    return phonenumbers.parse(number)


def readable_phone(number: str) -> str:
    """A normalised number in groups, without the country code where it is of the default region."""
    if not number.startswith("+"):
        return number
    parsed = _parsed(number)
    home = phonenumbers.country_code_for_region(settings.DEFAULT_PHONE_REGION)
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        parsed, style.NATIONAL if parsed.country_code == home else style.INTERNATIONAL
    )


def dial_link(number: str) -> str:
    """The `tel:` address that dials a normalised number."""
    return f"tel:{number}"


def normalise_email(text: str) -> str:
    """The address as it is stored and found: one width, small letters; empty for an empty text.

    Raises ValidationError where the text is no mail address.
    """
    address = unicodedata.normalize("NFKC", text).strip().removeprefix("mailto:").lower()
    if address:
        validate_email(address)
    return address
