"""The request as a view behind the log-in gets it, for type checkers."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from servicedesk.staff.models import User


class StaffRequest(HttpRequest):
    """A request of somebody who is logged in; `htmx` tells whether a fragment is wanted."""

    user: User
    htmx: HtmxDetails
