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
from servicedesk.regulations.forms import SettingForm
from servicedesk.regulations.models import Setting
from servicedesk.regulations.rows import grouped_rows


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
