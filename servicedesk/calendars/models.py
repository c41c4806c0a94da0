"""Work calendars, holiday lists and their frozen versions.

What the administrator edits (hours, holiday rules) is live; what a due time was worked out with is a
CalendarVersion, frozen for good, so that "calendar 3, version 7" can be explained and replayed later.
"""

from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from servicedesk.calendars.editions import Edition, read
from servicedesk.calendars.hours import Interval
from servicedesk.calendars.texts import parse_hours
from servicedesk.calendars.worktime import WorkCalendar
from servicedesk.calendars.zones import zone_named
from servicedesk.shipped import Shipped

region_code = RegexValidator(
    r"^[A-Z]{2}(-[A-Z0-9]{1,6})?$", _("Use a country code such as CN, or country and region such as DE-BY.")
)


def organisation_zone() -> str:
    """The zone of the whole organisation, from the settings."""
    return settings.TIME_ZONE


def check_zone(name: str) -> None:
    """Refuse a name that is no time zone of this machine's time zone data."""
    if zone_named(name) is None:
        raise ValidationError(
            _("“%(name)s” is no time zone. Write one such as Asia/Shanghai or Europe/Berlin."),
            params={"name": name},
        )


def check_hours(text: str) -> None:
    """Refuse text that does not read as intervals."""
    try:
        parse_hours(text)
    except ValueError:
        raise ValidationError(_("Write hours such as 09:00-12:00, 13:00-16:00.")) from None


class CalendarQuerySet(models.QuerySet["Calendar"]):
    def default(self) -> "Calendar":
        """The organisation's calendar, for whoever has none of their own."""
        return self.get(is_default=True)

    def of_region(self, region: str) -> Self:
        """Calendars that keep the holidays of that country or region."""
        return self.filter(region=region)

    def regions_waiting(self, year: int) -> list[str]:
        """Regions in use whose list for that year is missing or still provisional (R5.8a, S37)."""
        published = HolidayList.objects.current().filter(year=year, provisional=False).values("region")
        waiting = self.exclude(region="").exclude(region__in=published)
        return sorted(set(waiting.values_list("region", flat=True)))


class Calendar(Shipped, models.Model):
    """Working hours of the organisation or of one department (R3.7.1a).

    `version` and `digest` name the frozen version that new due times are worked out with; only
    `publish` writes them.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    timezone = models.CharField(
        _("time zone"),
        max_length=60,
        default=organisation_zone,
        validators=[check_zone],
        help_text=_("Opening hours are wall clock in this zone."),
    )
    region = models.CharField(
        _("holidays of"),
        max_length=9,
        blank=True,
        validators=[region_code],
        help_text=_(
            "Country code such as CN, or country and region such as DE-BY. "
            "Left empty, the calendar knows no holidays: right for a service round the clock."
        ),
    )
    is_default = models.BooleanField(
        _("the organisation's calendar"),
        default=False,
        editable=False,
        help_text=_("Used wherever no other calendar is named."),
    )
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    digest = models.CharField(max_length=64, blank=True, default="", editable=False)

    objects = CalendarQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("work calendar")
        verbose_name_plural = _("work calendars")
        ordering = [Lower("name")]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="calendar_one_default",
                violation_error_message=_("Another calendar is the organisation's already."),
            ),
            models.CheckConstraint(
                condition=models.Q(is_default=False) | models.Q(version__gt=0),
                name="calendar_default_opens",
                violation_error_message=_("The organisation's calendar needs opening hours."),
            ),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shipped_code(self) -> str:
        return "calendar" if self.is_default else ""

    def edition(self, version: int | None = None) -> Edition:
        """What stood in the calendar at that version, or now.

        Raises CalendarVersion.DoesNotExist for a version that never was, or a calendar whose
        hours have not been set yet.
        """
        if version is None or version == self.version:
            return read(self.digest, lambda: self.versions.get(version=self.version).content)
        kept = self.versions.get(version=version)
        return read(kept.digest, lambda: kept.content)

    def work_calendar(self, version: int | None = None) -> WorkCalendar:
        """The arithmetic of that version, or of the present one; worked out once per process."""
        return self.edition(version).work

    def published(self, year: int) -> bool:
        """Whether that year's holidays are known for good; without a region there are none to know."""
        return not self.region or self.edition().published(year)

    def provisional(self, year: int) -> bool:
        """Whether that year has a list that may still change, such as make-up days not yet announced."""
        return bool(self.region) and self.edition().provisional(year)


class OpeningHours(models.Model):
    """One interval of a weekday; several a day leave room for lunch (DESIGN 5)."""

    calendar = models.ForeignKey(
        Calendar, models.CASCADE, related_name="hours", verbose_name=_("work calendar")
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"), choices=WEEKDAYS, validators=[MaxValueValidator(6)]
    )
    opens = models.TimeField(_("opening time"))
    closes = models.TimeField(
        _("closing time"),
        help_text=_(
            "Not after the opening time: on the next day. 00:00 is midnight, 00:00 to 00:00 the whole day."
        ),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "weekday", "opens"],
                name="opening_hours_once",
                violation_error_message=_("These hours are listed twice."),
            ),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="opening_hours_weekday"),
        ]

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.opens:%H:%M}–{self.closes:%H:%M}"


class HolidayListQuerySet(models.QuerySet["HolidayList"]):
    def current(self) -> Self:
        """The lists in force; at most one per region and year."""
        return self.filter(superseded_at=None)


class HolidayList(models.Model):
    """Days off and make-up days of one region and year, with source and version (R5.8a).

    The current list is edited; what it held before is kept beside it as a superseded list.
    """

    region = models.CharField(_("country or region"), max_length=9, validators=[region_code])
    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(1950), MaxValueValidator(2200)]
    )
    number = models.PositiveIntegerField(_("version"), default=1, editable=False)
    source = models.CharField(
        _("source"),
        max_length=200,
        help_text=_("Where the days come from, for instance the notice that announced them."),
    )
    provisional = models.BooleanField(
        _("provisional"),
        default=False,
        help_text=_("The year is not announced in full yet; make-up days may be missing."),
    )
    valid_since = models.DateTimeField(_("valid since"), editable=False)
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: shipped with the desk."),
    )

    objects = HolidayListQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("holiday list")
        verbose_name_plural = _("holiday lists")
        ordering = ["region", "-year", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["region", "year", "number"], name="holiday_list_numbered_once"),
            # the list in force of a region's year
            models.UniqueConstraint(
                fields=["region", "year"],
                condition=models.Q(superseded_at=None),
                name="holiday_list_one_current",
                violation_error_message=_(
                    "There is a list for this region and year already; change that one."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.year}"


class DayRule(models.Model):
    """One date that differs from the week: a holiday, a rest day around it, or a make-up working day."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("public holiday")
        REST = "rest", _("adjusted rest day")
        WORK = "work", _("make-up working day")

    holidays = models.ForeignKey(
        HolidayList, models.CASCADE, related_name="rules", verbose_name=_("holiday list")
    )
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    name_zh_hans = models.CharField(_("name in Simplified Chinese"), max_length=120, blank=True)
    name_zh_hant = models.CharField(_("name in Traditional Chinese"), max_length=120, blank=True)
    hours = models.CharField(
        _("hours of its own"),
        max_length=120,
        blank=True,
        validators=[check_hours],
        help_text=_("For a make-up day, such as 09:00-12:00, 13:00-16:00. Left empty, the usual hours."),
    )
    is_core = models.BooleanField(
        _("core holiday"),
        default=False,
        help_text=_("New Year's Day, Spring Festival, Labour Day and National Day (R5.8a)."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                fields=["holidays", "date"],
                name="day_rule_once",
                violation_error_message=_("This date is listed twice."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind="work") | models.Q(hours=""),
                name="day_rule_hours_of_make_up_day",
                violation_error_message=_("Only a make-up working day has hours of its own."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}"

    @property
    def name(self) -> str:
        """The name in the reader's language, else in whichever there is."""
        own = {"zh-hans": self.name_zh_hans, "zh-hant": self.name_zh_hant}.get(get_language() or "")
        return own or self.name_en or self.name_zh_hans or self.name_zh_hant

    def clean(self) -> None:
        if (
            self.date
            and hasattr(self, "holidays")
            and self.holidays.year
            and self.date.year != self.holidays.year
        ):
            raise ValidationError({"date": _("This date is not in the year of the list.")})

    def intervals(self) -> list[Interval]:
        """Hours of its own, if any."""
        return parse_hours(self.hours)


class CalendarVersion(models.Model):
    """Zone, hours and days of a calendar as they stood, frozen; never changed or deleted.

    `content` is what `editions.py` reads, `digest` the SHA-256 of its canonical JSON.
    """

    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="versions", verbose_name=_("work calendar")
    )
    version = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"))
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(_("in force since"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: shipped with the desk."),
    )

    class Meta:
        verbose_name = _("calendar version")
        verbose_name_plural = _("calendar versions")
        ordering = ["calendar", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "version"], name="calendar_version_numbered_once")
        ]

    def __str__(self) -> str:
        return _("version %(number)s") % {"number": self.version}
