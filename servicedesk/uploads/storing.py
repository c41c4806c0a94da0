"""Where files handed in lie: in a folder of the desk's own, under names that nobody can guess, for a few days."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from servicedesk.uploads.models import Upload

MOST_NAME = 200  # characters of a file's name that are shown


def folder() -> Path:
    """Outside of whatever the web server serves; nobody else on the machine may look in."""
    place = settings.IMPORT_FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def file_of(upload: Upload) -> Path:
    """The file as it was handed in."""
    return folder() / f"{upload.stored}.file"


def outcome_of(upload: Upload) -> Path:
    """The report of what was refused."""
    return folder() / f"{upload.stored}.csv"


def glance_of(upload: Upload) -> Path:
    """What the first glance at it showed."""
    return folder() / f"{upload.stored}.json"


def keep(given: UploadedFile) -> str:
    """Keep a file and return the name it is stored under. Raises ValidationError if it is too large or empty."""
    if (given.size or 0) > settings.IMPORT_LARGEST:
        raise ValidationError(too_large())
    stored = secrets.token_hex(16)
    path = folder() / f"{stored}.file"
    size = 0
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            for chunk in given.chunks():
                size += len(chunk)
                if size > settings.IMPORT_LARGEST:
                    raise ValidationError(too_large())
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return stored


def too_large() -> str:
    return _("The file is larger than %(most)s MB. Divide it.") % {
        "most": settings.IMPORT_LARGEST // 1_000_000
    }


def forget(stored: str) -> None:
    """Delete a file and all that lies beside it; the same twice does no harm."""
    for ending in ("file", "csv", "json"):
        (folder() / f"{stored}.{ending}").unlink(missing_ok=True)


def remove(uploads: Iterable[Upload], *, at: datetime) -> int:
    """Delete the files of these imports; their counts stay. Returns how many were deleted."""
    removed = 0
    for upload in uploads:
        forget(upload.stored)
        removed += Upload.objects.filter(pk=upload.pk, removed_at=None).update(removed_at=at)
    return removed


def remove_old(at: datetime) -> int:
    """Delete what was handed in, or ended, longer ago than IMPORT_KEEP_DAYS, and files that no import knows."""
    before = at - timedelta(days=settings.IMPORT_KEEP_DAYS)
    old = Upload.objects.filter(at__lt=before, removed_at=None).exclude(ended_at__gte=before)
    removed = remove(old.exclude(pk__in=Upload.objects.going_on()), at=at)
    known = set(Upload.objects.filter(removed_at=None).values_list("stored", flat=True))
    for path in folder().iterdir():
        if path.stem not in known and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
    return removed
