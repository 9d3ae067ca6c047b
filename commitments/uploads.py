"""Uploads: they go to the disk in pieces, never beyond what any form takes, and are looked at before they count."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _

from commitments import filetypes, scanning

LARGEST = 25 * 1024 * 1024
"""Bytes of the largest file that is taken as evidence."""


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


@dataclass(frozen=True)
class Received:
    """An upload that may be taken: type, size and hash are known. It is not stored yet."""

    upload: UploadedFile[Any]
    media_type: str
    size: int
    sha256: str

    @property
    def stem(self) -> str:
        """What the file was called where it came from, without folders and ending: a title until there is a better."""
        name = PurePosixPath((self.upload.name or "").replace("\\", "/")).stem
        return " ".join("".join(each if each.isprintable() else " " for each in name).split())[:200]

    def parts(self) -> Iterator[bytes]:
        self.upload.seek(0)
        return self.upload.chunks()


def received(upload: UploadedFile[Any]) -> Received:
    """Looks at an upload. Raises ValidationError with a sentence: empty, too large, of a wrong type, or infected."""
    size = upload.size or 0
    if not size:
        raise ValidationError(_("This file is empty. Choose another one."), code="empty")
    if size > LARGEST:
        raise ValidationError(
            _("This file is larger than 25 MB. Make it smaller, or put it online and add its address as a link."),
            code="size",
        )
    if upload.file is None:
        raise ValidationError(_("This file did not arrive whole. Choose it again."))
    found = filetypes.recognised(upload.file, upload.name or "")
    scanning.scan(upload.file)
    digest = sha256()
    for part in upload.chunks():
        digest.update(part)
    return Received(upload, found.media_type, size, digest.hexdigest())
