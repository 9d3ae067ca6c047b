"""What a file really is, by its content and never by its name; only what stands on the list is taken.

Nothing is unpacked but the two small parts in which an Office file says what it is, and those within limits.
"""

import lzma
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

import puremagic
from defusedxml import ElementTree
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
PLAIN: Mapping[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/webp": ("webp",),
}
OFFICE: Mapping[str, tuple[str, ...]] = {
    f"{OOXML}wordprocessingml.document": ("docx",),
    f"{OOXML}spreadsheetml.sheet": ("xlsx",),
    f"{OOXML}presentationml.presentation": ("pptx",),
    f"{ODF}text": ("odt",),
    f"{ODF}spreadsheet": ("ods",),
    f"{ODF}presentation": ("odp",),
}
ENDINGS = {**PLAIN, **OFFICE}
"""The media types that are taken, each with the endings its name may have; the first one is given on download."""

DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    EOFError,
)
HEAD = 4096
MOST_PARTS, LARGEST_LIST, LARGEST_NOTE = 5_000, 1024 * 1024, 1024 * 1024
LARGEST_UNPACKED = 500 * 1024 * 1024
MACROS = re.compile(r"(^|/)(vbaProject\.bin|vbaData\.xml|macrosheets/.+)$|^(Basic|Scripts)/.+", re.IGNORECASE)
FOLDED_BOMB = 200
"""An honest part of an Office file is seldom packed to less than a hundredth; one packed further is no document."""


@dataclass(frozen=True)
class FileType:
    media_type: str

    @property
    def ending(self) -> str:
        return ENDINGS[self.media_type][0]


def recognised(file: IO[bytes], name: str) -> FileType:
    """The type of an open file. Raises ValidationError with a sentence: not on the list, macros, or another ending."""
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise ValidationError(_("This file is empty. Choose another one."), code="empty")
    found = FileType(_office(file) if head.startswith(b"PK\x03\x04") else _plain(head))
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower().removeprefix(".")
    if ending and ending not in ENDINGS[found.media_type]:
        raise ValidationError(
            _(
                "The name ends in “.%(ending)s”, but the content is a file of the type “.%(found)s”. "
                "Check whether it is the right file, and give it the right ending."
            ),
            params={"ending": ending[:20], "found": found.ending},
            code="ending",
        )
    return found


def _plain(head: bytes) -> str:
    try:
        best = str(puremagic.magic_string(head)[0].mime_type)
    except (puremagic.PureError, IndexError, ValueError):
        best = ""
    if best not in PLAIN:
        raise _not_taken()
    return best


def _office(file: IO[bytes]) -> str:
    """What an Office file says of itself: OpenDocument in its first part, Office Open XML in its list of types."""
    _refuse_long_list(file)
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            _refuse_bomb(parts)
            names = {part.filename for part in parts}
            if "[Content_Types].xml" in names:
                found = _main_part(_part(packed, "[Content_Types].xml"))
            elif parts and parts[0].filename == "mimetype":
                found = _part(packed, "mimetype").decode("ascii", "replace").strip()
            else:
                found = ""
    except DAMAGED as error:
        raise ValidationError(_("This file is damaged or locked with a password. Choose another one.")) from error
    if "macroenabled" in found.lower() or any(MACROS.search(name) for name in names):
        raise ValidationError(
            _("This file contains macros. Save it without macros, or as PDF, and choose it again."), code="macros"
        )
    if found not in OFFICE:
        raise _not_taken()
    return found


def _refuse_long_list(file: IO[bytes]) -> None:
    """Before the list of parts is read: it stands at the end of the file, which says how long the list is."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = len(tail) - 22 if tail[-22:-18] == b"PK\x05\x06" else tail.rfind(b"PK\x05\x06")
    is_long = int.from_bytes(tail[at + 12 : at + 16], "little") > LARGEST_LIST
    if at < 0 or is_long or b"PK\x06\x07" in tail:
        raise ValidationError(_("This file is damaged or packed in an unusual way. Choose another one."))
    file.seek(0)


def _refuse_bomb(parts: list[zipfile.ZipInfo]) -> None:
    total = sum(part.file_size for part in parts)
    folded = any(part.file_size > LARGEST_NOTE and part.file_size > FOLDED_BOMB * part.compress_size for part in parts)
    if len(parts) > MOST_PARTS or total > LARGEST_UNPACKED or folded:
        raise ValidationError(
            _("Unpacked, this file would become enormous; it is not taken. Save it as PDF and choose that file."),
            code="bomb",
        )


def _part(packed: zipfile.ZipFile, name: str) -> bytes:
    """The first million bytes of a part, whatever its own header claims."""
    with packed.open(name) as part:
        return part.read(LARGEST_NOTE)


def _main_part(written: bytes) -> str:
    """The type of the main part, as the list of types in an Office Open XML file names it."""
    try:
        listed = ElementTree.fromstring(written)
    except (ElementTree.ParseError, ValueError):
        return ""
    types = [str(entry.get("ContentType", "")) for entry in listed]
    if any("macroenabled" in each.lower() or "vbaproject" in each.lower() for each in types):
        return "macroenabled"
    mains = (each.removesuffix(".main+xml") for each in types if each.endswith(".main+xml"))
    return next((each for each in mains if each in OFFICE), "")


def _not_taken() -> ValidationError:
    return ValidationError(
        _(
            "Files of this type are not taken. Choose a PDF, an Office file (docx, xlsx, pptx, odt, ods, odp) or a "
            "picture (png, jpg, webp)."
        ),
        code="type",
    )
