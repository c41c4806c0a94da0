"""The customer: who they are and how they wish to be treated (R3.3.4a, R5.10.3a)."""

from datetime import datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from servicedesk.customers.channels import PREFERENCES
from servicedesk.labels import QuickLabels
from servicedesk.search.fields import TokensField

from .area import Area

USUAL_HOURS = (time(8), time(21))  # where a customer named none (CASES t)
STALE_AFTER = relativedelta(months=12)  # since somebody last confirmed the profile (R4.3a)
LONGEST_RESTRICTION = timedelta(days=30)  # CASES i


def validate_zone(name: str) -> None:
    """Refuse what is no zone of the IANA database."""
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is no time zone. Write one such as Asia/Shanghai or Europe/Berlin."),
            params={"name": name},
        )


class Kind(models.TextChoices):
    ORGANISATION = "organisation", _("organisation")
    HOUSEHOLD = "household", _("household")
    PERSON = "person", _("person")


class Wish(models.TextChoices):
    """How far a customer wishes to be left alone (CASES g)."""

    NONE = "none", _("may be contacted")
    NO_MARKETING = "no_marketing", _("no advertising, no surveys")
    NO_CONTACT = "no_contact", _("no contact at all")


class Source(models.TextChoices):
    """Where a profile, or a change of it, comes from."""

    CUSTOMER = "customer", _("told by the customer")
    CONTRACT = "contract", _("contract or hand-over papers")
    COLLEAGUE = "colleague", _("told by a colleague")
    PUBLIC = "public", _("public register or web site")
    IMPORT = "import", _("import")


class CustomerQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """Every active employee sees customers; nobody else does."""
        return self if user.is_authenticated and user.is_active else self.none()

    def search(self, text: str) -> Self:
        """Those that hold every word typed: number, name, pinyin, telephone, e-mail; all for an empty text."""
        return self.filter(tokens__matches=text)

    def living_in(self, areas) -> Self:
        """Households of these areas that we serve still."""
        return self.filter(area__in=list(areas), active=True)

    def incomplete(self) -> Self:
        """Profiles in which something with a purpose is missing (R3.3.4a)."""
        return self.filter(completeness__lt=100)

    def stale(self, at: datetime) -> Self:
        """Profiles that nobody has confirmed for twelve months (R4.3a)."""
        return self.filter(last_confirmed_at__lt=at - STALE_AFTER)

    def open_to_news(self) -> Self:
        """Those who agreed to news and have no wish against it (R3.3.5)."""
        return self.filter(
            active=True,
            do_not_contact=Wish.NONE,
            consents__topic=Consent.Topic.NEWS,
            consents__given=True,
        )


class Customer(QuickLabels, models.Model):
    """An organisation, a household or a person whom we serve.

    The row holds how things stand now; what they were before stands in the timeline `customer:<number>`, texts
    there as Words, so that a person can be forgotten by blanking this row and erasing those.
    """

    number = models.CharField(_("customer number"), max_length=16, unique=True, editable=False)
    kind = models.CharField(_("kind of customer"), max_length=12, choices=Kind, default=Kind.PERSON)
    name = models.CharField(_("name"), max_length=200)
    active = models.BooleanField(_("served by us"), default=True)

    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    channel = models.CharField(_("preferred channel"), max_length=12, choices=PREFERENCES, blank=True)
    hours_from = models.TimeField(_("contact from"), null=True, blank=True)
    hours_to = models.TimeField(_("contact until"), null=True, blank=True)
    timezone = models.CharField(
        _("time zone"),
        max_length=60,
        blank=True,
        validators=[validate_zone],
        help_text=_("Left empty, the organisation's."),
    )
    address_as = models.CharField(
        _("manner of address"), max_length=80, blank=True, help_text=_("For instance: Ms Wang, Director Li.")
    )
    address = models.TextField(_("address"), max_length=500, blank=True)
    area = models.ForeignKey(
        Area,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="households",
        verbose_name=_("area"),
        help_text=_("Of a household: its officer looks after it."),
    )
    unit = models.CharField(
        _("house and flat"), max_length=60, blank=True, help_text=_("For instance: building 3, 1203.")
    )
    notes = models.TextField(
        _("habits and likings"),
        max_length=2000,
        blank=True,
        help_text=_("What helps to serve this customer well; nothing else."),
    )
    source = models.CharField(_("source"), max_length=12, choices=Source, blank=True)

    do_not_contact = models.CharField(_("wish about contact"), max_length=12, choices=Wish, default=Wish.NONE)
    wish = models.TextField(_("the wish in the customer's words"), max_length=1000, blank=True)
    wish_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("wish recorded by"),
    )
    wish_at = models.DateTimeField(_("wish recorded at"), null=True, blank=True)

    written_from = models.DateTimeField(_("in writing only from"), null=True, blank=True)
    written_until = models.DateTimeField(_("in writing only until"), null=True, blank=True)
    written_reason = models.TextField(_("reason, as told to the customer"), max_length=1000, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("restricted by"),
    )

    safety_mark = models.BooleanField(
        _("safety mark"), default=False, help_text=_("Visits only by two people (R1.5.F).")
    )
    safety_note = models.TextField(_("what to beware of"), max_length=1000, blank=True)

    last_confirmed_at = models.DateTimeField(_("last confirmed at"))
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    origin = models.CharField(
        _("taken over from"),
        max_length=40,
        blank=True,
        editable=False,
        help_text=_("name of the other system"),
    )
    external_number = models.CharField(
        _("number there"), max_length=60, null=True, blank=True, editable=False
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    completeness = models.PositiveSmallIntegerField(_("completeness in percent"), default=0, editable=False)
    tokens = TokensField()

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [("restrict_channels", _("Can restrict a customer to writing"))]
        constraints = [
            models.CheckConstraint(
                name="customer_hours_in_order",
                condition=Q(hours_from=None, hours_to=None)
                | Q(hours_from__isnull=False, hours_to__isnull=False, hours_from__lt=F("hours_to")),
                violation_error_message=_("Please give both hours, the earlier one first."),
            ),
            models.CheckConstraint(
                name="customer_wish_recorded_by_somebody",
                condition=Q(do_not_contact=Wish.NONE) | Q(wish_by__isnull=False, wish_at__isnull=False),
                violation_error_message=_("A wish needs the person who recorded it."),
            ),
            models.CheckConstraint(
                name="customer_writing_for_thirty_days",
                condition=Q(written_from=None, written_until=None, written_by=None)
                | Q(
                    written_from__isnull=False,
                    written_until__isnull=False,
                    written_by__isnull=False,
                    written_until__gt=F("written_from"),
                    written_until__lte=F("written_from") + LONGEST_RESTRICTION,
                ),
                violation_error_message=_("A restriction to writing lasts at most 30 days."),
            ),
            models.CheckConstraint(
                name="customer_area_of_a_household",
                condition=Q(area=None) | Q(kind=Kind.HOUSEHOLD),
                violation_error_message=_("Only a household belongs to an area."),
            ),
            models.UniqueConstraint(
                fields=["origin", "external_number"],
                condition=Q(external_number__isnull=False),
                name="customer_taken_over_once",
                violation_error_message=_("A customer with this number was taken over before."),
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "-id"], name="customer_by_kind"),
            models.Index(fields=["-id"], name="customer_incomplete", condition=Q(completeness__lt=100)),
            models.Index(fields=["-id"], name="customer_with_wish", condition=~Q(do_not_contact="none")),
            models.Index(fields=["last_confirmed_at"], name="customer_by_confirmation"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("customers:customer", args=[self.number])

    @property
    def key(self) -> str:
        """The name of its timeline."""
        return f"customer:{self.number}"

    @property
    def hours(self) -> tuple[time, time]:
        """Between which times of day the customer may be called, in `zone`."""
        if self.hours_from is None or self.hours_to is None:
            return USUAL_HOURS
        return self.hours_from, self.hours_to

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone or settings.TIME_ZONE)

    def is_reachable(self, at: datetime) -> bool:
        """Whether `at` lies in the hours in which the customer may be contacted."""
        start, end = self.hours
        return start <= at.astimezone(self.zone).time() < end

    def is_written_only(self, at: datetime) -> bool:
        """Whether the customer is to be served in writing only just now (CASES i)."""
        start, end = self.written_from, self.written_until
        return start is not None and end is not None and start <= at < end

    def is_stale(self, at: datetime) -> bool:
        """Whether nobody has confirmed the profile for twelve months (R4.3a)."""
        return self.last_confirmed_at < at - STALE_AFTER


class Consent(models.Model):
    """What a customer said when asked whether they want something sent to them (R3.3.5)."""

    class Topic(models.TextChoices):
        NEWS = "news", _("news of services")

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="consents", verbose_name=_("customer")
    )
    topic = models.CharField(_("about"), max_length=12, choices=Topic)
    given = models.BooleanField(_("agreed"), help_text=_("not ticked: refused"))
    source = models.CharField(_("source"), max_length=12, choices=Source)
    since = models.DateTimeField(_("since"))
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(fields=["customer", "topic"], name="consent_once_per_topic"),
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()}: {_('agreed') if self.given else _('refused')}"
