import json

from django.contrib import admin
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from .invariants import title_of
from .line import UNREADABLE
from .models import AuditRun, DailySeal, Entry, Head
from .readonly import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["subject", "number", "event", "by", "actor", "at", "recorded_at"]
    list_select_related = ["by"]
    search_fields = ["subject__exact"]
    search_help_text = _("The whole key, for instance ticket:2026-000123")
    fields = ["subject", "number", "event", "by", "actor", "at", "recorded_at", "facts", "previous", "hash"]

    @admin.display(description=_("recorded facts"))
    def facts(self, entry: Entry) -> str:
        """As the canonical line holds them, one below the other."""
        try:
            told = json.dumps(json.loads(entry.line)["facts"], ensure_ascii=False, indent=2)
        except UNREADABLE:
            told = entry.line
        return format_html("<pre>{}</pre>", told)


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
    list_display = ["started_at", "duration", "since", "violations"]
    fields = ["started_at", "duration", "since", "violations", "found"]

    @admin.display(description=_("duration in seconds"))
    def duration(self, run: AuditRun) -> str:
        """To a tenth."""
        return number_format(run.seconds, decimal_pos=1)

    @admin.display(description=_("audit findings"))
    def found(self, run: AuditRun) -> str:
        """Each check with its number of violations, the first of them below it."""
        return format_html_join("", "<p><b>{}: {}</b></p>{}", (_told(finding) for finding in run.findings))


def _told(finding: dict) -> tuple[str, int, str]:
    told = format_html_join(
        "", "<p>{}: {}</p>", ((one["subject"], one["text"]) for one in finding["examples"])
    )
    return title_of(finding["name"]) or finding["title"], finding["violations"], told
