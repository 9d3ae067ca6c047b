"""Imprint, data protection and accessibility: what the city wrote itself, else what can truthfully be said of any city.

A city lays its own texts as Markdown into ``DATA_DIR/portal``: ``imprint.de.md``, ``privacy.en.md`` and so on.
"""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language

NAMES = ("accessibility", "imprint", "privacy")
LONGEST = 200_000
"""Bytes of a text that is read."""


@dataclass(frozen=True)
class Own:
    """A text that the city wrote; ``language`` is the one it is in."""

    text: str
    language: str


def folder() -> Path:
    return Path(settings.DATA_DIR) / "portal"


def own(name: str) -> Own | None:
    """The city's own text in the reader's language, else in German; None where it wrote none."""
    for language in dict.fromkeys((get_language(), "de")):
        path = folder() / f"{name}.{language}.md"
        if path.is_file() and path.stat().st_size <= LONGEST:
            text = path.read_text("utf-8", errors="replace").strip()
            if text:
                return Own(text, language)
    return None


def missing() -> list[str]:
    """What a city must still lay down before it opens its portal to the public: files, and its address."""
    files = [f"{name}.de.md" for name in ("imprint", "privacy") if not (folder() / f"{name}.de.md").is_file()]
    return files if settings.CITY_CONTACT else [*files, "CITY_CONTACT"]
