"""A year without a published holiday list warns from S37 on, through the clock (R5.8a)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from followups.models import HolidayListDuty
from servicedesk.audit.timeline import record
from servicedesk.calendars.models import Calendar
from servicedesk.clock.owing import owe, pass_on, settle
from servicedesk.outbox.posting import post
from servicedesk.regulations.standing import setting_at
from servicedesk.staff.directory import Directory
from servicedesk.staff.models import Department, User
from servicedesk.staff.passing_on import Left
from servicedesk.staff.roles import Role


@dataclass(frozen=True)
class _List:
    """A region's list for a year, as the matter on which it is owed."""

    region: str
    year: int
    owner: User
    department: Department
    calendar: Calendar

    @property
    def key(self) -> str:
        return f"holidays:{self.region}-{self.year}"

    @property
    def path(self) -> str:
        return reverse("admin:calendars_holidaylist_changelist")

    @property
    def label(self) -> str:
        return f"{self.region} {self.year}"

    @property
    def first_responder(self) -> User:
        return self.owner


def watch_lists(at: datetime) -> int:
    """Owe every list that is missing or provisional once S37 has come, and settle what has been published.

    Returns how many became owed. May run twice or late.
    """
    settle_published(at=at)
    local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    from_day = setting_at("S37", at)
    if (local.month, local.day) < (from_day.month, from_day.day):
        return 0
    year = local.year + 1
    return sum(_owe_list(region, year, at=at) for region in Calendar.objects.regions_waiting(year))


def settle_published(*, at: datetime) -> None:
    """Settle the duties whose list stands now; publishing is the act that settles them."""
    for duty in HolidayListDuty.objects.filter(deadline__settled_at=None).order_by("pk"):
        if duty.region not in Calendar.objects.regions_waiting(duty.year):
            _settle(duty, at=at)


@transaction.atomic
def _settle(duty: HolidayListDuty, *, at: datetime) -> None:
    """Settle a duty, unless another worker was quicker."""
    owed = HolidayListDuty.objects.select_for_update(of=("self",)).select_related("deadline").get(pk=duty.pk)
    if owed.deadline.settled_at is None:
        record(owed.deadline.subject, "list_published", by="clock", at=at)
        settle(owed.deadline, by="clock", at=at)


def pass_on_lists(user: User, *, by: User | str, at: datetime) -> int:
    """Pass the lists that a leaver owed to another administrator, in the caller's transaction (CASES f).

    Returns how many stay, because nobody is left to have them.
    """
    stay = 0
    for duty in _owed_by(user):
        matter = _matter(duty.region, duty.year, at=at, besides=user)
        if matter is None:
            stay += 1
            continue
        record(matter.key, "list_passed_on", by=by, at=at, owner=matter.owner.pk, was=user.pk)
        pass_on(duty.deadline, owner=matter.owner, department=matter.department)
    return stay


def lists_left_by(user: User, *, at: datetime) -> Left | None:
    """How many holiday lists somebody would leave behind, and who would owe them."""
    matters = [_matter(duty.region, duty.year, at=at, besides=user) for duty in _owed_by(user)]
    heirs = Counter(matter.owner.pk if matter else None for matter in matters)
    return (
        Left.to(heirs, Directory.at(at).organisation, what=_("Holiday lists to be published"))
        if heirs
        else None
    )


def _owed_by(user: User):
    return HolidayListDuty.objects.filter(deadline__settled_at=None, deadline__owner=user)


def _owe_list(region: str, year: int, *, at: datetime) -> int:
    if HolidayListDuty.objects.filter(region=region, year=year).exists():
        return 0
    matter = _matter(region, year, at=at)
    if matter is None:
        return 0
    due_at = datetime(year, 1, 1, tzinfo=matter.calendar.work_calendar().timezone)
    try:
        with transaction.atomic():
            deadline = owe("holiday_list", matter, due_at=due_at, at=at, round_the_clock=False)
            HolidayListDuty.objects.create(region=region, year=year, deadline=deadline)
            record(matter.key, "list_missing", by="clock", at=at, region=region, year=year)
            post(
                "holiday_list_missing",
                key=f"holiday_list_missing:{matter.key}",
                channel="in_app",
                recipient=matter.owner,
                params={"label": matter.label, "region": region, "year": year, "path": matter.path},
                at=at,
            )
    except IntegrityError:  # another worker was quicker
        return 0
    return 1


def _matter(region: str, year: int, *, at: datetime, besides: User | None = None) -> _List | None:
    """The list as owed by an administrator, or, where there is none, by the general manager."""
    directory = Directory.at(at)
    exclude = {besides.pk} if besides else set()
    administrators = (
        person
        for person in directory.organisation.in_role(Role.ADMINISTRATOR.value)
        if person not in exclude and directory.organisation.people[person].blocked_at is None
    )
    owner_id = next(administrators, None) or directory.holder("general_manager", exclude=exclude).person_id
    owner = User.objects.select_related("department").filter(pk=owner_id).exclude(pk__in=exclude).first()
    department = (owner and owner.department) or Department.objects.filter(parent=None).first()
    calendar = Calendar.objects.of_region(region).order_by("-is_default", "pk").first()
    if owner is None or department is None or calendar is None:
        return None
    return _List(region, year, owner, department, calendar)
