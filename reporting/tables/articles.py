"""The thirty articles as Cassin's portico: the verdict of each, or how many measures reach it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments import texts
from commitments.models import Grade, Provision, User
from commitments.pictures import heat
from reporting.content import facts, rules
from reporting.coverage import Coverage
from reporting.tables.matrix import GROUPS, cell_url, field_label
from reviews.models import Assessment, Outcome, ReviewCycle


@dataclass(frozen=True)
class Verdicts:
    """The approved verdicts of the latest closed cycle that someone may see, by commitment."""

    year: int | None
    reporting_date: date | None
    grades: Sequence[Grade]
    outcomes: Mapping[int, str]

    def of_article(self, article: int, reach: Coverage) -> str:
        """The weakest verdict of the commitments whose basis is the article."""
        based = [pk for pk, promise in reach.promises.items() if promise.basis == article]
        steps = [facts.Grade(grade.code, facts.Text(), facts.Text()) for grade in self.grades]
        return rules.weakest((self.outcomes[pk] for pk in based if pk in self.outcomes), steps)

    def label(self, outcome: str) -> str:
        """A verdict in words."""
        words = {
            Outcome.OUT_OF_COMPETENCE.value: _("Out of the city's competence"),
            Outcome.TOO_EARLY.value: _("Too early to assess"),
            facts.GAP: _("Gap: no commitment assessed"),
        }
        by_code = {grade.code: texts.localized(grade, "label") for grade in self.grades}
        return words.get(outcome) or by_code.get(outcome, outcome)

    def legend(self) -> list[dict[str, str]]:
        """The grades; what is no grade, the component adds by itself."""
        return [{"code": grade.code, "label": texts.localized(grade, "label")} for grade in self.grades]


def latest_verdicts(user: User) -> Verdicts:
    """The verdicts with the whole scale: two queries, whatever the size."""
    found = verdicts_in_use(user)
    scale = _latest(user).values("scale")[:1]
    return replace(found, grades=list(Grade.objects.filter(scale=Subquery(scale)).order_by("order")))


def verdicts_in_use(user: User) -> Verdicts:
    """The verdicts with the grades that were given: one query."""
    rows = Assessment.objects.visible_to(user).approved().filter(cycle=Subquery(_latest(user).values("pk")[:1]))
    grades: dict[str, Grade] = {}
    outcomes: dict[int, str] = {}
    year, reporting_date = None, None
    for row in rows.select_related("grade", "cycle").order_by():
        outcomes[row.commitment_id] = row.verdict
        year, reporting_date = row.cycle.year, row.cycle.reporting_date
        if row.grade:
            grades[row.grade.code] = row.grade
    return Verdicts(year, reporting_date, sorted(grades.values(), key=lambda grade: grade.order), outcomes)


def _latest(user: User) -> QuerySet[ReviewCycle]:
    return ReviewCycle.objects.closed().visible_to(user).order_by("-year")


@dataclass(frozen=True)
class Line:
    """An article in the list below the picture."""

    number: int
    provision: Provision
    url: str
    outcome: str
    label: str
    direct: int
    indirect: int
    fields: list[str]


@dataclass(frozen=True)
class Lines:
    label: str
    rows: list[Line]


def lines(articles: Mapping[int, Provision], reach: Coverage, verdicts: Verdicts, field: str = "") -> list[Lines]:
    """Every article with its verdict and its measures, of one field of action or all, in the groups of the matrix."""
    found: dict[str, list[Line]] = defaultdict(list)
    for label, first, last in GROUPS:
        for number in range(first, last + 1):
            if number in articles:
                found[str(label)].append(_line(number, articles[number], reach, verdicts, field))
    return [Lines(label, rows) for label, rows in found.items()]


def tiles(groups: Sequence[Lines], field: str = "") -> list[dict[str, Any]]:
    """Tiles by verdict; an article without a measure in the chosen field steps back."""
    return [
        {
            "number": line.number,
            "title": texts.localized(line.provision, "title"),
            "code": line.outcome,
            "label": line.label,
            "url": line.url,
            "dim": bool(field) and field_label(field) not in line.fields,
        }
        for group in groups
        for line in group.rows
    ]


def counted_tiles(groups: Sequence[Lines], reach: Coverage, field: str = "") -> list[dict[str, Any]]:
    """Tiles by the number of direct measures; an article without one shows as a gap."""
    found = []
    for line in (line for group in groups for line in group.rows):
        count = len(reach.direct(line.number, field))
        words = ngettext("%(count)s measure", "%(count)s measures", count) % {"count": count}
        found.append(
            {
                "number": line.number,
                "title": texts.localized(line.provision, "title"),
                "css": f"heat-{heat(count)}" if count else "v-gap",
                "mark": str(count),
                "label": words,
                "url": line.url,
            }
        )
    return found


def _line(number: int, provision: Provision, reach: Coverage, verdicts: Verdicts, field: str) -> Line:
    outcome = verdicts.of_article(number, reach)
    return Line(
        number=number,
        provision=provision,
        url=cell_url(number, field),
        outcome=outcome,
        label=verdicts.label(outcome),
        direct=len(reach.direct(number, field)),
        indirect=len(reach.indirect(number, field)),
        fields=[field_label(field) for field in reach.fields(number)],
    )
