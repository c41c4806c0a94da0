"""From text to search tokens and from typed words to query tokens; pure, the same for both engines.

A token holds letters, digits and their vowel signs only, so that neither engine has anything to interpret.
Scripts written without spaces become pairs: 投诉电话 gives 投诉 诉电 电话 话, the last character alone so that each
single character starts some token. Words and numbers stay whole; of a long number its last 4 to 11 digits are
found as well, for telephones.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby

LONGEST_TEXT = 50_000  # characters read of one text
LONGEST_WORD = 40  # characters kept of one word
LONGEST_QUERY = 400  # characters read of a query
MOST_QUERY_TOKENS = 24
TELEPHONE = 7  # digits from which a number is taken as one that people know by its end
ENDINGS = range(4, 12)
NATIONAL = 10
SHORTEST_BEGINNING = 2  # characters from which the last word of a query may be the beginning of a longer one

# Han with extensions, 々 〇, kana, bopomofo, Hangul, Thai, Lao, Burmese, Khmer
UNSPACED = re.compile(
    "[\u3005-\u3007\u3031-\u3035\u3041-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
ALPHANUMERIC = re.compile(r"[^\W_]+")
UNSPACED_RUNS = re.compile(f"({UNSPACED.pattern}+)")
LETTERED = [*range(0x300, 0x20000), *range(0xE0100, 0xE01F0)]  # where the marks of all scripts stand
# accents, variation selectors, joiners, soft hyphens, direction marks
SILENT = re.compile(
    "[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]"
)
UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
# A number in groups, or one with its country code, which may be written with spaces.
GROUPED = re.compile(
    r"(?P<abroad>\+\d{1,3}(?:[ ()-]{0,3}\d++)+|(?<!\d)00\d{10,}+)|(?<!\d)\d++(?:[-‐–—()]{1,2} ?\d++)+"
)


def fold(text: str) -> str:
    """The text with widths, case and accents evened out, so that Ｍüller and muller meet."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKC", SILENT.sub("", apart)).translate(UNDECOMPOSED)


@lru_cache(maxsize=20_000)
def kind_of(character: str) -> str:
    """`pair` for scripts without spaces, `digit`, `letter`, or nothing for what separates words."""
    if UNSPACED.match(character):
        return "pair"
    category = unicodedata.category(character)
    if category == "Nd":
        return "digit"
    return "letter" if category[0] in "LMN" else ""


def runs(folded: str) -> Iterator[tuple[bool, str]]:
    """Unbroken runs of characters, each with whether it is to be cut into pairs."""
    marked = any(kind_of(c) and not c.isalnum() for c in set(folded))
    for run in (_with_marks() if marked else ALPHANUMERIC).findall(folded):
        if run.isascii():
            yield False, run
            continue
        for place, part in enumerate(UNSPACED_RUNS.split(run)):
            if part:
                yield place % 2 == 1, part


@cache
def _with_marks() -> re.Pattern[str]:
    """Letters, digits and the vowel signs and other marks of some scripts: several times as slow as without."""
    marks = "".join(chr(code) for code in LETTERED if unicodedata.category(chr(code))[0] == "M")
    return re.compile(f"(?:[^\\W_]+|[{marks}]+|{UNSPACED.pattern}+)+")


def tokens(text: str) -> str:
    """All tokens under which the text is to be found, in order, each once, separated by single spaces."""
    folded = fold(text[:LONGEST_TEXT])[:LONGEST_TEXT]
    found: dict[str, None] = {}
    if GROUPED.search(folded):
        folded = f"{folded}\n{GROUPED.sub(joined, folded)}"
    for unspaced, run in dict.fromkeys(runs(folded)):  # a number stands there in several ways of writing it
        found.update(dict.fromkeys(pairs(run) if unspaced else word_tokens(run)))
    return " ".join(found)


def query_tokens(text: str) -> str:
    """The tokens that must all be found; one that ends in * stands for the beginning of a token. May be empty."""
    folded = fold(text[:LONGEST_QUERY])[:LONGEST_QUERY]
    wanted: dict[str, None] = {}
    unspaced, run = False, ""
    for unspaced, run in runs(GROUPED.sub(national, folded)):
        wanted.update(dict.fromkeys(query_pairs(run) if unspaced else [run[:LONGEST_WORD]]))
    if wanted and not unspaced and len(run) >= SHORTEST_BEGINNING:
        last = run[:LONGEST_WORD]
        wanted = {f"{token}*" if token == last else token: None for token in wanted}
    return " ".join(list(wanted)[:MOST_QUERY_TOKENS])


def pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run))]


def query_pairs(run: str) -> list[str]:
    """Pairs only: a longer run is wanted as it is written; one character alone begins some pair."""
    return pairs(run)[:-1] if len(run) > 1 else [f"{run}*"]


def word_tokens(word: str) -> list[str]:
    """The word; of a serial number such as SN12345 its parts as well; of a long number its endings."""
    if word.isascii() and word.isalpha():
        return [word[:LONGEST_WORD]]
    if word.isascii() and word.isdigit():  # as below, without a look at each character
        endings = [word[-length:] for length in ENDINGS if TELEPHONE <= len(word) > length]
        return list(dict.fromkeys([word[:LONGEST_WORD], *endings]))
    parts = ["".join(part) for _, part in groupby(word, lambda c: kind_of(c) == "digit")]
    endings = [
        part[-length:]
        for part in parts
        if len(part) >= TELEPHONE and kind_of(part[0]) == "digit"
        for length in ENDINGS
        if length < len(part)
    ]
    return list(dict.fromkeys([word[:LONGEST_WORD], *(part[:LONGEST_WORD] for part in parts), *endings]))


def joined(match: re.Match[str]) -> str:
    """021-6543-2109 is one number, 2026-11 or 3-1203 are not."""
    digits = "".join(c for c in match[0] if c.isdecimal())
    return f"\n{digits}\n" if len(digits) >= TELEPHONE else match[0]


def national(match: re.Match[str]) -> str:
    """Of a number with its country code the last ten digits: +86 21 6543 2109 is 021-65432109."""
    number = joined(match)
    return (
        f"\n{number.strip()[-NATIONAL:]}\n" if match["abroad"] and len(number.strip()) >= NATIONAL else number
    )
