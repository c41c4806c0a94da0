"""Employees, the departments they work in, the posts they hold and when they are away."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from servicedesk.calendars.models import Calendar, check_zone, organisation_zone
from servicedesk.staff.departments import DepartmentQuerySet, whose_calendar
from servicedesk.staff.history import RoleHistory
from servicedesk.staff.periods import period
from servicedesk.staff.positions import POST_CHOICES
from servicedesk.staff.roles import Role, role_name, roles_of


def _person(verbose_name, related_name: str, **options) -> models.ForeignKey:
    """A key to an employee who holds something; nobody disappears from it by being deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name=related_name,
        verbose_name=verbose_name,
        **options,
    )


def check_work_here(row: models.Model, *fields: str) -> None:
    """Refuse people who have left in any of these fields."""
    errors = {
        field: _("%(name)s does not work here any more.") % {"name": person}
        for field in fields
        if (person := getattr(row, field)) is not None and not person.is_active
    }
    if errors:
        raise ValidationError(errors)


class Department(models.Model):
    """One unit of the organisation; departments form a tree without loops (guarded by a trigger)."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    manager = _person(
        _("manager"), "manages", help_text=_("Is told first of a broken promise of this department.")
    )
    deputy_manager = _person(_("manager's stand-in"), "manages_as_stand_in")
    executive = _person(
        _("executive in charge"), "in_charge_of", help_text=_("Left empty, the executive of the unit above.")
    )
    deputy_executive = _person(_("executive's stand-in"), "in_charge_as_stand_in")
    calendar = models.ForeignKey(
        "calendars.Calendar",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("work calendar"),
        help_text=_("Left empty, the calendar of the unit above, else the organisation's."),
    )

    objects = DepartmentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="department_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("pk")),
                violation_error_message=_("A department cannot be part of itself."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def effective_calendar(self) -> Calendar:
        """The work calendar in force here: its own, the one of the unit above, else the organisation's."""
        unit = whose_calendar(self.upwards())
        return (unit and unit.calendar) or Calendar.objects.default()

    def upwards(self) -> "Iterator[Department]":
        """This unit and those above it, nearest first; ends even on a loop."""
        unit: Department | None = self
        seen: set[int] = set()
        while unit and unit.pk not in seen:
            seen.add(unit.pk)
            yield unit
            unit = unit.parent

    def clean(self) -> None:
        """Refuse a place in the tree that would close a loop, and holders who do not work here."""
        check_work_here(self, "manager", "deputy_manager", "executive", "deputy_executive")
        if not self.pk or not self.parent_id:
            return
        if Department.objects.ancestry([self.parent_id]).filter(pk=self.pk).exists():
            refusal = ValidationError(
                _("“%(parent)s” is itself part of “%(name)s”. Choose a unit outside it."),
                params={"parent": self.parent, "name": self.name},
            )
            raise ValidationError({"parent": refusal})


class UserQuerySet(models.QuerySet):
    def active(self) -> Self:
        """Who works here, people whose log-in is blocked included."""
        return self.filter(is_active=True)

    def with_log_in(self) -> Self:
        """Who may log in now."""
        return self.active().filter(blocked_at=None)

    def leaving(self) -> Self:
        """Who works here still, but whose log-in is blocked because they leave."""
        return self.active().filter(blocked_why=User.Blocked.LEAVING)

    def in_role(self, role: str) -> Self:
        """To whom a group gives this role; superusers count as administrators."""
        given = Q(groups__name=role)
        if role == Role.ADMINISTRATOR:
            given |= Q(is_superuser=True)
        return self.filter(given).distinct()

    def demo(self) -> Self:
        """People of the demo organisation who may log in."""
        return self.with_log_in().filter(is_demo=True)

    def visible_to(self, user) -> Self:
        """Every employee sees every colleague; who has left is seen by those who administer people."""
        if not user.is_active:
            return self.none()
        return self if user.has_perm("staff.change_user") else self.active()

    def away_at(self, moment: datetime) -> Self:
        """Who is absent at that moment, or has no log-in."""
        away = Absence.objects.at(moment).values("person")
        return self.filter(Q(pk__in=away) | Q(blocked_at__isnull=False))

    def named(self, text: str) -> Self:
        """Whose name, log-in or employee number holds the text; an empty text means everybody."""
        text = text.strip()
        if not text:
            return self
        return self.filter(
            Q(display_name__icontains=text)
            | Q(username__icontains=text)
            | Q(employee_number__icontains=text)
            | Q(department__name__icontains=text)
        )


_UserManager = UserManager.from_queryset(UserQuerySet)


class StaffManager(_UserManager):  # type: ignore[misc, valid-type, unused-ignore]  # made by from_queryset
    use_in_migrations = False  # migrations need none of its methods


class User(AbstractUser):
    """An employee: one person, one account, so that every act is on record by name (R5.2.1).

    The name shown to customers is `display_name`. `is_active` ends with employment (`leaving.py`);
    `blocked_at` closes the log-in at once and counts as absent (CASES f, y).
    """

    class Blocked(models.TextChoices):
        LEAVING = "leaving", _("is leaving")
        MEANWHILE = "meanwhile", _("for the time being")

    display_name = models.CharField(_("name shown to customers"), max_length=80)
    employee_number = models.CharField(
        _("employee number"), max_length=20, null=True, blank=True, unique=True
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    timezone = models.CharField(
        _("time zone"), max_length=60, default=organisation_zone, validators=[check_zone]
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("department")
    )
    blocked_at = models.DateTimeField(_("log-in blocked since"), null=True, blank=True, editable=False)
    blocked_why = models.CharField(
        _("why the log-in is blocked"), max_length=10, choices=Blocked, blank=True, editable=False
    )
    leaves_on = models.DateField(
        _("last day"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Planned; the log-in closes by itself when it is over."),
    )
    left_at = models.DateTimeField(_("left on"), null=True, blank=True, editable=False)
    session_round = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Raised to end all sessions of this person.")
    )
    is_demo = models.BooleanField(_("person of the demo"), default=False, editable=False)

    objects: ClassVar[StaffManager] = StaffManager()
    history = RoleHistory(  # of what gives rights and duties; never of the password
        excluded_fields=[
            *("password", "last_login", "session_round", "is_demo", "date_joined"),
            *("first_name", "last_name", "email", "phone", "language", "timezone"),
        ],
        m2m_fields=[AbstractUser._meta.get_field("groups")],
    )

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        ordering = ["display_name"]
        permissions = [("use_administration", _("Can open the administration"))]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="user_email_of_one_person",
                violation_error_message=_(
                    "Another employee has this e-mail address. Accounts are never shared."
                ),
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_whatever_case",
                violation_error_message=_("Another employee has this log-in name."),
            ),
            models.CheckConstraint(
                name="user_left_is_inactive",
                condition=Q(is_active=False) | Q(left_at=None),
                violation_error_message=_("Who has left cannot be active."),
            ),
            models.CheckConstraint(
                name="user_blocked_for_a_reason",
                condition=Q(blocked_at=None, blocked_why="")
                | Q(blocked_at__isnull=False, blocked_why__in=["leaving", "meanwhile"]),
                violation_error_message=_("Choose why the log-in is blocked."),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        """The name in pages and mails of Django itself."""
        return str(self)

    get_short_name = get_full_name

    @cached_property
    def roles(self) -> frozenset[str]:
        """Codes of the roles of this person, by group or by position; read once per instance."""
        return roles_of(self)

    def has_role(self, code: str) -> bool:
        """Whether this person has the role, by group or because of a position held."""
        return code in self.roles

    @property
    def may_open_tickets(self) -> bool:
        """Any employee may, whatever the role (R5.2.7b)."""
        return self.is_active

    @property
    def may_use_administration(self) -> bool:
        """Whether the admin opens: to administrators by their role's permission."""
        return self.is_active and (self.is_staff or self.has_perm("staff.use_administration"))

    @property
    def is_leaving(self) -> bool:
        """Whether nothing is given to this person any more: they have left, or their log-in is blocked for that."""
        return not self.is_active or self.blocked_why == self.Blocked.LEAVING

    @property
    def may_log_in(self) -> bool:
        """Whether this account is open; people of the demo exist in the demo only."""
        return self.is_active and self.blocked_at is None and (settings.DEMO or not self.is_demo)

    def get_session_auth_hash(self) -> str:
        """Ends all sessions on a new password, and when `session_round` is raised."""
        return f"{super().get_session_auth_hash()}.{self.session_round}"

    def get_session_auth_fallback_hash(self):
        """The same under older secret keys."""
        for known in super().get_session_auth_fallback_hash():
            yield f"{known}.{self.session_round}"


class RoleGroup(Group):
    """A role as the administrator edits it: a group by another name, among the pages about people."""

    class Meta:
        proxy = True
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return role_name(self.name)


class Post(models.Model):
    """A position of the whole organisation, such as general manager; every one is there from the start."""

    code = models.CharField(_("post"), max_length=30, unique=True, choices=POST_CHOICES)
    holder = _person(_("holder"), "posts")
    stand_in = _person(
        _("stand-in"),
        "posts_as_stand_in",
        help_text=_("Is asked while the holder is away and named no deputy."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("post of the organisation")
        verbose_name_plural = _("posts of the organisation")
        ordering = ["code"]

    def __str__(self) -> str:
        return capfirst(self.get_code_display())

    def clean(self) -> None:
        """Refuse holders who do not work here."""
        check_work_here(self, "holder", "stand_in")


class AbsenceQuerySet(models.QuerySet):
    def at(self, moment: datetime | Now) -> Self:
        """Absences under way at that moment, or by the database's own clock."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment), starts_at__lte=moment)

    def not_over(self, moment: datetime) -> Self:
        """Absences under way or still to come."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment))

    def overlapping(self, start: datetime, end: datetime | None) -> Self:
        """Absences that share a moment with `[start, end)`; None is no end."""
        found = self.not_over(start)
        return found.filter(starts_at__lt=end) if end else found

    def of_active(self) -> Self:
        """Absences of people who work here."""
        return self.filter(person__is_active=True)

    def shown_to(self, user) -> Self:
        """Those that the calendar shows: of the departments a person sees it of, and the own ones; not the reasons."""
        seen = Department.objects.with_absences_shown_to(user).values("pk")
        return self.of_active().filter(Q(person=user) | Q(person__department__in=seen))

    def visible_to(self, user) -> Self:
        """One's own, those of the people one leads, and all for who administers absences: with the reason."""
        if user.has_perm("staff.change_absence"):
            return self
        led = Department.objects.led_by(user).values("pk")
        return self.filter(Q(person=user) | Q(person__department__in=led))


class Absence(models.Model):
    """When a person is away and who stands in meanwhile (CASES y); half-open, `[starts_at, ends_at)`."""

    class Reason(models.TextChoices):
        LEAVE = "leave", _("Leave")
        SICK = "sick", _("Sick")
        TRAVEL = "travel", _("Business trip")
        TRAINING = "training", _("Training")
        EARLY = "early", _("Signed out early")
        OTHER = "other", _("Other reason")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="absences", verbose_name=_("employee")
    )
    starts_at = models.DateTimeField(_("away from"))
    ends_at = models.DateTimeField(
        _("away until"), null=True, blank=True, help_text=_("Left empty, until further notice.")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason, default=Reason.LEAVE)
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deputises",
        verbose_name=_("deputy"),
        help_text=_("Left empty, the stand-in of the position, else the manager."),
    )

    objects = AbsenceQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["starts_at"]
        permissions = [("view_all_absences", _("Can see who is away in every department"))]
        indexes = [models.Index(fields=["ends_at"], name="absence_not_over")]  # what is under way or to come
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_starts",
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The absence must end after it starts."),
            ),
            models.CheckConstraint(
                name="absence_deputy_is_somebody_else",
                condition=Q(deputy=None) | ~Q(deputy=F("person")),
                violation_error_message=_("Choose somebody else as deputy."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {timezone.localtime(self.starts_at):%Y-%m-%d}"

    @property
    def period(self) -> str:
        """From when to when, as people say it."""
        return period(self.starts_at, self.ends_at)

    def is_over(self, at: datetime) -> bool:
        """Whether it ended by then."""
        return self.ends_at is not None and self.ends_at <= at

    def clean(self) -> None:
        """A deputy must be somebody who works here and can log in; nobody is away twice for one reason."""
        self._check_not_twice()
        if self.deputy and not (self.deputy.is_active and self.deputy.blocked_at is None):
            raise ValidationError(
                {"deputy": _("%(name)s cannot stand in; choose somebody else.") % {"name": self.deputy}}
            )

    def _check_not_twice(self) -> None:
        """Two people enter one absence twice: the second is told; a trigger has the last word."""
        if self.starts_at is None or self.person_id is None:
            return  # said elsewhere
        others = Absence.objects.filter(person=self.person, reason=self.reason).exclude(pk=self.pk)
        if other := others.overlapping(self.starts_at, self.ends_at).first():
            facts = {"name": self.person, "days": other.period}
            refusal = _("%(name)s is away for this reason already: %(days)s. Change that absence instead.")
            raise ValidationError(refusal % facts, code="twice")
