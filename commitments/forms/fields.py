"""What all forms of the register share: fields, limits, and where a refusal is shown."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments.dates import PartialDate, get_partial

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

    def see(self, seen: int) -> None:
        """From now on the row counts as seen in a later state: whoever saves again has been told of it."""
        data = self.data.copy()  # type: ignore[attr-defined] # a request's, which can be copied
        data["seen"] = str(seen)
        self.data = data

    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in super().columns().items() if name not in self.NOT_COLUMNS}


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
