"""Uploads go to the disk in pieces, and never grow beyond what any form takes."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler


class Limit(FileUploadHandler):
    """The first of the handlers: drops what comes after ``LARGEST_UPLOAD`` bytes of a file.

    What is kept is then larger than any form takes, so that the form refuses it with its own sentence; neither memory
    nor disk hold the rest.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= settings.LARGEST_UPLOAD else None

    def file_complete(self, file_size: int) -> Any:
        """The handlers after this one hold the file."""
        return None
