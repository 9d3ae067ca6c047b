"""The tables of one report: the register as of the reporting date, the cycle as of the freeze.

What was entered only after the reporting date is read as of the freeze: a commitment where the cycle assesses it, a
measure where the cycle asked about it. While the cycle runs, now stands for the freeze.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.timezone import localdate

from commitments import clock
from commitments.models import (
    UDHR,
    Adoption,
    Commitment,
    CommitmentProvision,
    CommitmentUnit,
    DevelopmentProject,
    EUProject,
    Evidence,
    Instrument,
    InstrumentVersion,
    Measure,
    MeasureLink,
    MeasureUnit,
    NetworkMembership,
    OrganisationalUnit,
    Partnership,
    Provision,
    ProvisionLink,
    Training,
)
from reporting.content.register import Register, grouped
from reporting.content.sorting import in_german_order
from reviews.models import (
    Assessment,
    Confirmation,
    Dissent,
    FollowUp,
    Reminder,
    ReviewCycle,
    Statement,
)


@dataclass
class Tables:
    """Each table is read at most once, when it is first needed."""

    cycle: ReviewCycle
    audience: str

    @cached_property
    def register(self) -> Register:
        return Register(end_of(self.cycle.reporting_date), self.audience, known_by=self.known_by)

    @cached_property
    def known_by(self) -> datetime:
        """The freeze, or now while the cycle runs."""
        frozen_at = self.cycle.frozen_at if self.cycle.is_final else None
        return frozen_at or max(timezone.now(), clock.now())

    @cached_property
    def units(self) -> Mapping[int, Any]:
        return self.register.rows(OrganisationalUnit)

    @cached_property
    def provisions(self) -> Mapping[int, Any]:
        return self.register.rows(Provision, "version_id", "order")

    @cached_property
    def versions(self) -> Mapping[int, Any]:
        return self.register.rows(InstrumentVersion, "number")

    @cached_property
    def instrument_rows(self) -> Mapping[int, Any]:
        return self.register.rows(Instrument, "order", "key")

    @cached_property
    def assessments(self) -> Mapping[int, Any]:
        """This cycle's assessments, by commitment: they are its scope."""
        rows = Assessment.objects.filter(cycle=self.cycle).select_related("grade")
        return {row.commitment_id: row for row in rows}

    @cached_property
    def commitments(self) -> Mapping[int, Any]:
        return {pk: row for pk, row in self.seen_commitments.items() if pk in self.assessments}

    @cached_property
    def seen_commitments(self) -> Mapping[int, Any]:
        return self.register.visible(Commitment, "reference")

    @cached_property
    def seen_measures(self) -> Mapping[int, Any]:
        return self.register.visible(Measure, "reference")

    @cached_property
    def measures(self) -> Mapping[int, Any]:
        last, asked = self.cycle.reporting_date, self.answers_on_measures
        return {
            pk: row
            for pk, row in self.seen_measures.items()
            if row.accepted_on and (row.accepted_on <= last or pk in asked)
        }

    @cached_property
    def fingerprints(self) -> Mapping[int, str]:
        """What the measures were at the freeze: an answer on anything else is void (rule 4)."""
        rows = Register(self.known_by, self.audience, known_by=self.known_by).rows(Measure)
        return {pk: row.fingerprint for pk, row in rows.items()}

    @cached_property
    def links(self) -> Mapping[int, list[Any]]:
        """Accepted links between what is in the report, by commitment."""
        rows = [
            row
            for row in self.register.rows(MeasureLink).values()
            if row.state == "accepted" and row.measure_id in self.measures
        ]
        rows.sort(key=lambda row: self.measures[row.measure_id].reference)
        return grouped(rows, "commitment_id")

    @cached_property
    def measure_units(self) -> Mapping[int, list[Any]]:
        rows = [row for row in self.register.rows(MeasureUnit).values() if row.ended_on is None]
        rows.sort(key=lambda row: in_german_order(self.units[row.unit_id].name_de))
        return grouped(rows, "measure_id")

    @cached_property
    def commitment_units(self) -> Mapping[int, list[Any]]:
        rows = [row for row in self.register.rows(CommitmentUnit).values() if row.ended_on is None]
        rows.sort(key=lambda row: in_german_order(self.units[row.unit_id].name_de))
        return grouped(rows, "commitment_id")

    @cached_property
    def commitment_provisions(self) -> Mapping[int, list[Any]]:
        rows = [row for row in self.register.rows(CommitmentProvision).values() if row.ended_on is None]
        rows.sort(key=lambda row: (not row.is_basis, row.order, row.id))
        return grouped(rows, "commitment_id")

    @cached_property
    def article_numbers(self) -> Mapping[int, tuple[int, ...]]:
        """The articles of the Universal Declaration that each provision leads to, whichever way a link was written."""
        numbers = {pk: row.order for pk, row in self.provisions.items() if self.instrument_key(row) == UDHR}
        found: dict[int, set[int]] = {pk: {number} for pk, number in numbers.items()}
        for link in self.register.rows(ProvisionLink).values():
            if link.ended_on:
                continue
            for kin, article in ((link.source_id, link.target_id), (link.target_id, link.source_id)):
                if article in numbers and kin not in numbers:
                    found.setdefault(kin, set()).add(numbers[article])
        return {pk: tuple(sorted(articles)) for pk, articles in found.items()}

    def instrument_key(self, provision: Any) -> str:
        return str(self.instrument_rows[self.versions[provision.version_id].instrument_id].key)

    @cached_property
    def confirmations(self) -> Sequence[Any]:
        return list(Confirmation.objects.filter(cycle=self.cycle).current().order_by("pk"))

    @cached_property
    def answers_on_measures(self) -> Mapping[int, list[Any]]:
        return grouped((row for row in self.confirmations if row.measure_id), "measure_id")

    @cached_property
    def answers_on_commitments(self) -> Mapping[int, list[Any]]:
        return grouped((row for row in self.confirmations if row.commitment_id), "commitment_id")

    @cached_property
    def reminders(self) -> Mapping[int, list[Any]]:
        return grouped(Reminder.objects.filter(cycle=self.cycle).order_by("sent_on", "pk"), "confirmation_id")

    @cached_property
    def evidence(self) -> Sequence[Any]:
        """What was not withdrawn or replaced; as strict as its own class and as every row it belongs to."""
        rows = sorted(self.register.visible(Evidence).values(), key=lambda row: (in_german_order(row.title), row.id))
        replaced = {row.replaces_id for row in rows}
        last = local_day(self.cycle.frozen_at)
        return [
            row
            for row in rows
            if row.id not in replaced
            and (row.withdrawn_on is None or (last is not None and row.withdrawn_on > last))
            and (row.measure_id is None or row.measure_id in self.seen_measures)
            and (row.commitment_id is None or row.commitment_id in self.seen_commitments)
        ]

    @cached_property
    def evidence_of_measure(self) -> Mapping[int, list[Any]]:
        return grouped((row for row in self.evidence if row.measure_id), "measure_id")

    @cached_property
    def evidence_of_commitment(self) -> Mapping[int, list[Any]]:
        return grouped((row for row in self.evidence if row.commitment_id), "commitment_id")

    @cached_property
    def engagement_rows(self) -> Mapping[int, tuple[str, Any]]:
        kinds: tuple[tuple[str, Any], ...] = (
            ("partnership", Partnership),
            ("eu_project", EUProject),
            ("network", NetworkMembership),
            ("development", DevelopmentProject),
            ("training", Training),
        )
        found: dict[int, tuple[str, Any]] = {}
        for kind, model in kinds:
            found |= {pk: (kind, row) for pk, row in self.register.visible(model).items()}
        return found

    @cached_property
    def adoptions(self) -> Mapping[int, Any]:
        """What the city has taken on and not left, by version."""
        rows = self.register.rows(Adoption, "adopted_on").values()
        return {row.version_id: row for row in rows if row.ended_on is None}

    @cached_property
    def verdicts(self) -> Mapping[int, list[Any]]:
        """Approved verdicts of this and all earlier cycles, by commitment and in the order of the years."""
        rows = Assessment.objects.approved().filter(cycle__year__lte=self.cycle.year)
        rows = rows.select_related("grade", "cycle").order_by("cycle__year")
        return grouped(rows, "commitment_id")

    @cached_property
    def dissents(self) -> Mapping[int, list[Any]]:
        return grouped(Dissent.objects.filter(cycle=self.cycle).order_by("stated_on", "pk"), "assessment_id")

    @cached_property
    def statements(self) -> Mapping[int, list[Any]]:
        rows = Statement.objects.filter(cycle=self.cycle, protection__in=self.register.seen)
        return grouped(rows.order_by("received_on", "pk"), "commitment_id")

    def promises(self) -> Mapping[int, Any]:
        return Register(self.known_by, self.audience, known_by=self.known_by).rows(FollowUp, "due_on")


def end_of(day: date) -> datetime:
    """The last moment of a local day."""
    return datetime.combine(day, time.max, tzinfo=timezone.get_default_timezone())


def local_day(moment: datetime | None) -> date | None:
    """The local day of a moment."""
    return localdate(moment) if moment else None
