"""Answers as pages show them: where one stands in a word, and what a unit changed, label by label."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.dates import PartialDate
from commitments.models import Measure, MeasureStatus
from commitments.texts import localized, partial_date
from reviews.models import ANSWERED, Confirmation, ConfirmationResult, ConfirmationState, ReviewCycle
from reviews.workflow import figures
from reviews.workflow.changes import DATES, LABELS


@dataclass(frozen=True)
class Change:
    """A field that a unit changed, as the officer reads it."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Standing:
    """Where an answer stands: a badge's code and word."""

    code: str
    label: str


def changes(confirmation: Confirmation) -> list[Change]:
    """Needs the rows of ``figures.PREFETCHED`` where figures are among them."""
    return [
        Change(capfirst(label(name, confirmation.measure)), written(name, old), written(name, new))
        for name, (old, new) in confirmation.changes.items()
    ]


def label(name: str, measure: Measure | None = None) -> str:
    """What a reported field is called; an indicator by its key where the measure is not at hand."""
    if figures.is_figure(name):
        return figures.label_of(measure, name)
    return str(LABELS.get(name, name))


def written(name: str, value: Any) -> str:
    """A reported value as it is read; nothing where there is none."""
    if not value:
        return ""
    if figures.is_figure(name):
        return figures.shown(name, value)
    if name == "status":
        return str(MeasureStatus(value).label)
    if name in DATES:
        known = PartialDate.parse(value)
        return partial_date(known.first, known.precision)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def standing(confirmation: Confirmation, today: date) -> Standing:
    """Needs the annotation of ``with_void`` and, to tell silence from waiting, the reminders prefetched."""
    if getattr(confirmation, "is_void", False):
        return Standing("void", _("No longer valid"))
    if confirmation.state in ANSWERED:
        return Standing(confirmation.state, confirmation.get_state_display())
    if is_silent(confirmation.cycle, today):
        return Standing("silent", _("No reply"))
    if confirmation.state == ConfirmationState.REQUESTED and confirmation.reminders.all():
        return Standing("reminded", _("Open, reminded"))
    return Standing(confirmation.state, confirmation.get_state_display())


def is_silent(cycle: ReviewCycle, today: date) -> bool:
    """Whether what is missing now is missing for good, or until it comes late (rule 6)."""
    return cycle.is_final or cycle.last_reminder_on < today


def subject(confirmation: Confirmation) -> str:
    """The title of what was asked about."""
    return localized(confirmation.measure or confirmation.commitment, "title")


def why_asked(confirmation: Confirmation, before: str, today: date) -> str:
    """Why this cannot be waved through with the rest; empty where nothing points to a change.

    ``before`` is last year's answer where it was a dispute, not the unit's, or a nil return.
    """
    if confirmation.state == ConfirmationState.RETURNED:
        return _("Returned by the releasing person")
    if confirmation.follows is not None:
        return _why_anew(confirmation, confirmation.follows)
    if confirmation.measure is None and before != ConfirmationResult.NIL:
        return _("No measure is known for this commitment")
    if before in (ConfirmationResult.DISPUTED, ConfirmationResult.NOT_OURS):
        label = ConfirmationResult(before).label
        return _("Last year you answered: %(answer)s") % {"answer": label}
    return _out_of_date(confirmation.measure, today) if confirmation.measure else ""


def _why_anew(confirmation: Confirmation, before: Confirmation) -> str:
    if before.unit_id != confirmation.unit_id:
        return _("Handed over by %(unit)s") % {"unit": localized(before.unit, "name")}
    if confirmation.return_note_de:
        return _("The human-rights officer asks again")
    return _("Changed after your last answer, so we ask again")


def _out_of_date(measure: Measure, today: date) -> str:
    over = (MeasureStatus.COMPLETED, MeasureStatus.DISCONTINUED)
    if measure.ends_on and measure.ends_on < today and measure.status not in over:
        return _("Its period has ended according to the register")
    if measure.status == MeasureStatus.PLANNED and measure.starts_on and measure.starts_on < today:
        return _("It should have begun according to the register")
    return ""


def days_left(days: int) -> str:
    if days < 0:
        return ngettext("%(n)d day late", "%(n)d days late", -days) % {"n": -days}
    return ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}
