from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.changing import change
from servicedesk.regulations.deciding import decide, reopen
from servicedesk.regulations.effects import effects_of, read_settings
from servicedesk.regulations.forms import DecisionForm, SettingForm
from servicedesk.regulations.models import Decision, Setting
from servicedesk.regulations.questions import not_asked_yet, standings
from servicedesk.regulations.rows import grouped_rows
from servicedesk.regulations.trials import trial_url


@admin.register(Setting)
class SettingAdmin(admin.ModelAdmin):
    """All settings on one page; each is changed through `change`, so that its history is kept."""

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Settings"),
            "groups": grouped_rows(),
            "read": read_settings(),
        }
        return TemplateResponse(request, "admin/regulations/setting/change_list.html", context)

    def history_view(self, request, object_id, extra_context=None):
        return HttpResponseRedirect(
            reverse("admin:regulations_setting_change", args=[object_id]) + "#history"
        )

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(Setting.objects.select_related("changed_by"), code=object_id)
        definition = DEFINITIONS.get(row.code)
        if definition is None:
            raise Http404
        value = definition.kind.read(row.value)
        form = None
        if definition.kind.editable and self.has_change_permission(request):
            form = SettingForm(definition, value, data=request.POST or None)
        if request.method == "POST":
            if form is None:
                raise PermissionDenied
            if form.is_valid() and self.save(request, row, form):
                return HttpResponseRedirect(reverse("admin:regulations_setting_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": definition.title,
            "definition": definition,
            "words": definition.words(value),
            "shipped": definition.words(definition.default),
            "form": form,
            "unit": definition.kind.unit(value),
            "effects": effects_of(row.code),
            "trial_url": trial_url(row.code),
            "history": [
                (
                    done,
                    definition.words(definition.kind.read(done.was)),
                    definition.words(definition.kind.read(done.became)),
                )
                for done in row.changes.select_related("by").order_by("-at")
            ],
        }
        return TemplateResponse(request, "admin/regulations/setting/change_form.html", context)

    def save(self, request, row: Setting, form: SettingForm) -> bool:
        """Change the setting and say so, or put the refusal on the form."""
        cleaned = form.cleaned_data
        definition = DEFINITIONS[row.code]
        try:
            done = change(
                row.code,
                cleaned["new_value"],
                by=request.user,
                at=timezone.now(),
                reason=cleaned["reason"],
                seen=cleaned["seen"],
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return False
        if done is None:
            messages.info(request, _("%(code)s stays as it was.") % {"code": row.code})
            return True
        words = definition.words(cleaned["new_value"])
        self.log_change(request, row, words)
        messages.success(
            request,
            _("%(code)s, %(title)s: %(words)s. What is already running keeps its times.")
            % {"code": row.code, "title": definition.title, "words": words},
        )
        return True


@admin.register(Decision)
class DecisionAdmin(admin.ModelAdmin):
    """What is not yet configured: the questions of Appendix E, judged from the data or decided on record."""

    def has_add_permission(self, request):
        return False  # decisions are recorded on the page of their question

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return HttpResponseRedirect(reverse("admin:regulations_decision_changelist"))

    def history_view(self, request, object_id, extra_context=None):
        return self.change_view(request, object_id)

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        refusal = ""
        may_decide = request.user.has_perm("regulations.add_decision")
        if request.method == "POST":
            if not may_decide:
                raise PermissionDenied
            form = DecisionForm(request.POST)
            refusal = self.record(request, form)
            if not refusal:
                return HttpResponseRedirect(f"{request.path}#{form.cleaned_data['question']}")
        found = standings(timezone.now())
        history, named = history_of(found), request.POST.get("question", "")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Not yet configured"),
            "open": [one for one in found if not one.answered],
            "answered": [one for one in found if one.answered],
            "later": _(", ").join(map(str, not_asked_yet())),
            "may_decide": may_decide,
            "history": history,
            "refused": named if named in history else "",  # only these have a form that can tell
            "refusal": refusal,
            "sent": request.POST.get("words", "") if refusal else "",
        }
        return TemplateResponse(request, "admin/regulations/decision/change_list.html", context)

    def record(self, request, form: DecisionForm) -> str:
        """Record a decision, or that one is taken back; returns why not."""
        if not form.is_valid():
            return " ".join(str(error) for errors in form.errors.values() for error in errors)
        act, said = reopen if "reopen" in request.POST else decide, form.cleaned_data
        try:
            act(said["question"], words=said["words"], by=request.user, at=timezone.now())
        except ValidationError as refusal:
            return " ".join(refusal.messages)
        messages.success(request, _("Recorded under your name."))
        return ""


def history_of(found) -> dict[str, list[Decision]]:
    """All records of the questions that people decide, newest first; one query."""
    history: dict[str, list[Decision]] = {one.question.code: [] for one in found if not one.question.judge}
    for row in Decision.objects.select_related("by").order_by("-at", "-pk"):
        if row.question in history:
            history[row.question].append(row)
    return history
