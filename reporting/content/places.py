"""Where a home city lies, the middle of its map of partners: by country and name. What is not listed has no place."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

Place = tuple[str, str]
UNKNOWN: Place = ("", "")
TITLES = ("Stadt ", "City of ", "Landeshauptstadt ", "Hansestadt ")


@cache
def _places() -> Mapping[tuple[str, str], Place]:
    rows = json.loads(Path(__file__).with_name("places.json").read_text("utf-8"))
    return {(row["country"], row["name"].casefold()): (row["latitude"], row["longitude"]) for row in rows["places"]}


def find(country: str, *names: str) -> Place:
    """Latitude and longitude of the first of these names that is listed for the country."""
    for name in names:
        for title in TITLES:
            name = name.removeprefix(title)
        spot = _places().get((country, name.casefold()))
        if spot:
            return spot
    return UNKNOWN
