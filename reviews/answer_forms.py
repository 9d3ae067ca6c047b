"""What a unit fills in: answers with figures, to whom it hands them, what it objects to. Shapes and words, no rules."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from commitments.forms import PartialDateField, limit_texts
from commitments.forms.indicators import NumberField
from commitments.forms.money import MoneyField
from commitments.models import MeasureStatus, OrganisationalUnit, User
from commitments.texts import localized
from reviews.forms import lines
from reviews.models import Assessment, Confirmation, ConfirmationResult
from reviews.workflow.changes import DATES, LABELS, as_reported, current_value
from reviews.workflow.confirmations import Answer
from reviews.workflow.figures import Figure, figures_of

OF_A_MEASURE = (
    (ConfirmationResult.CONFIRMED, _("Yes, unchanged")),
    (ConfirmationResult.CHANGED, _("No, something has changed")),
    (ConfirmationResult.DISPUTED, _("We dispute how it is entered or assigned")),
    (ConfirmationResult.NOT_OURS, _("This is not ours")),
)
OF_A_COMMITMENT = (
    (ConfirmationResult.NIL, _("Nil return: we do nothing for this")),
    (ConfirmationResult.DISPUTED, _("We dispute that this concerns us, or how it is worded")),
    (ConfirmationResult.NOT_OURS, _("This is not ours")),
)


class Amount(MoneyField):
    """Euros that count as changed only where the number is another one."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return forms.Field.has_changed(self, initial, data)


class Day(PartialDateField):
    """A date that counts as changed only where it is another one, however it is written."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class AnswerForm(forms.Form):
    """A unit's answer on one measure or commitment, prefilled with what the register or the draft says.

    ``seen`` is the newest history row of the answer when the form was shown, ``mine`` the one over which somebody wants
    to write all the same. ``units`` are those that can be named as the ones whose it is.
    """

    CHANGEABLE = ("status", "title_de", "start", "end", "note")
    NO_ANSWER = ("seen", "mine")

    result = forms.ChoiceField(label=_("Is the entry still right?"), required=False, widget=forms.RadioSelect)
    status = forms.ChoiceField(choices=MeasureStatus, required=False)
    title_de = forms.CharField(
        max_length=300,
        required=False,
        error_messages={"max_length": _("Shorten the title to %(limit_value)d characters.")},
    )
    start = Day()
    end = Day(help_text=_("Empty where no end is planned."))
    note = forms.CharField(required=False, widget=lines(3))
    named_unit = forms.ChoiceField(label=_("Whose is it?"), required=False)
    statement_de = forms.CharField(label=_("Your text"), required=False, widget=lines(4))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    mine = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        confirmation: Confirmation,
        data: Any = None,
        *,
        units: Sequence[OrganisationalUnit] = (),
        seen: int | None = None,
    ) -> None:
        self.confirmation, self._units = confirmation, {unit.key: unit for unit in units}
        measure = confirmation.measure
        found = figures_of(measure, confirmation.cycle.reporting_date) if measure else ()
        self.figures = {_field_name(figure): figure for figure in found}
        initial = initial_answer(confirmation, confirmation, self.figures) | {"seen": seen}
        super().__init__(data, prefix=f"answer-{confirmation.pk}", initial=initial)
        for name, figure in self.figures.items():
            self.fields[name] = _figure_field(figure)
        limit_texts(self)
        self._choices("result", OF_A_MEASURE if measure else OF_A_COMMITMENT)
        others = [(unit.key, localized(unit, "name")) for unit in units if unit.pk != confirmation.unit_id]
        self._choices("named_unit", [("", _("We do not know")), *others])
        for name in self.CHANGEABLE:
            self.fields[name].label = capfirst(LABELS[name])
        if measure is None:
            self.fields["result"].label = _("Does your unit do something for this?")
            for name in self.CHANGEABLE:
                del self.fields[name]

    def _choices(self, name: str, choices: Iterable[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    @property
    def figure_fields(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in self.figures)

    @cached_property
    def changed_data(self) -> list[str]:
        return [name for name in super().changed_data if name not in self.NO_ANSWER]

    def differs_from(self, said: Any) -> bool:
        """Whether it says something else than an earlier state of the answer, a row of its history, said."""
        before = initial_answer(self.confirmation, said, self.figures)
        return any(
            field.has_changed(before.get(name), self[name].data)
            for name, field in self.fields.items()
            if name not in self.NO_ANSWER
        )

    @property
    def last_seen(self) -> int | None:
        """The state that its writer knows; whoever writes over a later one has been shown it."""
        known: int | None = self.cleaned_data.get("mine") or self.cleaned_data.get("seen")
        return known

    def see(self, seen: int) -> None:
        """From now on the answer counts as seen in this state."""
        data = self.data.copy()  # type: ignore[attr-defined] # a request's, which can be copied
        data[self.add_prefix("seen")] = str(seen)
        self.data = data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("result") != ConfirmationResult.CHANGED or self.confirmation.measure is None:
            return cleaned
        if not cleaned.get("title_de") and "title_de" not in self.errors:
            self.add_error("title_de", _("Enter a title."))
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and end[: len(start)] < start[: len(end)]:
            self.add_error("end", _("The end lies before the start. Please correct one of the two dates."))
        return cleaned

    def answer(self) -> Answer:
        """What the unit says; changes only where it says that something has changed."""
        result, measure = self.cleaned_data["result"], self.confirmation.measure
        changes: dict[str, list[Any]] = {}
        if result == ConfirmationResult.CHANGED and measure is not None:
            asked = {*self.CHANGEABLE, *(figure.field for figure in self.figures.values())}
            changes = {name: pair for name, pair in self.confirmation.changes.items() if name not in asked}
            changes |= as_reported(measure, {name: self.cleaned_data[name] or None for name in self.CHANGEABLE})
            changes |= as_reported(measure, dict(self._counted()))
        statement_en = self.confirmation.statement_en if "statement_de" not in self.changed_data else ""
        named = self._units.get(self.cleaned_data["named_unit"])
        return Answer(result, self.cleaned_data["statement_de"], statement_en, changes, named)

    def _counted(self) -> Iterator[tuple[str, str]]:
        """The figures that were entered; one left empty says nothing."""
        for name, figure in self.figures.items():
            number = self.cleaned_data[name]
            if number is not None:
                text = f"{number:f}"
                yield figure.field, text.rstrip("0").rstrip(".") if "." in text else text


def initial_answer(confirmation: Confirmation, said: Any, figures: dict[str, Figure]) -> dict[str, Any]:
    """The values of the form: ``said``, the answer or an earlier state of it, over what the register says."""
    values: dict[str, Any] = {"result": said.result, "statement_de": said.statement_de}
    values["named_unit"] = said.named_unit.key if said.named_unit_id else ""
    measure = confirmation.measure
    if measure is not None:
        values |= {name: current_value(measure, name) or "" for name in AnswerForm.CHANGEABLE}
        values |= {name: pair[1] or "" for name, pair in said.changes.items() if name in AnswerForm.CHANGEABLE}
        values |= {name: ".".join(reversed(values[name].split("-"))) for name in DATES}
    for name, figure in figures.items():
        number = said.changes.get(figure.field, [None, figure.current])[1]
        values[name] = Decimal(number) if number else None
    return values


def _field_name(figure: Figure) -> str:
    """The same name for the same figure, whatever else is reported beside it; it stands in addresses of the page."""
    return f"figure-{zlib.crc32(figure.field.encode()):08x}"


def _figure_field(figure: Figure) -> forms.Field:
    label = f"{figure.label} ({figure.unit})" if figure.unit else figure.label
    hint = _("Known before: %(number)s") % {"number": figure.before} if figure.before else ""
    if figure.is_money:
        return Amount(label=label, help_text=hint)
    return NumberField(label=label, help_text=hint, required=False)


class HandOverForm(forms.Form):
    """Who works on entries from now on."""

    colleague = forms.ChoiceField(
        label=_("To whom?"), widget=forms.RadioSelect, error_messages={"required": _("Choose a colleague.")}
    )
    note = forms.CharField(
        label=_("Note"), help_text=_("It stands in the history."), required=False, max_length=500, widget=lines(2)
    )

    def __init__(self, *args: Any, people: Sequence[User], **options: Any) -> None:
        super().__init__(*args, **options)
        self._people = {str(person.pk): person for person in people}
        field = self.fields["colleague"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(pk, person.name) for pk, person in self._people.items()]

    def chosen(self) -> User:
        return self._people[self.cleaned_data["colleague"]]


class PassOnForm(forms.Form):
    """The unit whose it is, and why the officer asks it."""

    unit = forms.ChoiceField(label=_("Unit"), error_messages={"required": _("Choose the unit whose it is.")})
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The unit reads it above its new request."),
        widget=lines(3),
        max_length=2000,
        error_messages={"required": _("Give the reason in one or two sentences.")},
    )

    def __init__(self, *args: Any, units: Sequence[OrganisationalUnit], **options: Any) -> None:
        super().__init__(*args, **options)
        self._units = {unit.key: unit for unit in units}
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose a unit")), *((unit.key, localized(unit, "name")) for unit in units)]

    def chosen(self) -> OrganisationalUnit:
        return self._units[self.cleaned_data["unit"]]


class OwnDissentForm(forms.Form):
    """A unit's objection to what is said of a commitment that its entry serves."""

    assessment = forms.ChoiceField(
        label=_("Commitment"), widget=forms.RadioSelect, error_messages={"required": _("Choose the commitment.")}
    )
    text_de = forms.CharField(
        label=_("Your objection"),
        help_text=_("In your own words. The report prints it beside the finding."),
        widget=lines(5),
        error_messages={"required": _("Say what you object to.")},
    )

    def __init__(self, *args: Any, assessments: Sequence[Assessment], **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        self._rows = {str(row.pk): row for row in assessments}
        field = self.fields["assessment"]
        assert isinstance(field, forms.ChoiceField)
        named = ((pk, row.commitment) for pk, row in self._rows.items())
        field.choices = [(pk, f"{thing.reference} {localized(thing, 'title')}") for pk, thing in named]
        if len(self._rows) == 1:
            self.initial["assessment"] = next(iter(self._rows))

    def chosen(self) -> Assessment:
        return self._rows[self.cleaned_data["assessment"]]
