"""The corrections of an edition in words: what they are about, and what stood there before and after.

Printed in every volume of an erratum edition and shown on its page, from the same rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reporting.content.correcting import DAY, LONGEST, OUTCOME, PARTIAL, NotCorrectable, Place, Targets, kind_of
from reporting.content.facts import PartialDate, ReportContent, Text
from reporting.documents.book import Chapter
from reporting.documents.lookup import Lookup
from reporting.documents.words import word
from reporting.templatetags.paper import plain, short_day

CONTEXT, LONGEST_PART = 80, 600

FIELD_NAMES: Mapping[str, str | Promise] = {
    "title": _("Title"),
    "wording": _("Wording"),
    "competence_note": _("Remark on the competence"),
    "assessment.finding": _("Finding"),
    OUTCOME: _("Verdict"),
    "description": _("Description"),
    "status": pgettext_lazy("measure", "Status"),
    "suspended_because": _("Reason of the suspension"),
    "starts_on": _("Start"),
    "ends_on": _("End"),
    "partner": _("Partner"),
    "role": _("Role of the city"),
    "programme": _("Programme"),
    "note": _("Remark"),
    "signed_on": _("Signed on"),
    "decided_on": _("Decided on"),
    "renewal_on": _("Renewal due on"),
    "action": _("Promise"),
    "state": _("State"),
    "result": _("Result"),
    "due_on": _("Due on"),
    "text": _("Reason of the gap"),
    "next_step": _("Next step"),
    "label": _("Heading"),
    "meaning": _("Text"),
    "subtitle": _("Subtitle"),
    "foreword": _("Foreword"),
    "foreword_by": _("Signature of the foreword"),
    "introduction": _("What this report is about"),
    "reading_guide": _("How to read this report"),
    "method": _("How this report was made"),
    "plain_summary": _("In plain language"),
}
GROUPS: Mapping[str, str | Promise] = {
    "words": _("Texts of the report"),
    "field": _("Chapters on the fields of action"),
    "commitment": _("Commitments"),
    "measure": _("Measures"),
    "engagement": _("Engagements"),
    "follow-up": _("Promises"),
    "gap": _("Reasons of gaps"),
}


@dataclass(frozen=True)
class Listed:
    """A correction as it is printed and shown; of long texts the part that differs."""

    subject: str
    field: str
    old: str
    new: str
    reason: str
    edition: int
    on: date | None


def listed(content: ReportContent) -> list[Listed]:
    """The corrections that a content carries."""
    naming = Naming(content)
    return [
        naming.listed(row.target, row.field, (row.old, row.new), row.reason, row.edition, row.corrected_on)
        for row in content.corrections
    ]


def chapters(content: ReportContent) -> Sequence[Chapter]:
    """The list of corrections as a chapter, where there are any."""
    if not content.corrections:
        return ()
    return (Chapter("corrections", _("Corrections in this edition"), _prepared, numbered=False),)


def _prepared(lookup: Lookup) -> Mapping[str, Any]:
    return {"rows": listed(lookup.content)}


class Naming:
    """What the places of a content are called."""

    def __init__(self, content: ReportContent) -> None:
        self.content = content
        self.targets = Targets(content)
        self.grades = {grade.code: grade.label for grade in content.grades}

    def subject(self, target: str) -> str:
        """ "K-001 Zusage", "M-012 Maßnahme", or the key itself where the content has no such row any more."""
        row, kind = self.targets.rows.get(target), kind_of(target)
        if row is None:
            return target.partition(":")[2] or target
        if kind == "words":
            return str(GROUPS[kind])
        if kind == "field":
            return word(row.code, "field")
        if kind == "gap":
            article = say("Article %(number)s") % {"number": row.article}
            return f"{article}, {word(row.field, 'field')}" if row.field else article
        if kind == "follow-up":
            return f"{row.commitment} {plain(row.action)}"
        return plain(row.title) if kind == "engagement" else f"{row.reference} {plain(row.title)}"

    def field(self, field: str) -> str:
        """The name of a field, with its language where it is a text."""
        name, _dot, language = field.rpartition(".")
        if language not in ("de", "en"):
            return str(FIELD_NAMES.get(field, field))
        tongue = say("German") if language == "de" else say("English")
        return f"{FIELD_NAMES.get(name, name)} ({tongue})"

    def value(self, place: Place, value: str) -> str:
        """A value as readers know it: a date, the word of a code."""
        if not value or place.sort in LONGEST:
            return value
        if place.sort == PARTIAL:
            return short_day(PartialDate.parse(value))
        if place.sort == DAY:
            return short_day(date.fromisoformat(value))
        if place.name == OUTCOME:
            label = plain(self.grades.get(value, Text()))
            return f"{value}: {label}" if len(value) == 1 else label or value
        return word(value, "status" if place.name == "status" else "follow_up")

    def listed(
        self, target: str, field: str, values: tuple[str, str], reason: str, edition: int, on: date | None
    ) -> Listed:
        try:
            place = self.targets.place(target, field)
        except NotCorrectable:
            old, new = values
        else:
            old, new = (self.value(place, value) for value in values)
        return Listed(self.subject(target), self.field(field), *differing(old, new), reason, edition, on)


def differing(old: str, new: str) -> tuple[str, str]:
    """Of two long texts the parts that differ, with some words around them; short ones as they are."""
    if max(len(old), len(new)) <= LONGEST_PART:
        return old, new
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    end = next((at for at in range(shorter - start) if old[-1 - at] != new[-1 - at]), shorter - start)
    return _part(old, start, len(old) - end), _part(new, start, len(new) - end)


def _part(text: str, start: int, end: int) -> str:
    begin, stop = max(start - CONTEXT, 0), min(end + CONTEXT, len(text))
    cut = min(stop, begin + LONGEST_PART)
    return ("… " if begin else "") + text[begin:cut].strip() + (" …" if cut < len(text) else "")
