"""A unit's list of requests in one cycle, sorted by what has to be done with each."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from commitments import clock
from commitments.models import Assignment, MeasureUnit, OrganisationalUnit, UnitSuccession, User
from commitments.permissions import Verb, grant, require
from reviews.forms import AnswerForm, ReasonForm
from reviews.models import Confirmation, ConfirmationResult, ConfirmationState, ReviewCycle
from reviews.views import shown


@dataclass(frozen=True)
class OfUnit:
    """A unit with those that it succeeded, as something that rights are held in."""

    responsible_unit_ids: frozenset[int]


@dataclass
class Item:
    """One request: what it asks, where it stands, and the form in which it is answered."""

    confirmation: Confirmation
    number: int
    standing: shown.Standing
    hint: str = ""
    form: AnswerForm | None = None
    return_form: ReasonForm | None = None
    is_quick: bool = False
    is_chosen: bool = False
    is_ticked: bool = True

    @property
    def changes(self) -> list[shown.Change]:
        return shown.changes(self.confirmation)

    @property
    def is_open(self) -> bool:
        """Whether its form is unfolded when the page is shown."""
        begun = self.confirmation.result or self.confirmation.statement_de
        return bool(self.form and (self.is_chosen or self.form.errors or begun))

    @property
    def has_result(self) -> bool:
        return bool(self.form and self.form["result"].value())


@dataclass
class Sheet:
    """A unit's list in one cycle and what the reader may do with it."""

    cycle: ReviewCycle
    unit: OrganisationalUnit
    today: date
    answering: Assignment | None
    releasing: Assignment | None
    items: list[Item] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return bool(self.items) and not self.cycle.is_final

    @property
    def quick(self) -> list[Item]:
        """What nothing points to a change of."""
        return [item for item in self.items if item.is_quick]

    @property
    def asked(self) -> list[Item]:
        """What needs an answer of its own."""
        return [item for item in self.items if item.form and not item.is_quick]

    @property
    def unsubmitted(self) -> list[Item]:
        """What someone who only releases still waits for, or what never came."""
        open_states = (ConfirmationState.REQUESTED, ConfirmationState.DRAFT, ConfirmationState.RETURNED)
        return [item for item in self.items if item.confirmation.state in open_states and not item.form]

    @property
    def waiting(self) -> list[Item]:
        return [item for item in self.items if item.confirmation.state == ConfirmationState.SUBMITTED]

    @property
    def released(self) -> list[Item]:
        return [item for item in self.items if item.confirmation.state == ConfirmationState.RELEASED]

    @property
    def forms(self) -> list[AnswerForm | ReasonForm]:
        """The forms that came back with errors are listed on top of the page."""
        found = (form for item in self.items for form in (item.form, item.return_form))
        return [form for form in found if form is not None]

    @property
    def answered(self) -> int:
        return len(self.waiting) + len(self.released)

    @property
    def drafted(self) -> int:
        """Answers that are chosen but not submitted."""
        return sum(item.has_result for item in self.items)

    @property
    def left(self) -> int:
        return len(self.items) - self.answered

    @property
    def is_late(self) -> bool:
        return self.today > self.cycle.confirm_by

    @property
    def days_left(self) -> str:
        return shown.days_left(self.cycle.days_left(self.today))

    def item(self, pk: int) -> Item:
        found = next((item for item in self.items if item.confirmation.pk == pk), None)
        if found is None:
            raise Http404
        return found


def load_sheet(user: User, year: int, unit: str, *, data: Any = None, opened: Collection[str] = ()) -> Sheet:
    """The list of a unit that the user answers or releases for; ``opened`` are the requests answered singly.

    What was typed, ``data``, counts for those alone: no form was shown for the others.
    """
    today = clock.today()
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(user).select_related("scale"), year=year)
    asked = get_object_or_404(OrganisationalUnit, key=unit)
    if asked.pk not in user.unit_ids and not user.is_city_wide:
        raise Http404
    of_unit = OfUnit(UnitSuccession.with_predecessors({asked.pk}))
    answering = grant(user, Verb.ANSWER, of_unit, on=today)
    releasing = grant(user, Verb.RELEASE_ANSWER, of_unit, on=today)
    if not answering and not releasing:
        require(user, Verb.ANSWER, of_unit, on=today)
    sheet = Sheet(cycle, asked, today, answering, releasing)
    rows = answers_of(user, cycle, of_unit.responsible_unit_ids)
    sheet.items = list(_items(sheet, rows, data, opened))
    return sheet


def answers_of(user: User, cycle: ReviewCycle, units: Collection[int]) -> QuerySet[Confirmation]:
    """The current answers of units in a cycle, with all that pages show of them."""
    parts = MeasureUnit.objects.filter(ended_on=None).select_related("unit")
    rows = Confirmation.objects.visible_to(user).filter(cycle=cycle, unit__in=units).current().with_void()
    return rows.select_related(
        "cycle", "unit", "measure", "commitment", "submitted_by", "submitted_for", "released_by", "released_for"
    ).prefetch_related("reminders", Prefetch("measure__measure_units", parts))


def _items(sheet: Sheet, rows: QuerySet[Confirmation], data: Any, opened: Collection[str]) -> Iterator[Item]:
    before = _results_of_last_year(sheet.cycle, rows)
    editable = (ConfirmationState.REQUESTED, ConfirmationState.DRAFT, ConfirmationState.RETURNED)
    for number, row in enumerate(rows, 1):
        item = Item(row, number, shown.standing(row, sheet.today))
        item.hint = shown.why_asked(row, before.get((row.measure_id, row.commitment_id), ""), sheet.today)
        if sheet.answering and not sheet.cycle.is_final and row.state in editable:
            item.form = AnswerForm(row, data if str(row.pk) in opened else None)
            item.is_chosen = data is None and str(row.pk) in opened
            item.is_quick = row.state == ConfirmationState.REQUESTED and not item.hint and str(row.pk) not in opened
        if sheet.releasing and not sheet.cycle.is_final and row.state == ConfirmationState.SUBMITTED:
            item.return_form = return_form(row)
        yield item


def return_form(confirmation: Confirmation, data: Any = None) -> ReasonForm:
    return ReasonForm(data, prefix=f"return-{confirmation.pk}")


def _results_of_last_year(cycle: ReviewCycle, rows: QuerySet[Confirmation]) -> dict[tuple[int | None, int | None], str]:
    """What the units answered then, where it matters now: disputes that were not settled, nil returns."""
    telling = (ConfirmationResult.DISPUTED, ConfirmationResult.NOT_OURS, ConfirmationResult.NIL)
    units = {row.unit_id for row in rows}
    then = Confirmation.objects.current().filter(cycle__year=cycle.year - 1, unit__in=units, result__in=telling)
    return {(row.measure_id, row.commitment_id): row.result for row in then}
