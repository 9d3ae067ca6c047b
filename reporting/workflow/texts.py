"""Texts of a report around its tables: which places there are, who writes them, and what is taken over from last year.

They may be written until the first edition is released. What is wrong in a released text is corrected like any other
error, by a ``Correction`` and a new edition; the database refuses to change the text itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments.ledger import save_all_as, save_as
from commitments.models import FieldOfAction, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import apply, unchanged_since
from reporting.models import ReportText
from reviews.models import CycleState, ReviewCycle
from reviews.workflow.steps import day_of, locked_cycle

LONGEST_TEXT, LONGEST_TITLE = 50_000, 300
COLUMNS = ("title_de", "title_en", "text_de", "text_en")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""Characters that neither paper nor PostgreSQL can hold: control characters but line ends and tabs."""


@dataclass(frozen=True)
class Place:
    """A place in the report where a text may stand. ``title`` names its line of its own, where it has one."""

    key: str
    name: str | Promise
    hint: str | Promise
    title: str | Promise = ""
    has_text: bool = True


@dataclass(frozen=True)
class Writing:
    """What someone writes in a place, and why.

    ``seen`` is ``last_change`` of the text that its author saw, 0 where there was none, None where nobody looked.
    """

    columns: Mapping[str, str]
    reason: str
    seen: int | None = None


def _field(code: str, name: str | Promise) -> Place:
    hint = gettext_lazy("Opens the chapter on this field of action: what it is about, and what the year brought.")
    return Place(f"field-{code.replace('_', '-')}", name, hint, gettext_lazy("Heading"))


PLACES: tuple[Place, ...] = (
    Place("title", gettext_lazy("Title of the report"), gettext_lazy("On the cover."), gettext_lazy("Title"), False),  # noqa: FBT003
    Place(
        "subtitle",
        gettext_lazy("Subtitle"),
        gettext_lazy("Describes the document in its properties."),
        gettext_lazy("Subtitle"),
        False,  # noqa: FBT003
    ),
    Place(
        "foreword",
        gettext_lazy("Foreword"),
        gettext_lazy("Before the first page of figures. Without a text there is no foreword."),
        gettext_lazy("Signed by"),
    ),
    Place(
        "introduction",
        gettext_lazy("What this report is about"),
        gettext_lazy("For readers who open it for the first time."),
    ),
    Place("reading-guide", gettext_lazy("How to read this report"), gettext_lazy("Follows the introduction.")),
    Place(
        "method",
        gettext_lazy("How this report was made"),
        gettext_lazy("Dates, scale and counting follow by themselves."),
    ),
    *(_field(code, name) for code, name in FieldOfAction.choices),
    Place(
        "plain-summary",
        gettext_lazy("In plain language"),
        gettext_lazy("Short sentences, one thought each, no foreign words."),
    ),
)


def place_of(key: str) -> Place | None:
    return next((place for place in PLACES if place.key == key), None)


@transaction.atomic
def write_text(cycle: ReviewCycle, key: str, writing: Writing, *, actor: User, at: datetime) -> ReportText:
    """Write the text of a place. Raises ValidationError where nothing was changed or somebody else was faster."""
    role = require(actor, Verb.WRITE_REPORT_TEXT, on=day_of(at))
    cycle = _open_cycle(cycle)
    place = place_of(key)
    if place is None:
        raise ValidationError(_("The report has no such place for a text."))
    _require_printable(writing.columns)
    known = ReportText.objects.select_for_update(of=("self",)).filter(cycle=cycle, key=key).first()
    _require_seen(known, writing.seen)
    row = known or ReportText(cycle=cycle, key=key)
    apply(row, {name: value.strip() for name, value in writing.columns.items() if name in COLUMNS})
    save_as(row, actor=actor, reason=writing.reason, at=at, acting_for=role.acting_for)
    return row


@transaction.atomic
def take_over(cycle: ReviewCycle, key: str, *, actor: User, at: datetime) -> ReportText:
    """Begin with the text of the latest earlier report. Raises ValidationError where there is one here already."""
    earlier = earlier_texts(cycle).get(key)
    if earlier is None or place_of(key) is None:
        raise ValidationError(_("No earlier report has a text in this place."))
    columns = {name: getattr(earlier, name) for name in COLUMNS}
    reason = _("Taken over from the report %(year)s") % {"year": earlier.cycle.year}
    return write_text(cycle, key, Writing(columns, reason, seen=0), actor=actor, at=at)


@transaction.atomic
def take_over_missing(cycle: ReviewCycle, *, actor: User, at: datetime) -> int:
    """Take over the latest earlier text of every place that has none yet; how many that were."""
    role = require(actor, Verb.WRITE_REPORT_TEXT, on=day_of(at))
    cycle = _open_cycle(cycle)
    written = set(ReportText.objects.filter(cycle=cycle).values_list("key", flat=True))
    places = {place.key for place in PLACES}
    found = [row for key, row in earlier_texts(cycle).items() if key in places - written]
    if not found:
        raise ValidationError(_("No earlier report has a text that is missing here."))
    years: dict[int, list[ReportText]] = {}
    for row in found:
        copied = ReportText(cycle=cycle, key=row.key, **{name: getattr(row, name) for name in COLUMNS})
        years.setdefault(row.cycle.year, []).append(copied)
    for year, rows in years.items():
        reason = _("Taken over from the report %(year)s") % {"year": year}
        save_all_as(rows, actor=actor, reason=reason, at=at, acting_for=role.acting_for)
    return len(found)


def earlier_texts(cycle: ReviewCycle) -> dict[str, ReportText]:
    """By place, the text of the latest earlier report that has one. One query."""
    rows = ReportText.objects.filter(cycle__year__lt=cycle.year).select_related("cycle").order_by("cycle__year")
    return {row.key: row for row in rows if any(getattr(row, name) for name in COLUMNS)}


def _open_cycle(cycle: ReviewCycle) -> ReviewCycle:
    cycle = locked_cycle(cycle.pk)
    if cycle.state == CycleState.CLOSED:
        raise ValidationError(
            _("The report %(year)s is released; its texts stay as they are. Correct an error by a new edition."),
            params={"year": cycle.year},
        )
    return cycle


def _require_printable(columns: Mapping[str, str]) -> None:
    broken = {name for name, value in columns.items() if UNPRINTABLE.search(value)}
    if broken:
        sentence = _("This text holds control characters that cannot be printed. Paste it again as plain text.")
        raise ValidationError(dict.fromkeys(sorted(broken), sentence))


def _require_seen(known: ReportText | None, seen: int | None) -> None:
    """Nobody writes over what they have not read."""
    if known is not None and seen == 0:
        raise ValidationError(
            _("Somebody has written this text meanwhile. Read it first, then save again."), code="changed"
        )
    if known is not None:
        unchanged_since(known, seen)
