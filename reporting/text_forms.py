"""What is typed into a text of the report."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from commitments.forms.fields import text_area
from reporting.workflow.texts import COLUMNS, LONGEST_TEXT, LONGEST_TITLE, UNPRINTABLE, Place, Writing

TOO_LONG = _("Shorten this to %(limit_value)s characters; it has %(show_value)s.")


def _printable(value: str) -> None:
    if UNPRINTABLE.search(value):
        raise ValidationError(
            _("This text holds control characters that cannot be printed. Paste it again as plain text.")
        )


class Wording(forms.CharField):
    """A text in one language; it may be left empty. Spaces and line ends inside stay as they are."""

    def __init__(self, longest: int, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.validators = [MaxLengthValidator(longest, TOO_LONG), _printable]


class ReportTextForm(forms.Form):
    """Title and text in both languages, as far as the place has them, and why they are written."""

    title_de = Wording(LONGEST_TITLE)
    title_en = Wording(LONGEST_TITLE)
    text_de = Wording(
        LONGEST_TEXT,
        label=_("Text in German"),
        widget=text_area(16),
        help_text=_("Paragraphs are parted by an empty line; **bold**, *italic*, lists with “- ”, headings with “# ”."),
    )
    text_en = Wording(
        LONGEST_TEXT,
        label=_("Text in English"),
        widget=text_area(16),
        help_text=_("Where it is missing, the English edition prints the German text and says so."),
    )
    reason = forms.CharField(
        label=_("Why do you write this?"),
        help_text=_("One sentence. It stays in the history for good, with your role and the date."),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why you change this.")},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, place: Place, **options: Any) -> None:
        super().__init__(*args, **options)
        if place.title:
            for name, label in (("title_de", _("%(name)s in German")), ("title_en", _("%(name)s in English"))):
                self.fields[name].label = label % {"name": place.title}
        left_out = [] if place.title else ["title_de", "title_en"]
        for name in left_out + ([] if place.has_text else ["text_de", "text_en"]):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Whoever only looks at it need not say why."""
        if "preview" in self.data and "reason" in self.errors:
            del self.errors["reason"]
        return super().clean() or self.cleaned_data

    def writing(self) -> Writing:
        said = self.cleaned_data
        return Writing({name: said[name] for name in COLUMNS if name in said}, said["reason"], said["seen"])

    def see(self, seen: int) -> None:
        """From now on the text counts as seen in a later state: whoever saves again has been told of it."""
        data = self.data.copy()  # type: ignore[attr-defined] # a request's, which can be copied
        data["seen"] = str(seen)
        self.data = data
