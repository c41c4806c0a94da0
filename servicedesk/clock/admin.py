"""Ladders are policies and set here; what was owed and rung is only read here."""

from datetime import datetime

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.audit.readonly import ReadOnlyAdmin
from servicedesk.clock.kinds import kind_choices, kind_name
from servicedesk.clock.ladder_forms import LadderForm, RungInline
from servicedesk.clock.ladders import STEP, changed_meanwhile, revise, step_in_words
from servicedesk.clock.models import Deadline, Heartbeat, Ladder, Ring
from servicedesk.clock.sweep import put_back
from servicedesk.clock.trying import try_view


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind of deadline")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return kind_choices()

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Ladder)
class LadderAdmin(admin.ModelAdmin):
    form = LadderForm
    list_display = ["shown_name", "kind_in_words", "version", "active", "steps", "made_at", "made_by"]
    list_filter = ["active", KindFilter]
    list_select_related = ["made_by"]
    inlines = [RungInline]  # saving makes a new version; running deadlines keep theirs

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("rungs")

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def shown_name(self, ladder: Ladder) -> str:
        return ladder.shown_name

    @admin.display(description=gettext_lazy("kind of deadline"), ordering="kind")
    def kind_in_words(self, ladder: Ladder) -> str:
        return kind_name(ladder.kind)

    @admin.display(description=gettext_lazy("steps of the ladder"))
    def steps(self, ladder: Ladder) -> str:
        return "; ".join(step_in_words(rung) for rung in ladder.rungs.all())

    def has_add_permission(self, request) -> bool:
        return False  # every kind of deadline has its ladder from the start

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # policies are retired, so that old deadlines can still be explained

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.active)

    def get_urls(self):
        own = path("try/", self.admin_site.admin_view(self.try_view), name="clock_ladder_try")
        return [own, *super().get_urls()]

    def try_view(self, request):
        """What would be due: by what stands, and by what is entered on a policy's page and not saved yet."""
        return try_view(request, self)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """What cannot be saved after all, because another save was quicker, is refused in words and rolled back."""
        ladder = self.get_object(request, object_id) if object_id else None
        retired = ladder is not None and not ladder.active and super().has_change_permission(request)
        try:
            if request.method == "POST" and retired:
                raise ValidationError(changed_meanwhile())
            about = {"trial_about": f"ladder:{ladder.pk}"} if ladder else {}
            return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **about})
        except ValidationError as refusal:
            text = _("%(why)s Nothing was saved.") % {"why": " ".join(refusal.messages)}
            messages.error(request, text)
            current = Ladder.objects.active(ladder.kind) if ladder else None
            shown = current or ladder
            return HttpResponseRedirect(
                reverse("admin:clock_ladder_change", args=[shown.pk])
                if shown
                else reverse("admin:clock_ladder_changelist")
            )

    def save_model(self, request, obj, form, change) -> None:
        """Nothing is written over; `save_related` writes the new version once the steps are known."""

    def save_related(self, request, form, formsets, change) -> None:
        cleaned = form.cleaned_data
        request.revised_ladder = revise(
            Ladder.objects.get(pk=form.instance.pk),
            name=cleaned["name"],
            never_waits=cleaned["never_waits"],
            rungs=[{field: step[field] for field in STEP} for step in formsets[0].steps()],
            by=request.user,
            at=timezone.now(),
        )
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []

    def response_change(self, request, obj):
        ladder = request.revised_ladder
        if ladder.pk == obj.pk:
            messages.info(request, _("Nothing was changed."))
        else:
            text = _("Version %(version)d is in force. Deadlines that run already keep theirs.")
            messages.success(request, text % {"version": ladder.version})
        return HttpResponseRedirect(reverse("admin:clock_ladder_changelist") + "?active__exact=1")


class SetAsideFilter(admin.SimpleListFilter):
    title = gettext_lazy("on the clock")
    parameter_name = "clock"

    def lookups(self, request, model_admin):
        return [("aside", _("set aside")), ("live", _("live")), ("broken", _("broken"))]

    def queryset(self, request, queryset):
        match self.value():
            case "aside":
                return queryset.set_aside()
            case "live":
                return queryset.live()
            case "broken":
                return queryset.broken()
        return queryset


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin):
    list_display = ["label", "kind_in_words", "owner", "due_at", "broken_at", "settled_at", "outcome"]
    list_per_page = 50
    list_filter = [SetAsideFilter]
    list_select_related = ["owner"]
    search_fields = ["=subject"]
    fields = [
        *("label", "kind_in_words", "owner", "first_responder", "department", "calendar", "round_the_clock"),
        *("made_at", "due_at", "rings_next", "broken_at", "settled_at", "outcome", "its_ladder"),
        *("set_aside_at", "error"),
    ]
    actions = ["give_back"]  # type: ignore[assignment]  # the read-only base has none

    @admin.display(description=gettext_lazy("rings next"))
    def rings_next(self, deadline: Deadline) -> datetime | None:
        return deadline.next_ring_at

    @admin.display(description=gettext_lazy("ladder"))
    def its_ladder(self, deadline: Deadline) -> Ladder | None:
        return deadline.ladder

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_in_words(self, deadline: Deadline) -> str:
        return kind_name(deadline.kind)

    def has_put_back_permission(self, request) -> bool:
        return request.user.has_perm("clock.put_back_deadline")

    @admin.action(description=gettext_lazy("Give set-aside rows back to the clock"), permissions=["put_back"])
    def give_back(self, request, queryset) -> None:
        now = timezone.now()
        for deadline in queryset.set_aside():
            put_back(deadline, by=request.user, at=now)
        self.message_user(request, _("The clock tries them again within seconds."))


@admin.register(Ring)
class RingAdmin(ReadOnlyAdmin):
    list_display = ["deadline", "person", "position", "planned_at", "rang_at", "skipped", "acknowledged_at"]
    list_select_related = ["deadline", "person"]


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ["name", "at"]
