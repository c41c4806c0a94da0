"""For administrators to look up; imports are carried out on their own pages."""

from django.contrib import admin

from servicedesk.audit.readonly import ReadOnlyAdmin
from servicedesk.uploads.models import Upload


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ["kind", "name", "by", "at", "state", "read", "taken", "unchanged", "refused"]
    list_select_related = ["by"]
    list_filter = ["kind", "state"]
    exclude = ["stored", "claim", "beat_at", "attempts", "position"]
