"""Forms of the pages about people."""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.absences import check_not_over, people_of, possible_deputies
from servicedesk.staff.models import Absence, User
from servicedesk.staff.throttling import slow_down
from servicedesk.timewords import next_midnight

LONGEST_NAME = 150  # characters of a log-in name
LONGEST_PASSWORD = 256  # characters; hashing is slow on purpose, so the input has a bound
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)  # no absence lies outside
PLANNED, STAYS = "planned", "stays"  # answers to why a log-in is closed that do not close it now
REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zone_choices() -> list[tuple[str, str]]:
    """The zones one lives in, without the legacy names."""
    zones = sorted(name for name in available_timezones() if name.partition("/")[0] in REGIONS)
    return [(name, name.replace("_", " ")) for name in [*zones, "UTC"]]


def bound(field: forms.Field, characters: int = LONGEST_PASSWORD) -> None:
    """Refuse what is longer before it is hashed or stored; Django's own forms only tell the browser."""
    field.validators.append(MaxLengthValidator(characters))
    field.widget.attrs["maxlength"] = characters


class LogInForm(AuthenticationForm):
    """Name and password. What is wrong is never said more closely than that the two do not fit."""

    error_messages = {
        "invalid_login": _("Name and password do not fit. Please check both; capital letters count."),
        "inactive": _("Name and password do not fit. Please check both; capital letters count."),
    }

    def __init__(self, request: Any = None, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.at = at
        self.fields["username"].label = _("Log-in name")
        bound(self.fields["username"], LONGEST_NAME)
        bound(self.fields["password"])

    def clean(self) -> dict[str, Any]:
        """Try name and password, slowly where many tries have failed."""
        if {"username", "password"} <= self.cleaned_data.keys():
            slow_down(self.cleaned_data["username"], at=self.at)
        return super().clean()


class OwnPasswordForm(PasswordChangeForm):
    """A new password; wrong guesses at the old one count like failed log-ins."""

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request.user, *args, **kwargs)
        self.request = request
        for field in self.fields.values():
            bound(field)

    def clean_old_password(self) -> str:
        old = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(_("This is not your present password."), code="password_incorrect")
        return old


class ProfileForm(forms.ModelForm):
    """What a person may change of the own account."""

    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices, help_text=_("Times are shown to you in this zone.")
    )

    class Meta:
        model = User
        fields = ["phone", "language", "timezone"]
        widgets = {"phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept, zones = self.instance.timezone, cast(Any, self.fields["timezone"])
        if kept not in dict(zones.choices):
            zones.choices = [(kept, kept), *zone_choices()]


def _day(**options: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
        **options,
    )


class CloseForm(forms.Form):
    """Why a log-in is closed, which decides what becomes of what the person owes."""

    why = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            (User.Blocked.LEAVING, _("Leaves: what they owe passes on now")),
            (User.Blocked.MEANWHILE, _("For the time being: everything stays theirs")),
            (PLANNED, _("Leaves later: the log-in closes when the last day is over")),
            (STAYS, _("Stays after all: no last day is planned any more")),
        ],
        widget=forms.RadioSelect,
        help_text=_(
            "For the time being, for instance after a lost telephone or on suspicion: the person counts as absent "
            "and deputies stand in. Opening the log-in again gives nothing back that has passed on."
        ),
    )
    last_day = _day(
        label=_("Last day"), required=False, help_text=_("Only for who leaves later; their manager is told.")
    )

    def __init__(self, *args: Any, planned: date | None, **kwargs: Any) -> None:
        """`planned` is the last day that stands already, if any: only then may somebody stay after all."""
        super().__init__(*args, **kwargs)
        self.fields["last_day"].initial = planned
        if planned is None:
            why = cast(Any, self.fields["why"])
            why.choices = [choice for choice in why.choices if choice[0] != STAYS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("why") == PLANNED and not cleaned.get("last_day") and "last_day" not in self.errors:
            self.add_error("last_day", _("Say which day is the last."))
        return cleaned


def _hour(**options: Any) -> forms.TimeField:
    return forms.TimeField(
        required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **options
    )


class TodayForm(forms.ModelForm):
    """Away for the rest of today: why, and who stands in (CASES y)."""

    reasons = [
        (one.value, one.label) for one in (Absence.Reason.EARLY, Absence.Reason.SICK, Absence.Reason.OTHER)
    ]
    reason = forms.ChoiceField(label=_("Reason"), choices=reasons)

    class Meta:
        model = Absence
        fields = ["reason", "deputy"]

    def __init__(self, *args: Any, person: User, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.person, self.instance.starts_at, self.instance.reason = person, at, Absence.Reason.EARLY
        self.instance.ends_at = next_midnight(at)
        deputies = cast(Any, self.fields["deputy"])
        deputies.queryset = possible_deputies(person).order_by("display_name")
        deputies.empty_label = _("Nobody in particular")


class AbsenceForm(forms.ModelForm):
    """An absence in days, as people speak of it: the last day is one of them."""

    first_day = _day(label=_("First day away"))
    first_hour = _hour(label=_("From (time)"), help_text=_("Without a time, the whole day."))
    last_day = _day(
        label=_("Last day away"), required=False, help_text=_("Left empty, until further notice.")
    )
    last_hour = _hour(label=_("Until (time)"))

    class Meta:
        model = Absence
        fields = ["person", "reason", "deputy"]

    field_order = ["person", "first_day", "first_hour", "last_day", "last_hour", "reason", "deputy"]

    def __init__(self, *args: Any, by: User, person: User, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        may_enter = people_of(by).order_by("display_name")
        if self.instance.pk:
            del self.fields["person"]
            self.initial.update(_in_days(self.instance))
        elif may_enter.exclude(pk=by.pk).exists():
            persons = cast(Any, self.fields["person"])
            persons.queryset, persons.empty_label = may_enter, None
        else:
            del self.fields["person"]
        self.instance.person = person
        deputies = cast(Any, self.fields["deputy"])
        deputies.queryset = possible_deputies(person).order_by("display_name")
        deputies.empty_label = _("Nobody in particular")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if self.errors or first is None:
            return cleaned
        if last is None and cleaned.get("last_hour"):
            self.add_error("last_day", _("Say which day this time is on."))
            return cleaned
        self.instance.starts_at = _moment(first, cleaned.get("first_hour") or time(0))
        self.instance.ends_at = _end(last, cleaned.get("last_hour")) if last else None
        if self.instance.ends_at and self.instance.ends_at <= self.instance.starts_at:
            self.add_error("last_day", _("The absence must end after it starts."))
            return cleaned
        try:
            check_not_over(self.instance, at=self.at)
        except ValidationError as refusal:
            self.add_error("last_day", refusal.messages)
        return cleaned


def _in_days(absence: Absence) -> dict[str, Any]:
    """An absence as the form says it; hours where the days are not whole."""
    start = timezone.localtime(absence.starts_at)
    said: dict[str, Any] = {
        "first_day": start.date(),
        "first_hour": start.time() if start.time() != time(0) else None,
    }
    if absence.ends_at is None:
        return said
    end = timezone.localtime(absence.ends_at)
    whole = end.time() == time(0)
    last = end.date() - timedelta(days=1) if whole else end.date()
    return said | {"last_day": last, "last_hour": None if whole else end.time()}


def _end(last: date, hour: time | None) -> datetime:
    """The end of that day, or that hour of it."""
    return _moment(last, hour) if hour else _moment(last + timedelta(days=1), time(0))


def _moment(day: date, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, hour))
