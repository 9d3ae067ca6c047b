"""Which sheet is wanted: what it is about, in which language, as which kind of file."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reporting.sheets.drawing import Order
from reporting.sheets.source import Kind, Subject
from reporting.templatetags.paper import plain

LANGUAGES = (("de", "Deutsch"), ("en", "English"))


class SheetForm(forms.Form):
    """One kind's form; without subjects there is nothing to choose but language and file."""

    subject = forms.ChoiceField(label="", required=False)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    form = forms.ChoiceField(
        label=_("File"), choices=(("pdf", _("PDF, to read and to print")), ("xlsx", _("XLSX, a table")))
    )

    def __init__(self, kind: Kind, subjects: Sequence[Subject], data: Any = None, *, language: str = "de") -> None:
        super().__init__(data, auto_id=f"{kind.key}-%s", initial={"language": language})
        self.kind = kind
        if kind.subjects is None:
            del self.fields["subject"]
        else:
            field = self.fields["subject"]
            assert isinstance(field, forms.ChoiceField)
            field.label = str(kind.subject_label)
            field.choices = [(row.key, _named(row)) for row in subjects]
        if kind.table is None:
            del self.fields["form"]

    @property
    def has_nothing(self) -> bool:
        """Whether there is no subject to choose from."""
        field = self.fields.get("subject")
        return isinstance(field, forms.ChoiceField) and not field.choices

    def order(self) -> Order:
        said = self.cleaned_data
        return Order(self.kind.key, said.get("subject", ""), said["language"], said.get("form", "pdf"))


def _named(row: Subject) -> str:
    return f"{row.mark} {plain(row.name)}" if row.mark else plain(row.name)
