"""A small city with something of everything that a sheet can be about, public or not, and its released report."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from commitments.ledger.sealing import seal
from commitments.models import (
    CommitmentProvision,
    DevelopmentProject,
    EngagementBudget,
    EngagementKind,
    FieldOfAction,
    InstrumentVersion,
    MeasureProvision,
    OrganisationalUnit,
    Protection,
    Provision,
    SealOccasion,
)
from reporting.models import CouncilDecision, CouncilMandate, ReportEdition
from reviews.models import AssessmentState, CycleState, ReviewCycle, ReviewEntry, Statement
from tests.factories import (
    make_adoption,
    make_article,
    make_assessment,
    make_city,
    make_commitment,
    make_cycle,
    make_eu_project,
    make_follow_up,
    make_instrument,
    make_link,
    make_measure,
    make_officer,
    make_partnership,
    make_provision,
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
    project: Any


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
    _charters(unit, before, cycle, measure)
    project = make_eu_project(key="brueckenbau", name_de="Brückenbau", acronym="BRÜCKE", unit=unit,
                              total_cost=Decimal(90_000), eu_contribution=Decimal(60_000))  # fmt: skip
    for year, total, funded in ((2024, 40_000, 30_000), (2025, 20_000, None)):
        saved(EngagementBudget(engagement=project, year=year, total=total, funded=funded))
    saved(EngagementBudget(engagement=partner, year=2025, total=7_500, source="Haushalt"))
    _development("wasser", unit, "Wasser für alle", sdgs=[6, 17, 99, "x"], country="FR")
    return World(unit, cycle, promise, measure, partner, project)


def _charters(unit: OrganisationalUnit, before: ReviewCycle, cycle: ReviewCycle, measure: Any) -> None:
    """The three charters with a few provisions each; a commitment rests on the second of each."""
    for key, mark, numbers in (("eccar", "Pkt.", 3), ("cemr-charter", "Art.", 3), ("agenda-2030", "SDG", 17)):
        version = make_instrument(key, title_de=f"Charta {key}", kind="charter")
        rows = [
            make_provision(version, number=f"{mark} {number}", order=number, title_de=f"Thema {number}")
            for number in range(1, numbers + 1)
        ]
        make_adoption(version, adopted_on=date(2005, 12, 15), council_reference=f"Vorlage zu {key}")
        newer = InstrumentVersion(instrument=version.instrument, number=2, label_de="Neufassung")
        saved(newer)
        make_provision(newer, number=f"{mark} 1", order=1, title_de="Neues Thema")
        promise = make_commitment(rows[1], title_de=f"Zusage aus {key}", lead_unit=unit)
        make_assessment(cycle, promise, AssessmentState.APPROVED, "A")
        make_link(measure, promise)
        saved(
            MeasureProvision(
                measure=measure, provision=rows[2], contribution="direct", rationale_de="Passt.", state="accepted"
            )
        )


def _development(key: str, unit: OrganisationalUnit, name: str, **fields: Any) -> None:
    saved(
        DevelopmentProject(
            key=key, kind=EngagementKind.DEVELOPMENT, field=FieldOfAction.DEVELOPMENT, name_de=name, unit=unit, **fields
        )
    )


def decide(world: World, promise: Any, text: str, action: str) -> None:
    """The council dealt with last year's report and gave a mandate, which became a promise on a commitment."""
    before = ReviewCycle.objects.get(year=2024)
    edition = before.editions.first() or make_released(before)
    decision = CouncilDecision(
        edition=edition, decided_on=timezone.localdate(), reference="Vorlage 0815/2025", text_de="Der Rat beschließt."
    )
    saved(decision)
    step = make_follow_up(world.cycle, promise, action_de=action, unit=world.unit)
    saved(CouncilMandate(decision=decision, follow_up=step, text_de=text))


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
    funded = make_eu_project(key="geheim-eu", name_de=SECRET, acronym=SECRET, protection=protection)
    saved(EngagementBudget(engagement=funded, year=2025, total=666_666, funded=333_333, source=SECRET))
    _development("geheim-ez", world.unit, SECRET, sdgs=[6], country="FR", protection=protection)
    for point in Provision.objects.filter(version__instrument__key__in=("eccar", "cemr-charter", "agenda-2030")):
        link = {"contribution": "direct", "rationale_de": SECRET, "state": "accepted"}
        saved(MeasureProvision(measure=measure, provision=point, **link))
        if point.order == 2:
            saved(CommitmentProvision(commitment=promise, provision=point, order=2))
    decide(world, promise, SECRET, SECRET)
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
