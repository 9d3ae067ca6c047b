"""What people type about a measure."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms.fields import STATUS, PartialDateField, ReasonedEdit, text_area
from commitments.models import FieldOfAction, Measure, MeasureStatus, Protection


class MeasureForm(ReasonedEdit):
    partial = ("starts_on", "ends_on")
    field_order = (
        "title_de",
        "title_en",
        "description_de",
        "description_en",
        "status",
        "status_reason_de",
        "status_reason_en",
        "starts_on",
        "ends_on",
        "field",
        "protection",
        "note_de",
        "note_en",
        "spelling_only",
        "reason",
    )

    title_de = forms.CharField(
        label=_("Title"), max_length=300, error_messages={"required": _("Give the measure a title.")}
    )
    title_en = forms.CharField(label=_("Title in English"), max_length=300, required=False)
    description_de = forms.CharField(label=_("Description"), widget=text_area(5), required=False)
    description_en = forms.CharField(label=_("Description in English"), widget=text_area(5), required=False)
    status = forms.ChoiceField(label=STATUS, choices=MeasureStatus.choices)
    status_reason_de = forms.CharField(
        label=_("Reason for the status"),
        help_text=_("Needed where the measure is suspended, discontinued, or decided and not funded."),
        widget=text_area(2),
        required=False,
    )
    status_reason_en = forms.CharField(label=_("Reason for the status in English"), widget=text_area(2), required=False)
    starts_on = PartialDateField(label=_("Begin"))
    ends_on = PartialDateField(label=_("End"))
    field = forms.ChoiceField(label=_("Field of action"), choices=FieldOfAction.choices)
    protection = forms.ChoiceField(label=_("Protection class"), choices=Protection.choices)
    note_de = forms.CharField(label=_("Note"), widget=text_area(3), required=False)
    note_en = forms.CharField(label=_("Note in English"), widget=text_area(3), required=False)
    spelling_only = forms.BooleanField(
        label=_("Spelling only: what the units have confirmed stays confirmed"),
        help_text=_("Any other change makes the answers of the running cycle void; the units are asked again."),
        required=False,
    )

    @classmethod
    def initial_of(cls, measure: Measure, seen: int) -> dict[str, Any]:
        found = {name: getattr(measure, name) for name in cls.base_fields if hasattr(measure, name)}
        dates = {name: PartialDateField.written(measure, name) for name in cls.partial}
        return found | dates | {"seen": seen}
