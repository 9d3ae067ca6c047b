"""A unit's list of requests in one cycle, sorted by what has to be done with each."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import Http404

from commitments import clock
from commitments.models import Assignment, MeasureUnit, OrganisationalUnit, User
from commitments.permissions import Verb, grant, require
from commitments.tracking import history_model
from reviews.answer_forms import AnswerForm
from reviews.forms import ReasonForm
from reviews.models import (
    Confirmation,
    ConfirmationQuerySet,
    ConfirmationResult,
    ConfirmationState,
    CycleState,
    ReviewCycle,
)
from reviews.views import shown
from reviews.workflow.figures import PREFETCHED


@dataclass(frozen=True)
class OfUnit:
    """A unit with those that it succeeded, as something that rights are held in."""

    responsible_unit_ids: frozenset[int]


@dataclass(frozen=True)
class Overtaken:
    """What somebody else saved while this was written: whose it is, since when, and the row of its history."""

    who: str
    said: Any
    changes: list[shown.Change]

    @property
    def seen(self) -> int:
        return int(self.said.history_id)

    @property
    def result(self) -> str:
        return str(ConfirmationResult(self.said.result).label) if self.said.result else ""


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
    overtaken: Overtaken | None = None

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
    passed_on: list[Confirmation] = field(default_factory=list)
    units: list[OrganisationalUnit] = field(default_factory=list)
    cycles: list[ReviewCycle] = field(default_factory=list)

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
    def may_hand_over(self) -> bool:
        """Whether there is anything that a colleague could take over."""
        return any(item.form for item in self.items)

    @property
    def may_object(self) -> bool:
        """After the freeze, until the release, an answer is no longer withdrawn but objected to."""
        return self.answering is not None and self.cycle.state == CycleState.FROZEN

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
    units = list(OrganisationalUnit.objects.all())
    asked = next((each for each in units if each.key == unit), None)
    if asked is None:
        raise Http404
    asks = Exists(Confirmation.objects.filter(cycle=OuterRef("pk"), unit=asked))
    cycles = list(ReviewCycle.objects.visible_to(user).select_related("scale").annotate(asks=asks))
    cycle = next((each for each in cycles if each.year == year), None)
    if cycle is None:
        raise Http404
    if asked.pk not in user.unit_ids and not user.is_city_wide:
        raise Http404
    of_unit = OfUnit(user.reach(asked.pk))
    answering = grant(user, Verb.ANSWER, of_unit, on=today)
    releasing = grant(user, Verb.RELEASE_ANSWER, of_unit, on=today)
    if not answering and not releasing:
        require(user, Verb.ANSWER, of_unit, on=today)
    sheet = Sheet(cycle, asked, today, answering, releasing)
    rows = list(_to_answer(user, cycle, of_unit.responsible_unit_ids))
    sheet.cycles = [each for each in cycles if each.asks]  # type: ignore[attr-defined] # annotated
    sheet.units = [each for each in units if _exists(each, today)]
    sheet.items = list(_items(sheet, [row for row in rows if not hasattr(row, "followed_by")], data, opened))
    sheet.passed_on = [row for row in rows if hasattr(row, "followed_by")]
    return sheet


def _exists(unit: OrganisationalUnit, on: date) -> bool:
    """As ``existing`` says of many; an open validity counts."""
    return (unit.valid_from is None or unit.valid_from <= on) and (unit.valid_to is None or unit.valid_to >= on)


def _to_answer(user: User, cycle: ReviewCycle, units: Collection[int]) -> QuerySet[Confirmation]:
    """The current answers with the newest row of their history; and those about which another unit is asked now."""
    history = history_model(Confirmation).objects.filter(id=OuterRef("pk")).order_by("-history_id")
    rows = Confirmation.objects.visible_to(user).filter(cycle=cycle, unit__in=units)
    rows = rows.filter(Q(followed_by__isnull=True) | ~Q(followed_by__unit=F("unit")))
    return with_all(rows).select_related("followed_by__unit").annotate(seen=Subquery(history.values("history_id")[:1]))


def answers_of(user: User, cycle: ReviewCycle, units: Collection[int]) -> QuerySet[Confirmation]:
    """The current answers of units in a cycle, with all that pages show of them."""
    return with_all(Confirmation.objects.visible_to(user).filter(cycle=cycle, unit__in=units).current())


def with_all(rows: ConfirmationQuerySet) -> QuerySet[Confirmation]:
    """With whether they are void, and all that pages show of them."""
    parts = MeasureUnit.objects.filter(ended_on=None).select_related("unit")
    return (
        rows.with_void()
        .select_related(
            "cycle",
            "unit",
            "measure",
            "commitment",
            "submitted_by",
            "submitted_for",
            "released_by",
            "released_for",
            "named_unit",
            "handed_to",
            "follows__unit",
        )
        .prefetch_related("reminders", Prefetch("measure__measure_units", parts), *PREFETCHED)
    )


def _items(sheet: Sheet, rows: list[Confirmation], data: Any, opened: Collection[str]) -> Iterator[Item]:
    before = _results_of_last_year(sheet.cycle, rows)
    editable = (ConfirmationState.REQUESTED, ConfirmationState.DRAFT, ConfirmationState.RETURNED)
    answers = sheet.answering is not None and not sheet.cycle.is_final
    for number, row in enumerate(rows, 1):
        item = Item(row, number, shown.standing(row, sheet.today))
        item.hint = shown.why_asked(row, before.get((row.measure_id, row.commitment_id), ""), sheet.today)
        if answers and row.state in editable:
            seen: int = row.seen  # type: ignore[attr-defined] # annotated
            item.form = AnswerForm(row, data if str(row.pk) in opened else None, units=sheet.units, seen=seen)
            item.is_chosen = data is None and str(row.pk) in opened
            item.is_quick = row.state == ConfirmationState.REQUESTED and not item.hint and str(row.pk) not in opened
        if sheet.releasing and not sheet.cycle.is_final and row.state == ConfirmationState.SUBMITTED:
            item.return_form = return_form(row)
        yield item


def return_form(confirmation: Confirmation, data: Any = None) -> ReasonForm:
    return ReasonForm(data, prefix=f"return-{confirmation.pk}")


def _results_of_last_year(cycle: ReviewCycle, rows: list[Confirmation]) -> dict[tuple[int | None, int | None], str]:
    """What the units answered then, where it matters now: disputes that were not settled, nil returns."""
    telling = (ConfirmationResult.DISPUTED, ConfirmationResult.NOT_OURS, ConfirmationResult.NIL)
    units = {row.unit_id for row in rows}
    then = Confirmation.objects.current().filter(cycle__year=cycle.year - 1, unit__in=units, result__in=telling)
    return {(row.measure_id, row.commitment_id): row.result for row in then}
