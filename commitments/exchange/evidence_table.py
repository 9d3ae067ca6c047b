"""Evidence in and out: links and council papers both ways, files as a list with their hashes.

A file itself is added on its page, where it is looked at; a table can change what is said about it.
"""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import clock
from commitments.exchange.comparing import STAND, Candidate, Work
from commitments.exchange.engagements import Address
from commitments.exchange.indicator_tables import OF_COMMITMENT, OF_MEASURE, OWNERS
from commitments.exchange.keyed import Key, KeyedSubject
from commitments.exchange.kinds import Choice, Day, Line, Number, YesNo
from commitments.exchange.lookups import seen_with_owner
from commitments.exchange.measures import may_protect
from commitments.exchange.plans import Act, Plan
from commitments.exchange.subjects import Column, Progress, Record, missing, quiet
from commitments.exchange.tables import CellError, folded
from commitments.ledger import save_all_as
from commitments.models import Evidence, EvidenceKind, EvidenceRead, Protection, User
from commitments.workflow.evidence import ORDER, tighten_earlier

WITHDRAWN = Column(
    "withdrawn",
    gettext_lazy("Withdrawn"),
    YesNo(),
    gettext_lazy("Yes: it no longer bears anything out. Nothing is deleted."),
    width=12,
)
ADDRESS = {EvidenceKind.FILE: "sha256", EvidenceKind.LINK: "url", EvidenceKind.COUNCIL_PAPER: "reference"}
"""The column by which a piece of evidence of a kind is known."""


class EvidenceTable(KeyedSubject):
    """Known by what it belongs to, its kind, and address, number or hash.

    A row of an export in which the address was changed is known by its title, where one alone has it.
    """

    key, label = "evidence", gettext_lazy("Evidence")
    model = Evidence
    owners = tuple(OWNERS)
    identity = ("measure_id", "commitment_id", "kind", "sha256")
    columns = (
        OF_MEASURE,
        OF_COMMITMENT,
        Column(
            "kind",
            gettext_lazy("Kind"),
            Choice(EvidenceKind),
            gettext_lazy("Link or council paper. Files are added on their page; here they are a list."),
            required=True,
            width=14,
        ),
        Column(
            "title",
            gettext_lazy("Title"),
            Line(300),
            gettext_lazy("One that others understand."),
            required=True,
            width=50,
        ),
        Column(
            "reference",
            gettext_lazy("Number of the council paper"),
            Line(120),
            gettext_lazy("Needed for a council paper."),
            example="1234/2011",
            width=18,
        ),
        Column(
            "url",
            gettext_lazy("Address"),
            Address(),
            gettext_lazy("Address of a page, with https://. Needed for a link."),
            width=50,
        ),
        Column(
            "protection",
            gettext_lazy("Protection class"),
            Choice(Protection),
            gettext_lazy("At least as strict as what it belongs to. Empty in a new row: the same."),
            width=14,
        ),
        Column(
            "expires_on",
            gettext_lazy("Valid until"),
            Day(),
            gettext_lazy("After that day it is shown as expired."),
            width=12,
        ),
        WITHDRAWN,
        Column(
            "sha256",
            gettext_lazy("SHA-256 of the file"),
            Line(64),
            gettext_lazy("By it a file is known again. Empty for links and council papers."),
            width=24,
        ),
        Column(
            "media_type",
            gettext_lazy("Kind of file"),
            Line(100),
            gettext_lazy("Is not read."),
            exported=True,
            width=20,
        ),
        Column("size", gettext_lazy("Size in bytes"), Number(), gettext_lazy("Is not read."), exported=True, width=12),
        STAND,
    )

    def visible(self, user: User | None) -> "QuerySet[Any]":
        return self.all_rows(user).filter(withdrawn_on__isnull=True)

    def all_rows(self, user: User | None) -> "QuerySet[Any]":
        """Withdrawn ones as well, but of a file its newest version alone."""
        rows = seen_with_owner(Evidence.objects.filter(replaced_by__isnull=True), user)
        if user is None:
            rows = rows.exclude(protection=Protection.PROTECTED)
        return rows.order_by("measure__reference", "commitment__reference", "title", "pk")

    def note_handed_out(self, rows: "QuerySet[Any]", user: User, at: datetime) -> int:
        """As on its page, it stands in the ledger who was handed the address of protected evidence."""
        strict = Q(protection=Protection.PROTECTED)
        for owner in ("measure", "commitment"):
            strict |= Q(**{f"{owner}__protection": Protection.PROTECTED})
        reads = [EvidenceRead(evidence=row, reader=user, read_at=at) for row in rows.filter(strict)]
        save_all_as(reads, actor=user, reason=_("Protected evidence was read"), at=at)
        return len(reads)

    # Which row is meant

    def missing(self, found: dict[int, Column]) -> list[CellError]:
        has = {column.code for column in found.values()}
        wanted = {"kind"} if has & OWNERS.keys() else {"kind", "measure_id"}
        return missing([column for column in self.columns if column.code in wanted], found)

    def is_compared(self, column: Column) -> bool:
        return column is not STAND and column.code not in self.identity

    def key_of(self, row: Any) -> Key:
        return (row.measure_id, row.commitment_id, row.kind, getattr(row, ADDRESS[EvidenceKind(row.kind)]))

    def key_in(self, record: Record, work: Work) -> Key | None:
        owner, kind = self._owner(record, work), record.values.get("kind")
        if owner is None or not kind:
            return None
        return (*owner, kind, record.values.get(ADDRESS[EvidenceKind(kind)]) or "")

    @staticmethod
    def _owner(record: Record, work: Work) -> tuple[Any, Any] | None:
        """Measure and commitment; None where neither is known."""
        values = record.values
        is_wrong = any(code in work.has and code not in values for code in OWNERS)
        owner = (values.get("measure_id"), values.get("commitment_id"))
        return None if is_wrong or owner == (None, None) else owner

    def prepare(self, work: Work) -> None:
        super().prepare(work)
        titles: dict[Key, list[Any]] = {}
        for row in work.rows.values():  # what runs goes before what was withdrawn
            if row.withdrawn_on is None:
                work.index["row", self.key_of(row)] = row
                titles.setdefault((row.measure_id, row.commitment_id, row.kind, folded(row.title)), []).append(row)
        work.index |= {("title", key): rows[0] for key, rows in titles.items() if len(rows) == 1}

    def find(self, record: Record, work: Work) -> Any:
        row = self._meant(record, work)
        if row is not None and row.withdrawn_on is not None:
            record.values.setdefault(WITHDRAWN.code, False)  # a file that names it says that it counts
        return row

    def _meant(self, record: Record, work: Work) -> Any:
        key = self.key_in(record, work)
        if key is None:
            return None
        row = work.index.get(("row", key)) if key[3] else None
        if row is not None and row.withdrawn_on is None:
            return row
        is_told_by_title = record.values.get(STAND.code) if key[2] != EvidenceKind.FILE else "sha256" not in work.has
        named = work.index.get(("title", (*key[:3], folded(record.values.get("title") or ""))))
        if named is not None and is_told_by_title:
            return named
        return row

    def new(self, record: Record, work: Work) -> Any:
        if record.values.get("kind") == EvidenceKind.FILE:
            sentence = _(
                "A file cannot be brought in with a table. Add it on the page of the measure or commitment, under "
                "“Evidence”; there it is looked at. Delete this row."
            )
            record.errors.append(CellError(record.number, self.heading("kind"), sentence))
        return super().new(record, work)

    # What it says

    def get(self, row: Any, column: Column) -> Any:
        return row.withdrawn_on is not None if column is WITHDRAWN else super().get(row, column)

    def put(self, row: Any, column: Column, value: Any) -> None:
        if column is WITHDRAWN:
            row.withdrawn_on = (row.withdrawn_on or clock.today()) if value else None
        elif column.code == "protection":
            row.protection = value or row.protection
        else:
            super().put(row, column, value)

    def attnames(self, column: Column) -> set[str]:
        return {"withdrawn_on"} if column is WITHDRAWN else super().attnames(column)

    def remember(self, row: Any, work: Work) -> Any:
        return row.withdrawn_on

    def name(self, candidate: Candidate, work: Work) -> str:
        return self.name_of(candidate, work, "measure_id", "commitment_id", "title")

    def check(self, candidate: Candidate, work: Work) -> None:
        super().check(candidate, work)
        row = candidate.row
        if candidate.before is not None:
            candidate.error("", _("This evidence has been withdrawn. Add it again if it counts after all."))
        if candidate.is_new and row.withdrawn_on is not None:
            candidate.error(self.heading("withdrawn"), _("What is not there cannot end. Delete this row."))
        if candidate.is_new and (row.measure_id is None) == (row.commitment_id is None):
            wrong = {error.column for error in candidate.record.errors}
            if not wrong & {self.heading(code) for code in OWNERS}:
                candidate.error(self.heading("measure_id"), _("Give a measure or a commitment: one of the two."))
        self._check_address(candidate)
        self._check_class(candidate, work)
        if "expires_on" in candidate.changed and row.expires_on and row.expires_on < clock.today():
            sentence = _("This day has passed. Give a later one, or leave it empty.")
            candidate.error(self.heading("expires_on"), sentence)

    def _check_address(self, candidate: Candidate) -> None:
        row, wrong = candidate.row, {error.column for error in candidate.record.errors}
        if row.kind == EvidenceKind.LINK and not row.url and self.heading("url") not in wrong:
            candidate.error(self.heading("url"), _("Give the address of the page."))
        if row.kind == EvidenceKind.COUNCIL_PAPER and not row.reference and self.heading("reference") not in wrong:
            candidate.error(self.heading("reference"), _("Give the number of the council paper."))
        if row.kind == EvidenceKind.FILE and row.url:
            candidate.error(self.heading("url"), _("A file has no address. Leave the cell empty."))
        if row.kind in (EvidenceKind.FILE, EvidenceKind.LINK) and row.reference:
            candidate.error(self.heading("reference"), _("Only a council paper has a number. Leave the cell empty."))

    def _check_class(self, candidate: Candidate, work: Work) -> None:
        """As strict as the strictest of what it belongs to, or stricter."""
        row = candidate.row
        classes = [Protection(getattr(row, f"class_of_{code}") or Protection.PUBLIC) for code in OWNERS]
        least = max(classes, key=ORDER.index)
        if candidate.is_new and not candidate.record.values.get("protection"):
            row.protection = least
        if ORDER.index(Protection(row.protection)) < ORDER.index(least):
            sentence = _("Evidence is at least as protected as what it belongs to. Choose a stricter class.")
            candidate.error(self.heading("protection"), sentence)
        elif (
            "protection" in candidate.changed and row.protection == Protection.PROTECTED and not may_protect(work.user)
        ):
            sentence = _("Only somebody with the right to protected content can give this class.")
            candidate.error(self.heading("protection"), sentence)

    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        super().apply(plan, act, progress)
        for each in plan.work.written:
            if "protection" in each.changed and each.row.replaces_id is not None:
                tighten_earlier(each.row, actor=act.actor, acting_for=act.acting_for, at=act.at)
