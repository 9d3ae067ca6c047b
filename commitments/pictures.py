"""The arithmetic of the pictures: the colour, letter and place of things. The drawing is in templates/components."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments import texts

LETTERS = "ABCDE"
SPECIAL = {
    "Z": ("v-out", "Z"),
    "out_of_competence": ("v-out", "Z"),
    "L": ("v-gap", "L"),
    "gap": ("v-gap", "L"),
    "F": ("v-early", "F"),
    "too_early": ("v-early", "F"),
}


class Mark(NamedTuple):
    """The class that carries pattern and colour, and the letter on it."""

    css: str
    letter: str


def verdict_mark(code: object, rank: int | None = None, size: int | None = None) -> Mark:
    """How a verdict looks; a grade of another scale takes the colour of its place between best (1) and worst."""
    name = str(code or "L")
    if name in SPECIAL:
        return Mark(*SPECIAL[name])
    if len(name) == 1 and name in LETTERS:
        return Mark(f"v-{name.lower()}", name)
    if rank and size and size > 1:
        place = round((rank - 1) * (len(LETTERS) - 1) / (size - 1))
        return Mark(f"v-{LETTERS[place].lower()}", f"{rank}/{size}")
    return Mark("v-gap", name[:1].upper())


def heat(count: int) -> int:
    """One of four shades for a count of measures."""
    return 1 if count <= 2 else 2 if count <= 4 else 3 if count <= 8 else 4


class Column(NamedTuple):
    label: str
    tiles: list[dict[str, Any]]


class Portico(NamedTuple):
    roof: list[dict[str, Any]]
    columns: list[Column]
    base: list[dict[str, Any]]


def portico(tiles: Sequence[Mapping[str, Any]]) -> Portico:
    """Put the thirty articles where Cassin put them: two carry, four columns, three on top."""
    by_number = {tile["number"]: {"short": texts.article_label(tile["number"]), **tile} for tile in tiles}

    def span(first: int, last: int) -> list[dict[str, Any]]:
        return [by_number[n] for n in range(first, last + 1) if n in by_number]

    columns = [
        Column(_("Life and protection"), span(3, 11)),
        Column(_("Privacy and belonging"), span(12, 17)),
        Column(_("Mind and participation"), span(18, 21)),
        Column(_("Social life and culture"), span(22, 27)),
    ]
    return Portico(span(28, 30), columns, span(1, 2))


class Bar(NamedTuple):
    """Parts with state, x and width in per cent, and the numbers in words."""

    parts: list[dict[str, str]]
    sentence: str


def bar(parts: Sequence[tuple[str, int]]) -> Bar:
    """A bar of answers from pairs of state and count."""
    total = sum(count for _state, count in parts) or 1
    drawn, x = [], 0.0
    for state, count in parts:
        if count:
            width = 100 * count / total
            drawn.append({"state": state, "x": f"{x:.2f}", "width": f"{width:.2f}"})
            x += width
    sentence = ", ".join(_counted(state, count) for state, count in parts if count)
    return Bar(drawn, sentence or _("Nothing asked for"))


def _counted(state: str, n: int) -> str:
    words = {
        "released": ngettext("%(n)d released", "%(n)d released", n),
        "submitted": ngettext("%(n)d submitted", "%(n)d submitted", n),
        "draft": ngettext("%(n)d in progress", "%(n)d in progress", n),
        "open": ngettext("%(n)d open", "%(n)d open", n),
        "silent": ngettext("%(n)d reminded without reaction", "%(n)d reminded without reaction", n),
    }
    return words[state] % {"n": n}


class Trend(NamedTuple):
    """Coordinates of a line of verdicts; points and lines carry css and letter."""

    points: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    path: str
    width: int
    height: int
    year_y: int
    sentence: str


def trend(points: Sequence[Mapping[str, Any]], grades: Sequence[str], *, small: bool = False) -> Trend:
    """Verdicts over the years, best on top; what has no rank (too early, out of competence) lies at the foot."""
    size, last = len(grades), max(len(points) - 1, 0)
    step_x, step_y, left, top = (100 // max(last, 1), 9, 10, 6) if small else (51, 29, 36, 22)
    drawn = []
    for place, point in enumerate(points):
        mark = verdict_mark(point["code"], point.get("rank"), size)
        x, y = left + place * step_x, top + ((point.get("rank") or size + 1) - 1) * step_y
        box = {"x": x, "y": y, "rect_x": x - 13, "rect_y": y - 11, "text_y": y + 5}
        drawn.append({"css": mark.css, "letter": mark.letter, "year": point["year"]} | box)
    lines = [
        {"letter": verdict_mark(code, rank, size).letter, "y": y, "text_y": y + 5}
        for rank, (code, y) in enumerate(((code, top + place * step_y) for place, code in enumerate(grades)), 1)
    ]
    foot = top + (size - all(point.get("rank") for point in points)) * step_y
    return Trend(
        points=drawn,
        lines=lines,
        path="M" + "L".join(f"{point['x']} {point['y']}" for point in drawn) if drawn else "",
        width=left + last * step_x + 18,
        height=foot + 40,
        year_y=foot + 32,
        sentence=_("Verdicts: %(list)s") % {"list": ", ".join(f"{point['year']} {point['letter']}" for point in drawn)},
    )
