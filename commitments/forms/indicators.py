"""What people type about indicators and what was counted."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments import texts
from commitments.forms.fields import PartialDateField, PartialDates, ReasonedEdit, text_area
from commitments.models import Indicator, IndicatorKind, IndicatorValue

WHOLE, BEHIND, LONGEST = 14, 4, 40
"""Digits before and after the decimal sign that a number may have; and signs in all."""

TOO_LONG = _("This number is too long: at most 14 digits, and 4 after the decimal sign.")

SIGNS = {"de": (".", ","), "en": (",", ".")}
"""What parts thousands and what stands before decimals, by the reader's language."""

MORE, LESS = "more", "less"


class NumberField(forms.Field):
    """A number as people write it: "1.234,5" in German, "1,234.5" in English, and either where only one can be meant.

    "1.234" alone is read as the reader's language reads it: a thousand in German, one and a bit in English.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Decimal | None:
        written = str(value or "").strip()
        if not written:
            return None
        if len(written) > LONGEST:
            raise ValidationError(TOO_LONG)
        plain = _plain(re.sub(r"\s|'", "", written.replace("\u2212", "-")), *SIGNS[texts.reader_language()])
        try:
            number = Decimal(plain)
        except InvalidOperation as error:
            sentence = _("“%(value)s” is not a number. Write it like 1,250.5, without a unit.")
            raise ValidationError(sentence, params={"value": written}) from error
        whole, _point, behind = plain.lstrip("-").partition(".")
        if len(whole.lstrip("0")) > WHOLE or len(behind.rstrip("0")) > BEHIND:
            raise ValidationError(TOO_LONG)
        return number

    def prepare_value(self, value: Any) -> Any:
        return written_number(value) if isinstance(value, Decimal) else value


def _plain(written: str, thousands: str, decimal: str) -> str:
    """The number as computers write it; "" where it is none."""
    grouped, other = (
        rf"-?[1-9]\d{{0,2}}(?:{re.escape(sign)}\d{{3}})+(?:{re.escape(point)}\d+)?"
        for sign, point in ((thousands, decimal), (decimal, thousands))
    )
    if re.fullmatch(grouped, written):
        return written.replace(thousands, "").replace(decimal, ".")
    if re.fullmatch(r"-?\d+(?:[.,]\d+)?", written):
        return written.replace(",", ".")
    if re.fullmatch(other, written):
        return written.replace(decimal, "").replace(thousands, ".")
    return ""


def written_number(value: Decimal) -> str:
    """As it stands in a form: "1250,5" in German."""
    plain = f"{value:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return plain.replace(".", SIGNS[texts.reader_language()][1])


class IndicatorFields(PartialDates):
    partial = ("baseline_on", "target_on")

    name_de = forms.CharField(
        label=_("Name"),
        help_text=_("What is counted, for instance: people reached by courses in plain language."),
        max_length=300,
        error_messages={"required": _("Say what is counted.")},
    )
    name_en = forms.CharField(label=_("Name in English"), max_length=300, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"),
        help_text=_(
            "Structural: what the city has put in place. Process: what it does. Outcome: what changes for people."
        ),
        choices=IndicatorKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the kind of indicator.")},
    )
    unit_of_measure = forms.CharField(
        label=_("Unit of measurement"),
        help_text=_("For instance per cent, people or euros."),
        max_length=40,
        error_messages={"required": _("Say in what it is counted.")},
    )
    better = forms.ChoiceField(
        label=_("What is better?"),
        choices=((MORE, _("More is better")), (LESS, _("Less is better"))),
        initial=MORE,
        widget=forms.RadioSelect,
    )
    baseline = NumberField(label=_("Baseline"), help_text=_("The number at the start."), required=False)
    baseline_on = PartialDateField(label=_("Day of the baseline"))
    target = NumberField(label=_("Target"), required=False)
    target_on = PartialDateField(label=_("Day of the target"))

    def columns(self) -> dict[str, Any]:
        found = super().columns()
        found["more_is_better"] = found.pop("better") == MORE
        return found

    @classmethod
    def initial_of(cls, indicator: Indicator, seen: int) -> dict[str, Any]:
        names = ("name_de", "name_en", "kind", "unit_of_measure", "baseline", "target")
        found = {name: getattr(indicator, name) for name in names} | {"seen": seen}
        found["better"] = MORE if indicator.more_is_better else LESS
        return found | {name: PartialDateField.written(indicator, name) for name in cls.partial}


class IndicatorEdit(IndicatorFields, ReasonedEdit):
    field_order = (*IndicatorFields.base_fields, "reason")


class EndForm(forms.Form):
    reason = forms.CharField(
        label=_("Why does this indicator end?"),
        help_text=_("One sentence. It stays in the history for good, with your role and the date."),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why this indicator ends.")},
    )


class ValueFields(PartialDates):
    partial = ("on",)

    value = NumberField(label=pgettext_lazy("indicator", "Value"), error_messages={"required": _("Enter the number.")})
    on = PartialDateField(label=_("Counted on"))
    note = forms.CharField(
        label=_("Note"), help_text=_("Where the number comes from."), widget=text_area(2), required=False
    )

    def clean_on(self) -> str:
        written: str | None = self.cleaned_data["on"]
        if not written:
            raise ValidationError(_("Say when it was counted; the year alone will do."))
        return written

    @classmethod
    def initial_of(cls, value: IndicatorValue, seen: int) -> dict[str, Any]:
        written = {"on": PartialDateField.written(value, "on")}
        return {"value": value.value, "note": value.note, "seen": seen} | written


class ValueEdit(ValueFields, ReasonedEdit):
    field_order = ("value", "on", "note", "reason")
