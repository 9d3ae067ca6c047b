"""What people type about a commitment."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from commitments import texts
from commitments.forms.choices import Group, LinesField, OneOf, SomeOf, grouped, unit_choices
from commitments.forms.fields import PartialDateField, PartialDates, ReasonedEdit, text_area
from commitments.models import Adoption, Commitment, Competence, OrganisationalUnit, Protection, Provision, User

IN_ENGLISH = _("In English")
NO_UNIT = _("This unit does not exist. Choose one from the list.")
MOST_PROVISIONS = 100
GROUPS = (
    (_("What the city owes"), ("title_de", "wording_de", "obligations", "concerned_groups_de")),
    (_("Who keeps it"), ("competence", "competence_note_de", "lead_unit", "contributing")),
    (_("Since when, and who may see it"), ("adoption", "valid_from", "protection", "note")),
    (IN_ENGLISH, ("title_en", "wording_en", "competence_note_en", "concerned_groups_en")),
)


class ProvisionsField(forms.Field):
    """Provisions in the order in which they were chosen, by their ids in hidden fields."""

    def __init__(self, **options: Any) -> None:
        missing = _("Choose at least one provision: what does the commitment rest on?")
        super().__init__(widget=forms.MultipleHiddenInput, error_messages={"required": missing}, **options)

    def to_python(self, value: Any) -> list[Provision]:
        ids = list(dict.fromkeys(str(each) for each in value or []))[:MOST_PROVISIONS]
        found = in_order(ids)
        if len(found) != len(ids):
            raise ValidationError(_("One of these provisions is not there. Look for it again."))
        return found


def in_order(ids: Iterable[str]) -> list[Provision]:
    """The provisions with these ids that there are, in this order."""
    wanted = [int(each) for each in ids if each.isascii() and each.isdigit() and len(each) < 12]
    rows = Provision.objects.select_related("version__instrument").in_bulk(wanted)
    return [rows[each] for each in wanted if each in rows]


class CommitmentFields(PartialDates):
    """Everything that can be said about a commitment."""

    partial = ("valid_from",)
    long_lists = ("contributing",)

    title_de = forms.CharField(
        label=_("Title"), max_length=300, error_messages={"required": _("Give the commitment a title.")}
    )
    title_en = forms.CharField(label=_("Title in English"), max_length=300, required=False)
    wording_de = forms.CharField(
        label=_("Wording"),
        help_text=_("What the city has promised, in municipal words: one or two sentences."),
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
    concerned_groups_de = LinesField(label=_("People concerned"), help_text=_("One group on each line."))
    concerned_groups_en = LinesField(label=_("People concerned, in English"))
    competence = forms.ChoiceField(
        label=_("Competence"),
        help_text=_("What is out of the city's competence is shown as such and not counted in the rate."),
        choices=Competence.choices,
    )
    competence_note_de = forms.CharField(label=_("Note on the competence"), widget=text_area(2), required=False)
    competence_note_en = forms.CharField(
        label=_("Note on the competence in English"), widget=text_area(2), required=False
    )
    lead_unit = OneOf(label=_("Unit in charge"), unknown=NO_UNIT, missing=_("Say which unit is in charge."))
    contributing = SomeOf(label=_("Contributing units"), unknown=NO_UNIT)
    adoption = OneOf(
        label=_("Adopted by"),
        help_text=_("The council's decision by which the city took this on; empty where the law itself binds it."),
        unknown=_("This adoption is not there. Choose one from the list."),
        required=False,
    )
    valid_from = PartialDateField(label=_("Binding since"))
    protection = forms.ChoiceField(label=_("Protection class"), choices=Protection.choices)
    note = forms.CharField(label=_("Note"), widget=text_area(3), required=False)
    provisions = ProvisionsField()
    basis = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user
        units = {unit.key: unit for unit in OrganisationalUnit.objects.all()}
        choices = unit_choices(units.values(), today)
        for name in ("lead_unit", "contributing"):
            self.fields[name].offer(units, choices)  # type: ignore[attr-defined]
        adoptions = {str(row.pk): row for row in Adoption.objects.select_related("version__instrument")}
        self.fields["adoption"].offer(adoptions, [(key, _adoption_label(row)) for key, row in adoptions.items()])  # type: ignore[attr-defined]

    def groups(self) -> list[Group]:
        return grouped(self, GROUPS, folded=[IN_ENGLISH])

    def picked(self) -> list[Provision]:
        """The provisions that are chosen so far, whatever else is wrong with the form."""
        return in_order(str(each) for each in self["provisions"].value() or [])

    def picked_basis(self) -> str:
        """Id of the one that is the basis; the first one until another is chosen."""
        ids = [str(each.pk) for each in self.picked()]
        chosen = str(self["basis"].value() or "")
        return chosen if chosen in ids else next(iter(ids), "")

    def with_provisions(self, add: str = "", remove: str = "") -> None:
        """Add or take away one provision; what was typed stays, and nothing is judged yet."""
        data = self.data.copy()  # type: ignore[attr-defined] # a request's, which can be copied
        ids = [each for each in data.getlist("provisions") if each != remove]
        data.setlist("provisions", list(dict.fromkeys([*ids, add] if add else ids)))
        self.data = data
        self._errors = ErrorDict()

    def columns(self) -> dict[str, Any]:
        found = super().columns()
        chosen = found.pop("obligations")
        apart = ("provisions", "basis", "contributing")
        found = {name: value for name, value in found.items() if name not in apart}
        return found | {level: level in chosen for level in ("respect", "protect", "fulfil")}

    def grounds(self) -> tuple[tuple[Provision, ...], Provision]:
        rows = self.cleaned_data["provisions"]
        basis = next((row for row in rows if str(row.pk) == self.cleaned_data["basis"]), rows[0])
        return tuple(rows), basis

    def helpers(self) -> tuple[OrganisationalUnit, ...]:
        return tuple(self.cleaned_data["contributing"])


class CommitmentEntryForm(CommitmentFields):
    """A new commitment."""


class CommitmentForm(CommitmentFields, ReasonedEdit):
    """A change of a commitment: all of it, with the reason."""

    @classmethod
    def initial_of(cls, commitment: Commitment, seen: int) -> dict[str, Any]:
        found = {name: getattr(commitment, name) for name in cls.base_fields if hasattr(commitment, name)}
        dates = {name: PartialDateField.written(commitment, name) for name in cls.partial}
        grounds = [row for row in commitment.commitment_provisions.all() if row.ended_on is None]
        parts = {
            "adoption": str(commitment.adoption_id or ""),
            "contributing": [row.unit for row in commitment.commitment_units.all() if row.ended_on is None],
            "provisions": [row.provision_id for row in sorted(grounds, key=lambda row: row.order)],
            "basis": next((str(row.provision_id) for row in grounds if row.is_basis), ""),
        }
        return found | dates | parts | {"seen": seen, "obligations": commitment.obligations}


class EndForm(forms.Form):
    """Why a commitment ends."""

    end_reason_de = forms.CharField(
        label=_("Why does the commitment end?"),
        help_text=_("It leaves the lists and later cycles from today on. Its page, verdicts and history stay."),
        widget=text_area(3),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why the commitment ends.")},
    )
    end_reason_en = forms.CharField(
        label=_("The reason in English"), widget=text_area(3), max_length=1000, required=False
    )


def _adoption_label(row: Adoption) -> str:
    name = texts.localized(row.version.instrument, "short")
    label = texts.localized(row, "label") or texts.partial_date(row.adopted_on, row.adopted_on_precision)
    return f"{name}: {label}" if label else name
