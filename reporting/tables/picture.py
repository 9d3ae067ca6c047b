"""The small portico beside the tasks of a day."""

from dataclasses import dataclass
from typing import Any

from commitments import texts
from commitments.models import GapCode, User
from reporting.coverage import ARTICLES, direct_coverage
from reporting.tables.articles import verdicts_in_use
from reporting.tables.matrix import cell_url, gap_reasons


@dataclass(frozen=True)
class Picture:
    """A small portico, and the articles without a direct measure that the city could close itself."""

    tiles: list[dict[str, Any]]
    year: int | None
    gaps: int
    closable: list[tuple[int, str]]


def picture(user: User) -> Picture:
    """Four queries: what is direct, the verdicts, and why there are gaps."""
    reach, verdicts, reasons = direct_coverage(user), verdicts_in_use(user), gap_reasons()
    outcomes = {number: verdicts.of_article(number, reach) for number in ARTICLES}
    bare = [number for number in ARTICLES if not reach.direct(number)]
    beyond = {number for (number, name), row in reasons.items() if not name and row.code == GapCode.NO_COMPETENCE}
    return Picture(
        tiles=[
            {
                "number": number,
                "title": texts.article_label(number).replace("\u00ad", ""),
                "code": outcome,
                "label": verdicts.label(outcome),
                "url": cell_url(number),
            }
            for number, outcome in outcomes.items()
        ],
        year=verdicts.year,
        gaps=len(bare),
        closable=[(number, cell_url(number)) for number in bare if number not in beyond],
    )
