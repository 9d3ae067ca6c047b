"""Suggested links that do not fit are marked so, and the mark can be taken back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Commitment, DismissedSuggestion, Measure, Provision, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import day, locked


@transaction.atomic
def dismiss(measure: Measure, target: Commitment | Provision, *, actor: User, at: datetime) -> DismissedSuggestion:
    """This measure does not serve that: it is suggested to nobody any more. Saying so twice changes nothing."""
    measure = locked(measure)
    role = require(actor, Verb.PROPOSE_LINK, measure, on=day(at))
    pair = {"measure": measure, "commitment" if isinstance(target, Commitment) else "provision": target}
    known = DismissedSuggestion.objects.current().filter(**pair).first()
    if known:
        return known
    row = DismissedSuggestion(**pair)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Suggestion found not to fit"), at=at)
    return row


@transaction.atomic
def restore(dismissed: DismissedSuggestion, *, actor: User, at: datetime) -> DismissedSuggestion:
    """Suggest it again: the mark is not deleted, it ends (rule 11)."""
    dismissed = locked(dismissed)
    role = require(actor, Verb.PROPOSE_LINK, dismissed.measure, on=day(at))
    if dismissed.ended_on is None:
        dismissed.ended_on = day(at)
        save_as(dismissed, actor=actor, acting_for=role.acting_for, reason=_("Suggested again"), at=at)
    return dismissed
