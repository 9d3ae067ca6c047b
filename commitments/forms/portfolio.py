"""What people type about an engagement: one form a kind, and those of its status and renewal."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from commitments import sdgs, texts
from commitments.forms.choices import Group, grouped
from commitments.forms.fields import PartialDateField, PartialDates, ReasonedEdit, day_input, text_area
from commitments.forms.money import MoneyField
from commitments.models import (
    Engagement,
    EngagementKind,
    FieldOfAction,
    Instrument,
    NetworkLevel,
    OrganisationalUnit,
    PartnershipForm,
    Protection,
    RunBy,
)

NOT_CHOSEN = ("", _("Please choose"))
NOT_KNOWN = ("", _("Not known"))


WHEN = _("When")
KEPT = (_("Who looks after it"), ("unit", "field"))
SEEN = (_("Who may see it, and where it comes from"), ("protection", "sources", "verified", "note_de"))
IN_ENGLISH = _("In English")
Groups = tuple[tuple[Any, tuple[str, ...]], ...]


class KeepingUnit(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    """A unit by key; one that no longer exists says until when it did."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("error_messages", {"required": _("Choose a unit.")})
        options.setdefault("empty_label", NOT_CHOSEN[1])
        super().__init__(OrganisationalUnit.objects.order_by("name_de"), to_field_name="key", **options)

    def label_from_instance(self, obj: Any) -> str:
        name = texts.localized(obj, "name")
        return f"{name} ({_('until')} {texts.short_date(obj.valid_to)})" if obj.valid_to else name


class RequiredDate(PartialDateField):
    """A date that must be known, to the year at least."""

    def __init__(self, *, missing: Any, **options: Any) -> None:
        super().__init__(**options)
        self.required = True
        self.error_messages["required"] = missing


class InstrumentChoice(forms.ModelChoiceField):  # type: ignore[type-arg] # generic for the type checker only
    def label_from_instance(self, obj: Any) -> str:
        return texts.localized(obj, "short")


class EngagementForm(ReasonedEdit):
    """What all kinds share. To enter a new one it asks for no reason: entering is the reason."""

    partial: tuple[str, ...] = ("starts_on", "ends_on")
    kind: EngagementKind
    own_groups: Groups = ()
    english: tuple[str, ...] = ("name_en", "note_en")
    long_lists = ("sdgs",)

    name_de = forms.CharField(label=_("Name"), max_length=300, error_messages={"required": _("Give it a name.")})
    name_en = forms.CharField(label=_("Name in English"), max_length=300, required=False)
    starts_on = PartialDateField(label=_("Since"))
    ends_on = PartialDateField(label=_("End"))
    unit = KeepingUnit(label=_("Kept by"))
    field = forms.ChoiceField(label=_("Field of action"), choices=FieldOfAction.choices)
    protection = forms.ChoiceField(
        label=_("Protection class"),
        choices=Protection.choices,
        help_text=_("Who may ever see this. The report for everybody holds what is public only."),
    )
    note_de = forms.CharField(label=_("Note"), widget=text_area(3), required=False)
    note_en = forms.CharField(label=_("Note in English"), widget=text_area(3), required=False)
    sources = forms.CharField(
        label=_("Sources"), help_text=_("One address or title a line."), widget=text_area(2), required=False
    )
    verified = forms.BooleanField(label=_("A source shows that it exists"), required=False)

    def __init__(self, *args: Any, adding: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if adding:
            del self.fields["reason"], self.fields["seen"]
        if "country" in self.fields:
            first = NOT_CHOSEN if self.fields["country"].required else NOT_KNOWN
            self.fields["country"].choices = [first, *texts.countries()]  # type: ignore[attr-defined]

    def groups(self) -> list[Group]:
        """The fields as they are read together; those in English can be opened."""
        known = (*self.own_groups, KEPT, SEEN, (IN_ENGLISH, self.english))
        return grouped(self, known, folded=[IN_ENGLISH])

    @classmethod
    def initial_of(cls, own: Engagement, seen: int) -> dict[str, Any]:
        found = {name: getattr(own, name) for name in cls.base_fields if hasattr(own, name)}
        dates = {name: PartialDateField.written(own, name) for name in cls.partial}
        return found | dates | {"unit": own.unit.key, "sources": "\n".join(own.sources), "seen": seen}

    @classmethod
    def initial_for(cls, unit: OrganisationalUnit | None) -> dict[str, Any]:
        """What a new one most likely is."""
        return {"unit": unit.key if unit else "", "field": FIELDS[cls.kind], "protection": Protection.PUBLIC}

    def clean_sources(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["sources"].splitlines() if line.strip()]
        for line in lines:
            if line.startswith("http"):
                URLValidator(schemes=["http", "https"], message=_("“%(value)s” is not an address on the web."))(line)
        return lines


FIELDS: Mapping[str, str] = {
    EngagementKind.PARTNERSHIP: FieldOfAction.PARTNERSHIPS,
    EngagementKind.EU_PROJECT: FieldOfAction.EUROPE,
    EngagementKind.NETWORK: FieldOfAction.EUROPE,
    EngagementKind.DEVELOPMENT: FieldOfAction.DEVELOPMENT,
    EngagementKind.TRAINING: FieldOfAction.EUROPE,
}
"""The field of action that a new engagement most likely belongs to."""


class PartnershipEntry(EngagementForm):
    kind = EngagementKind.PARTNERSHIP
    partial = ("starts_on", "signed_on", "ends_on")
    own_groups = (
        (_("The partner city"), ("city_de", "country", "form", "former_municipality", "name_de")),
        (WHEN, ("starts_on signed_on", "ends_on")),
        (_("On the map"), ("latitude longitude",)),
    )
    english = ("city_en", "name_en", "note_en")

    name_de = forms.CharField(
        label=_("Name"),
        help_text=_("Only where it is called otherwise than the city."),
        max_length=300,
        required=False,
    )
    city_de = forms.CharField(label=_("City"), max_length=120, error_messages={"required": _("Name the city.")})
    city_en = forms.CharField(label=_("City in English"), max_length=120, required=False)
    country = forms.ChoiceField(label=_("Country"), error_messages={"required": _("Choose the country.")})
    form = forms.ChoiceField(label=_("Kind of partnership"), choices=PartnershipForm.choices)
    former_municipality = forms.CharField(
        label=_("Came with"),
        help_text=_("The incorporated municipality that brought the partnership along."),
        max_length=120,
        required=False,
    )
    signed_on = PartialDateField(label=_("Signed on"))
    latitude = forms.DecimalField(
        label=_("Latitude"),
        help_text=_("For the map, in degrees: 50,94. South of the equator with a minus."),
        max_digits=5,
        decimal_places=2,
        min_value=-90,
        max_value=90,
        localize=True,
        required=False,
    )
    longitude = forms.DecimalField(
        label=_("Longitude"),
        help_text=_("In degrees: 6,96. West of Greenwich with a minus."),
        max_digits=5,
        decimal_places=2,
        min_value=-180,
        max_value=180,
        localize=True,
        required=False,
    )

    @classmethod
    def initial_of(cls, own: Any, seen: int) -> dict[str, Any]:
        found = super().initial_of(own, seen)
        if own.name_de == own.city_de:
            found |= {"name_de": "", "name_en": ""}
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("form") == PartnershipForm.INCORPORATION and not data.get("former_municipality"):
            self.add_error("former_municipality", _("Name the municipality that brought the partnership along."))
        known = [data.get("latitude"), data.get("longitude")]
        if known.count(None) == 1 and not {"latitude", "longitude"} & self.errors.keys():
            missing = "latitude" if known[0] is None else "longitude"
            self.add_error(missing, _("For the map give both, latitude and longitude, or neither."))
        return data

    def columns(self) -> dict[str, Any]:
        found = super().columns()
        if not found["name_de"]:
            found |= {"name_de": found["city_de"], "name_en": found["city_en"]}
        return found


MONEY = ("total_cost", "eu_contribution", "city_contribution")


class EUProjectEntry(EngagementForm):
    kind = EngagementKind.EU_PROJECT
    own_groups = (
        (_("The project"), ("acronym", "name_de", "programme", "call", "url")),
        (WHEN, ("starts_on ends_on",)),
        (_("Grant and money"), ("grant_agreement", "grant_agreement_verified", *MONEY)),
        (_("The city's part"), ("city_role", "run_by")),
    )

    acronym = forms.CharField(
        label=_("Acronym"), max_length=80, error_messages={"required": _("Give the project's acronym.")}
    )
    name_de = forms.CharField(label=_("Title"), max_length=300, error_messages={"required": _("Give it a title.")})
    name_en = forms.CharField(label=_("Title in English"), max_length=300, required=False)
    programme = forms.CharField(label=_("Programme"), max_length=200, required=False)
    call = forms.CharField(label=_("Call for proposals"), max_length=200, required=False)
    grant_agreement = forms.CharField(label=_("Grant agreement"), max_length=40, required=False)
    grant_agreement_verified = forms.BooleanField(
        label=_("The number of the grant agreement has been checked"), required=False
    )
    starts_on = PartialDateField(label=_("Begin"))
    total_cost = MoneyField(label=_("Total cost"))
    eu_contribution = MoneyField(label=_("EU contribution"))
    city_contribution = MoneyField(label=_("EU contribution to the city"))
    city_role = forms.CharField(label=_("Role of the city"), max_length=200, required=False)
    run_by = forms.ChoiceField(label=_("Run by"), choices=RunBy.choices)
    url = forms.URLField(label=_("Web page"), max_length=500, required=False, assume_scheme="https")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        total, granted, own = (data.get(name) for name in ("total_cost", "eu_contribution", "city_contribution"))
        if total is not None and granted is not None and granted > total:
            self.add_error("eu_contribution", _("The EU cannot give more than the project costs."))
        if granted is not None and own is not None and own > granted:
            self.add_error("city_contribution", _("The city's share is at most what the EU gives to the project."))
        return data


class NetworkEntry(EngagementForm):
    kind = EngagementKind.NETWORK
    partial = ("starts_on", "ends_on", "decided_on")
    own_groups = (
        (_("The network"), ("name_de", "level", "instrument")),
        (WHEN, ("starts_on decided_on", "ends_on")),
        (_("What the membership asks for"), ("fee", "renewal_due_on", "reporting_duties_de", "speaker_de")),
    )
    english = ("name_en", "reporting_duties_en", "speaker_en", "note_en")

    level = forms.ChoiceField(label=_("Level"), choices=[NOT_KNOWN, *NetworkLevel.choices], required=False)
    starts_on = PartialDateField(label=_("Member since"))
    decided_on = PartialDateField(label=_("Decided on"))
    fee = MoneyField(label=_("Yearly fee"))
    speaker_de = forms.CharField(
        label=_("Who speaks for the city"),
        help_text=_("The office or post, not the person."),
        max_length=200,
        required=False,
    )
    speaker_en = forms.CharField(label=_("Who speaks for the city, in English"), max_length=200, required=False)
    reporting_duties_de = forms.CharField(label=_("Reporting duties"), widget=text_area(3), required=False)
    reporting_duties_en = forms.CharField(label=_("Reporting duties in English"), widget=text_area(3), required=False)
    renewal_due_on = forms.DateField(
        label=_("Renewal due on"),
        help_text=_("You are reminded before that day; a lapse is shown in the review cycle."),
        widget=day_input(),
        required=False,
    )
    instrument = InstrumentChoice(
        Instrument.objects.order_by("order", "key"),
        label=_("Pledge that goes with the membership"),
        to_field_name="key",
        empty_label=_("None"),
        required=False,
    )

    @classmethod
    def initial_of(cls, own: Any, seen: int) -> dict[str, Any]:
        return super().initial_of(own, seen) | {"instrument": own.instrument.key if own.instrument else ""}


class DevelopmentEntry(EngagementForm):
    kind = EngagementKind.DEVELOPMENT
    own_groups = (
        (_("The project"), ("name_de", "partner", "country", "funder")),
        (WHEN, ("starts_on ends_on",)),
        (_("What it works towards"), ("sdgs",)),
    )

    partner = forms.CharField(label=_("Partner"), max_length=200, required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    funder = forms.CharField(label=_("Funder"), max_length=200, required=False)
    sdgs = forms.TypedMultipleChoiceField(
        label=_("Sustainable development goals"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    starts_on = PartialDateField(label=_("Begin"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["sdgs"].choices = [  # type: ignore[attr-defined]
            (number, f"{number} {sdgs.name(number)}") for number in sdgs.NAMES
        ]


class TrainingEntry(EngagementForm):
    kind = EngagementKind.TRAINING
    own_groups = (
        (_("The course"), ("topic", "audience", "participants")),
        (WHEN, ("starts_on ends_on",)),
    )

    name_de = None  # type: ignore[assignment] # the topic is the name
    topic = forms.CharField(label=_("Topic"), max_length=200, error_messages={"required": _("Name the topic.")})
    name_en = forms.CharField(label=_("Topic in English"), max_length=300, required=False)
    starts_on = PartialDateField(label=_("Date"))
    ends_on = PartialDateField(label=_("Last day"), help_text=_("Where it lasts longer than a day."))
    audience = forms.CharField(label=_("For whom"), max_length=200, required=False)
    participants = forms.IntegerField(label=_("Participants"), min_value=0, max_value=100_000, required=False)

    def columns(self) -> dict[str, Any]:
        found = super().columns()
        return found | {"name_de": found["topic"]}


FORMS: Mapping[str, type[EngagementForm]] = {
    form.kind: form for form in (PartnershipEntry, EUProjectEntry, NetworkEntry, DevelopmentEntry, TrainingEntry)
}


# Status and renewal


class TurnForm(PartialDates):
    """Since when and why an engagement is paused, dormant, ended or active again."""

    since = RequiredDate(label=_("From when on"), missing=_("Say from when on; a year is enough."))
    reason_de = forms.CharField(
        label=_("Reason"),
        help_text=_("One or two sentences. They stand on the page, with its measures and in the report."),
        widget=text_area(3),
        max_length=2000,
        error_messages={"required": _("Say in one sentence why.")},
    )
    reason_en = forms.CharField(label=_("Reason in English"), widget=text_area(3), max_length=2000, required=False)
    council_reference = forms.CharField(
        label=_("Council paper"), help_text=_("Its number, if the council decided."), max_length=300, required=False
    )
    council_url = forms.URLField(
        label=_("Address of the council paper"), max_length=500, required=False, assume_scheme="https"
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["since"].initial = f"{today:%d.%m.%Y}"


class RenewalForm(PartialDates):
    due_on = forms.DateField(
        label=_("Next renewal due on"), widget=day_input(), error_messages={"required": _("Choose a day.")}
    )
    reason = forms.CharField(
        label=_("What was renewed?"),
        help_text=_("One sentence. It stays in the history for good, with your role and the date."),
        widget=text_area(2),
        max_length=1000,
        error_messages={"required": _("Say in one sentence what was renewed.")},
    )
