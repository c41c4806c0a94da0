"""The audit's own checks: chain, heads, words, seals and triggers."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import SHA256, Concat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .batches import SIZE
from .invariants import Violation, invariant, of_timelines
from .line import GENESIS, Kept, chained
from .reading import ReadEntry, Timelines, read_timelines
from .seals import DailySeal, SealedHead, begun_by_day, seal_hash
from .timeline import Entry, Head
from .triggers import compare
from .words import Words


@invariant("database", _("The triggers are in place"))
def triggers_stand() -> Iterator[Violation]:
    for difference in compare(connection):
        yield Violation("database", difference)


@of_timelines("5", _("Every entry follows the one before it and says what its hash covers"))
def entries_are_chained(timelines: Timelines) -> Iterator[Violation]:
    for subject, entries in timelines.entries.items():
        number, before = 0, GENESIS
        for entry in entries:
            if entry.number != number + 1 or entry.previous != before:
                yield _flaw(subject, entry, gettext("Entry %(number)s does not follow the one before it."))
            if entry.hash != chained(entry.previous, entry.line):
                yield _flaw(subject, entry, gettext("The hash of entry %(number)s is not that of its line."))
            if not entry.fits:
                yield _flaw(
                    subject, entry, gettext("The columns of entry %(number)s do not say what its line says.")
                )
            number, before = entry.number, entry.hash


def _flaw(subject: str, entry: ReadEntry, text: str) -> Violation:
    return Violation(subject, text % {"number": entry.number})


@of_timelines("5", _("Every timeline ends with the entry its head names"))
def timelines_end_with_their_head(timelines: Timelines) -> Iterator[Violation]:
    lost = gettext("The last entry, number %(number)s, is lost or was replaced.")
    unknown = gettext("The timeline's head does not know entry %(number)s.")
    for subject, (number, hash_) in timelines.heads.items():
        entries = timelines.entries.get(subject, [])
        if number and not any(one.number == number and one.hash == hash_ for one in reversed(entries)):
            yield Violation(subject, lost % {"number": number})
        for entry in reversed(entries):
            if entry.number <= number:
                break
            yield _flaw(subject, entry, unknown)


@invariant("5", _("Every entry stands on a timeline with a head"))
def entries_have_their_head() -> Iterator[Violation]:
    text = gettext("Entry %(number)s stands on a timeline that has lost its head.")
    head = Head.objects.filter(subject=OuterRef("subject"))
    lost = Entry.objects.filter(~Exists(head)).values_list("subject", "number")
    for subject, number in lost.iterator(chunk_size=SIZE):
        yield Violation(subject, text % {"number": number})


@invariant("5", _("Nothing that was sealed is lost"))
def sealed_entries_stand() -> Iterator[Violation]:
    text = gettext("Entry %(number)s, sealed on %(day)s, is lost or was replaced.")
    for row in SealedHead.objects.without_entry().iterator(chunk_size=SIZE):
        yield Violation(row.subject, text % {"number": row.number, "day": row.seal_id})


@invariant("5", _("Every daily seal is unbroken and follows the one before it"))
def seals_are_unbroken() -> Iterator[Violation]:
    previous, heads, begun = GENESIS, 0, begun_by_day()
    for seal in DailySeal.objects.order_by("day"):
        heads += begun.get(seal.day, 0)
        if seal.previous != previous:
            yield Violation(f"seal:{seal}", gettext("This seal does not follow the one before it."))
        if seal.heads != heads or seal.hash != seal_hash(seal):
            yield Violation(f"seal:{seal}", gettext("This seal is not that of the timelines it sealed."))
        previous, heads = seal.hash, seal.heads


class Digest(SHA256):
    """The sha256 of a text in hex, by PostgreSQL itself: Django would want the extension pgcrypto."""

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(
            compiler,
            connection,
            template="ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')",
            **context,
        )


@invariant("12", _("Words are whole, or erased and nothing but a digest"))
def words_fit_their_digest() -> Iterator[Violation]:
    text = gettext("The text is not that of its digest.")
    whole = Words.objects.filter(erased_at=None)
    wrong = whole.exclude(digest=Digest(Concat("salt", "text")))
    for pk in wrong.values_list("pk", flat=True).iterator(chunk_size=SIZE):
        yield Violation(f"words:{pk}", text)


@of_timelines("12", _("Words named by a timeline are kept with the digest it names"))
def named_words_stand(timelines: Timelines) -> Iterator[Violation]:
    text = gettext("Entry %(number)s names words %(words)s, which are lost or were replaced.")
    named = [
        (subject, entry.number, fact)
        for subject, entries in timelines.entries.items()
        for entry in entries
        for fact in entry.facts.values()
        if type(fact) is Kept
    ]
    kept = Words.objects.filter(pk__any={fact.words for *_, fact in named})
    digests = dict(kept.values_list("pk", "digest"))
    for subject, number, fact in named:
        if digests.get(fact.words) != fact.digest:
            yield Violation(subject, text % {"number": number, "words": fact.words})


def verify(subject: str) -> list[Violation]:
    """What is wrong with the chain of one timeline; empty if it is whole."""
    timelines = read_timelines([subject])
    return [*entries_are_chained(timelines), *timelines_end_with_their_head(timelines)]
