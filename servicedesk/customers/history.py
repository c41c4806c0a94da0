"""What happened to a customer, read back from its timeline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.audit.line import Kept
from servicedesk.audit.timeline import Entry
from servicedesk.audit.words import Words

from . import models as ours
from .channels import FORMER_CODES
from .models import Customer
from .models.customer import Source

EVENTS = {
    "customer_created": gettext_lazy("customer taken in"),
    "customer_changed": gettext_lazy("profile changed"),
    "customer_confirmed": gettext_lazy("profile confirmed"),
    "wish_recorded": gettext_lazy("wish about contact recorded"),
    "restricted_to_writing": gettext_lazy("restricted to writing"),
    "restriction_lifted": gettext_lazy("restriction lifted"),
    "safety_marked": gettext_lazy("safety mark set"),
    "safety_mark_removed": gettext_lazy("safety mark removed"),
    "consent_recorded": gettext_lazy("consent recorded"),
    "person_added": gettext_lazy("contact person added"),
    "person_changed": gettext_lazy("contact person changed"),
    "project_added": gettext_lazy("project added"),
    "project_changed": gettext_lazy("project changed"),
    "project_activated": gettext_lazy("project taken into service"),
    "project_ended": gettext_lazy("service of the project ended"),
    "site_added": gettext_lazy("site added"),
    "site_changed": gettext_lazy("site changed"),
}
MODELS: dict[str, type[models.Model]] = {
    str(model._meta.model_name): model
    for model in (ours.Customer, ours.ContactPerson, ours.Project, ours.Site, ours.Consent)
}
ACTORS = {
    "clock": gettext_lazy("the clock"),
    "import": gettext_lazy("import"),
    "setup": gettext_lazy("set-up"),
    "public": gettext_lazy("public page"),
}
BARE = {"what", "row", "version"}  # facts that say where a change belongs
# What the entry itself says already: its time, its person, the answer everybody starts with.
UNSAID = {"last_confirmed_at", "wish_by", "wish_at", "written_from", "written_by", "reported_as"}
LABELS = {
    "phones": gettext_lazy("telephone numbers"),
    "emails": gettext_lazy("e-mail addresses"),
}
MOST_SHOWN = 50


@dataclass(frozen=True)
class Change:
    """One field that changed, in words; empty where nothing stood."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Happening:
    """One entry of the timeline as a page shows it."""

    number: int
    title: str
    subject: str  # the part of the customer it happened to; empty for the customer as such
    who: str
    how_known: str
    at: datetime
    changes: list[Change]


@dataclass(frozen=True)
class Since:
    """What stood in a field before others changed it (as `facts.plain` gives it), and who changed it last, when."""

    old: Any
    known: bool  # false where the old words have been erased
    who: str
    at: datetime


def history(customer: Customer) -> list[Happening]:
    """The latest fifty happenings, newest first, in a constant number of statements."""
    entries = list(Entry.objects.of(customer.key).select_related("by").order_by("-number")[:MOST_SHOWN])
    reader = _Reader(entries)
    return [reader.happening(entry) for entry in entries]


def changes_since(customer: Customer, row: models.Model, version: int) -> dict[str, Since]:
    """The fields of a row of this customer that were changed after `version`, each with what stood there then."""
    entries = [
        entry
        for entry in Entry.objects.of(customer.key).select_related("by")
        if entry.facts.get("what") == row._meta.model_name
        and entry.facts.get("row") == row.pk
        and entry.facts.get("version", 0) > version
    ]
    words = _words(entries)
    found: dict[str, Since] = {}
    for entry in entries:
        for name, old in _old_values(entry).items():
            text = words.get(old.words) if isinstance(old, Kept) else old
            before = found.get(name)
            found[name] = Since(
                old=before.old if before else text,
                known=before.known if before else not (isinstance(old, Kept) and text is None),
                who=who_did(entry),
                at=entry.at,
            )
    return found


def who_did(entry: Entry) -> str:
    """The person's name, or what kind of system acted."""
    return str(entry.by) if entry.by else str(ACTORS[entry.actor])


def _old_values(entry: Entry) -> dict[str, Any]:
    return {name.removesuffix("_old"): old for name, old in entry.facts.items() if name.endswith("_old")}


def _words(entries: Iterable[Entry]) -> dict[int, str | None]:
    """The texts that these entries mention, None where they have been erased."""
    keys = [fact.words for entry in entries for fact in entry.facts.values() if isinstance(fact, Kept)]
    return dict(Words.objects.filter(pk__in=keys).values_list("pk", "text"))


class _Reader:
    """Turns facts into words for one page of entries; what they refer to is fetched once."""

    def __init__(self, entries: list[Entry]):
        self.words = _words(entries)
        wanted: dict[type[models.Model], set[int]] = {}
        for entry in entries:
            facts = entry.facts
            if facts["what"] != "customer":
                wanted.setdefault(MODELS[facts["what"]], set()).add(facts["row"])
            for name, fact in facts.items():
                field = None if name in BARE | UNSAID else _field(entry, name.removesuffix("_old"))
                if isinstance(field, models.ForeignKey) and isinstance(fact, int):
                    wanted.setdefault(field.related_model, set()).add(fact)
        self.rows = {model: model._default_manager.in_bulk(keys) for model, keys in wanted.items()}

    def happening(self, entry: Entry) -> Happening:
        facts = entry.facts
        source = facts.get("reported_as")
        return Happening(
            number=entry.number,
            title=str(EVENTS.get(entry.event, entry.event)),
            subject=self.subject(facts),
            who=who_did(entry),
            how_known=str(Source(source).label) if source in Source.values else "",
            at=entry.at,
            changes=[self.change(entry, name) for name in _told_names(facts)],
        )

    def subject(self, facts: dict[str, Any]) -> str:
        """What the part is called today, so that one knows which it was."""
        return (
            "" if facts["what"] == "customer" else str(self.rows[MODELS[facts["what"]]].get(facts["row"], ""))
        )

    def change(self, entry: Entry, name: str) -> Change:
        old = self.told(entry, name, entry.facts.get(f"{name}_old"))
        return Change(_label(entry, name), old, self.told(entry, name, entry.facts[name]))

    def told(self, entry: Entry, name: str, fact: Any) -> str:
        """One value as a page shows it."""
        field = _field(entry, name)
        match fact:
            case None:
                return ""
            case Kept():
                text = self.words.get(fact.words)
                return _("[erased]") if text is None else ", ".join(text.split("\n"))
            case bool():
                return _("yes") if fact else _("no")
            case datetime():
                return formats.date_format(timezone.localtime(fact), "DATETIME_FORMAT")
            case date():
                return formats.date_format(fact, "DATE_FORMAT")
            case int() if isinstance(field, models.ForeignKey):
                return str(self.rows[field.related_model].get(fact, fact))
        code = FORMER_CODES.get(fact, fact) if name == "channel" else fact
        return str(dict(getattr(field, "flatchoices", ())).get(code, code))


def _told_names(facts: dict[str, Any]) -> list[str]:
    """The fields to tell, in the order of the form; of a new row not what is merely as usual."""
    model = MODELS[facts["what"]]
    order = [field.name for field in model._meta.concrete_fields] + list(LABELS)
    is_new = facts["version"] == 1
    return [
        name
        for name in order
        if name in facts and name not in UNSAID | BARE and not (is_new and isinstance(facts[name], bool))
    ]


def _field(entry: Entry, name: str) -> Any:
    """The model's field of that name; None for what is no field."""
    model = MODELS[entry.facts["what"]]
    return model._meta.get_field(name) if name not in LABELS else None


def _label(entry: Entry, name: str) -> str:
    return str(LABELS.get(name) or _field(entry, name).verbose_name)
