"""What is said where content is erased or a person leaves."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms import limit_texts
from commitments.forms.people import reason
from commitments.models import Ground


class ErasureForm(forms.Form):
    """Which columns of a row are erased, on which ground and why."""

    columns = forms.MultipleChoiceField(
        label=_("What is erased"),
        help_text=_(
            "In the entry as it stands now and in every earlier state of it. Choose both languages where both say it."
        ),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one column."),
            "invalid_choice": _("One of these columns holds nothing that could be erased. Choose again."),
        },
    )
    ground = forms.ChoiceField(
        label=_("Legal ground (GDPR, Article 17 (1))"),
        choices=Ground.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the legal ground.")},
    )
    reason = reason(_("Say in one sentence why this is erased."))

    def __init__(self, *args: Any, columns: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        self.fields["columns"].choices = list(columns)  # type: ignore[attr-defined]
        self.fields["reason"].help_text = _("One sentence without names and without quotes: the reason stays for good.")


class DropForm(forms.Form):
    """Why nothing is erased."""

    reason = reason(_("Say in one sentence why nothing is erased."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)


class LeavingForm(forms.Form):
    """Why a person is pseudonymised."""

    reason = reason(_("Say in one sentence why, for instance that the person has left the administration."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
        self.fields["reason"].help_text = _("One sentence without the name: the reason stays for good.")
