"""What people type about a commitment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms.fields import PartialDateField, ReasonedEdit, text_area
from commitments.models import Commitment, Competence, Protection


class CommitmentForm(ReasonedEdit):
    partial = ("valid_from",)
    field_order = (
        "title_de",
        "title_en",
        "wording_de",
        "wording_en",
        "obligations",
        "competence",
        "competence_note_de",
        "competence_note_en",
        "valid_from",
        "protection",
        "note",
        "reason",
    )

    title_de = forms.CharField(
        label=_("Title"), max_length=300, error_messages={"required": _("Give the commitment a title.")}
    )
    title_en = forms.CharField(label=_("Title in English"), max_length=300, required=False)
    wording_de = forms.CharField(
        label=_("Wording"),
        widget=text_area(5),
        error_messages={"required": _("Write down what the city has promised.")},
    )
    wording_en = forms.CharField(label=_("Wording in English"), widget=text_area(5), required=False)
    obligations = forms.MultipleChoiceField(
        label=_("Obligations"),
        choices=(("respect", _("Respect")), ("protect", _("Protect")), ("fulfil", _("Fulfil"))),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Say whether the city must respect, protect or fulfil; at least one applies.")},
    )
    competence = forms.ChoiceField(label=_("Competence"), choices=Competence.choices)
    competence_note_de = forms.CharField(label=_("Note on the competence"), widget=text_area(2), required=False)
    competence_note_en = forms.CharField(
        label=_("Note on the competence in English"), widget=text_area(2), required=False
    )
    valid_from = PartialDateField(label=_("Binding since"))
    protection = forms.ChoiceField(label=_("Protection class"), choices=Protection.choices)
    note = forms.CharField(label=_("Note"), widget=text_area(3), required=False)

    @classmethod
    def initial_of(cls, commitment: Commitment, seen: int) -> dict[str, Any]:
        found = {name: getattr(commitment, name) for name in cls.base_fields if hasattr(commitment, name)}
        dates = {name: PartialDateField.written(commitment, name) for name in cls.partial}
        return found | dates | {"seen": seen, "obligations": commitment.obligations}

    def columns(self) -> dict[str, Any]:
        found = super().columns()
        chosen = found.pop("obligations")
        return found | {level: level in chosen for level in ("respect", "protect", "fulfil")}
