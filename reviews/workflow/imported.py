"""Years before the register was kept: of them only the verdicts are known, and that is what they say."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commitments.ledger import save_all_as, save_as
from commitments.models import Commitment, User
from commitments.permissions import Verb, require
from reviews.models import Assessment, AssessmentState, CycleState, Outcome, ReviewCycle
from reviews.workflow.assessments import trend_between
from reviews.workflow.scope import self_assessed
from reviews.workflow.steps import day_of

ONLY_THE_VERDICT = gettext_noop("Taken over from an earlier report; only the verdict is known.")


@transaction.atomic
def import_cycle(
    cycle: ReviewCycle, verdicts: Mapping[Commitment, str], *, actor: User, approver: User, at: datetime
) -> ReviewCycle:
    """Enter a past round as closed, with a verdict for each commitment: a grade's code or another outcome."""
    role = require(actor, Verb.PLAN_CYCLE, on=day_of(at))
    second = require(approver, Verb.DECIDE_ASSESSMENT, on=day_of(at))
    cycle.imported, cycle.state, cycle.opened_at = True, CycleState.OPEN, at
    reason = _("Taken over from an earlier report")
    save_as(cycle, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    grades = {grade.code: grade for grade in cycle.scale.grades.all()}
    earlier = Assessment.objects.approved().filter(cycle__year__lt=cycle.year).select_related("grade")
    last = {row.commitment_id: row for row in earlier.order_by("cycle__year")}
    own = self_assessed()
    rows = []
    for commitment, verdict in verdicts.items():
        if verdict not in grades and verdict not in (Outcome.TOO_EARLY, Outcome.OUT_OF_COMPETENCE):
            raise ValidationError(_("“%(verdict)s” is not a verdict of this scale."), params={"verdict": verdict})
        row = Assessment(
            cycle=cycle,
            commitment=commitment,
            state=AssessmentState.APPROVED,
            outcome=Outcome.GRADE if verdict in grades else verdict,
            grade=grades.get(verdict),
            finding_de=_in("de", ONLY_THE_VERDICT),
            finding_en=_in("en", ONLY_THE_VERDICT),
            self_assessed=commitment.pk in own,
            author=actor,
            author_for=role.acting_for,
            submitted_at=at,
            approver=approver,
            approver_for=second.acting_for,
            approved_at=at,
        )
        row.trend = trend_between(last.get(commitment.pk), row)
        rows.append(row)
    save_all_as(rows, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    cycle.state = CycleState.CLOSED
    cycle.frozen_at = cycle.closed_at = at
    save_as(cycle, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return cycle


def _in(language: str, sentence: str) -> str:
    with translation.override(language):
        return _(sentence)
