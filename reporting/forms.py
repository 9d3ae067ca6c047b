"""Shape and wording of what is chosen and said on the pages of the report."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments import texts
from commitments.forms import Filter, day_input, with_all
from commitments.models import Contribution, MeasureStatus
from reporting.tables import trail


class MatrixFilter(Filter):
    """Which measures the matrix counts."""

    q = None  # type: ignore[assignment] # no keyword: Django takes the field out

    status = forms.ChoiceField(label=_("Status"), required=False, choices=with_all(MeasureStatus.choices))
    contribution = forms.ChoiceField(label=_("Contribution"), required=False, choices=with_all(Contribution.choices))


class NewEditionForm(forms.Form):
    """Why there is another edition; the first one needs no reason."""

    reason = forms.CharField(
        label=_("Why is there another edition?"),
        help_text=_("One sentence. It is printed in the list of editions."),
        max_length=300,
        required=False,
    )


class TrailFilter(Filter):
    """Who, what and when, of the audit ledger."""

    q = None  # type: ignore[assignment] # no keyword: contents are not searched here

    table = forms.ChoiceField(label=_("What"), required=False, choices=[])
    first = forms.DateField(label=_("From"), required=False, widget=day_input())
    last = forms.DateField(label=_("To"), required=False, widget=day_input())

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["table"].choices = with_all([(name, trail.label(name)) for name in trail.tables()])  # type: ignore[attr-defined]

    def _word(self, name: str, value: Any) -> str:
        if isinstance(value, date):
            return f"{self.fields[name].label} {texts.short_date(value)}"
        return super()._word(name, value)
