"""What kinds of values a setting may have: how each is stored, checked and put into words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, time_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from servicedesk.regulations.span import UNITS, Span

LEAP_YEAR = 2000  # so that 29 February has a name


class Kind:
    """One kind of value. `check` raises ValidationError with a sentence that says what is allowed."""

    @property
    def editable(self) -> bool:
        return True

    def read(self, stored: Any) -> Any:
        """The value from its stored JSON form."""
        return stored

    def store(self, value: Any) -> Any:
        """The JSON form of a value."""
        return value

    def check(self, value: Any) -> None:
        raise NotImplementedError

    def words(self, value: Any) -> str:
        return str(value)

    def unit(self, value: Any) -> str:
        """In what the value is counted, in words."""
        return ""

    def allowed(self) -> str:
        """The allowed range in words."""
        raise NotImplementedError


class Elsewhere(Kind):
    """The value lives in another app; here stand only the words of what is shipped, and a link (homes.py)."""

    @property
    def editable(self) -> bool:
        return False

    def words(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True)
class Length(Kind):
    """A span between two others, in one of some units."""

    least: Span
    most: Span
    units: tuple[str, ...]

    def read(self, stored: Any) -> Span:
        return Span(stored["amount"], stored["unit"])

    def store(self, value: Span) -> dict:
        return {"amount": value.amount, "unit": value.unit}

    def check(self, value: Any) -> None:
        if (
            not isinstance(value, Span)
            or value.unit not in self.units
            or not self.least <= value <= self.most
        ):
            raise ValidationError(self.allowed(), code="range")

    def unit(self, value: Span) -> str:
        return str(dict(UNITS)[value.unit])

    def allowed(self) -> str:
        units = get_text_list([name for unit, name in UNITS if unit in self.units], _("or"))
        return _("From %(least)s to %(most)s, in %(units)s.") % {
            "least": self.least,
            "most": self.most,
            "units": units,
        }


class Rhythm(Length):
    """How often something is done: a length that is said as "quarterly" or "every 4 hours"."""

    def words(self, value: Span) -> str:
        named = {
            Span(1, "months"): _("monthly"),
            Span(1, "quarters"): _("quarterly"),
            Span(6, "months"): _("half-yearly"),
            Span(1, "years"): _("yearly"),
        }
        return named.get(value) or _("every %(span)s") % {"span": value}


@dataclass(frozen=True)
class Number(Kind):
    """A whole number between two others."""

    least: int
    most: int

    def check(self, value: Any) -> None:
        if type(value) is not int or not self.least <= value <= self.most:
            raise ValidationError(self.allowed(), code="range")

    def unit(self, value: int) -> str:
        return _("a number")

    def allowed(self) -> str:
        return _("From %(least)d to %(most)d.") % {"least": self.least, "most": self.most}


class TimeOfDay(Kind):
    """A time on the organisation's clock, to the minute."""

    def read(self, stored: str) -> time:
        return time.fromisoformat(stored)

    def store(self, value: time) -> str:
        return value.strftime("%H:%M")

    def check(self, value: Any) -> None:
        if not isinstance(value, time) or value.second or value.microsecond or value.tzinfo:
            raise ValidationError(self.allowed(), code="range")

    def words(self, value: time) -> str:
        return time_format(value, "H:i")

    def unit(self, value: time) -> str:
        return _("time of day in the organisation's zone")

    def allowed(self) -> str:
        return _("A time from 00:00 to 23:59.")


class Weekday(Kind):
    """0 is Monday, 6 Sunday."""

    def check(self, value: Any) -> None:
        if type(value) is not int or value not in WEEKDAYS:
            raise ValidationError(self.allowed(), code="range")

    def words(self, value: int) -> str:
        return str(WEEKDAYS[value])

    def unit(self, value: int) -> str:
        return _("day of the week")

    def allowed(self) -> str:
        return _("A day of the week.")


class MonthDay(NamedTuple):
    """A day that comes every year."""

    month: int
    day: int


class DayOfYear(Kind):
    """A month and a day; 29 February is refused, for it does not come every year."""

    def read(self, stored: list[int]) -> MonthDay:
        return MonthDay(*stored)

    def store(self, value: MonthDay) -> list[int]:
        return [value.month, value.day]

    def check(self, value: Any) -> None:
        try:
            date(LEAP_YEAR + 1, *value)
        except (TypeError, ValueError):
            raise ValidationError(self.allowed(), code="range") from None

    def words(self, value: MonthDay) -> str:
        return date_format(date(LEAP_YEAR, *value), "MONTH_DAY_FORMAT")

    def unit(self, value: MonthDay) -> str:
        return _("day of the year")

    def allowed(self) -> str:
        return _("A month and a day that every year has.")


@dataclass(frozen=True)
class Choice(Kind):
    """One of some named ways; a single way is shown and cannot be changed."""

    options: Mapping[str, Any]  # value → words, translated when read

    @property
    def editable(self) -> bool:
        return len(self.options) > 1

    def check(self, value: Any) -> None:
        if not isinstance(value, str) or value not in self.options:
            raise ValidationError(self.allowed(), code="range")

    def words(self, value: str) -> str:
        return str(self.options[value])

    def unit(self, value: str) -> str:
        return _("one of the named ways")

    def allowed(self) -> str:
        return _("One of: %(options)s.") % {"options": "; ".join(map(str, self.options.values()))}


@dataclass(frozen=True)
class Parts(Kind):
    """Several values that are judged together, as one named tuple."""

    make: Callable[..., Any]
    parts: Mapping[str, tuple[Any, Kind]]  # name → label, kind
    sentence: Any  # with %(name)s for each part, translated when read
    agree: Callable[[Any], bool] = field(default=lambda value: True)
    disagreement: Any = ""

    def read(self, stored: dict) -> Any:
        return self.make(**{name: kind.read(stored[name]) for name, (_label, kind) in self.parts.items()})

    def store(self, value: Any) -> dict:
        return {name: kind.store(getattr(value, name)) for name, (_label, kind) in self.parts.items()}

    def check(self, value: Any) -> None:
        for name, (label, kind) in self.parts.items():
            try:
                kind.check(getattr(value, name, None))
            except ValidationError as refusal:
                raise ValidationError(said_of(label, refusal.messages[0]), code="range") from None
        if not self.agree(value):
            raise ValidationError(str(self.disagreement), code="disagree")

    def words(self, value: Any) -> str:
        return str(self.sentence) % {
            name: kind.words(getattr(value, name)) for name, (_l, kind) in self.parts.items()
        }

    def unit(self, value: Any) -> str:
        units = [kind.unit(getattr(value, name)) for name, (_label, kind) in self.parts.items()]
        return _(", ").join(dict.fromkeys(units))

    def allowed(self) -> str:
        return " ".join(said_of(label, kind.allowed()) for label, kind in self.parts.values())


def said_of(part: Any, text: str) -> str:
    return _("For “%(part)s”: %(text)s") % {"part": part, "text": text}
