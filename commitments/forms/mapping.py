"""What people type in the mapping editor."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms.fields import text_area, with_all
from commitments.models import Contribution, FieldOfAction


class LinkForm(forms.Form):
    """One link in the mapping editor: both how and why are needed."""

    contribution = forms.ChoiceField(
        label=_("Contribution"),
        choices=Contribution.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the measure contributes.")},
    )
    rationale_de = forms.CharField(
        label=_("Rationale"),
        widget=text_area(3),
        max_length=2000,
        error_messages={"required": _("Say in one sentence why the measure contributes to this.")},
    )
    rationale_en = forms.CharField(
        label=_("Rationale in English"), widget=text_area(3), max_length=2000, required=False
    )
    end_reason = forms.CharField(
        label=_("Why does this link end?"), widget=text_area(2), max_length=1000, required=False
    )

    def __init__(self, *args: Any, name: str = "", **options: Any) -> None:
        """``name`` says what is linked, so that the fields of many links can be told apart."""
        super().__init__(*args, **options)
        if name:
            labels = {
                "contribution": _("Contribution to %(name)s"),
                "rationale_de": _("Rationale for %(name)s"),
                "rationale_en": _("Rationale for %(name)s in English"),
            }
            for field, label in labels.items():
                self.fields[field].label = str(label) % {"name": name}


class MappingReason(forms.Form):
    reason = forms.CharField(
        label=_("Why do you change existing links?"),
        help_text=_("Needed only where you change a link that is already there."),
        widget=text_area(2),
        max_length=1000,
        required=False,
    )


class MappingSearch(forms.Form):
    """What to link a measure to."""

    q = forms.CharField(
        label=_("Keyword, article or number"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label=_("Within"),
        required=False,
        choices=(
            ("", _("Everything in force")),
            ("udhr", _("Universal Declaration")),
            ("treaties", _("Treaties")),
            ("pledges", _("Charters and pledges")),
            ("commitments", _("Commitments")),
        ),
    )


class MeasureSearch(forms.Form):
    """Which measure to link to a commitment."""

    q = forms.CharField(
        label=_("Keyword or number of a measure"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    scope = forms.ChoiceField(label=_("Field of action"), required=False, choices=with_all(FieldOfAction.choices))


class ProposalDecision(forms.Form):
    """What becomes of proposed links: several are decided on at once."""

    reason = forms.CharField(
        label=_("Why do you decline?"),
        help_text=_("Needed only where you decline. The unit reads it in the history."),
        widget=text_area(2),
        max_length=1000,
        required=False,
    )
