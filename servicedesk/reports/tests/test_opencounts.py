"""The number of open tickets is kept by the database: exact at every moment, and nobody waits for it."""

import threading

import pytest
from django.db import connection, transaction

from servicedesk.audit.invariants import findings
from servicedesk.clock.testing import make_unit
from servicedesk.reports.backlog import backlog
from servicedesk.reports.models import OpenCount
from servicedesk.reports.opencounts import differences, fold, recount_after_migrate
from servicedesk.reports.reach import Reach
from tickets.intake import Answer
from tickets.models import Ticket
from tickets.ownership import take_over
from tickets.resolving import reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_ticket, make_word

ALL = Reach(None)


def pair():
    """Ann with her tickets, and Bob, who may take them over."""
    ann = make_agent()
    bob = make_agent(department=ann.department)
    category = make_category()
    category.deputies.add(bob)
    return ann, bob, category


def held():
    return {one.person: one.total for one in backlog(ALL, at=MONDAY).held}


@pytest.mark.django_db
def test_whatever_happens_to_a_ticket_the_number_follows():
    ann, bob, category = pair()
    first, _second = (make_ticket(first_responder=ann, category=category) for _ in range(2))
    again = make_ticket(first_responder=ann, kind="inquiry", answer=Answer("At nine."))
    assert held() == {ann.pk: 2}

    take_over(first, by=bob, at=MONDAY + HOUR)
    assert held() == {ann.pk: 1, bob.pk: 1}
    reopen(again, promise=make_word(MONDAY + 20 * HOUR), reason="Asked again", by=ann, at=MONDAY + HOUR)
    assert held() == {ann.pk: 2, bob.pk: 1}
    assert backlog(ALL, at=MONDAY + HOUR).by_band == [3, 0, 0, 0, 0]
    assert differences() == []


@pytest.mark.django_db
def test_folding_leaves_one_row_a_place_and_the_same_numbers():
    ann, bob, category = pair()
    tickets = [make_ticket(first_responder=ann, category=category) for _ in range(5)]
    for ticket in tickets[:2]:
        take_over(ticket, by=bob, at=MONDAY + HOUR)
    before = backlog(ALL, at=MONDAY)

    assert fold() > 0
    assert backlog(ALL, at=MONDAY) == before
    assert OpenCount.objects.count() == 3  # of Ann, of Bob, of Monday
    assert fold() == 0


@pytest.mark.django_db
def test_the_audit_finds_a_number_that_was_tampered_with_and_migrating_mends_it():
    make_ticket()
    OpenCount.objects.filter(owner=None).update(number=7)
    assert [number for *_place, number in differences()] == [-6]
    assert "reports.invariants.open_counts_agree" in {
        finding.invariant.name for finding in findings() if finding.violations
    }

    recount_after_migrate()
    assert differences() == []
    assert backlog(ALL, at=MONDAY).by_band == [1, 0, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_a_refused_change_changes_no_number():
    ticket = make_ticket()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(department=make_unit())
        raise ZeroDivisionError
    assert differences() == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_number_and_none_is_lost_while_it_is_folded():
    """Two tickets change from one unit to another at the same time; meanwhile the rows so far are folded."""
    ann, other = make_agent(), make_unit()
    tickets = [make_ticket(first_responder=ann) for _ in range(3)]
    changed, folded = threading.Barrier(3), threading.Barrier(3)

    def by_unit():
        return {one.department: one.total for one in backlog(ALL, at=MONDAY).held}

    def change(ticket):
        try:
            with transaction.atomic():
                Ticket.objects.filter(pk=ticket.pk).update(department=other)
                changed.wait(20)
                folded.wait(20)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=(ticket,)) for ticket in tickets[:2]]
    for thread in threads:
        thread.start()
    changed.wait(20)
    assert fold() > 0 and by_unit() == {ann.department_id: 3}
    folded.wait(20)
    for thread in threads:
        thread.join()
    assert by_unit() == {ann.department_id: 1, other.pk: 2}
    assert fold() > 0 and by_unit() == {ann.department_id: 1, other.pk: 2}
    assert differences() == []
