"""How often one may try to log in (SECURITY).

The pair of account and address is locked by django-axes. Here: an address that fails with many names waits
too, and an account attacked from many addresses answers slowly, but answers, so that a stranger cannot keep
the rightful user out. All of it counts the failures that django-axes stores, the same for all processes.
"""

import time
from datetime import datetime, timedelta
from ipaddress import ip_address

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Min, Sum
from django.http import HttpRequest

SLOW_FROM = 5  # failures on one account before answers are slowed down
SLOWEST = 1.0  # seconds


def client_address(request: HttpRequest) -> str | None:
    """The address that asks. Behind PROXY_COUNT proxies, what the outermost of them has seen.

    What a client writes into the header itself stands further left and is never believed.
    """
    seen = request.META.get("REMOTE_ADDR")
    count = settings.AXES_IPWARE_PROXY_COUNT
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if count and len(forwarded) >= count:
        seen = forwarded[-count].strip()
    try:
        return str(ip_address(seen or ""))
    except ValueError:
        return None


def address_waits_until(request: HttpRequest, *, at: datetime) -> datetime | None:
    """Until when this address may not try, or None if it may."""
    recent = _recent(at).filter(ip_address=client_address(request))
    found = recent.aggregate(failures=Sum("failures_since_start"), first=Min("attempt_time"))
    if (found["failures"] or 0) < settings.LOGIN_FAILURES_PER_ADDRESS:
        return None
    return found["first"] + _cool_off()


def pair_waits_until(request: HttpRequest, username: str, *, at: datetime) -> datetime:
    """Until when this account may not be tried from this address, once django-axes has locked the pair."""
    recent = _recent(at).filter(ip_address=client_address(request), username=username)
    last = recent.aggregate(last=Max("attempt_time"))["last"]
    return (last or at) + _cool_off()


def slow_down(username: str, *, at: datetime) -> float:
    """Wait the longer the more attempts on this account failed lately, from wherever; returns the seconds.

    The same for names that nobody has.
    """
    failures = _recent(at).filter(username=username).aggregate(sum=Sum("failures_since_start"))["sum"] or 0
    seconds = min(SLOWEST, max(0, failures - SLOW_FROM) / 10)
    time.sleep(seconds)
    return seconds


def _recent(at: datetime):
    return AccessAttempt.objects.filter(attempt_time__gt=at - _cool_off())


def _cool_off() -> timedelta:
    found = get_cool_off()
    assert found is not None, "AXES_COOLOFF_TIME is set"
    return found
