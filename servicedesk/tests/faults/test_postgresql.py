"""The database restarted, its connections cut, read-only, full: what was begun is as if it had never been."""

import threading
from contextlib import contextmanager

import psycopg2
import pytest
from django.db import connection

from servicedesk.audit.triggers import install
from servicedesk.clock.models import Ring
from servicedesk.tests.faults.aftermath import judge
from servicedesk.tests.faults.conftest import Desk, address_of_the_tests
from servicedesk.tests.faults.servers import postgresql_of_its_own
from tickets.models import Ticket

pytestmark = pytest.mark.postgresql
NEW = "/tickets/new/"
IN_MID_SWEEP = "servicedesk.clock.sweep.notify"
IN_MID_POST = "tickets.calls.open_ticket"


def cut_all_connections():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def read_only():
    """Every transaction of every new session; those that stand are cut."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        cut_all_connections()
        try:
            yield
        finally:
            cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            cut_all_connections()


@contextmanager
def full(table):
    """The database says that its disk is full whenever a row is added to the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END$$"
        )
        cursor.execute(f"CREATE TRIGGER no_room BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()")
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION no_room CASCADE")


def test_connections_cut_in_mid_sweep_and_in_mid_post(desk, overdue, call):
    agent, form = call
    overdue(12)
    desk.hold(IN_MID_SWEEP)
    desk.hold(IN_MID_POST)
    with desk.up(IN_MID_SWEEP, IN_MID_POST):
        answers = []
        sending = threading.Thread(target=lambda: answers.append(desk.post(agent, NEW, **form)))
        sending.start()
        desk.wait_until_held(IN_MID_POST)
        desk.wait_until_held(IN_MID_SWEEP)
        cut_all_connections()
        desk.let_go(IN_MID_SWEEP)
        desk.let_go(IN_MID_POST)
        sending.join()
        assert [status for status, _address in answers] == [500]
        assert Ticket.objects.count() == 12
        assert desk.post(agent, NEW, **form) == (302, Ticket.objects.latest("pk").path)
        judge(tickets=13)
        desk.wait_until_ready()


def test_read_only_for_a_while_sets_no_row_aside(desk, overdue, call):
    agent, form = call
    with desk.up():
        desk.wait_until_ready()
        with read_only():
            overdue(6)
            desk.wait_for_reason("the last sweep was")
            assert desk.told()["database"]
            assert desk.post(agent, NEW, **form)[0] == 500
            assert not Ring.objects.exists()
        judge(tickets=6)
        desk.wait_until_ready()


def test_a_full_disk_sets_no_row_aside_and_is_told(desk, overdue, call):
    agent, form = call
    with desk.up():
        desk.wait_until_ready()
        with full("clock_ring"):
            overdue(6)
            desk.wait_for_reason("the last sweep was")
            assert not Ring.objects.exists()
        with full("audit_entry"):
            assert desk.post(agent, NEW, **form)[0] == 500
        judge(tickets=6)
        desk.wait_until_ready()


@pytest.fixture
def own_postgresql(transactional_db):
    """A server of the test's own with all that the migrations left; the test looks into it too."""
    with postgresql_of_its_own() as server:
        server.fill_like(address_of_the_tests())
        connection.close()
        kept = dict(connection.settings_dict)
        own = psycopg2.extensions.parse_dsn(server.url)
        connection.settings_dict.update(
            HOST=own["host"], PORT=own["port"], NAME=own["dbname"], USER=own["user"], PASSWORD=""
        )
        install(
            connection
        )  # as after every restoring: PostgreSQL words some triggers otherwise when it reads them back
        try:
            yield server
        finally:
            connection.close()
            connection.settings_dict.update(kept)


@pytest.mark.parametrize("how", ["immediate", pytest.param("fast", marks=pytest.mark.exhaustive)])
def test_postgresql_restarted_in_mid_sweep(own_postgresql, own_redis, post_office, tmp_path, overdue, how):
    desk = Desk(tmp_path, redis_url=own_redis.url, email_url=post_office.url, database_url=own_postgresql.url)
    overdue(6)
    desk.hold(IN_MID_SWEEP)
    with desk.up(IN_MID_SWEEP):
        desk.wait_until_held(IN_MID_SWEEP)
        connection.close()
        own_postgresql.stop(how)
        desk.wait_for_reason("the database does not answer")
        desk.let_go(IN_MID_SWEEP)
        own_postgresql.control("start")
        judge(tickets=6)
        desk.wait_until_ready()
