"""Daily seals: once a day all timelines together are put under one hash (DESIGN 6).

A seal keeps one row for each timeline that moved since the seal before, and hashes these rows and that seal's
hash. So by each seal hash every head at that time is fixed, whether it moved that day or years before, while
a night's work is proportional to what happened that day.

What it proves. Whoever holds a copy of one seal's hash (it is logged every night, outside the database) can
show that until then no entry was lost, changed, inserted or cut off, and no subject dropped, even by somebody
who could lift every trigger and rewrite heads and hashes: the rows of the seal no longer fit the entries, or
the seal no longer fits the copy. What happened after the last seal is guarded by triggers and chain alone.
"""

import hashlib
from datetime import date, datetime
from typing import Self

from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext_lazy as _

from .batches import in_batches
from .line import GENESIS, written
from .timeline import Entry, Head


class DailySeal(models.Model):
    """The seal of one day. `hash` is the sha256, in hex, over the UTF-8 of these lines, joined by line feeds:

    the hash of the seal before (64 zeros for the first); day, time of sealing as in a canonical line, number of
    heads and number of moved heads, with single blanks between; then for each sealed head, by id, subject,
    number and hash with single blanks between.
    """

    day = models.DateField(_("sealed day"), primary_key=True, help_text=_("in the organisation's zone"))
    at = models.DateTimeField(_("sealed at"))
    heads = models.PositiveBigIntegerField(_("timelines"), help_text=_("all there were at that time"))
    moved = models.PositiveBigIntegerField(
        _("moved timelines"), help_text=_("those with new entries since the last seal")
    )
    previous = models.CharField(_("previous hash"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("daily seal")
        verbose_name_plural = _("daily seals")

    def __str__(self) -> str:
        return self.day.isoformat()


class SealedHeadQuerySet(models.QuerySet):
    def without_entry(self) -> Self:
        """Sealed heads whose entry is lost or was replaced since."""
        entry = Entry.objects.filter(
            subject=models.OuterRef("subject"), number=models.OuterRef("number"), hash=models.OuterRef("hash")
        )
        return self.filter(~models.Exists(entry))


class SealedHead(models.Model):
    """Where a timeline stood when it was sealed; written once for every day on which it had moved."""

    seal = models.ForeignKey(DailySeal, models.PROTECT, related_name="sealed_heads", db_index=False)
    subject = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    objects = SealedHeadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "number"], name="head_sealed_once")]
        indexes = [models.Index(fields=["seal", "id"], name="sealed_heads_of_a_seal")]  # seal_hash

    def __str__(self) -> str:
        return f"{self.subject} {self.number}"


def seal(day: date, *, at: datetime) -> DailySeal:
    """Seal the timelines as they stand; a day sealed before keeps its seal, also in a race.

    Raises ValueError if a later day is sealed already.
    """
    try:
        return DailySeal.objects.filter(day=day).first() or _seal(day, at)
    except IntegrityError:
        return DailySeal.objects.get(day=day)


def seal_hash(seal: DailySeal) -> str:
    """The hash of a seal, computed from its rows in bounded memory."""
    told = f"{seal.previous}\n{seal.day.isoformat()} {written(seal.at)} {seal.heads} {seal.moved}"
    digest = hashlib.sha256(told.encode())
    sealed = SealedHead.objects.filter(seal_id=seal.day)
    for rows in in_batches(sealed.values_list("pk", "subject", "number", "hash")):
        told = "".join([f"\n{subject} {number} {hash_}" for _pk, subject, number, hash_ in rows])
        digest.update(told.encode())
    return digest.hexdigest()


def begun_by_day() -> dict[date, int]:
    """How many timelines each seal sealed for the first time; days without any are missing."""
    first = SealedHead.objects.values("subject").annotate(day=models.Min("seal_id"))
    sql, params = first.values("day").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT day, count(*) FROM ({sql}) AS f GROUP BY day", params)  # noqa: S608
        return {date.fromisoformat(str(day)): count for day, count in cursor.fetchall()}


def moved_since(day: date) -> models.QuerySet[Head]:
    """Timelines with entries that the seal of that day does not cover."""
    theirs = SealedHead.objects.filter(subject=models.OuterRef("subject"))
    later, as_now = theirs.filter(seal__gt=day), theirs.filter(number=models.OuterRef("number"))
    return Head.objects.filter(models.Exists(later) | ~models.Exists(as_now), number__gt=0)


@transaction.atomic
def _seal(day: date, at: datetime) -> DailySeal:
    last = DailySeal.objects.order_by("day").last()
    if last and last.day > day:
        raise ValueError(f"{last.day} is sealed already, {day} lies before it")
    moved = _keep_moved_heads(day)
    earlier = SealedHead.objects.filter(subject=models.OuterRef("subject"), seal__lt=day)
    begun = SealedHead.objects.filter(~models.Exists(earlier), seal_id=day).count()
    seal = DailySeal(
        day=day,
        at=at,
        heads=(last.heads if last else 0) + begun,
        moved=moved,
        previous=last.hash if last else GENESIS,
    )
    seal.hash = seal_hash(seal)
    seal.save(force_insert=True)
    return seal


def _keep_moved_heads(day: date) -> int:
    """Copy the heads that no seal knows yet, in one statement; their seal follows in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_sealedhead (seal_id, subject, number, hash)"
            " SELECT %s, h.subject, h.number, h.hash FROM audit_head h WHERE h.number > 0 AND NOT EXISTS"
            " (SELECT 1 FROM audit_sealedhead s WHERE s.subject = h.subject AND s.number = h.number)"
            " ORDER BY h.subject",
            [day],
        )
        return cursor.rowcount
