"""What the house has promised itself, for every employee: the settings in words, and the clauses behind them."""

from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from servicedesk.regulations.clauses import CLAUSES, DUTIES, KINDS, Clause, find, neighbours
from servicedesk.regulations.fulfilment import duties_of
from servicedesk.regulations.rows import grouped_rows, rows_of

LONGEST_SEARCH = 200  # characters


@login_required
@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    """The settings in words."""
    return render(request, "regulations/settings.html", {"groups": grouped_rows()})


@login_required
@require_safe
def clauses(request: HttpRequest) -> HttpResponse:
    """All clauses by regulation, or those that a search leaves; what the address demands in vain is let go."""
    text = request.GET.get("q", "")[:LONGEST_SEARCH]
    kind, duty = request.GET.get("kind", ""), request.GET.get("duty", "")
    kind, duty = kind if kind in KINDS else "", duty if duty in DUTIES else ""
    found = find(text, kind, duty)
    context = {
        "regulations": by_regulation(found),
        "found": len(found),
        "all": len(CLAUSES),
        "text": text,
        "kind": kind,
        "duty": duty,
        "kinds": KINDS,
        "duties": DUTIES,
    }
    return render(request, "regulations/clauses.html", context)


def by_regulation(found: list[Clause]) -> list[tuple[Any, list[tuple[Any, list[Clause]]]]]:
    """Regulation → section → clauses, in their order."""
    return [
        (
            regulation,
            [
                (section, list(inside))
                for section, inside in groupby(of_it, key=lambda clause: clause.section)
            ],
        )
        for regulation, of_it in groupby(found, key=lambda clause: clause.regulation)
    ]


@login_required
@require_safe
def clause(request: HttpRequest, clause_id: str) -> HttpResponse:
    """One clause whole."""
    found = clause_or_404(clause_id)
    before, after = neighbours(found)
    context = {
        "clause": found,
        "rows": rows_of(found.settings),
        "duties": duties_of(found),
        "before": before,
        "after": after,
    }
    return render(request, "regulations/clause.html", context)


@login_required
@require_safe
def why(request: HttpRequest, clause_id: str) -> HttpResponse:
    """One clause in short, for the dialogue that a form's link opens."""
    found = clause_or_404(clause_id)
    return render(request, "regulations/_why.html", {"clause": found, "rows": rows_of(found.settings)})


def clause_or_404(clause_id: str) -> Clause:
    try:
        return CLAUSES[clause_id]
    except KeyError:
        raise Http404 from None
