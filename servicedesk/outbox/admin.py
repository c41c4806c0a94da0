from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from servicedesk.keyset import CappedPaginator
from servicedesk.outbox.events import event_choices, event_name
from servicedesk.outbox.models import EMAIL, IN_APP, Message, State
from servicedesk.outbox.queue import try_again

CHANNELS = {IN_APP: _("notice"), EMAIL: _("e-mail")}


class ChannelFilter(admin.SimpleListFilter):
    title = _("channel")
    parameter_name = "channel"

    def lookups(self, request, model_admin):
        return list(CHANNELS.items())

    def queryset(self, request, queryset):
        return queryset.filter(channel=self.value()) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    """Asks by the columns that have an index."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return State.choices

    def queryset(self, request, queryset):
        match self.value():
            case State.GIVEN_UP:
                return queryset.given_up()
            case State.QUEUED | State.FAILED:
                return queryset.waiting().filter(state=self.value())
            case State.SENT:
                return queryset.filter(sent_at__isnull=False)
        return queryset


class EventFilter(admin.SimpleListFilter):
    """The events that have a name: a list from the table itself would read all of it."""

    title = _("event")
    parameter_name = "event"

    def lookups(self, request, model_admin):
        return event_choices()

    def queryset(self, request, queryset):
        return queryset.filter(event=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = [
        "event_in_words",
        "channel_in_words",
        "receiver",
        "state",
        "tries",
        "send_after",
        "sent_at",
    ]
    list_filter = [StateFilter, ChannelFilter, EventFilter]
    list_select_related = ["recipient"]
    list_per_page = 50
    ordering = ["-pk"]
    search_fields = ["key__startswith"]
    search_help_text = _("The beginning of a key")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    exclude = ["event", "channel"]
    readonly_fields = ["event_in_words", "channel_in_words"]
    actions = ["send_again"]

    def get_fields(self, request, obj=None):
        shown = super().get_fields(request, obj)
        return [*self.readonly_fields, *(name for name in shown if name not in self.readonly_fields)]

    @admin.display(description=_("event"), ordering="event")
    def event_in_words(self, message: Message) -> str:
        return event_name(message.event)

    @admin.display(description=_("channel"), ordering="channel")
    def channel_in_words(self, message: Message) -> str:
        return str(CHANNELS.get(message.channel, message.channel))

    @admin.display(description=_("recipient"))
    def receiver(self, message: Message) -> str:
        """The person, or the address of somebody outside."""
        return str(message.recipient) if message.recipient else message.address

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False  # a message is a record; only the sender writes what became of it

    def has_delete_permission(self, request, obj=None):
        return False

    def has_retry_permission(self, request):
        return request.user.has_perm("outbox.change_message")

    @admin.action(description=_("Try again to send what was given up"), permissions=["retry"])
    def send_again(self, request, queryset):
        number = try_again(queryset, by=request.user, at=timezone.now())
        text = ngettext("%(number)s message is sent again.", "%(number)s messages are sent again.", number)
        self.message_user(request, text % {"number": number}, messages.SUCCESS)
