"""The desk that benchmarks fill by bulk SQL is one that the domain could have written."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from benchmarks._desk import RUSH, build_house, fill, live
from servicedesk.audit.invariants import findings
from servicedesk.clock.models import Deadline, Ring
from servicedesk.clock.sweep import sweep
from servicedesk.customers.models import ContactPerson, Customer
from tickets.models import OwnershipPeriod, Promise, Ticket

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def what_the_audit_finds():
    return {finding.invariant.name: finding.examples for finding in findings() if finding.violations}


def test_three_years_of_every_sort_of_matter_pass_the_audit():
    at = timezone.now()
    live(build_house(), 400, at=at)

    assert what_the_audit_finds() == {}
    states = Counter(Ticket.objects.values_list("state", flat=True))
    assert 90 <= states["unresolved"] + states["resolved"] <= 150
    assert set(states) == {"unresolved", "resolved", "closed"}
    assert {"accepted", "checked", "confirmed", "decided"} <= set(
        Ticket.objects.filter(state="closed").values_list("ended", flat=True)
    )
    assert Ticket.objects.filter(received_at__lt=at - timedelta(days=2 * 365)).exists()
    assert not Ticket.objects.filter(touched_at__gt=at).exists()
    assert len(set(Ticket.objects.values_list("kind", flat=True))) == 6
    assert {"kept", "late", None} == set(Deadline.objects.values_list("outcome", flat=True))
    assert Deadline.objects.live().filter(broken_at__isnull=False).exists()
    assert Promise.objects.filter(number=2).exists() and Ring.objects.exists()
    assert OwnershipPeriod.objects.filter(how="taken_over").exists()
    assert Customer.objects.count() == ContactPerson.objects.count() == 10


def test_what_is_to_fall_due_does_and_nothing_else():
    at = timezone.now()
    fill(build_house(), 60, at=at, rush=20)

    assert what_the_audit_finds() == {}
    assert sweep(at).rang == 0
    assert sweep(at + RUSH).rang == 20
    assert what_the_audit_finds() == {}
