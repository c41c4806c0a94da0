"""What the customer's page shows of tickets."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from servicedesk.customers.models import Customer
from servicedesk.staff.requests import StaffRequest
from tickets.models import Promise, Ticket
from tickets.repeats import matters_of

MATTERS, PROMISES = 20, 5


@login_required
@require_safe
def customer_panel(request: StaffRequest, number: str) -> HttpResponse:
    """A customer's open matters and last promises, as anybody at intake may see them: number, category, owner, promise."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), number=number)
    now = timezone.now()
    matters = list(matters_of(customer)[: MATTERS + 1])
    promises = Promise.objects.filter(ticket__customer=customer).select_related(
        "deadline", "ticket__category"
    )
    told = [
        (promise, promise.deadline.state(now)) for promise in promises.order_by("-made_at", "-pk")[:PROMISES]
    ]
    shown = [matter.pk for matter in matters] + [promise.ticket_id for promise, _state in told]
    mine = set(Ticket.objects.visible_to(request.user).filter(pk__in=shown).values_list("pk", flat=True))
    context = {
        "customer": customer, "matters": matters[:MATTERS], "more": len(matters) > MATTERS, "promises": told,
        "mine": mine, "now": now,
    }  # fmt: skip
    return render(request, "tickets/_customer_panel.html", context)
