"""What is sent where something else is expected."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from servicedesk.tests.hostile.forms import Field

MEGABYTE = 1_000_000
HALF_A_PAIR = b"\xed\xa0\x80"  # half of a surrogate pair, as no browser sends it
MARKUP = "\"'><img src=x onerror=alert(7)><script>alert(7)</script>"
AS_MARKUP = ("<img src=x", "<script>alert(7)")  # what it would be if it were not escaped
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/\t/evil.example",
    "javascript:alert(7)",
    "\\\\evil.example",
]

# Under each name several values of one field; most have one.
TEXTS: dict[str, list] = {
    "NUL": ["a\0b"],
    "half a pair": [b"a" + HALF_A_PAIR + b"b"],
    "bytes of no encoding": [b"\xff\xfe\x80\xc3"],
    "controls": ["".join(map(chr, [*range(1, 32), *range(127, 160)]))],
    "turned round": ["invoice\u202efdp.exe"],
    "direction left open": ["\u2066\u202aopen"],
    "no character": ["\ufffe\uffff\ufffd"],
    "a megabyte": ["x" * MEGABYTE],
    "a megabyte of characters": ["\u9f98" * (MEGABYTE // 3)],
    "lines without end": ["\r\n" * 50_000],
    "marks on one letter": ["e" + "\u0301" * 5000],
    "nothing but space": [" \t\u3000\u200b\u00a0"],
    "markup": [MARKUP],
    "template": ["{{ 7|add:7 }}{% debug %}${7*7}%(user)s{0.__class__}%s%n"],
    "SQL": ["' OR 1=1); DROP TABLE staff_user; --"],
    "header": ["a\r\nBcc: all@example.org\r\n\r\nbody"],
    "formula": ['=HYPERLINK("http://evil.example")', "@SUM(1)"],
    "elsewhere": ["//evil.example/"],
    "path": ["../../../../etc/passwd\0.png"],
    "nested JSON": ["[" * 100_000 + "]" * 100_000],
    "object": ['{"__proto__": {"a": 1}, "$ne": ""}'],
    "several": ["first", "second", "third"],
    "none": [],
    "empty": [""],
}
NUMBERS: dict[str, list] = {
    "negative": ["-1"],
    "zero": ["0"],
    "beyond 16 bits": ["32768"],
    "beyond 32 bits": ["2147483648"],
    "beyond 64 bits": ["9223372036854775808"],
    "below 64 bits": ["-9223372036854775809"],
    "forty digits": ["9" * 40],
    "five thousand digits": ["9" * 5000],
    "exponent": ["1e400"],
    "not a number": ["NaN"],
    "other digits": ["\u0663\u00b2\uff17"],
    "underscores": ["1_000"],
    "hexadecimal": ["0x7f"],
    "fraction": ["1.5"],
}
TIMES: dict[str, list] = {
    "first year": ["0001-01-01T00:00", "0001-01-01"],
    "last year": ["9999-12-31T23:59", "9999-12-31"],
    "year of five digits": ["10000-01-01T00:00"],
    "no such day": ["2027-02-30T10:00", "2027-02-30"],
    "no such minute": ["2027-03-28T02:30"],  # skipped where clocks go forward
    "twice that minute": ["2027-10-31T02:30"],  # repeated where they go back
    "hour 24": ["2027-05-03T24:00", "24:00"],
    "leap second": ["2027-06-30T23:59:60", "23:59:60"],
    "before the epoch": ["1900-01-01T00:00", "1900-01-01"],
    "no time": ["now"],
}
TEXT_LIKE = ("text", "search", "textarea", "tel", "email", "url", "password")
TIME_LIKE = ("date", "time", "datetime-local", "month", "week")

# For parameters of an address: the grammar of the machine below.
WORDS_OF_THE_MACHINE = [
    "__in", "__regex", "__gt", "__isnull", "__password__startswith", "[]", "[$ne]", ".__class__",
]  # fmt: skip
ORDERS = ["password", "-password", "?", "owner__password", "1;--", "due_at)", "-" * 50]
PAGES = ["0", "-1", "99999999", "9" * 40, "last", "NaN"]


def payloads_for(field: Field) -> dict[str, list]:
    """Everything that may be tried on a field of its kind."""
    if field.kind in TEXT_LIKE:
        return TEXTS | {name: NUMBERS[name] for name in ("forty digits", "negative")}
    if field.kind in TIME_LIKE:
        return TIMES | NUMBERS | TEXTS
    return NUMBERS | TEXTS | {"no time": TIMES["no time"]}


def some_of(payloads: dict[str, list], count: int, *, key: str) -> Iterator[tuple[str, list]]:
    """A few of them, always the same under one key and different ones under another, so that all come round."""
    names = sorted(payloads)
    start, step = crc32(key.encode()) % len(names), max(1, len(names) // count)
    for place in range(min(count, len(names))):
        name = names[(start + place * step) % len(names)]
        yield name, payloads[name]
