"""What each event of a ticket's timeline says: a title that follows the person's name, a sign, and what was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from servicedesk.clock.kinds import kind_name
from servicedesk.customers.channels import Channel
from servicedesk.customers.models import ContactPerson, Customer, Project
from servicedesk.staff.holdings import HOLDS, holding_from, position_name, reason_text
from servicedesk.staff.models import User
from servicedesk.timewords import full_time
from tickets.models import Category, Contact, Mark, OpinionCheck, OwnershipPeriod, Ticket
from tickets.telling.known import Fact, Known


@dataclass
class Part:
    """A line below a title: what it is about, the words said, and a short tag."""

    label: str = ""
    words: str = ""
    tag: str = ""
    tone: str = ""


@dataclass
class Told:
    """One event in words. `title` follows the name of who did it, or stands alone where the clock did."""

    title: str
    sign: str = "point"
    tone: str = ""
    parts: list[Part] = field(default_factory=list)
    below: list[Part] | None = None  # how it is told below another event of the same act; None: by its title
    correctable: int | None = None  # the contact whose words can be corrected by a new one


Teller = Callable[[Fact, Known], Told]
TELLERS: dict[str, Teller] = {}
SIGNS = {
    "phone": "phone", "sms": "message", "email": "mail", "letter": "mail", "fax": "printer", "web": "world",
    "visit": "door-enter", "on_site": "map-pin", "inspection": "clipboard-check", "revisit": "repeat",
}  # fmt: skip


def tells(event: str) -> Callable[[Teller], Teller]:
    """Register the function that tells an event."""

    def register(teller: Teller) -> Teller:
        TELLERS[event] = teller
        return teller

    return register


def tell(fact: Fact, known: Known) -> Told:
    """One entry in the reader's words; an event nobody tells is called by its code."""
    teller = TELLERS.get(fact.entry.event)
    return teller(fact, known) if teller and fact.facts else Told(fact.entry.event)


def _choice(choices: type, code: str | None) -> str:
    return str(choices(code).label) if code in choices.values else str(code or "–")  # type: ignore[attr-defined]


def _channel(code: str | None) -> dict[str, str]:
    return {"channel": _choice(Channel, code)}


# Said and heard


@tells("received")
def received(fact: Fact, known: Known) -> Told:
    told = Told(_("took the matter in (%(channel)s)") % _channel(fact["channel"]), "inbox")
    told.correctable = known.intake
    told.parts.append(Part(_("First words"), known.text(fact["words"])))
    if fact["wanted"]:
        told.parts.append(Part(_("Wanted most"), known.text(fact["wanted"])))
    responder = known.row(User, fact["first_responder"])
    if responder and responder.pk != fact.entry.by_id:
        told.parts.append(Part(_("First asked: %(name)s") % {"name": responder}))
    if abs((fact.entry.at - fact["received_at"]).total_seconds()) > 60:
        told.parts.append(Part(_("Received %(when)s") % {"when": full_time(fact["received_at"])}))
    return told


@tells("answered")
def answered(fact: Fact, known: Known) -> Told:
    parts = [
        Part(_("Answer"), known.text(fact["words"])),
        Part(tag=_("Accepted in the contact"), tone="is-kept"),
    ]
    return Told(_("answered at once"), "check", "is-kept", parts, below=parts)


@tells("said")
def said(fact: Fact, known: Known) -> Told:
    contact = known.row(Contact, fact["contact"])
    told = Told(_said_title(fact), SIGNS.get(fact["channel"], "message"))
    _add_contact(told, fact, contact, known)
    if fact["mode"] == Contact.Mode.TRIED:
        told.sign = "phone-off"
    promise = known.settled_by(contact)
    if promise and promise.deadline.outcome:
        kept = promise.deadline.outcome == "kept"
        text = _("Promise %(number)s kept") if kept else _("Promise %(number)s answered late")
        told.parts.append(
            Part(tag=text % {"number": promise.number}, tone="is-kept" if kept else "is-overdue")
        )
    return told


def _said_title(fact: Fact) -> str:
    titles = {
        ("reply", "spoken"): _("replied, spoken (%(channel)s)"),
        ("reply", "written"): _("replied in writing (%(channel)s)"),
        ("reply", "tried"): _("tried to reach the customer, nobody answered (%(channel)s)"),
        ("reply", "on_file"): _("put a reply on the file"),
        ("check", "spoken"): _("asked how the matter was handled (%(channel)s)"),
        ("check", "tried"): _("tried to ask how the matter was handled, nobody answered (%(channel)s)"),
        ("update", fact["mode"]): _("told the customer of a step (%(channel)s)"),
        ("correction", fact["mode"]): _("corrected what was written down"),
    }
    title = titles.get((fact["purpose"], fact["mode"]), _("spoke to the customer (%(channel)s)"))
    return title % _channel(fact["channel"])


@tells("heard")
def heard(fact: Fact, known: Known) -> Told:
    correction = fact["purpose"] == Contact.Purpose.CORRECTION
    title = _("corrected what was written down") if correction else _("heard from the customer (%(channel)s)")
    told = Told(title % _channel(fact["channel"]), "message-2" if not correction else "pencil")
    _add_contact(told, fact, known.row(Contact, fact["contact"]), known)
    return told


def _add_contact(told: Told, fact: Fact, contact: Contact | None, known: Known) -> None:
    """The words of a contact, who it was with, and what was special about it."""
    person = contact.person.name if contact and contact.person else ""
    told.parts.append(
        Part(_("With %(name)s") % {"name": person} if person else "", known.text(fact["words"]))
    )
    if contact is None:
        return
    told.correctable = contact.pk if fact["purpose"] != Contact.Purpose.CORRECTION else None
    if contact.chased:
        told.parts.append(Part(tag=_("The customer asked first"), tone="is-soon"))
    if contact.odd_hours:
        told.parts.append(Part(_("Outside the customer's hours, because"), contact.odd_hours.shown))
    if contact.corrects:
        told.sign = "pencil"
        told.parts.append(
            Part(_("Corrects the entry of %(when)s") % {"when": known.time(contact.corrects.at)})
        )


@tells("noted")
def noted(fact: Fact, known: Known) -> Told:
    return Told(_("wrote an internal note"), "lock", "is-internal", [Part(words=known.text(fact["words"]))])


# Promised


@tells("promised")
def promised(fact: Fact, known: Known) -> Told:
    label = _("To be done by %(when)s") if known.is_task else _("Promised: word by %(when)s")
    part = Part(label % {"when": known.time(fact["due_at"])}, known.text(fact["words"]))
    if promise := known.promise(number=fact["number"]):
        part.tag, part.tone = _fate(promise.deadline.state(known.now))
    if fact["wished"]:
        part.label = _("%(label)s, as the customer wished") % {"label": part.label}
    parts = [part, Part(_("In the customer's words"), known.text(fact["wish"]))] if fact["wish"] else [part]
    return Told(_("gave a promise"), "clock", "", parts, below=parts)


def _fate(state: str) -> tuple[str, str]:
    return {
        "kept": (_("kept"), "is-kept"),
        "late": (_("late"), "is-overdue"),
        "withdrawn": (_("withdrawn"), ""),
        "overdue": (_("overdue"), "is-overdue"),
    }.get(state, (_("live"), "is-ink"))


@tells("broke")
def broke(fact: Fact, known: Known) -> Told:
    promise = known.promise(deadline=fact["deadline"])
    due = {"when": known.time(fact["due_at"])}
    if promise:
        title = _("Promise %(number)s broken: no reply by %(when)s") % (due | {"number": promise.number})
    else:
        title = _("%(what)s not done by %(when)s") % (due | {"what": kind_name(fact["kind"] or "")})
    return Told(title, "clock-exclamation", "is-overdue", below=[Part(tag=title, tone="is-overdue")])


@tells("rang")
def rang(fact: Fact, known: Known) -> Told:
    person = {"name": known.name(User, fact["person"]), "position": position_name(fact["position"] or "")}
    text = _("Told: %(name)s, %(position)s") % person
    ring = known.rings.get((fact["deadline"], fact["rung"], fact["round"]))
    if ring and ring.reason and ring.reason["reason"] != HOLDS:
        reason = reason_text(holding_from(ring.reason), known.names)
        text = _("Told: %(name)s, as %(position)s (%(reason)s)") % (person | {"reason": reason})
    return Told(text, "bell")


@tells("reminder_skipped")
def reminder_skipped(fact: Fact, known: Known) -> Told:
    return Told(_("A reminder was skipped, because its time had passed"), "bell-off")


@tells("acknowledged")
def acknowledged(fact: Fact, known: Known) -> Told:
    return Told(_("acknowledged the notice"), "eye-check")


@tells("clock_fault")
def clock_fault(fact: Fact, known: Known) -> Told:
    return Told(
        _("Clock fault: the stamp of %(when)s came too early; the promise was kept")
        % {"when": known.time(fact["stamped_at"])},
        "alert-triangle",
    )


@tells("put_back")
def put_back(fact: Fact, known: Known) -> Told:
    return Told(
        _("gave back to the clock what it had set aside: %(what)s") % {"what": kind_name(fact["kind"] or "")},
        "rotate",
    )


@tells("withdrawn")
def withdrawn(fact: Fact, known: Known) -> Told:
    what = {"what": kind_name(fact["kind"] or ""), "when": known.time(fact["due_at"])}
    return Told(_("no longer owed: %(what)s, due %(when)s") % what, "minus")


# Solved, checked, closed, reopened


@tells("resolved")
def resolved(fact: Fact, known: Known) -> Told:
    tag = _("Solved and accepted") if fact["accepted"] else _("Solved")
    return Told(_("solved the matter"), "check", "is-kept", below=[Part(tag=tag, tone="is-kept")])


@tells("check_owed")
def check_owed(fact: Fact, known: Known) -> Told:
    asked = {"when": known.time(fact["due_at"]), "name": known.name(User, fact["owner"])}
    texts = {
        OpinionCheck.Form.CONFIRMATION: _("A second person confirms by %(when)s"),
        OpinionCheck.Form.REQUESTER: _("%(name)s confirms by %(when)s that it is done"),
    }
    text = texts.get(fact["form"], _("Opinion check due by %(when)s"))
    return Told(text % asked, "clipboard-check")


@tells("checked")
def checked(fact: Fact, known: Known) -> Told:
    if fact["form"] == OpinionCheck.Form.CONFIRMATION:
        return Told(_("confirmed that the matter is solved"), "checks", "is-kept")
    if fact["form"] == OpinionCheck.Form.REQUESTER:
        return _confirmed_by_requester(fact)
    tone = {"satisfied": "is-kept", "dissatisfied": "is-overdue"}.get(fact["outcome"], "")
    outcome = _choice(OpinionCheck.Outcome, fact["outcome"])
    title = _("asked the customer: %(outcome)s") % {"outcome": outcome}
    return Told(title, "clipboard-check", tone, below=[Part(tag=capfirst(outcome), tone=tone)])


def _confirmed_by_requester(fact: Fact) -> Told:
    if fact["outcome"] == OpinionCheck.Outcome.SATISFIED:
        return Told(_("confirmed that the task is done"), "checks", "is-kept")
    tag = _("Not done")
    return Told(_("found the task not done"), "x", "is-overdue", below=[Part(tag=tag, tone="is-overdue")])


@tells("check_passed_on")
def check_passed_on(fact: Fact, known: Known) -> Told:
    names = {"name": known.name(User, fact["owner"]), "was": known.name(User, fact["was"])}
    return Told(_("passed the confirmation on from %(was)s to %(name)s") % names, "user-share")


@tells("task_finished")
def task_finished(fact: Fact, known: Known) -> Told:
    return Told(_("reported the task as done"), "check", "is-kept", [Part(words=known.text(fact["words"]))])


@tells("closed")
def closed(fact: Fact, known: Known) -> Told:
    title = _("closed: %(ended)s") % {"ended": _choice(Ticket.Ended, fact["ended"])}
    return Told(title, "circle-check", "is-kept", below=[Part(tag=capfirst(title), tone="is-kept")])


@tells("reopened")
def reopened(fact: Fact, known: Known) -> Told:
    words, below = Part(words=known.text(fact["words"])), Part(tag=_("Reopened"), tone="is-soon")
    return Told(_("took the matter up again"), "rotate", "is-soon", [words], below=[below])


@tells("file_read")
def file_read(fact: Fact, known: Known) -> Told:
    return Told(_("read the reply on the file"), "eye-check", "is-kept")


@tells("reading_passed_on")
def reading_passed_on(fact: Fact, known: Known) -> Told:
    names = {"name": known.name(User, fact["owner"]), "was": known.name(User, fact["was"])}
    return Told(
        _("passed the reply on the file on from %(was)s to %(name)s, to be read") % names, "user-share"
    )


# Owned, marked, corrected, void


@tells("owner_changed")
def owner_changed(fact: Fact, known: Known) -> Told:
    names = {"name": known.name(User, fact["owner"]), "was": known.name(User, fact["was"])}
    if fact["how"] == OwnershipPeriod.How.TAKEN_OVER:
        return Told(_("took the ticket over from %(was)s") % names, "user-share")
    return Told(_("passed the ticket on from %(was)s to %(name)s") % names, "user-share")


@tells("complained_about")
def complained_about(fact: Fact, known: Known) -> Told:
    """Who is named stands on the page for those whom it concerns, not on the timeline that everybody reads."""
    parts = [Part(words=known.text(fact["words"]))] if fact["words"] else []
    title = _("named whom of us it is about")
    return Told(
        title, "user-exclamation", "is-soon", parts, below=[Part(tag=_("About a colleague"), tone="is-soon")]
    )


@tells("complained_about_lifted")
def complained_about_lifted(fact: Fact, known: Known) -> Told:
    title = _("took back that it is about a colleague")
    return Told(title, "user-check", "", [Part(words=known.text(fact["words"]))])


@tells("marked")
def marked(fact: Fact, known: Known) -> Told:
    mark = {"mark": _choice(Mark.Code, fact["mark"])}
    return Told(
        _("set a mark: %(mark)s") % mark, "flag", "is-overdue", [Part(words=known.text(fact["words"]))]
    )


@tells("mark_lifted")
def mark_lifted(fact: Fact, known: Known) -> Told:
    mark = {"mark": _choice(Mark.Code, fact["mark"])}
    return Told(_("lifted a mark: %(mark)s") % mark, "flag-off", "", [Part(words=known.text(fact["words"]))])


@tells("customer_corrected")
def customer_corrected(fact: Fact, known: Known) -> Told:
    told = Told(_("corrected the customer"), "user-edit")
    changes = [
        (Customer, _("Customer: %(was)s → %(now)s"), "was", "customer"),
        (ContactPerson, _("Contact person: %(was)s → %(now)s"), "was_person", "person"),
        (Project, _("Project: %(was)s → %(now)s"), "was_project", "project"),
        (Ticket, _("Repeats: %(was)s → %(now)s"), "was_repeat_of", "repeat_of"),
    ]
    for model, text, was, now in changes:
        if fact[was] != fact[now]:
            values = {"was": known.name(model, fact[was]), "now": known.name(model, fact[now])}
            told.parts.append(Part(text % values))
    return told


@tells("repeat_undone")
def repeat_undone(fact: Fact, known: Known) -> Told:
    was = {"was": known.name(Ticket, fact["was_repeat_of"])}
    return Told(
        _("corrected the customer of the matter that this one was said to repeat"), "user-edit", "",
        [Part(_("Repeats no longer: %(was)s") % was)],
    )  # fmt: skip


@tells("reclassified")
def reclassified(fact: Fact, known: Known) -> Told:
    told = Told(_("classified the matter anew"), "tag")
    if fact["was_category"] != fact["category"]:
        names = {
            key: known.name(Category, fact[name])
            for key, name in (("was", "was_category"), ("now", "category"))
        }
        told.parts.append(Part(_("Category: %(was)s → %(now)s") % names))
    if fact["was_severity"] != fact["severity"]:
        values = {
            "was": _choice(Ticket.Severity, fact["was_severity"]),
            "now": _choice(Ticket.Severity, fact["severity"]),
        }
        told.parts.append(Part(_("Severity: %(was)s → %(now)s") % values))
    told.parts.append(Part(_("Because"), known.text(fact["words"])))
    return told


@tells("established")
def established(fact: Fact, known: Known) -> Told:
    told = Told(_("wrote down what became clear"), "bulb")
    for name, label in (("wanted", _("Wanted most")), ("cause", _("Cause"))):
        if fact[name]:
            told.parts.append(Part(label, known.text(fact[name])))
    return told


@tells("void_asked")
def void_asked(fact: Fact, known: Known) -> Told:
    return Told(_("asked to void the ticket"), "trash", "is-soon", [Part(words=known.text(fact["words"]))])


@tells("void_decided")
def void_decided(fact: Fact, known: Known) -> Told:
    if fact["confirmed"]:
        return Told(_("confirmed that the ticket is void"), "trash")
    return Told(_("refused to void the ticket"), "trash-off")
