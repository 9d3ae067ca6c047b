"""Texts as they are compared in a search: without case, accents and umlauts, with a space for whatever is no letter.

The words of the register and the words that people type are folded alike, so that Köln, Koeln and koln are one word.
Needs no database.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from snowballstemmer import stemmer

SHORTEST_STEM = 4
"""A shorter stem would be found in every second word."""

LONGEST_ENDING = 5
"""Where more is cut off, the stem is of another word: "Bürgerinnen" is not looked for as "Burg"."""

SHORTEST_PART = 3
"""Shorter words count only where a word begins: "EU" is not looked for in "neu"."""

OTHER_LETTERS = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
"""Letters that no accent is taken off from."""

INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
FEMININE = re.compile(r"(?<=\w)[*:·](?=in)")
"""What stands before a feminine ending: Bürger*innen, Bürger:innen."""

DROPPED = re.compile(rf"(?<=[aou])e|{FEMININE.pattern}")
"""The second letter of ae, oe, ue goes, too."""

BETWEEN = re.compile(r"[\W_]+")
ENDING = re.compile(r"(ungen|ung|er[ns]?|en?s|e[mn]?|s|n|y|ies|ing|ed)(?= )")
"""What a stem was cut by: shown as found with the stem."""

ARTICLE = re.compile(r"\bart(?:ikel|icle|\.)?\s*(\d+\w*)", re.IGNORECASE)
STEMMERS = (stemmer("german"), stemmer("english"))


class _Letters(dict[int, str]):
    """What becomes of each letter; filled as letters come up."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", chr(code)).casefold()
        bare = (c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
        folded = "".join(OTHER_LETTERS.get(c, c) for c in bare)
        self[code] = folded = "" if chr(code) in INVISIBLE else folded
        return folded


LETTERS = _Letters()


class Piece(NamedTuple):
    """A run of a text that was looked for, or was not."""

    text: str
    is_hit: bool


@dataclass(frozen=True)
class Word:
    """One typed word: ``parts`` are what it is looked for as, any of them is a hit; ``whole`` is all of it."""

    parts: tuple[str, ...]
    whole: str = ""


def fold(text: str) -> str:
    """Words with one space around each: " stadt koln "."""
    return f" {BETWEEN.sub(' ', DROPPED.sub('', text.translate(LETTERS))).strip()} "


def phrase(typed: str) -> str:
    """All that was typed, folded; an article by the short form of its name, as provisions are numbered."""
    return fold(ARTICLE.sub(r"art \1", typed))


def words(typed: str, most: int = 12) -> list[Word]:
    """What was typed as words to look for, each in its forms; nothing but signs is no word."""
    found = {}
    for article in ARTICLE.finditer(typed):
        number = fold(article[1])
        found[number] = Word(tuple(f" {name}{number}" for name in ("art", "artikel", "article")))
    for raw in ARTICLE.sub(" ", typed).split()[: 2 * most]:
        folded = fold(raw).strip()
        if folded:
            found[folded] = _word(raw, folded)
    return list(found.values())[:most]


@lru_cache(maxsize=1024)
def _word(raw: str, folded: str) -> Word:
    """Figures are looked for as they are, short words where a word begins, all others anywhere by their stem."""
    if folded.isdigit():
        return Word((f" {folded} ",))
    if any(c.isdigit() for c in folded):
        return Word((f" {folded}",))
    start = " " if len(folded.split()[0]) < SHORTEST_PART else ""
    forms = {start + folded}
    head, _space, last = folded.rpartition(" ")
    for stem in _stems(raw, last):
        forms.add(start + f"{head} {stem}".strip())
    parts = tuple(sorted(form for form in forms if not any(other in form for other in forms - {form})))
    return Word(parts, start + folded)


def _stems(raw: str, last: str) -> Iterable[str]:
    """The German and the English stem of the last word, folded, where they are long enough."""
    written = next((each for each in reversed(BETWEEN.split(FEMININE.sub("", raw.lower()))) if each), "")
    if fold(written).strip() != last:
        return
    for each in STEMMERS:
        stem = fold(each.stemWord(written)).strip()
        stem = stem.removesuffix("i") if not last.endswith("i") else stem
        if len(stem) >= max(SHORTEST_STEM, len(last) - LONGEST_ENDING):
            yield stem


def mark(text: str, typed: Iterable[Word]) -> list[Piece]:
    """The text in pieces, what the words stand for told apart."""
    folded, origin = _folded_with_origin(text)
    spans = sorted({span for word in typed for part in word.parts for span in _spans(folded, origin, part, word)})
    pieces, end = [], 0
    for start, stop in spans:
        if start < end:
            continue
        pieces += [Piece(text[end:start], is_hit=False), Piece(text[start:stop], is_hit=True)]
        end = stop
    return [piece for piece in [*pieces, Piece(text[end:], is_hit=False)] if piece.text]


def excerpt(text: str, typed: Iterable[Word], length: int = 200) -> list[Piece]:
    """The part of a text in which the first hit stands, with an ellipsis where something was left out."""
    typed = list(typed)
    pieces = mark(text, typed)
    first = next((place for place, piece in enumerate(pieces) if piece.is_hit), None)
    before = sum(len(piece.text) for piece in pieces[: first or 0])
    start = 0 if before < length // 2 else text.rfind(" ", 0, before - length // 3) + 1
    stop = len(text) if len(text) - start <= length else text.rfind(" ", start + length // 2, start + length)
    stop = start + length if stop < 0 else stop
    shown = mark(text[start:stop], typed)
    head = [Piece("… ", is_hit=False)] if start else []
    return [*head, *shown, *([Piece(" …", is_hit=False)] if stop < len(text) else [])]


def _spans(folded: str, origin: list[int], part: str, word: Word) -> Iterable[tuple[int, int]]:
    """Where a part stands in the text as it is written."""
    wanted, at = part.strip(), folded.find(part)
    while at >= 0:
        start = at + part.index(wanted)
        stop = start + len(wanted)
        if word.whole and folded.startswith(word.whole, at):
            stop = at + len(word.whole)
        ending = ENDING.match(folded, stop)
        yield origin[start], origin[(ending.end() if ending else stop) - 1] + 1
        at = folded.find(part, at + 1)


def _folded_with_origin(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its letters the place in the text that it comes from."""
    letters = [(letter, place) for place, char in enumerate(text) for letter in LETTERS[ord(char)]]
    joined = "".join(letter for letter, _place in letters)
    dropped = {found.start() for found in DROPPED.finditer(joined)}
    letters = [(" ", 0), *(each for at, each in enumerate(letters) if at not in dropped), (" ", len(text))]
    folded: list[str] = []
    origin: list[int] = []
    for letter, place in letters:
        plain = " " if BETWEEN.fullmatch(letter) else letter
        if plain != " " or not folded or folded[-1] != " ":
            folded.append(plain)
            origin.append(place)
    return "".join(folded), origin
