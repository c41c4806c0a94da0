"""The pages of the clauses, and the links to them."""

import pytest
from django import forms
from django.contrib.auth.models import Permission
from django.template import Context, Template
from django.urls import reverse

from servicedesk.regulations.clauses import CLAUSES
from servicedesk.regulations.span import Span
from servicedesk.regulations.testing import set_setting
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db
LIST = reverse("regulations:clauses")


@pytest.fixture
def employee(client):
    user = make_user()
    client.force_login(user)
    return user


def page(client, clause, name="clause", **extra):
    return client.get(reverse(f"regulations:{name}", args=[clause]), **extra).content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_employee_reads_every_clause_in_three_languages(client, language):
    client.force_login(make_user(language=language))
    said = {
        "en": "register, then hand over to the competent leader",
        "zh-hans": "移交主管领导",
        "zh-hant": "移交主管領導",
    }[language]
    accept = {"headers": {"accept-language": language}}
    assert said in client.get(LIST, **accept).content.decode()
    for clause in CLAUSES:
        text = page(client, clause, **accept)
        assert f">{clause}</span>" in text
    assert said in page(client, "R5.2.4a", **accept)


def test_the_list_takes_few_queries_and_shows_all(client, employee, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        text = client.get(LIST).content.decode()
    assert all(f">{clause}<" in text for clause in CLAUSES)
    assert "210 clauses" in text
    with django_assert_max_num_queries(9):
        page(client, "R1.1e")


def test_a_search_leaves_what_fits_and_says_how_many(client, employee):
    text = client.get(LIST, {"q": "S2", "duty": "remind"}).content.decode()
    assert "1 of 210 clauses" in text and ">R1.1e<" in text and ">R3.3.1a<" not in text
    assert "No clause says that" in client.get(LIST, {"q": "nothing of the kind"}).content.decode()


def test_what_nobody_can_search_for_breaks_nothing(client, employee):
    wrong = {"q": "%00' OR 1=1 --" + "很" * 5000, "kind": "<script>", "duty": "dance"}
    answer = client.get(LIST, wrong)
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().partition("clause-search")[2].partition("</form>")[0]


def test_a_clause_shows_what_it_asks_how_it_is_read_and_its_setting_as_it_stands(client, employee):
    set_setting("S2", Span(2, "working_days"))
    text = page(client, "R1.1e")
    assert "the taker commits to a time for one" in text
    assert "For written channels the system acknowledges at once" in text
    assert "2 working days" in text and f"{reverse('regulations:settings')}#S2" in text
    assert f'<a href="{reverse("regulations:clause", args=["R5.2.1"])}">R5.2.1</a>' in text
    assert "Listen" not in text


def test_whoever_may_change_settings_is_led_to_where_one_does(client):
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_setting"))
    client.force_login(user)
    assert reverse("admin:regulations_setting_change", args=["S2"]) in page(client, "R1.1e")
    assert reverse("admin:clock_ladder_changelist") in page(client, "R1.1f")


def test_a_clause_says_what_the_desk_does_for_it_and_what_stays_with_people(client, employee):
    text = page(client, "R1.1b")
    assert "A ticket is not saved without the customer" in text and reverse("tickets:new") in text
    assert "stays with people" not in text
    assert "stays with people" in page(client, "R2.1.4a")
    assert "outside this desk" in page(client, "R3.6.2")


def test_the_short_form_holds_title_words_and_setting_and_leads_to_the_whole(client, employee):
    text = page(client, "R1.2g", "why")
    assert "<html" not in text
    for words in (
        "R1.2g",
        "once or twice",
        "First opinion check",
        "within 3 days",
        "S15",
        "The whole clause",
    ):
        assert words in text
    assert reverse("regulations:clause", args=["R1.2g"]) in text


@pytest.mark.parametrize("wrong", ["R1.1z", "r1.1c", "S2", "..", "%00", "很"])
def test_an_unknown_clause_is_not_found(client, employee, wrong):
    for name in ("clause", "why"):
        assert client.get(reverse(f"regulations:{name}", args=[wrong])).status_code == 404


@pytest.mark.parametrize("address", [LIST, f"{LIST}R1.1c/", f"{LIST}R1.1c/why/"])
def test_strangers_read_nothing_and_nobody_writes(client, settings, address):
    settings.LOGIN_URL = "/log-in/"
    assert client.get(address).url.startswith("/log-in/")
    client.force_login(make_user())
    assert client.post(address).status_code == 405


def draw(template, **context):
    return Template("{% load clauses %}" + template).render(Context(context))


def test_a_link_says_its_number_and_is_called_by_the_clauses_title():
    text = draw('{% clause "R1.1c" "R1.5.X" %}')
    assert text.count('class="clause"') == 2
    assert ">R1.1c</a>" in text
    assert 'aria-label="Why? R1.1c: Read it back and ask the customer&#x27;s view"' in text
    assert f'href="{reverse("regulations:clause", args=["R1.1c"])}"' in text
    assert f'hx-get="{reverse("regulations:why", args=["R1.1c"])}"' in text
    assert "tabindex" not in text


def test_a_link_to_a_clause_that_does_not_exist_is_a_mistake_of_the_page():
    with pytest.raises(KeyError):
        draw('{% clause "R1.1z" %}')


class ReplyForm(forms.Form):
    clauses = {"read_back": "R1.1c", "due": "R1.1e R1.1g"}
    read_back = forms.ChoiceField(choices=[("yes", "Yes")], widget=forms.RadioSelect)
    due = forms.CharField()
    words = forms.CharField()


def test_a_forms_field_bears_the_links_that_the_form_names_beside_the_order_of_tab():
    text = draw("{{ form }}", form=ReplyForm())
    assert text.count('class="clause"') == text.count('tabindex="-1"') == 3
    assert text.index("R1.1c") < text.index("R1.1e") < text.index("R1.1g")
    assert draw("{% clauses_of field %}", field=ReplyForm()["words"]) == ""


def test_a_text_links_the_clauses_it_names_and_nothing_else():
    text = draw("{{ words|with_clause_links }}", words="<b> see R1.1c, R9.9 and R1.1z.")
    address = reverse("regulations:clause", args=["R1.1c"])
    assert text == f'&lt;b&gt; see <a href="{address}">R1.1c</a>, R9.9 and R1.1z.'


def test_the_rules_show_each_settings_clauses(client, employee):
    text = client.get(reverse("regulations:settings")).content.decode()
    assert 'id="S2"' in text and reverse("regulations:clause", args=["R1.1e"]) in text
