"""Files kept under their own SHA-256, below DATA_DIR: written whole or not at all, never replaced.

What is stored can be read for as long as its hash is known; a file whose bytes no longer have that hash is refused.
"""

import errno
import os
import tempfile
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FULL = (errno.ENOSPC, errno.EDQUOT)


class AlteredError(Exception):
    """A stored file is missing, or its bytes are no longer those that were stored."""


def put(data: bytes) -> str:
    """Store the bytes and return their SHA-256. Raises ValidationError with a sentence where the disk refuses."""
    digest = sha256(data).hexdigest()
    path = path_of(digest)
    if path.is_file() and sha256(path.read_bytes()).hexdigest() == digest:
        return digest
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise ValidationError(_sentence(error)) from error
    return digest


def get(digest: str) -> bytes:
    """The bytes with this SHA-256, checked."""
    try:
        data = path_of(digest).read_bytes()
    except OSError as error:
        raise AlteredError(_("The stored file %(digest)s cannot be read.") % {"digest": digest[:12]}) from error
    if sha256(data).hexdigest() != digest:
        raise AlteredError(_("The stored file %(digest)s has been altered.") % {"digest": digest[:12]})
    return data


def path_of(digest: str) -> Path:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError(f"{digest!r} is not a SHA-256 in hexadecimal digits.")
    return Path(settings.DATA_DIR) / "files" / digest[:2] / digest


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in place in one step, so that nobody ever sees half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as draft:
        name = Path(draft.name)
        try:
            draft.write(data)
            draft.flush()
            os.fsync(draft.fileno())
            name.chmod(0o644)
            name.replace(path)
        except BaseException:
            name.unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """The new name survives a power cut, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sentence(error: OSError) -> str:
    if error.errno in FULL:
        return _("The disk is full: nothing was stored. Make room and try again.")
    return _("The file could not be stored (%(reason)s). Check the folder DATA_DIR and try again.") % {
        "reason": error.strerror or type(error).__name__
    }
