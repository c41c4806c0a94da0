"""Personal text lives once, here; everything else holds its id and digest (DESIGN 6)."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from servicedesk.bulk import insert_rows
from servicedesk.keepable import check_keepable

from .line import Kept


class Words(models.Model):
    """What somebody said or wrote, kept until it is erased; then only its digest remains.

    The digest is the sha256, in hex, of salt followed by text in UTF-8; in PostgreSQL
    encode(sha256(convert_to(salt || text, 'UTF8')), 'hex'). The salt is random and erased with the text, so
    that nobody can try guesses against a digest that stays in a timeline.
    """

    text = models.TextField(null=True)
    salt = models.CharField(max_length=32, null=True)
    digest = models.CharField(max_length=64)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("words")
        verbose_name_plural = _("words")
        constraints = [
            models.CheckConstraint(
                name="words_whole_or_erased",
                condition=models.Q(text__isnull=False, salt__isnull=False, erased_at=None)
                | models.Q(text=None, salt=None, erased_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"Words {self.pk}"  # never the text: this ends up in logs

    @property
    def shown(self) -> str:
        """The text as a page shows it, or that it has been erased."""
        return gettext("[erased]") if self.text is None else self.text

    @property
    def kept(self) -> Kept:
        """What a timeline keeps of them."""
        return Kept(self.pk, self.digest)


def digest_of(salt: str, text: str) -> str:
    """The salted digest of a text, as `Words` describes it."""
    return hashlib.sha256((salt + text).encode()).hexdigest()


def store(text: str) -> Words:
    """Keep a text. Raises ValidationError if it holds characters that cannot be stored."""
    return store_many([text])[0]


def store_many(texts: Sequence[str]) -> list[Words]:
    """Keep many texts at once, in their order."""
    return insert_rows(Words, [_words(text) for text in texts])


def erase(words: Words, *, at: datetime) -> None:
    """Forget the text and its salt for good; the digest stays. Words erased before stay as they are."""
    Words.objects.filter(pk=words.pk, erased_at=None).update(text=None, salt=None, erased_at=at)
    words.refresh_from_db()


def _words(text: str) -> Words:
    check_keepable(text)
    salt = secrets.token_hex(16)
    return Words(text=text, salt=salt, digest=digest_of(salt, text))
