"""What a unit reports to be otherwise in a measure: read, compared with the register, and entered into it.

A confirmation keeps reported changes as ``{"field": [old, new]}`` in the words of imports and exports: partial dates
as they are written, units by their keys, figures as ``reviews.workflow.figures`` says. Whether a change is still
pending is computed, never stored.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments.dates import PartialDate, get_partial, set_partial
from commitments.ledger import save_all_as, save_as
from commitments.models import Measure, MeasureStatus, MeasureUnit, OrganisationalUnit, Part, User
from commitments.workflow.parts import Act
from reviews.models import Confirmation
from reviews.workflow import figures
from reviews.workflow.steps import day_of

Reported = Mapping[str, list[Any]]

COLUMNS = {"title_de": "title_de", "title_en": "title_en", "status": "status", "note": "note_de"}
INSTEAD = {"note": "note_en"}
"""What stands in for a column that is empty: notes exist in one language only."""

UNITS = "contributing_units"
DATES = {"start": "starts_on", "end": "ends_on"}
LABELS = {
    "title_de": gettext_lazy("German title"),
    "title_en": gettext_lazy("English title"),
    "status": gettext_lazy("status"),
    "note": gettext_lazy("note"),
    "start": gettext_lazy("start"),
    "end": gettext_lazy("end"),
    UNITS: gettext_lazy("contributing units"),
}


@dataclass(frozen=True)
class Change:
    """One reported change beside what the register says now."""

    field: str
    old: Any
    new: Any
    current: Any
    label: str

    @property
    def is_pending(self) -> bool:
        return not same(self.current, self.new)

    @property
    def is_conflict(self) -> bool:
        """The register no longer says what the unit saw when it answered."""
        return self.is_pending and not same(self.current, self.old)


def current_value(measure: Measure, field: str) -> Any:
    """What the register says now, as it is written in reported changes."""
    if figures.is_figure(field):
        return figures.current_figure(measure, field)
    if field in DATES:
        return get_partial(measure, DATES[field])
    if field in COLUMNS:
        return getattr(measure, COLUMNS[field]) or getattr(measure, INSTEAD.get(field, ""), None) or None
    return sorted(
        row.unit.key for row in measure.measure_units.all() if row.part == Part.CONTRIBUTING and row.ended_on is None
    )


def as_reported(measure: Measure, new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The changes that a form's new values make; what equals the register is left out."""
    found = {field: [current_value(measure, field), value] for field, value in new.items()}
    return {field: pair for field, pair in found.items() if not same(*pair)}


def changes_of(confirmation: Confirmation, measure: Measure | None = None) -> list[Change]:
    """All changes that an answer reports, beside the measure as it is in the register."""
    measure = measure or confirmation.measure
    if measure is None:
        return []
    return [
        Change(field, old, new, current_value(measure, field), label_of(measure, field))
        for field, (old, new) in confirmation.changes.items()
    ]


def label_of(measure: Measure, field: str) -> str:
    return figures.label_of(measure, field) if figures.is_figure(field) else str(LABELS.get(field, field))


def pending_changes(confirmation: Confirmation) -> list[Change]:
    """Reported changes that are not in the register."""
    return [change for change in changes_of(confirmation) if change.is_pending]


def require_well_formed(reported: Reported) -> None:
    """Raise ValidationError with a sentence for a field, value or unit that the register could not take."""
    for field, pair in reported.items():
        is_known = field in LABELS or (figures.is_figure(field) and field.count(":") > 1)
        if not is_known or not isinstance(pair, list) or len(pair) != 2:
            raise ValidationError(_("“%(field)s” cannot be reported as a change."), params={"field": field})
        new = pair[1]
        if figures.is_figure(field):
            figures.require_number(field, new)
        if field in DATES and new:
            PartialDate.parse(str(new))
        if field == "status" and new not in MeasureStatus.values:
            raise ValidationError(_("Choose one of the listed statuses."))
        if field == "title_de" and not new:
            raise ValidationError(_("A measure needs a German title."))
        if field == UNITS:
            _units(new)


def enter_changes(
    confirmation: Confirmation, measure: Measure, *, actor: User, acting_for: User | None, at: datetime
) -> list[str]:
    """Write an answer's pending changes into its measure, whose fingerprint follows; the fields that changed.

    Raises ValidationError where the register has moved on since the unit answered.
    """
    reason = _("Reported by %(unit)s in the review cycle %(year)s") % {
        "unit": confirmation.unit.name_de,
        "year": confirmation.cycle.year,
    }
    changes = [change for change in changes_of(confirmation, measure) if change.is_pending]
    before = _substance(measure)
    for change in changes:
        if change.is_conflict:
            raise ValidationError(
                _("“%(label)s” was changed in the register since: it is now “%(current)s”, not “%(old)s”."),
                params={"label": change.label, "current": _shown(change.current), "old": _shown(change.old)},
            )
        if figures.is_figure(change.field):
            figures.enter(measure, change.field, change.new, Act(actor, acting_for, reason, at))
        elif change.field in DATES:
            set_partial(measure, DATES[change.field], change.new)
        elif change.field in COLUMNS:
            setattr(measure, COLUMNS[change.field], change.new or "")
            if change.field == "status":
                measure.status_reason_de = confirmation.statement_de
                measure.status_reason_en = confirmation.statement_en
        else:
            rows = _with_contributing(measure, change.new, day_of(at))
            save_all_as(rows, actor=actor, acting_for=acting_for, reason=reason, at=at)
    after = _substance(measure)
    if after != before:
        measure.fingerprint = after
    save_as(measure, actor=actor, acting_for=acting_for, reason=reason, at=at)
    return [change.field for change in changes]


def _substance(measure: Measure) -> str:
    """What units confirm of the measure as it stands, with those that do it."""
    rows = measure.measure_units.select_related("unit")
    return measure.substance((row.unit.key, row.part) for row in rows if row.ended_on is None)


def _with_contributing(measure: Measure, keys: Iterable[str], on: date) -> list[MeasureUnit]:
    """The rows that must change so that exactly these units contribute."""
    wanted = {unit.pk: unit for unit in _units(keys)}
    rows = {row.unit_id: row for row in measure.measure_units.all()}
    changed = []
    for unit_id, row in rows.items():
        if row.part == Part.CONTRIBUTING and (row.ended_on is None) != (unit_id in wanted):
            row.ended_on = on if row.ended_on is None else None
            changed.append(row)
    new = [unit for pk, unit in wanted.items() if pk not in rows]
    return changed + [MeasureUnit(measure=measure, unit=unit, part=Part.CONTRIBUTING) for unit in new]


def _units(keys: Iterable[str]) -> list[OrganisationalUnit]:
    wanted = set(keys)
    found = list(OrganisationalUnit.objects.filter(key__in=wanted))
    unknown = wanted - {unit.key for unit in found}
    if unknown:
        raise ValidationError(_("There is no unit “%(key)s”."), params={"key": ", ".join(sorted(unknown))})
    return found


def same(one: Any, other: Any) -> bool:
    """Nothing is nothing, however it is written; the order of units says nothing."""
    if isinstance(one, list) and isinstance(other, list):
        return set(one) == set(other)
    return bool((one or None) == (other or None))


def _shown(value: Any) -> str:
    show: Callable[[Any], str] = ", ".join if isinstance(value, list) else str
    return show(value) if value else "-"
