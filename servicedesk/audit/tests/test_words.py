import hashlib

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from servicedesk.audit.models import Words
from servicedesk.audit.testing import AT
from servicedesk.audit.words import erase, store, store_many

pytestmark = pytest.mark.django_db


def test_words_are_kept_with_a_salted_digest():
    first, second = store("请尽快答复 👍"), store("请尽快答复 👍")

    assert first.digest == hashlib.sha256((first.salt + "请尽快答复 👍").encode()).hexdigest()
    assert first.digest != second.digest


def test_the_digest_can_be_recomputed_in_sql():
    store("it's “fine”\n👍")
    sha256 = {
        "postgresql": "encode(sha256(convert_to(salt || text, 'UTF8')), 'hex')",
        "sqlite": "SHA256(salt || text)",
    }[connection.vendor]

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT digest = {sha256} FROM audit_words")
        assert cursor.fetchone() == (True,)


def test_many_words_are_stored_in_their_order(django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        words = store_many([f"words {n}" for n in range(400)])

    assert [Words.objects.get(pk=one.pk).text for one in words[:2]] == ["words 0", "words 1"]


def test_erased_words_leave_their_digest():
    words = store("my secret")
    digest = words.digest

    erase(words, at=AT)

    words = Words.objects.get()
    assert (words.text, words.salt, words.digest, words.erased_at) == (None, None, digest, AT)
    assert words.shown == "[erased]"


def test_words_are_erased_once():
    words = store("my secret")
    erase(words, at=AT)
    erase(words, at=AT.replace(year=2030))

    assert words.erased_at == AT


@pytest.mark.parametrize("text", ["a\0b", "\ud83d"])
def test_text_that_cannot_be_stored_is_refused(text):
    with pytest.raises(ValidationError, match="cannot be kept"):
        store(text)
