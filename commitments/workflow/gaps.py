"""Why an article has no measure in a field of action."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import GapCode, GapReason, Provision, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import apply, day, unchanged_since


@dataclass(frozen=True)
class Gap:
    """Why an article has no measure in a field (no field: in all of them), and what comes next.

    ``seen`` is ``last_change`` of the reason that its author saw, 0 where there was none, None where nobody looked.
    """

    code: GapCode
    text: str
    next_step: str = ""
    due_on: date | None = None
    seen: int | None = None


@transaction.atomic
def give_gap_reason(article: Provision, field: str, gap: Gap, *, actor: User, at: datetime) -> GapReason:
    """Say why an article has no measure in a field; a later reason takes the place of an earlier one.

    Raises ValidationError where nothing was changed, so that who said it and when stays as it was, and where somebody
    else has said something since.
    """
    role = require(actor, Verb.GIVE_GAP_REASON, on=day(at))
    known = GapReason.objects.select_for_update(of=("self",)).filter(article=article, field=field).first()
    _require_seen(known, gap.seen)
    reason = known or GapReason(article=article, field=field)
    said = {"code": gap.code, "text_de": gap.text, "next_step_de": gap.next_step, "due_on": gap.due_on}
    changed = apply(reason, said)
    for name in ("text", "next_step"):
        if f"{name}_de" in changed:
            setattr(reason, f"{name}_en", "")
    reason.stated_by, reason.stated_on = actor, day(at)
    save_as(reason, actor=actor, acting_for=role.acting_for, reason=_("Reason for the gap given"), at=at)
    return reason


def _require_seen(known: GapReason | None, seen: int | None) -> None:
    """Nobody writes over what they have not read."""
    if known is not None and seen == 0:
        raise ValidationError(
            _("Somebody has given a reason for this gap while you were writing. Read it first, then save again."),
            code="changed",
        )
    if known is not None:
        unchanged_since(known, seen)
