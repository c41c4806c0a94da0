"""How matters go, each told as the moments at which somebody acts; between them anything else may happen."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from servicedesk.customers.editing import confirm_customer
from servicedesk.customers.persons import change_contact_person
from servicedesk.demo.days import MINUTE
from servicedesk.outbox.models import IN_APP, Message
from servicedesk.outbox.reading import mark_all_read

if TYPE_CHECKING:
    from servicedesk.customers.models import Customer
    from servicedesk.demo.matter import Matter
    from servicedesk.demo.playing import Story
    from servicedesk.staff.models import User


# Closed matters


def answered_at_once(matter: Matter, at: datetime, **how: Any) -> Story:
    yield at
    matter.receive(at, **how)


def kept(
    matter: Matter, at: datetime, *, hours: float, checker: User, interim: bool = False, **how: Any
) -> Story:
    """Promised, told in time (with news first where `interim`), solved, asked, satisfied."""
    days = matter.world.days
    yield at
    due_at = days.later(at, hours)
    matter.receive(at, due_at=due_at, **how)
    if interim:
        told_at = days.work.add(at, timedelta(hours=hours * 0.6))
        yield told_at
        due_at = days.later(told_at, hours + 3)
        matter.reply(told_at, next_at=due_at)
        at = told_at
    solved_at = at + (due_at - at) * 0.7
    solved_at = max(days.work.last_open(solved_at) or solved_at, at + 10 * MINUTE)
    yield solved_at
    matter.reply(solved_at)
    yield from asked(matter, solved_at, checker)


def late(matter: Matter, at: datetime, *, hours: float, by: float, checker: User, **how: Any) -> Story:
    """Promised and forgotten; answered so many working hours late."""
    days = matter.world.days
    yield at
    due_at = days.later(at, hours)
    matter.receive(at, due_at=due_at, **how)
    solved_at = days.work.add(due_at, timedelta(hours=by))
    yield solved_at
    matter.reply(solved_at, f"{matter.world.phrase('late')} {matter.text('solved')}")
    yield from asked(matter, solved_at, checker)


def asked(matter: Matter, solved_at: datetime, checker: User) -> Iterator[datetime]:
    """The opinion check a day or two later, where the kind demands one."""
    if not matter.ticket.demands_check:
        return
    hours = 2 + matter.world.chance.random() * 6
    asked_at = matter.world.days.work.add(solved_at, timedelta(hours=hours))
    yield asked_at
    matter.check(asked_at, "satisfied", by=checker)


def dissatisfied(
    matter: Matter, at: datetime, *, checker: User, next_at: datetime | None = None, **how: Any
) -> Story:
    """Solved, but not to the customer's mind: taken up again, and solved for good unless `next_at` is still to come."""
    days = matter.world.days
    yield at
    matter.receive(at, due_at=days.later(at, 7), **how)
    solved_at = days.work.add(at, timedelta(hours=4))
    yield solved_at
    matter.reply(solved_at)
    asked_at = days.work.add(solved_at, timedelta(hours=6))
    yield asked_at
    matter.check(asked_at, "dissatisfied", by=checker, next_at=next_at or days.later(asked_at, 9))
    if next_at:
        return
    again_at = days.work.add(asked_at, timedelta(hours=5))
    yield again_at
    matter.reply(again_at)
    yield from asked(matter, again_at, checker)


def decided(matter: Matter, at: datetime, **how: Any) -> Story:
    """A suggestion, until its decision is told."""
    days = matter.world.days
    yield at
    matter.receive(at, due_at=days.later(at, 20), **how)
    told_at = days.work.add(at, timedelta(hours=13))
    yield told_at
    matter.reply(told_at)


def answered_in_writing(matter: Matter, at: datetime, **how: Any) -> Story:
    """An inquiry answered by mail; it closes by itself unless the customer objects."""
    days = matter.world.days
    yield at
    matter.receive(at, due_at=days.later(at, 9), channel="email", **how)
    told_at = days.work.add(at, timedelta(hours=3))
    yield told_at
    matter.reply(told_at, mode="written", channel="email")


def task(
    matter: Matter, at: datetime, *, requester: User, hours: float, done: bool, confirmed: bool
) -> Story:
    """A task without a customer, done and confirmed as far as it came."""
    days = matter.world.days
    yield at
    matter.receive(at, due_at=days.later(at, hours), requester=requester, channel="inspection")
    if not done:
        return
    done_at = days.work.add(at, timedelta(hours=hours * 0.6))
    yield done_at
    matter.finish(done_at)
    if confirmed:
        confirmed_at = days.work.add(done_at, timedelta(hours=2))
        yield confirmed_at
        matter.confirm_done(confirmed_at, by=requester)


def unreached(matter: Matter, at: datetime, *, checker: User, **how: Any) -> Story:
    """Only a telephone is known and nobody answers: two attempts keep the word, then somebody does answer."""
    days = matter.world.days
    yield at
    matter.receive(at, due_at=days.later(at, 6), **how)
    for hours in (2, 3):
        tried_at = days.work.add(at, timedelta(hours=hours))
        yield tried_at
        matter.try_to_reach(tried_at, next_at=days.later(tried_at, 6) if hours == 3 else None)
    reached_at = days.work.add(at, timedelta(hours=7))
    yield reached_at
    matter.reply(reached_at)
    yield from asked(matter, reached_at, checker)


def on_file(matter: Matter, at: datetime, *, read: bool = True, confirmed: bool = True, **how: Any) -> Story:
    """Nobody can be told: the reply goes onto the file, the manager reads it, a second person confirms."""
    days = matter.world.days
    yield at
    matter.receive(at, due_at=days.later(at, 12), **how)
    solved_at = days.work.add(at, timedelta(hours=6))
    yield solved_at
    matter.reply(solved_at)
    if not read:
        return
    read_at = days.work.add(solved_at, timedelta(hours=1.5))
    yield read_at
    manager = matter.read_file(read_at)
    if confirmed:
        confirmed_at = read_at + 20 * MINUTE
        yield confirmed_at
        matter.confirm(confirmed_at, by=manager)


def void(
    matter: Matter, at: datetime, *, reason: str, manager: User, confirmed: bool = True, **how: Any
) -> Story:
    """Advertising or a mistake: one person asks for it to be void, another confirms."""
    days = matter.world.days
    yield at
    matter.receive(at, due_at=days.later(at, 9), **how)
    asked_at = at + 12 * MINUTE
    yield asked_at
    matter.ask_to_void(asked_at, reason)
    if confirmed:
        decided_at = days.work.add(asked_at, timedelta(hours=1))
        yield decided_at
        matter.void(decided_at, by=manager)


# Open matters


def promised(matter: Matter, at: datetime, *, due_at: datetime, **how: Any) -> Story:
    """Taken in, the customer waits for the first word."""
    yield at
    matter.receive(at, due_at=due_at, **how)


def told_once(matter: Matter, at: datetime, *, told_at: datetime, due_at: datetime, **how: Any) -> Story:
    """Taken in and told the news; the next word is promised for `due_at`."""
    yield at
    matter.receive(at, due_at=matter.world.days.later(told_at, 1), **how)
    yield told_at
    matter.reply(told_at, next_at=due_at)


def solved(
    matter: Matter, at: datetime, *, solved_at: datetime, not_reached_at: datetime | None = None, **how: Any
) -> Story:
    """Solved; how it was handled is still to be asked, or was tried once."""
    yield at
    matter.receive(at, due_at=matter.world.days.later(solved_at, 1), **how)
    yield solved_at
    matter.reply(solved_at)
    if not_reached_at:
        yield not_reached_at
        matter.check(not_reached_at, "not_reached", by=matter.agent)


def then(first: Story, *acts: tuple[datetime, Any]) -> Story:
    """A story with further acts of single moments afterwards."""
    yield from first
    for moment, act in acts:
        yield moment
        act(moment)


# Routine


def profiles(customers: list[Customer], moments: list[datetime], *, post: str, by: User) -> Story:
    """One after the other the customers say that their profile is still right; the last one has a new post."""
    for customer, moment in zip(customers, moments, strict=True):
        yield moment
        confirm_customer(customer, by=by, at=moment)
    changed_at = moments[-1] + 5 * MINUTE
    yield changed_at
    change_contact_person(customers[-1].persons.get(is_main=True), post=post, by=by, at=changed_at)


def read_notices(people: Collection[User], moments: list[datetime]) -> Story:
    """At the end of each day everybody has read their notices; `people` may grow meanwhile."""
    for moment in moments:
        yield moment
        unread = Message.objects.filter(channel=IN_APP, read_at=None, sent_at__lte=moment)
        waiting = set(unread.values_list("recipient", flat=True))
        for person in people:
            if person.pk in waiting:
                mark_all_read(person, up_to=moment, at=moment)
