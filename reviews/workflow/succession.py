"""What a unit that has ended still holds is handed over to its successors, row by row, in one act (rule 7).

Until then it reaches the successors' lists through the succession. What the unit has answered keeps its name; an answer
stays valid, because it is the same work under another roof: the fingerprint of a measure is not touched.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from commitments import texts
from commitments.kinds import MODELS
from commitments.ledger import save_all_as, save_as
from commitments.models import (
    Commitment,
    CommitmentUnit,
    Engagement,
    EngagementPart,
    EngagementStatus,
    Measure,
    MeasureUnit,
    OrganisationalUnit,
    Part,
    UnitSuccession,
    User,
)
from commitments.models.people import OrganisationalUnitQuerySet
from commitments.permissions import Verb, require
from commitments.tracking import TrackedModel
from reviews.models import ANSWERED, Confirmation, FollowUp, ReviewCycle
from reviews.workflow.scope import heirs_of
from reviews.workflow.steps import day_of, locked_cycle

Choice = Mapping[str, OrganisationalUnit]
"""Which successor takes a row: by its key, ``Held.key``."""


@dataclass(frozen=True)
class Held:
    """What is still entered with a unit."""

    measures: list[MeasureUnit] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)
    contributions: list[CommitmentUnit] = field(default_factory=list)
    engagements: list[Engagement] = field(default_factory=list)
    parts: list[EngagementPart] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    requests: list[Confirmation] = field(default_factory=list)

    @property
    def chosen(self) -> list[TrackedModel]:
        """The rows for each of which a successor is chosen; open requests follow their measure or commitment."""
        rows: list[Any] = [*self.measures, *self.commitments, *self.contributions, *self.engagements, *self.parts]
        return [*rows, *self.follow_ups]

    @staticmethod
    def key(row: models.Model) -> str:
        return f"{row._meta.model_name}-{row.pk}"

    def __bool__(self) -> bool:
        return bool(self.chosen or self.requests)


def held_by(units: Iterable[OrganisationalUnit], user: User | None = None) -> Held:
    """What these units hold, as far as somebody may see it; all of it without ``user``. Seven queries."""
    named = list(units)
    measures = Measure.objects.visible_to(user) if user else Measure.objects.all()
    commitments = Commitment.objects.visible_to(user) if user else Commitment.objects.all()
    engagements = Engagement.objects.visible_to(user) if user else Engagement.objects.all()
    requests = Confirmation.objects.visible_to(user) if user else Confirmation.objects.all()
    promises = FollowUp.objects.visible_to(user) if user else FollowUp.objects.all()
    running = {"ended_on__isnull": True, "unit__in": named}
    helped = CommitmentUnit.objects.filter(**running, commitment__in=commitments).select_related("commitment")
    parts = EngagementPart.objects.filter(**running, engagement__in=engagements).select_related("engagement")
    open_ = requests.current().filter(unit__in=named, cycle__in=ReviewCycle.objects.running())
    return Held(
        measures=list(
            MeasureUnit.objects.filter(**running, measure__in=measures)
            .select_related("measure", "unit")
            .order_by("measure__reference")
        ),
        commitments=list(
            commitments.in_force().filter(lead_unit__in=named).select_related("lead_unit").order_by("reference")
        ),
        contributions=list(helped.order_by("commitment__reference")),
        engagements=list(engagements.filter(unit__in=named).exclude(status=EngagementStatus.ENDED).order_by("name_de")),
        parts=list(parts.order_by("engagement__name_de")),
        follow_ups=list(promises.open().filter(unit__in=named).select_related("commitment").order_by("due_on", "pk")),
        requests=list(open_.exclude(state__in=ANSWERED).select_related("measure", "commitment", "unit", "cycle")),
    )


def successors_of(unit: OrganisationalUnit, today: date) -> list[OrganisationalUnit]:
    """The units that answer for it today, at the end of its chain of successors; none while it has no end."""
    found = [pk for pk in heirs_of(unit.pk, today) if pk != unit.pk]
    return list(OrganisationalUnit.objects.filter(pk__in=found).order_by("name_de"))


def still_holding(user: User, today: date) -> OrganisationalUnitQuerySet:
    """Units that have ended, have successors today, and still hold something that somebody may see."""
    of = {"unit": OuterRef("pk")}
    parts = MeasureUnit.objects.filter(**of, ended_on__isnull=True, measure__in=Measure.objects.visible_to(user))
    commitments = Commitment.objects.visible_to(user).in_force().filter(lead_unit=OuterRef("pk"))
    engagements = Engagement.objects.visible_to(user).filter(**of).exclude(status=EngagementStatus.ENDED)
    promises = FollowUp.objects.visible_to(user).open().filter(**of)
    over = OrganisationalUnit.objects.filter(
        valid_to__lt=today, pk__in=UnitSuccession.objects.filter(on__lte=today).values("unit")
    )
    holding = Exists(parts) | Exists(commitments) | Exists(engagements) | Exists(promises)
    return over.filter(holding).order_by("name_de")


@transaction.atomic
def hand_over(
    unit: OrganisationalUnit,
    choice: Choice,
    rest: OrganisationalUnit,
    *,
    actor: User,
    at: datetime,
    reason: str,
) -> int:
    """Enter everything that the unit holds with its successors; the number of rows that moved.

    ``rest`` takes every row that ``choice`` does not name, so that nothing that the officer may not see stays behind.
    """
    for cycle in ReviewCycle.objects.running().order_by("pk"):
        locked_cycle(cycle.pk)
    unit = OrganisationalUnit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    role = require(actor, Verb.EDIT_REGISTER, on=day_of(at))
    allowed = successors_of(unit, day_of(at))
    if not allowed:
        raise ValidationError(
            _("Nobody answers for %(unit)s yet, or its successors begin later. Hand it over from that day on.")
            % {"unit": texts.localized(unit, "name")}
        )
    if not {rest, *choice.values()} <= set(allowed):
        raise ValidationError(_("Choose among the units that answer for it. Nothing was changed."))
    held = held_by([unit])
    moving = _Moving(held, choice, rest, day_of(at))
    said: dict[str, Any] = {"actor": actor, "acting_for": role.acting_for, "reason": reason, "at": at}
    moved = 0
    for batch in moving.batches():
        save_all_as(batch, **said)
        moved += len(batch)
    for engagement in moving.engagements():
        save_as(engagement, **said)
        moved += 1
    if not moved:
        raise ValidationError(_("There is nothing to hand over any more. Nothing was changed."))
    return moved


@dataclass(frozen=True)
class _Moving:
    """The rows as they stand after the act."""

    held: Held
    choice: Choice
    rest: OrganisationalUnit
    on: date

    def to(self, row: models.Model) -> OrganisationalUnit:
        return self.choice.get(Held.key(row), self.rest)

    def batches(self) -> Iterator[list[Any]]:
        """Rows of one table each; what ends comes before what begins in its place."""
        yield from self._parts(self.held.measures, "measure")
        yield from self._parts(self.held.contributions, "commitment")
        yield from self._parts(self.held.parts, "engagement")
        for row in self.held.commitments:
            row.lead_unit = self.to(row)
        yield self.held.commitments
        for promise in self.held.follow_ups:
            promise.unit = self.to(promise)
        yield self.held.follow_ups
        yield list(self._requests())

    def engagements(self) -> Iterator[Engagement]:
        for row in self.held.engagements:
            own: Engagement = MODELS[row.kind].objects.get(pk=row.pk)
            own.unit = self.to(row)
            yield own

    def _parts(self, rows: list[Any], owner: str) -> Iterator[list[Any]]:
        """A part ends, and the successor's begins; where it has one already, the stronger of the two holds."""
        for row in rows:
            row.ended_on = self.on
        yield rows
        model = type(rows[0]) if rows else None
        if model is None:
            return
        wanted = {(getattr(row, f"{owner}_id"), self.to(row).pk): row for row in rows}
        found = model.objects.filter(**{f"{owner}__in": [key[0] for key in wanted], "unit__in": [k[1] for k in wanted]})
        known = {(getattr(row, f"{owner}_id"), row.unit_id): row for row in found}
        begun = []
        for key, row in wanted.items():
            mine = known.get(key) or model(**{f"{owner}_id": key[0], "unit_id": key[1]})
            if hasattr(row, "part"):
                leads = row.part == Part.LEAD or (mine.pk and mine.ended_on is None and mine.part == Part.LEAD)
                mine.part = Part.LEAD if leads else Part.CONTRIBUTING
            mine.ended_on = None
            begun.append(mine)
        yield begun

    def _requests(self) -> Iterator[Confirmation]:
        """Open requests follow their measure or commitment; where the successor is asked too, both stay."""
        of_measure = {row.measure_id: self.to(row) for row in self.held.measures}
        of_commitment = {row.pk: self.to(row) for row in self.held.commitments}
        asked = set(
            Confirmation.objects.filter(cycle__in={row.cycle_id for row in self.held.requests}).values_list(
                "cycle_id", "unit_id", "measure_id", "commitment_id"
            )
        )
        for row in self.held.requests:
            to = of_measure.get(row.measure_id or 0) or of_commitment.get(row.commitment_id or 0) or self.rest
            if (row.cycle_id, to.pk, row.measure_id, row.commitment_id) not in asked:
                row.unit = to
                yield row
