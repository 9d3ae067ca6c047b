"""Marks and their names on a picture, so that they hide one another as little as can be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Area = tuple[float, float, float, float]
"""Left, top, right, bottom."""

LETTER = 0.5
"""Width of a letter of the page's type, in parts of its size."""

PLACES = (
    (1, 0, "start"), (-1, 0, "end"), (0, -1, "middle"), (0, 1, "middle"),
    (1, -1, "start"), (1, 1, "start"), (-1, -1, "end"), (-1, 1, "end"),
)  # fmt: skip
"""Where a name may stand beside its mark, the best first: east and south, and how the text is aligned."""


@dataclass(frozen=True)
class Named:
    """Where a mark and its name stand; no name where there is no room for one."""

    x: float
    y: float
    text_x: float
    text_y: float
    anchor: str
    has_room: bool


def apart(spots: Sequence[tuple[float, float]], room: float) -> list[tuple[float, float]]:
    """The spots, each moved as little as is needed to keep a distance from those before it."""
    found: list[tuple[float, float]] = []
    for x, y in spots:
        rings = [(x, y)]
        rings += [
            (x + away * room * math.cos(turn * math.pi / 4), y + away * room * math.sin(turn * math.pi / 4))
            for away in (0.5, 1, 1.5, 2, 3)
            for turn in range(8)
        ]
        free = (spot for spot in rings if all(math.dist(spot, other) >= room for other in found))
        found.append(next(free, (x, y)))
    return [(round(x, 1), round(y, 1)) for x, y in found]


def named(spots: Sequence[tuple[float, float]], names: Sequence[str], within: Area, size: float = 13) -> list[Named]:
    """A place for each name, beside its mark; a name that would hide another or leave the picture is left out."""
    reach = size * 0.7
    taken: list[Area] = [(x - reach / 2, y - reach / 2, x + reach / 2, y + reach / 2) for x, y in spots]
    found = []
    for (x, y), name in zip(spots, names, strict=True):
        options = [_option((x, y), name, place, size) for place in PLACES]
        fitting = [each for each in options if _inside(each[1], within) and not any(_hit(each[1], t) for t in taken)]
        (text_x, text_y, anchor), area = (fitting or options)[0]
        if fitting:
            taken.append(area)
        found.append(Named(x, y, round(text_x, 1), round(text_y, 1), anchor, has_room=bool(fitting)))
    return found


def _option(
    spot: tuple[float, float], name: str, place: tuple[int, int, str], size: float
) -> tuple[tuple[float, float, str], Area]:
    east, south, anchor = place
    width, reach = LETTER * size * len(name), size * 0.7
    x, y = spot[0] + east * reach, spot[1] + south * reach * 1.5 + size * 0.35
    left = x - (width if anchor == "end" else width / 2 if anchor == "middle" else 0)
    return (x, y, anchor), (left, y - size * 0.8, left + width, y + size * 0.2)


def _inside(area: Area, within: Area) -> bool:
    return area[0] >= within[0] and area[1] >= within[1] and area[2] <= within[2] and area[3] <= within[3]


def _hit(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
