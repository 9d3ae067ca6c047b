"""Shape and wording of what is chosen and said on the pages of the report."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments import texts
from commitments.forms import Filter, day_input, with_all
from commitments.models import Competence, Contribution, FieldOfAction, GapCode, MeasureStatus, User
from reporting.audit import trail, words
from reporting.audit.export import Period
from reporting.audit.people import People
from reporting.tables.matrix import COLUMNS


class MatrixFilter(Filter):
    """What stands in the matrix, and which measures it counts."""

    q = None  # type: ignore[assignment] # no keyword: Django takes the field out
    FILTERS = ("status", "contribution", "competence")
    field_order = ("status", "contribution", "competence", "name")

    status = forms.ChoiceField(label=_("Status"), required=False, choices=with_all(MeasureStatus.choices))
    contribution = forms.ChoiceField(label=_("Contribution"), required=False, choices=with_all(Contribution.choices))
    competence = forms.ChoiceField(label=_("Competence"), required=False, choices=with_all(Competence.choices))
    name = forms.CharField(label=_("Columns with the word"), required=False, max_length=80)
    rows = forms.SlugField(required=False, max_length=60, widget=forms.HiddenInput)
    columns = forms.ChoiceField(required=False, choices=list(COLUMNS.items()), widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        if not self.chosen().get("columns"):
            del self.fields["name"]
            self.cleaned_data.pop("name", None)

    def filters(self) -> dict[str, Any]:
        """What is counted, without what stands in rows and columns."""
        return {name: value for name, value in self.chosen().items() if name in self.FILTERS}

    def summary(self) -> str:
        return ", ".join(self.word(name) for name in self.chosen() if name in (*self.FILTERS, "name"))


class GapFilter(Filter):
    """Which gaps are listed, and in which order."""

    q = None  # type: ignore[assignment] # no keyword: Django takes the field out

    state = forms.ChoiceField(
        label=_("Reason and date"),
        required=False,
        choices=with_all(
            (
                ("missing", _("Reason missing")),
                ("open", _("Reason without a date")),
                ("due", _("Next step has a date")),
                ("overdue", _("Date has passed")),
            )
        ),
        widget=forms.HiddenInput,
    )
    code = forms.ChoiceField(label=_("Reason"), required=False, choices=with_all(GapCode.choices))
    field = forms.ChoiceField(label=_("Field of action"), required=False, choices=with_all(FieldOfAction.choices))
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=(
            ("", pgettext_lazy("sorted by", "Article")),
            ("due", _("Due date, earliest first")),
            ("stated", _("Day of the reason, oldest first")),
        ),
    )

    def summary(self) -> str:
        return ", ".join(self.word(name) for name in self.chosen() if name not in ("sort", "state"))


class NewEditionForm(forms.Form):
    """Why there is another edition; the first one needs no reason."""

    reason = forms.CharField(
        label=_("Why is there another edition?"),
        help_text=_("One sentence. It is printed in the list of editions."),
        max_length=300,
        required=False,
    )


class TrailFilter(Filter):
    """Who, what, when and why, of the audit ledger."""

    q = None  # type: ignore[assignment] # no keyword: the reason is searched, and contents are not

    kind = forms.ChoiceField(label=_("What"), required=False, choices=[])
    about = forms.CharField(
        label=_("About"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": "M-001", "autocomplete": "off"}),
    )
    who = forms.ChoiceField(label=_("Who"), required=False, choices=[])
    acting_for = forms.ChoiceField(label=_("Acting for"), required=False, choices=[])
    act = forms.ChoiceField(label=_("Act"), required=False, choices=[])
    first = forms.DateField(label=_("From"), required=False, widget=day_input())
    last = forms.DateField(label=_("To"), required=False, widget=day_input())
    why = forms.CharField(label=_("Why"), required=False, max_length=120)

    def __init__(self, data: Mapping[str, Any] | None = None, *, user: User, people: People, **options: Any) -> None:
        super().__init__(data, **options)
        self.user = user
        acts = zip(trail.ACTS, (_("Entered"), _("Changed"), _("Content erased")), strict=True)
        choices: dict[str, list[tuple[Any, Any]]] = {
            "kind": [(group, list(kinds.items())) for group, kinds in words.KINDS],
            "who": [(trail.SYSTEM, _("System")), *people.choices()],
            "acting_for": people.choices(),
            "act": list(acts),
        }
        for name, each in choices.items():
            self.fields[name].choices = with_all(each)  # type: ignore[attr-defined]

    def clean_about(self) -> str:
        """What the reference stands for; a reference to what one may not see stands for nothing."""
        reference: str = self.cleaned_data["about"]
        self.found = trail.find(reference, self.user) if reference else None
        if reference and self.found is None:
            raise ValidationError(_("There is no entry with this reference, for instance M-001, K-001 or 2026."))
        return reference

    def wanted(self) -> trail.Wanted:
        """What is asked for. What cannot be understood is left out, and the form says so."""
        chosen = self.chosen()
        return trail.Wanted(**(chosen | {"about": self.found if "about" in chosen else None}))

    def word(self, name: str) -> str:
        value = self.chosen()[name]
        label = str(self.fields[name].label)
        if name == "kind":
            return words.kind(value)
        if name == "about":
            return str(value)
        if name == "acting_for":
            return f"{label} {super().word(name)}"
        return f"{label} {texts.short_date(value)}" if isinstance(value, date) else super().word(name)


class PeriodForm(forms.Form):
    """Which part of the ledger is taken out as a file."""

    first = forms.DateField(label=_("From"), required=False, widget=day_input())
    last = forms.DateField(label=_("To"), required=False, widget=day_input(), help_text=_("This day included."))
    groups = forms.MultipleChoiceField(
        label=_("What"),
        required=False,
        choices=[(str(number), group) for number, (group, _kinds) in enumerate(words.KINDS)],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose nothing for all of it. Only then the file can show that no entry was left out."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            self.add_error("last", _("The period ends before it begins."))
        return cleaned

    def period(self) -> Period:
        chosen = [words.KINDS[int(number)][1] for number in self.cleaned_data["groups"]]
        kinds = tuple(sorted(kind for kinds in chosen for kind in kinds))
        return Period(self.cleaned_data["first"], self.cleaned_data["last"], kinds)
