"""The health page in words: for each thing watched a light, what was read, and what to do about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.audit.invariants import title_of
from servicedesk.clock.kinds import kind_name
from servicedesk.health.facts import Facts
from servicedesk.timewords import short_time, time_since

KEPT, SOON, OVERDUE, UNKNOWN = "kept", "soon", "overdue", "unknown"
NIGHT = timedelta(hours=26)  # what runs every night is missed after so long
BACKUP_AGE = timedelta(hours=48)
MESSAGE_LATE, MESSAGE_VERY_LATE = 300, 3600  # seconds
DISK_LOW, DISK_VERY_LOW = 5 * 1024**3, 1024**3  # bytes
DIFFERENCE_SHOWN = 0.5  # seconds; what is less would only flicker


@dataclass(frozen=True)
class Line:
    """One thing watched. `advice` says what to do, empty where nothing is; `details` are further lines below it."""

    code: str
    title: str
    light: str
    reading: str
    advice: str = ""
    details: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Panel:
    """Lines that belong together."""

    code: str
    title: str
    lines: list[Line]


def panels(facts: Facts) -> list[Panel]:
    """Everything that is watched; the first two panels stand in one column, the others beside them."""
    return [
        Panel("clock", _("The clock"), _lines(facts, sweep, beat, ring, set_aside, with_leavers, difference)),
        Panel("messages", _("Messages"), _lines(facts, waiting, failed, given_up)),
        Panel("proof", _("Proof"), _lines(facts, audit, seal, backup)),
        Panel("machine", _("Machine"), _lines(facts, broker, migrations, database, disk)),
    ]


def _lines(facts: Facts, *makers: Callable[[Facts], Line]) -> list[Line]:
    return [maker(facts) for maker in makers]


def _unread(code: str, title: str) -> Line:
    reading = _("not known: the database gave no answer in time")
    advice = _("The log says why. As long as only this line is grey, everything else goes on working.")
    return Line(code, title, UNKNOWN, reading, advice)


# The clock


def sweep(facts: Facts) -> Line:
    advice = _("Start the worker, or look into its log: without it nothing rings and nothing is sent.")
    return _pulse(facts, "sweep", _("Last run of the clock"), advice)


def beat(facts: Facts) -> Line:
    advice = _("Start the beat, or look into its log: it asks for every run of the clock.")
    return _pulse(facts, "beat", _("Last beat"), advice)


def _pulse(facts: Facts, code: str, title: str, advice: str) -> Line:
    if facts.beats is None:
        return _unread(code, title)
    if code not in facts.beats:
        return Line(code, title, OVERDUE, _("never"), advice)
    moment = facts.beats[code]
    age = (facts.at - moment).total_seconds()
    wrong = age > settings.READY_SWEEP_AGE or age < -settings.READY_CLOCK_DIFFERENCE
    return Line(
        code, title, OVERDUE if wrong else KEPT, time_since(moment, facts.at), advice if wrong else ""
    )


def ring(facts: Facts) -> Line:
    code, title = "ring", _("Oldest step that is due")
    if facts.overdue is None:
        return _unread(code, title)
    if not facts.overdue:
        return Line(code, title, KEPT, _("none waits"))
    row = facts.overdue[0]
    since = row.next_ring_at or facts.at
    reading = f"{time_since(since, facts.at)} · {kind_name(row.kind)} · {row.label}"
    if (facts.at - since).total_seconds() <= settings.READY_SWEEP_AGE:
        return Line(code, title, KEPT, _("none waits for long"))
    advice = _(
        "If the clock runs, it catches up by itself after an outage. If it does not, another process holds "
        "this matter: look for a transaction that never ends."
    )
    return Line(code, title, OVERDUE, reading, advice)


def set_aside(facts: Facts) -> Line:
    code, title = "set_aside", _("Rows set aside")
    if facts.set_aside is None:
        return _unread(code, title)
    count = facts.set_aside.number
    if not count:
        return Line(code, title, KEPT, _("none"))
    reading = ngettext("%(count)d row", "%(count)d rows", count) % {"count": count}
    advice = _(
        "The clock met an error in these rows and passes them over, so nobody is reminded of them. The worker's "
        "log holds the whole error (deadline set aside). Mend the cause, then try again."
    )
    return Line(code, title, OVERDUE, reading, advice)


def with_leavers(facts: Facts) -> Line:
    code, title = "with_leavers", _("Owed by people who leave")
    if facts.with_leavers is None:
        return _unread(code, title)
    if not facts.with_leavers:
        return Line(code, title, KEPT, _("none"))
    count = facts.with_leavers
    reading = ngettext("%(count)d matter", "%(count)d matters", count) % {"count": count}
    advice = _(
        "Their log-ins are blocked and nobody else could take this on. Open the log-in of somebody in their department "
        "or above: it passes on by itself within ten minutes."
    )
    return Line(code, title, OVERDUE, reading, advice)


def difference(facts: Facts) -> Line:
    code, title = "difference", _("Clock of this machine")
    if facts.clock is None:
        return _unread(code, title)
    seconds = facts.clock.difference
    if abs(seconds) < DIFFERENCE_SHOWN:
        return Line(code, title, KEPT, _("agrees with the database server's"))
    side = (
        _("%(seconds)s s ahead of the database server's")
        if seconds > 0
        else _("%(seconds)s s behind the database server's")
    )
    reading = side % {"seconds": f"{abs(seconds):.1f}"}
    if abs(seconds) <= settings.READY_CLOCK_DIFFERENCE:
        return Line(code, title, KEPT, reading)
    return Line(code, title, OVERDUE, reading, _("Set both clocks by the same time server (NTP)."))


# Messages


def waiting(facts: Facts) -> Line:
    code, title = "waiting", _("Messages waiting")
    if facts.queue is None:
        return _unread(code, title)
    count = facts.queue["queued"] + facts.queue["failed"]
    if not count:
        return Line(code, title, KEPT, _("none"))
    reading = ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
    oldest = facts.queue["oldest_waiting"] or facts.at
    late = (facts.at - oldest).total_seconds()
    if late <= MESSAGE_LATE:
        return Line(code, title, KEPT, reading)
    reading = f"{reading} · " + _("the oldest is late: %(since)s") % {"since": time_since(oldest, facts.at)}
    advice = _(
        "If the clock runs as well, the mail server is slow or out of reach; failed messages name the error."
    )
    return Line(code, title, OVERDUE if late > MESSAGE_VERY_LATE else SOON, reading, advice)


def failed(facts: Facts) -> Line:
    code, title = "failed", _("Messages that failed")
    if facts.queue is None or facts.failed is None:
        return _unread(code, title)
    count = facts.queue["failed"]
    if not count:
        return Line(code, title, KEPT, _("none"))
    reading = ngettext(
        "%(count)d message, tried again by itself", "%(count)d messages, tried again by themselves", count
    ) % {"count": count}
    advice = _("Mend what the error names (EMAIL_URL, the mail server); nothing else is needed.")
    details = [
        _("%(event)s, try %(tries)d: %(error)s; again %(when)s")
        % {
            "event": message.event,
            "tries": message.tries,
            "error": message.last_error,
            "when": short_time(message.next_try_at, facts.at),
        }
        for message in facts.failed
        if message.next_try_at
    ]
    return Line(code, title, SOON, reading, advice, details)


def given_up(facts: Facts) -> Line:
    code, title = "given_up", _("Messages given up")
    if facts.queue is None or facts.given_up is None:
        return _unread(code, title)
    count = facts.queue["given_up"]
    if not count:
        return Line(code, title, KEPT, _("none"))
    reading = ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
    advice = _("Nobody tries these any more. Mend what the error names, then send them again.")
    return Line(code, title, OVERDUE, reading, advice)


# Proof


def audit(facts: Facts) -> Line:
    code, title = "audit", _("Nightly audit")
    if facts.audits is None:
        return _unread(code, title)
    if not facts.audits:
        return Line(code, title, SOON, _("never"), _("It runs at 03:20; manage.py audit checks at once."))
    run = facts.audits[0]
    when = short_time(run.started_at, facts.at)
    if run.violations:
        found = ngettext("%(count)d violation", "%(count)d violations", run.violations)
        advice = _(
            "Something does not hold that always must. Keep the logs, change nothing by hand, find out what "
            "wrote these rows, and ask whoever maintains the desk."
        )
        reading = f"{when} · {found % {'count': run.violations}}"
        return Line(code, title, OVERDUE, reading, advice, list(_findings(run.findings)))
    reading = f"{when} · " + _("no violations")
    if facts.at - run.started_at > NIGHT:
        advice = _("Last night's run is missing: look at the worker's log of that night.")
        return Line(code, title, SOON, reading, advice)
    return Line(code, title, KEPT, reading)


def _findings(findings: Iterable[dict]) -> Iterable[str]:
    """Each check that found something, with the first example."""
    for finding in findings:
        if finding["violations"]:
            name = title_of(finding["name"]) or finding["title"]
            first = "".join(f" · {one['subject']}: {one['text']}" for one in finding["examples"][:1])
            yield f"{name}: {finding['violations']}{first}"


def seal(facts: Facts) -> Line:
    code, title = "seal", _("Last daily seal")
    if facts.seals is None:
        return _unread(code, title)
    if not facts.seals:
        return Line(code, title, SOON, _("never"), _("The day is sealed at 00:10."))
    last = facts.seals[0]
    heads = ngettext("%(count)d timeline", "%(count)d timelines", last.heads) % {"count": last.heads}
    reading = f"{short_time(last.at, facts.at)} · {heads} · {last.hash[:12]}…"
    if facts.at - last.at > NIGHT:
        advice = _("Last night's seal is missing: look at the worker's log of that night.")
        return Line(code, title, SOON, reading, advice)
    return Line(code, title, KEPT, reading)


def backup(facts: Facts) -> Line:
    code, title = "backup", _("Last back-up")
    if facts.beats is None:
        return _unread(code, title)
    moment: datetime | None = facts.beats.get("backup")
    advice = _("Let manage.py backup run every night. Back-ups made by other means are not known here.")
    if moment is None:
        return Line(code, title, UNKNOWN, _("none by manage.py backup"), advice)
    reading = short_time(moment, facts.at)
    if facts.at - moment > BACKUP_AGE:
        return Line(code, title, SOON, reading, advice)
    return Line(code, title, KEPT, reading)


# Machine


def broker(facts: Facts) -> Line:
    code, title = "broker", _("Broker")
    if facts.broker is None:
        advice = _(
            "Start Redis, or look at REDIS_URL. Nothing is lost meanwhile: what is due stands in the database "
            "and is caught up."
        )
        return Line(code, title, OVERDUE, _("does not answer"), advice)
    return Line(code, title, KEPT, facts.broker or _("a folder on this machine"))


def migrations(facts: Facts) -> Line:
    code, title = "migrations", _("Migrations")
    if facts.migrations is None:
        return _unread(code, title)
    if lacking := facts.migrations.lacking:
        reading = ngettext("%(count)d not applied", "%(count)d not applied", len(lacking))
        details = [".".join(migration) for migration in lacking]
        advice = _("Run manage.py migrate, then start the processes again.")
        return Line(code, title, OVERDUE, reading % {"count": len(lacking)}, advice, details)
    if unknown := facts.migrations.unknown:
        reading = _("the database is newer than this program")
        details = [".".join(migration) for migration in unknown]
        advice = _("Some process still runs an older version: start all of them anew.")
        return Line(code, title, OVERDUE, reading, advice, details)
    return Line(code, title, KEPT, _("all applied"))


def database(facts: Facts) -> Line:
    code, title = "database", _("Database")
    if facts.database is None:
        return _unread(code, title)
    return Line(code, title, KEPT, f"{facts.database.engine} · {filesizeformat(facts.database.size)}")


def disk(facts: Facts) -> Line:
    code, title = "disk", _("Free space")
    if facts.disk is None:
        advice = _("The folder VAR_DIR cannot be read; nothing can be written there either.")
        return Line(code, title, OVERDUE, _("not known"), advice)
    free, total = facts.disk
    reading = _("%(free)s of %(total)s") % {"free": filesizeformat(free), "total": filesizeformat(total)}
    if free > DISK_LOW:
        return Line(code, title, KEPT, reading)
    advice = _(
        "Make room where the desk's data lies: old back-ups and logs first. A full disk stops all work."
    )
    return Line(code, title, OVERDUE if free < DISK_VERY_LOW else SOON, reading, advice)
