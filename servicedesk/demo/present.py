"""What is open now: due within minutes, today and tomorrow, overdue on every rung, waiting for somebody's word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from servicedesk.demo import stories
from servicedesk.demo.days import MINUTE
from servicedesk.demo.stories import then
from tickets.contacts import correct_contact
from tickets.corrections import correct_customer, establish, reclassify
from tickets.ownership import take_over
from tickets.repeats import likely_repeats

if TYPE_CHECKING:
    from datetime import datetime

    from servicedesk.demo.cast import Cast
    from servicedesk.demo.playing import Story

# Minutes from now, who promised, about what: a visitor sees words broken soon after the start
SOON = [
    (2, "agent", "wifi_slow"),
    (4, "agent2", "bill_wrong"),
    (6, "agent", "intercom_silent"),
    (10, "agent", "new_cards"),
    (18, "tech2", "ac_drips"),
    (30, "agent", "lift_noise"),
    (45, "agent3", "parking_price"),
]
# Working hours from now, who promised, about what
COMING = [
    (2, "agent", "no_show"), (2.5, "agent4", "door_reader"), (3, "tech3", "water_tepid"), (4.5, "agent", "login_fails"),
    (5, "agent3", "deposit_late"), (7, "agent2", "sockets"), (8, "tech1", "breaker_trips"), (9, "agent", "extra_cleaning"),
    (10, "agent4", "noise_night"), (12, "agent", "ac_warm"), (13, "tech2", "pipe_leak"), (15, "agent3", "late_cooling"),
]  # fmt: skip
# Working day back and hours of it at which the word was due, who promised, about what
OVERDUE = [
    (1, 5, "agent", "drain_blocked"),  # the manager was told
    (1, 7.5, "agent3", "cleaning_missed"),
    (1, 3, "tech2", "corridor_dark"),  # the manager is on leave, so the deputy
    (2, 4, "agent2", "repair_again"),  # the executive too
    (3, 6, "tech3", "filters"),
    (5, 3, "agent4", "bay_taken"),  # the general manager too
]
# Solved so many working hours ago, by whom, about what: to be asked how it was handled
SOLVED = [
    (1, "agent", "visitor_wifi"), (1.5, "agent2", "lift_wait"), (2.5, "tech1", "lift_stops"), (3, "agent", "rude_guard"),
    (4, "agent3", "late_cooling"), (5.5, "tech3", "network_down"), (7, "agent4", "new_accounts"), (50, "agent3", "goods_lift"),
]  # fmt: skip
TRIED = "new_accounts"  # where nobody answered when asked


def present(cast: Cast) -> Iterator[Story]:
    """Stories of the last days that are still open."""
    yield from _due_within_minutes(cast)
    yield from _to_come(cast)
    yield from _overdue(cast)
    yield from _solved(cast)
    yield from _special(cast)
    yield from _corrected(cast)
    yield from _nobody_to_tell(cast)
    yield from _tasks(cast)


def _due_within_minutes(cast: Cast) -> Iterator[Story]:
    days = cast.world.days
    for minutes, agent, code in SOON:
        matter = cast.matter(code=code, agent=agent)
        yield stories.promised(matter, days.at(1, 1 + minutes / 9), due_at=days.in_minutes(minutes))


def _to_come(cast: Cast) -> Iterator[Story]:
    days = cast.world.days
    for number, (hours, agent, code) in enumerate(COMING):
        matter = cast.matter(code=code, agent=agent)
        due_at = days.later(days.now, hours)
        if number % 3:
            yield stories.promised(matter, days.at(1, 1.3 + hours / 2.5), due_at=due_at)
        else:
            told_at = days.at(1, 2 + hours / 3)
            yield stories.told_once(matter, days.at(2, 3), told_at=told_at, due_at=due_at)


def _overdue(cast: Cast) -> Iterator[Story]:
    days = cast.world.days
    for number, (back, hours, agent, code) in enumerate(OVERDUE):
        matter = cast.matter(code=code, agent=agent)
        story = stories.promised(matter, days.at(back + 1, 1.1 + number * 0.83), due_at=days.at(back, hours))
        chased = back in (2, 5)
        heard_at = days.at(1, 1 + back)
        yield then(story, (heard_at, partial(matter.hear, by=cast.staff["agent"]))) if chased else story


def _solved(cast: Cast) -> Iterator[Story]:
    days = cast.world.days
    for hours, agent, code in SOLVED:
        matter = cast.matter(code=code, agent=agent)
        tried_at = days.before(2) if code == TRIED else None
        solved_at = days.before(hours)
        yield stories.solved(matter, days.before(hours + 8), solved_at=solved_at, not_reached_at=tried_at)
    again = cast.matter(code="water_tepid", agent="agent2")
    due_at = days.later(days.now, 6)
    yield stories.dissatisfied(again, days.at(3, 1), checker=cast.staff["agent"], next_at=due_at)
    for hours in (2, 5):
        yield stories.answered_in_writing(cast.matter("inquiry", agent="agent"), days.at(2, hours))


def _special(cast: Cast) -> Iterator[Story]:
    """A serious event, a matter taken over, a repeat, notes, a customer's own wish."""
    world, staff, days = cast.world, cast.staff, cast.world.days
    serious = cast.matter(
        code="network_down", agent="agent3", customer=world.served.organisations["northgate"]
    )
    broke_at = days.in_minutes(-50)
    story = stories.promised(serious, days.at(1, 4), due_at=days.at(1, 6))
    yield then(
        story,
        (days.at(1, 4.1), partial(serious.mark, code="major_fault")),
        (days.at(1, 5), partial(serious.reply, next_at=broke_at)),
        (broke_at + 9 * MINUTE, partial(serious.acknowledge_breach, by=staff["manager"])),
    )
    taken = cast.matter(code="bill_wrong", agent="agent4", customer=world.served.organisations["lawfirm"])
    yield then(
        stories.promised(taken, days.at(2, 5), due_at=days.at(1, 4)),
        (days.at(1, 2), lambda at: take_over(taken.ticket, by=staff["manager"], at=at)),
        (
            days.at(1, 3),
            lambda at: taken.reply(
                at, world.phrase("taken_over_news"), by=staff["manager"], next_at=days.later(days.now, 11)
            ),
        ),
    )
    yield from _repeat(cast)
    noted = cast.matter(code="ac_warm", agent="agent", customer=world.served.organisations["museum"])
    yield then(
        stories.promised(noted, days.at(2, 6), due_at=days.at(1, 5)),
        (days.at(2, 6.5), partial(noted.note, key="ask_tech", by=staff["agent"], to=staff["tech1"])),
        (days.at(2, 7.5), partial(noted.note, key="answer_tech", by=staff["tech1"], to=staff["agent"])),
        (days.at(1, 2), partial(noted.reply, next_at=days.later(days.now, 3.5))),
        (days.at(1, 6), noted.update),
    )
    wished = cast.matter(code="sockets", agent="agent")
    yield then(
        stories.promised(wished, days.at(4, 3), due_at=days.at(3, 3)),
        (
            days.at(3, 2),
            lambda at: wished.reply(
                at,
                world.phrase("wish_later"),
                next_at=days.later(days.now + timedelta(days=12), 1),
                wished=True,
            ),
        ),
    )


def _repeat(cast: Cast) -> Iterator[Story]:
    """A customer calls again about what a colleague has in hand."""
    staff, days = cast.staff, cast.world.days
    customer = cast.world.served.organisations["bakery"]
    first = cast.matter(code="pipe_leak", agent="tech2", customer=customer)
    again = cast.matter(code="pipe_leak", agent="agent", customer=customer)
    yield then(
        stories.told_once(first, days.at(3, 2), told_at=days.at(2, 3), due_at=days.later(days.now, 8)),
        (days.at(2, 4), partial(first.note, key="tell_manager", by=staff["tech2"], to=staff["tech1"])),
    )

    def call_again(at: datetime) -> None:
        known = likely_repeats(customer, category=first.ticket.category, at=at).first()
        again.receive(at, due_at=days.later(days.now, 4), repeat_of=known)

    yield then(iter(()), (days.at(1, 7), call_again))


def _corrected(cast: Cast) -> Iterator[Story]:
    """Slips put right: the wrong customer, a wrong class, words written down wrongly, a letter found late."""
    said, staff, days = cast.world.said, cast.staff, cast.world.days
    wrong = cast.matter(code="door_reader", agent="agent2")
    organisations = cast.world.served.organisations
    right = next(organisations[key] for key in ("clinic", "library") if organisations[key] != wrong.customer)
    yield then(
        stories.promised(wrong, days.at(1, 3), due_at=days.later(days.now, 5.5)),
        (days.at(1, 4), partial(wrong.note, key="plain", by=staff["agent2"])),
        (
            days.at(1, 4.2),
            lambda at: correct_customer(
                wrong.ticket, customer=right, contact_person=right.persons.first(), by=staff["agent"], at=at
            ),
        ),
    )
    raised = cast.matter(
        code="wifi_slow", agent="agent", customer=cast.world.served.organisations["callcentre"]
    )
    yield then(
        stories.told_once(raised, days.at(2, 2), told_at=days.at(1, 1.5), due_at=days.later(days.now, 2.2)),
        (
            days.at(1, 2),
            lambda at: reclassify(
                raised.ticket,
                category=raised.ticket.category,
                severity="severe",
                reason=said["phrases"]["severity_reason"],
                by=staff["agent"],
                at=at,
            ),
        ),
        (
            days.at(1, 3),
            lambda at: establish(raised.ticket, cause=said["phrases"]["cause"], by=staff["agent"], at=at),
        ),
        (
            days.at(1, 3.5),
            lambda at: correct_contact(
                raised.ticket.contacts.get(purpose="reply"),
                words=said["phrases"]["corrected_words"],
                by=staff["agent"],
                at=at,
            ),
        ),
    )
    letter = cast.matter(code="contract_end", agent="agent3")
    yield stories.promised(
        letter,
        days.at(1, 2),
        due_at=days.later(days.now, 10),
        channel="letter",
        received_at=days.at(3, 3),
        late_reason=said["phrases"]["late_reason"],
    )
    named = cast.matter(code="bay_taken", agent="agent2")
    yield stories.promised(
        named,
        days.at(1, 5),
        due_at=days.later(days.now, 9.5),
        first_responder=staff["agent"],
        read_back="impossible",
        read_back_note=said["phrases"]["read_back_note"],
    )


def _nobody_to_tell(cast: Cast) -> Iterator[Story]:
    """Anonymous matters and a void request, each waiting for a second person."""
    manager, days = cast.staff["manager"], cast.world.days
    light, smoking = cast.anonymous("light", agent="agent"), cast.anonymous("smoking", agent="agent4")
    yield stories.promised(light, days.at(1, 2), due_at=days.later(days.now, 5), anonymous=True)
    yield stories.on_file(smoking, days.before(14), confirmed=False, anonymous=True)
    silent = cast.matter(code="intercom_silent", agent="agent2", customer=cast.world.served.silent)
    yield stories.on_file(silent, days.before(8), read=False)
    yield stories.void(
        cast.anonymous("spam", agent="agent"),
        days.at(1, 6.5),
        reason=cast.world.said["anonymous"]["spam_reason"],
        manager=manager,
        confirmed=False,
        anonymous=True,
        channel="email",
    )


def _tasks(cast: Cast) -> Iterator[Story]:
    days, manager = cast.world.days, cast.staff["manager"]
    for number, code in enumerate(("pump_trial", "canteen_cards", "collect_payment")):
        yield stories.task(
            cast.task(code),
            days.at(2, 3 + number),
            requester=manager,
            hours=(14, 30, 60)[number],
            done=number == 0,
            confirmed=False,
        )
