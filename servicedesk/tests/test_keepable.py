import pytest
from django import forms
from django.core.exceptions import ValidationError

from servicedesk.keepable import MARK, check_keepable, marked, unkeepable

# Of every script as it is written, with the signs that it needs.
KEPT = [
    "", "Mrs Wang\nsecond line\r\nthird\tcolumn", "\u738b\u5c0f\u660e \U00020bb7\u91ce\u5bb6", "\u05e9\u05dc\u05d5\u05dd \u200e(021)\u200f",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0915\u094d\u200d\u0937", "\U0001f469\u200d\U0001f467 \u2764\ufe0f", "e\u0301 \u1e69 \u200b",
    "\u202d138 0013 8000\u202c", "\u2068Wang\u2069 and \u2067\u05e9\u05dc\u2069", "a\u2028b\u2029c", "\ud7ff\ue000",
]  # fmt: skip
NOT_KEPT = [
    *(
        "\0",
        "\x07",
        "\x0b",
        "\x1b",
        "\x7f",
        "\x85",
        "\ud800",
        "\udfff",
        "\ufffd",
        "\ufffe",
        "\uffff",
        "\u202e",
    ),
    *("\u202a open", "closed \u202c", "\u2066\u202a\u2069\u202c", "\u2067 over\nthe line \u2069"),
]


@pytest.mark.parametrize("text", KEPT)
def test_letters_and_signs_of_every_script_are_kept(text):
    check_keepable(text)
    assert marked(text) == text and unkeepable(text) == ""


@pytest.mark.parametrize("text", NOT_KEPT)
def test_what_cannot_be_kept_is_marked_and_refused(text):
    shown = marked(f"before{text}after")
    assert MARK in shown and unkeepable(f"before{text}after") in text
    assert shown.startswith("before") and shown.endswith("after") and marked(shown) == shown
    for one in (text, shown):
        with pytest.raises(ValidationError):
            check_keepable(one)


@pytest.mark.parametrize("field", [forms.CharField, forms.EmailField, forms.URLField, forms.SlugField])
def test_every_text_field_of_any_form_refuses_it_once(field):
    with pytest.raises(ValidationError) as refusal:
        field(validators=[]).clean("\x01\ufffd\0")
    assert [error.code for error in refusal.value.error_list].count("unkeepable") == 1
