"""The numbers and keys that the system gives: the next free ``M-007``, and a key made of a title."""

import re
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Length
from django.utils.text import slugify

GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
LONGEST_KEY = 80
DIGITS = 3
TRIES = 25


def next_reference(model: type[models.Model], letter: str) -> str:
    """The number after the highest one given so far, as long as that one is: M-012, M-1000."""
    given = model._default_manager.filter(reference__regex=rf"^{letter}-[0-9]+$")
    last = given.annotate(length=Length("reference")).order_by("-length", "-reference")
    highest = last.values_list("reference", flat=True).first()
    digits = highest.partition("-")[2] if highest else "0"
    return f"{letter}-{str(int(digits) + 1).zfill(max(DIGITS, len(digits)))}"


def key_from(model: type[models.Model], title: str) -> str:
    """A key that reads like the title and that no other row has."""
    word = slugify(title.translate(GERMAN))[: LONGEST_KEY - 6].strip("-") or "entry"
    taken = set(model._default_manager.filter(key__startswith=word).values_list("key", flat=True))
    if word not in taken:
        return word
    numbered = (f"{word}-{number}" for number in range(2, len(taken) + 3))
    return next(key for key in numbered if key not in taken)


def save_named(row: models.Model, letter: str, title: str, save: Callable[[], None]) -> None:
    """Give the row a key and a number, and save it; whoever was faster keeps theirs, and this row gets the next one.

    ``save`` must leave nothing behind where it fails, as ``commitments.ledger.save_as`` does.
    """
    model = type(row)
    for attempt in range(TRIES):
        row.reference = next_reference(model, letter)  # type: ignore[attr-defined]
        row.key = key_from(model, title)  # type: ignore[attr-defined]
        try:
            save()
        except ValidationError:
            if attempt == TRIES - 1 or not _is_taken(row):
                raise
        else:
            return


def _is_taken(row: models.Model) -> bool:
    """Whether somebody else has got the number or the key meanwhile."""
    same = models.Q(reference=row.reference) | models.Q(key=row.key)  # type: ignore[attr-defined]
    return type(row)._default_manager.filter(same).exists()


def is_reference(written: str, letter: str) -> bool:
    return re.fullmatch(rf"{letter}-[0-9]{{1,10}}", written) is not None
