"""A believable desk of any size, written by set-based SQL: every constraint and every check of the audit holds (PostgreSQL).

    house = build_house()
    fill(house, 20_000, at=at)           # open tickets alone, nothing due before the next day
    live(house, 1_000_000, at=at)        # three years of matters, three of ten still open

Who works here and whom they serve stands in `house`, what becomes of each matter in `life`; `owed`, `matters` and
`timeline` write the rows. What cannot be told from a row follows from its number by a hash, so every run is alike.
"""

from benchmarks._desk.filling import RUSH, analyse, fill, live, rules_asleep
from benchmarks._desk.house import DEPARTMENTS, PEOPLE, House, build_house

__all__ = [
    "DEPARTMENTS",
    "PEOPLE",
    "RUSH",
    "House",
    "analyse",
    "build_house",
    "fill",
    "live",
    "rules_asleep",
]
