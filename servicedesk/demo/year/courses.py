"""How the matters of a year go: each course as a story that is cast only when its first moment comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from servicedesk.clock.acknowledging import acknowledge
from servicedesk.clock.models import Ring
from servicedesk.demo import stories
from servicedesk.demo.days import MINUTE
from servicedesk.demo.year.cast import YearCast
from servicedesk.demo.year.matter import YearMatter
from servicedesk.demo.year.scale import how_many
from tickets.contacts import correct_contact
from tickets.corrections import correct_customer, establish, reclassify
from tickets.limits import Word
from tickets.ownership import take_over
from tickets.repeats import likely_repeats
from tickets.resolving import reopen
from tickets.voiding import decide_void

if TYPE_CHECKING:
    from servicedesk.demo.playing import Story
    from servicedesk.staff.models import User

LATELY = 8  # working days: what began since goes one of the usual ways, or is still under way
TYPICAL = ("at_once", "written", "kept", "interim", "late", "task", "decided")
# Courses whose customers write; such matters lie in the mailbox when the day begins
IN_WRITING = {"written": 0.8, "at_once": 0.15, "kept": 0.25, "interim": 0.25, "decided": 0.5}
POST_AT = 0.4  # hours after opening
BUSY = (1.35, 1.1, 1.0, 0.95, 0.85, 0.6, 0.5)  # by weekday; weekends are make-up days
SEASONS = (1.1, 0.9, 0.95, 0.9, 0.95, 1.1, 1.2, 1.15, 0.95, 0.9, 1.05, 1.15)  # heat and frost bring more
KINDS: dict[str, tuple[str, ...]] = {
    "at_once": ("inquiry", "inquiry", "inquiry", "request"),
    "written": ("inquiry",),
    "kept": ("fault", "fault", "fault", "request", "request", "complaint"),
    "interim": ("fault", "complaint", "request"),
    "late": ("fault", "fault", "complaint", "request"),
    "very_late": ("fault", "complaint"),
    "forgotten": ("complaint", "fault"),
    "decided": ("suggestion",),
    "serious": ("fault",),
}
HOUR = timedelta(hours=1)
ANY = ("fault", "fault", "complaint", "request")


def matters(cast: YearCast, count: int, first: int) -> Iterator[Story]:
    """So many matters, spread over the working days like the calls of a real desk."""
    chance, days = cast.chance, cast.world.days
    today = days.work.between(days.at(0, 0), days.now) / HOUR  # hours of it that are over
    backs = range(first, 0 if today < 1 else -1, -1)
    weights = [_busy(days.at(back, 0)) * chance.uniform(0.8, 1.2) for back in backs]
    if today >= 1:
        weights[-1] *= today / 8
    began = sorted(chance.choices(backs, weights, k=count), reverse=True)
    courses = _in_turn(how_many(count), sum(back < LATELY for back in began), chance)
    for course, back in zip(courses, began, strict=True):
        written = chance.random() < IN_WRITING.get(course, 0)
        hours = POST_AT if written else chance.uniform(0.3, 7.9 if back else min(7.9, today))
        at = days.at(back, hours).replace(second=0, microsecond=0)
        yield _cast_then(course, cast, at, in_post=written)


def _in_turn(counts: dict[str, int], lately: int, chance: Random) -> list[str]:
    """All courses in any order, but that the last ones are usual."""
    courses = [course for course, number in counts.items() for _ in range(number)]
    chance.shuffle(courses)
    usual = [number for number, course in enumerate(courses) if course in TYPICAL]
    last = set(usual[-lately:] if lately else [])
    first = [course for number, course in enumerate(courses) if number not in last]
    return first + [courses[number] for number in sorted(last)]


def _busy(day: datetime) -> float:
    return BUSY[day.weekday()] * SEASONS[day.month - 1]


def _cast_then(course: str, cast: YearCast, at: datetime, *, in_post: bool) -> Story:
    """The story of a course, its people and customer chosen among those who are there when it begins."""
    yield at
    story = COURSES[course](cast, at, _how(course, cast, at, in_post=in_post))
    if next(story) != at:
        raise AssertionError(f"{course} does not begin when it was to")
    yield from story


def _how(course: str, cast: YearCast, at: datetime, *, in_post: bool) -> dict[str, Any]:
    """How a matter came in; what lay in the mailbox came since the evening."""
    if in_post:
        received_at = at - timedelta(minutes=cast.chance.randint(20, 14 * 60))
        return {"channel": cast.chance.choice(["email", "email", "web"]), "received_at": received_at}
    if cast.chance.random() < 0.015:
        received_at = cast.world.days.work.last_open(at - timedelta(days=2)) or at - timedelta(days=2)
        reason = cast.chance.choice(cast.world.more["said"]["late_entry"])
        return {"channel": "letter", "received_at": received_at, "late_reason": reason}
    return {"channel": cast.channel()}


# Courses


def _at_once(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    return stories.answered_at_once(cast.matter(*KINDS["at_once"], at=at), at, **how)


def _written(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    how.pop("channel")
    return stories.answered_in_writing(_of_the_post(cast, "written", at, how), at, **how)


def _of_the_post(cast: YearCast, course: str, at: datetime, how: dict[str, Any]) -> YearMatter:
    """The mailbox of a day is opened by one colleague of the service centre."""
    front = cast.roster.teams["front"]
    clerk = front[at.timetuple().tm_yday % len(front)]
    agent = cast.roster.stand_in(clerk, at) if "received_at" in how and "late_reason" not in how else None
    return cast.matter(*KINDS.get(course, ANY), at=at, agent=agent)


def _kept(cast: YearCast, at: datetime, how: dict[str, Any], *, course: str = "kept") -> Story:
    matter = _of_the_post(cast, course, at, how)
    hours = cast.chance.choice([2, 3, 4, 5, 6, 8, 8, 9, 12, 16, 20])
    interim = course == "interim"
    return stories.kept(matter, at, hours=hours, checker=cast.checker(matter, at), interim=interim, **how)


def _late(cast: YearCast, at: datetime, how: dict[str, Any], *, course: str = "late") -> Story:
    matter = cast.matter(*KINDS[course], at=at)
    by = (
        cast.chance.uniform(9, 22)
        if course == "very_late"
        else cast.chance.choice([0.3, 0.5, 0.8, 1.5, 2.5, 4])
    )
    hours = cast.chance.choice([3, 5, 7, 8, 12])
    return stories.late(matter, at, hours=hours, by=by, checker=cast.checker(matter, at), **how)


def _forgotten(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    """Nobody answers until the customer asks, and every rung has rung; then the leader takes it over."""
    matter, days = cast.matter(*KINDS["forgotten"], at=at), cast.world.days
    checker = cast.checker(matter, at)
    yield at
    matter.receive(at, due_at=days.later(at, 6), **how)
    heard_at = days.work.add(at, timedelta(hours=6 + cast.chance.uniform(3, 12)))
    yield heard_at
    matter.hear(heard_at, by=cast.roster.anybody("front", heard_at))
    taken_at = days.work.add(at, timedelta(hours=6 + cast.chance.uniform(37, 46)))  # four days, and some
    yield taken_at
    leader = _leader(matter)
    if leader.pk != matter.ticket.owner_id:
        take_over(matter.known, by=leader, at=taken_at)
    told_at = taken_at + 25 * MINUTE
    yield told_at
    matter.reply(told_at, f"{matter.world.phrase('late')} {matter.text('solved')}", by=leader)
    yield from stories.asked(matter, told_at, checker)


def _leader(matter: YearMatter) -> User:
    """Whoever leads the unit that has it, or the one above."""
    unit = matter.ticket.department
    while unit.manager is None or unit.manager == matter.ticket.owner:
        if unit.parent is None:
            return matter.world.staff["general"]
        unit = unit.parent
    return unit.manager


def _dissatisfied(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    matter = cast.matter(*ANY, at=at)
    return stories.dissatisfied(matter, at, checker=cast.checker(matter, at), **how)


def _reopened(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    """Closed to everybody's content, and back a few days later."""
    matter, days = cast.matter(*ANY, at=at), cast.world.days
    checker = cast.checker(matter, at)
    yield from stories.kept(matter, at, hours=6, checker=checker, **how)
    again_at = days.work.add(at, timedelta(hours=cast.chance.uniform(30, 60)))
    yield again_at
    tell = cast.world.phrase("next_after_dissatisfied")
    word = Word(days.later(again_at, 7), tell, "phone")
    reason = cast.world.filled(cast.chance.choice(cast.world.more["said"]["reopened"]))
    reopen(matter.known, promise=word, reason=reason, by=matter.hand(again_at), at=again_at)
    solved_at = days.work.add(again_at, timedelta(hours=4))
    yield solved_at
    matter.reply(solved_at)
    yield from stories.asked(matter, solved_at, checker)


def _not_reached(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    """Solved; when asked how it was handled nobody answers the first time."""
    matter, days = cast.matter(*ANY, at=at), cast.world.days
    checker = cast.checker(matter, at)
    yield at
    matter.receive(at, due_at=days.later(at, 8), **how)
    solved_at = days.work.add(at, timedelta(hours=5))
    yield solved_at
    matter.reply(solved_at)
    if not matter.ticket.demands_check:
        return
    for hours, outcome in ((5, "not_reached"), (13, "satisfied")):
        asked_at = days.work.add(solved_at, timedelta(hours=hours))
        yield asked_at
        matter.check(asked_at, outcome, by=checker)


def _decided(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    return stories.decided(_of_the_post(cast, "decided", at, how), at, **how)


def _task(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    matter, leader = cast.task(at)
    hours = cast.chance.choice([8, 16, 24, 40])
    return stories.task(matter, at, requester=leader, hours=hours, done=True, confirmed=True)


def _unreached(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    customer = cast.chance.choice(cast.world.circle.by_telephone)
    matter = cast.matter("fault", "complaint", at=at, customer=customer)
    return stories.unreached(matter, at, checker=cast.checker(matter, at))


def _anonymous(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    return stories.on_file(cast.anonymous(at), at, anonymous=True)


def _silent(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    matter = cast.matter("fault", "request", at=at, customer=cast.chance.choice(cast.world.circle.silent))
    return stories.on_file(matter, at)


def _void(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    """Taken down by mistake: one asks for it to be void, the leader confirms, or in the end does not."""
    matter = cast.nothing(at)
    yield at
    matter.receive(at, due_at=cast.world.days.later(at, 9), anonymous=True)
    asked_at = at + 12 * MINUTE
    yield asked_at
    matter.ask_to_void(asked_at, cast.world.more["said"]["no_matter"])
    decided_at = cast.world.days.work.add(asked_at, timedelta(hours=1))
    yield decided_at
    decide_void(
        matter.ticket.void_requests.get(confirmed=None), confirmed=True, by=_leader(matter), at=decided_at
    )


def _repeat(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    """The customer calls a second time about what somebody has in hand."""
    matter, days = cast.matter("fault", "complaint", at=at), cast.world.days
    checker = cast.checker(matter, at)
    again = YearMatter(cast.world, matter.scene, matter.agent, matter.customer, words=matter.words)
    again_at = days.work.add(at, timedelta(hours=5))
    told_at = days.work.add(again_at, timedelta(hours=6))
    asked_at = days.work.add(told_at, timedelta(hours=9))
    yield at
    matter.receive(at, due_at=days.later(at, 16), **how)
    yield again_at
    again.agent = cast.roster.anybody("front", again_at)
    customer, category = matter.customer, matter.known.category
    known = likely_repeats(customer, category=category, at=again_at).first() if customer else None
    again.receive(again_at, due_at=days.later(again_at, 9), repeat_of=known, channel="phone")
    yield told_at
    for one in (matter, again):
        one.reply(told_at)
    yield asked_at
    for one in (matter, again):
        one.check(asked_at, "satisfied", by=checker)


def _wished(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    """The customer is away and wants to be called weeks later."""
    matter, days = cast.matter("request", "fault", at=at), cast.world.days
    checker = cast.checker(matter, at)
    yield at
    matter.receive(at, due_at=days.later(at, 9), **how)
    told_at = days.work.add(at, timedelta(hours=6))
    yield told_at
    if matter.is_spoken_with(told_at):
        matter.reply(told_at, cast.world.phrase("wish_later"), next_at=days.later(told_at, 90), wished=True)
        told_at = days.work.add(told_at, timedelta(hours=84))
        yield told_at
    matter.reply(told_at)
    yield from stories.asked(matter, told_at, checker)


def _serious(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    """Marked; the word breaks within the day. The leader sees it, or is silent and the deputy does."""
    matter, days = cast.matter("fault", at=at), cast.world.days
    checker, code = (
        cast.checker(matter, at),
        cast.chance.choice(["serious_event", "major_fault", "major_fault"]),
    )
    marked_at, told_at = at + 5 * MINUTE, at + 40 * MINUTE
    yield at
    matter.receive(at, due_at=days.later(at, 2), **how)
    yield marked_at
    matter.mark(marked_at, code)
    yield told_at
    broke_at = told_at + timedelta(hours=1)
    matter.reply(told_at, next_at=broke_at)
    for minutes in (15, 75) if cast.chance.random() < 0.6 else (75,):
        seen_at = broke_at + minutes * MINUTE
        yield seen_at
        _seen(matter, seen_at)
    solved_at = broke_at + timedelta(hours=cast.chance.uniform(1.6, 5))
    yield solved_at
    matter.reply(solved_at, f"{matter.world.phrase('late')} {matter.text('solved')}")
    yield from stories.asked(matter, solved_at, checker)


def _seen(matter: YearMatter, at: datetime) -> None:
    """Whoever was told last acknowledges it."""
    asking = Ring.objects.filter(
        deadline=matter.ticket.live_deadline_id, rung__acknowledge=True, skipped=False, acknowledged_at=None
    )
    ring = asking.select_related("person").order_by("-pk").first()
    if ring and ring.person:
        acknowledge(ring, by=ring.person, at=at)


def _corrected(cast: YearCast, at: datetime, how: dict[str, Any]) -> Story:
    """A slip in the customer, the class or the words, put right beside the old entry."""
    matter, days, said = cast.matter("fault", at=at), cast.world.days, cast.world.more["said"]
    checker = cast.checker(matter, at)
    right = cast.world.circle.anybody()
    acts: list[Callable[[datetime], Any]] = [
        lambda at: reclassify(
            matter.known, category=matter.ticket.category, severity="severe" if matter.scene.severity != "severe" else "minor",
            reason=said["class_reason"], by=matter.hand(at), at=at,
        ),
        lambda at: establish(matter.known, cause=cast.chance.choice(said["cause"]), by=matter.hand(at), at=at),
    ]  # fmt: skip
    if matter.customer and right.pk != matter.customer.pk:
        acts.append(partial(_to_the_right_one, matter, right))
    story = stories.kept(matter, at, hours=12, checker=checker, **how)
    yield next(story)
    solved_at = next(story)
    for number, act in enumerate(acts):
        moment = days.work.add(at, timedelta(hours=1 + number * 0.7))
        if moment < solved_at:
            yield moment
            act(moment)
    yield solved_at
    asked_at = next(story)
    reply = matter.known.contacts.filter(purpose="reply").latest("pk")
    correct_contact(reply, words=said["wrong_words"], by=checker, at=solved_at)
    yield asked_at
    yield from story


def _to_the_right_one(matter: YearMatter, customer: Any, at: datetime) -> None:
    matter.customer, matter.person = customer, None
    correct_customer(matter.known, customer=customer, by=matter.hand(at), at=at)


COURSES: dict[str, Callable[[YearCast, datetime, dict[str, Any]], Story]] = {
    "at_once": _at_once,
    "written": _written,
    "kept": _kept,
    "interim": partial(_kept, course="interim"),
    "late": _late,
    "very_late": partial(_late, course="very_late"),
    "forgotten": _forgotten,
    "dissatisfied": _dissatisfied,
    "reopened": _reopened,
    "not_reached": _not_reached,
    "decided": _decided,
    "task": _task,
    "unreached": _unreached,
    "anonymous": _anonymous,
    "silent": _silent,
    "void": _void,
    "repeat": _repeat,
    "wished": _wished,
    "serious": _serious,
    "corrected": _corrected,
}
