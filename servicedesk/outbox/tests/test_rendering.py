from datetime import UTC, date, datetime

import pytest
from django.utils import timezone, translation

from servicedesk.outbox import rendering
from servicedesk.outbox.models import Message
from servicedesk.outbox.rendering import context_of, plain_text_engine, render, revived
from servicedesk.outbox.testing import NOON, make_mail, make_notice
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(tmp_path, settings):
    """A folder of texts: write `texts("event", "words")`."""
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.SITE_ORIGIN = "https://desk.example.org"
    (tmp_path / "messages").mkdir()
    plain_text_engine.cache_clear()
    yield lambda event, words: (tmp_path / "messages" / f"{event}.txt").write_text(words, encoding="utf-8")
    plain_text_engine.cache_clear()


def unsaved(recipient=None, event="told", channel="in_app", **fields):
    return Message(recipient=recipient, event=event, channel=channel, **fields)


def test_the_first_line_is_the_subject_and_the_rest_the_body(texts):
    texts("told", "Subject {{ label }}\n\nFirst.\nSecond.\n")

    words = render(unsaved(make_user(), params={"label": "A & <B>"}))
    assert words.subject == "Subject A & <B>"
    assert words.body == "First.\nSecond."


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Test message from the service desk"),
        ("zh-hans", "服务台测试消息"),
        ("zh-hant", "服務台測試訊息"),
        ("tlh", "Test message from the service desk"),
    ],
)
def test_words_are_in_the_receivers_language_whatever_page_is_open(language, subject):
    with translation.override("zh-hans"):
        assert render(unsaved(make_user(language=language), event="test")).subject == subject
        assert translation.get_language() == "zh-hans"


def test_an_address_without_a_user_brings_its_own_language_and_zone(texts):
    texts("told", '{% translate "waiting" %} {{ due_at|date:"H:i" }}')
    letter = unsaved(
        address="li@example.org",
        channel="email",
        language="zh-hans",
        timezone="Asia/Shanghai",
        params={"due_at": "2026-03-04T12:00:00Z"},
    )
    assert render(letter).subject == "等待发送 20:00"


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("Asia/Shanghai", "20"),
        ("America/New_York", "07"),
        ("", "20"),
        ("Mars/Olympus", "20"),
        ("../etc", "20"),
    ],
)
def test_times_come_out_in_the_receivers_zone(texts, zone, hour):
    texts("told", '{{ due_at|date:"H" }}')

    assert render(unsaved(make_user(timezone=zone), params={"due_at": NOON.isoformat()})).subject == hour
    assert timezone.get_current_timezone_name() == "Asia/Shanghai"


def test_params_survive_storage_as_times_numbers_and_labels():
    person = make_user()
    make_notice(person, params={"due_at": NOON, "day": date(2026, 3, 4), "number": 3, "label": "2026-000123"})

    context = context_of(Message.objects.get())
    assert (context["due_at"], context["day"]) == (NOON, date(2026, 3, 4))
    assert (context["number"], context["label"]) == (3, "2026-000123")


@pytest.mark.parametrize(
    "text", ["2026-000123", "2026-13-45", "2026-03-04T12:00", "2026-03-04T99:00Z", "", "x"]
)
def test_what_is_no_aware_time_stays_a_text(text):
    assert revived({"a": [text]}) == {"a": [text]}


def test_times_inside_lists_become_times_too():
    assert revived([{"at": "2026-03-04T20:00:00+08:00"}]) == [{"at": datetime(2026, 3, 4, 12, tzinfo=UTC)}]


@pytest.mark.parametrize("event", ["nobody_wrote_this", "../settings", "Test", "broken"])
def test_an_event_without_usable_text_gives_a_general_one_and_an_error_in_the_log(texts, caplog, event):
    texts("broken", "{% no such tag %}")

    words = render(
        unsaved(
            make_user(), event=event, channel="email", params={"label": "2026-000123", "path": "/tickets/1/"}
        )
    )
    assert words.subject == "News from the service desk: 2026-000123"
    assert words.body.endswith("\n\nhttps://desk.example.org/tickets/1/")
    assert "No usable text" in caplog.text


def test_mail_has_full_links_and_notices_none(texts):
    texts("told", "Subject\n{{ link }}{% for item in items %}\n{{ item.label }} {{ item.link }}{% endfor %}")
    params = {"path": "/desk/", "items": [{"label": "one", "path": "/tickets/1/"}]}
    person = make_user()

    assert render(unsaved(person, channel="email", params=params)).body == (
        "https://desk.example.org/desk/\none https://desk.example.org/tickets/1/"
    )
    assert "http" not in render(unsaved(person, params=params)).body


def test_a_subject_is_one_printable_line_whatever_a_label_holds(texts):
    texts("told", "Subject {{ label }}\nBody")

    words = render(unsaved(make_user(), params={"label": "a\rBcc: b\x00c\u2028d"}))
    assert words.subject == "Subject a Bcc: b c d"


def test_the_message_after_an_outage_lists_everything(settings):
    settings.SITE_ORIGIN = "https://desk.example.org"
    items = [
        {
            "kind": "promise",
            "overdue": True,
            "position": "owner",
            "reason": {},
            "label": f"2026-00012{n}",
            "path": f"/tickets/{n}/",
            "due_at": NOON.isoformat(),
        }
        for n in range(3)
    ]
    words = render(
        make_mail(
            make_user(language="zh-hans"), event="owed", params={"count": 4, "items": items, "path": "/"}
        )
    )

    assert words.subject == "有 4 件事等您处理"
    for n in range(3):
        assert f"超时未答复: 2026-00012{n}" in words.body
        assert f"https://desk.example.org/tickets/{n}/" in words.body
    assert "2026年3月4日 20:00" in words.body


def test_the_folder_of_texts_is_read_from_the_settings():
    assert rendering.template_of("test")
