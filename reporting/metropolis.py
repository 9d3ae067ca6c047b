"""A made-up metropolis after fifteen years (DESIGN.md section 9), to measure with. All of it is generated.

Rows are written in bulk through the ledger, so that history and leaves are as many as in earnest. The same seed
and scale give the same city.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from commitments import clock
from commitments.ledger import save_all_as, save_as
from commitments.models import (
    Assignment,
    City,
    Commitment,
    CommitmentProvision,
    Competence,
    Contribution,
    FieldOfAction,
    Grade,
    LinkState,
    Measure,
    MeasureLink,
    MeasureStatus,
    MeasureUnit,
    OrganisationalUnit,
    Part,
    Provision,
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
    Outcome,
    ReviewCycle,
    Trend,
)

Row = TypeVar("Row", bound=models.Model)

UNITS, USERS, COMMITMENTS, MEASURES, LINKS, CYCLES = 100, 500, 2_000, 10_000, 40_000, 15
CONFIRMATIONS_A_CYCLE = 10_000
VERB_DE = ("Förderung", "Ausbau", "Begleitung", "Vernetzung", "Beratung", "Fortbildung", "Austausch", "Dokumentation")
OBJECT_DE = (
    "der Jugendarbeit",
    "fairer Beschaffung",
    "der Gedenkkultur",
    "von Schutzkonzepten",
    "der Wasserversorgung",
)
VERB_EN = ("Support of", "Extension of", "Guidance for", "Networking of", "Advice on", "Training in", "Exchange on")
OBJECT_EN = ("youth work", "fair procurement", "remembrance", "protection concepts", "water supply")
BATCH = 5_000

Say = Callable[[str], None]


@dataclass
class Metropolis:
    """The city as far as it is built, and the dice that decide."""

    scale: float
    dice: random.Random
    at: datetime
    say: Say

    def of(self, full: int) -> int:
        """A number of the full metropolis at this scale, at least one."""
        return max(1, round(full * self.scale))

    def write(self, what: str, rows: Iterable[Row]) -> list[Row]:
        """Save rows in batches, each with its history; the rows saved."""
        written: list[Row] = []
        source = iter(rows)
        while batch := list(islice(source, BATCH)):
            with transaction.atomic():
                save_all_as(batch, actor=None, reason="Generated", at=self.at)
            written += batch
        self.say(f"{len(written):>8} {what}")
        return written


def generate(scale: float, seed: int, *, say: Say) -> None:
    """Fill an empty register that has its catalogue. Raises ValidationError where it has content already."""
    if Measure.objects.exists():
        raise ValidationError(
            _("The register has content already. Generate into an empty one, in a folder of its own.")
        )
    articles = list(Provision.objects.articles())
    if not articles:
        raise ValidationError(_("Load the catalogue first: manage.py load_catalogue"))
    city = Metropolis(scale, random.Random(seed), clock.now(), say)  # noqa: S311 - nothing secret hangs on it
    notice = {"notice_de": "Erzeugte Daten für Messungen", "notice_en": "Generated data for measurements"}
    row = City(name_de="Metropole", name_en="Metropolis", country="DE", is_sample=True, **notice)
    save_as(row, actor=None, reason="Generated", at=city.at)
    units = city.write("units", _units(city))
    people = city.write("people", _people(city))
    city.write("roles", _roles(people, units))
    commitments = city.write("commitments", _commitments(city, units))
    provisions = list(Provision.objects.order_by("pk"))
    city.write("commitment provisions", _provisions(city, commitments, articles, provisions))
    measures, parts = _measures(city, units)
    measures = city.write("measures", measures)
    done = list(zip(measures, parts, strict=True))
    city.write(
        "parts of units", (MeasureUnit(measure=m, unit=unit, part=part) for m, own in done for unit, part in own)
    )
    city.write("links", _links(city, measures, commitments))
    for year in range(city.at.year - CYCLES + 1, city.at.year + 1):
        _cycle(city, year, commitments, done, people)


def _units(city: Metropolis) -> Iterator[OrganisationalUnit]:
    for n in range(city.of(UNITS)):
        yield OrganisationalUnit(
            key=f"unit-{n}", name_de=f"Amt {n:03}", name_en=f"Office {n:03}", is_officers_own=n == 0
        )


def _people(city: Metropolis) -> Iterator[User]:
    locked = make_password(None)
    for n in range(max(4, city.of(USERS))):
        yield User(email=f"person-{n}@metropolis.example", name=f"Person {n:03}", password=locked)


def _roles(people: list[User], units: list[OrganisationalUnit]) -> Iterator[Assignment]:
    since = date(2010, 1, 1)
    yield Assignment(user=people[0], role=Role.OFFICER, valid_from=since)
    yield Assignment(user=people[1], role=Role.APPROVER, valid_from=since)
    for n, user in enumerate(people[2:]):
        role = Role.CONTACT if n // len(units) % 2 == 0 else Role.RELEASER
        yield Assignment(user=user, role=role, unit=units[n % len(units)], valid_from=since)


def _commitments(city: Metropolis, units: list[OrganisationalUnit]) -> Iterator[Commitment]:
    for n in range(city.of(COMMITMENTS)):
        yield Commitment(
            key=f"commitment-{n}",
            reference=f"K-{n + 1:04}",
            title_de=f"{city.dice.choice(VERB_DE)} {city.dice.choice(OBJECT_DE)} ({n + 1})",
            title_en=f"{city.dice.choice(VERB_EN)} {city.dice.choice(OBJECT_EN)} ({n + 1})",
            wording_de="Die Stadt achtet, schützt und gewährleistet dieses Recht in ihrem Wirkungskreis. " * 3,
            fulfil=True,
            competence=city.dice.choices(list(Competence), weights=(60, 20, 15, 5))[0],
            lead_unit=city.dice.choice(units),
            registered_on=date(2012, 1, 1),
        )


def _provisions(
    city: Metropolis, commitments: list[Commitment], articles: list[Provision], provisions: list[Provision]
) -> Iterator[CommitmentProvision]:
    for n, commitment in enumerate(commitments):
        basis = articles[n % len(articles)]
        yield CommitmentProvision(commitment=commitment, provision=basis, order=0, is_basis=True)
        kin = city.dice.sample(provisions, 3)
        for order, provision in enumerate(kin, start=1):
            if provision != basis:
                yield CommitmentProvision(commitment=commitment, provision=provision, order=order)


Parts = list[tuple[OrganisationalUnit, Part]]


def _measures(city: Metropolis, units: list[OrganisationalUnit]) -> tuple[list[Measure], list[Parts]]:
    measures, parts = [], []
    for n in range(city.of(MEASURES)):
        chosen = city.dice.sample(units, min(len(units), city.dice.choice((1, 1, 1, 2))))
        own = [(unit, Part.LEAD if place == 0 else Part.CONTRIBUTING) for place, unit in enumerate(chosen)]
        measure = Measure(
            key=f"measure-{n}",
            reference=f"M-{n + 1:05}",
            title_de=f"{city.dice.choice(VERB_DE)} {city.dice.choice(OBJECT_DE)} ({n + 1})",
            title_en=f"{city.dice.choice(VERB_EN)} {city.dice.choice(OBJECT_EN)} ({n + 1})",
            field=city.dice.choice(list(FieldOfAction)),
            status=city.dice.choices(list(MeasureStatus), weights=(10, 5, 60, 5, 15, 5))[0],
            starts_on=date(city.dice.randrange(2012, 2026), 1, 1),
            starts_on_precision="year",
            accepted_on=date(2012, 1, 1),
        )
        measure.fingerprint = measure.substance([(unit.key, part.value) for unit, part in own])
        measures.append(measure)
        parts.append(own)
    return measures, parts


def _links(city: Metropolis, measures: list[Measure], commitments: list[Commitment]) -> Iterator[MeasureLink]:
    each = LINKS // MEASURES
    for measure in measures:
        for commitment in city.dice.sample(commitments, min(each, len(commitments))):
            yield MeasureLink(
                measure=measure,
                commitment=commitment,
                contribution=city.dice.choice(list(Contribution)),
                rationale_de="Die Maßnahme trägt dazu bei, diese Zusage einzuhalten.",
                state=LinkState.ACCEPTED,
            )


def _cycle(
    city: Metropolis,
    year: int,
    commitments: list[Commitment],
    measures: list[tuple[Measure, Parts]],
    people: list[User],
) -> None:
    """One year's round: written while it is open, closed afterwards; the last one stays open."""
    scale = Scale.objects.filter(for_verdicts=True).earliest("pk")
    grades = list(scale.grades.all())
    cycle = ReviewCycle(
        year=year,
        state=CycleState.OPEN,
        scale=scale,
        period_from=date(year - 1, 10, 1),
        period_to=date(year, 9, 30),
        reporting_date=date(year, 9, 30),
        opens_on=date(year, 10, 1),
        confirm_by=date(year, 11, 27),
        last_reminder_on=date(year, 12, 11),
        assess_by=date(year + 1, 2, 12),
        opened_at=city.at,
    )
    save_as(cycle, actor=None, reason="Generated", at=city.at)
    is_last = year == city.at.year
    asked = measures[: city.of(CONFIRMATIONS_A_CYCLE)]
    city.write(f"answers {year}", _answers(city, cycle, asked, people, released=not is_last))
    city.write(f"assessments {year}", _assessments(cycle, commitments, grades, people, city, approved=not is_last))
    if not is_last:
        cycle.state, cycle.frozen_at, cycle.closed_at = CycleState.CLOSED, city.at, city.at
        save_as(cycle, actor=None, reason="Generated", at=city.at)


def _answers(
    city: Metropolis,
    cycle: ReviewCycle,
    measures: list[tuple[Measure, Parts]],
    people: list[User],
    *,
    released: bool,
) -> Iterator[Confirmation]:
    for measure, own in measures:
        unit, part = own[0]
        answer = Confirmation(cycle=cycle, unit=unit, measure=measure, part=part, requested_at=city.at)
        if released or city.dice.random() < 0.5:
            answer.state, answer.result = ConfirmationState.RELEASED, ConfirmationResult.CONFIRMED
            answer.fingerprint = measure.fingerprint
            answer.submitted_at = answer.released_at = city.at
            answer.submitted_by = answer.released_by = people[2]
        yield answer


def _assessments(
    cycle: ReviewCycle,
    commitments: list[Commitment],
    grades: list[Grade],
    people: list[User],
    city: Metropolis,
    *,
    approved: bool,
) -> Iterator[Assessment]:
    for commitment in commitments:
        row = Assessment(cycle=cycle, commitment=commitment)
        if approved:
            row.state, row.outcome, row.trend = AssessmentState.APPROVED, Outcome.GRADE, Trend.SAME
            row.grade = city.dice.choice(grades)
            row.finding_de = "Schritte sind getan und belegt; weitere stehen aus. " * 4
            row.author, row.approver = people[0], people[1]
            row.submitted_at = row.approved_at = city.at
        yield row
