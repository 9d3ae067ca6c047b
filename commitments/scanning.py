"""Asks a ClamAV daemon about a file, by its INSTREAM command; nothing is asked where none is configured.

The daemon is the one of ``CLAMAV_SOCKET``: tcp://host:3310 or unix:///run/clamav/clamd.ctl.
"""

import socket
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CHUNK = 64 * 1024
PATIENCE = 60
"""Seconds without an answer after which the scanner counts as out of reach."""


def scan(file: IO[bytes]) -> None:
    """Raises ValidationError with a sentence where the scanner finds something, or cannot be asked."""
    if not settings.CLAMAV_SOCKET:
        return
    file.seek(0)
    try:
        answer = _ask(file)
    except OSError as error:
        raise _unreachable() from error
    finally:
        file.seek(0)
    if answer.endswith("FOUND"):
        raise ValidationError(
            _("The virus scanner found something in this file (%(found)s). Nothing was stored."),
            params={"found": answer.removeprefix("stream: ").removesuffix("FOUND").strip()[:80]},
            code="virus",
        )
    if answer != "stream: OK":
        raise _unreachable()


def _ask(file: IO[bytes]) -> str:
    with _connected() as daemon:
        daemon.sendall(b"zINSTREAM\0")
        while chunk := file.read(CHUNK):
            daemon.sendall(len(chunk).to_bytes(4, "big") + chunk)
        daemon.sendall(bytes(4))
        answer = b""
        while b"\0" not in answer and len(answer) < CHUNK and (received := daemon.recv(4096)):
            answer += received
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _connected() -> socket.socket:
    address = urlsplit(settings.CLAMAV_SOCKET)
    if address.scheme == "tcp":
        return socket.create_connection((address.hostname or "", address.port or 3310), timeout=PATIENCE)
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    daemon.settimeout(PATIENCE)
    try:
        daemon.connect(address.path)
    except OSError:
        daemon.close()
        raise
    return daemon


def _unreachable() -> ValidationError:
    return ValidationError(
        _(
            "The virus scanner cannot be reached, so the file was not taken. Nothing was stored. Please try again "
            "later, or tell the administration."
        ),
        code="scanner",
    )
