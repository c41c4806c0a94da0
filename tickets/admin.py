"""Categories and processes are policies and set here; what happened on tickets is only read here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.readonly import ReadOnlyAdmin
from servicedesk.history import HistoryAdmin
from servicedesk.shipped import ShippedForm
from tickets.models import (
    Category,
    ComplainedAbout,
    Contact,
    Mark,
    Note,
    OpinionCheck,
    OwnershipPeriod,
    Process,
    Promise,
    Reading,
    Ticket,
    VoidRequest,
)

NUMBER_WANTED = _("The whole number of a ticket, for instance 2026-000123")


@admin.register(Category)
class CategoryAdmin(HistoryAdmin):
    form = ShippedForm
    list_display = ["shown_name", "kind", "department", "active", "code"]
    list_filter = ["active", "kind"]
    list_select_related = ["department"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["department", "deputies"]

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, category: Category) -> str:
        return category.shown_name

    def get_prepopulated_fields(self, request: HttpRequest, obj: Category | None = None) -> dict:
        return {} if obj else {"code": ["name"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> list[str]:
        return ["code"] if obj else []  # imports name categories by it

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # no longer offered is enough: old tickets keep it


@admin.register(Process)
class ProcessAdmin(HistoryAdmin):
    list_display = ["kind", "closes_by", "full_intake"]
    readonly_fields = ["kind"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # every kind has its process from the start

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OfTickets(ReadOnlyAdmin):
    """Rows of tickets, for those who may see the ticket, found by its number; words as people wrote them."""

    ticket = "ticket"  # the way from the row to its ticket
    search_help_text = NUMBER_WANTED

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [f"{self.ticket}__number__exact"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        seen = Ticket.objects.visible_to(request.user)  # type: ignore[arg-type]
        return super().get_queryset(request).filter(**{f"{self.ticket}__in": seen})

    @admin.display(description=_("words"))
    def said(self, row: Any) -> str:
        """The text itself; the row holds its key."""
        return row.words.shown

    @admin.display(description=_("reason"))
    def because(self, row: Any) -> str:
        return row.reason.shown


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    list_display = ["number", "kind", "category", "state", "owner", "department", "received_at", "ended"]
    list_select_related = ["category", "owner", "department"]
    search_fields = ["number__exact"]
    search_help_text = NUMBER_WANTED
    exclude = ["tokens", "first_words", "wanted", "cause", "read_back_note", "late_reason"]
    readonly_fields = ["words"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return Ticket.objects.visible_to(request.user).order_by("-pk")  # type: ignore[arg-type]

    @admin.display(description=_("First words"))
    def words(self, ticket: Ticket) -> str:
        return ticket.first_words.shown


@admin.register(Contact)
class ContactAdmin(OfTickets):
    list_display = ["ticket", "direction", "mode", "purpose", "channel", "by", "at"]
    list_select_related = ["ticket", "by"]
    exclude = ["words", "odd_hours"]
    readonly_fields = ["said"]


@admin.register(Promise)
class PromiseAdmin(OfTickets):
    list_display = ["ticket", "number", "due", "outcome", "made_by", "made_at", "wished"]
    list_select_related = ["ticket", "deadline", "made_by"]
    exclude = ["words"]
    readonly_fields = ["said"]

    @admin.display(description=_("due"))
    def due(self, promise: Promise):
        return promise.deadline.due_at

    @admin.display(description=_("outcome"))
    def outcome(self, promise: Promise) -> str:
        return promise.deadline.get_outcome_display() or "–"


@admin.register(OpinionCheck)
class OpinionCheckAdmin(OfTickets):
    list_display = ["ticket", "number", "form", "outcome", "solver", "asked_by", "asked_at"]
    list_select_related = ["ticket", "solver", "asked_by"]


@admin.register(OwnershipPeriod)
class OwnershipPeriodAdmin(OfTickets):
    list_display = ["ticket", "owner", "department", "how", "from_at", "to_at"]
    list_select_related = ["ticket", "owner", "department"]


@admin.register(Note)
class NoteAdmin(OfTickets):
    list_display = ["ticket", "by", "at"]
    list_select_related = ["ticket", "by"]
    exclude = ["words"]
    readonly_fields = ["said"]


@admin.register(Mark)
class MarkAdmin(OfTickets):
    list_display = ["ticket", "code", "set_by", "set_at", "lifted_by", "lifted_at"]
    list_select_related = ["ticket", "set_by", "lifted_by"]
    exclude = ["reason"]
    readonly_fields = ["because"]


@admin.register(ComplainedAbout)
class ComplainedAboutAdmin(OfTickets):
    list_display = ["ticket", "person", "named_by", "named_at", "lifted_by", "lifted_at"]
    list_select_related = ["ticket", "person", "named_by", "lifted_by"]
    exclude = ["reason"]
    readonly_fields = ["because"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Nobody reads here that a complaint is about themselves."""
        theirs = ComplainedAbout.objects.standing().filter(person=request.user.pk).values("ticket")
        return super().get_queryset(request).exclude(ticket__in=theirs)


@admin.register(VoidRequest)
class VoidRequestAdmin(OfTickets):
    list_display = ["ticket", "asked_by", "asked_at", "confirmed", "decided_by", "decided_at"]
    list_select_related = ["ticket", "asked_by", "decided_by"]
    exclude = ["reason"]
    readonly_fields = ["because"]


@admin.register(Reading)
class ReadingAdmin(OfTickets):
    ticket = "contact__ticket"
    list_display = ["of", "read_by", "read_at"]
    list_select_related = ["contact__ticket", "read_by"]

    @admin.display(description=_("ticket"))
    def of(self, reading: Reading) -> str:
        return str(reading.contact.ticket)
