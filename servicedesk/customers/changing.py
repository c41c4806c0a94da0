"""How anything about a customer changes: under its lock, only what differs, with old and new on the timeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record

from .facts import REACH, keep, plain, put
from .history import LABELS, changes_since
from .models import Consent, ContactPerson, Customer, Project, Site
from .profile import refresh
from .reaching import reach_of, set_reach

UNCONTESTED = frozenset({"last_confirmed_at"})  # moves forward, whoever saves

Row = TypeVar("Row", Customer, ContactPerson, Consent, Project, Site)
Part = TypeVar("Part", ContactPerson, Consent, Project, Site)


@dataclass(frozen=True)
class Conflict:
    """A field that somebody else changed meanwhile: what stands there now in words, who wrote it and when."""

    field: str
    label: str
    current: str
    who: str
    at: datetime


class StaleEdit(ValidationError):  # noqa: N818  a thing that happens, not a mistake
    """Somebody else changed the same field after this form was opened; nothing has been saved."""

    def __init__(self, conflicts: list[Conflict], version: int):
        super().__init__(
            _(
                "Meanwhile %(who)s changed what you are changing. Your words are kept below: compare, then save again."
            )
            % {"who": conflicts[0].who},
            code="stale",
        )
        self.conflicts = conflicts
        self.version = version


def lock_customer(customer: Customer) -> Customer:
    """The customer as it stands, nobody else changing it or its parts until the transaction ends.

    Without the key: a ticket written twice looks its customer up when it is committed, while its own lock is waited for.
    """
    return Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)


def change(
    row: Row,
    values: Mapping[str, Any],
    *,
    event: str,
    by,
    at: datetime,
    seen: int | None = None,
    **facts: Any,
) -> Row:
    """Bring these values into a customer or a part of it, inside the caller's transaction; returns the fresh row.

    `seen` is the version on which the new values are based: fields that others changed since are merged, and where
    both changed the same one StaleEdit is raised. Whatever differs is written, and recorded with old and new value;
    if nothing differs nothing happens. Raises ValidationError, by field, for what cannot be kept.
    """
    customer = lock_customer(row if isinstance(row, Customer) else row.customer)
    fresh: Any = customer if isinstance(row, Customer) else type(row)._default_manager.get(pk=row.pk)
    values = dict(values)
    if seen is not None and seen < fresh.version:
        values = _merged(customer, fresh, values, seen)
    before = {name: _current(fresh, name) for name in values}
    _write(fresh, values)
    changed: list[str] = [name for name in values if plain(_current(fresh, name)) != plain(before[name])]
    if not changed:
        return fresh
    fresh.version += 1
    fresh.save(update_fields=[*(name for name in changed if name not in REACH), "version"])
    told = {name: _current(fresh, name) for name in changed} | {
        f"{name}_old": before[name] for name in changed
    }
    record(
        customer.key, event, by=by, at=at, what=fresh._meta.model_name, row=fresh.pk, version=fresh.version,
        **facts, **keep([(fresh, told)])[0],
    )  # fmt: skip
    refresh([customer])
    return fresh


def add(row: Part, *, event: str, by, at: datetime, phones=(), emails=(), **facts: Any) -> Part:
    """Insert a part of a customer and record it with all it holds, inside the caller's transaction.

    Raises ValidationError where a constraint refuses it.
    """
    customer = lock_customer(row.customer)
    row.customer = customer
    put(row, {name: getattr(row, name) for name in _own_fields(row)})
    row.validate_constraints()
    _check_whole(row)
    row.save(force_insert=True)
    told = {name: getattr(row, name) for name in _own_fields(row)}
    for name, texts in (("phones", phones), ("emails", emails)):
        if texts:
            _set_reach(row, name, texts)
            told[name] = _current(row, name)
    told = {name: value for name, value in told.items() if plain(value) is not None}
    record(
        customer.key, event, by=by, at=at, what=row._meta.model_name, row=row.pk, version=1,
        **facts, **keep([(row, told)])[0],
    )  # fmt: skip
    refresh([customer])
    return row


def _own_fields(row: models.Model) -> list[str]:
    """What people fill in: neither keys nor numbers nor versions."""
    fields = row._meta.concrete_fields
    return [
        field.name
        for field in fields
        if field.editable and not field.primary_key and field.name != "customer"
    ]


def _write(row: Any, values: Mapping[str, Any]) -> None:
    put(row, {name: value for name, value in values.items() if name not in REACH})
    row.validate_constraints()
    _check_whole(row)
    for name in REACH:
        if name in values:
            _set_reach(row, name, values[name])


def _check_whole(row: Any) -> None:
    """What a trigger would refuse, as a sentence: a site belongs to the customer of its project."""
    project = getattr(row, "project", None)
    if project is not None and project.customer_id != row.customer_id:
        raise ValidationError({"project": _("This project belongs to another customer.")})


def _set_reach(row: Any, name: str, texts) -> None:
    try:
        set_reach(row, name, texts)
    except ValidationError as refusal:
        raise ValidationError({name: refusal}) from refusal


def _current(row: Any, name: str) -> Any:
    return reach_of(row, name) if name in REACH else getattr(row, name)


def _shown(row: Any, name: str) -> str:
    value = plain(
        getattr(row, f"get_{name}_display")() if hasattr(row, f"get_{name}_display") else _current(row, name)
    )
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return _("nothing")
    return str(
        value if name in REACH else getattr(row, name) if row._meta.get_field(name).is_relation else value
    )


def _merged(customer: Customer, row: Any, values: dict[str, Any], seen: int) -> dict[str, Any]:
    """The values without those that merely repeat what stood in the form when it was opened."""
    conflicts = []
    for name, since in changes_since(customer, row, seen).items():
        if name not in values or name in UNCONTESTED:
            continue
        mine, now = plain(values[name]), plain(_current(row, name))
        if mine == now or (since.known and mine == since.old):
            del values[name]
        else:
            label = LABELS[name] if name in REACH else row._meta.get_field(name).verbose_name
            conflicts.append(Conflict(name, str(label), _shown(row, name), since.who, since.at))
    if conflicts:
        raise StaleEdit(conflicts, row.version)
    return values
