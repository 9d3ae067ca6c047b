"""How alike two texts are, so simply that anyone can check it: by the stems of words that both have.

A stem that few of the compared texts have weighs more than one that most of them have. No word list is learned and
nothing is stored; German and English are read alike.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log, sqrt

from commitments.folding import STEMMERS, fold

SHORTEST = 4
"""Words of fewer letters say little."""

COMMON_WORDS = """
    aber alle allen auch beim bzw dass dazu dem denen deren dies diese diesem dieser dieses durch eigene eine
    einem einen einer eines ersten etwa fürs ganz gegen haben hier ihre ihrem ihren ihrer jahr jahre jede jeder
    kann können maßnahme maßnahmen mehr mehrere neue nach nicht noch oder ohne rahmen sein seine seiner seit
    sich sind soll sollen sowie stadt städte über unter viele vier wird werden wurde zum zur zwei zwischen about
    also and are city each from have into measure measures more other since that the their them they this
    through under which with within years
"""
COMMON = frozenset(COMMON_WORDS.casefold().split())
"""Words that stand in every other text, German and English."""

WORD = re.compile(r"[^\W\d_]+")
GERMAN = STEMMERS[0]


@dataclass(frozen=True)
class Likeness:
    """From 0 (nothing in common) to 1, with the shared words as the first text has them, the rarest first."""

    score: float
    words: tuple[str, ...]


def stems(*texts: str) -> dict[str, str]:
    """The stems of some texts, each with the word that it comes from."""
    found: dict[str, str] = {}
    for text in texts:
        for word in WORD.findall(text):
            folded = word.casefold()
            if len(folded) >= SHORTEST and folded not in COMMON:
                found.setdefault(stem(folded), word)
    return found


def stem(folded: str) -> str:
    """A word without its ending, as the search has it: ``städten`` and ``städte`` have the same one."""
    return str(GERMAN.stemWord(fold(folded).strip()))


def rarity(texts: Iterable[Iterable[str]]) -> dict[str, float]:
    """What each stem weighs among these texts: one that nearly all of them have weighs next to nothing."""
    rows = [set(each) for each in texts]
    counts = Counter(each for row in rows for each in row)
    return {each: log(1 + len(rows) / n) for each, n in counts.items()}


def likeness(one: Mapping[str, str], other: Mapping[str, str], weights: Mapping[str, float]) -> Likeness:
    """The weight of what two texts share, beside the weight of what they have."""
    shared = sorted(one.keys() & other.keys(), key=lambda each: (-weights.get(each, 1.0), each))
    whole = sqrt(_weight(one, weights) * _weight(other, weights))
    score = _weight(shared, weights) / whole if whole else 0.0
    return Likeness(score, tuple(one[each] for each in shared))


def _weight(some: Iterable[str], weights: Mapping[str, float]) -> float:
    return sum(weights.get(each, 1.0) for each in some)
