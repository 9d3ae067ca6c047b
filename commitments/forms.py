"""Shape and wording of what people type into the register. Whatever must hold for a row, the row says itself."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments import texts
from commitments.dates import PartialDate, get_partial
from commitments.models import (
    Commitment,
    Competence,
    Contribution,
    EngagementKind,
    EngagementStatus,
    FieldOfAction,
    GapCode,
    Instrument,
    InstrumentKind,
    Measure,
    MeasureStatus,
    OrganisationalUnit,
    Protection,
)

ALL = pgettext_lazy("filter", "All")
STATUS = pgettext_lazy("measure", "Status")
LONGEST_LINE, LONGEST_TEXT = 300, 20_000
YES_OR_NO = (("", ALL), ("yes", _("Yes")), ("no", _("No")))


def with_all(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return [("", ALL), *choices]


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def limit_texts(form: forms.BaseForm) -> None:
    """What is pasted by mistake does not become a title; fields with a limit of their own keep it."""
    for field in form.fields.values():
        if isinstance(field, forms.CharField) and field.max_length is None:
            most = LONGEST_TEXT if isinstance(field.widget, forms.Textarea) else LONGEST_LINE
            sentence = _("Shorten this to %(limit_value)s characters; it has %(show_value)s.")
            field.validators = [*field.validators, MaxLengthValidator(most, sentence)]


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def add_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Put what the workflow refused beside the field it concerns, else on top of the form."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, errors in by_field.items():
        form.add_error(name if name in form.fields else None, ValidationError(errors))


class PartialDateField(forms.CharField):
    """A day, month or year as people write it: "2022", "11.2022", "28.11.2022", or as computers do."""

    GERMAN = re.compile(r"(?:(\d{1,2})\.\s*)?(\d{1,2})\.\s*(\d{4})")

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("As exactly as it is known: 28.11.2022, 11.2022 or 2022."))
        super().__init__(required=False, max_length=20, **options)

    def to_python(self, value: Any) -> str | None:
        """The date as ``commitments.dates`` writes it."""
        written = (super().to_python(value) or "").strip()
        if not written:
            return None
        known = written
        if match := self.GERMAN.fullmatch(written):
            day, month, year = match.groups()
            known = "-".join(filter(None, (year, month.zfill(2), day and day.zfill(2))))
        try:
            return str(PartialDate.parse(known))
        except ValidationError as error:
            sentence = _("There is no date “%(value)s”. Write it like 28.11.2022, 11.2022 or 2022.")
            raise ValidationError(sentence, params={"value": written}) from error

    @staticmethod
    def written(obj: Any, name: str) -> str:
        """The pair of columns as it stands in the form: "28.11.2022"."""
        known = get_partial(obj, name)
        return ".".join(reversed(known.split("-"))) if known else ""


class PartialDates(forms.Form):
    """A form with dates that may be known to the year or month only; ``partial`` names them."""

    partial: tuple[str, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)

    def columns(self) -> dict[str, Any]:
        """What was entered, by column of the row."""
        found = {name: value for name, value in self.cleaned_data.items() if name not in self.partial}
        for name in self.partial:
            known = PartialDate.parse(self.cleaned_data[name]) if self.cleaned_data.get(name) else None
            found[name] = known.first if known else None
            found[f"{name}_precision"] = known.precision if known else "day"
        return found


class ReasonedEdit(PartialDates):
    """A change of a row: it says why, and remembers which state of the row was seen."""

    NOT_COLUMNS = ("reason", "seen", "spelling_only")

    reason = forms.CharField(
        label=_("Why do you change this?"),
        help_text=_("One sentence. It stays in the history for good, with your role and the date."),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why you change this.")},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in super().columns().items() if name not in self.NOT_COLUMNS}


class MeasureForm(ReasonedEdit):
    partial = ("starts_on", "ends_on")
    field_order = (
        "title_de",
        "title_en",
        "description_de",
        "description_en",
        "status",
        "status_reason_de",
        "status_reason_en",
        "starts_on",
        "ends_on",
        "field",
        "protection",
        "note_de",
        "note_en",
        "spelling_only",
        "reason",
    )

    title_de = forms.CharField(
        label=_("Title"), max_length=300, error_messages={"required": _("Give the measure a title.")}
    )
    title_en = forms.CharField(label=_("Title in English"), max_length=300, required=False)
    description_de = forms.CharField(label=_("Description"), widget=text_area(5), required=False)
    description_en = forms.CharField(label=_("Description in English"), widget=text_area(5), required=False)
    status = forms.ChoiceField(label=STATUS, choices=MeasureStatus.choices)
    status_reason_de = forms.CharField(
        label=_("Reason for the status"),
        help_text=_("Needed where the measure is suspended, discontinued, or decided and not funded."),
        widget=text_area(2),
        required=False,
    )
    status_reason_en = forms.CharField(label=_("Reason for the status in English"), widget=text_area(2), required=False)
    starts_on = PartialDateField(label=_("Begin"))
    ends_on = PartialDateField(label=_("End"))
    field = forms.ChoiceField(label=_("Field of action"), choices=FieldOfAction.choices)
    protection = forms.ChoiceField(label=_("Protection class"), choices=Protection.choices)
    note_de = forms.CharField(label=_("Note"), widget=text_area(3), required=False)
    note_en = forms.CharField(label=_("Note in English"), widget=text_area(3), required=False)
    spelling_only = forms.BooleanField(
        label=_("Spelling only: what the units have confirmed stays confirmed"),
        help_text=_("Any other change makes the answers of the running cycle void; the units are asked again."),
        required=False,
    )

    @classmethod
    def initial_of(cls, measure: Measure, seen: int) -> dict[str, Any]:
        found = {name: getattr(measure, name) for name in cls.base_fields if hasattr(measure, name)}
        dates = {name: PartialDateField.written(measure, name) for name in cls.partial}
        return found | dates | {"seen": seen}


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

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("due_on") and not data.get("next_step"):
            self.add_error("next_step", _("Say what is to be done by that date."))
        return data


class AsOfForm(forms.Form):
    """So wie am …: asks for the state on a day (rule 13)."""

    on = forms.DateField(label=_("As it stood on"), widget=day_input(), error_messages={"required": _("Choose a day.")})

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        self.fields["on"].widget.attrs["max"] = today.isoformat()

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day > self.today:
            raise ValidationError(_("This day lies in the future. Choose today or an earlier day."))
        return day


# Filters: by GET, so that an address says what is shown


class Filter(forms.Form):
    """A filter keeps what can be read of the address and leaves out the rest."""

    q = forms.CharField(
        label=_("Keyword"), required=False, max_length=120, widget=forms.TextInput(attrs={"type": "search"})
    )

    def chosen(self) -> dict[str, Any]:
        """The values that hold; a value nobody can choose is as good as none."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def summary(self) -> str:
        """What is filtered, in words."""
        return ", ".join(self.word(name) for name in self.chosen() if name != "sort")

    def word(self, name: str) -> str:
        """One of the values that hold, in words."""
        form_field, value = self.fields[name], self.chosen()[name]
        if isinstance(form_field, forms.ModelChoiceField):
            return form_field.label_from_instance(value)
        if isinstance(form_field, forms.ChoiceField):
            label = str(dict(form_field.widget.choices).get(value, value))
            return f"{form_field.label}: {label}" if value in ("yes", "no") else label
        return f"„{value}“" if texts.reader_language() == "de" else f"“{value}”"


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    """One of the units, by key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            OrganisationalUnit.objects.order_by("name_de"),
            label=_("Unit"),
            required=False,
            to_field_name="key",
            empty_label=ALL,
            **options,
        )

    def label_from_instance(self, obj: Any) -> str:
        return texts.localized(obj, "name")


class InstrumentField(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    """One of the instruments, by key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            Instrument.objects.order_by("order", "key"),
            label=_("Instrument"),
            required=False,
            to_field_name="key",
            empty_label=ALL,
            **options,
        )

    def label_from_instance(self, obj: Any) -> str:
        return texts.localized(obj, "short")


def article_choices() -> list[tuple[str, str]]:
    return [(str(number), f"{number} {texts.article_label(number)}".replace("\u00ad", "")) for number in range(1, 31)]


class InstrumentFilter(Filter):
    field_order = ("q", "kind", "binding", "adopted")

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=with_all(InstrumentKind.choices))
    binding = forms.ChoiceField(label=_("Legally binding"), required=False, choices=YES_OR_NO)
    adopted = forms.ChoiceField(label=_("Adopted by the city"), required=False, choices=YES_OR_NO)


class CommitmentFilter(Filter):
    field_order = ("q", "instrument", "article", "competence", "unit", "sort")

    instrument = InstrumentField()
    article = forms.ChoiceField(label=_("Article of the Declaration"), required=False, choices=[])
    competence = forms.ChoiceField(label=_("Competence"), required=False, choices=with_all(Competence.choices))
    unit = UnitField()
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=(
            ("", _("Reference")),
            ("title", _("Title")),
            ("unit", _("Unit in charge")),
            ("fewest", _("Fewest measures")),
            ("most", _("Most measures")),
        ),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["article"].choices = with_all(article_choices())  # type: ignore[attr-defined]


class MeasureFilter(Filter):
    field_order = ("q", "field", "status", "unit", "kind", "article", "sort")

    field = forms.ChoiceField(label=_("Field of action"), required=False, choices=with_all(FieldOfAction.choices))
    status = forms.ChoiceField(label=STATUS, required=False, choices=with_all(MeasureStatus.choices))
    unit = UnitField()
    kind = forms.ChoiceField(
        label=_("Happens in"),
        required=False,
        choices=with_all([*EngagementKind.choices, ("none", _("Nothing else"))]),
    )
    article = forms.ChoiceField(label=_("Article of the Declaration"), required=False, choices=[])
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=(
            ("", _("Reference")),
            ("title", _("Title")),
            ("begin", _("Begin, newest first")),
            ("status", _("Status")),
        ),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["article"].choices = with_all(article_choices())  # type: ignore[attr-defined]


class EngagementFilter(Filter):
    field_order = ("q", "status", "unit", "kind")

    status = forms.ChoiceField(label=STATUS, required=False, choices=with_all(EngagementStatus.choices))
    unit = UnitField()
    kind = forms.ChoiceField(required=False, choices=with_all(EngagementKind.choices), widget=forms.HiddenInput)


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
