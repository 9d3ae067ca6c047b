"""Editions for tests: of a small cycle, frozen and sealed, with one approved assessment."""

from django.utils import timezone

from commitments.ledger import save_as
from commitments.ledger.sealing import seal
from commitments.models import City, Protection, SealOccasion
from reporting import workflow
from reporting.models import ReportEdition, Volume
from reporting.workflow import Drawn, Wanted
from reviews.models import AssessmentState, CycleState, ReviewCycle
from tests.factories import (
    make_approver,
    make_article,
    make_assessment,
    make_city,
    make_commitment,
    make_cycle,
    make_link,
    make_measure,
    make_officer,
)

MAIN = Wanted(Volume.MAIN.value, "", "de")


SECRET, SECRET_MEASURE = "Vertrauliche Zusage", "Vertrauliche Maßnahme"


def make_frozen_cycle(year: int = 2025, beside: Protection | None = None) -> ReviewCycle:
    """A cycle with one approved assessment, frozen and sealed; ``beside``: another of that class, with a measure."""
    if not City.objects.exists():
        make_city()
    for number in range(1, 31):
        make_article(number)
    cycle = make_cycle(year, CycleState.ASSESSING)
    commitment = make_commitment(make_article(19))
    make_link(make_measure(), commitment)
    make_assessment(cycle, commitment, AssessmentState.APPROVED, "B")
    if beside is not None:
        secret = make_commitment(make_article(20), title_de=SECRET, title_en="", protection=beside)
        make_link(make_measure(title_de=SECRET_MEASURE, title_en="", protection=beside), secret)
        make_assessment(cycle, secret, AssessmentState.APPROVED, "D")
    cycle.state, cycle.frozen_at = CycleState.FROZEN, timezone.now()
    save_as(cycle, actor=None, reason="Frozen for a test", at=timezone.now())
    seal(SealOccasion.FREEZE, at=timezone.now())
    return cycle


def make_edition(cycle: ReviewCycle | None = None) -> ReportEdition:
    """A draft."""
    return workflow.prepare_edition(cycle or make_frozen_cycle(), actor=make_officer(), at=timezone.now())


def make_released(cycle: ReviewCycle | None = None) -> ReportEdition:
    return workflow.release_edition(make_edition(cycle), actor=make_approver(), at=timezone.now())


def drawn(state: str, data: bytes = b"%PDF-1.7 draft") -> Drawn:
    return Drawn(data, 1, state, "0" * 64)
