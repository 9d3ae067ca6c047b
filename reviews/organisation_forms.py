"""What is filled in where units are merged, renamed or dissolved, and where their work is handed over."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from commitments import texts
from commitments.forms import day_input, limit_texts
from commitments.forms.people import KEY, SeveralUnits, Units, reason
from commitments.models import Assignment, OrganisationalUnit
from commitments.workflow.unit_changes import NEW, UnitChange

WHY = _("Say in one sentence what was decided, best with the council paper.")
REQUIRED = {"new_name_de": _("Give the new name."), "new_key": _("Give the unit a short key.")}
ENDS = ("", _("ends with the unit"))


class NewUnitFields(forms.Form):
    """The unit that begins with the change."""

    new_name_de = forms.CharField(label=_("New name"), max_length=200, required=False)
    new_name_en = forms.CharField(label=_("New name in English"), max_length=200, required=False)
    new_key = forms.RegexField(
        rf"\A{KEY}\Z",
        label=_("Short key of the new unit"),
        max_length=60,
        required=False,
        help_text=_("Small letters, digits and hyphens. It stands in addresses and files for good."),
        error_messages={"invalid": _("Only small letters a to z, digits and hyphens.")},
    )

    def clean_new_key(self) -> str:
        key: str = self.cleaned_data["new_key"]
        if key and OrganisationalUnit.objects.filter(key=key).exists():
            raise ValidationError(_("There is already a unit with this key. Choose another one."))
        return key

    def new_unit(self, like: OrganisationalUnit) -> dict[str, Any] | None:
        """The columns of the new unit; kind, mailbox and place are those of the one before it."""
        said = self.cleaned_data
        if not said.get("new_name_de"):
            return None
        own = {"key": said["new_key"], "name_de": said["new_name_de"], "name_en": said["new_name_en"]}
        return own | {"kind": like.kind, "email": like.email, "parent": like.parent}

    def require_new(self) -> None:
        for name, sentence in REQUIRED.items():
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, sentence)


class MergeForm(NewUnitFields):
    """One or several units end, and existing ones or a new one answer for them."""

    field_order = ("units", "successors", "new_name_de", "new_name_en", "new_key", "on", "reason")

    units = SeveralUnits(
        label=_("Units that are merged or dissolved"), error_messages={"required": _("Choose at least one unit.")}
    )
    successors = SeveralUnits(
        label=_("Who takes over"),
        required=False,
        help_text=_("One of the merged units itself may go on. Leave it empty where a new unit begins."),
    )
    on = forms.DateField(
        label=_("First day of the successors"), widget=day_input(), error_messages={"required": _("Choose a day.")}
    )
    reason = reason(WHY)

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        for name in ("units", "successors"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)
            field.queryset = OrganisationalUnit.objects.existing(today).order_by("name_de")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("new_name_de") or cleaned.get("new_key"):
            self.require_new()
        elif not cleaned.get("successors") and "successors" not in self.errors:
            self.add_error("successors", _("Choose at least one unit that takes over, or name a new one."))
        units, successors = set(cleaned.get("units") or ()), set(cleaned.get("successors") or ())
        if units and units <= successors:
            self.add_error("units", _("Choose the units that end. A unit cannot succeed itself alone."))
        return cleaned

    def change(self) -> UnitChange:
        said = self.cleaned_data
        units = list(said["units"])
        return UnitChange(units, said["on"], list(said["successors"]), self.new_unit(units[0]), roles_in(self.data))


class RenameForm(NewUnitFields):
    """A unit has a new name from a day on; before it, the past keeps the old one."""

    field_order = ("unit", "new_name_de", "new_name_en", "new_key", "on", "reason")

    unit = Units(label=_("Unit"), empty_label=None, error_messages={"required": _("Choose a unit.")})
    on = forms.DateField(
        label=_("First day of the new name"), widget=day_input(), error_messages={"required": _("Choose a day.")}
    )
    reason = reason(WHY)

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        for name, sentence in REQUIRED.items():
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = sentence
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = OrganisationalUnit.objects.existing(today).order_by("name_de")

    def change(self) -> UnitChange:
        unit = self.cleaned_data["unit"]
        return UnitChange([unit], self.cleaned_data["on"], (), self.new_unit(unit), roles_in(self.data))


def roles_in(data: Any) -> dict[int, str]:
    """Where each role goes on, as it was chosen in the preview."""
    prefix = "role-"
    return {
        int(name.removeprefix(prefix)): str(value)
        for name, value in data.items()
        if name.startswith(prefix) and name.removeprefix(prefix).isdigit()
    }


class RolesForm(forms.Form):
    """For each role in the units that end: in which unit it goes on."""

    def __init__(self, rows: Sequence[Assignment], change: UnitChange, data: Any = None) -> None:
        super().__init__(data)
        choices: list[tuple[str, Any]] = [(unit.key, texts.localized(unit, "name")) for unit in change.successors]
        if change.new:
            choices.append((NEW, texts.localized(dict(change.new), "name")))
        only = choices[0][0] if len(choices) == 1 else ""
        for row in rows:
            label = f"{row.user.name}, {row.get_role_display()}"
            if row.acting_for:
                label = f"{label} ({row.acting_for.name})"
            self.fields[f"role-{row.pk}"] = forms.ChoiceField(label=label, choices=[*choices, ENDS], initial=only)


class HandOverForm(forms.Form):
    """Which successor takes what a unit that has ended still holds."""

    rest = forms.ChoiceField(label=_("Everything that is not chosen below goes to"))
    reason = reason(WHY)

    def __init__(self, successors: Sequence[OrganisationalUnit], keys: Sequence[str], data: Any = None) -> None:
        super().__init__(data)
        limit_texts(self)
        self.successors = {unit.key: unit for unit in successors}
        choices = [(unit.key, texts.localized(unit, "name")) for unit in successors]
        rest = self.fields["rest"]
        assert isinstance(rest, forms.ChoiceField)
        rest.choices = choices
        for key in keys:
            every: list[tuple[str, Any]] = [("", _("as above")), *choices]
            self.fields[key] = forms.ChoiceField(choices=every, required=False)
        self.keys = tuple(keys)

    def choice(self) -> dict[str, OrganisationalUnit]:
        chosen = {key: self.cleaned_data.get(key) for key in self.keys}
        return {key: self.successors[unit] for key, unit in chosen.items() if unit}

    def taker(self) -> OrganisationalUnit:
        return self.successors[self.cleaned_data["rest"]]
