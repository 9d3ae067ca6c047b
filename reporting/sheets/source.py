"""Where a sheet comes from: the content of an edition, and the register as of its reporting date for what that lacks.

Public rows only (rule 19): the content holds no others, and what is read beside it is read for the same audience and
joined to what stands in it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from reporting.content.build import text
from reporting.content.canonical import content_hash
from reporting.content.facts import Commitment, ReportContent, Text
from reporting.content.tables import Tables, local_day
from reporting.documents.lookup import Lookup
from reporting.models import ReportEdition
from reporting.sheets import facts
from reviews.models import ReviewCycle


class UnknownSubject(ValidationError):  # noqa: N818 - its name is a sentence
    """The edition holds nothing of that name."""

    def __init__(self, subject: str) -> None:
        super().__init__(_("This report holds nothing that is called “%(subject)s”.") % {"subject": subject[:80]})


@dataclass
class Source:
    """An edition's content with the tables it was read from; each table is read when it is first needed."""

    content: ReportContent
    tables: Tables

    @classmethod
    def of(cls, edition: ReportEdition, content: ReportContent) -> "Source":
        return cls(content, Tables(edition.cycle, content.audience))

    @cached_property
    def sha256(self) -> str:
        return content_hash(self.content)

    @cached_property
    def lookup(self) -> Lookup:
        return Lookup(self.content)

    @cached_property
    def commitments(self) -> Mapping[str, Commitment]:
        return self.lookup.commitments

    @cached_property
    def promises(self) -> Sequence[facts.Promise]:
        """Every promise on a commitment of this report, of this and all earlier cycles, by due date."""
        years = dict(ReviewCycle.objects.filter(year__lte=self.content.cycle.year).values_list("pk", "year"))
        known = {pk: self.commitments.get(row.reference) for pk, row in self.tables.seen_commitments.items()}
        return [
            self.promise(row, commitment, years[row.cycle_id])
            for row in self.tables.promises().values()
            if row.cycle_id in years and (commitment := known.get(row.commitment_id))
        ]

    def promise(self, row: Any, commitment: Commitment, year: int) -> facts.Promise:
        return facts.Promise(
            commitment=commitment.reference,
            title=commitment.title,
            action=text(row, "action"),
            state=row.state,
            from_year=year,
            unit=self.unit(row.unit_id),
            due_on=row.due_on,
            closed_on=local_day(row.closed_at),
            result=text(row, "result"),
        )

    def unit(self, pk: int | None) -> str:
        """The key of a unit; empty where there is none."""
        row = self.tables.units.get(pk) if pk else None
        return str(row.key) if row else ""


@dataclass(frozen=True)
class Subject:
    """One of the things that a sheet of a kind can be about: its key in the content, and its name."""

    key: str
    name: Text
    mark: str = ""


@dataclass(frozen=True)
class Table:
    """A sheet as a table for a spreadsheet: heads in the reader's language, cells as text, whole number or day."""

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    widths: Sequence[int]


def nothing(_sheet: Any, _lookup: Lookup) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Kind:
    """One kind of sheet.

    ``content`` makes its facts, ``prepare`` gives its template what it shows beyond them. Without ``subjects`` there is
    one sheet of the kind in a report; with ``table`` it is also there as XLSX.
    """

    key: str
    title: str | Promise
    purpose: str | Promise
    content: Callable[[Source, str], facts.Sheet]
    prepare: Callable[[Any, Lookup], Mapping[str, Any]] = nothing
    subjects: Callable[[ReportContent], Sequence[Subject]] | None = None
    subject_label: str | Promise = ""
    table: Callable[[Any, Lookup], Table] | None = None
    template: str = field(default="")

    @property
    def path(self) -> str:
        return self.template or f"pdf/sheets/{self.key.replace('-', '_')}.html"

    def choices(self, content: ReportContent) -> Sequence[Subject]:
        return self.subjects(content) if self.subjects else ()

    def check(self, content: ReportContent, subject: str) -> None:
        """Raises ValidationError where the report holds no such subject."""
        if self.subjects is None:
            if subject:
                raise ValidationError(_("There is one sheet of this kind: leave out what it is about."))
        elif subject not in {row.key for row in self.subjects(content)}:
            raise UnknownSubject(subject)
