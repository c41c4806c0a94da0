"""Imports with the browser: hand a file in, look at it, try it, take it in, fetch what was refused."""

import logging
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from servicedesk.audit.timeline import record
from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.examples import as_csv, as_workbook, example_of
from servicedesk.keepable import marked
from servicedesk.staff.requests import StaffRequest
from servicedesk.uploads import storing, tasks
from servicedesk.uploads.bounds import TOO_LARGE
from servicedesk.uploads.carrying import discard, start
from servicedesk.uploads.forms import HandInForm, TryForm
from servicedesk.uploads.kinds import WAYS
from servicedesk.uploads.looking import fitting, look_at
from servicedesk.uploads.models import Kind, Upload

logger = logging.getLogger(__name__)
SHOWN = 20  # imports on the list
FILES = {  # forms of a file to begin with
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def _may_import(request: StaffRequest) -> None:
    if not request.user.has_perm("uploads.import_files"):
        raise Http404


def _seen(request: StaffRequest, pk: int) -> Upload:
    """The upload this person may see and whose kind they may take in, else 404."""
    upload = get_object_or_404(Upload.objects.visible_to(request.user).select_related("by"), pk=pk)
    if not WAYS[upload.kind].may(request.user):
        raise Http404
    return upload


@require_http_methods(["GET", "POST"])
@login_required
def uploads(request: StaffRequest) -> HttpResponse:
    """Hand a file in; below it the files to begin with, and what was handed in last."""
    _may_import(request)
    form = HandInForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST":
        if request.META.get(TOO_LARGE):
            form.errors.pop("file", None)
            form.add_error("file", storing.too_large())
        elif form.is_valid() and (upload := _hand_in(request, form)):
            return redirect(upload)
    mine = [kind for kind in Kind if WAYS[kind].may(request.user)]
    shown = Upload.objects.visible_to(request.user).filter(kind__in=mine).select_related("by")
    context = {"form": form, "kinds": mine, "uploads": shown.order_by("-pk")[:SHOWN]}
    return render(request, "uploads/list.html", context, status=422 if form.errors else 200)


def _hand_in(request: StaffRequest, form: HandInForm) -> Upload | None:
    """The upload; None after a refusal, which the form then tells, and of which nothing is kept."""
    given, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
    try:
        stored = storing.keep(given)
    except ValidationError as refusal:
        form.add_error("file", refusal)
        return None
    except OSError:
        logger.exception("a file handed in cannot be kept")
        form.add_error(
            "file",
            _("The desk cannot keep files at present; the log of the web server says why. Try again later."),
        )
        return None
    at = timezone.now()
    name = marked(given.name)[-storing.MOST_NAME :]
    upload = Upload(kind=kind, name=name, stored=stored, size=given.size, by=request.user, at=at)
    try:
        upload.options = {"mapping": fitting(upload)}
        with transaction.atomic():
            upload.save()
            record(upload.key, "import_handed_in", by=request.user, at=at, kind=kind, size=upload.size)
    except UnusableFileError as refusal:
        storing.forget(stored)
        form.add_error("file", str(refusal))
        return None
    except BaseException:
        storing.forget(stored)
        raise
    return upload


@require_GET
@login_required
@never_cache
def upload(request: StaffRequest, pk: int) -> HttpResponse:
    """One file: what it looks like, how far it has come, and the next act."""
    shown = _seen(request, pk)
    form = TryForm(upload=shown)
    return render(request, "uploads/upload.html", {**_context(shown), "form": form})


@require_GET
@login_required
@never_cache
def standing(request: StaffRequest, pk: int) -> HttpResponse:
    """How far it has come, polled while it goes on: 204 while nothing is new; at its end the whole page is asked for."""
    shown = _seen(request, pk)
    if request.GET.get("version") == shown.version:
        return HttpResponse(status=204)
    answer = render(request, "uploads/_standing.html", _standing(shown))
    if not shown.is_going_on:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@login_required
def attempt(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a worker try the file: nothing is written."""
    shown = _seen(request, pk)
    form = TryForm(request.POST, upload=shown)
    if not form.is_valid():
        return render(request, "uploads/upload.html", {**_context(shown), "form": form}, status=422)
    return _start(request, shown, dry_run=True, options=form.options())


@require_POST
@login_required
def take_in(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a worker take in what was tried."""
    return _start(request, _seen(request, pk), dry_run=False)


def _start(request: StaffRequest, shown: Upload, **how: Any) -> HttpResponse:
    try:
        start(shown, by=request.user, at=timezone.now(), **how)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        tasks.hint(shown.pk)
    return redirect(shown)


@require_POST
@login_required
def throw_away(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete the file and the report now."""
    shown = _seen(request, pk)
    try:
        discard(shown, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(shown)
    messages.success(request, _("The file is deleted."))
    return redirect("uploads:list")


@require_GET
@login_required
@never_cache
def outcome(request: StaffRequest, pk: int) -> Any:
    """The report of what was refused, as a file."""
    shown = _seen(request, pk)
    path = storing.outcome_of(shown)
    if shown.is_going_on or shown.removed_at or not path.exists():
        raise Http404
    return _sandboxed(FileResponse(path.open("rb"), as_attachment=True, filename=f"refused-{pk}.csv"), "csv")


@require_GET
@login_required
def example(request: StaffRequest, kind: str, form: str) -> HttpResponse:
    """A file to begin with, in the reader's language: the headings and one row."""
    _may_import(request)
    if kind not in WAYS or form not in FILES or not WAYS[kind].may(request.user):
        raise Http404
    write, _kind = FILES[form]
    told = example_of(WAYS[kind].shape, get_language() or "en")
    answer = HttpResponse(write(told))
    answer["Content-Disposition"] = content_disposition_header(True, f"{told.name}.{form}") or "attachment"
    return _sandboxed(answer, form)


def _sandboxed(answer: Any, form: str) -> Any:
    answer["Content-Type"] = FILES[form][1]
    answer["Content-Security-Policy"] = "sandbox"
    return answer


def _standing(shown: Upload) -> dict[str, Any]:
    ended = not shown.is_going_on and not shown.removed_at and shown.ended_at
    return {"upload": shown, "has_outcome": bool(ended and storing.outcome_of(shown).exists())}


def _context(shown: Upload) -> dict[str, Any]:
    context = {**_standing(shown), "look": None, "unreadable": ""}
    if not shown.is_going_on and not shown.removed_at and shown.state != Upload.State.DONE:
        try:
            context["look"] = look_at(shown)
        except UnusableFileError as problem:
            context["unreadable"] = str(problem)
        except OSError:
            context["unreadable"] = _("The file is no longer there. Hand it in again.")
    return context
