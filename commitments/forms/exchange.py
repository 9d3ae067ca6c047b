"""What people give and say when they bring a file in."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from commitments import scanning
from commitments.forms.fields import limit_texts, text_area

LONGEST_NAME = 200


class TableFile(forms.FileField):
    """A file with a table, not larger than ``most`` bytes; what it holds is looked at later, in the background."""

    too_large: Any = _("This file is larger than %(limit)s MB. Divide it, or ask the administration to import it.")

    def __init__(self, *, suffixes: Iterable[str], most: int, **options: Any) -> None:
        self.suffixes, self.most = tuple(suffixes), most
        widget = forms.FileInput(attrs={"accept": ",".join(self.suffixes)})
        super().__init__(widget=widget, allow_empty_file=True, **options)

    def to_python(self, data: Any) -> Any:
        upload: Any = super().to_python(data)
        if upload is None:
            return None
        megabytes = self.most // (1024 * 1024)
        if not upload.size:
            raise ValidationError(_("This file is empty. Choose another one."))
        if upload.size > self.most:
            raise ValidationError(self.too_large % {"limit": megabytes})
        if suffix_of(upload) not in self.suffixes:
            kinds = ", ".join(self.suffixes)
            raise ValidationError(
                _("This is no file that can be read here. Choose one of: %(kinds)s.") % {"kinds": kinds}
            )
        if upload.file is not None:
            scanning.scan(upload.file)
        return upload


def suffix_of(upload: UploadedFile[Any]) -> str:
    return PurePosixPath((upload.name or "").replace("\\", "/")).suffix.lower()


def name_of(upload: UploadedFile[Any]) -> str:
    """The name that the file had where it came from, without folders and what cannot be printed."""
    name = PurePosixPath((upload.name or "").replace("\\", "/")).name
    return "".join(each for each in name if each.isprintable())[-LONGEST_NAME:]


class ImportForm(forms.Form):
    """One file."""

    def __init__(self, *args: Any, suffixes: Iterable[str], most: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["file"] = TableFile(
            suffixes=suffixes,
            most=most,
            label=_("File"),
            help_text=_("%(kinds)s, at most %(limit)s MB. Nothing is written before you have seen what would change.")
            % {"kinds": ", ".join(suffix.removeprefix(".").upper() for suffix in suffixes), "limit": most // 1024**2},
            error_messages={"required": _("Choose a file.")},
        )


class TakeOverForm(forms.Form):
    """Why a file is taken over; said once for all of its rows."""

    reason = forms.CharField(
        label=_("Why do you take these rows over?"),
        help_text=_("One sentence. It stays in the history of each row for good, with your role and the date."),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say in one sentence why you change this.")},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        limit_texts(self)
