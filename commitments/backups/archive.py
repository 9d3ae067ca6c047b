"""A copy of all that must survive the machine, as one file: the database, and the files kept by their hash.

The file is a tar archive: ``database``, ``files/<SHA-256>`` and, last, ``manifest.json``. It holds what is protected,
too, so it is readable by its owner alone and can be encrypted for keys whose other half lies elsewhere (age, X25519).
Secrets of the machine (``secret-key``), caches, logs and messages of the broker are not in it.
"""

import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from commitments import filestore
from commitments.backups import databases, keys
from commitments.models import LedgerSeal

FORMAT = 1
MANIFEST, DATABASE, FILES = "manifest.json", "database", "files/"
MANIFEST_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; ``size`` and ``root`` are those of the latest seal, "" where none is."""

    format: int
    made_at: str
    vendor: str
    migrations: dict[str, list[str]]
    database_sha256: str
    files: int
    left_out: list[str]
    seal_size: int
    seal_root: str


def write(path: Path, recipients: Sequence[str], *, at: datetime) -> Manifest:
    """Write a backup while the application runs. Raises ValidationError with a sentence; leaves no half file.

    A stored file that is gone or altered stops nothing: it is left out, and the manifest names it.
    """
    if path.exists():
        raise ValidationError(_("%(path)s exists already and is not overwritten.") % {"path": path})
    known = [keys.recipient(one) for one in recipients]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _scratch() as folder:
            copy = folder / DATABASE
            databases.copy_database(copy)
            half = path.with_name(path.name + ".part")
            try:
                with filestore.owned(half) as target:
                    written = keys.encrypted(target, known, lambda out: _pack(out, copy, at))
                half.replace(path)
            finally:
                half.unlink(missing_ok=True)
    except OSError as error:
        raise ValidationError(filestore.sentence(error)) from error
    return written


def read(path: Path, identity: Path | None, *, check_only: bool = False) -> Manifest:
    """Put a backup back into an empty register; with ``check_only`` read it to its end and change nothing.

    Everything is unpacked and checked first. Raises ValidationError with a sentence where anything is amiss.
    """
    if not check_only:
        databases.require_empty()
    try:
        with path.open("rb") as source, _scratch() as folder:
            manifest = _unpack(keys.decrypted(source, identity, folder), folder)
            _check(manifest, folder)
            if not check_only:
                for kept in sorted((folder / FILES).iterdir()):
                    filestore.put_parts(filestore.parts_of(kept), kept.name)
                databases.restore_database(folder / DATABASE)
    except (tarfile.TarError, EOFError) as error:
        raise ValidationError(_("This file is not a backup, or it is not whole.")) from error
    except OSError as error:
        sentence = _("%(path)s: %(reason)s. Nothing was put back.")
        raise ValidationError(sentence % {"path": error.filename or path, "reason": error.strerror}) from error
    return manifest


def _manifest(database: Path, files: int, left_out: list[str], at: datetime) -> Manifest:
    latest = LedgerSeal.objects.order_by("-size").first()
    applied = MigrationLoader(connections["default"]).applied_migrations
    migrations: dict[str, list[str]] = {}
    for app, name in sorted(applied):
        migrations.setdefault(app, []).append(name)
    return Manifest(
        format=FORMAT,
        made_at=at.isoformat(timespec="seconds"),
        vendor=connections["default"].vendor,
        migrations=migrations,
        database_sha256=filestore.hash_of(database),
        files=files,
        left_out=left_out,
        seal_size=latest.size if latest else 0,
        seal_root=latest.root if latest else "",
    )


def _pack(out: IO[bytes], database: Path, at: datetime) -> Manifest:
    """The database was copied before: whatever it names is stored by now."""
    files, left_out = 0, []
    with tarfile.open(fileobj=out, mode="w|") as archive:
        archive.add(database, DATABASE)
        for name in sorted(filestore.names()):
            try:
                kept = filestore.opened(name)
            except filestore.AlteredError:
                left_out.append(name)
                continue
            with kept:
                _add(archive, FILES + name, kept, os.fstat(kept.fileno()).st_size)
            files += 1
        manifest = _manifest(database, files, left_out, at)
        said = json.dumps(asdict(manifest), indent=1).encode()
        _add(archive, MANIFEST, io.BytesIO(said), len(said))
    return manifest


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, filestore.OURS_ALONE
    archive.addfile(member, content)


def _unpack(source: IO[bytes], folder: Path) -> Manifest:
    """Only names that a backup has are unpacked: nothing in the archive decides where a file goes."""
    (folder / FILES).mkdir()
    manifest = None
    with tarfile.open(fileobj=source, mode="r|") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is None or not re.fullmatch(rf"{MANIFEST}|{DATABASE}|{FILES}[0-9a-f]{{64}}", member.name):
                raise ValidationError(
                    _("The archive holds “%(name)s”, which no backup has.") % {"name": member.name[:200]}
                )
            if member.name == MANIFEST:
                manifest = _manifest_from(content.read(MANIFEST_LIMIT))
                continue
            with (folder / member.name).open("wb") as target:
                while part := content.read(filestore.CHUNK):
                    target.write(part)
    if manifest is None:
        raise ValidationError(_("This file is not a backup, or it is not whole."))
    return manifest


def _manifest_from(said: bytes) -> Manifest:
    try:
        return Manifest(**json.loads(said))
    except (ValueError, TypeError) as error:
        raise ValidationError(_("This file is not a backup, or it is not whole.")) from error


def _check(manifest: Manifest, folder: Path) -> None:
    """That the backup is whole, unaltered, and one that this version of the application can read."""
    vendor = connections["default"].vendor
    if manifest.format != FORMAT or not _known(manifest.migrations):
        raise ValidationError(
            _("This backup comes from a newer version of the application. Install that version, or a later one.")
        )
    if manifest.vendor != vendor:
        raise ValidationError(
            _("This is a backup of %(theirs)s, and here is %(ours)s. Put it back into a database of its own kind.")
            % {"theirs": manifest.vendor, "ours": vendor}
        )
    kept = list((folder / FILES).iterdir())
    database = folder / DATABASE
    if not database.is_file() or len(kept) != manifest.files:
        raise ValidationError(_("This file is not a backup, or it is not whole."))
    altered = [DATABASE] if filestore.hash_of(database) != manifest.database_sha256 else []
    altered += [path.name for path in kept if filestore.hash_of(path) != path.name]
    if altered:
        raise ValidationError(_("Altered since the backup was made: %(names)s") % {"names": ", ".join(altered[:5])})


def _known(migrations: dict[str, list[str]]) -> bool:
    known = set(MigrationLoader(None).disk_migrations)
    return all((app, name) in known for app, names in migrations.items() for name in names)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder that nobody else reads, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.FILE_UPLOAD_TEMP_DIR) as name:
        yield Path(name)
