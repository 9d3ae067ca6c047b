"""Rows for tests: plain functions that save what they return and fill in what a test does not care about."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from commitments.ledger import save_all_as, save_as
from commitments.models import (
    UDHR,
    Adoption,
    Assignment,
    City,
    Commitment,
    CommitmentProvision,
    Competence,
    Contribution,
    EngagementKind,
    EUProject,
    Evidence,
    EvidenceKind,
    FieldOfAction,
    FundingAdvice,
    Grade,
    Indicator,
    IndicatorKind,
    IndicatorValue,
    Instrument,
    InstrumentKind,
    InstrumentVersion,
    LinkState,
    Measure,
    MeasureLink,
    MeasureStatus,
    MeasureUnit,
    NetworkMembership,
    OrganisationalUnit,
    Part,
    Partnership,
    Provision,
    ProvisionLink,
    Recommendation,
    RecommendationSource,
    Role,
    Scale,
    User,
)
from reviews.models import (
    Assessment,
    AssessmentState,
    Confirmation,
    ConfirmationResult,
    ConfirmationState,
    CycleState,
    FollowUp,
    Outcome,
    ReviewCycle,
    Trend,
)

Row = TypeVar("Row", bound=models.Model)
number = count(1)

LONG_AGO = date(2020, 1, 1)


def saved(row: Row, at: datetime | None = None) -> Row:
    """The row, saved by the system itself; where the database refuses it, with all that is wrong with it.

    A new row goes the way of rows in bulk: there the database alone holds the constraints, which takes a third of the
    time. What it refuses is saved as people save it, so that the error is theirs.
    """
    act: dict[str, Any] = {"actor": None, "reason": "Made for a test", "at": at or timezone.now()}
    if row._state.adding:
        with suppress(ValidationError):
            save_all_as([row], **act)
            return row
    save_as(row, **act)
    return row


def make_city(**fields: Any) -> City:
    defaults: dict[str, Any] = {"name_de": "Musterstadt", "name_en": "Sample City", "country": "DE", "is_sample": True}
    return saved(City(**(defaults | fields)))


def make_unit(**fields: Any) -> OrganisationalUnit:
    n = next(number)
    defaults: dict[str, Any] = {"key": f"unit-{n}", "name_de": f"Amt {n}", "name_en": f"Office {n}"}
    return saved(OrganisationalUnit(**(defaults | fields)))


def make_user(role: Role | None = None, unit: OrganisationalUnit | None = None, **fields: Any) -> User:
    """A person with one role since long ago; contacts and releasing persons get a unit."""
    n = next(number)
    user = User(**({"email": f"person-{n}@example.org", "name": f"Person {n}"} | fields))
    user.lock_password()
    saved(user)
    if role is not None:
        make_assignment(user, role, unit)
    return user


def make_assignment(
    user: User, role: Role, unit: OrganisationalUnit | None = None, acting_for: User | None = None, **fields: Any
) -> Assignment:
    if role in (Role.CONTACT, Role.RELEASER) and unit is None:
        unit = make_unit()
    defaults: dict[str, Any] = {"user": user, "role": role, "unit": unit, "acting_for": acting_for}
    return saved(Assignment(**(defaults | {"valid_from": LONG_AGO} | fields)))


def make_officer() -> User:
    return make_user(Role.OFFICER)


def make_approver() -> User:
    return make_user(Role.APPROVER)


def make_instrument(key: str = "", **fields: Any) -> InstrumentVersion:
    """An instrument with its first version, which is returned."""
    n = next(number)
    defaults: dict[str, Any] = {
        "key": key or f"instrument-{n}",
        "order": n,
        "kind": InstrumentKind.TREATY,
        "title_de": f"Übereinkommen {n}",
        "title_en": f"Convention {n}",
        "short_de": f"Ü{n}",
        "short_en": f"C{n}",
    }
    instrument = saved(Instrument(**(defaults | fields)))
    return saved(InstrumentVersion(instrument=instrument))


def make_provision(version: InstrumentVersion | None = None, **fields: Any) -> Provision:
    n = next(number)
    version = version or make_instrument()
    defaults = {"number": f"Art. {n}", "order": n, "title_de": f"Recht {n}", "title_en": f"Right {n}"}
    return saved(Provision(version=version, **(defaults | fields)))


def make_article(article: int = 1, **fields: Any) -> Provision:
    """An article of the Universal Declaration; the Declaration itself is made with the first one."""
    version = InstrumentVersion.objects.filter(instrument__key=UDHR).first()
    version = version or make_instrument(UDHR, short_de="AEMR", short_en="UDHR", kind=InstrumentKind.DECLARATION)
    known = Provision.objects.filter(version=version, order=article).first()
    return known or make_provision(version, number=f"Art. {article}", order=article, **fields)


def make_provision_link(source: Provision, target: Provision, **fields: Any) -> ProvisionLink:
    return saved(ProvisionLink(source=source, target=target, **fields))


def make_adoption(version: InstrumentVersion | None = None, **fields: Any) -> Adoption:
    return saved(Adoption(version=version or make_instrument(), **({"adopted_on": date(2010, 5, 4)} | fields)))


def make_commitment(basis: Provision | None = None, **fields: Any) -> Commitment:
    """A commitment whose basis is the given provision, or Article 1."""
    n = next(number)
    defaults: dict[str, Any] = {
        "key": f"commitment-{n}",
        "reference": f"K-{n:03}",
        "title_de": f"Zusage {n}",
        "title_en": f"Promise {n}",
        "wording_de": f"Die Stadt hält Zusage {n}.",
        "fulfil": True,
        "competence": Competence.OWN,
        "registered_on": LONG_AGO,
    }
    if "lead_unit" not in fields:
        fields["lead_unit"] = make_unit()
    commitment = saved(Commitment(**(defaults | fields)))
    saved(CommitmentProvision(commitment=commitment, provision=basis or make_article(), order=0, is_basis=True))
    return commitment


def make_engagement(**fields: Any) -> NetworkMembership:
    n = next(number)
    defaults: dict[str, Any] = {"key": f"network-{n}", "kind": EngagementKind.NETWORK, "field": FieldOfAction.EUROPE}
    if "unit" not in fields:
        fields["unit"] = make_unit()
    return saved(NetworkMembership(**(defaults | {"name_de": f"Netzwerk {n}"} | fields)))


def make_partnership(**fields: Any) -> Partnership:
    n = next(number)
    defaults: dict[str, Any] = {
        "key": f"partnership-{n}",
        "kind": EngagementKind.PARTNERSHIP,
        "field": FieldOfAction.PARTNERSHIPS,
        "name_de": f"Partnerschaft {n}",
        "city_de": f"Stadt {n}",
        "country": "FR",
    }
    if "unit" not in fields:
        fields["unit"] = make_unit()
    return saved(Partnership(**(defaults | fields)))


def make_measure(
    lead: OrganisationalUnit | None = None, contributing: tuple[OrganisationalUnit, ...] = (), **fields: Any
) -> Measure:
    """A measure with the unit that leads it and those that contribute."""
    n = next(number)
    defaults: dict[str, Any] = {
        "key": f"measure-{n}",
        "reference": f"M-{n:03}",
        "title_de": f"Maßnahme {n}",
        "title_en": f"Measure {n}",
        "field": FieldOfAction.PARTNERSHIPS,
        "status": MeasureStatus.ONGOING,
        "accepted_on": LONG_AGO,
    }
    lead = lead or make_unit()
    parts = [(lead, Part.LEAD), *((unit, Part.CONTRIBUTING) for unit in contributing)]
    measure = Measure(**(defaults | fields))
    measure.fingerprint = measure.substance([(unit.key, part.value) for unit, part in parts])
    saved(measure)
    for unit, part in parts:
        saved(MeasureUnit(measure=measure, unit=unit, part=part))
    return measure


def make_link(measure: Measure | None = None, commitment: Commitment | None = None, **fields: Any) -> MeasureLink:
    defaults: dict[str, Any] = {
        "contribution": Contribution.DIRECT,
        "rationale_de": "Sie setzt die Zusage selbst um.",
        "state": LinkState.ACCEPTED,
    }
    row = MeasureLink(measure=measure or make_measure(), commitment=commitment or make_commitment())
    for name, value in (defaults | fields).items():
        setattr(row, name, value)
    return saved(row)


def make_scale(codes: str = "ABCDE", **fields: Any) -> Scale:
    n = next(number)
    scale = saved(Scale(**({"key": f"scale-{n}", "name_de": f"Skala {n}", "for_verdicts": True} | fields)))
    for order, code in enumerate(codes):
        saved(Grade(scale=scale, code=code, order=order, label_de=f"Stufe {code}", complies=order < 2))
    return scale


def make_cycle(year: int = 2026, state: CycleState = CycleState.OPEN, **fields: Any) -> ReviewCycle:
    """A cycle that runs now: its deadline is in a fortnight, whatever the year."""
    today = timezone.localdate()
    defaults: dict[str, Any] = {
        "period_from": today - timedelta(days=400),
        "period_to": today - timedelta(days=35),
        "reporting_date": today - timedelta(days=35),
        "opens_on": today - timedelta(days=30),
        "confirm_by": today + timedelta(days=14),
        "last_reminder_on": today + timedelta(days=28),
        "assess_by": today + timedelta(days=60),
    }
    if "scale" not in fields:
        fields["scale"] = make_scale()
    return saved(ReviewCycle(year=year, state=state, **(defaults | fields)))


def make_confirmation(
    cycle: ReviewCycle | None = None,
    measure: Measure | None = None,
    unit: OrganisationalUnit | None = None,
    state: ConfirmationState = ConfirmationState.REQUESTED,
    **fields: Any,
) -> Confirmation:
    """A unit's answer in the given state, with the people and times that the state asks for."""
    if measure is None and "commitment" not in fields:
        measure = make_measure(unit)
    if unit is None:
        lead = measure.measure_units.get(part=Part.LEAD).unit if measure else fields["commitment"].lead_unit
        unit = lead
    now = timezone.now()
    row = Confirmation(cycle=cycle or make_cycle(), measure=measure, unit=unit, state=state, requested_at=now)
    if state not in (ConfirmationState.REQUESTED, ConfirmationState.DRAFT):
        row.result = ConfirmationResult.CONFIRMED if measure else ConfirmationResult.NIL
        row.fingerprint = measure.fingerprint if measure else ""
        row.submitted_at, row.submitted_by = now, make_user(Role.CONTACT, unit)
    if state == ConfirmationState.RELEASED:
        row.released_at, row.released_by = now, make_user(Role.RELEASER, unit)
    for name, value in fields.items():
        setattr(row, name, value)
    return saved(row)


def make_assessment(
    cycle: ReviewCycle | None = None,
    commitment: Commitment | None = None,
    state: AssessmentState = AssessmentState.DRAFT,
    verdict: str = "",
    **fields: Any,
) -> Assessment:
    """The verdict on a commitment; ``verdict`` is a grade's code, ``too_early`` or ``out_of_competence``."""
    cycle = cycle or make_cycle()
    row = Assessment(cycle=cycle, commitment=commitment or make_commitment(), state=state)
    if state not in (AssessmentState.DRAFT, AssessmentState.RETURNED):
        verdict = verdict or "B"
        row.author, row.submitted_at, row.trend = make_officer(), timezone.now(), Trend.SAME
        row.finding_de = "Schritte sind getan, weitere stehen aus."
    if state == AssessmentState.APPROVED:
        row.approver, row.approved_at = make_approver(), timezone.now()
    if verdict in (Outcome.TOO_EARLY, Outcome.OUT_OF_COMPETENCE):
        row.outcome = verdict
    elif verdict:
        row.outcome, row.grade = Outcome.GRADE, cycle.scale.grades.get(code=verdict)
    for name, value in fields.items():
        setattr(row, name, value)
    return saved(row)


def make_follow_up(cycle: ReviewCycle | None = None, commitment: Commitment | None = None, **fields: Any) -> FollowUp:
    commitment = commitment or make_commitment()
    defaults: dict[str, Any] = {
        "unit": commitment.lead_unit,
        "action_de": "Bericht vorlegen.",
        "due_on": timezone.localdate() + timedelta(days=30),
    }
    return saved(FollowUp(cycle=cycle or make_cycle(), commitment=commitment, **(defaults | fields)))


def make_recommendation(**fields: Any) -> Recommendation:
    n = next(number)
    defaults: dict[str, Any] = {
        "key": f"recommendation-{n}",
        "source": RecommendationSource.TREATY_BODY,
        "body": "CEDAW",
        "document": f"CEDAW/C/DEU/CO/{n}",
        "text_de": f"Der Ausschuss empfiehlt Schritt {n}.",
        "made_on": date(2023, 5, 30),
    }
    return saved(Recommendation(**(defaults | fields)))


def make_evidence(owner: Measure | Commitment | None = None, **fields: Any) -> Evidence:
    """A link that bears out a measure or commitment; a file where ``sha256`` is given."""
    owner = owner or make_measure()
    n = next(number)
    belongs = {"measure" if isinstance(owner, Measure) else "commitment": owner}
    defaults: dict[str, Any] = {"kind": EvidenceKind.LINK, "title": f"Nachweis {n}", "url": f"https://example.org/{n}"}
    if "sha256" in fields:
        defaults |= {"kind": EvidenceKind.FILE, "url": "", "media_type": "application/pdf", "size": 100}
    return saved(Evidence(**(defaults | belongs | fields)))


def make_indicator(owner: Measure | Commitment | None = None, **fields: Any) -> Indicator:
    """An indicator on its way from 20 people to 60."""
    owner = owner or make_measure()
    n = next(number)
    defaults: dict[str, Any] = {
        "key": f"indicator-{n}",
        "kind": IndicatorKind.OUTCOME,
        "name_de": f"Erreichte Menschen {n}",
        "name_en": f"People reached {n}",
        "unit_of_measure": "Menschen",
        "baseline": 20,
        "baseline_on": date(2022, 1, 1),
        "target": 60,
        "target_on": date(2030, 1, 1),
        "measure" if isinstance(owner, Measure) else "commitment": owner,
    }
    return saved(Indicator(**(defaults | fields)))


def make_value(indicator: Indicator, value: Any, on: date, **fields: Any) -> IndicatorValue:
    return saved(IndicatorValue(indicator=indicator, value=value, on=on, **fields))


def make_eu_project(**fields: Any) -> EUProject:
    n = next(number)
    defaults: dict[str, Any] = {
        "key": f"project-{n}",
        "kind": EngagementKind.EU_PROJECT,
        "field": FieldOfAction.EUROPE,
        "name_de": f"Projekt {n}",
        "acronym": f"PRO-{n}",
    }
    if "unit" not in fields:
        fields["unit"] = make_unit()
    return saved(EUProject(**(defaults | fields)))


def make_advice(**fields: Any) -> FundingAdvice:
    n = next(number)
    defaults: dict[str, Any] = {"given_on": timezone.localdate(), "subject_de": f"Beratung {n}"}
    if "unit" not in fields:
        fields["unit"] = make_unit()
    return saved(FundingAdvice(**(defaults | fields)))
