"""What is printed on a document beside its content: which edition it is, and what vouches for it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from reporting.documents.house import house

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "pdf"
STATIC = Path(settings.BASE_DIR) / "static" / "pdf"


def template_version() -> str:
    """Twelve digits that change whenever a template, style sheet, picture, logo or colour of the documents changes."""
    return sha256(f"{_templates()}{house().digest}".encode()).hexdigest()[:12]


@cache
def _templates() -> str:
    digest = sha256()
    for folder in (TEMPLATES, STATIC):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(folder.parent).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Stamp:
    """``state`` is the edition's: a draft says so on every page. ``released_on`` is the only date a file carries."""

    edition: int = 1
    state: str = "draft"
    released_on: date | None = None
    seal_root: str = ""
    seal_size: int = 0
    template_version: str = ""

    @property
    def is_draft(self) -> bool:
        return self.state == "draft"

    def moment(self, otherwise: date) -> datetime:
        return datetime.combine(self.released_on or otherwise, time(12), UTC)
