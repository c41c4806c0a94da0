from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from .models import AuditRun, DailySeal, Entry, Head
from .readonly import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["subject", "number", "event", "by", "actor", "at", "recorded_at"]
    list_select_related = ["by"]
    search_fields = ["subject__exact"]
    search_help_text = _("The whole key, for instance ticket:2026-000123")


@admin.register(Head)
class HeadAdmin(ReadOnlyAdmin):
    list_display = ["subject", "number", "hash"]
    search_fields = ["subject__exact"]
    search_help_text = _("The whole key, for instance ticket:2026-000123")


@admin.register(DailySeal)
class DailySealAdmin(ReadOnlyAdmin):
    list_display = ["day", "at", "heads", "moved", "hash"]


@admin.register(AuditRun)
class AuditRunAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "seconds", "violations"]
    fields = ["started_at", "seconds", "violations", "found"]

    @admin.display(description=_("audit findings"))
    def found(self, run: AuditRun) -> str:
        """Each check on a line, its first violations below it."""
        return format_html_join("", "<div>{}</div>", ((line,) for line in _lines(run)))


def _lines(run: AuditRun) -> list[str]:
    return [
        line
        for finding in run.findings
        for line in (
            f"{finding['code']} {finding['title']}: {finding['violations']}",
            *(f"– {example['subject']}: {example['text']}" for example in finding["examples"]),
        )
    ]
