"""Commitments in and out, with their provisions and the units that contribute."""

import hashlib
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import clock
from commitments.exchange.comparing import STAND, Candidate, RegisterSubject, Work
from commitments.exchange.kinds import Choice, Day, Line, Many, One, Partial, Text, Words, YesNo
from commitments.exchange.measures import (
    AS_KNOWN,
    BY_NAME,
    LIST,
    SAID_IN_ENGLISH,
    free,
    may_protect,
    refuse_lead_as_helper,
    unit_sentence,
)
from commitments.exchange.plans import Act, Plan
from commitments.exchange.stands import Held, PartTable
from commitments.exchange.subjects import Column, Progress, Record, quiet
from commitments.exchange.tables import CellError, folded
from commitments.exchange.writing_parts import numbered, write_parts
from commitments.ledger import save_all_as
from commitments.models import (
    Commitment,
    CommitmentProvision,
    CommitmentUnit,
    Competence,
    OrganisationalUnit,
    Protection,
)
from commitments.workflow import lifetimes, naming
from commitments.workflow.steps import day

PROVISIONS = PartTable(CommitmentProvision, "commitment_id", frozenset({"provisions", "basis"}))
HELPERS = PartTable(CommitmentUnit, "commitment_id", frozenset({"contributing"}))
PROVISION = gettext_lazy("Short name of the instrument and number.")

COMMITMENT_COLUMNS = (
    Column(
        "reference",
        gettext_lazy("Reference"),
        Line(12),
        gettext_lazy("Number of the commitment. Leave it empty for a new one; it is then given."),
        example="K-031",
        width=10,
    ),
    Column("title_de", gettext_lazy("Title"), Line(300), gettext_lazy("Short and clear."), required=True, width=50),
    Column("title_en", gettext_lazy("Title in English"), Line(300), SAID_IN_ENGLISH, width=40),
    Column(
        "wording_de",
        gettext_lazy("Wording"),
        Text(),
        gettext_lazy("What the city owes, in its own words."),
        required=True,
        width=60,
    ),
    Column("wording_en", gettext_lazy("Wording in English"), Text(), SAID_IN_ENGLISH, width=40),
    Column("respect", gettext_lazy("respect"), YesNo(), gettext_lazy("The city must respect the right."), width=10),
    Column("protect", gettext_lazy("protect"), YesNo(), gettext_lazy("The city must protect it."), width=10),
    Column("fulfil", gettext_lazy("fulfil"), YesNo(), gettext_lazy("The city must fulfil it."), width=12),
    Column(
        "basis",
        gettext_lazy("Basis"),
        One("provision"),
        PROVISION,
        required=True,
        example="CEDAW Art. 5",
        width=20,
    ),
    Column(
        "provisions",
        gettext_lazy("All provisions"),
        Many("provision", ordered=True),
        gettext_lazy("In their order, the basis among them; several are parted by semicolons."),
        width=40,
    ),
    Column(
        "competence",
        gettext_lazy("Competence"),
        Choice(Competence),
        gettext_lazy("What the city can decide."),
        required=True,
        width=16,
    ),
    Column("competence_note_de", gettext_lazy("On the competence"), Text(), gettext_lazy("Who decides instead.")),
    Column("competence_note_en", gettext_lazy("On the competence, in English"), Text(), SAID_IN_ENGLISH),
    Column("lead_unit_id", gettext_lazy("Unit in charge"), One("unit"), BY_NAME, required=True, width=40),
    Column("contributing", gettext_lazy("Contributing units"), Many("unit"), LIST, width=40),
    Column("concerned_groups_de", gettext_lazy("Groups concerned"), Words(), LIST, width=30),
    Column("concerned_groups_en", gettext_lazy("Groups concerned, in English"), Words(), SAID_IN_ENGLISH),
    Column("valid_from", gettext_lazy("Valid from"), Partial(), AS_KNOWN, example="2010-05", width=12),
    Column(
        "registered_on",
        gettext_lazy("Entered on"),
        Day(),
        gettext_lazy("Empty in a new row: today."),
        example="2026-11-23",
        width=12,
    ),
    Column("ended_on", gettext_lazy("Ended on"), Day(), gettext_lazy("From then on it no longer holds."), width=12),
    Column(
        "end_reason_de",
        gettext_lazy("Reason for the end"),
        Text(),
        gettext_lazy("Needed where the commitment has ended."),
        width=30,
    ),
    Column("end_reason_en", gettext_lazy("Reason for the end, in English"), Text(), SAID_IN_ENGLISH),
    Column(
        "protection",
        gettext_lazy("Protection class"),
        Choice(Protection),
        gettext_lazy("Who may ever see it. Empty in a new row: public."),
        width=14,
    ),
    Column("note", gettext_lazy("Note"), Text(), gettext_lazy("What else is to be known."), width=30),
    STAND,
)


class Commitments(RegisterSubject):
    key, label = "commitments", gettext_lazy("Commitments")
    columns = COMMITMENT_COLUMNS
    model = Commitment
    parts = (PROVISIONS, HELPERS)

    def attach(self, row: Any, held: Held) -> None:
        super().attach(row, held)
        grounds = sorted(held.get(CommitmentProvision, []), key=lambda part: (part.order, part.provision_id))
        row.provisions = tuple(part.provision_id for part in grounds)
        row.basis = next((part.provision_id for part in grounds if part.is_basis), None)
        row.contributing = tuple(part.unit_id for part in held.get(CommitmentUnit, []))

    def put(self, row: Any, column: Column, value: Any) -> None:
        if column.code == "protection":
            row.protection = value or Protection.PUBLIC
        elif column.code == "registered_on":
            row.registered_on = value or row.registered_on or clock.today()
        elif column.code == "reference":
            row.reference = value or row.reference
        else:
            super().put(row, column, value)

    def prepare(self, work: Work) -> None:
        for row in work.rows.values():
            work.index["reference", folded(row.reference)] = row
            work.index["key", row.key] = row
            work.index.setdefault(("title", folded(row.title_de)), row)
        work.extra["units"] = OrganisationalUnit.objects.in_bulk()
        work.extra["keys"] = set(Commitment.objects.values_list("key", flat=True))
        work.extra["sentences"] = {}

    def find(self, record: Record, work: Work) -> Any:
        heading = self.heading("reference")
        reference = record.values.get("reference")
        if reference:
            row = work.index.get(("reference", folded(reference)))
            if row is None:
                sentence = _("There is no commitment with this number. Leave it empty for a new commitment.")
                record.errors.append(CellError(record.number, heading, sentence))
            return row
        if ("key", _key(record)) in work.index:
            return work.index["key", _key(record)]
        twin = work.index.get(("title", folded(record.values.get("title_de") or "")))
        if twin is not None:
            sentence = _(
                "This title is already there as %(reference)s. Write that number here to change the commitment, or "
                "give the new one another title."
            )
            record.errors.append(CellError(record.number, heading, sentence % {"reference": twin.reference}))
        return twin

    def new(self, record: Record, work: Work) -> Commitment:
        key = _key(record)
        first = work.taken.setdefault(("new", key), record.number)
        if first != record.number and record.values.get("title_de"):
            sentence = _("The title is the same as in row %(row)s.") % {"row": first}
            record.errors.append(CellError(record.number, "", sentence))
        row = Commitment(key=free(key, work.extra["keys"]), registered_on=clock.today())
        self.attach(row, {})
        return row

    def name(self, candidate: Candidate, work: Work) -> str:
        return f"{candidate.row.reference} {candidate.row.title_de}".strip() or _("without a title")

    def check(self, candidate: Candidate, work: Work) -> None:
        row, changed = candidate.row, candidate.changed
        if not row.obligations:
            sentence = _("Say whether the city must respect, protect or fulfil; at least one applies.")
            candidate.error(self.heading("respect"), sentence)
        if row.ended_on and row.registered_on and row.ended_on < row.registered_on:
            sentence = _("The end lies before the start. Please correct one of the two dates.")
            candidate.error(self.heading("ended_on"), sentence)
        if row.ended_on and not (row.end_reason_de or "").strip():
            candidate.error(self.heading("end_reason_de"), _("Say in one sentence why the commitment ends."))
        if changed & PROVISIONS.columns and row.basis and row.provisions and row.basis not in row.provisions:
            candidate.error(self.heading("basis"), _("The basis is one of the provisions. Choose which one."))
        if "protection" in changed and row.protection == Protection.PROTECTED and not may_protect(work.user):
            sentence = _("Only somebody with the right to protected content can give this class.")
            candidate.error(self.heading("protection"), sentence)
        if changed & {"lead_unit_id", "contributing"} and row.ended_on is None:
            self._check_units(candidate, work)

    def _check_units(self, candidate: Candidate, work: Work) -> None:
        row, today = candidate.row, clock.today()
        refuse_lead_as_helper(self, candidate, row.lead_unit_id, work)
        named = [("lead_unit_id", row.lead_unit_id), *(("contributing", pk) for pk in row.contributing)]
        for code, pk in named:
            sentence = unit_sentence(work, pk, lifetimes.Span(today, today)) if pk else ""
            if sentence:
                candidate.error(self.heading(code), sentence)

    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        written = plan.work.written
        new = [each.row for each in written if each.is_new]
        for row, reference in zip(new, numbered(naming.next_reference(Commitment, "K")), strict=False):
            row.reference, row.registered_on = reference, row.registered_on or day(act.at)
        progress(0, len(written), _("Writing the rows"))
        save_all_as([each.row for each in written], **act.columns)
        progress(len(written), len(written), _("Writing provisions and units"))
        grounds = [each.row for each in written if each.is_new or each.changed & PROVISIONS.columns]
        wanted = {row.pk: _grounds(row) for row in grounds}
        write_parts(CommitmentProvision, ("commitment_id", "provision_id"), wanted, act, sole=("is_basis", True))
        helped = [each.row for each in written if each.is_new or each.changed & HELPERS.columns]
        helpers: dict[int, dict[int, dict[str, Any]]] = {row.pk: {pk: {} for pk in row.contributing} for row in helped}
        write_parts(CommitmentUnit, ("commitment_id", "unit_id"), helpers, act)


def _grounds(row: Any) -> dict[int, dict[str, Any]]:
    """A file without the column of all provisions names the basis alone."""
    provisions = row.provisions or (row.basis,)
    return {pk: {"order": order, "is_basis": pk == row.basis} for order, pk in enumerate(provisions)}


def _key(record: Record) -> str:
    title = record.values.get("title_de") or ""
    told = hashlib.sha256(folded(title).encode()).hexdigest()[:8]
    word = slugify(title.translate(naming.GERMAN))[: naming.LONGEST_KEY - 12].strip("-") or "commitment"
    return f"{word}-{told}"
