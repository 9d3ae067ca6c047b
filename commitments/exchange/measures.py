"""Measures in and out, with the units that lead and contribute."""

import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments import clock, texts
from commitments.exchange.comparing import STAND, Candidate, RegisterSubject, Work
from commitments.exchange.kinds import Choice, Line, Many, One, Partial, Text, Words
from commitments.exchange.plans import Act, Plan
from commitments.exchange.stands import Held, PartTable
from commitments.exchange.subjects import Column, Progress, Record, quiet
from commitments.exchange.tables import CellError, folded
from commitments.exchange.writing_parts import numbered, write_parts
from commitments.ledger import save_all_as
from commitments.models import (
    FieldOfAction,
    Measure,
    MeasureStatus,
    MeasureUnit,
    OrganisationalUnit,
    Part,
    Protection,
    User,
)
from commitments.workflow import lifetimes, naming
from commitments.workflow.measures import REASONED
from commitments.workflow.steps import day

AS_KNOWN = gettext_lazy("A day, month or year, as exactly as it is known: 28.11.2022, 11.2022 or 2022.")
BY_NAME = gettext_lazy("Name of the unit, or its key.")
LIST = gettext_lazy("Several are parted by semicolons.")
SAID_IN_ENGLISH = gettext_lazy("The same in English, where there is a text.")

MEASURE_COLUMNS = (
    Column(
        "reference",
        gettext_lazy("Reference"),
        Line(12),
        gettext_lazy("Number of the measure. Leave it empty for a new one; it is then given."),
        example="M-012",
        width=10,
    ),
    Column("title_de", gettext_lazy("Title"), Line(300), gettext_lazy("Short and clear."), required=True, width=50),
    Column("title_en", gettext_lazy("Title in English"), Line(300), SAID_IN_ENGLISH, width=40),
    Column("description_de", gettext_lazy("Description"), Text(), gettext_lazy("What is done."), width=60),
    Column("description_en", gettext_lazy("Description in English"), Text(), SAID_IN_ENGLISH, width=40),
    Column(
        "field",
        gettext_lazy("Field of action"),
        Choice(FieldOfAction),
        gettext_lazy("One of the four fields of action."),
        required=True,
        width=24,
    ),
    Column(
        "status",
        pgettext_lazy("measure", "Status"),
        Choice(MeasureStatus),
        gettext_lazy("How far it is."),
        required=True,
    ),
    Column(
        "status_reason_de",
        gettext_lazy("Reason for the status"),
        Text(),
        gettext_lazy("Needed where the measure is suspended, discontinued, or decided and not funded."),
        width=40,
    ),
    Column("status_reason_en", gettext_lazy("Reason for the status in English"), Text(), SAID_IN_ENGLISH),
    Column("starts_on", gettext_lazy("Begin"), Partial(), AS_KNOWN, example="2022", width=12),
    Column("ends_on", gettext_lazy("End"), Partial(), AS_KNOWN, example="2026-12-31", width=12),
    Column("lead", gettext_lazy("Unit in charge"), One("unit"), BY_NAME, required=True, width=40),
    Column("contributing", gettext_lazy("Contributing units"), Many("unit"), LIST, width=40),
    Column(
        "engagement_id",
        gettext_lazy("Happens in"),
        One("engagement"),
        gettext_lazy("Partnership, EU project, network, development project or training, by name or key."),
        width=30,
    ),
    Column(
        "parent_id",
        gettext_lazy("Part of the measure"),
        One("measure"),
        gettext_lazy("Number of the measure that this one is a part of."),
        example="M-003",
        width=12,
    ),
    Column("target_groups_de", gettext_lazy("Target groups"), Words(), LIST, width=30),
    Column("target_groups_en", gettext_lazy("Target groups in English"), Words(), SAID_IN_ENGLISH, width=30),
    Column(
        "protection",
        gettext_lazy("Protection class"),
        Choice(Protection),
        gettext_lazy("Who may ever see it. Empty in a new row: public."),
        width=14,
    ),
    Column("note_de", gettext_lazy("Note"), Text(), gettext_lazy("What else is to be known."), width=40),
    Column("note_en", gettext_lazy("Note in English"), Text(), SAID_IN_ENGLISH),
    STAND,
)


UNITS = PartTable(MeasureUnit, "measure_id", frozenset({"lead", "contributing"}))


class Measures(RegisterSubject):
    key, label = "measures", gettext_lazy("Measures")
    columns = MEASURE_COLUMNS
    model = Measure
    parts = (UNITS,)

    def get(self, row: Any, column: Column) -> Any:
        if column.code == "lead":
            return next((part.unit_id for part in row.held.get(MeasureUnit, []) if part.part == Part.LEAD), None)
        if column.code == "contributing":
            return tuple(part.unit_id for part in row.held.get(MeasureUnit, []) if part.part != Part.LEAD)
        return super().get(row, column)

    def put(self, row: Any, column: Column, value: Any) -> None:
        if column.code == "lead":
            row.wanted = {
                **{unit: part for unit, part in row.wanted.items() if part != Part.LEAD},
                **({value: str(Part.LEAD)} if value else {}),
            }
        elif column.code == "contributing":
            lead = {unit: part for unit, part in row.wanted.items() if part == Part.LEAD}
            row.wanted = {unit: str(Part.CONTRIBUTING) for unit in value} | lead
        elif column.code == "reference":
            row.reference = value or row.reference
        elif column.code == "protection":
            row.protection = value or Protection.PUBLIC
        else:
            super().put(row, column, value)

    def attach(self, row: Any, held: Held) -> None:
        super().attach(row, held)
        row.wanted = {part.unit_id: part.part for part in held.get(MeasureUnit, [])}

    def prepare(self, work: Work) -> None:
        for row in work.rows.values():
            work.index["reference", folded(row.reference)] = row
            work.index["key", row.key] = row
            if row.declined_on is None:
                work.index.setdefault(("title", folded(row.title_de), self.get(row, self._lead)), row)
        work.extra["units"] = OrganisationalUnit.objects.in_bulk()
        work.extra["keys"] = set(Measure.objects.values_list("key", flat=True))
        work.extra["sentences"] = {}

    @property
    def _lead(self) -> Column:
        return next(column for column in self.columns if column.code == "lead")

    def find(self, record: Record, work: Work) -> Any:
        reference = record.values.get("reference")
        if reference:
            row = work.index.get(("reference", folded(reference)))
            if row is None:
                heading, sentence = self.heading("reference"), _("There is no measure with this number.")
                record.errors.append(_error(record, heading, f"{sentence} {_('Leave it empty for a new measure.')}"))
            return row
        key = _key(record, work)
        if ("key", key) in work.index:
            return work.index["key", key]
        title, lead = record.values.get("title_de") or "", record.values.get("lead")
        twin = work.index.get(("title", folded(title), lead)) if title and lead else None
        if twin is not None:
            sentence = _(
                "This title and unit are already there as %(reference)s. Write that number here to change the measure, "
                "or give the new one another title."
            )
            heading = self.heading("reference")
            record.errors.append(_error(record, heading, sentence % {"reference": twin.reference}))
        return twin

    def new(self, record: Record, work: Work) -> Measure:
        key = _key(record, work)
        first = work.taken.setdefault(("new", key), record.number)
        if first != record.number and record.values.get("title_de"):
            sentence = _("Title and unit are the same as in row %(row)s.") % {"row": first}
            record.errors.append(_error(record, "", sentence))
        row = Measure(key=free(key, work.extra["keys"]))
        self.attach(row, {})
        return row

    def remember(self, row: Any, work: Work) -> str:
        """What units have confirmed, as the row has it now."""
        return _substance(row, work.extra["units"])

    def name(self, candidate: Candidate, work: Work) -> str:
        row = candidate.row
        return f"{row.reference} {row.title_de}".strip() or _("without a title")

    def check(self, candidate: Candidate, work: Work) -> None:
        row, changed = candidate.row, candidate.changed
        if row.status in REASONED and not (row.status_reason_de or "").strip():
            sentence = _("Say in one sentence why the measure has this status.")
            candidate.error(self.heading("status_reason_de"), sentence)
        if row.starts_on and row.ends_on and row.ends_on < row.starts_on:
            sentence = _("The end lies before the start. Please correct one of the two dates.")
            candidate.error(self.heading("ends_on"), sentence)
        if changed & (lifetimes.DATES | UNITS.columns):
            self._check_units(candidate, work)
        if "parent_id" in changed and row.parent_id:
            self._check_parent(candidate, work)
        if "protection" in changed and row.protection == Protection.PROTECTED and not may_protect(work.user):
            sentence = _("Only somebody with the right to protected content can give this class.")
            candidate.error(self.heading("protection"), sentence)

    def _lead_of(self, row: Any) -> int | None:
        return next((unit for unit, part in row.wanted.items() if part == Part.LEAD), None)

    def _check_units(self, candidate: Candidate, work: Work) -> None:
        refuse_lead_as_helper(self, candidate, self._lead_of(candidate.row), work)
        span = lifetimes.span_of(candidate.row, clock.today())
        for pk, part in candidate.row.wanted.items():
            code = "lead" if part == Part.LEAD else "contributing"
            sentence = unit_sentence(work, pk, span)
            if sentence:
                candidate.error(self.heading(code), sentence)

    def _check_parent(self, candidate: Candidate, work: Work) -> None:
        """No measure is a part of itself, over any number of steps, as the file would have it."""
        above, seen = candidate.row.parent_id, set()
        while above and above not in seen:
            seen.add(above)
            if above == candidate.row.pk:
                sentence = _("This measure would be a part of itself. Choose another one, or none.")
                candidate.error(self.heading("parent_id"), sentence)
                return
            above = work.rows[above].parent_id if above in work.rows else None

    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        work: Work = plan.work
        units = work.extra["units"]
        new = [each.row for each in work.written if each.is_new]
        for row, reference in zip(new, numbered(naming.next_reference(Measure, "M")), strict=False):
            row.reference, row.accepted_on = reference, day(act.at)
        rows = []
        for each in work.written:
            after = _substance(each.row, units)
            if each.is_new or each.before != after:
                each.row.fingerprint = after
            rows.append(each.row)
        progress(0, len(rows), _("Writing the rows"))
        save_all_as(rows, **act.columns)
        progress(len(rows), len(rows), _("Writing the units"))
        touched = [each.row for each in work.written if each.is_new or each.changed & UNITS.columns]
        wanted = {row.pk: {unit: {"part": part} for unit, part in row.wanted.items()} for row in touched}
        write_parts(MeasureUnit, ("measure_id", "unit_id"), wanted, act, sole=("part", Part.LEAD))

    def visible(self, user: Any) -> "QuerySet[Any]":
        return super().visible(user).order_by("reference")


def unit_sentence(work: Work, pk: int, span: lifetimes.Span) -> str:
    """Why a unit cannot be named; asked once for each unit: a file that names an ended one throughout costs little."""
    unit, sentences = work.extra["units"][pk], work.extra["sentences"]
    gone = unit.valid_to is not None and unit.valid_to < span.first
    early = unit.valid_from is not None and unit.valid_from > span.last
    if not gone and not early:
        return ""
    if (pk, gone) not in sentences:
        try:
            lifetimes.require_existing("lead", (unit,), span)
        except ValidationError as error:
            sentences[pk, gone] = " ".join(error.messages)
    return str(sentences.get((pk, gone), ""))


def refuse_lead_as_helper(subject: RegisterSubject, candidate: Candidate, lead: int | None, work: Work) -> None:
    if lead and lead in (candidate.record.values.get("contributing") or ()):
        sentence = _("“%(unit)s” is in charge already and need not be named a second time. Take it out here.")
        unit = texts.localized(work.extra["units"][lead], "name")
        candidate.error(subject.heading("contributing"), sentence % {"unit": unit})


def may_protect(user: User | None) -> bool:
    """Whoever may not see protected rows cannot make one: it would be gone from their sight."""
    return user is not None and Protection.PROTECTED in user.clearance()


def _substance(row: Any, units: dict[int, OrganisationalUnit]) -> str:
    found: str = row.substance((units[pk].key, part) for pk, part in row.wanted.items())
    return found


def _error(record: Record, heading: str, sentence: str) -> CellError:
    return CellError(record.number, heading, sentence)


def _key(record: Record, work: Work) -> str:
    """The key of a new measure, made of title and unit: the same row of the same file is known again by it."""
    title, lead = record.values.get("title_de") or "", record.values.get("lead")
    unit = work.known["unit"].key(lead) if lead else ""
    told = hashlib.sha256(f"{folded(title)}|{unit}".encode()).hexdigest()[:8]
    word = slugify(title.translate(naming.GERMAN))[: naming.LONGEST_KEY - 12].strip("-") or "measure"
    return f"{word}-{told}"


def free(key: str, taken: set[str]) -> str:
    """The key itself; another one where a row that may not be seen has it."""
    number, free = 2, key
    while free in taken:
        free, number = f"{key}-{number}", number + 1
    taken.add(free)
    return free
