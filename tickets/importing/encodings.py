"""Finding out how a text file is written, from its content and never from its name."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

CHUNK = 1 << 16  # bytes read at once
SAMPLE = 1 << 18  # bytes that a guess looks at
CHINESE = ("gb18030", "big5")  # tried where a file is no Unicode text


class UnusableFileError(Exception):
    """The file cannot be read at all; the message says why, in the user's language."""


class DamageError(Exception):
    """From here on the file cannot be read; what came before is sound."""


def encoding_of(path: Path) -> str:
    """The codec that reads the file: by its mark, else UTF-8, else what its bytes look like.

    Raises UnusableFileError for an empty or binary file. A file that no codec reads to its end gets the one that
    reads its beginning; `decoded` then stops at the damage.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    if not sample.strip(b"\0 \r\n\t"):
        raise UnusableFileError(_("The file is empty."))
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if silent := _utf16_without_mark(sample):
        return silent
    if sample[:1024].count(0) > len(sample[:1024]) // 50:
        raise UnusableFileError(_("This is neither a text file nor a workbook. Save it as CSV or XLSX."))
    good = _sound_length(path, "utf-8")
    if good is None or _has_utf8_words(path, good):
        return "utf-8"
    whole = [codec for codec in CHINESE if _sound_length(path, codec) is None]
    return _likelier(sample, whole or list(CHINESE))


def _utf16_without_mark(sample: bytes) -> str:
    """UTF-16 without its mark shows by zeros at every other place."""
    even, odd = sample[0:2000:2].count(0), sample[1:2000:2].count(0)
    half = len(sample[:2000]) // 2
    if odd > half // 2 and even < half // 20:
        return "utf-16-le"
    return "utf-16-be" if even > half // 2 and odd < half // 20 else ""


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


def _has_utf8_words(path: Path, length: int) -> bool:
    """Whether the sound beginning holds characters beyond ASCII: then the file is UTF-8 with damage further on."""
    with path.open("rb") as file:
        return not file.read(min(length, SAMPLE)).isascii()


def _likelier(sample: bytes, codecs_: list[str]) -> str:
    if len(codecs_) == 1:
        return codecs_[0]
    best = from_bytes(sample[:CHUNK], cp_isolation=codecs_).best()
    return best.encoding if best and best.encoding in codecs_ else codecs_[0]


def decoded(file: BinaryIO, codec: str) -> Iterator[str]:
    """The lines of a file with their ends, whatever kind these are of.

    Raises DamageError at the first byte that the codec cannot read, after the whole lines before it.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    rest = ""
    while True:
        chunk = file.read(CHUNK)
        try:
            text = rest + decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            sound = rest + error.object[: error.start].decode(codec, errors="ignore")
            yield from _whole_lines(sound)[0]
            raise DamageError(
                _("From here on the file holds characters of another encoding, or is cut off.")
            ) from error
        lines, rest = _whole_lines(text, final=not chunk)
        yield from lines
        if not chunk:
            return


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
