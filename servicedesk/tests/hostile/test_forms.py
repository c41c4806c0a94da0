"""Every field of every form of every page, filled with what nobody should send (SECURITY 2, 4, 5, 8, 9, 13)."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape, unescape

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import translation

from servicedesk.keepable import MARK, check_keepable
from servicedesk.staff.models import User
from servicedesk.tests.hostile.forms import Field, Form, Values, offered_by
from servicedesk.tests.hostile.payloads import TEXTS, payloads_for, some_of
from servicedesk.tests.hostile.sending import KNOWN, faults_in, meant, send, stored, undone
from servicedesk.tests.hostile.walking import kind_of

pytestmark = pytest.mark.django_db

ODD = (
    "MARK <b>&amp;\"'</b> \u9f98 \u05e9\u05dc \u2067\u05e2\u05e8\u2069 \U0001f469\u200d\U0001f467 e\u0301 %s"
)
NO_FORM_AGAIN = (
    "user_password_change",
)  # of words it holds the log-in name for the browser alone, and is read of it no word


def forms(world) -> Iterator[tuple[str, Form, str]]:
    """Every form that was found: who saw it, the form, and its name for people."""
    for (kind, _names), (who, form) in sorted(world.walk.forms.items()):
        yield who, form, f"{who} {kind}"


def attacked(world, who: str, form: Form, values: Values) -> list[str]:
    """Send it, follow where it leads, take everything back; what was wrong."""
    client, faults = world.client(who), []
    try:
        with undone():
            answer = send(client, form, values)
            faults += faults_in(answer)
            if answer.status_code == 302 and not faults:
                faults += faults_in(client.get(answer.headers["Location"]))
    except IntegrityError as error:  # what waits for commit
        faults.append(str(error))
    return faults


def fields_of(form: Form) -> list[Field]:
    return list(form.one_of_each.values())


def attack(world, *, each: int, step: int = 1) -> list[str]:
    """Each `step`-th field of every form with `each` payloads, all others as meant, then all at once; what was wrong."""
    faults = []
    for place, (who, form, name) in enumerate(forms(world)):
        for field in fields_of(form)[place % step :: step]:
            payloads = payloads_for(field)
            for payload, values in some_of(payloads, each, key=f"{form.names}{field.name}"):
                found = attacked(world, who, form, meant(form) | {field.name: values})
                faults += [f"{name} {field.name} = {payload}: {fault}" for fault in found]
        for payload, values in some_of(TEXTS, each, key=name):
            all_of_them = {field.name: values for field in fields_of(form)}
            found = attacked(world, who, form, meant(form) | all_of_them)
            faults += [f"{name} everywhere {payload}: {fault}" for fault in found]
    return faults


def test_the_walk_found_what_there_is(world):
    """A walk that saw little would attack little."""
    kinds = {kind for kind, _names in world.walk.forms}
    assert world.walk.refused == []
    assert len(kinds) > 90 and sum(len(form.fields) for _who, form in world.walk.forms.values()) > 600


def test_no_value_of_any_field_is_a_fault_of_ours(world):
    faults = attack(world, each=1, step=2)
    assert faults == [], "\n".join(faults)


@pytest.mark.exhaustive
def test_no_value_of_any_field_is_a_fault_of_ours_whichever_it_is(world):
    faults = attack(world, each=1000)
    assert faults == [], "\n".join(faults)


# What is refused, and how


def typed(form: Form) -> list[Field]:
    """Fields in which any words may stand; passwords are never shown again."""
    return [field for field in form.one_of_each.values() if field.is_typed and field.kind != "password"]


@pytest.mark.parametrize(
    ("hostile", "language"),
    [("a\0b", "en"), (b"a\xed\xa0\x80b", "zh-hans"), ("a\x1bb", "zh-hant"), ("a\u202eb", "zh-hans")],
)
def test_what_cannot_be_kept_is_refused_in_words_and_stays_typed_in(world, hostile, language):
    """In the reader's language, with a mark where it stands, and nothing is written."""
    User.objects.filter(username__in=world.people).update(language=language)
    with translation.override(language):
        sentence = escape(refusal())
    missed = []
    for who, form, name in forms(world):
        words = typed(form)
        if not words or name.endswith(NO_FORM_AGAIN):
            continue
        with undone(), stored() as written:
            answer = send(world.client(who), form, meant(form) | {field.name: [hostile] for field in words})
        again = shown_again(answer, form)
        if answer.status_code == 302 or written or again is None or sentence not in answer.content.decode():
            missed.append(f"{name}: {answer.status_code} {written[:2]} {again is not None}")
            continue
        lost = [field.name for field in words if MARK not in "".join(value_in(again, field.name))]
        missed += [f"{name} lost {lost}"] if lost else []
    assert missed == [], "\n".join(missed)


def refusal() -> str:
    """The sentence by which such a text is refused."""
    with pytest.raises(ValidationError) as refused:
        check_keepable(MARK)
    return refused.value.messages[0]


def shown_again(answer, form: Form) -> Form | None:
    """The same form in the answer."""
    for one in offered_by(answer.content.decode(), form.page).forms:
        if kind_of(one.action) == kind_of(form.action) and set(one.names) & set(form.names):
            return one
    return None


def value_in(form: Form, name: str) -> tuple[str, ...]:
    return next((field.values for field in form.fields if field.name == name), ())


def not_offered(field: Field) -> list[str]:
    """A key that the list holds back, if there may be one, and a word that no list knows."""
    keys = [int(value) for value in field.offered if value.isdecimal()]
    held_back = next(number for number in range(1, 10_000) if number not in keys)
    return [str(held_back) if keys else "superuser"]


def test_no_choice_is_taken_that_was_not_offered(world):
    """Every list, every group of buttons, with a key of another row, of none, and with one that others are offered."""
    taken = []
    for who, form, name in forms(world):
        for field in fields_of(form):
            one_box = field.kind == "checkbox" and len(field.offered) == 1  # any value of it means yes
            if not field.offered or field.searched or one_box:
                continue
            for value in not_offered(field):
                with undone(), stored() as written:
                    answer = send(world.client(who), form, meant(form) | {field.name: [value]})
                    if answer.status_code == 302 and written:
                        taken.append(f"{name} {field.name} = {value}")
    assert taken == [], "\n".join(taken)


def test_what_is_stored_is_what_the_page_shows(world):
    """Signs, letters of many scripts and markup come back as they were typed, escaped, and nothing else was written."""
    unseen = []
    for number, (who, form, name) in enumerate(forms(world)):
        words = [field for field in typed(form) if field.kind in ("text", "textarea", "search")]
        marks = {field.name: f"zq{number}x{place}" for place, field in enumerate(words)}
        values = meant(form)
        for field in words:
            if field.name not in KNOWN:
                values[field.name] = [ODD.replace("MARK", marks[field.name])]
        with undone(), stored() as written:
            answer = send(world.client(who), form, values)
            if answer.status_code != 302:
                continue
            pages = world.client(who).get(answer.headers["Location"]).content.decode()
            pages += world.client(who).get(form.page).content.decode()
        pages = unescape(pages)
        for mark in marks.values():
            kept = {text.strip() for text in written if mark in text and "<b>" in text and text[0] != "{"}
            unseen += [f"{name} keeps {text!r}" for text in kept if text[:40] not in pages]
    assert unseen == [], "\n".join(unseen)
