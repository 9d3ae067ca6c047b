"""What people do to commitments."""

from datetime import datetime

from django.db import transaction

from commitments.ledger import save_as
from commitments.models import Commitment, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since


@transaction.atomic
def edit_commitment(commitment: Commitment, edit: Edit, *, actor: User, at: datetime) -> Commitment:
    commitment = locked(commitment)
    role = require(actor, Verb.EDIT_REGISTER, commitment, on=day(at))
    unchanged_since(commitment, edit.seen)
    apply(commitment, edit.changes)
    save_as(commitment, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return commitment
