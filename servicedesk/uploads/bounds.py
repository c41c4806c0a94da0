"""Files are bounded before they are parsed (SECURITY 8)."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

FORM = 1_000_000  # bytes that the rest of the form may have
TOO_LARGE = "uploads.too_large"  # in the request's META where a file was cut off


class BoundedUpload(TemporaryFileUploadHandler):
    """Writes a file to the disk while it comes in, and stops at the limit; the view says so."""

    received = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  Django's name
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        self.announced = content_length
        super().handle_raw_input(input_data, META, content_length, boundary, encoding)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self.announced > settings.IMPORT_LARGEST + FORM:
            self._stop()
        self.received = 0
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.IMPORT_LARGEST:
            self._stop()
        super().receive_data_chunk(raw_data, start)

    def _stop(self) -> None:
        if self.request is not None:
            self.request.META[TOO_LARGE] = True
        raise StopUpload(connection_reset=False)
