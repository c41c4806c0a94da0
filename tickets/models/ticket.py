"""The ticket: one matter from the first word to closing."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now, Substr
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.models import Words
from servicedesk.calendars.models import Calendar
from servicedesk.clock.models import Deadline
from servicedesk.customers.channels import Channel
from servicedesk.customers.models import ContactPerson, Customer, Project
from servicedesk.labels import QuickLabels
from servicedesk.search.fields import TokensField
from servicedesk.staff.covering import covered_by
from servicedesk.staff.models import Department, User
from tickets.models.policies import Category, Kind

PARTS = ("owner", "first_responder", "recorder", "requester")  # what makes a matter somebody's own
FEW = 1000  # tickets that a query may name one by one
CONFIRMATION = "confirmation"  # the deadline by which a requester confirms that a task is done
NOT_ITS_OWNERS = (CONFIRMATION, "reading")  # what others than its owner owe on a ticket


class TicketQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Everything not yet closed."""
        return self.exclude(state=Ticket.State.CLOSED)

    def unresolved(self) -> Self:
        return self.filter(state=Ticket.State.UNRESOLVED)

    def search(self, text: str) -> Self:
        """Tickets whose number, words or customer contain what was typed; an empty text filters nothing."""
        return self.filter(tokens__matches=text) if text.strip() else self

    def holding(self, text: str) -> Self:
        """The same looked up row by row, for words so common that any stretch of rows has some."""
        return self.filter(tokens__holds=text)

    def silent(self) -> Self:
        """Unresolved, and nothing said to the customer since the live promise was made: avoided (R1.4b)."""
        contacts: Any = self.model._meta.get_field("contacts").related_model
        said = contacts.objects.told().filter(
            ticket=OuterRef("pk"), at__gt=OuterRef("live_deadline__made_at")
        )
        return self.unresolved().exclude(kind=Kind.TASK, customer=None).filter(~Exists(said))

    def chased(self) -> Self:
        """The customer had to ask first (R1.4b, R1.4c)."""
        return self.filter(chased__gt=0)

    def untouched(self, since: datetime) -> Self:
        """Unresolved tickets that nobody has touched since a moment, S6 ago (R3.2.2)."""
        return self.unresolved().filter(touched_at__lt=since)

    def passed_around(self, more_than: int) -> Self:
        """Unresolved tickets that changed hands more often than S34 allows (R1.4b)."""
        periods: Any = self.model._meta.get_field("periods").related_model
        moved = periods.objects.filter(ticket=OuterRef("pk"), how__in=["taken_over", "leaver"])
        return self.unresolved().filter(Exists(moved[more_than : more_than + 1]))

    def visible_to(self, user: User) -> Self:
        """Own part in it, told of it, own unit's, led units', as deputy of the absent, or all for overseers (DESIGN 7)."""
        if not user.is_active:
            return self.none()
        return self.filter(reduce(or_, self._reasons(user)))

    def doors(self, user: User) -> list[Q]:
        """The reasons for which a person sees tickets, one condition each, for lists that ask through each alone.

        Every door is answered by an index, all of them together by none. Where somebody has a part in few tickets,
        these are named: no plan then looks for a fiftieth one through the whole table.
        """
        own, *others = self._reasons(user)
        if not others:
            return [own]
        parts = [self.filter(**{part: user}).order_by().values_list("pk", flat=True) for part in PARTS]
        few = list(parts[0].union(*parts[1:])[:FEW])
        return [Q(pk__in=few) if len(few) < FEW else own, *others]

    def _reasons(self, user: User) -> list[Q]:
        """Own part first; a single one that holds always for who sees everything."""
        if user.has_perm("tickets.view_all_tickets"):
            return [Q()]
        reasons = [
            reduce(or_, [Q(**{part: user}) for part in PARTS]),
        ]
        covered = covered_by(user, at=Now())
        reasons.append(Q(number__in=self._told(user, *covered)))
        if covered:
            reasons.append(Q(owner__in=covered))
        if units := self.units(user, *covered):
            reasons.append(Q(department__in=units))
        return reasons

    def _told(self, user: User, *covered: int) -> models.QuerySet:
        """The numbers of tickets that a person was told of: mentioned in a note, or by the clock, as a deputy perhaps.

        And of those on which they owe something that is not the owner's, stand in for who does, or confirmed a task.
        """
        checks: Any = self.model._meta.get_field("checks").related_model
        rang = Deadline.objects.filter(rings__person=user)
        owed = Deadline.objects.live().filter(owner__in=[user.pk, *covered], kind__in=NOT_ITS_OWNERS)
        told, owing = (
            deadlines.filter(subject__startswith="ticket:")
            .annotate(number=Substr("subject", len("ticket:") + 1))
            .values("number")
            for deadlines in (rang, owed)
        )
        confirmed = checks.objects.of_requesters().filter(asked_by=user).order_by().values("ticket__number")
        return told.union(owing, confirmed, user.mentioned_in.values("ticket__number"))

    def units(self, user: User, *covered: int) -> set[int]:
        """The departments whose tickets a person sees: those led by them or by somebody they stand in for, and their
        own where their role says so."""
        units = set(Department.objects.led_by(user.pk, *covered).values_list("pk", flat=True))
        if user.department_id and user.has_perm("tickets.view_unit_tickets"):
            units.add(user.department_id)
        return units


class Ticket(QuickLabels, models.Model):
    """One matter, with somebody responsible by name and, while it is unresolved, one live deadline (INV 1-3).

    `first_words`, `first_responder` and `received_at` never change. `key` names its timeline.
    """

    class State(models.TextChoices):
        UNRESOLVED = "unresolved", _("unresolved")
        RESOLVED = "resolved", _("resolved")
        CLOSED = "closed", _("closed")

    class Severity(models.TextChoices):
        MINOR = "minor", _("minor")
        ORDINARY = "ordinary", _("ordinary")
        SEVERE = "severe", _("severe")

    class ReadBack(models.TextChoices):
        YES = "yes", _("read back")
        IMPOSSIBLE = "impossible", _("not possible")
        IMPORTED = "imported", _("imported")
        NOT_ASKED = "not_asked", _("not asked")

    class Ended(models.TextChoices):
        CHECKED = "checked", _("opinion check satisfied")
        ACCEPTED = "accepted", _("answer accepted in the contact")
        UNOPPOSED = "unopposed", _("written answer without objection")
        DECIDED = "decided", _("decision told")
        CONFIRMED = "confirmed", _("confirmed by a second person")
        VOID = "void", _("void")
        HISTORY = "history", _("closed at the source")

    number = models.CharField(_("number"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", verbose_name=_("category"))
    severity = models.CharField(
        _("severity"), max_length=10, choices=Severity.choices, default=Severity.ORDINARY
    )
    channel = models.CharField(_("came in by"), max_length=12, choices=Channel.choices)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        related_name="tickets",
        db_index=False,
        verbose_name=_("customer"),
    )
    contact_person = models.ForeignKey(
        ContactPerson,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("contact person"),
    )
    anonymous = models.BooleanField(_("anonymous"), default=False)
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, related_name="+", verbose_name=_("project")
    )
    first_words = models.OneToOneField(
        Words, models.PROTECT, related_name="+", help_text="as received, for ever"
    )
    wanted = models.ForeignKey(Words, models.PROTECT, null=True, related_name="+", db_index=False)
    cause = models.ForeignKey(Words, models.PROTECT, null=True, related_name="+", db_index=False)
    read_back = models.CharField(max_length=10, choices=ReadBack.choices, default=ReadBack.NOT_ASKED)
    read_back_note = models.ForeignKey(Words, models.PROTECT, null=True, related_name="+", db_index=False)
    received_at = models.DateTimeField(_("received"), help_text="stated; clocks run from it (CASES m)")
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), help_text="the server's time")
    late_reason = models.ForeignKey(Words, models.PROTECT, null=True, related_name="+", db_index=False)
    recorder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    first_responder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="first_responses",
        verbose_name=_("first responder"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="owned_tickets",
        db_index=False,
        verbose_name=_("current owner"),
    )
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", db_index=False, verbose_name=_("department")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UNRESOLVED)
    ended = models.CharField(_("ended by"), max_length=10, choices=Ended.choices, null=True)
    demands_check = models.BooleanField(default=True, help_text="as its kind demanded at receipt")
    is_history = models.BooleanField(default=False, help_text="closed at the source before import (CASES l)")
    live_deadline = models.OneToOneField(Deadline, models.PROTECT, null=True, related_name="+")
    open_check = models.OneToOneField(Deadline, models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(
        _("due"), null=True, editable=False,
        help_text="when what is owed on it is due: a copy of its deadline's, kept by a trigger, to sort by",
    )  # fmt: skip
    resolved_at = models.DateTimeField(_("resolved"), null=True)
    unopposed_at = models.DateTimeField(null=True, help_text="closes then unless the customer objects (S36)")
    closed_at = models.DateTimeField(_("closed"), null=True)
    touched_at = models.DateTimeField(help_text="the last act of a person on it (R3.2.2)")
    chased = models.PositiveSmallIntegerField(
        default=0, help_text="how often the customer asked first (R1.4c)"
    )
    repeat_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="repeats")
    source = models.CharField(max_length=40, blank=True, help_text="where an imported ticket came from")
    external_number = models.CharField(_("external number"), max_length=60, null=True)
    tokens = TokensField(help_text="search words, rebuilt from the personal texts")

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        permissions = [
            ("view_all_tickets", _("Can see every ticket")),
            ("view_unit_tickets", _("Can see the tickets of the own unit")),
            ("take_over_tickets", _("Can take a ticket over")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="unresolved", live_deadline__isnull=False)
                | (~Q(state="unresolved") & Q(live_deadline=None)),
                name="ticket_unresolved_owes",
            ),
            models.CheckConstraint(
                condition=Q(open_check=None) | Q(state="resolved"), name="ticket_check_only_when_resolved"
            ),
            models.CheckConstraint(
                condition=~Q(state="resolved")
                | Q(open_check__isnull=False)
                | (Q(demands_check=False) & ~Q(kind="task")),
                name="ticket_resolved_owes_check",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False, ended__isnull=False)
                | (~Q(state="closed") & Q(closed_at=None, ended=None)),
                name="ticket_closed_with_ending",
            ),
            models.CheckConstraint(
                condition=Q(state="closed")
                | Q(state="resolved", resolved_at__isnull=False)
                | Q(state="unresolved", resolved_at=None),
                name="ticket_resolved_at",
            ),
            models.CheckConstraint(
                condition=Q(unopposed_at=None) | Q(state="resolved", demands_check=False, unopposed_at__gt=F("resolved_at")),
                name="ticket_unopposed_while_resolved",
            ),
            models.CheckConstraint(
                condition=~Q(ended__in=["checked", "accepted", "confirmed", "unopposed", "decided"])
                | Q(resolved_at__isnull=False),
                name="ticket_solved_before_closed",
            ),
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(anonymous=True) | Q(kind="task"), name="ticket_of_somebody"
            ),
            models.CheckConstraint(condition=Q(anonymous=False) | Q(customer=None), name="ticket_anonymous_is_nameless"),
            models.CheckConstraint(
                condition=Q(is_history=False) | Q(state="closed", ended="history"), name="ticket_history_is_closed"
            ),
            models.CheckConstraint(condition=~Q(kind="task") | Q(requester__isnull=False), name="task_has_requester"),
            models.UniqueConstraint(
                fields=["source", "external_number"], name="ticket_imported_once",
                condition=Q(external_number__isnull=False),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["-received_at", "-id"], name="ticket_newest"
            ),  # search results, the whole queue
            models.Index(
                fields=["department", "-received_at"], name="ticket_of_department"
            ),  # a unit's queue
            models.Index(
                fields=["customer", "-received_at"], name="ticket_of_customer"
            ),  # a customer's matters
            models.Index(
                fields=["due_at", "id"], name="ticket_due", condition=Q(due_at__isnull=False)
            ),  # the queue: soonest due first
            models.Index(
                fields=["owner", "-received_at", "-id"], name="ticket_of_owner"
            ),  # one owner's, closed ones too
            models.Index(
                fields=["owner", "due_at", "id"],
                name="ticket_of_owner_due",
                condition=Q(due_at__isnull=False),
            ),  # what one owner owes
            models.Index(
                fields=["department", "due_at", "id"],
                name="ticket_of_department_due",
                condition=Q(due_at__isnull=False),
            ),  # what one unit owes
            models.Index(
                fields=["-received_at", "-id"], name="ticket_open_newest", condition=~Q(state="closed")
            ),  # what is not closed, by receipt
            models.Index(
                fields=["department", "owner", "received_at"],
                name="ticket_open_by_age",
                condition=~Q(state="closed"),
            ),  # figures: what is not closed, by whose it is and how old
            models.Index(
                fields=["closed_at", "received_at", "department"],
                name="ticket_history",
                condition=Q(is_history=True),
            ),  # figures: what an import brought in closed, by the end at its source
            models.Index(fields=["touched_at", "id"], name="ticket_touched"),  # the queue: last touched first
            models.Index(fields=["recorder"], name="ticket_of_recorder"),  # own part in it
            models.Index(
                fields=["touched_at"], name="ticket_untouched", condition=Q(state="unresolved")
            ),  # untouched()
            models.Index(
                fields=["unopposed_at"], name="ticket_unopposed", condition=Q(unopposed_at__isnull=False)
            ),  # inquiries that close without objection
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def key(self) -> str:
        """The name of its timeline."""
        return f"ticket:{self.number}"

    @property
    def path(self) -> str:
        return reverse("tickets:ticket", args=[self.number])

    @property
    def label(self) -> str:
        """Number and category; no personal text, so that it may stand in deadlines and mail subjects."""
        return f"{self.number} · {self.category.name}"

    @cached_property
    def calendar(self) -> Calendar:
        return self.department.effective_calendar()

    @property
    def live(self) -> Deadline:
        """The live deadline of an unresolved ticket. Raises LookupError where there is none."""
        if self.live_deadline is None:
            raise LookupError(f"nothing is live on {self.number}")
        return self.live_deadline

    def deadline(self) -> Deadline | None:
        """What is owed on it now: its promise or due time, or the open check."""
        return self.live_deadline or self.open_check

    def owners_deadline(self) -> Deadline | None:
        """The same where it is the owner who owes it; that a task is done is confirmed by others."""
        owed = self.deadline()
        return None if owed and owed.kind == CONFIRMATION else owed


class FoundByOldWords(models.Model):
    """A customer whose search words changed, and some of whose tickets are still found by the old ones.

    Written in the transaction of the change and deleted in that of the last batch, so that no crash loses it.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    after = models.BigIntegerField(default=0, help_text="tickets up to this id have the new words")

    def __str__(self) -> str:
        return f"customer {self.customer_id}"


class NumberSeries(models.Model):
    """The last ticket number drawn in a year."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}-{self.last:06}"
