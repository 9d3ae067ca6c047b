"""Choosing rows of the register, writing lists one entry a line, and fields that are read in groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from commitments import texts
from commitments.forms.fields import text_area
from commitments.models import Engagement, EngagementKind, OrganisationalUnit, User

LONGEST_ENTRY = 500
Choices = list[tuple[Any, Any]]


@dataclass(frozen=True)
class Group:
    """Fields of a form that are read together."""

    legend: str
    rows: list[list[forms.BoundField]]
    is_folded: bool = False

    @property
    def is_open(self) -> bool:
        """Folded fields are shown once one of them is filled in or wrong."""
        return not self.is_folded or any(field.errors or field.value() for row in self.rows for field in row)


def grouped(
    form: forms.BaseForm, groups: Sequence[tuple[Any, Sequence[str]]], folded: Iterable[Any] = ()
) -> list[Group]:
    """The fields that the form has, in these groups; "starts_on ends_on" stand beside one another."""
    folded = list(folded)
    found = []
    for legend, names in groups:
        rows = [[form[name] for name in row.split() if name in form.fields] for row in names]
        found.append(Group(legend, [row for row in rows if row], legend in folded))
    return [group for group in found if group.rows]


class OneOf(forms.TypedChoiceField):
    """One of some rows, which are offered by their key; none where the field may stay empty."""

    def __init__(self, *, unknown: Any, missing: Any = "", **options: Any) -> None:
        said = {"invalid_choice": unknown} | ({"required": missing} if missing else {})
        super().__init__(empty_value=None, error_messages=said, **options)

    def offer(self, rows: Mapping[str, Any], choices: Choices) -> None:
        nothing = _("Please choose") if self.required else pgettext("choice", "Nothing chosen")
        self.choices, self.coerce = [("", nothing), *choices], rows.__getitem__

    def prepare_value(self, value: Any) -> Any:
        return getattr(value, "key", value)


class SomeOf(forms.TypedMultipleChoiceField):
    """Some of some rows, each offered by its key."""

    def __init__(self, *, unknown: Any, **options: Any) -> None:
        options.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(
            required=False,
            empty_value=[],
            error_messages={"invalid_choice": unknown, "invalid_list": unknown},
            **options,
        )

    def offer(self, rows: Mapping[str, Any], choices: Choices) -> None:
        self.choices, self.coerce = choices, rows.__getitem__

    def prepare_value(self, value: Any) -> Any:
        return [getattr(each, "key", each) for each in value] if isinstance(value, list | tuple) else value


def unit_choices(units: Iterable[OrganisationalUnit], today: date) -> Choices:
    """Units by name; those that no longer exist, or not yet, in groups of their own with their dates."""
    now, gone, coming = [], [], []
    for unit in sorted(units, key=lambda each: texts.localized(each, "name").casefold()):
        name = texts.localized(unit, "name")
        if unit.valid_to and unit.valid_to < today:
            gone.append(
                (unit.key, _("%(unit)s (until %(day)s)") % {"unit": name, "day": texts.short_date(unit.valid_to)})
            )
        elif unit.valid_from and unit.valid_from > today:
            day = texts.short_date(unit.valid_from)
            coming.append((unit.key, _("%(unit)s (from %(day)s)") % {"unit": name, "day": day}))
        else:
            now.append((unit.key, name))
    groups = ((_("Units that no longer exist"), gone), (_("Units that do not exist yet"), coming))
    return [*now, *((label, rows) for label, rows in groups if rows)]


def engagements_of(user: User) -> dict[str, Engagement]:
    return {row.key: row for row in Engagement.objects.visible_to(user).order_by("kind", "name_de")}


def engagement_choices(rows: Iterable[Engagement]) -> Choices:
    """By kind: typing the first letters in the list finds the name."""
    found: dict[str, Choices] = {kind: [] for kind in EngagementKind.values}
    for row in sorted(rows, key=lambda each: texts.localized(each, "name").casefold()):
        found[row.kind].append((row.key, texts.localized(row, "name")))
    return [(str(EngagementKind(kind).label), choices) for kind, choices in found.items() if choices]


class LinesField(forms.CharField):
    """A list, one entry a line."""

    def __init__(self, *, rows: int = 3, **options: Any) -> None:
        options.setdefault("help_text", gettext_lazy("One on each line."))
        super().__init__(required=False, widget=text_area(rows), **options)

    def clean(self, value: Any) -> list[str]:
        written = super().clean(value)
        lines = [line.strip() for line in written.splitlines() if line.strip()]
        if any(len(line) > LONGEST_ENTRY for line in lines):
            raise ValidationError(_("Each line has room for %(n)s characters.") % {"n": LONGEST_ENTRY})
        return list(dict.fromkeys(lines))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value
