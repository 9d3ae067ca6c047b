"""What people do to measures."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Measure, MeasureStatus, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since

SPELLING = frozenset({"title_de", "title_en", "description_de", "description_en", "note_de", "note_en"})
"""The columns of a measure in which a mistake of spelling can be."""

REASONED = (MeasureStatus.SUSPENDED, MeasureStatus.DISCONTINUED, MeasureStatus.DECIDED_NOT_FUNDED)
"""States of a measure that ask for a reason."""


@transaction.atomic
def edit_measure(measure: Measure, edit: Edit, *, actor: User, at: datetime) -> Measure:
    """Change a measure. A change of its substance makes its confirmations void (rule 4); one of spelling does not."""
    measure = locked(measure)
    role = require(actor, Verb.EDIT_REGISTER, measure, on=day(at))
    unchanged_since(measure, edit.seen)
    units = [(row.unit.key, row.part) for row in measure.measure_units.select_related("unit") if row.ended_on is None]
    before = measure.substance(units)
    changed = apply(measure, edit.changes)
    if edit.spelling_only and not changed <= SPELLING:
        raise ValidationError(
            _("Only title, description and note can be corrected as spelling. Leave the box empty for other changes.")
        )
    if measure.status in REASONED and not measure.status_reason_de.strip():
        raise ValidationError({"status_reason_de": _("Say in one sentence why the measure has this status.")})
    after = measure.substance(units)
    if after != before and not edit.spelling_only:
        measure.fingerprint = after
    reason = _("Spelling only: %(reason)s") % {"reason": edit.reason} if edit.spelling_only else edit.reason
    save_as(measure, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return measure
