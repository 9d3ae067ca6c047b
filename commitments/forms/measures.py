"""What people type about a measure."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict, ErrorList
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from commitments.forms.choices import (
    Group,
    LinesField,
    OneOf,
    SomeOf,
    engagement_choices,
    engagements_of,
    grouped,
    unit_choices,
)
from commitments.forms.fields import STATUS, PartialDateField, PartialDates, ReasonedEdit, limit_texts, text_area
from commitments.forms.money import MoneyField
from commitments.models import (
    FieldOfAction,
    Measure,
    MeasureBudget,
    MeasureStatus,
    OrganisationalUnit,
    Part,
    Protection,
    User,
)

IN_ENGLISH = _("In English")
NO_UNIT = _("This unit does not exist. Choose one from the list.")
GROUPS = (
    (_("What is done"), ("title_de", "description_de", "target_groups_de")),
    (_("Who does it"), ("lead", "contributing")),
    (_("Where it belongs"), ("field", "engagement", "parent")),
    (_("When, and how it stands"), ("starts_on ends_on", "status", "status_reason_de")),
    (_("Who may see it, and where it comes from"), ("protection", "sources", "note_de")),
    (IN_ENGLISH, ("title_en", "description_en", "target_groups_en", "status_reason_en", "note_en")),
)
SUGGESTED = {
    "list": "parents",
    "autocomplete": "off",
    "hx-get": reverse_lazy("commitments:measure-suggestions"),
    "hx-trigger": "input changed delay:300ms",
    "hx-target": "#parents",
    "hx-swap": "innerHTML",
    "hx-params": "parent",
}
"""What is typed is looked up, and the browser offers what was found; without a script the number does."""


def spare(form: forms.BaseForm) -> None:
    form._errors = ErrorDict()  # type: ignore[attr-defined] # Django judges a form that has none


class MeasureFields(PartialDates):
    """Everything that can be said about a measure, by those who enter, propose or change it."""

    partial = ("starts_on", "ends_on")
    long_lists = ("contributing",)

    title_de = forms.CharField(
        label=_("Title"), max_length=300, error_messages={"required": _("Give the measure a title.")}
    )
    title_en = forms.CharField(label=_("Title in English"), max_length=300, required=False)
    description_de = forms.CharField(label=_("Description"), widget=text_area(5), required=False)
    description_en = forms.CharField(label=_("Description in English"), widget=text_area(5), required=False)
    target_groups_de = LinesField(label=_("Target groups"), help_text=_("Whom it is for, one group on each line."))
    target_groups_en = LinesField(label=_("Target groups in English"))
    lead = OneOf(label=_("Unit in charge"), unknown=NO_UNIT, missing=_("Say which unit is in charge."))
    contributing = SomeOf(label=_("Contributing units"), unknown=NO_UNIT)
    field = forms.ChoiceField(label=_("Field of action"), choices=FieldOfAction.choices)
    engagement = OneOf(
        label=_("Happens in"),
        help_text=_("The partnership, project, network or training that it is part of."),
        unknown=_("This entry is not there. Choose one from the list."),
        required=False,
    )
    parent = forms.CharField(
        label=_("Part of"),
        help_text=_("The larger measure it belongs to: type its number or a word of its title."),
        widget=forms.TextInput(attrs=SUGGESTED),
        required=False,
    )
    starts_on = PartialDateField(label=_("Begin"))
    ends_on = PartialDateField(label=_("End"))
    status = forms.ChoiceField(label=STATUS, choices=MeasureStatus.choices)
    status_reason_de = forms.CharField(
        label=_("Reason for the status"),
        help_text=_("Needed where the measure is suspended, discontinued, or decided and not funded."),
        widget=text_area(2),
        required=False,
    )
    status_reason_en = forms.CharField(label=_("Reason for the status in English"), widget=text_area(2), required=False)
    protection = forms.ChoiceField(label=_("Protection class"), choices=Protection.choices)
    sources = LinesField(label=_("Sources"), help_text=_("Addresses or titles, one on each line."))
    note_de = forms.CharField(label=_("Note"), widget=text_area(3), required=False)
    note_en = forms.CharField(label=_("Note in English"), widget=text_area(3), required=False)

    def __init__(self, *args: Any, user: User, measure: Measure | None = None, today: date, **options: Any) -> None:
        """What the reader may not see of the measure's surroundings is not offered, and stays as it is."""
        super().__init__(*args, **options)
        self.user, self.measure = user, measure
        units = {unit.key: unit for unit in OrganisationalUnit.objects.all()}
        choices = unit_choices(units.values(), today)
        self.fields["contributing"].offer(units, choices)  # type: ignore[attr-defined]
        own = self.leading(units)
        self.fields["lead"].offer(own, choices if own is units else unit_choices(own.values(), today))  # type: ignore[attr-defined]
        engagements = engagements_of(user)
        self.fields["engagement"].offer(engagements, engagement_choices(engagements.values()))  # type: ignore[attr-defined]
        if measure is not None:
            self._leave_out_unseen(measure, engagements)

    def leading(self, units: dict[str, OrganisationalUnit]) -> dict[str, OrganisationalUnit]:
        """The units that may be in charge."""
        return units

    def _leave_out_unseen(self, measure: Measure, engagements: Mapping[str, Any]) -> None:
        if measure.engagement_id and measure.engagement_id not in {row.pk for row in engagements.values()}:
            del self.fields["engagement"]
        seen = Measure.objects.visible_to(self.user)
        if measure.parent_id and not seen.filter(pk=measure.parent_id).exists():
            del self.fields["parent"]

    def groups(self) -> list[Group]:
        return grouped(self, GROUPS, folded=[IN_ENGLISH])

    def clean_parent(self) -> Measure | None:
        written = self.cleaned_data["parent"].strip()
        if not written:
            return None
        number = re.match(r"[A-Za-z]+-[0-9]{1,10}\b", written)
        rows = Measure.objects.visible_to(self.user)
        found = rows.filter(reference__iexact=number.group()).first() if number else None
        if found is None:
            raise ValidationError(
                _("There is no measure “%(value)s”. Give its number, for instance M-012."), params={"value": written}
            )
        return found

    def spare(self) -> None:
        """Show what was typed without judging it yet."""
        spare(self)

    def columns(self) -> dict[str, Any]:
        """What was entered, by column of the measure itself; its units are asked for with ``doers``."""
        found = super().columns()
        return {name: value for name, value in found.items() if name not in ("lead", "contributing")}

    def doers(self) -> tuple[OrganisationalUnit, tuple[OrganisationalUnit, ...]]:
        return self.cleaned_data["lead"], tuple(self.cleaned_data["contributing"])


class MeasureEntryForm(MeasureFields):
    """A new measure, entered by the officer."""


class MeasureProposalForm(MeasureFields):
    """A new measure, proposed by a unit for itself: the unit in charge is one of the reader's own."""

    def __init__(self, *args: Any, own: frozenset[int], **options: Any) -> None:
        self.own = own
        super().__init__(*args, **options)
        self.fields["lead"].error_messages["invalid_choice"] = _(
            "You can propose what your own unit is in charge of. Choose one from the list."
        )

    def leading(self, units: dict[str, OrganisationalUnit]) -> dict[str, OrganisationalUnit]:
        return {key: unit for key, unit in units.items() if unit.pk in self.own}


class MeasureForm(MeasureFields, ReasonedEdit):
    """A change of a measure: all of it, with the reason."""

    spelling_only = forms.BooleanField(
        label=_("Spelling only: what the units have confirmed stays confirmed"),
        help_text=_("Any other change makes the answers of the running cycle void; the units are asked again."),
        required=False,
    )

    @classmethod
    def initial_of(cls, measure: Measure, seen: int) -> dict[str, Any]:
        found = {name: getattr(measure, name) for name in cls.base_fields if hasattr(measure, name)}
        dates = {name: PartialDateField.written(measure, name) for name in cls.partial}
        rows = [row for row in measure.measure_units.all() if row.ended_on is None]
        doers = {
            "lead": next((row.unit for row in rows if row.part == Part.LEAD), None),
            "contributing": [row.unit for row in rows if row.part == Part.CONTRIBUTING],
            "parent": str(measure.parent) if measure.parent else "",
        }
        return found | dates | doers | {"seen": seen}


class ProposalEdit(MeasureProposalForm, ReasonedEdit):
    """A change of a proposal that still waits, by the unit that made it."""


class BudgetForm(forms.Form):
    """Money in one year from one source; an empty row says nothing."""

    year = forms.IntegerField(
        label=_("Year"),
        required=False,
        min_value=1950,
        max_value=2100,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": _("Write the year in four digits."),
            "min_value": _("Give a year from 1950 to 2100."),
            "max_value": _("Give a year from 1950 to 2100."),
        },
    )
    amount = MoneyField(label=_("Amount in euros"), help_text="")
    source = forms.CharField(label=_("Source of the money"), required=False, max_length=200)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if any(value not in (None, "") for value in data.values()):
            for name, sentence in (("year", _("Say for which year.")), ("amount", _("Say how many euros."))):
                if name not in self.errors and data.get(name) is None:
                    self.add_error(name, sentence)
        return data


class BudgetRows(forms.BaseFormSet[BudgetForm]):
    """All amounts of a measure: a row that is emptied ends."""

    def clean(self) -> None:
        seen = set()
        for form in self.forms:
            year, source = (form.cleaned_data.get(name) for name in ("year", "source"))
            if year and not form.errors:
                if (year, source) in seen:
                    form.add_error("source", _("There is already an amount from this source for this year."))
                seen.add((year, source))

    def budgets(self) -> dict[tuple[int, str], Decimal]:
        rows = [form.cleaned_data for form in self.forms]
        return {(row["year"], row["source"]): row["amount"] for row in rows if row.get("year")}

    def with_more(self, rows: int) -> "BudgetRows":
        """The same with some more empty rows, and nothing that was typed lost."""
        data = self.data.copy()  # type: ignore[attr-defined] # a request's, which can be copied
        data[f"{self.prefix}-TOTAL_FORMS"] = str(min(self.total_form_count() + rows, MOST_ROWS))
        more = type(self)(data, initial=self.initial, prefix=self.prefix)
        for form in more.forms:
            spare(form)
        more._errors = [form.errors for form in more.forms]  # type: ignore[attr-defined]
        more._non_form_errors = ErrorList()  # type: ignore[attr-defined]
        return more

    @classmethod
    def of(cls, data: Any, initial: list[dict[str, Any]] | None = None) -> "BudgetRows":
        return BudgetFormSet(data or None, initial=initial, prefix="budgets")  # type: ignore[return-value]


MOST_ROWS = 60
EMPTY_ROWS = 2
BudgetFormSet = forms.formset_factory(
    BudgetForm, formset=BudgetRows, extra=EMPTY_ROWS, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)


def budgets_of(measure: Measure) -> list[dict[str, Any]]:
    """The running amounts, as the rows of the form begin with them."""
    rows: list[MeasureBudget] = [row for row in measure.budgets.all() if row.ended_on is None]
    return [{"year": row.year, "amount": row.amount, "source": row.source} for row in rows]


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it not taken into the register?"),
        help_text=_("The unit reads this sentence. The proposal stays visible to it, marked as declined."),
        widget=text_area(3),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why the measure is not taken into the register.")},
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Why does your unit withdraw the proposal?"),
        help_text=_("The officer reads this sentence. The proposal stays visible, marked as withdrawn."),
        widget=text_area(3),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why the proposal is withdrawn.")},
    )


def difference(form: forms.BaseForm, now: Mapping[str, Any]) -> list[dict[str, str]]:
    """Where what was typed differs from the measure as it stands now: label, now, typed."""
    found = []
    for bound in form.visible_fields():
        if bound.name in now and bound.name not in ReasonedEdit.NOT_COLUMNS:
            standing, typed = _word(bound, now[bound.name]), _word(bound, bound.value())
            if standing != typed:
                found.append({"label": str(bound.label), "old": standing, "new": typed})
    return found


def _word(bound: forms.BoundField, value: Any) -> str:
    """A value as the reader reads it."""
    shown = bound.field.prepare_value(value)
    names = dict(_flat(getattr(bound.field, "choices", [])))
    values = [each for each in (shown if isinstance(shown, list) else [shown]) if each not in (None, "")]
    return ", ".join(sorted(str(names.get(str(each), each)) for each in values))


def _flat(choices: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for value, label in choices:
        found += _flat(label) if isinstance(label, list | tuple) else [(str(value), label)]
    return found
