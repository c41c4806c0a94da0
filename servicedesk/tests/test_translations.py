"""Every text of the desk stands in both Chinese scripts, with the same placeholders; nothing missing, nothing fuzzy."""

import re

import polib
import pytest
from django.conf import settings

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]")
LOCALES = ["zh_Hans", "zh_Hant"]


def catalogue(locale):
    return polib.pofile(str(settings.LOCALE_PATHS[0] / locale / "LC_MESSAGES" / "django.po"))


def texts(entry):
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_missing_or_fuzzy(locale):
    assert [entry.msgid for entry in catalogue(locale) if entry.fuzzy or not all(texts(entry))] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_placeholders_are_kept(locale):
    wrong = [
        entry.msgid
        for entry in catalogue(locale)
        for text in texts(entry)
        if not set(PLACEHOLDER.findall(text))
        <= set(PLACEHOLDER.findall(entry.msgid + (entry.msgid_plural or "")))
    ]
    assert wrong == []


@pytest.mark.parametrize("locale", LOCALES)
def test_what_names_something_still_names_it(locale):
    """A singular text must show every name; a plural may leave the number to its words."""
    lost = [
        entry.msgid
        for entry in catalogue(locale)
        if not entry.msgid_plural
        and set(PLACEHOLDER.findall(entry.msgid)) != set(PLACEHOLDER.findall(entry.msgstr))
    ]
    assert lost == []


def test_simplified_and_traditional_are_different_scripts():
    hans, hant = (catalogue(locale) for locale in LOCALES)
    assert not [
        entry.msgid for entry in hant if any(letter in "".join(texts(entry)) for letter in "们时对这说诉单责")
    ]
    assert not [
        entry.msgid for entry in hans if any(letter in "".join(texts(entry)) for letter in "們時對這說訴單責")
    ]


@pytest.mark.parametrize("locale", LOCALES)
def test_the_first_responder_has_one_name_on_screen(locale):
    others = re.compile("第一(责任|責任)|首[问問][人者]|首[问問](责任|責任)者")
    assert [entry.msgid for entry in catalogue(locale) if others.search("".join(texts(entry)))] == []
