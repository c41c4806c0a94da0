"""Lists of very many choices say the same as any other list."""

from django import forms

from servicedesk.choosing import LongChoiceField, LongSelect

CHOICES = [("", "Everybody"), ("1", "Li <Na>"), ("2", 'Tom "Baker"')]


def test_a_long_list_is_drawn_as_a_short_one():
    attrs = {"aria-label": "Whose", "class": "wide"}
    for value in ("2", "", None, "9"):
        drawn, usual = (
            widget(choices=CHOICES).render("owner", value, attrs) for widget in (LongSelect, forms.Select)
        )
        assert drawn.split() == usual.split()


def test_only_what_is_offered_can_be_chosen():
    field = LongChoiceField()
    field.choices = CHOICES
    assert field.clean("1") == "1"
    assert not field.valid_value("3")
