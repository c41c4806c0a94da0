"""Changing a setting: checked, recorded, safe against two at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.models import Setting, SettingChange
from servicedesk.regulations.span import Span
from servicedesk.regulations.standing import Settings

SHORTENED = {"S2", "S3"}  # what templates may shorten, never lengthen


@transaction.atomic
def change(
    code: str,
    value: Any,
    *,
    by: AbstractBaseUser | None,
    at: datetime,
    reason: str = "",
    seen: Any = None,
) -> SettingChange | None:
    """Give a setting another value from `at` on; `by` nobody means the set-up. The same value again changes nothing.

    Deadlines that run already keep their due times. `seen` is the value that the editor's page showed, if there was
    one. Raises ValidationError if the value is not allowed or contradicts another setting, if the setting is no
    longer as `seen`, or if a change at `at` or later is on record; KeyError if there is no such setting.
    """
    definition = DEFINITIONS[code]
    if not definition.kind.editable:
        raise ValidationError(_("%(code)s cannot be changed here.") % {"code": code})
    definition.kind.check(value)
    rows = {row.code: row for row in Setting.objects.select_for_update().order_by("code")}
    row = rows[code]
    was, became = row.value, definition.kind.store(value)
    if seen is not None and definition.kind.read(was) != seen:
        raise ValidationError(
            _("Somebody else has changed this setting meanwhile. Look at it again."), code="stale"
        )
    if row.changed_at and row.changed_at >= at:
        raise ValidationError(_("This setting has been changed at that moment or later."), code="stale")
    check_together(code, Settings({key: row.value for key, row in rows.items()} | {code: became}))
    if was == became:
        return None
    by_id = by.pk if by else None
    done = SettingChange.objects.create(
        setting=row, was=was, became=became, at=at, by_id=by_id, reason=reason
    )
    row.value, row.changed_at, row.changed_by_id = became, at, by_id
    row.save(update_fields=["value", "changed_at", "changed_by"])
    return done


def check_together(code: str, standing: Settings) -> None:
    """Refuse a value that contradicts another setting. Raises ValidationError."""
    if code in ("S2", "S2a") and standing["S2a"] > standing["S2"]:
        raise ValidationError(
            _(
                "The promise that is proposed (S2a, %(proposed)s) cannot be longer than the longest one (S2, %(longest)s)."
            )
            % {"proposed": standing["S2a"], "longest": standing["S2"]}
        )


def check_shortens(code: str, span: Span, standing: Settings) -> None:
    """Refuse a template's own limit that is longer than the setting (S2, S3) it replaces. Raises ValidationError."""
    if code not in SHORTENED:
        raise ValueError(f"Templates may not replace {code}.")
    if span > standing[code]:
        raise ValidationError(
            _("A template may shorten %(code)s, not lengthen it: at most %(longest)s.")
            % {"code": code, "longest": standing[code]}
        )
