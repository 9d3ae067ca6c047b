"""What is typed into a correction of a released report."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from commitments.forms.fields import PartialDateField, day_input, text_area
from reporting.content.correcting import DAY, LINE, PARTIAL, TEXT, Place, kind_of
from reporting.documents.corrected import GROUPS, Naming
from reporting.workflow.corrections import Error

TOO_LONG = {"max_length": _("Shorten this to %(limit_value)s characters; it has %(show_value)s.")}


class TargetForm(forms.Form):
    """Which entry of the report is wrong."""

    target = forms.ChoiceField(
        label=_("Which entry is wrong?"),
        error_messages={"invalid_choice": _("The edition has no such entry. Choose one from the list.")},
    )

    def __init__(self, *args: Any, naming: Naming, **options: Any) -> None:
        super().__init__(*args, **options)
        groups: dict[str, list[tuple[str, str]]] = {kind: [] for kind in GROUPS}
        for target in naming.targets.rows:
            groups[kind_of(target)].append((target, naming.subject(target)[:120]))
        chosen = [(GROUPS[kind], choices) for kind, choices in groups.items() if choices]
        self.fields["target"].choices = [("", "—"), *chosen]  # type: ignore[attr-defined]


class CorrectionForm(forms.Form):
    """What should stand in one place, and why."""

    new = forms.CharField(label=_("What should stand there"), required=False, strip=False)
    reason = forms.CharField(
        label=_("Why is this an error?"),
        help_text=_("One or two sentences. They are printed in the list of corrections."),
        widget=text_area(3),
        max_length=1000,
        error_messages={"required": _("Give the reason for the correction."), **TOO_LONG},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def __init__(self, *args: Any, place: Place, naming: Naming, **options: Any) -> None:
        super().__init__(*args, **options)
        self.place = place
        label = self.fields["new"].label
        if place.codes:
            choices = [(code, naming.value(place, code)) for code in place.codes]
            self.fields["new"] = forms.ChoiceField(label=label, choices=choices)
        elif place.sort == TEXT:
            self.fields["new"].widget = text_area(10)
        elif place.sort == DAY:
            self.fields["new"] = forms.DateField(label=label, required=False, widget=day_input())
        elif place.sort == PARTIAL:
            self.fields["new"] = PartialDateField(label=label)
        elif place.sort == LINE:
            self.fields["new"].widget = forms.TextInput()

    def error(self) -> Error:
        said = self.cleaned_data
        new = said["new"]
        return Error(self.place.target, self.place.field, said["seen"], str(new or ""), said["reason"])


class RefusalForm(forms.Form):
    """Why a correction is declined."""

    reason = forms.CharField(
        label=_("Why is it declined?"),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say why you decline the correction."), **TOO_LONG},
    )


def add_refusal(form: forms.Form, error: ValidationError) -> None:
    """Beside the value where it is about the value, else on top."""
    about_value = error.code if hasattr(error, "code") else None
    beside = {"unchanged", "empty", "unprintable", "long", "lines", "code", "date", "order"}
    form.add_error("new" if about_value in beside else None, error)
