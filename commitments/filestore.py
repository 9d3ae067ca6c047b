"""Files kept under their own SHA-256, below DATA_DIR: written whole or not at all, never replaced.

What is stored can be read for as long as its hash is known; a file whose bytes no longer have that hash is refused.
The same bytes are stored once, whoever brings them. Nobody but the application may read the folder's files.
"""

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FULL = (errno.ENOSPC, errno.EDQUOT)
OURS_ALONE, FOR_ALL = 0o600, 0o644
CHUNK = 1024 * 1024


class AlteredError(Exception):
    """A stored file is missing, or its bytes are no longer those that were stored."""


def put(data: bytes) -> str:
    """Store the bytes and return their SHA-256. Raises ValidationError with a sentence where the disk refuses."""
    return put_parts([data], sha256(data).hexdigest())


def put_parts(parts: Iterable[bytes], digest: str) -> str:
    """Store what comes in parts and is known to have this SHA-256; see ``put``."""
    path = path_of(digest)
    if path.is_file() and hash_of(path) == digest:
        return digest
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, parts, OURS_ALONE)
    except OSError as error:
        raise ValidationError(sentence(error)) from error
    return digest


def get(digest: str) -> bytes:
    """The bytes with this SHA-256, checked."""
    with opened(digest) as file:
        return file.read()


def opened(digest: str) -> BinaryIO:
    """The file with this SHA-256, checked and open at its beginning, to be sent in pieces."""
    try:
        file = path_of(digest).open("rb")
    except OSError as error:
        raise AlteredError(_("The stored file %(digest)s cannot be read.") % {"digest": digest[:12]}) from error
    if _hash(file) != digest:
        file.close()
        raise AlteredError(_("The stored file %(digest)s has been altered.") % {"digest": digest[:12]})
    file.seek(0)
    return file


def remove(digest: str) -> bool:
    """Take a file out for good, for an erasure alone; False where it was gone already."""
    path = path_of(digest)
    if not path.is_file():
        return False
    path.unlink()
    _sync_folder(path.parent)
    return True


def names() -> Iterator[str]:
    """The SHA-256 of every stored file."""
    for path in (Path(settings.DATA_DIR) / "files").glob("??/*"):
        if len(path.name) == 64:
            yield path.name


def path_of(digest: str) -> Path:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError(f"{digest!r} is not a SHA-256 in hexadecimal digits.")
    return Path(settings.DATA_DIR) / "files" / digest[:2] / digest


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return _hash(file)


def owned(path: Path) -> BinaryIO:
    """A new file that nobody else may read, open for writing."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OURS_ALONE), "wb")


def parts_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            yield part


def write_whole(path: Path, data: bytes) -> None:
    """Put a file for others to read in place in one step, so that nobody ever sees half of it."""
    _write(path, [data], FOR_ALL)


def _write(path: Path, parts: Iterable[bytes], mode: int) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as draft:
        name = Path(draft.name)
        try:
            for part in parts:
                draft.write(part)
            draft.flush()
            os.fsync(draft.fileno())
            name.chmod(mode)
            name.replace(path)
        except BaseException:
            name.unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def _hash(file: BinaryIO) -> str:
    found = sha256()
    while chunk := file.read(CHUNK):
        found.update(chunk)
    return found.hexdigest()


def _sync_folder(folder: Path) -> None:
    """The new name survives a power cut, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sentence(error: OSError) -> str:
    """Why the disk refused, and what to do."""
    if error.errno in FULL:
        return _("The disk is full: nothing was stored. Make room and try again.")
    return _("The file could not be stored (%(reason)s). Check the folder DATA_DIR and try again.") % {
        "reason": error.strerror or type(error).__name__
    }
