"""Verdicts over the years, in words and as points of a line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from commitments import texts
from commitments.models import Grade
from reviews.models import Assessment, AssessmentState, Outcome


@dataclass(frozen=True)
class Ladder:
    """The grades of a scale, best first."""

    grades: Sequence[Grade]

    @property
    def codes(self) -> list[str]:
        return [grade.code for grade in self.grades]

    def rank(self, code: str) -> int | None:
        """The place of a grade, 1 being the best; none for what is not graded."""
        return self.codes.index(code) + 1 if code in self.codes else None

    def label(self, code: str) -> str:
        """A verdict in words."""
        by_code = {grade.code: texts.localized(grade, "label") for grade in self.grades}
        return by_code.get(code) or str(dict(Outcome.choices).get(code, code))

    def verdict(self, assessment: Assessment) -> dict[str, Any]:
        """What ``components/trend.html`` and the badge of a verdict show."""
        code = assessment.grade.code if assessment.grade else assessment.outcome
        return {
            "year": assessment.cycle.year,
            "code": code,
            "label": self.label(code),
            "rank": self.rank(code),
            "size": len(self.grades),
        }


def ladder() -> Ladder:
    """The scale of the newest cycle. One query."""
    newest = Grade.objects.filter(scale__cycles__isnull=False).order_by("-scale__cycles__year").values("scale")[:1]
    return Ladder(list(Grade.objects.filter(scale__in=newest).order_by("order")))


def points(assessments: Iterable[Assessment], by: Ladder) -> list[dict[str, Any]]:
    """The approved verdicts, oldest first."""
    approved = [each for each in assessments if each.state == AssessmentState.APPROVED]
    return [by.verdict(each) for each in sorted(approved, key=lambda each: each.cycle.year)]
