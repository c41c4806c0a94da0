"""The audit's own checks: chain, heads, words, seals and triggers."""

from collections.abc import Iterator
from itertools import pairwise

from django.db import connection, models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .invariants import Violation, invariant
from .line import GENESIS, UNREADABLE, Kept
from .seals import DailySeal, SealedHead, seal_hash
from .timeline import Entry, Head, flaws, lost_tail
from .triggers import compare
from .words import Words, digest_of

BATCH = 2000  # rows in memory at a time


@invariant("database", _("The triggers are in place"))
def triggers_stand() -> Iterator[Violation]:
    for difference in compare(connection):
        yield Violation("database", difference)


@invariant("5", _("Every entry follows the one before it and says what its hash covers"))
def entries_are_chained() -> Iterator[Violation]:
    for entries in _batches(Entry.objects.with_neighbours()):
        for entry in entries:
            yield from flaws(entry)


@invariant("5", _("Every timeline ends with the entry its head names"))
def heads_have_their_entry() -> Iterator[Violation]:
    for head in Head.objects.without_last_entry().iterator(chunk_size=BATCH):
        yield lost_tail(head)


@invariant("5", _("Nothing that was sealed is lost"))
def sealed_entries_stand() -> Iterator[Violation]:
    text = gettext("Entry %(number)s, sealed on %(day)s, is lost or was replaced.")
    for row in SealedHead.objects.without_entry().iterator(chunk_size=BATCH):
        yield Violation(row.subject, text % {"number": row.number, "day": row.seal_id})


@invariant("5", _("Every daily seal is unbroken and follows the one before it"))
def seals_are_unbroken() -> Iterator[Violation]:
    for before, seal in pairwise([None, *DailySeal.objects.order_by("day")]):
        begun = SealedHead.objects.filter(seal_id=seal.day).first_of_subject().count()
        if seal.previous != (before.hash if before else GENESIS):
            yield Violation(f"seal:{seal}", gettext("This seal does not follow the one before it."))
        if seal.heads != (before.heads if before else 0) + begun or seal.hash != seal_hash(seal):
            yield Violation(f"seal:{seal}", gettext("This seal is not that of the timelines it sealed."))


@invariant("12", _("Words are whole, or erased and nothing but a digest"))
def words_fit_their_digest() -> Iterator[Violation]:
    text = gettext("The text is not that of its digest.")
    for rows in _batches(Words.objects.filter(erased_at=None)):
        for words in rows:
            if digest_of(words.salt, words.text) != words.digest:
                yield Violation(f"words:{words.pk}", text)


@invariant("12", _("Words named by a timeline are kept with the digest it names"))
def named_words_stand() -> Iterator[Violation]:
    text = gettext("Entry %(number)s names words %(words)s, which are lost or were replaced.")
    for entries in _batches(Entry.objects.filter(line__contains='"words":')):
        named = [(entry, kept) for entry in entries for kept in _kept(entry)]
        digests = dict(
            Words.objects.filter(pk__in={kept.words for _entry, kept in named}).values_list("pk", "digest")
        )
        for entry, kept in named:
            if digests.get(kept.words) != kept.digest:
                yield Violation(entry.subject, text % {"number": entry.number, "words": kept.words})


def _kept(entry: Entry) -> list[Kept]:
    try:
        return [fact for fact in entry.facts.values() if isinstance(fact, Kept)]
    except UNREADABLE:  # told by `entries_are_chained`
        return []


def _batches(rows: models.QuerySet) -> Iterator[list]:
    """All rows by ascending key, some thousand at a time, each batch by a query of its own."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk
