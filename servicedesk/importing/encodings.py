"""Finding out how a text file is written, from its content and never from its name."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

CHUNK = 1 << 16  # bytes read at once
SAMPLE = 1 << 18  # bytes that a guess looks at
LONGEST_LINE = 1 << 21  # characters
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
CHINESE = ("gb18030", "big5")  # tried where a file is no Unicode text
WESTERN = "cp1252"
LIKELY = 3  # common characters for each strange one, at least, where an encoding is the right one


class UnusableFileError(Exception):
    """The file cannot be read at all; the message says why, in the user's language."""


class DamageError(Exception):
    """From here on the file cannot be read; what came before is sound."""


def encoding_of(path: Path) -> str:
    """The codec that reads the file: by its mark, else UTF-8, else the one in which it makes sense.

    Raises UnusableFileError for an empty or binary file, or one in an encoding that we do not know. A file that no
    codec reads to its end gets the one that reads its beginning; `decoded` then stops at the damage.
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    if not start.strip(b"\0 \r\n\t"):
        raise UnusableFileError(_("The file is empty."))
    for mark, codec in MARKS.items():
        if start.startswith(mark):
            return codec
    if start[:1024].count(0) > 2 + len(start[:1024]) // 50:
        return _wide(start)
    if _sound_length(path, "utf-8") is None:
        return "utf-8"
    return _likeliest(path)


def _wide(start: bytes) -> str:
    """UTF-16 without its mark, which text with line ends and commas shows by zeros in every other place."""
    for codec in ("utf-16-le", "utf-16-be"):
        text = start[: len(start) // 2 * 2].decode(codec, errors="replace")
        if any(end in text for end in "\r\n") and sum(map(_is_common, text)) > len(text) * 9 // 10:
            return codec
    raise UnusableFileError(_("This is neither a text file nor a workbook. Save it as CSV or XLSX."))


def _likeliest(path: Path) -> str:
    """The codec under which most of what is not ASCII, from its first character on, is everyday writing."""
    ascii_until = _sound_length(path, "ascii") or 0
    with path.open("rb") as file:
        file.seek(ascii_until)
        sample = file.read(SAMPLE)
    sense = {}
    for codec in ("utf-8", *CHINESE):
        sound = _sound_length(path, codec)
        read = sample if sound is None else sample[: sound - ascii_until]
        strange = [c for c in read.decode(codec, errors="ignore") if not c.isascii()]
        common = sum(map(_is_common, strange))
        # A sequence of UTF-8 comes about by chance far less easily than a pair of bytes.
        sense[codec] = common * (3 if codec == "utf-8" else 1) - LIKELY * (len(strange) - common)
    best = max(sense, key=lambda codec: sense[codec])
    if sense[best] > 0:
        return best
    if _sound_length(path, WESTERN) is None and _is_western(sample.decode(WESTERN, errors="ignore")):
        return WESTERN
    raise UnusableFileError(
        _("The encoding of this file cannot be told. Save it as CSV in UTF-8, or as XLSX.")
    )


def _is_western(text: str) -> bool:
    """Letters with accents and typographic signs stand singly among plain ones."""
    strange = [c for c in text if not c.isascii()]
    letters = sum(c.isalpha() for c in text)
    return len(strange) * 2 <= letters and all(c.isalpha() or c in _WESTERN_SIGNS for c in strange)


_WESTERN_SIGNS = "\u00a0¡¢£¥§©«®°±²³´µ·»¼½¾¿×€‚„…‘’“”•–—™‹›"
_EVERYDAY = (
    range(0x20, 0x7F),
    range(0xA0, 0x180),  # Latin with accents
    range(0x2010, 0x2040),  # dashes, quotation marks
    range(0x3000, 0x3020),  # Chinese punctuation
    range(0xFF01, 0xFF5F),  # wide forms
)


@cache
def _common() -> frozenset[str]:
    """Letters, signs, and the first levels of GB 2312 and Big5: what Chinese is written with day by day."""
    signs = {chr(code) for codes in _EVERYDAY for code in codes} | {"\n", "\r", "\t"}
    simplified = _pairs("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF))
    traditional = _pairs("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)])
    return frozenset(signs | simplified | traditional)


def _is_common(character: str) -> bool:
    return character in _common()


def _pairs(codec: str, first: Iterable[int], second: Iterable[int]) -> set[str]:
    seconds = list(second)
    return {
        c
        for a in first
        for b in seconds
        for c in bytes([a, b]).decode(codec, errors="ignore")
        if ord(c) > 127
    }


def _sound_length(path: Path, codec: str) -> int | None:
    """How many bytes the codec reads before the first it cannot; None if it reads all."""
    decoder = codecs.getincrementaldecoder(codec)()
    read = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return read - pending + error.start
            read += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return read - len(decoder.getstate()[0])
    return None


def decoded(file: BinaryIO, codec: str, *, until: int) -> Iterator[str]:
    """The lines of the first `until` bytes of a file with their ends, whatever kind these are of.

    `codec` is one that needs no mark at the beginning. Raises DamageError at the first byte that it cannot read, after
    the whole lines before it, and at a line without end.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    rest, first = "", True
    while True:
        chunk = file.read(min(CHUNK, until - file.tell()))
        try:
            text = rest + decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            sound = rest + error.object[: error.start].decode(codec, errors="ignore")
            yield from _whole_lines(sound.removeprefix("\ufeff") if first else sound)[0]
            raise DamageError(
                _("From here on the file holds characters of another encoding, or is cut off.")
            ) from error
        if first:
            text, first = text.removeprefix("\ufeff"), False
        lines, rest = _whole_lines(text, final=not chunk)
        yield from lines
        if not chunk:
            return
        if len(rest) > LONGEST_LINE:
            raise DamageError(_("From here on a line has no end; the rest was not read."))


def _whole_lines(text: str, *, final: bool = False) -> tuple[list[str], str]:
    """The complete lines, and what still waits for its end; only \\n, \\r\\n and \\r end a line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    waiting = "" if final else lines.pop()
    if final and lines[-1] == "":
        lines.pop()
    if not final and text.endswith("\r"):  # its \n may stand in the next chunk
        return [line + "\n" for line in lines[:-1]], (lines[-1] if lines else "") + "\r"
    ends = ["\n"] * len(lines)
    if final and lines and not text.endswith(("\n", "\r")):
        ends[-1] = ""
    return [line + end for line, end in zip(lines, ends, strict=True)], waiting
