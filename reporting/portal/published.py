"""The editions that the public may know of, and whether their content may still be handed out (rule 10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Self

from django.db.models import Count, Exists, OuterRef, Q

from commitments.models import Protection
from reporting import locking, printing
from reporting.content.facts import ReportContent
from reporting.documents import words
from reporting.models import EditionState, LockedEdition, ReportDocument, ReportEdition, Volume

OPEN = (EditionState.RELEASED, EditionState.SUPERSEDED)
"""States in which an edition is handed out; of a withdrawn one it is only told that there was one."""


@dataclass(frozen=True)
class Shelf:
    """All editions that were ever released, the newest first. One query, and one to ask for later protection."""

    editions: Sequence[ReportEdition]

    @classmethod
    def read(cls) -> Self:
        files = Count("documents", filter=Q(documents__edition_state=EditionState.RELEASED))
        rows = ReportEdition.objects.exclude(state=EditionState.DRAFT).annotate(
            holds_erased=Exists(LockedEdition.objects.filter(edition=OuterRef("pk"))), files=files
        )
        related = ("cycle", "freeze_seal", "release_seal")
        return cls(list(rows.select_related(*related).order_by("-cycle__year", "-number")))

    def is_open(self, edition: ReportEdition) -> bool:
        """Whether its content may be shown to everybody today."""
        if edition.state not in OPEN or edition.holds_erased or edition.released_at is None:  # type: ignore[attr-defined]
            return False
        return not self.raised_since(edition.released_at)

    def raised_since(self, moment: datetime) -> bool:
        """Whether anything is protected now that was not when an edition was released."""
        return locking.holds_protected_kept(moment, self._protected)

    @cached_property
    def _protected(self) -> str:
        return locking.protected_now()

    @cached_property
    def latest(self) -> ReportEdition | None:
        """The edition that the first page shows: the newest that is released and open."""
        return next((row for row in self.editions if row.state == EditionState.RELEASED and self.is_open(row)), None)

    def find(self, year: int, number: int) -> ReportEdition | None:
        return next((row for row in self.editions if (row.cycle.year, row.number) == (year, number)), None)

    def replacing(self, edition: ReportEdition) -> ReportEdition | None:
        """The edition of the same cycle that is valid now."""
        rows = (row for row in self.editions if row.cycle_id == edition.cycle_id and row.pk != edition.pk)
        return next((row for row in rows if row.state == EditionState.RELEASED), None)

    @cached_property
    def state(self) -> str:
        """Changes with whatever a page of the portal may say; what a page is kept under."""
        said = [
            (row.pk, row.state, row.content_sha256, row.council_paper, row.holds_erased, row.files)  # type: ignore[attr-defined]
            for row in self.editions
        ]
        return sha256(repr((said, self._protected)).encode()).hexdigest()


def content_of(edition: ReportEdition) -> ReportContent:
    return printing.content_of(edition)


def documents_of(edition: ReportEdition) -> list[ReportDocument]:
    """The files of an edition that are for everybody."""
    rows = edition.documents.filter(audience=Protection.PUBLIC, edition_state=EditionState.RELEASED)
    order = list(Volume)
    return sorted(rows.order_by("field", "language"), key=lambda row: order.index(Volume(row.volume)))


def document_title(document: ReportDocument) -> str:
    """ "Main volume, English": what a file is called on a page."""
    what = str(Volume(document.volume).label)
    field = f": {words.word(document.field, 'field')}" if document.field else ""
    return f"{what}{field}"
