import logging

import pytest
from django.test import Client

from servicedesk.headers import GIVEN, RequestNumber, request_id


def test_every_answer_carries_the_strict_headers(client):
    headers = client.get("/healthz").headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Permissions-Policy"].startswith("camera=()")
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-7", "gb18030", "utf-8"])
def test_a_form_is_read_as_utf8_whatever_its_sender_claims(charset):
    """Django would refuse it, and stumble over its own page that says so."""
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    client = Client(enforce_csrf_checks=True)
    assert client.post("/login/", b"username=%E7%8E%8B", content_type=kind).status_code == 403
    assert "王" in Client().post("/login/", b"username=%E7%8E%8B", content_type=kind).content.decode()


def test_a_number_from_outside_counts_only_behind_our_proxy(client, settings):
    given = {"X-Request-ID": "0123456789abcdef"}
    assert client.get("/healthz", headers=given).headers["X-Request-ID"] != given["X-Request-ID"]

    settings.BEHIND_PROXY = True
    assert client.get("/healthz", headers=given).headers["X-Request-ID"] == given["X-Request-ID"]


@pytest.mark.parametrize("bad", ["", "short", "x" * 65, "a b c d e f g h", 'inject"ed: 1', "line\nbreak-1"])
def test_a_number_that_could_spoil_a_log_line_is_not_taken(bad):
    assert not GIVEN.fullmatch(bad)


def test_the_log_of_a_request_holds_its_route_and_nothing_that_was_typed(client, caplog):
    logging.getLogger("servicedesk.requests").setLevel(logging.INFO)
    with caplog.at_level(logging.INFO, logger="servicedesk.requests"):
        client.get("/healthz", {"q": "Mrs Wang 13800138000"})

    line = caplog.records[-1]
    assert (line.method, line.route, line.status) == ("GET", "healthz", 200)
    assert "13800138000" not in str(vars(line))


def test_log_lines_know_the_request_they_belong_to():
    token = request_id.set("abc")
    record = logging.makeLogRecord({"request": "<WSGIRequest: GET '/customers/?q=Wang'>"})
    assert RequestNumber().filter(record)
    request_id.reset(token)
    assert record.request_id == "abc"
    assert "Wang" not in str(vars(record))
