"""An import is started by a person and carried out by a worker, which may die over it: another one goes on.

The file is read again from its beginning then, and what is there already counts as unchanged. A worker claims its upload
and says now and then that it lives; whoever lost the claim stops at its next word. Files are read one after the other,
so that imports never take all workers away from the clock.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.running import Import
from servicedesk.servertime import server_time
from servicedesk.uploads.kinds import WAYS, begin
from servicedesk.uploads.models import Upload
from servicedesk.uploads.storing import file_of, outcome_of, remove

State = Upload.State
FROM = {  # what an act may follow
    State.TRYING: (State.NEW, State.TRIED, State.UNUSABLE, State.STOPPED),
    State.RUNNING: (State.TRIED,),
}
WORD_EVERY = 1.0  # seconds between two words of a worker
MOST_ATTEMPTS = 4
MOST_NOTES = 200  # lines that a dry run may leave

logger = logging.getLogger(__name__)


class SupersededError(Exception):
    """Another worker has taken over."""


@transaction.atomic
def start(
    upload: Upload, *, dry_run: bool, by: Any, at: datetime, options: dict[str, Any] | None = None
) -> None:
    """Let a worker try a file, or take it in once it has been tried; a dry run may bring other `options`.

    Raises ValidationError while another file of its kind is being read, or for an act that is not due.
    """
    state = State.TRYING if dry_run else State.RUNNING
    fresh: dict[str, Any] = {
        "state": state,
        "claim": "",
        "beat_at": None,
        "attempts": 0,
        "ended_at": None,
        "problem": "",
    }
    fresh |= {"position": 0, "read": 0, "taken": 0, "unchanged": 0, "refused": 0}
    if dry_run:
        fresh |= {"options": options or {}, "notes": []}
    due = Upload.objects.filter(pk=upload.pk, state__in=FROM[state], removed_at=None)
    try:
        with transaction.atomic():
            started = due.update(**fresh)
    except IntegrityError as error:
        raise ValidationError(
            _("Another file of this kind is being read. Wait until it has ended.")
        ) from error
    if not started:
        raise ValidationError(_("This file is being read, or has been taken in. Look at it again."))
    outcome_of(upload).unlink(missing_ok=True)  # the report of the try before
    record(upload.key, "import_tried" if dry_run else "import_started", by=by, at=at, kind=upload.kind)


@transaction.atomic
def discard(upload: Upload, *, by: Any, at: datetime) -> None:
    """Delete the file now. Raises ValidationError while it is being read."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.is_going_on:
        raise ValidationError(_("This file is being read. Wait until it has ended."))
    if remove([upload], at=at):
        record(upload.key, "import_discarded", by=by, at=at)


def carry_out(pk: int, *, at: datetime) -> bool:
    """Read one file to its end, if it is due and no worker is at it or at another file. Returns whether it was due."""
    upload = _claim(pk, secrets.token_hex(8), at)
    if upload is None:
        return False
    with translation.override(upload.by.language):
        if upload.attempts > MOST_ATTEMPTS:  # all workers before died over it
            _give_up(upload, _failed_several_times())
        else:
            _attempt(upload)
    return True


def go_on(now: Callable[[], datetime]) -> int:
    """Carry out what was started and no worker is at; `now` is asked before each file, for reading one takes a while.

    Returns how many files were read.
    """
    waiting = list(Upload.objects.left_alone(now()).order_by("pk").values_list("pk", flat=True))
    return sum(carry_out(pk, at=now()) for pk in waiting)


def _attempt(upload: Upload) -> None:
    counts: dict[str, int] = {}
    try:
        run = begin(upload.kind, upload.options, at=server_time(), dry_run=upload.state == State.TRYING)
        try:
            _carry_out(upload, run)
        finally:
            counts = run.counts.as_json()
    except SupersededError:
        logger.warning("another worker took over", extra={"upload": upload.pk})
    except (UnusableFileError, ValidationError) as refusal:
        messages = getattr(refusal, "messages", None) or [str(refusal)]
        _give_up(upload, " ".join(messages), **counts)
    except FileNotFoundError:
        _give_up(upload, _("The file is no longer there. Hand it in again."), **counts)
    except Exception:
        logger.exception("an import failed", extra={"upload": upload.pk, "attempt": upload.attempts})
        if upload.attempts >= MOST_ATTEMPTS:
            _give_up(upload, _failed_several_times(), **counts)
        else:
            mine = Upload.objects.filter(pk=upload.pk, claim=upload.claim)
            mine.update(beat_at=None)  # the next round tries


def _give_up(upload: Upload, problem: str, **counts: int) -> None:
    """End it: as a file that changed nothing, or with the counts where batches before may have come in."""
    if upload.state == State.TRYING or WAYS[upload.kind].whole:
        _end(upload, State.UNUSABLE, problem=problem)
    else:
        _end(upload, State.STOPPED, problem=problem, **counts)


def _failed_several_times() -> str:
    return _("The import failed several times; the log of the worker says why.")


def _claim(pk: int, claim: str, at: datetime) -> Upload | None:
    if Upload.objects.being_read(at).exists():  # two at the same instant may both begin, which does no harm
        return None
    free = Upload.objects.left_alone(at).filter(pk=pk)
    upload = free.select_related("by").first()
    if upload is None:
        return None
    taken = free.filter(claim=upload.claim).update(claim=claim, beat_at=at, attempts=upload.attempts + 1)
    if not taken:
        return None
    upload.claim, upload.attempts = claim, upload.attempts + 1
    return upload


def _carry_out(upload: Upload, run: Import[Any]) -> None:
    run.run(file_of(upload), report=outcome_of(upload), progress=_words_of(upload, run))
    notes = list(WAYS[upload.kind].notes(run))[:MOST_NOTES] if run.dry_run else upload.notes
    _end(
        upload,
        State.TRIED if run.dry_run else State.DONE,
        notes=notes,
        position=upload.size,
        **run.counts.as_json(),
    )


def _words_of(upload: Upload, run: Import[Any]) -> Callable[[int], None]:
    """Says, at most once a second, how far the import has come; learns from it whether the claim still holds."""
    last = time.monotonic()

    def say(position: int) -> None:
        nonlocal last
        if time.monotonic() - last < WORD_EVERY:
            return
        last = time.monotonic()
        now = {"position": position, "beat_at": server_time(), **run.counts.as_json()}
        if not Upload.objects.filter(pk=upload.pk, claim=upload.claim).update(**now):
            raise SupersededError

    return say


@transaction.atomic
def _end(upload: Upload, state: str, **values: Any) -> None:
    at = server_time()
    mine = Upload.objects.going_on().filter(pk=upload.pk, claim=upload.claim)
    if mine.update(state=state, ended_at=at, claim="", beat_at=None, **values):
        counts = {name: values[name] for name in ("read", "taken", "unchanged", "refused") if name in values}
        record(upload.key, "import_ended", by="import", at=at, outcome=str(state), **counts)
