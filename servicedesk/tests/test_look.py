"""The shell, the components and the pages that say sorry."""

import json
import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template, engines
from django.template.loader import render_to_string
from django.test import Client

from servicedesk.context import script_words
from servicedesk.staff.testing import make_user
from servicedesk.templatetags.desk import initials

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def render(source: str, **context) -> str:
    return Template("{% load desk %}" + source).render(Context(context))


@pytest.fixture
def agent(db):
    return make_user(display_name="Li Na")


@pytest.fixture
def page(client, agent):
    client.force_login(agent)
    return client.get("/look/").content.decode()


def test_an_icon_is_drawn_into_the_page_and_hidden_from_screen_readers():
    drawn = render('{% icon "bell" "large" %}')

    assert drawn.startswith('<svg class="icon large"')
    assert 'aria-hidden="true"' in drawn
    assert "M10 5a2 2" in drawn


def test_an_unknown_icon_is_found_while_testing_and_empty_in_production(settings):
    with pytest.raises(LookupError):
        render('{% icon "no-such-thing" %}')
    with pytest.raises(LookupError):
        render('{% icon "../filled/bell" %}')

    settings.TESTING = settings.DEBUG = False

    assert render('{% icon "no-such-thing" %}') == ""


def test_every_page_carries_what_scripts_need_and_no_inline_script(page):
    assert "hx-headers" in page
    assert "<style" not in page
    assert " style=" not in page
    assert "onclick" not in page
    assert all(" src=" in tag for tag in page.split("<script")[1:])


def test_places_that_do_not_exist_or_are_not_for_this_person_are_left_out(page, client):
    assert "Administration" not in page

    client.force_login(make_user(is_staff=True))

    assert "Administration" in client.get("/look/").content.decode()


def test_the_theme_is_drawn_by_the_server_from_a_cookie(client, agent):
    client.force_login(agent)
    assert 'data-bs-theme="auto"' in client.get("/look/").content.decode()

    answer = client.post("/theme/", {"theme": "dark", "next": "/look/?x=1"})

    assert answer["Location"] == "/look/?x=1"
    assert 'data-bs-theme="dark"' in client.get("/look/").content.decode()


@pytest.mark.parametrize("wrong", ["", "neon", '"><script>', "\x00"])
def test_a_theme_nobody_knows_changes_nothing(client, wrong):
    answer = client.post("/theme/", {"theme": wrong, "next": "https://elsewhere.example/"})

    assert answer["Location"] == "/"
    assert "theme" not in answer.cookies


def test_the_theme_is_chosen_by_post_only(client):
    assert client.get("/theme/").status_code == 405


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "403_csrf"])
def test_a_page_that_says_sorry_needs_neither_request_nor_database(name):
    said = render_to_string(f"{name}.html")

    assert "<h1>" in said
    assert 'href="/"' in said


def test_an_unknown_address_is_answered_kindly_in_the_readers_language(client):
    answer = client.get("/nowhere/", headers={"accept-language": "zh-hans"})

    assert answer.status_code == 404
    assert "没有找到内容" in answer.content.decode()


def test_a_form_without_its_token_is_answered_kindly(db):
    answer = Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"})

    assert answer.status_code == 403
    assert "This page was open too long" in answer.content.decode()


class Sample(forms.Form):
    name = forms.CharField(help_text="As on the contract.")
    note = forms.CharField(widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(choices=[("a", "Apple"), ("b", "Bread & butter")], widget=forms.RadioSelect)
    sure = forms.BooleanField()
    start = forms.DateTimeField(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), required=False)
    token = forms.CharField(widget=forms.HiddenInput)


def test_a_field_names_its_help_and_its_error_to_screen_readers():
    form = Sample({"kind": "a", "sure": "on", "token": "t"})
    drawn = str(form)

    assert '<label class="form-label required" for="id_name">Name</label>' in drawn
    assert 'aria-describedby="id_name_helptext id_name_error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'id="id_name_error"' in drawn
    assert 'id="id_name_helptext"' in drawn


def test_the_summary_of_errors_leads_to_the_fields():
    drawn = str(Sample({}))

    assert 'role="alert"' in drawn
    assert '<a href="#id_name">Name</a>' in drawn
    assert '<a href="#id_kind">Kind</a>' in drawn
    assert "token" in drawn.split("<ul>")[1].split("</ul>")[0]  # an error of a hidden field is said, too


def test_controls_keep_their_own_class_and_escape_what_they_show():
    form = Sample({"name": '"><b>', "kind": "b"})
    form.fields["name"].widget.attrs["class"] = "wide"
    drawn = str(form["name"])

    assert 'class="form-control wide"' in drawn
    assert "<b>" not in drawn
    assert "Bread &amp; butter" in str(form["kind"])
    assert 'type="datetime-local"' in str(form["start"])
    assert 'class="form-check-input"' in str(form["sure"])


def test_the_words_of_scripts_travel_as_an_attribute_that_parses_again():
    drawn = engines["django"].from_string('<body data-words="{{ words }}">').render({"words": script_words()})

    assert "{&quot;" in drawn
    assert json.loads(script_words())["left_minutes"] == "%(minutes)s min left"


@pytest.mark.parametrize(
    ("name", "mark"), [("Li Na", "LN"), ("李娜", "娜"), ("Madonna", "M"), ("Anna van Dam", "AD"), ("", "")]
)
def test_a_person_without_a_picture_is_shown_by_initials(name, mark):
    assert initials(name) == mark


def test_two_keys_save_every_form_that_is_lost_with_care():
    """Whatever the browser asks about before it is left names the button that the keys press."""
    sources = {path.name: path.read_text("utf-8") for path in TEMPLATES.rglob("*.html")}
    guarded = [name for name, source in sources.items() if re.search(r"<form[^>]* data-dirty=", source)]
    assert len(guarded) > 10
    assert [name for name in guarded if "data-save" not in sources[name]] == []
