"""What people type about recommendations, and how their list is filtered."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from commitments.forms.fields import (
    PartialDateField,
    PartialDates,
    ReasonedEdit,
    day_input,
    limit_texts,
    text_area,
    with_all,
)
from commitments.forms.filters import Filter, article_choices
from commitments.models import Recommendation, RecommendationResponse, RecommendationSource

MOST_LINES, LONGEST_LINE = 60, 200

GIVEN, MISSING = "given", "missing"


class LinesField(forms.CharField):
    """A list of words or short phrases, one a line."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("One per line."))
        options.setdefault("widget", text_area(4))
        super().__init__(required=False, max_length=10_000, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines without blanks around them, each once, in their order."""
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))
        if len(value) > MOST_LINES:
            raise ValidationError(_("At most %(most)s lines."), params={"most": MOST_LINES})
        for line in value:
            if len(line) > LONGEST_LINE:
                raise ValidationError(
                    _("A line has at most %(most)s characters; “%(start)s…” is longer."),
                    params={"most": LONGEST_LINE, "start": line[:40]},
                )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


class RecommendationForm(PartialDates):
    """A recommendation entered by hand."""

    partial = ("made_on",)

    source = forms.ChoiceField(label=_("Who recommends it"), choices=RecommendationSource.choices)
    body = forms.CharField(
        label=_("Body"),
        help_text=_("For instance the committee or the council of the city."),
        max_length=200,
        required=False,
    )
    document = forms.CharField(
        label=_("Document"), help_text=_("Symbol or number of the paper."), max_length=120, required=False
    )
    url = forms.URLField(label=_("Address of the document"), max_length=500, required=False, assume_scheme="https")
    made_on = PartialDateField(label=_("Made on"))
    text_de = forms.CharField(label=_("Text"), widget=text_area(6), required=False)
    text_en = forms.CharField(label=_("Text in English"), widget=text_area(6), required=False)
    themes = LinesField(label=_("Themes"))
    concerned_groups = LinesField(label=_("People concerned"))
    sdgs = LinesField(label=_("Sustainable development goals"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("text_de") and not data.get("text_en") and not {"text_de", "text_en"} & set(self.errors):
            self.add_error("text_de", _("Enter the text of the recommendation."))
        return data


class RecommendationEdit(RecommendationForm, ReasonedEdit):
    """A change of a recommendation, with its reason."""

    field_order = (*RecommendationForm.base_fields, "reason")

    @classmethod
    def initial_of(cls, row: Recommendation, seen: int) -> dict[str, Any]:
        found = {name: getattr(row, name) for name in cls.base_fields if hasattr(row, name)}
        return found | {"made_on": PartialDateField.written(row, "made_on"), "seen": seen}


class ResponseForm(forms.Form):
    """What the city answers to a recommendation."""

    response = forms.ChoiceField(
        label=_("Response of the city"),
        choices=RecommendationResponse.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the city answers.")},
    )
    response_note_de = forms.CharField(
        label=_("Reason for the response"),
        help_text=_("Needed for every response except “Supported”."),
        widget=text_area(4),
        max_length=4000,
        required=False,
    )
    response_note_en = forms.CharField(
        label=_("Reason for the response in English"), widget=text_area(4), max_length=4000, required=False
    )
    responded_on = forms.DateField(
        label=_("Answered on"), help_text=_("Empty: today."), widget=day_input(), required=False
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def initial_of(cls, row: Recommendation, seen: int) -> dict[str, Any]:
        return {name: getattr(row, name, None) for name in cls.base_fields} | {"seen": seen}


class UnlinkForm(forms.Form):
    """Why a link ends."""

    reason = forms.CharField(
        label=_("Why does this link end?"),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why this link ends.")},
    )


class LinkSearch(forms.Form):
    """What to link a recommendation to."""

    q = forms.CharField(
        label=_("Keyword, article or number"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)


class RecommendationFilter(Filter):
    field_order = ("q", "source", "body", "response", "theme", "article", "year", "sort")

    source = forms.ChoiceField(
        label=_("Who recommends it"), required=False, choices=with_all(RecommendationSource.choices)
    )
    body = forms.ChoiceField(label=_("Body"), required=False, choices=[])
    response = forms.ChoiceField(
        label=_("Response of the city"),
        required=False,
        choices=with_all(
            [(MISSING, _("No response yet")), (GIVEN, _("Any response")), *RecommendationResponse.choices]
        ),
    )
    theme = forms.ChoiceField(label=_("Theme"), required=False, choices=[])
    article = forms.ChoiceField(label=_("Article of the Declaration"), required=False, choices=[])
    year = forms.ChoiceField(label=_("Year"), required=False, choices=[])
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=(
            ("", _("Newest first")),
            ("oldest", _("Oldest first")),
            ("body", _("Body")),
            ("document", _("Document")),
            ("open", _("Without response first")),
        ),
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, found: Mapping[str, list[str]], **options: Any
    ) -> None:
        """``found`` are the bodies, themes and years that there are."""
        super().__init__(data, **options)
        for name in ("body", "theme", "year"):
            self.fields[name].choices = with_all([(value, value) for value in found[name]])  # type: ignore[attr-defined]
        self.fields["article"].choices = with_all(article_choices())  # type: ignore[attr-defined]
