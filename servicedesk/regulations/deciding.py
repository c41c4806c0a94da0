"""Putting on record what was decided where no data can tell (Appendix E)."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.regulations.models import Decision
from servicedesk.regulations.questions import question_of


def decide(code: str, *, words: str, by: AbstractBaseUser, at: datetime) -> Decision:
    """Record what was decided, or decided anew; the records before it stay.

    Raises ValidationError where the question is unknown, is judged from the data, or nothing is said.
    """
    _check_decided_by_people(code)
    words = words.strip()
    if not words:
        raise ValidationError(_("Write down what was decided, or where it stands."))
    return _entered(code, decided=True, words=words, by=by, at=at)


def reopen(code: str, *, words: str, by: AbstractBaseUser, at: datetime) -> Decision:
    """Take a decision back: the question is open again. Raises ValidationError as `decide` does, or if it is open."""
    _check_decided_by_people(code)
    latest = Decision.objects.filter(question=code).order_by("at", "pk").last()
    if latest is None or not latest.decided:
        raise ValidationError(_("This question is open already."))
    return _entered(code, decided=False, words=words.strip(), by=by, at=at)


def _check_decided_by_people(code: str) -> None:
    question = question_of(code)
    if question is None or question.is_judged:
        raise ValidationError(_("This question is not answered here."))


def _entered(code: str, *, decided: bool, words: str, by: AbstractBaseUser, at: datetime) -> Decision:
    row = Decision(question=code, decided=decided, words=words, by_id=by.pk, at=at)
    row.full_clean(exclude=["by"])
    row.save(force_insert=True)
    return row
