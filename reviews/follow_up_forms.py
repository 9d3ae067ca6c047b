"""What is filled in about a promise: how far its unit is, with what shows it, and the officer's new day."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from commitments.forms import day_input, limit_texts
from commitments.forms.evidence import AddressField, UploadField
from commitments.models import Evidence, EvidenceKind, Protection
from commitments.workflow.evidence import Given
from reviews.forms import lines
from reviews.models import ReportKind
from reviews.workflow.follow_ups import Report


class ReportForm(forms.Form):
    """What a unit says on its promise; evidence is chosen among what stands in the register, or added."""

    kind = forms.ChoiceField(
        label=_("How far is it?"),
        choices=[(ReportKind.PROGRESS, _("We are working on it")), (ReportKind.DONE, _("It is done"))],
        initial=ReportKind.PROGRESS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether it is done.")},
    )
    text_de = forms.CharField(
        label=_("What has happened?"),
        help_text=_("Two or three sentences. The human-rights officer reads them and decides what came of it."),
        widget=lines(4),
        error_messages={"required": _("Say in one or two sentences how far it is.")},
    )
    evidence = forms.ChoiceField(label=_("Evidence that stands in the register"), required=False)
    file = UploadField(
        label=_("Or a file"),
        help_text=_("PDF, Office file without macros (docx, xlsx, pptx, odt, ods, odp) or picture; at most 25 MB."),
        required=False,
    )
    url = AddressField(label=_("Or the address of a page"), required=False)
    title = forms.CharField(
        label=_("Title of the file or page"),
        help_text=_("Left empty, a file is called as it is."),
        max_length=300,
        required=False,
    )
    protection = forms.ChoiceField(label=_("Protection class"), required=False)

    def __init__(self, *args: Any, known: Sequence[Evidence], classes: Iterable[Protection], **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        self._known = {str(row.pk): row for row in known}
        self._choices("evidence", [("", _("No evidence")), *((pk, row.title) for pk, row in self._known.items())])
        self._choices("protection", [(each.value, each.label) for each in classes])

    def _choices(self, name: str, choices: Iterable[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = [name for name in ("evidence", "file", "url") if cleaned.get(name)]
        if len(given) > 1:
            self.add_error(given[-1], _("Choose one: evidence of the register, a file, or an address."))
        if cleaned.get("url") and not cleaned.get("title"):
            self.add_error("title", ValidationError(_("Give it a title that others understand.")))
        if cleaned.get("file") is not None and not (cleaned.get("title") or cleaned["file"].stem):
            self.add_error("title", ValidationError(_("Give it a title that others understand.")))
        return cleaned

    def said(self) -> Report:
        data = self.cleaned_data
        given = None
        if data["file"] is not None or data["url"]:
            kind = EvidenceKind.FILE if data["file"] is not None else EvidenceKind.LINK
            protection = data["protection"] or self.fields["protection"].initial or Protection.INTERNAL
            given = Given(kind, data["title"], protection, url=data["url"], received=data["file"])
        return Report(
            ReportKind(data["kind"]), data["text_de"], evidence=self._known.get(data["evidence"]), given=given
        )


class PutOffForm(forms.Form):
    """The new day of a promise that stays open, and why."""

    due_on = forms.DateField(
        label=_("New day"), widget=day_input(), error_messages={"required": _("Choose the day until which it is due.")}
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The unit reads it."),
        widget=lines(3),
        max_length=2000,
        error_messages={"required": _("Give the reason in one or two sentences.")},
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
