"""The matters of the last weeks, most of them closed by now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from servicedesk.demo import stories
from servicedesk.demo.cast import Cast

if TYPE_CHECKING:
    from datetime import datetime

    from servicedesk.demo.playing import Story

# How many matters of each course there are among those of the past weeks
COURSES = {
    "kept": 61,
    "interim": 22,
    "at_once": 27,
    "written": 8,
    "late": 9,
    "very_late": 2,
    "dissatisfied": 3,
    "decided": 4,
    "task": 5,
    "unreached": 1,
    "anonymous": 2,
    "silent": 1,
    "void": 2,
}
FIRST_DAY, LAST_DAY = 32, 4  # working days back


def past(cast: Cast) -> Iterator[Story]:
    """Stories that began between six weeks and a few days ago, on all days alike."""
    courses = [course for course, count in COURSES.items() for _ in range(count)]
    cast.chance.shuffle(courses)
    span = FIRST_DAY - LAST_DAY
    for number, course in enumerate(courses):
        back = FIRST_DAY - number * span // len(courses)
        yield _story(course, cast, cast.world.days.at(back, cast.chance.uniform(0.2, 8.2)))


def _story(course: str, cast: Cast, at: datetime) -> Story:
    at = at.replace(second=0, microsecond=0)
    how: dict[str, Any] = {"channel": cast.channel()}
    match course:
        case "kept" | "interim":
            matter = cast.matter("fault", "complaint", "request")
            hours = cast.chance.choice([3, 5, 8, 9, 12, 18])
            checker = cast.colleague_of(matter.agent)
            return stories.kept(matter, at, hours=hours, checker=checker, interim=course == "interim", **how)
        case "at_once":
            return stories.answered_at_once(cast.matter("inquiry", "request"), at, **how)
        case "written":
            return stories.answered_in_writing(cast.matter("inquiry"), at)
        case "late" | "very_late":
            matter = cast.matter("fault", "complaint")
            by = 13.0 if course == "very_late" else cast.chance.choice([0.4, 0.7, 1.5, 3])
            checker = cast.colleague_of(matter.agent)
            return stories.late(matter, at, hours=7, by=by, checker=checker, **how)
        case "dissatisfied":
            matter = cast.matter("fault", "complaint")
            return stories.dissatisfied(matter, at, checker=cast.colleague_of(matter.agent), **how)
        case "decided":
            return stories.decided(cast.matter("suggestion"), at, **how)
        case "task":
            return stories.task(
                cast.task(), at, requester=cast.staff["manager"], hours=16, done=True, confirmed=True
            )
        case "unreached":
            matter = cast.matter(code="no_show", customer=cast.world.served.unreachable)
            return stories.unreached(matter, at, checker=cast.colleague_of(matter.agent))
        case "anonymous":
            return stories.on_file(cast.anonymous("light"), at, anonymous=True)
        case "silent":
            matter = cast.matter(code="corridor_dark", customer=cast.world.served.silent)
            return stories.on_file(matter, at, **how)
    return stories.void(
        cast.anonymous("test_call"),
        at,
        reason=cast.world.said["anonymous"]["test_reason"],
        manager=cast.staff["manager"],
        anonymous=True,
    )
