"""What a filled-in file would do, row by row, before anything is written.

A row that nobody filled in differently says nothing. One that was filled in becomes a draft, unless somebody answered
or changed the measure since the file was made: then both are shown, and the person decides.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import texts
from commitments.dates import get_partial
from commitments.exchange.lookups import Known
from commitments.exchange.plans import Change
from commitments.exchange.subjects import Record, columns_of, missing, records_of
from commitments.exchange.tables import CellError, Table
from commitments.models import OrganisationalUnit, User
from reviews.exchange.columns import BY_CODE, FILLED, KEY, NOTHING, REPORTED, AnswerTable
from reviews.exchange.requests import Before, Filled, Key, before, filled_of, requests_of
from reviews.models import ANSWERED, Confirmation, ConfirmationResult, ReviewCycle
from reviews.workflow.changes import LABELS, as_reported, current_value, same
from reviews.workflow.confirmations import Answer

SHOWN = 300
"""Characters of a value that a preview shows."""


class Outcome(models.TextChoices):
    DRAFT = "draft", gettext_lazy("becomes a draft")
    CONFLICT = "conflict", gettext_lazy("conflict")
    ERROR = "error", gettext_lazy("with errors")
    UNCHANGED = "unchanged", gettext_lazy("nothing to do")


@dataclass
class Row:
    """One row of the file. ``changes``: what it would do; ``since``: what others did since the file was made."""

    number: int
    name: str
    outcome: Outcome = Outcome.UNCHANGED
    request: Confirmation | None = None
    answer: Answer | None = None
    changes: list[Change] = field(default_factory=list)
    since: list[Change] = field(default_factory=list)
    why: str = ""
    may_take: bool = True
    chosen: str = ""
    errors: list[CellError] = field(default_factory=list)

    def as_json(self) -> list[Any]:
        shown = [[each.column, each.old, each.new] for each in (*self.changes, *self.since)]
        answer = self.answer and [self.answer.result, self.answer.statement_de, self.answer.changes]
        named = self.answer.named_unit.pk if self.answer and self.answer.named_unit else None
        pk = self.request.pk if self.request else None
        return [self.number, pk, str(self.outcome), shown, answer, named, self.may_take, len(self.errors)]


@dataclass
class AnswerPlan:
    """The outcome of each row; ``errors`` concern the file as a whole or its headings."""

    rows: list[Row] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)

    def of(self, outcome: Outcome) -> list[Row]:
        return [row for row in self.rows if row.outcome == outcome]

    @property
    def drafts(self) -> list[Row]:
        return self.of(Outcome.DRAFT)

    @property
    def conflicts(self) -> list[Row]:
        """Rows between whose answers somebody decides."""
        return [row for row in self.of(Outcome.CONFLICT) if row.may_take]

    @property
    def kept(self) -> list[Row]:
        """Rows of which nothing can be taken: what stands in the application stays, and nobody has to decide."""
        return [row for row in self.of(Outcome.CONFLICT) if not row.may_take]

    @property
    def wrong(self) -> list[Row]:
        return self.of(Outcome.ERROR)

    @property
    def unchanged(self) -> list[Row]:
        return self.of(Outcome.UNCHANGED)

    @property
    def is_refused(self) -> bool:
        return bool(self.errors or self.wrong)

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(str(row.outcome) for row in self.rows)
        return {"rows": len(self.rows), **{str(each): found[str(each)] for each in Outcome}}

    @property
    def digest(self) -> str:
        """SHA-256 of what would be done: what was looked at is what is taken over."""
        told = json.dumps([row.as_json() for row in self.rows], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


def plan_of(
    table: Table, cycle: ReviewCycle, unit: OrganisationalUnit, units: frozenset[int], user: User
) -> AnswerPlan:
    """What a file would do in the list of a unit; ``units`` are this one and those that it succeeded.

    Never raises for what a file holds. A constant number of queries, whatever the size.
    """
    columns, errors = columns_of(AnswerTable(), table)
    errors += missing((*FILLED, KEY), columns)
    if errors:
        return AnswerPlan(errors=errors)
    known = Known(user)
    records = records_of(table, columns, known)
    keys = {record.number: Key.read(str(record.values.get(KEY.code) or "")) for record in records}
    if sentence := _of_another_list([key for key in keys.values() if key], cycle, unit, units):
        return AnswerPlan(errors=[CellError(0, "", sentence)])
    rows = {row.pk: row for row in requests_of(user, cycle, units)}
    follow = _followers(rows, keys)
    stood = before([key for key in keys.values() if key], rows | follow)
    compared = _Comparison(rows, follow, stood, known)
    plan = AnswerPlan()
    seen: dict[int, int] = {}
    for record in records:
        row = compared.row(record, keys[record.number], seen)
        if row.errors:
            row.outcome = Outcome.ERROR
        plan.rows.append(row)
    return plan


def _of_another_list(keys: list[Key], cycle: ReviewCycle, unit: OrganisationalUnit, units: frozenset[int]) -> str:
    """A sentence where the file, or a part of it, was made for another year or unit; else nothing."""
    years = {key.year for key in keys} - {cycle.year}
    if years:
        told = {"found": ", ".join(str(year) for year in sorted(years)), "year": cycle.year}
        return _("This file is of the review cycle %(found)s, not of %(year)s. Take out the file of this cycle.") % told
    names = {key.unit for key in keys} - {unit.key}
    if names - set(OrganisationalUnit.objects.filter(pk__in=units, key__in=names).values_list("key", flat=True)):
        return _(
            "This file was made for another unit than “%(unit)s”. Bring it in on the page of the unit that it was "
            "made for, or take out the file of this one."
        ) % {"unit": texts.localized(unit, "name")}
    return ""


def _followers(rows: dict[int, Confirmation], keys: dict[int, Key | None]) -> dict[int, Confirmation]:
    """For requests of the file that were asked anew since, the new one; one query a step, and there are few."""
    found: dict[int, Confirmation] = {}
    open_ = {row.follows_id: row for row in rows.values() if row.follows_id}
    wanted = {key.request for key in keys.values() if key} - rows.keys()
    while open_ and wanted - found.keys():
        found |= {pk: row for pk, row in open_.items() if pk in wanted}
        earlier = Confirmation.objects.filter(pk__in=open_, follows__isnull=False).values_list("pk", "follows")
        open_ = {follows: open_[pk] for pk, follows in earlier if follows is not None}
    return found


@dataclass
class _Comparison:
    """A file's rows beside what stands in the application now, and beside what stood when the file was made."""

    rows: dict[int, Confirmation]
    follow: dict[int, Confirmation]
    stood: dict[int, Before]
    known: Known

    def row(self, record: Record, key: Key | None, seen: dict[int, int]) -> Row:
        """``seen``: the requests that stood in rows before, which this adds to."""
        found = Row(record.number, _("Row %(n)s") % {"n": record.number}, errors=list(record.errors))
        if key is None:
            if not any(error.column == str(KEY.heading) for error in found.errors):
                found.errors.append(
                    self._wrong(
                        record,
                        KEY.code,
                        _("This row has no key, so it cannot be told what it is about. Delete it."),
                    )
                )
            return found
        request = self.rows.get(key.request) or self.follow.get(key.request)
        if request is None:
            sentence = _("This entry is not on your unit's list, or no longer. Delete the row.")
            found.errors.append(CellError(record.number, "", sentence))
            return found
        found.request, found.name = request, _name(request)
        if request.pk in seen:
            sentence = _("This entry stands in row %(n)s already. Delete one of the two rows.") % {
                "n": seen[request.pk]
            }
            found.errors.append(CellError(record.number, "", sentence))
            return found
        seen[request.pk] = record.number
        if not found.errors:
            self._compare(found, record, key, request)
        return found

    def _compare(self, found: Row, record: Record, key: Key, request: Confirmation) -> None:
        stood = self.stood.get(key.request, Before(None, None))
        said = self._said(record)
        made_with = filled_of(stood.answer) if stood.answer else filled_of(request)
        if stood.answer and said == made_with:
            return
        found.errors += self._wrongs(record, said, request)
        if found.errors:
            return
        found.answer = self._answer(said, request)
        if _is_said_already(found.answer, request):
            return
        found.changes = list(self._changes(said, found.answer, request))
        found.since = list(self._since(said, stood, request))
        found.outcome = Outcome.DRAFT
        self._judge(found, key, request)

    def _judge(self, found: Row, key: Key, request: Confirmation) -> None:
        """Whether somebody has to decide, and between what."""
        if request.state in ANSWERED:
            found.outcome, found.may_take = Outcome.CONFLICT, False
            found.why = _("An answer is submitted. Who wants to change it withdraws it first.")
        elif request.pk != key.request:
            found.outcome = Outcome.CONFLICT
            found.why = _("You were asked again about this since the file was made.")
        elif self.stood[key.request].answer is None:
            found.outcome = Outcome.CONFLICT
            found.why = _("It cannot be told any more what stood here when the file was made.")
        elif found.since:
            found.outcome = Outcome.CONFLICT
            found.why = _("This was changed in the application since the file was made.")

    def _said(self, record: Record) -> Filled:
        """The cells to be filled in, in the words of ``filled_of``."""
        said = {column.code: record.values.get(column.code, column.kind.empty) for column in FILLED}
        units = said["contributing_units"]
        if units not in (None, NOTHING):
            said["contributing_units"] = sorted(self.known["unit"].key(pk) for pk in units)
        return said

    def _wrongs(self, record: Record, said: Filled, request: Confirmation) -> Iterator[CellError]:
        """What the workflow would refuse, at its column."""
        result, reported = said["result"], [code for code in REPORTED if said[code] is not None]
        kinds = (ConfirmationResult.CONFIRMED, ConfirmationResult.CHANGED)
        if request.measure is None and result in kinds:
            sentence = _("This is a commitment without a measure: choose “%(nil)s”, or one of the other two answers.")
            yield self._wrong(record, "result", sentence % {"nil": ConfirmationResult.NIL.label})
        if request.measure is not None and result == ConfirmationResult.NIL:
            yield self._wrong(record, "result", _("A nil return is for a commitment without a measure."))
        if request.measure is None and reported:
            sentence = _("A commitment without a measure has nothing that could be changed here. Empty the cell.")
            yield self._wrong(record, reported[0], sentence)
        elif reported and result != ConfirmationResult.CHANGED:
            sentence = _("You report changes: choose “Changed” as the answer, or take the changes out.")
            yield self._wrong(record, "result", sentence)
        if said["named_unit"] and result != ConfirmationResult.NOT_OURS:
            yield self._wrong(record, "named_unit", _("Name a unit only where the answer is “Not ours”."))
        elif said["named_unit"] == request.unit_id:
            yield self._wrong(record, "named_unit", _("This is your own unit. Name the one whose it is."))
        if request.measure is not None and not _in_order(said, request):
            sentence = _("The end lies before the start. Please correct one of the two dates.")
            yield self._wrong(record, "end", sentence)

    @staticmethod
    def _wrong(record: Record, code: str, sentence: str) -> CellError:
        heading = KEY.heading if code == KEY.code else BY_CODE[code].heading
        return CellError(record.number, str(heading), sentence)

    def _answer(self, said: Filled, request: Confirmation) -> Answer:
        """What is not in the file, figures for instance, stays as the draft has it."""
        changes: dict[str, list[Any]] = {}
        if said["result"] == ConfirmationResult.CHANGED and request.measure is not None:
            changes = {name: pair for name, pair in request.changes.items() if name not in REPORTED}
            changes |= as_reported(request.measure, _new(said))
        is_same = said["statement"] == filled_of(request)["statement"]
        statement_en = request.statement_en if is_same else ""
        named = OrganisationalUnit(pk=said["named_unit"]) if said["named_unit"] else None
        return Answer(said["result"], said["statement"], statement_en, changes, named)

    def _changes(self, said: Filled, answer: Answer, request: Confirmation) -> Iterator[Change]:
        """What the file would write: the answer beside the draft, each reported field beside the register."""
        now = filled_of(request)
        for code in ("result", "statement", "named_unit"):
            if said[code] != now[code]:
                yield Change(str(BY_CODE[code].heading), self._words(code, now[code]), self._words(code, said[code]))
        for code, (old, new) in answer.changes.items():
            if code in LABELS and request.changes.get(code) != [old, new]:
                yield Change(str(BY_CODE[code].heading), self._words(code, old), self._words(code, new))
        for code in request.changes.keys() - answer.changes.keys():
            if code in LABELS:
                old = self._words(code, request.changes[code][1])
                yield Change(str(BY_CODE[code].heading), old, _("no longer reported"))

    def _since(self, said: Filled, stood: Before, request: Confirmation) -> Iterator[Change]:
        """What became of draft and measure since the file was made."""
        if stood.answer is not None:
            then, now = filled_of(stood.answer), filled_of(request)
            for code, value in now.items():
                if value != then[code]:
                    yield Change(str(BY_CODE[code].heading), self._words(code, then[code]), self._words(code, value))
        if stood.measure is None or request.measure is None:
            return
        is_other = stood.measure.fingerprint != request.measure.fingerprint
        fields = [code for code in REPORTED if code != "contributing_units" and (is_other or said[code] is not None)]
        told = False
        for code in fields:
            old, new = _then(stood.measure, code), current_value(request.measure, code)
            if not same(old, new):
                told = True
                heading = _("%(field)s in the register") % {"field": LABELS[code]}
                yield Change(heading, self._words(code, old), self._words(code, new))
        if is_other and not told:
            yield Change(_("In the register"), "", _("the description, the units or another part of the measure"))

    def _words(self, code: str, value: Any) -> str:
        if value in (None, "", [], NOTHING):
            return ""
        if code == "contributing_units":
            return "; ".join(self._unit(key) for key in value)
        return BY_CODE[code].kind.words(value, self.known)[:SHOWN]

    def _unit(self, key: str) -> str:
        try:
            return self.known["unit"].name(self.known["unit"].find(key))
        except ValidationError:
            return key


def _name(request: Confirmation) -> str:
    about = request.measure or request.commitment
    assert about is not None
    return f"{about.reference} {texts.localized(about, 'title')}"


def _new(said: Filled) -> dict[str, Any]:
    """The fields that a row reports, with their new values."""
    empty: dict[str, Any] = {"contributing_units": []}
    given = {code: said[code] for code in REPORTED if said[code] is not None}
    return {code: empty.get(code) if value == NOTHING else value for code, value in given.items()}


def _in_order(said: Filled, request: Confirmation) -> bool:
    """Whether start and end, as they would be, follow each other; only looked at where one of them is reported."""
    assert request.measure is not None
    new = _new(said)
    if not new.keys() & {"start", "end"}:
        return True
    start, end = (new[code] if code in new else current_value(request.measure, code) for code in ("start", "end"))
    return not (start and end) or end[: len(start)] >= start[: len(end)]


def _is_said_already(answer: Answer, request: Confirmation) -> bool:
    said, now = (answer.result, answer.statement_de), (request.result, filled_of(request)["statement"])
    named = answer.named_unit.pk if answer.named_unit else None
    return said == now and named == request.named_unit_id and answer.changes == request.changes


def _then(measure: Any, field_name: str) -> Any:
    """What a row of a measure's history says, as ``current_value`` writes it."""
    if field_name in ("start", "end"):
        return get_partial(measure, f"{field_name}s_on")
    names = {"note": ("note_de", "note_en")}.get(field_name, (field_name,))
    return next((value for name in names if (value := getattr(measure, name))), None)
