"""How large a year is, and what share of its matters goes which way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """How many of each there are in the end, those of the small demo included; matters are those of the past only."""

    months: int
    people: int
    customers: int
    matters: int


SCALES = ("small", "year")  # as the commands call them

# Three matters a customer a year: some twenty-five on a working day, on which most of the hundred do other work, too.
YEAR = Scale(months=12, people=100, customers=2000, matters=6000)

# How matters go, in parts of a thousand
COURSES = {
    "at_once": 250,
    "written": 100,
    "kept": 330,
    "interim": 90,
    "late": 62,
    "very_late": 16,
    "forgotten": 6,
    "dissatisfied": 22,
    "reopened": 12,
    "not_reached": 16,
    "decided": 20,
    "task": 32,
    "unreached": 8,
    "anonymous": 6,
    "silent": 3,
    "void": 7,
    "repeat": 8,
    "wished": 5,
    "serious": 4,
    "corrected": 3,
}


def how_many(matters: int) -> dict[str, int]:
    """How many matters go each way: its share, and at least one of each."""
    whole = sum(COURSES.values())
    counts = {course: max(1, round(matters * share / whole)) for course, share in COURSES.items()}
    counts["kept"] += matters - sum(counts.values())
    return counts
