"""Whose desk somebody minds while its owner is away (CASES y)."""

from datetime import datetime

from django.db.models.functions import Now

from servicedesk.staff.models import Absence, User


def covered_by(user: User, *, at: datetime | Now) -> dict[int, Absence]:
    """The absent people whose deputy this person is at that moment, by id, with the absence that makes it so.

    Where an absent deputy has a deputy in turn, the last one present minds both desks. `Now()` means the database's
    own clock.
    """
    covered: dict[int, Absence] = {}
    asked = {user.pk}
    while asked:
        away = Absence.objects.at(at).filter(deputy__in=asked).exclude(person=user).select_related("person")
        found = {absence.person_id: absence for absence in away if absence.person_id not in covered}
        covered |= found
        asked = set(found)
    return covered
