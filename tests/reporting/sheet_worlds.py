"""A small city with something of everything that a sheet can be about, public or not, and its released report."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from commitments.ledger.sealing import seal
from commitments.models import OrganisationalUnit, Protection, SealOccasion
from reporting.models import ReportEdition
from reviews.models import AssessmentState, CycleState, ReviewCycle, ReviewEntry, Statement
from tests.factories import (
    make_article,
    make_assessment,
    make_city,
    make_commitment,
    make_cycle,
    make_follow_up,
    make_link,
    make_measure,
    make_officer,
    make_partnership,
    make_unit,
    saved,
)
from tests.reporting.editions import make_released

SECRET = "Geheimvorhaben"


@dataclass
class World:
    """What the tests name: the unit that does everything, its cycle, and the commitment with a history."""

    unit: OrganisationalUnit
    cycle: ReviewCycle
    promise: Any
    measure: Any
    partner: Any


def make_world() -> World:
    """A cycle that is being assessed, with public rows alone."""
    make_city()
    articles = {number: make_article(number) for number in range(1, 31)}
    unit = make_unit(key="jugend", name_de="Jugendamt", name_en="Youth Office")
    before = make_cycle(2024, CycleState.ASSESSING)
    cycle = make_cycle(2025, CycleState.ASSESSING)
    partner = make_partnership(key="turin", city_de="Turin", unit=unit)
    measure = make_measure(unit, engagement=partner, title_de="Austausch mit Turin", title_en="Exchange with Turin")
    promise = make_commitment(articles[26], reference="K-001", title_de="Bildung für alle", lead_unit=unit)
    make_link(measure, promise)
    finding = "Das Angebot war noch klein."
    make_assessment(before, promise, AssessmentState.APPROVED, "C", finding_de=finding)
    make_assessment(cycle, promise, AssessmentState.APPROVED, "B")
    make_follow_up(before, promise, action_de="Plätze zählen.", unit=unit)
    before.state, before.frozen_at = CycleState.CLOSED, timezone.now()
    saved(before)
    note = ReviewEntry(
        commitment=promise, cycle=cycle, noted_on=timezone.localdate(), author=make_officer(), text="Besuch im Juni.",
        reason="Vermerk",
    )  # fmt: skip
    saved(note)
    return World(unit, cycle, promise, measure, partner)


def hide(world: World, protection: Protection) -> None:
    """Rows of a class, named so that they would be found wherever they were printed."""
    said: dict[str, Any] = {"title_de": SECRET, "title_en": SECRET, "protection": protection}
    place = make_partnership(key="geheim", city_de=SECRET, name_de=SECRET, unit=world.unit, protection=protection)
    measure = make_measure(world.unit, reference="M-999", engagement=world.partner, **said)
    make_link(measure, world.promise, rationale_de=SECRET)
    make_link(make_measure(world.unit, engagement=place), world.promise)
    promise = make_commitment(make_article(3), reference="K-999", wording_de=SECRET, lead_unit=world.unit, **said)
    make_assessment(world.cycle, promise, AssessmentState.APPROVED, "E", finding_de=SECRET)
    make_link(world.measure, promise, rationale_de=SECRET)
    make_follow_up(world.cycle, promise, action_de=SECRET, unit=world.unit)
    today, author = timezone.localdate(), make_officer()
    entry = {"cycle": world.cycle, "noted_on": today, "author": author, "text": SECRET, "reason": "Vermerk"}
    saved(ReviewEntry(commitment=world.promise, protection=protection, **entry))
    saved(ReviewEntry(commitment=world.promise, measure=measure, **entry))
    saved(ReviewEntry(commitment=promise, **entry))
    said_by = Statement(
        cycle=world.cycle, commitment=world.promise, organisation=SECRET, text_de=SECRET, received_on=today,
        protection=protection,
    )  # fmt: skip
    saved(said_by)


def release(world: World) -> ReportEdition:
    """Freeze the cycle and release its report."""
    cycle = world.cycle
    cycle.state, cycle.frozen_at = CycleState.FROZEN, timezone.now()
    saved(cycle)
    seal(SealOccasion.FREEZE, at=timezone.now())
    return make_released(cycle)
