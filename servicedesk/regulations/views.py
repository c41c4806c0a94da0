from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from servicedesk.regulations.rows import grouped_rows


@login_required
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """The settings in words, for every employee: what the house has promised itself."""
    return render(request, "regulations/settings.html", {"groups": grouped_rows()})
