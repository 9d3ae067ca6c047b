"""Why an article has no measure in a field of action."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import GapCode, GapReason, Provision, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import day


@dataclass(frozen=True)
class Gap:
    """Why an article has no measure in a field (no field: in all of them), and what comes next."""

    code: GapCode
    text: str
    next_step: str = ""
    due_on: date | None = None


@transaction.atomic
def give_gap_reason(article: Provision, field: str, gap: Gap, *, actor: User, at: datetime) -> GapReason:
    """Say why an article has no measure in a field; a later reason takes the place of an earlier one."""
    role = require(actor, Verb.GIVE_GAP_REASON, on=day(at))
    known = GapReason.objects.select_for_update().filter(article=article, field=field).first()
    reason = known or GapReason(article=article, field=field)
    if (reason.text_de, reason.next_step_de) != (gap.text, gap.next_step):
        reason.text_en = reason.next_step_en = ""
    reason.code, reason.text_de, reason.next_step_de, reason.due_on = gap.code, gap.text, gap.next_step, gap.due_on
    reason.stated_by, reason.stated_on = actor, day(at)
    save_as(reason, actor=actor, acting_for=role.acting_for, reason=_("Reason for the gap given"), at=at)
    return reason
