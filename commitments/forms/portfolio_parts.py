"""What people type about the parts of an engagement, and about advice on funding."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments import texts
from commitments.forms.fields import ALL, PartialDateField, ReasonedEdit, text_area
from commitments.forms.filters import Filter, UnitField
from commitments.forms.money import MoneyField
from commitments.forms.portfolio import NOT_KNOWN, KeepingUnit, RequiredDate
from commitments.models import Engagement, PartnerRole, Protection


class PartForm(ReasonedEdit):
    """A part of an engagement; a new one asks for no reason."""

    def __init__(self, *args: Any, adding: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if adding:
            del self.fields["reason"], self.fields["seen"]
        else:
            self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])
        if "country" in self.fields:
            self.fields["country"].choices = [NOT_KNOWN, *texts.countries()]  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, part: Any, seen: int) -> dict[str, Any]:
        found = {name: getattr(part, name) for name in cls.base_fields if hasattr(part, name)}
        return found | {name: PartialDateField.written(part, name) for name in cls.partial} | {"seen": seen}


class UnitPartForm(PartForm):
    unit = KeepingUnit(label=_("Unit"))


class BudgetForm(PartForm):
    year = forms.IntegerField(
        label=_("Year"),
        min_value=1950,
        max_value=2100,
        error_messages={
            "required": _("Give a year from 1950 to 2100."),
            "min_value": _("Give a year from 1950 to 2100."),
            "max_value": _("Give a year from 1950 to 2100."),
        },
    )
    total = MoneyField(label=_("In all"))
    funded = MoneyField(label=_("From the funder"))
    source = forms.CharField(
        label=_("Source"), help_text=_("Budget line, grant agreement or the like."), max_length=200, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        total, funded = data.get("total"), data.get("funded")
        if total is None and funded is None and not {"total", "funded"} & self.errors.keys():
            self.add_error("total", _("Give at least one of the two amounts."))
        if total is not None and funded is not None and funded > total:
            self.add_error("funded", _("More cannot come from the funder than there is in all."))
        return data


class PartnerForm(PartForm):
    name = forms.CharField(label=_("Name"), max_length=300, error_messages={"required": _("Name the organisation.")})
    role = forms.ChoiceField(label=_("Role"), choices=PartnerRole.choices, initial=PartnerRole.PARTICIPANT)
    place = forms.CharField(label=_("Place"), max_length=120, required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    pic = forms.RegexField(
        r"^\d{9}$",
        label=_("Participant identification code"),
        help_text=_("The PIC of the EU's register: nine digits."),
        max_length=9,
        required=False,
        error_messages={"invalid": _("A PIC has nine digits."), "max_length": _("A PIC has nine digits.")},
    )
    is_city = forms.BooleanField(label=_("This is the city itself"), required=False)
    eu_contribution = MoneyField(label=_("EU contribution"))


class AmendmentForm(PartForm):
    partial = ("signed_on",)

    number = forms.IntegerField(
        label=_("Number"), min_value=1, max_value=999, error_messages={"required": _("Give the amendment a number.")}
    )
    signed_on = PartialDateField(label=_("Signed on"))
    subject_de = forms.CharField(
        label=_("What was changed"), widget=text_area(3), error_messages={"required": _("Say what was changed.")}
    )
    subject_en = forms.CharField(label=_("What was changed, in English"), widget=text_area(3), required=False)


class EndForm(forms.Form):
    """Why something ends or is withdrawn."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("One sentence. It stays in the history for good, with your role and the date."),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why.")},
    )


# Advice on funding


class EngagementChoice(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    def label_from_instance(self, obj: Any) -> str:
        return f"{texts.localized(obj, 'name')} ({obj.get_kind_display()})"


class AdviceForm(PartForm):
    partial = ("given_on",)

    unit = KeepingUnit(label=_("Unit that was advised"))
    given_on = RequiredDate(label=_("Given on"), missing=_("Say when the advice was given."))
    programme = forms.CharField(label=_("Programme"), max_length=200, required=False)
    subject_de = forms.CharField(
        label=_("Subject"), max_length=300, error_messages={"required": _("Say what the advice was about.")}
    )
    subject_en = forms.CharField(label=_("Subject in English"), max_length=300, required=False)
    result_de = forms.CharField(label=_("What came of it"), widget=text_area(3), required=False)
    result_en = forms.CharField(label=_("What came of it, in English"), widget=text_area(3), required=False)
    engagement = EngagementChoice(
        Engagement.objects.none(),
        label=_("Project that came of it"),
        to_field_name="key",
        empty_label=_("None"),
        required=False,
    )
    protection = forms.ChoiceField(label=_("Protection class"), choices=Protection.choices, initial=Protection.INTERNAL)

    def __init__(self, *args: Any, engagements: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["engagement"].queryset = engagements  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, part: Any, seen: int) -> dict[str, Any]:
        engagement = part.engagement.key if part.engagement else ""
        return super().initial_of(part, seen) | {"unit": part.unit.key, "engagement": engagement}


class AdviceFilter(Filter):
    field_order = ("q", "unit", "year", "withdrawn")

    unit = UnitField()
    withdrawn = forms.ChoiceField(
        label=_("State"), required=False, choices=(("", _("Standing advice")), ("yes", _("Withdrawn advice")))
    )
    year = forms.TypedChoiceField(label=_("Year"), required=False, choices=[], coerce=int, empty_value="")

    def __init__(self, *args: Any, years: list[int], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["year"].choices = [("", ALL), *((year, str(year)) for year in years)]  # type: ignore[attr-defined]
