"""Filters of lists: by GET, so that an address says what is shown."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from commitments import texts
from commitments.forms.choices import engagement_choices, engagements_of
from commitments.forms.fields import ALL, STATUS, YES_OR_NO, with_all
from commitments.models import (
    Competence,
    EngagementKind,
    EngagementStatus,
    FieldOfAction,
    Instrument,
    Measure,
    MeasureStatus,
    OrganisationalUnit,
    Protection,
    User,
)

MOST_GROUPS = 500
"""So many target groups can be chosen."""


class Filter(forms.Form):
    """A filter keeps what can be read of the address and leaves out the rest."""

    q = forms.CharField(
        label=_("Keyword"), required=False, max_length=120, widget=forms.TextInput(attrs={"type": "search"})
    )

    def chosen(self) -> dict[str, Any]:
        """The values that hold; a value nobody can choose is as good as none."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def summary(self) -> str:
        """What is filtered, in words."""
        return ", ".join(self.word(name) for name in self.chosen() if name != "sort")

    def word(self, name: str) -> str:
        """One of the values that hold, in words."""
        form_field, value = self.fields[name], self.chosen()[name]
        if isinstance(form_field, forms.ModelChoiceField):
            return form_field.label_from_instance(value)
        if isinstance(form_field, forms.ChoiceField):
            label = choice_label(form_field, value)
            return f"{form_field.label}: {label}" if label in {str(word) for _code, word in YES_OR_NO} else label
        return f"„{value}“" if texts.reader_language() == "de" else f"“{value}”"


def choice_label(form_field: forms.ChoiceField, value: str) -> str:
    """What a choice is called, wherever in its groups it stands."""
    for key, label in form_field.widget.choices:
        if isinstance(label, list | tuple):
            found = next((str(name) for inner, name in label if inner == value), None)
            if found:
                return found
        elif key == value:
            return str(label)
    return value


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    """One of the units, by key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            OrganisationalUnit.objects.order_by("name_de"),
            label=_("Unit"),
            required=False,
            to_field_name="key",
            empty_label=ALL,
            **options,
        )

    def label_from_instance(self, obj: Any) -> str:
        return texts.localized(obj, "name")


class InstrumentField(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    """One of the instruments, by key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            Instrument.objects.order_by("order", "key"),
            label=_("Instrument"),
            required=False,
            to_field_name="key",
            empty_label=ALL,
            **options,
        )

    def label_from_instance(self, obj: Any) -> str:
        return texts.localized(obj, "short")


def article_choices() -> list[tuple[str, str]]:
    return [(str(number), f"{number} {texts.article_label(number)}".replace("\u00ad", "")) for number in range(1, 31)]


def group_choices(user: User) -> list[tuple[str, str]]:
    """The target groups of the measures that someone may see, by their German name; one query."""
    rows = Measure.objects.visible_to(user).exclude(target_groups_de=[]).order_by()
    found: dict[str, str] = {}
    for german, english in rows.values_list("target_groups_de", "target_groups_en").distinct():
        own = english if texts.reader_language() == "en" and len(english) == len(german) else german
        found |= {name: found.get(name) or label or name for name, label in zip(german, own, strict=True)}
    return sorted(found.items(), key=lambda each: each[1].casefold())[:MOST_GROUPS]


class CommitmentFilter(Filter):
    field_order = ("q", "instrument", "article", "competence", "unit", "obligation", "protection", "ended", "sort")

    instrument = InstrumentField()
    article = forms.ChoiceField(label=_("Article of the Declaration"), required=False, choices=[])
    competence = forms.ChoiceField(label=_("Competence"), required=False, choices=with_all(Competence.choices))
    unit = UnitField()
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=(
            ("", _("Reference")),
            ("title", _("Title")),
            ("unit", _("Unit in charge")),
            ("fewest", _("Fewest measures")),
            ("most", _("Most measures")),
        ),
    )
    obligation = forms.ChoiceField(
        label=_("Obligation"),
        required=False,
        choices=with_all((("respect", _("Respect")), ("protect", _("Protect")), ("fulfil", _("Fulfil")))),
    )
    protection = forms.ChoiceField(label=_("Protection class"), required=False, choices=with_all(Protection.choices))
    ended = forms.ChoiceField(
        label=_("State"), required=False, choices=(("", _("In force")), ("yes", _("Ended commitments")))
    )

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["article"].choices = with_all(article_choices())  # type: ignore[attr-defined]


class MeasureFilter(Filter):
    """``user``: whose engagements and target groups are offered; without one, none is."""

    field_order = (
        "q", "field", "status", "unit", "kind", "engagement", "group", "article", "linked", "year", "protection",
        "proposed", "sort",
    )  # fmt: skip

    field = forms.ChoiceField(label=_("Field of action"), required=False, choices=with_all(FieldOfAction.choices))
    status = forms.ChoiceField(label=STATUS, required=False, choices=with_all(MeasureStatus.choices))
    unit = UnitField()
    kind = forms.ChoiceField(
        label=_("Happens in"),
        required=False,
        choices=with_all([*EngagementKind.choices, ("none", _("Nothing else"))]),
    )
    article = forms.ChoiceField(label=_("Article of the Declaration"), required=False, choices=[])
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=(
            ("", _("Reference")),
            ("title", _("Title")),
            ("begin", _("Begin, newest first")),
            ("status", _("Status")),
            ("unit", _("Unit in charge")),
        ),
    )
    engagement = forms.ChoiceField(label=_("Partnership, project or network"), required=False, choices=[])
    group = forms.ChoiceField(label=_("Target group"), required=False, choices=[])
    linked = forms.ChoiceField(
        label=_("Mapping"),
        required=False,
        choices=with_all((("no", _("Linked to nothing")), ("yes", _("Linked to something")))),
    )
    year = forms.IntegerField(
        label=_("Running in the year"),
        required=False,
        min_value=1900,
        max_value=2100,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    protection = forms.ChoiceField(label=_("Protection class"), required=False, choices=with_all(Protection.choices))
    proposed = forms.ChoiceField(
        label=_("Proposals"),
        required=False,
        choices=(
            ("", _("Measures, and proposals that wait")),
            ("yes", _("Proposals that wait")),
            ("declined", _("Declined and withdrawn proposals")),
        ),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, user: User | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["article"].choices = with_all(article_choices())  # type: ignore[attr-defined]
        seen = engagement_choices(engagements_of(user).values()) if user else []
        self.fields["engagement"].choices = with_all(seen)  # type: ignore[attr-defined]
        self.fields["group"].choices = with_all(group_choices(user) if user else [])  # type: ignore[attr-defined]


class EngagementFilter(Filter):
    """``countries`` are the codes that can be chosen, by default all."""

    field_order = ("q", "status", "unit", "country", "programme", "year", "sort", "kind")

    status = forms.ChoiceField(label=STATUS, required=False, choices=with_all(EngagementStatus.choices))
    unit = UnitField()
    country = forms.ChoiceField(label=_("Country"), required=False, choices=[])
    programme = forms.CharField(label=_("Programme"), required=False, max_length=120)
    year = forms.IntegerField(
        label=_("Running in the year"),
        required=False,
        min_value=1900,
        max_value=2100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=(
            ("", _("Kind and name")),
            ("name", _("Name")),
            ("since", _("Begin, newest first")),
            ("unit", _("Kept by")),
        ),
    )
    kind = forms.ChoiceField(required=False, choices=with_all(EngagementKind.choices), widget=forms.HiddenInput)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, countries: Iterable[str] | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        named = texts.countries()
        if countries is not None:
            seen = set(countries)
            named = [(code, name) for code, name in named if code in seen]
        self.fields["country"].choices = with_all(named)  # type: ignore[attr-defined]
