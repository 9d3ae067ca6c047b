"""The file that a unit brings back, and what somebody decides of it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments.forms.exchange import TableFile
from reviews.exchange.running import FILE, LARGEST, NOW

SUFFIXES = (".xlsx", ".csv")


class AnswerFile(TableFile):
    too_large = _("This file is larger than %(limit)s MB, and no file of answers is. Choose the one you took out.")


class AnswerFileForm(forms.Form):
    """One file."""

    file = AnswerFile(
        suffixes=SUFFIXES,
        most=LARGEST,
        label=_("The file you filled in"),
        help_text=_("XLSX or CSV. Nothing is written before you have seen what it would do."),
        error_messages={"required": _("Choose a file.")},
    )


def choices_of(data: Any) -> dict[int, str]:
    """What was decided of each conflict, by request; nonsense decides nothing."""
    found = {}
    for name, value in data.items():
        prefix, _dash, pk = name.partition("choice-")
        if not prefix and pk.isascii() and pk.isdigit() and len(pk) < 19 and value in (FILE, NOW):
            found[int(pk)] = value
    return found
