"""What people type about evidence."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from commitments import filetypes, uploads
from commitments.forms.fields import ReasonedEdit, day_input, limit_texts, text_area
from commitments.models import Evidence, EvidenceKind, Protection

ACCEPTED = ",".join(f".{ending}" for endings in filetypes.ENDINGS.values() for ending in endings)
NOT_AN_ADDRESS = _("This is not an address of a page. It begins with https:// or http://.")


class AddressField(forms.CharField):
    """The address of a page: https or http, and nothing that a browser would run."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=500, widget=forms.URLInput(attrs={"placeholder": "https://"}), **options)
        self.validators.append(URLValidator(schemes=["http", "https"], message=NOT_AN_ADDRESS))

    def to_python(self, value: Any) -> str:
        written = str(super().to_python(value) or "")
        return f"https://{written}" if written.startswith("www.") else written


class UploadField(forms.FileField):
    """A file that was looked at; the cleaned value is what was received."""

    widget = forms.FileInput(attrs={"accept": ACCEPTED})

    def to_python(self, data: Any) -> Any:
        return None if data in self.empty_values else uploads.received(data)


class EvidenceFields(forms.Form):
    """What every kind of evidence has; the classes on offer are those that its owner allows."""

    title = forms.CharField(
        label=_("Title"), max_length=300, error_messages={"required": _("Give it a title that others understand.")}
    )
    protection = forms.ChoiceField(
        label=_("Protection class"),
        help_text=_(
            "At least as strict as what it belongs to. Protected: only people with a right of their own see it."
        ),
        choices=Protection.choices,
    )
    expires_on = forms.DateField(
        label=_("Valid until"),
        help_text=_("For certificates, decisions and the like. After that day it is shown as expired."),
        widget=day_input(),
        required=False,
    )

    def __init__(self, *args: Any, classes: Iterable[Protection], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["protection"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.value, each.label) for each in classes]
        limit_texts(self)


class FileForm(EvidenceFields):
    field_order = ("file", "title")
    kind = EvidenceKind.FILE

    file = UploadField(
        label=_("File"),
        help_text=_("PDF, Office file without macros (docx, xlsx, pptx, odt, ods, odp) or picture; at most 25 MB."),
        error_messages={"required": _("Choose a file."), "missing": _("Choose a file.")},
    )
    title = forms.CharField(
        label=_("Title"), help_text=_("Left empty, it is called like the file."), max_length=300, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        found = data.get("file")
        if found is not None and not data.get("title") and not found.stem:
            self.add_error("title", ValidationError(_("Give it a title that others understand.")))
        return data


class LinkForm(EvidenceFields):
    field_order = ("url", "title")
    kind = EvidenceKind.LINK

    url = AddressField(label=_("Address"), error_messages={"required": _("Give the address of the page.")})


class PaperForm(EvidenceFields):
    field_order = ("reference", "title", "url")
    kind = EvidenceKind.COUNCIL_PAPER

    reference = forms.CharField(
        label=_("Number of the council paper"),
        max_length=120,
        error_messages={"required": _("Give the number of the council paper.")},
    )
    url = AddressField(
        label=_("Address"), help_text=_("Where it stands in the council information system."), required=False
    )


FORMS: dict[str, type[FileForm | LinkForm | PaperForm]] = {
    form.kind.value: form for form in (FileForm, LinkForm, PaperForm)
}
"""The form of each kind, by its code."""


class EvidenceEdit(EvidenceFields, ReasonedEdit):
    """A change of what is said about a piece of evidence; a file's content is replaced, not changed."""

    field_order = ("title", "reference", "url", "protection", "expires_on", "reason")

    reference = PaperForm.base_fields["reference"]
    url = AddressField(label=_("Address"), required=False)

    def __init__(self, *args: Any, row: Evidence, **options: Any) -> None:
        super().__init__(*args, **options)
        if row.kind != EvidenceKind.COUNCIL_PAPER:
            del self.fields["reference"]
        if row.kind == EvidenceKind.FILE:
            del self.fields["url"]
        elif row.kind == EvidenceKind.LINK:
            self.fields["url"].required = True

    @classmethod
    def initial_of(cls, row: Evidence, seen: int) -> dict[str, Any]:
        return {name: getattr(row, name) for name in cls.base_fields if hasattr(row, name)} | {"seen": seen}


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is this withdrawn?"),
        help_text=_("One sentence. It stays in the history for good, with your role and the date."),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why this is withdrawn.")},
    )
