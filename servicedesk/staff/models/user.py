"""Employees and their roles."""

from datetime import datetime
from functools import cached_property
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from servicedesk.calendars.models import check_zone, organisation_zone
from servicedesk.staff.history import RoleHistory
from servicedesk.staff.models.absence import Absence
from servicedesk.staff.models.organisation import Department
from servicedesk.staff.roles import Role, role_name, roles_of


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
