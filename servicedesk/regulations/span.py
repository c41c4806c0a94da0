"""Lengths of time as rules state them: an amount and a unit, in words, never applied to a calendar here."""

from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

UNITS = [
    ("seconds", _("seconds")),
    ("minutes", _("minutes")),
    ("hours", _("clock hours")),
    ("days", _("calendar days")),
    ("working_hours", _("working hours")),
    ("working_days", _("working days")),
    ("months", _("months")),
    ("quarters", _("quarters")),
    ("years", _("years")),
]
# Only for saying which of two spans is the longer one: a working day takes a day, its hours are eight.
SECONDS = {
    "seconds": 1,
    "minutes": 60,
    "hours": 3_600,
    "days": 86_400,
    "working_hours": 10_800,
    "working_days": 86_400,
    "months": 2_592_000,
    "quarters": 7_776_000,
    "years": 31_536_000,
}


@dataclass(frozen=True)
class Span:
    """ "3 working days": how long, in the unit of the rule. Compared by length; equal only if amount and unit are."""

    amount: int
    unit: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int or self.amount < 0:
            raise ValueError(f"An amount is a whole number from 0 on, not {self.amount!r}.")
        if self.unit not in SECONDS:
            raise ValueError(f"No unit is called {self.unit!r}.")

    def __lt__(self, other: Self) -> bool:
        return self.amount * SECONDS[self.unit] < other.amount * SECONDS[other.unit]

    def __le__(self, other: Self) -> bool:
        return not other < self

    def __str__(self) -> str:
        """The span in the language of the reader, with the right plural."""
        n = self.amount
        words = {
            "seconds": ngettext("%(n)d second", "%(n)d seconds", n),
            "minutes": ngettext("%(n)d minute", "%(n)d minutes", n),
            "hours": ngettext("%(n)d hour", "%(n)d hours", n),
            "days": ngettext("%(n)d day", "%(n)d days", n),
            "working_hours": ngettext("%(n)d working hour", "%(n)d working hours", n),
            "working_days": ngettext("%(n)d working day", "%(n)d working days", n),
            "months": ngettext("%(n)d month", "%(n)d months", n),
            "quarters": ngettext("%(n)d quarter", "%(n)d quarters", n),
            "years": ngettext("%(n)d year", "%(n)d years", n),
        }
        return words[self.unit] % {"n": n}

    @classmethod
    def parse(cls, text: str) -> Self:
        """The span that a text such as "3 working days" or, in the reader's language, "3 个工作日" states.

        Raises ValueError if there is none.
        """
        text = " ".join(text.split())
        digits = text[: len(text) - len(text.lstrip("0123456789"))]
        if not digits.isascii() or not 0 < len(digits) < 7:
            raise ValueError(f"No span of time: {text!r}")
        for unit in SECONDS:
            span = cls(int(digits), unit)
            english = unit.replace("_", " ")
            if text in (str(span), f"{digits} {english}", f"{digits} {english[:-1]}", f"{digits} {unit}"):
                return span
        raise ValueError(f"No span of time: {text!r}")
