"""What people type about instruments, versions and provisions, and how they narrow the list."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from commitments.forms.fields import ALL, YES_OR_NO, PartialDateField, PartialDates, ReasonedEdit, text_area, with_all
from commitments.forms.filters import Filter
from commitments.models import Competence, InstrumentKind, Provision, Relation, Relevance
from commitments.workflow import catalogue, last_change

MOST_LINES = 300
"""So many provisions are entered at once; the longest treaty in the catalogue has 85."""

LONGEST_HEADING = 400

YES_NO = (("yes", _("Yes")), ("no", _("No")))


class InstrumentFilter(Filter):
    field_order = ("q", "kind", "binding", "adopted", "competence", "renewal", "sort")

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=with_all(InstrumentKind.choices))
    binding = forms.ChoiceField(label=_("Legally binding"), required=False, choices=YES_OR_NO)
    adopted = forms.ChoiceField(label=_("Adopted by the city"), required=False, choices=YES_OR_NO)
    competence = forms.ChoiceField(label=_("Competence"), required=False, choices=with_all(Competence.choices))
    renewal = forms.ChoiceField(
        label=_("Renewal"),
        required=False,
        choices=(
            ("", ALL),
            ("due", _("due within three months")),
            ("lapsed", _("lapsed")),
            ("dated", _("with a renewal date")),
        ),
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=(
            ("", _("Order of the catalogue")),
            ("title", _("Title")),
            ("newest", _("Text, newest first")),
            ("commitments", _("Most commitments")),
            ("renewal", _("Renewal, soonest first")),
        ),
    )


class ProvisionFilter(forms.Form):
    """Narrows the provisions of an instrument, and keeps the version that is shown."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    competence = forms.ChoiceField(label=_("Competence"), required=False, choices=with_all(Competence.choices))


class YesNoField(forms.TypedChoiceField):
    """A question with two answers, both of them said aloud."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=YES_NO, coerce=lambda value: value == "yes", widget=forms.RadioSelect, **options)

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


class RowForm(PartialDates):
    """A form whose fields are columns of one model, for a new row or, with ``ReasonedEdit``, for a change."""

    @classmethod
    def initial_of(cls, row: models.Model) -> dict[str, Any]:
        found = {name: getattr(row, name) for name in cls.base_fields if hasattr(row, name)}
        dates = {name: PartialDateField.written(row, name) for name in cls.partial}
        return found | dates | {"seen": last_change(row)}


class InstrumentForm(RowForm):
    partial: tuple[str, ...] = ("in_force_for_germany",)

    short_de = forms.CharField(
        label=_("Short name"),
        help_text=_("As it is called in lists, for instance: CEDAW."),
        max_length=80,
        error_messages={"required": _("Give the instrument a short name.")},
    )
    short_en = forms.CharField(label=_("Short name in English"), max_length=80, required=False)
    title_de = forms.CharField(
        label=_("Title"), max_length=300, error_messages={"required": _("Enter the full title.")}
    )
    title_en = forms.CharField(label=_("Title in English"), max_length=300, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[("", "–"), *InstrumentKind.choices],
        error_messages={"required": _("Choose what kind of instrument it is.")},
    )
    body = forms.CharField(label=_("Issued by"), max_length=200, required=False)
    binding = YesNoField(
        label=_("Legally binding"), error_messages={"required": _("Say whether it is legally binding.")}
    )
    in_force_for_germany = PartialDateField(label=_("In force for Germany"))
    source = forms.CharField(
        label=_("Source"),
        help_text=_("Where this can be read: an address or a document."),
        max_length=500,
        required=False,
    )
    note = forms.CharField(label=_("Note"), widget=text_area(3), required=False)


class NewInstrumentForm(InstrumentForm):
    """An instrument with the date of its first text."""

    TEXT = ("adopted_on", "adopted_on_precision")

    partial = ("in_force_for_germany", "adopted_on")
    field_order = ("short_de", "short_en", "title_de", "title_en", "kind", "body", "adopted_on")

    adopted_on = PartialDateField(label=_("Date of the text"))

    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in super().columns().items() if name not in self.TEXT}

    def text_columns(self) -> dict[str, Any]:
        """The columns of the first version."""
        return {name: value for name, value in super().columns().items() if name in self.TEXT}


class InstrumentEdit(InstrumentForm, ReasonedEdit):
    pass


class VersionForm(RowForm):
    """The text of a version. With ``replaced`` a date before that version's is for the workflow to refuse."""

    partial = ("adopted_on",)

    label_de = forms.CharField(
        label=_("Name of the version"),
        help_text=_("For instance: Fassung von 2022. Left empty, it is called by its date."),
        max_length=200,
        required=False,
    )
    label_en = forms.CharField(label=_("Name of the version in English"), max_length=200, required=False)
    adopted_on = PartialDateField(label=_("Date of the text"))
    text_source = forms.CharField(
        label=_("Source of the text"),
        help_text=_("Where the text can be read: an address or a document."),
        max_length=500,
        required=False,
    )
    note_de = forms.CharField(label=_("Note on the version"), widget=text_area(3), required=False)
    note_en = forms.CharField(label=_("Note on the version in English"), widget=text_area(3), required=False)

    @classmethod
    def initial_of(cls, row: models.Model) -> dict[str, Any]:
        return super().initial_of(row) | {"text_source": getattr(row, "source", "")}

    def columns(self) -> dict[str, Any]:
        found = super().columns()
        return {"source" if name == "text_source" else name: value for name, value in found.items()}


class VersionEdit(VersionForm, ReasonedEdit):
    pass


class LinesField(forms.CharField):
    """Provisions, one a line: "Art. 1 | Überschrift | Heading"."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", text_area(14))
        super().__init__(max_length=60_000, **options)

    def to_python(self, value: Any) -> list[catalogue.Line]:  # type: ignore[override] # lines, not a text
        written = str(super().to_python(value) or "")
        return [self._line(line) for line in written.splitlines() if line.strip()]

    @staticmethod
    def _line(written: str) -> catalogue.Line:
        parts = [" ".join(part.split()) for part in written.split("|")]
        return catalogue.Line(*[*parts, "", ""][:3])

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """How long the text is was checked by ``clean`` on what was typed, not on the lines."""

    def clean(self, value: Any) -> list[catalogue.Line]:
        if len(str(value or "")) > (self.max_length or 0):
            raise ValidationError(_("The list is too long. Enter it in two parts."))
        if "\x00" in str(value or ""):
            raise ValidationError(_("The text holds a character that cannot be printed."))
        lines: list[catalogue.Line] = super().clean(value)
        if len(lines) > MOST_LINES:
            raise ValidationError(_("Enter at most %(most)s provisions at once.") % {"most": MOST_LINES})
        for position, line in enumerate(lines, 1):
            if max(len(line.title_de), len(line.title_en)) > LONGEST_HEADING:
                raise ValidationError(_("Line %(line)s: a heading has at most 400 characters.") % {"line": position})
        return lines

    @staticmethod
    def written(provisions: Iterable[Provision]) -> str:
        """Provisions as they stand in the field."""
        lines = ([row.number, row.title_de, row.title_en] for row in provisions)
        return "\n".join(" | ".join(line).rstrip(" |") for line in lines)


class LinesForm(forms.Form):
    """Several provisions at once. ``taken``: the numbers that the version has already."""

    lines = LinesField(
        label=_("Provisions, one a line"),
        help_text=_("Number | heading | heading in English. For instance: Art. 31 | Klimawandel | Climate change"),
        error_messages={"required": _("Enter at least one provision.")},
    )
    were_read = forms.BooleanField(
        label=_("Numbers and headings were read in the text itself"),
        help_text=_("Otherwise they are marked as not proved."),
        required=False,
    )

    def __init__(self, *args: Any, taken: Iterable[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.taken = list(taken)

    def clean_lines(self) -> list[catalogue.Line]:
        lines: list[catalogue.Line] = self.cleaned_data["lines"]
        if problems := catalogue.wrong_lines(lines, self.taken):
            raise ValidationError(problems)
        return lines


class NewVersionForm(LinesForm, VersionForm):
    """An amended text with its provisions, which may also be entered later."""

    lines = LinesField(
        label=_("Provisions, one a line"),
        help_text=_(
            "Number | heading | heading in English. The provisions of the older version stand here as a proposal: "
            "change, add or delete lines as the new text has them."
        ),
        required=False,
    )

    field_order = ("label_de", "label_en", "adopted_on", "text_source", "note_de", "note_en", "lines", "were_read")

    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in super().columns().items() if name not in ("lines", "were_read")}


class ProvisionForm(RowForm):
    number = forms.CharField(
        label=_("Number"),
        help_text=_("As it stands in the text, for instance: Art. 31."),
        max_length=40,
        error_messages={"required": _("Enter the number of the provision.")},
    )
    order = forms.IntegerField(label=_("Place in the list"), min_value=0, max_value=32_767)
    title_de = forms.CharField(label=_("Heading"), max_length=400, required=False)
    title_en = forms.CharField(label=_("Heading in English"), max_length=400, required=False)
    text_de = forms.CharField(label=_("Text"), widget=text_area(8), required=False)
    text_en = forms.CharField(label=_("Text in English"), widget=text_area(8), required=False)
    municipal_relevance = forms.ChoiceField(
        label=_("Weight for a city"), required=False, choices=[("", _("not judged yet")), *Relevance.choices]
    )
    verified = YesNoField(
        label=_("Number and heading were read in the text itself"),
        error_messages={"required": _("Say whether number and heading were read in the text itself.")},
    )
    note = forms.CharField(label=_("Note"), widget=text_area(3), required=False)

    def clean_number(self) -> str:
        return " ".join(self.cleaned_data["number"].split())


class ProvisionEdit(ProvisionForm, ReasonedEdit):
    pass


class KinshipForm(RowForm):
    """How one provision relates to another. The relation reads from the page's provision to the one that is chosen."""

    relation = forms.ChoiceField(
        label=_("How the two belong together"),
        choices=Relation.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the two belong together.")},
    )
    note = forms.CharField(
        label=_("Reason for the link"),
        widget=text_area(2),
        max_length=2000,
        required=False,
        help_text=_("For instance: same right, with children named; or: mapped by number only."),
    )


class NewKinshipForm(KinshipForm):
    """Which provision, by typing; the hits are chosen by their id."""

    field_order = ("target", "relation", "note")

    q = forms.CharField(
        label=_("Number, short name or word"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    target = forms.IntegerField(
        label=_("The other provision"),
        min_value=1,
        max_value=2**31,
        error_messages={
            "required": _("Choose a provision from the hits."),
            "invalid": _("Choose a provision from the hits."),
        },
    )


class KinshipEdit(KinshipForm, ReasonedEdit):
    field_order = ("relation", "note", "reason")


class ByNumberForm(forms.Form):
    """Maps what has the same number in both versions."""

    note = forms.CharField(label=_("Reason for the links"), widget=text_area(2), max_length=2000)
