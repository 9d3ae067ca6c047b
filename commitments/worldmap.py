"""The outlines of land as paths for a drawing, and where a place lies in it. No tile server, no browser script.

The outlines are Natural Earth's (public domain), from the npm package world-atlas, as TopoJSON: each ring is a chain of
arcs, each arc a list of steps in whole numbers. They are read once a process. Without the package the land is empty.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Project = Callable[[float, float], Point]

POLE = -60.0
"""Antarctica is left out: nobody is twinned with it, and it would take a fifth of the picture."""

ISLAND = 5.0
"""Square pixels; smaller islands are left out."""


@dataclass(frozen=True)
class Frame:
    """A picture of a part of the world: its size in pixels, its land, and where a place is in it."""

    width: int
    height: int
    land: str
    project: Project

    def spot(self, latitude: float, longitude: float) -> Point:
        x, y = self.project(longitude, latitude)
        return round(x, 1), round(y, 1)

    def holds(self, latitude: float, longitude: float, margin: int = 6) -> bool:
        x, y = self.project(longitude, latitude)
        return margin <= x <= self.width - margin and margin <= y <= self.height - margin


@cache
def world() -> Frame:
    """The whole world but Antarctica, in the Natural Earth projection (Šavrič, Patterson and Jenny 2011)."""
    return _frame("land-110m.json", 960, 440, _natural_earth, (-180.0, POLE, 180.0, 90.0))


@cache
def europe() -> Frame:
    """Europe and the Mediterranean, in an equal-area projection around 48° N, 18° E."""
    return _frame("land-50m.json", 480, 440, _equal_area, (-40.0, 15.0, 80.0, 80.0))


def _natural_earth(longitude: float, latitude: float) -> Point:
    λ, φ = math.radians(longitude), math.radians(latitude)
    x = λ * (0.8707 - 0.131979 * φ**2 - 0.013791 * φ**4 + 0.003971 * φ**10 - 0.001529 * φ**12)
    y = φ * (1.007226 + φ**2 * (0.015085 + φ**4 * (-0.044475 + 0.028874 * φ**2 - 0.005916 * φ**4)))
    return 480 + 174 * x, 250 - 174 * y


def _equal_area(longitude: float, latitude: float) -> Point:
    λ, φ, φ0 = math.radians(longitude - 18), math.radians(latitude), math.radians(48)
    cosine = math.sin(φ0) * math.sin(φ) + math.cos(φ0) * math.cos(φ) * math.cos(λ)
    k = 740 * math.sqrt(2 / max(1 + cosine, 0.05))  # the other side of the world goes far out of the picture
    x = math.cos(φ) * math.sin(λ)
    y = math.cos(φ0) * math.sin(φ) - math.sin(φ0) * math.cos(φ) * math.cos(λ)
    return 240 + k * x, 220 - k * y


# Outlines


def _frame(name: str, width: int, height: int, project: Project, within: Box) -> Frame:
    """The land that touches a box of degrees, drawn."""
    box = (-2.0, -2.0, width + 2.0, height + 2.0)
    pieces = []
    for ring in _rings(name, within):
        drawn = clipped([project(longitude, latitude) for longitude, latitude in ring], box)
        if _area(drawn) >= ISLAND:
            pieces.append(_path(drawn))
    return Frame(width, height, "".join(pieces), project)


def _rings(name: str, within: Box) -> Iterator[list[Point]]:
    """The outer and inner outlines of all land, in degrees, none across the date line."""
    path = settings.WORLD_ATLAS / name
    if not path.exists():
        return
    west, south, east, north = within
    atlas = json.loads(path.read_text("utf-8"))
    arcs = [_degrees(arc, atlas["transform"]) for arc in atlas["arcs"]]
    for geometry in atlas["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for chain in polygon:
                ring = joined(chain, arcs)
                if any(west <= x <= east and south <= y <= north for x, y in ring):
                    yield from parted(ring)


def _degrees(arc: Sequence[Sequence[int]], transform: dict[str, Any]) -> list[Point]:
    (east, north), (x0, y0) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.append((x * east + x0, y * north + y0))
    return points


def joined(chain: Sequence[int], arcs: Sequence[list[Point]]) -> list[Point]:
    """A ring of its arcs; a negative number (the arc's complement) is the arc backwards. Shared ends stand once."""
    ring: list[Point] = []
    for number in chain:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += arc[1:] if ring else arc
    return ring


def parted(ring: Sequence[Point]) -> Iterator[list[Point]]:
    """A ring across the date line becomes two, one at each edge of the map."""
    unrolled, turn, before = [], 0.0, ring[0][0]
    for longitude, latitude in ring:
        turn += -360.0 if longitude - before > 180 else 360.0 if before - longitude > 180 else 0.0
        before = longitude
        unrolled.append((longitude + turn, latitude))
    for shift in (-360.0, 0.0, 360.0):
        part = clipped([(x + shift, y) for x, y in unrolled], (-180.0, -90.0, 180.0, 90.0))
        if len(part) > 2:
            yield part


def clipped(ring: Sequence[Point], box: Box) -> list[Point]:
    """What of a ring lies within a box (Sutherland and Hodgman 1974)."""
    left, top, right, bottom = box
    points = list(ring)
    for axis, limit, sign in ((0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)):
        points = list(_on_one_side(points, axis, limit, sign))
    return points


def _on_one_side(points: Sequence[Point], axis: int, limit: float, sign: int) -> Iterator[Point]:
    for before, here in zip([*points[-1:], *points[:-1]], points, strict=True):
        was_in, is_in = sign * (before[axis] - limit) >= 0, sign * (here[axis] - limit) >= 0
        if was_in != is_in:
            share = (limit - before[axis]) / (here[axis] - before[axis])
            yield before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])
        if is_in:
            yield here


def _area(ring: Sequence[Point]) -> float:
    pairs = zip(ring, [*ring[1:], *ring[:1]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def _path(ring: Sequence[Point]) -> str:
    """The ring in half pixels, each place once."""
    written: list[str] = []
    for x, y in ring:
        place = f"{round(2 * x) / 2:g},{round(2 * y) / 2:g}"
        if not written or written[-1] != place:
            written.append(place)
    return f"M{'L'.join(written)}Z"
