"""Encryption of a backup for keys whose secret half lies elsewhere: the format of age, with X25519 keys."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeVar

import pyrage
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from commitments import filestore

Packed = TypeVar("Packed")

ENCRYPTED = b"age-encryption.org/"


def recipient(written: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(written)
    except pyrage.RecipientError as error:
        raise ValidationError(
            _("“%(key)s” is not a public key. It begins with age1.") % {"key": written[:80]}
        ) from error


def encrypted(target: BinaryIO, keys: Sequence[Any], pack: Callable[[IO[bytes]], Packed]) -> Packed:
    """Let ``pack`` write into the target, encrypted on the way where there are keys; what it returns."""
    if not keys:
        return pack(target)
    reader, writer = (os.fdopen(end, mode) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    failures: list[BaseException] = []

    def encrypt() -> None:
        try:
            with reader:
                pyrage.encrypt_io(reader, target, list(keys))
        except BaseException as error:  # noqa: BLE001 - told to the one who waits
            failures.append(error)

    thread = threading.Thread(target=encrypt)
    thread.start()
    try:
        with writer:
            packed = pack(writer)
    finally:
        thread.join()
    if failures:
        raise ValidationError(_("The backup could not be encrypted: %(error)s") % {"error": failures[0]})
    return packed


def decrypted(source: BinaryIO, identity: Path | None, folder: Path) -> IO[bytes]:
    is_encrypted = source.read(len(ENCRYPTED)) == ENCRYPTED
    source.seek(0)
    if not is_encrypted:
        return source
    if identity is None:
        raise ValidationError(_("This backup is encrypted. Name the file with the secret key (--identity)."))
    keys = [line for line in identity.read_text("utf-8").split() if line.startswith("AGE-SECRET-KEY-")]
    plain = folder / "archive"
    with filestore.owned(plain) as target:
        try:
            pyrage.decrypt_io(source, target, [pyrage.x25519.Identity.from_str(key) for key in keys])
        except (pyrage.IdentityError, pyrage.DecryptError) as error:
            raise ValidationError(
                _("This key does not open the backup, or the file is not whole: %(error)s") % {"error": error}
            ) from error
    return plain.open("rb")
