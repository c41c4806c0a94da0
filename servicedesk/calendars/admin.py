"""Calendars and holiday lists for the administrator; every save that changes something makes one version."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.calendars.changes import changes
from servicedesk.calendars.drafts import OpeningHoursFormSet
from servicedesk.calendars.models import (
    Calendar,
    CalendarVersion,
    DayRule,
    HolidayList,
    OpeningHours,
    region_code,
)
from servicedesk.calendars.publishing import load_holidays, publish, publish_region, supersede
from servicedesk.calendars.uses import uses_of
from servicedesk.calendars.year import counts_of, months_of, periods_of, weekdays
from servicedesk.history import HistoryAdmin
from servicedesk.shipped import ShippedForm

FIRST_YEAR, LAST_YEAR = 1971, 2199
CHANGES_SHOWN = 8


# The browser's own pickers: the admin's scripted ones tell the reader how far off the server's clock is.
NATIVE_WIDGETS: Mapping[type[models.Field], Mapping[str, Any]] = {
    models.DateField: {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})},
    models.TimeField: {"widget": forms.TimeInput(format="%H:%M", attrs={"type": "time"})},
}
STYLE = forms.Media(css={"all": ["css/calendars-admin.css"]})


class OpeningHoursInline(admin.TabularInline):
    model = OpeningHours
    formset = OpeningHoursFormSet
    extra = 1
    formfield_overrides = NATIVE_WIDGETS


@admin.register(Calendar)
class CalendarAdmin(HistoryAdmin):
    form = ShippedForm
    object_history_template = "admin/calendars/history.html"
    list_display = ["shown_name", "timezone", "region", "is_default", "version", "this_year", "next_year"]
    fields = ["name", "timezone", "region", "is_default", "version", "used_by"]
    readonly_fields = ["is_default", "version", "used_by"]
    inlines = [OpeningHoursInline]  # a save that changes something makes one version; due times stay
    actions = ["make_default"]

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def shown_name(self, calendar: Calendar) -> str:
        return calendar.shown_name

    @admin.display(description=gettext_lazy("used by"))
    def used_by(self, calendar: Calendar) -> str:
        """The departments that work by it; those that inherit it are told apart."""
        uses = uses_of(calendar) if calendar.pk else []
        rows = [(use.url, use.name, _("inherits it") if use.inherited else "") for use in uses]
        listed = format_html_join("", '<li><a href="{}">{}</a> <span class="quiet">{}</span></li>', rows)
        return format_html('<ul class="calendar-uses">{}</ul>', listed) if rows else _("nobody")

    @property
    def media(self):
        return super().media + STYLE

    def has_delete_permission(self, request, obj=None):
        return False  # kept, so that old due times can still be explained

    def get_urls(self):
        own = path(
            "<int:pk>/year/<int:year>/",
            self.admin_site.admin_view(self.year_view),
            name="calendars_calendar_year",
        )
        return [own, *super().get_urls()]

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        about = {"trial_about": f"calendar:{object_id or ''}"}  # what the page of trials is asked
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **about})

    def save_model(self, request, obj, form, change):
        # not the version, which somebody else may have raised since the form was opened
        obj.save(update_fields=["name", "timezone", "region"] if change else None)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        calendar = publish(form.instance, by=request.user, at=timezone.now())
        for year in _this_year_and_next():
            if not calendar.published(year):
                self.message_user(request, _warning(calendar, year), messages.WARNING)

    @admin.display(description=gettext_lazy("this year"))
    def this_year(self, calendar: Calendar) -> str:
        return _linked_state(calendar, _this_year_and_next()[0])

    @admin.display(description=gettext_lazy("next year"))
    def next_year(self, calendar: Calendar) -> str:
        return _linked_state(calendar, _this_year_and_next()[1])

    @admin.action(description=gettext_lazy("Make it the organisation's calendar"), permissions=["change"])
    def make_default(self, request: HttpRequest, queryset) -> None:
        if queryset.count() != 1:
            self.message_user(request, _("Choose one calendar."), messages.ERROR)
            return
        with transaction.atomic():
            for former in Calendar.objects.select_for_update().filter(is_default=True):
                former.is_default = False
                former.save(update_fields=["is_default"])
            chosen = queryset.get()
            chosen.is_default = True
            chosen.save(update_fields=["is_default"])
        self.message_user(
            request, _("%(name)s is the organisation's calendar now.") % {"name": chosen}, messages.SUCCESS
        )

    def year_view(self, request: HttpRequest, pk: int, year: int) -> HttpResponse:
        """Twelve months with what each day is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        calendar = get_object_or_404(Calendar.objects.exclude(version=0), pk=pk)
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Http404
        edition = calendar.edition()
        today = timezone.now().astimezone(edition.work.timezone).date()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": calendar,
            "title": _("%(name)s in %(year)d") % {"name": calendar, "year": year},
            "year": year,
            "previous": year - 1 if year > FIRST_YEAR else None,
            "following": year + 1 if year < LAST_YEAR else None,
            "months": months_of(edition, year, today=today),
            "weekdays": weekdays(),
            "counts": counts_of(edition, year),
            "periods": periods_of(edition, year),
            "source": edition.sources.get(year),
            "warning": "" if calendar.published(year) else _warning(calendar, year),
            "may_load": request.user.has_perm("calendars.add_holidaylist"),
        }
        return render(request, "admin/calendars/calendar/year.html", context)


@admin.register(CalendarVersion)
class CalendarVersionAdmin(admin.ModelAdmin):
    """What each version changed: read only, for versions are frozen."""

    list_display = ["calendar", "version", "at", "by", "changed"]
    list_display_links = None
    list_filter = ["calendar"]
    list_select_related = ["calendar", "by"]
    list_per_page = 25

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        before = CalendarVersion.objects.filter(
            calendar=OuterRef("calendar"), version=OuterRef("version") - 1
        )
        return super().get_queryset(request).annotate(before=Subquery(before.values("content")))

    @admin.display(description=gettext_lazy("changes"))
    def changed(self, version) -> str:
        lines = changes(version.content, version.before)
        if len(lines) > CHANGES_SHOWN:
            more = len(lines) - CHANGES_SHOWN
            lines = [*lines[:CHANGES_SHOWN], _("and %(count)d more") % {"count": more}]
        return format_html_join("", "<div>{}</div>", ([line] for line in lines)) or "–"


class InForce(admin.SimpleListFilter):
    title = gettext_lazy("in force")
    parameter_name = "in_force"

    def lookups(self, request, model_admin):
        return [("no", _("superseded")), ("all", _("All"))]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [{**first, "display": _("in force")}, *others]

    def queryset(self, request, queryset):
        match self.value():
            case "no":
                return queryset.exclude(superseded_at=None)
            case "all":
                return queryset
        return queryset.filter(superseded_at=None)


class DayRuleInline(admin.TabularInline):
    model = DayRule
    fields = ["date", "kind", "name_en", "name_zh_hans", "name_zh_hant", "hours", "is_core"]
    extra = 1
    formfield_overrides = NATIVE_WIDGETS


class LoadForm(forms.Form):
    """Which region and year to take from the library."""

    region = forms.CharField(label=gettext_lazy("country or region"), max_length=9, validators=[region_code])
    year = forms.IntegerField(label=gettext_lazy("year"), min_value=FIRST_YEAR, max_value=LAST_YEAR)

    def clean_region(self) -> str:
        return self.cleaned_data["region"].upper()


@admin.register(HolidayList)
class HolidayListAdmin(HistoryAdmin):
    object_history_template = "admin/calendars/history.html"
    list_display = ["region", "year", "state", "number", "source", "valid_since", "superseded_at"]
    list_display_links = ["region", "year"]
    list_filter = [InForce, "region", "year"]
    fields = ["region", "year", "source", "provisional", "number", "valid_since", "superseded_at", "by"]
    inlines = [DayRuleInline]  # a save that changes something keeps what stood before as a superseded list

    @property
    def media(self):
        return super().media + STYLE

    @admin.display(description=gettext_lazy("state"), ordering="provisional")
    def state(self, listed: HolidayList) -> str:
        return _("provisional") if listed.provisional else _("published")

    def get_readonly_fields(self, request, obj=None):
        fixed = ["number", "valid_since", "superseded_at", "by"]
        return ["region", "year", *fixed] if obj else fixed

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and not (obj and obj.superseded_at)

    def has_delete_permission(self, request, obj=None):
        return False  # kept, so that old due times can still be explained

    def get_urls(self):
        own = path("load/", self.admin_site.admin_view(self.load_view), name="calendars_holidaylist_load")
        return [own, *super().get_urls()]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.valid_since, obj.by = timezone.now(), request.user
            super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        listed, now = form.instance, timezone.now()
        if change and (form.has_changed() or any(formset.has_changed() for formset in formsets)):
            supersede(listed, at=now)
            listed.valid_since, listed.by = now, request.user
            listed.save()
        super().save_related(request, form, formsets, change)
        publish_region(listed.region, by=request.user, at=now)

    def load_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for region and year, then take the list from the library."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = LoadForm(request.POST or None, initial=request.GET.dict())
        if request.method == "POST" and form.is_valid():
            try:
                listed = load_holidays(**form.cleaned_data, by=request.user, at=timezone.now())
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                facts = {"list": listed, "count": listed.rules.count()}
                self.message_user(request, _("%(list)s: %(count)d days loaded.") % facts, messages.SUCCESS)
                return redirect("admin:calendars_holidaylist_change", listed.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Load holidays from the library"),
            "form": form,
        }
        return render(request, "admin/calendars/holidaylist/load.html", context)


def _this_year_and_next() -> tuple[int, int]:
    year = timezone.localdate().year
    return year, year + 1


def _linked_state(calendar: Calendar, year: int) -> str:
    """The state of a year's holidays, leading to the year view."""
    state = _state(calendar, year)
    if not calendar.version:
        return state
    url = reverse("admin:calendars_calendar_year", args=[calendar.pk, year])
    return format_html('<a href="{}">{} · {}</a>', url, year, state)


def _state(calendar: Calendar, year: int) -> str:
    if not calendar.region:
        return _("none needed")
    if not calendar.version or not (calendar.published(year) or calendar.provisional(year)):
        return _("missing")
    return _("published") if calendar.published(year) else _("provisional")


def _warning(calendar: Calendar, year: int) -> str:
    facts = {"region": calendar.region, "year": year}
    if calendar.provisional(year):
        return (
            _(
                "The holidays of %(region)s for %(year)d are provisional: make-up days may be missing. "
                "Change the list once they are announced."
            )
            % facts
        )
    return (
        _(
            "There is no holiday list of %(region)s for %(year)d: due times in that year count plain weekdays. "
            "Load or enter the list."
        )
        % facts
    )
