"""What is asked beside the files of CORDIS."""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from commitments import texts
from commitments.forms.exchange import TableFile
from commitments.forms.fields import text_area
from commitments.models import OrganisationalUnit, RunBy

PIC = re.compile(r"[1-9]\d{8}")


class ExistingUnit(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    """One of the units that there are today, by key."""

    def label_from_instance(self, obj: Any) -> str:
        return texts.localized(obj, "name")


class CordisForm(forms.Form):
    """The files, the city's codes, and who keeps and runs projects that are new here."""

    def __init__(self, *args: Any, most: int, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["archive"] = TableFile(
            suffixes=(".zip",),
            most=most,
            required=False,
            label=_("ZIP file of CORDIS"),
            help_text=_("With project.csv and organization.csv, as CORDIS offers it for each framework programme."),
        )
        self.fields["projects"] = TableFile(
            suffixes=(".csv",), most=most, required=False, label=_("Or the one file: project.csv")
        )
        self.fields["organisations"] = TableFile(
            suffixes=(".csv",), most=most, required=False, label=_("And the other: organization.csv")
        )
        self.fields["pics"] = forms.CharField(
            label=_("Participant identification codes of the city (PIC)"),
            help_text=_(
                "Nine digits each, one per line. The city is found by them alone, never by its name; they are kept for "
                "the next import."
            ),
            widget=text_area(3),
            max_length=1000,
            error_messages={"required": _("Give the city's participant identification code (PIC), nine digits.")},
        )
        self.fields["unit"] = ExistingUnit(
            OrganisationalUnit.objects.existing(today).order_by("name_de"),
            label=_("Unit that keeps projects that are new here"),
            help_text=_("You can change it afterwards, project by project; an import never does."),
            to_field_name="key",
            empty_label=_("Please choose"),
            error_messages={"required": _("Choose the unit that is to keep the projects that are new here.")},
        )
        self.fields["run_by"] = forms.ChoiceField(label=_("Who runs projects that are new here"), choices=RunBy.choices)

    def clean_pics(self) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["pics"].strip())))
        wrong = next((each for each in found if not PIC.fullmatch(each)), None)
        if wrong is not None:
            raise ValidationError(
                _("“%(value)s” is no participant identification code; it has nine digits."),
                params={"value": wrong[:40]},
            )
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if {"archive", "projects", "organisations"} & set(self.errors) or data.get("archive"):
            return data
        if not data.get("projects") and not data.get("organisations"):
            self.add_error("archive", _("Choose the ZIP file, or both single files."))
        elif not data.get("projects"):
            self.add_error("projects", _("Choose project.csv as well; both files are needed."))
        elif not data.get("organisations"):
            self.add_error("organisations", _("Choose organization.csv as well; both files are needed."))
        return data
