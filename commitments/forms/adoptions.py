"""What people type about how the city took an instrument on."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms.catalogue import RowForm, YesNoField
from commitments.forms.fields import PartialDateField, ReasonedEdit, day_input, limit_texts, text_area


class AdoptionForm(RowForm):
    partial = ("adopted_on",)

    adopted_on = PartialDateField(label=_("Date of the adoption"))
    label_de = forms.CharField(
        label=_("Name of the adoption"),
        help_text=_("Only where it has one of its own, for instance: Beitritt zum Bündnis."),
        max_length=200,
        required=False,
    )
    label_en = forms.CharField(label=_("Name of the adoption in English"), max_length=200, required=False)
    council_reference = forms.CharField(
        label=_("Reference of the council paper"),
        help_text=_("As the council's information system writes it, for instance: 1234/2011."),
        max_length=300,
        required=False,
    )
    council_url = forms.URLField(
        label=_("Address of the council paper"),
        help_text=_("The page of the paper in the council's information system; it begins with https://."),
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": _("This is no address. It begins with https://.")},
    )
    renewal_due_on = forms.DateField(
        label=_("Renewal due on"), widget=day_input(), required=False, help_text=_("Only where it has to be renewed.")
    )
    verified = YesNoField(
        label=_("Proved by a source"),
        error_messages={"required": _("Say whether a source proves the adoption.")},
    )
    note = forms.CharField(label=_("Note"), widget=text_area(3), required=False)


class AdoptionEdit(AdoptionForm, ReasonedEdit):
    pass


class _WithReason(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("One sentence. It stays in the history for good, with your role and the date."),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why.")},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)


class EndAdoption(_WithReason):
    field_order = ("ended_on", "reason")

    ended_on = forms.DateField(
        label=_("Ended on"), widget=day_input(), error_messages={"required": _("Enter the day on which it ended.")}
    )


class RenewAdoption(_WithReason):
    field_order = ("renewal_due_on", "reason")

    renewal_due_on = forms.DateField(
        label=_("Next renewal due on"),
        widget=day_input(),
        error_messages={"required": _("Enter the day on which it must be renewed next.")},
    )


class EndLink(_WithReason):
    """A link between provisions ends."""
