"""What the typeface of the reports cannot draw is named instead: nothing that somebody wrote vanishes from the paper.

Only the fonts of this project are asked, never those of the machine: the same bytes come out everywhere.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

LINE_ENDS = "\t\n\r"
ALIKE = str.maketrans(dict.fromkeys("\u2010\u2011", "-") | dict.fromkeys("\u2009\u200a\u202f", "\u00a0"))
"""Characters that the typeface has under another number and that nobody can tell apart on paper."""
VARIANTS = range(0xFE00, 0xFE10)
"""They only choose between two pictures of the character before them."""


@cache
def drawn_by(fonts: tuple[Path, ...]) -> frozenset[str]:
    """The characters that every one of these fonts of the same family can draw."""
    found: list[set[int]] = []
    for path in fonts:
        with TTFont(str(path), lazy=True) as font:
            found.append(set(font.getBestCmap()))
    return frozenset(map(chr, set.intersection(*found)))


def named(text: str, drawn: Iterable[str]) -> str:
    """The text with the name of each character that cannot be drawn: "[grinning face]"."""
    text = unicodedata.normalize("NFC", text).translate(ALIKE)
    missing = sorted(set(text) - set(drawn) - set(LINE_ENDS))
    if not missing:
        return text
    names = {character: _name(character) for character in missing}
    whole = re.compile("|".join(map(re.escape, missing)))
    return whole.sub(lambda found: names[found[0]], text)


def _name(character: str) -> str:
    """Joiners and marks of direction have no picture of their own, and so none that could be missed."""
    if ord(character) in VARIANTS or unicodedata.category(character) == "Cf":
        return ""
    name = unicodedata.name(character, "")
    return f"[{name.lower()}]" if name else f"[U+{ord(character):04X}]"
