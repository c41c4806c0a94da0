"""The page and the panel where an administrator tries a policy before saving it; nothing here is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, Count, Q, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.calendars import drafts as calendars
from servicedesk.calendars.models import Calendar
from servicedesk.clock import ladder_forms as ladders
from servicedesk.clock.due_rules import due_rules, rule_of_kind
from servicedesk.clock.models import Ladder
from servicedesk.clock.rehearsal import drafts_of
from servicedesk.clock.trials import Climbed, CountedBy, Policies, Question, Trial, attempt
from servicedesk.moments import check_sane
from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.changing import check_together
from servicedesk.regulations.forms import SettingForm
from servicedesk.regulations.standing import Settings
from servicedesk.staff.models import Department
from servicedesk.staff.organisation import Organisation

MINUTE_FORMAT = "%Y-%m-%dT%H:%M"
TODAY, THEN = "today", "then"
FORMS = {"setting": "setting_form", "ladder": "ladder_form", "calendar": "calendar_form"}
SEES = {"": "clock.view_ladder", "setting": "regulations.view_setting", "calendar": "calendars.view_calendar"}


def _moment(label: Any, **options: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(format=MINUTE_FORMAT, attrs={"type": "datetime-local"})
    return forms.DateTimeField(label=label, widget=widget, validators=[check_sane], **options)


class TrialForm(forms.Form):
    """What is tried, from when on, and for whom."""

    prefix = "try"

    rule = forms.ChoiceField(label=gettext_lazy("What comes to be due"), required=False)
    start = _moment(gettext_lazy("Beginning at"))
    due_at = _moment(gettext_lazy("Due at"), required=False)
    department = forms.ModelChoiceField(
        Department.objects.all(), label=gettext_lazy("In the department"), required=False
    )
    calendar = forms.ModelChoiceField(
        Calendar.objects.exclude(version=0),
        label=gettext_lazy("By the calendar"),
        required=False,
        empty_label=gettext_lazy("the department's"),
    )
    ladder = forms.ChoiceField(label=gettext_lazy("By the ladder"), required=False)
    people = forms.ChoiceField(
        label=gettext_lazy("Told are"),
        choices=[(TODAY, gettext_lazy("who is there today")), (THEN, gettext_lazy("who is there then"))],
    )

    def __init__(self, about: About, given: Mapping[str, Any], now: datetime) -> None:
        start = _defaults(about, now)
        data = {f"try-{name}": value for name, value in start.items()}
        super().__init__({**data, **{key: given[key] for key in given if key.startswith("try-")}})
        rule: Any = self.fields["rule"]
        rule.choices = [
            ("", _("a due time that I choose")),
            *((one.code, one.title) for one in due_rules().values()),
        ]
        ladder: Any = self.fields["ladder"]
        ladder.choices = [
            ("", _("that of its kind")),
            *((one.kind, one.shown_name) for one in Ladder.objects.filter(active=True)),
        ]
        for name in about.settled:
            del self.fields[name]


@dataclass(frozen=True)
class About:
    """Whose page the trial stands on: a setting, a ladder or a calendar, or none. `row` is what stands there now."""

    kind: str = ""
    row: Any = None
    key: str = ""

    @classmethod
    def read(cls, text: str, request: Any) -> About:
        """From "setting:S2", "ladder:5", "calendar:1" or, for a new one, "calendar:"; 404 for anything else."""
        kind, _colon, key = text.partition(":")
        if not request.user.has_perms([SEES[""], SEES.get(kind, SEES[""])]):
            raise PermissionDenied
        match kind:
            case "":
                return cls()
            case "setting" if key in due_rules():
                return cls(kind, DEFINITIONS[key], key)
            case "ladder" if key.isascii() and key.isdecimal() and len(key) < 12:
                found = Ladder.objects.prefetch_related("rungs").filter(pk=int(key)).first()
                if found:
                    return cls(kind, found, key)
            case "calendar" if not key:
                return cls(kind)
            case "calendar" if key.isascii() and key.isdecimal() and len(key) < 12:
                calendar = Calendar.objects.exclude(version=0).filter(pk=int(key)).first()
                if calendar:
                    return cls(kind, calendar, key)
        raise Http404

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}" if self.kind else ""

    @property
    def form_id(self) -> str:
        """The form on the page whose values are tried."""
        return FORMS.get(self.kind, "")

    @property
    def settled(self) -> list[str]:
        """What there is no choice of, because the page is about it."""
        return {"setting": ["rule", "due_at"], "ladder": ["ladder"], "calendar": ["calendar"]}.get(
            self.kind, []
        )


@dataclass
class Answer:
    """What stands and what is entered, side by side; `refusals` say why the latter cannot be tried."""

    stands: Trial | None = None
    entered: Trial | None = None
    refusals: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        if self.entered is None or self.stands is None:
            return self.entered is not None
        return not self.entered.same_as(self.stands)


def try_view(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Answer with the page, for htmx with the panel, or with its result alone."""
    given = request.POST if request.method == "POST" else request.GET
    about = About.read(given.get("about", ""), request)
    now = timezone.now().replace(second=0, microsecond=0)
    form = TrialForm(about, given, now)
    answer = answer_of(about, form, given, now) if form.is_valid() else Answer()
    context = {"about": about, "trial_form": form, "answer": answer, "now": now}
    if request.headers.get("HX-Target") == "trial-result":
        return render(request, "admin/clock/_trial_result.html", context)
    if request.headers.get("HX-Request"):
        return render(request, "admin/clock/_trial.html", context)
    page = {"title": _("What would be due"), "opts": model_admin.opts, "media": model_admin.media}
    return render(
        request, "admin/clock/try.html", {**model_admin.admin_site.each_context(request), **page, **context}
    )


def answer_of(about: About, form: TrialForm, given: Mapping[str, Any], now: datetime) -> Answer:
    """Try what stands and, where the page's own form came along, what is entered in it."""
    chosen = form.cleaned_data
    rule = about.key if about.kind == "setting" else chosen["rule"]
    question = Question(
        start=chosen["start"],
        now=now,
        rule=rule,
        due_at=chosen.get("due_at"),
        department=chosen["department"],
        as_today=chosen["people"] == TODAY,
    )
    organisation = Organisation.at(now if question.as_today else min(now, question.start))
    stands = _policies(about, chosen, rule)
    answer = Answer(stands=attempt(question, stands, organisation) if stands else None)
    try:
        entered = _entered(about, stands or _usual(chosen, rule), given)
    except ValidationError as refusal:
        answer.refusals = refusal.messages
        return answer
    if entered is not None:
        if about.kind == "calendar" and about.row:
            organisation.calendars[about.row.pk] = cast(Any, entered.calendar)
        answer.entered = attempt(question, entered, organisation)
    return answer


def _usual(chosen: Mapping[str, Any], rule: str) -> Policies:
    """What a calendar that does not stand yet is tried with: everything else as it stands."""
    found = _policies(About(), chosen, rule)
    assert found is not None
    return found


def _policies(about: About, chosen: Mapping[str, Any], rule: str) -> Policies | None:
    """What stands; None for a calendar that does not stand yet."""
    calendar = about.row if about.kind == "calendar" else chosen.get("calendar")
    if about.kind == "calendar" and calendar is None:
        return None
    if calendar is None:
        unit = chosen["department"]
        calendar = unit.effective_calendar() if unit else Calendar.objects.default()
    if about.kind == "ladder":
        ladder = about.row
    else:
        kind = chosen.get("ladder") or (due_rules()[rule].kind if rule else "")
        ladder = Ladder.objects.active(kind) if kind else None
    return Policies(
        Settings.now(), CountedBy.saved(calendar), Climbed.saved(ladder) if ladder is not None else None
    )


def _entered(about: About, stands: Policies, given: Mapping[str, Any]) -> Policies | None:
    """What stands, with what the page's form holds in its place; None where no form came along.

    Raises ValidationError with what the form refuses.
    """
    match about.kind:
        case "setting" if "seen" in given:
            value = stands.standing[about.key]
            setting = SettingForm(about.row, value, data=given)
            _refuse([setting])
            changed = stands.standing.with_value(about.key, setting.cleaned_data["new_value"])
            check_together(about.key, changed)
            return replace(stands, standing=changed)
        case "ladder" if "rungs-TOTAL_FORMS" in given:
            form, steps = ladders.entered(about.row, given)
            _refuse([form, *_kept(steps)], steps.non_form_errors())
            waits = form.cleaned_data["never_waits"]
            climbed = Climbed(
                form.cleaned_data["name"], drafts_of(steps.steps(), never_waits=waits), never_waits=waits
            )
            return replace(stands, ladder=climbed)
        case "calendar" if "hours-TOTAL_FORMS" in given:
            calendar, hours = calendars.entered(about.row, given)
            _refuse([calendar, *_kept(hours)], hours.non_form_errors())
            edition = calendars.edition_of(calendar, hours)
            return replace(stands, calendar=replace(stands.calendar, edition=edition))
    return None


def _kept(rows: forms.BaseFormSet) -> list[forms.BaseForm]:
    """The rows of a formset without those to be deleted: what stands in these is nobody's concern any more."""
    return [form for form in rows.forms if form.is_valid() or not form.cleaned_data.get("DELETE")]


def _refuse(filled: Iterable[forms.BaseForm], others: Iterable[Any] = ()) -> None:
    """Raise all that these forms refuse, each with the name of its field; a link in it stays one."""
    found = [str(one) for one in others]
    for form in filled:
        for name, errors in form.errors.items():
            label = form.fields[name].label if name in form.fields else ""
            found += [format_html("{}: {}", label, error) if label else str(error) for error in errors]
    if found:
        raise ValidationError(found)


def _defaults(about: About, now: datetime) -> dict[str, Any]:
    """What is tried first: what the page is about, now, in the department with the most people that has a manager."""
    people = Count("people", filter=Q(people__is_active=True))
    led = Case(When(manager=None, then=0), default=1)
    busiest = Department.objects.annotate(number=people, led=led).order_by("-led", "-number", "pk").first()
    kind = about.row.kind if about.kind == "ladder" else "promise"
    return {
        "rule": rule_of_kind(kind),
        "start": timezone.localtime(now).strftime(MINUTE_FORMAT),
        "due_at": "",
        "department": busiest.pk if busiest else "",
        "calendar": "",
        "ladder": "",
        "people": TODAY,
    }
