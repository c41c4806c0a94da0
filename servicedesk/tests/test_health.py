from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.utils import timezone

from servicedesk.clock.models import Heartbeat
from servicedesk.clock.sweep import sweep
from servicedesk.health import broker_answers
from servicedesk.outbox.testing import make_mail
from servicedesk.testing.people import make_user

SECOND = timedelta(seconds=1)


@pytest.fixture
def running(db):
    """A desk whose clock has just run."""
    now = timezone.now()
    Heartbeat.objects.bulk_create(Heartbeat(name=name, at=now) for name in ("sweep", "beat"))
    with patch("servicedesk.health.broker_answers", return_value=True):
        yield now


def beat(name, at):
    Heartbeat.objects.filter(name=name).update(at=at)


def test_alive_needs_no_database(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"alive\n")
    assert "no-store" in answer.headers["Cache-Control"]


def test_ready_while_the_clock_runs(client, running, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        answer = client.get("/readyz")

    assert answer.status_code == 200
    told = answer.json()
    assert told["ready"] and told["reasons"] == []
    assert abs(told["clock_difference"]) < 1
    assert 0 <= told["sweep_age"] < 10


def test_a_sweep_leaves_its_mark(client, running):
    beat("sweep", running - timedelta(hours=1))
    sweep(timezone.now())

    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("name", ["sweep", "beat"])
def test_red_once_the_clock_has_stopped(client, running, settings, name):
    limit = settings.READY_SWEEP_AGE
    with patch("servicedesk.health.server_time", return_value=running):
        beat(name, running - timedelta(seconds=limit - 10))
        assert client.get("/readyz").status_code == 200
        beat(name, running - timedelta(seconds=limit + 0.1))
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["reasons"] == [f"the last {name} was {limit:.0f} s ago"]


def test_red_before_the_clock_ever_ran(client, db):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "the sweep has not run yet" in answer.json()["reasons"]


@pytest.mark.parametrize("ahead", [-5, 5])
def test_red_when_this_clock_differs_from_the_databases(client, running, ahead):
    with patch("servicedesk.health.server_time", return_value=timezone.now() + ahead * SECOND):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "the clock differs" in answer.json()["reasons"][0]


def test_red_when_the_broker_does_not_answer(client, running, settings):
    with patch("servicedesk.health.broker_answers", return_value=False):
        answer = client.get("/readyz")

    assert answer.json()["reasons"] == ["the broker does not answer"]


def test_a_broker_that_is_not_there_does_not_answer(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert broker_answers() is False


def test_a_dead_database_is_told_without_a_stack_trace(client, running):
    with patch("servicedesk.health.server_time", side_effect=OperationalError("secret address")):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the database does not answer"]
    assert "secret" not in answer.content.decode()


def test_metrics_tell_what_waits(client, running):
    make_mail(make_user(), at=datetime(2026, 3, 4, 12, tzinfo=UTC))

    text = client.get("/metrics").content.decode()
    assert "servicedesk_ready 1.0" in text
    assert "servicedesk_messages_queued 1.0" in text
    assert "servicedesk_deadlines_set_aside 0.0" in text


def test_metrics_leave_out_what_is_not_known(client, running):
    with patch("servicedesk.health.server_time", side_effect=OperationalError):
        text = client.get("/metrics").content.decode()

    assert "servicedesk_database_up 0.0" in text
    assert "servicedesk_sweep_age_seconds" not in text


@pytest.mark.parametrize(
    ("extra", "behind_proxy", "status"),
    [
        ({}, False, 200),
        ({"REMOTE_ADDR": "::1"}, False, 200),
        ({"REMOTE_ADDR": "::ffff:10.0.0.7"}, False, 404),
        ({"REMOTE_ADDR": "10.0.0.7"}, False, 404),
        ({"REMOTE_ADDR": ""}, False, 404),
        ({"REMOTE_ADDR": "10.0.0.7", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False, 404),
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False, 404),
        ({"HTTP_FORWARDED": "for=127.0.0.1"}, False, 404),
        ({}, True, 404),
        ({"HTTP_AUTHORIZATION": "Bearer right", "REMOTE_ADDR": "10.0.0.7"}, True, 200),
        ({"HTTP_AUTHORIZATION": "bearer right", "HTTP_X_FORWARDED_FOR": "10.0.0.7"}, True, 200),
        ({"HTTP_AUTHORIZATION": "Bearer wrong"}, True, 404),
        ({"HTTP_AUTHORIZATION": "Bearer "}, True, 404),
        ({"HTTP_AUTHORIZATION": "Bearer wörng"}, True, 404),
    ],
)
def test_metrics_exist_for_this_machine_or_the_token_only(
    client, running, settings, extra, behind_proxy, status
):
    settings.METRICS_TOKEN = "right"
    settings.BEHIND_PROXY = behind_proxy

    assert client.get("/metrics", **extra).status_code == status


def test_without_a_token_none_is_right(client, running, settings):
    settings.METRICS_TOKEN = ""
    settings.BEHIND_PROXY = True

    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 404


def test_monitoring_is_not_sent_to_https(client, running, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/readyz").status_code == 200
    assert client.get("/admin/").status_code == 301


def test_only_asking_is_allowed(client, running):
    assert client.post("/readyz").status_code == 405
