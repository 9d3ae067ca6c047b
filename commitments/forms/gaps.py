"""What people type about a gap."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms.fields import day_input, text_area
from commitments.models import GapCode


class GapForm(forms.Form):
    code = forms.ChoiceField(
        label=_("Reason"),
        choices=GapCode.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why there is no measure.")},
    )
    text = forms.CharField(
        label=_("Explanation"),
        help_text=_("One or two sentences. They are printed in the report."),
        widget=text_area(4),
        max_length=2000,
        error_messages={"required": _("Explain the gap in one or two sentences.")},
    )
    next_step = forms.CharField(label=_("Next step"), widget=text_area(2), max_length=1000, required=False)
    due_on = forms.DateField(label=_("Due on"), widget=day_input(), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("due_on") and not data.get("next_step"):
            self.add_error("next_step", _("Say what is to be done by that date."))
        return data
