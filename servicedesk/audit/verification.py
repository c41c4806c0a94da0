"""The audit's own checks: chain, heads, words, seals and triggers."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .batches import SIZE, in_batches
from .invariants import Violation, invariant
from .line import GENESIS, Kept
from .seals import DailySeal, SealedHead, seal_hash
from .timeline import Entry, Head, flaws, lost_tail
from .triggers import compare
from .words import Words, digest_of


@invariant("database", _("The triggers are in place"))
def triggers_stand() -> Iterator[Violation]:
    for difference in compare(connection):
        yield Violation("database", difference)


@invariant("5", _("Every entry follows the one before it and says what its hash covers"))
def entries_are_chained() -> Iterator[Violation]:
    for entries in in_batches(Entry.objects.with_neighbours()):
        for entry in entries:
            yield from flaws(entry)


@invariant("5", _("Every timeline ends with the entry its head names"))
def heads_have_their_entry() -> Iterator[Violation]:
    for head in Head.objects.without_last_entry().iterator(chunk_size=SIZE):
        yield lost_tail(head)


@invariant("5", _("Nothing that was sealed is lost"))
def sealed_entries_stand() -> Iterator[Violation]:
    text = gettext("Entry %(number)s, sealed on %(day)s, is lost or was replaced.")
    for row in SealedHead.objects.without_entry().iterator(chunk_size=SIZE):
        yield Violation(row.subject, text % {"number": row.number, "day": row.seal_id})


@invariant("5", _("Every daily seal is unbroken and follows the one before it"))
def seals_are_unbroken() -> Iterator[Violation]:
    previous, heads = GENESIS, 0
    for seal in DailySeal.objects.order_by("day"):
        heads += SealedHead.objects.filter(seal_id=seal.day).first_of_subject().count()
        if seal.previous != previous:
            yield Violation(f"seal:{seal}", gettext("This seal does not follow the one before it."))
        if seal.heads != heads or seal.hash != seal_hash(seal):
            yield Violation(f"seal:{seal}", gettext("This seal is not that of the timelines it sealed."))
        previous, heads = seal.hash, seal.heads


@invariant("12", _("Words are whole, or erased and nothing but a digest"))
def words_fit_their_digest() -> Iterator[Violation]:
    text = gettext("The text is not that of its digest.")
    for rows in in_batches(Words.objects.filter(erased_at=None)):
        for words in rows:
            if digest_of(words.salt, words.text) != words.digest:
                yield Violation(f"words:{words.pk}", text)


@invariant("12", _("Words named by a timeline are kept with the digest it names"))
def named_words_stand() -> Iterator[Violation]:
    text = gettext("Entry %(number)s names words %(words)s, which are lost or were replaced.")
    for entries in in_batches(Entry.objects.only("subject", "number", "line")):
        named = [(entry, kept) for entry in entries for kept in _kept(entry)]
        digests = dict(
            Words.objects.filter(pk__in={kept.words for _entry, kept in named}).values_list("pk", "digest")
        )
        for entry, kept in named:
            if digests.get(kept.words) != kept.digest:
                yield Violation(entry.subject, text % {"number": entry.number, "words": kept.words})


def _kept(entry: Entry) -> list[Kept]:
    if '"words":' not in entry.line:
        return []
    return [fact for fact in entry.legible_facts.values() if isinstance(fact, Kept)]
