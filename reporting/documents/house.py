"""The city's own face on its documents: logo, colour and contact, from the settings. All of them may be missing."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings

LOGO_ADDRESS = "house:logo"
LOGO_KINDS = (".png", ".svg", ".jpg", ".jpeg")
LARGEST_LOGO = 2 * 1024 * 1024
"""Bytes; a larger file is left out, because every document would carry it."""
OWN_COLOUR = "#15304f"
"""The dark colour of the style sheet and of the pictures, in whose place the city's own comes."""


@dataclass(frozen=True)
class House:
    logo: Path | None
    colour: str
    contact: str

    @property
    def digest(self) -> str:
        """Changes with whatever of it is printed; empty as long as nothing is set."""
        if self == House(None, OWN_COLOUR, ""):
            return ""
        picture = self.logo.read_bytes() if self.logo else b""
        return sha256(f"{self.colour}\0{self.contact}\0".encode() + picture).hexdigest()

    def coloured(self, text: str) -> str:
        return text if self.colour == OWN_COLOUR else text.replace(OWN_COLOUR, self.colour)


def house() -> House:
    return House(_logo(settings.CITY_LOGO), settings.REPORT_COLOUR, settings.CITY_CONTACT)


def _logo(name: str) -> Path | None:
    """A logo that is missing, too large or of another kind is no reason to go without a report."""
    if not name:
        return None
    path = Path(name).expanduser()
    fits = path.suffix.lower() in LOGO_KINDS and path.is_file() and path.stat().st_size <= LARGEST_LOGO
    return path if fits else None
