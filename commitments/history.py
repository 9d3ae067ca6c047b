"""What happened to a row, as people read it, and how it stood on a day; both from the history tables."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import clock, texts
from commitments.models import Assignment, Commitment, ErasedRow, Measure, OrganisationalUnit, Provision, User
from commitments.tracking import history_model

MOST = 200
"""So many rows of one table are read for one page."""

LABELS = {
    "title": gettext_lazy("Title"),
    "wording": gettext_lazy("Wording"),
    "description": gettext_lazy("Description"),
    "status": gettext_lazy("Status"),
    "status_reason": gettext_lazy("Reason for the status"),
    "starts_on": gettext_lazy("Begin"),
    "ends_on": gettext_lazy("End"),
    "field": gettext_lazy("Field of action"),
    "engagement_id": gettext_lazy("Happens in"),
    "parent_id": gettext_lazy("Part of"),
    "protection": gettext_lazy("Protection class"),
    "accepted_on": gettext_lazy("Accepted on"),
    "declined_on": gettext_lazy("Declined on"),
    "target_groups": gettext_lazy("Target groups"),
    "sources": gettext_lazy("Sources"),
    "amount": gettext_lazy("Amount in euros"),
    "note": gettext_lazy("Note"),
    "respect": gettext_lazy("Respect"),
    "protect": gettext_lazy("Protect"),
    "fulfil": gettext_lazy("Fulfil"),
    "competence": gettext_lazy("Competence"),
    "competence_note": gettext_lazy("Note on the competence"),
    "adoption_id": gettext_lazy("Adoption"),
    "lead_unit_id": gettext_lazy("Unit in charge"),
    "unit_id": gettext_lazy("Unit"),
    "concerned_groups": gettext_lazy("People concerned"),
    "valid_from": gettext_lazy("Binding since"),
    "registered_on": gettext_lazy("In the register since"),
    "ended_on": gettext_lazy("Ended on"),
    "end_reason": gettext_lazy("Why it ended"),
    "contribution": gettext_lazy("Contribution"),
    "rationale": gettext_lazy("Rationale"),
    "part": gettext_lazy("Part"),
    "name": gettext_lazy("Name"),
    "verified": gettext_lazy("Proved by a source"),
    "signed_on": gettext_lazy("Signed on"),
    "programme": gettext_lazy("Programme"),
    "partner": gettext_lazy("Partner"),
    "form": gettext_lazy("Kind of partnership"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
    "former_municipality": gettext_lazy("Came with"),
    "latitude": gettext_lazy("Latitude"),
    "longitude": gettext_lazy("Longitude"),
    "status_since": gettext_lazy("Status since"),
    "acronym": gettext_lazy("Acronym"),
    "call": gettext_lazy("Call for proposals"),
    "grant_agreement": gettext_lazy("Grant agreement"),
    "grant_agreement_verified": gettext_lazy("The number of the grant agreement has been checked"),
    "total_cost": gettext_lazy("Total cost"),
    "eu_contribution": gettext_lazy("EU contribution"),
    "city_contribution": gettext_lazy("EU contribution to the city"),
    "city_role": gettext_lazy("Role of the city"),
    "run_by": gettext_lazy("Run by"),
    "decided_on": gettext_lazy("Decided on"),
    "level": gettext_lazy("Level"),
    "fee": gettext_lazy("Yearly fee"),
    "speaker": gettext_lazy("Who speaks for the city"),
    "reporting_duties": gettext_lazy("Reporting duties"),
    "instrument_id": gettext_lazy("Pledge"),
    "funder": gettext_lazy("Funder"),
    "sdgs": gettext_lazy("Sustainable development goals"),
    "topic": gettext_lazy("Topic"),
    "audience": gettext_lazy("For whom"),
    "participants": gettext_lazy("Participants"),
    "total": gettext_lazy("In all"),
    "funded": gettext_lazy("From the funder"),
    "place": gettext_lazy("Place"),
    "role": gettext_lazy("Role"),
    "pic": gettext_lazy("Participant identification code"),
    "is_city": gettext_lazy("This is the city itself"),
    "subject": gettext_lazy("What was changed"),
    "short": gettext_lazy("Short name"),
    "kind": gettext_lazy("Kind"),
    "body": gettext_lazy("Issued by"),
    "binding": gettext_lazy("Legally binding"),
    "in_force_for_germany": gettext_lazy("In force for Germany"),
    "source": gettext_lazy("Source"),
    "label": gettext_lazy("Name"),
    "adopted_on": gettext_lazy("Date"),
    "number": gettext_lazy("Number"),
    "order": gettext_lazy("Place in the list"),
    "text": gettext_lazy("Text"),
    "municipal_relevance": gettext_lazy("Weight for a city"),
    "council_reference": gettext_lazy("Council paper"),
    "council_url": gettext_lazy("Address of the council paper"),
    "renewal_due_on": gettext_lazy("Renewal due"),
    "relation": gettext_lazy("Relation"),
    "url": gettext_lazy("Address"),
    "reference": gettext_lazy("Reference"),
    "withdrawn_on": gettext_lazy("Withdrawn on"),
    "expires_on": gettext_lazy("Valid until"),
    "unit_of_measure": gettext_lazy("Unit of measurement"),
    "more_is_better": gettext_lazy("More is better"),
    "baseline": gettext_lazy("Baseline"),
    "baseline_on": gettext_lazy("Day of the baseline"),
    "target": gettext_lazy("Target"),
    "target_on": gettext_lazy("Day of the target"),
    "value": gettext_lazy("Value"),
    "code": gettext_lazy("Reason"),
    "next_step": gettext_lazy("Next step"),
    "due_on": gettext_lazy("Due on"),
    "given_on": gettext_lazy("Date"),
    "result": gettext_lazy("What came of it"),
    "on": gettext_lazy("Counted on"),
    "document": gettext_lazy("Document"),
    "made_on": gettext_lazy("Made on"),
    "themes": gettext_lazy("Themes"),
    "response": gettext_lazy("Response of the city"),
    "response_note": gettext_lazy("Reason for the response"),
    "responded_on": gettext_lazy("Responded on"),
    "valid_to": gettext_lazy("Valid until"),
}
"""The columns whose changes are shown; keys, fingerprints and the like are left to the audit."""

OWN_LABELS: dict[type[models.Model], dict[str, Any]] = {
    OrganisationalUnit: {"valid_from": gettext_lazy("Valid from"), "email": gettext_lazy("Mailbox of the unit")},
    Assignment: {"valid_from": gettext_lazy("Valid from")},
}
"""How columns are called in tables where they say something else than elsewhere."""

NAMED: dict[str, type[models.Model]] = {"lead_unit_id": OrganisationalUnit, "unit_id": OrganisationalUnit}
"""References that are shown by name; of the others it is only said that they changed."""


@dataclass(frozen=True)
class Change:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One thing that happened: what ``components/timeline.html`` shows."""

    at: datetime
    who: str
    title: str
    acting_for: str = ""
    changes: list[Change] = field(default_factory=list)
    reason: str = ""
    url: str = ""


@dataclass(frozen=True)
class Step:
    """A history row with the one before it."""

    row: Any
    before: Any

    @property
    def is_first(self) -> bool:
        return bool(self.row.history_type == "+")

    def became(self, name: str, value: str) -> bool:
        """Whether this step gave the column that value."""
        return getattr(self.row, name) == value and (self.before is None or getattr(self.before, name) != value)


Naming = Callable[[Step], str]


@dataclass(frozen=True)
class Strand:
    """The history of one kind of rows, and how its steps are called."""

    rows: "models.QuerySet[Any]"
    naming: Naming
    is_main: bool = False

    def steps(self) -> list[Step]:
        """Each row with its predecessor; two queries never, whatever the number of objects."""
        last: dict[Any, Any] = {}
        found = []
        for row in reversed(list(self.rows.order_by("-history_id")[:MOST])):
            key = getattr(row, row.instance_type._meta.pk.attname)
            found.append(Step(row, last.get(key)))
            last[key] = row
        return found


def end_of(day: date) -> datetime:
    """The moment before which everything of a day has happened."""
    return clock.at_noon(day) + timedelta(hours=12)


def as_of(model: type[models.Model], day: date) -> "models.QuerySet[Any]":
    """The rows of a table as they stood at the end of a day (rule 13)."""
    return model.history.filter(history_date__lt=end_of(day)).latest_of_each()  # type: ignore[attr-defined,no-any-return]


def timeline(strands: Iterable[Strand], also: Iterable[Entry] = ()) -> list[Entry]:
    """Everything that happened in these strands, newest first."""
    told = [(strand, step) for strand in strands for step in strand.steps()]
    born = {step.row.history_date for strand, step in told if strand.is_main and step.is_first}
    told = [(strand, step) for strand, step in told if strand.is_main or not _came_with(step, born)]
    names = _Names([step for _strand, step in told])
    found = [(step.row.history_date, step.row.recorded_at, _entry(strand, step, names)) for strand, step in told]
    found += [(entry.at, entry.at, entry) for entry in also]
    return [entry for _at, _recorded, entry in sorted(found, key=lambda each: each[:2], reverse=True)]


def _came_with(step: Step, born: set[datetime]) -> bool:
    """Whether this was entered in one act with the row itself: then it is not told apart."""
    return step.is_first and step.row.history_date in born


def _entry(strand: Strand, step: Step, names: "_Names") -> Entry:
    row = step.row
    if row.erased_on:
        title = erased_title(row.erased_on, names.grounds.get((row._meta.db_table, row.history_id), ""))
        return Entry(timezone.localtime(row.history_date), names.person(row, row.history_user_id), title)
    return Entry(
        at=timezone.localtime(row.history_date),
        who=names.person(row, row.history_user_id),
        acting_for=names.person(row, row.acting_for_id) if row.acting_for_id else "",
        title=strand.naming(step),
        changes=_changes(step, names),
        reason=row.history_change_reason or "",
    )


def _changes(step: Step, names: "_Names") -> list[Change]:
    if step.before is None or step.before.erased_on:
        return []
    columns = {column.attname: column for column in step.row.tracked_fields}
    found = []
    for name, column in columns.items():
        label = _label(name, step.row.instance_type)
        if label and _differs(step, name):
            old, new = names.shown(column, step.before), names.shown(column, step.row)
            found.append(Change(label, old, new))
    return found


def _differs(step: Step, name: str) -> bool:
    names = (name, f"{name}_precision") if hasattr(step.row, f"{name}_precision") else (name,)
    return any(getattr(step.row, each) != getattr(step.before, each) for each in names)


def _label(name: str, model: type[models.Model]) -> str:
    if own := OWN_LABELS.get(model, {}).get(name):
        return str(own)
    if name.endswith("_en") and name[:-3] in LABELS:
        return _("%(label)s (English)") % {"label": LABELS[name[:-3]]}
    return str(LABELS.get(name.removesuffix("_de"), ""))


def erased_title(on: date, ground: str) -> str:
    """What is said of an erased state instead of its differences; ``ground`` is a letter of Article 17 (1)."""
    if not ground:
        return _("Erased on %(date)s") % {"date": texts.long_date(on)}
    known = {"date": texts.long_date(on), "ground": ground}
    return _("Erased on %(date)s on the ground of Article 17 (1) (%(ground)s) GDPR") % known


def grounds(rows: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The legal grounds on which texts of states were erased, by table and number; one query, none for none.

    Empty for a state that lost nothing but a hash over another row's texts: it is told like any other.
    """
    wanted = models.Q(pk__in=())
    for table, number in (known := set(rows)):
        wanted |= models.Q(table=table, row=number)
    events = ErasedRow.objects.filter(wanted).order_by("pk") if known else ErasedRow.objects.none()
    found: dict[tuple[str, int], str] = {}
    for table, row, columns, ground in events.values_list("table", "row", "columns", "erasure__ground"):
        found[table, row] = found.get((table, row), "") if columns == HASH_ALONE else ground
    return found


HASH_ALONE = ",fingerprint,"


class _Names:
    """Names of the people and units that some steps mention: two queries, a third for people without any role.

    A fourth is for the grounds of erasures, where there was any.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        erased = [step.row for step in steps if step.row.erased_on]
        self.grounds = grounds((row._meta.db_table, row.history_id) for row in erased)
        for row in erased:
            if self.grounds.get((row._meta.db_table, row.history_id)) == "":
                row.erased_on = None
        people = {row.history_user_id for row in (step.row for step in steps)}
        people |= {step.row.acting_for_id for step in steps}
        self.roles: dict[int, list[Assignment]] = {}
        self.users: dict[int, User] = {}
        for held in Assignment.objects.filter(user__in=people - {None}).select_related("unit", "user"):
            self.roles.setdefault(held.user_id, []).append(held)
            self.users[held.user_id] = held.user
        if without_role := people - {None} - self.users.keys():
            self.users |= User.objects.in_bulk(without_role)
        units = {
            getattr(row, name, None)
            for step in steps
            for row in (step.row, step.before)
            for name in NAMED
            if row is not None
        }
        self.units = OrganisationalUnit.objects.in_bulk(units - {None})

    def person(self, row: Any, user_id: int | None) -> str:
        """People appear in their role on that day; the system where nobody acted."""
        user = self.users.get(user_id) if user_id else None
        if user is None:
            return _("System") if user_id is None else _("Person no longer here")
        day = timezone.localtime(row.history_date).date()
        held = next((role for role in self.roles.get(user.pk, []) if role.is_valid(day)), None)
        if held is None:
            return str(user.name)
        label = str(held.get_role_display())
        return f"{label}, {texts.localized(held.unit, 'name')}" if held.unit else label

    def shown(self, column: "models.Field[Any, Any]", row: Any) -> str:
        """The value of a column as a reader sees it."""
        value = getattr(row, column.attname)
        if value in (None, ""):
            return ""
        if column.attname in NAMED:
            return texts.localized(self.units.get(value), "name")
        if column.is_relation:
            return _("entry %(number)s") % {"number": value}
        if isinstance(value, date):
            return texts.partial_date(value, getattr(row, f"{column.attname}_precision", "day"))
        return _plain(value, column)


def _is_money(column: "models.Field[Any, Any]") -> bool:
    """Amounts of money are the columns that ``models.terms.euros`` makes."""
    return isinstance(column, models.DecimalField) and (column.max_digits, column.decimal_places) == (14, 2)


def _plain(value: Any, column: "models.Field[Any, Any]") -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, Decimal):
        return texts.euro(value) if _is_money(column) else texts.number(value)
    if column.attname == "country":
        return texts.country(value)
    return str(dict(column.flatchoices).get(value, value))


# The strands that pages show


def of(model: type[models.Model], pk: int, entered: str, changed: str) -> Strand:
    """The history of one row."""
    rows = history_model(model).objects.filter(**{model._meta.pk.attname: pk})
    return Strand(rows, lambda step: entered if step.is_first else changed, is_main=True)


def of_parts(rows: "models.QuerySet[Any]", name: Callable[[Any], str]) -> Strand:
    """The history of units or provisions that belong to a row; ``name`` says which."""

    def naming(step: Step) -> str:
        if step.is_first:
            return _("Added: %(name)s") % {"name": name(step.row)}
        if step.row.ended_on:
            return _("Ended: %(name)s") % {"name": name(step.row)}
        return _("Changed: %(name)s") % {"name": name(step.row)}

    return Strand(rows, naming)


def of_links(rows: "models.QuerySet[Any]", name: Callable[[Any], str]) -> Strand:
    """The history of links between measures and what they serve; ``name`` says what is at the other end."""
    acts = {
        "proposed": gettext_lazy("Link proposed: %(name)s"),
        "accepted": gettext_lazy("Link accepted: %(name)s"),
        "ended": gettext_lazy("Link ended: %(name)s"),
    }

    def naming(step: Step) -> str:
        for state, title in acts.items():
            if step.became("state", state):
                return str(title) % {"name": name(step.row)}
        return _("Link changed: %(name)s") % {"name": name(step.row)}

    return Strand(rows, naming)


def measure_name(row: Any) -> str:
    measure: Measure = row.measure
    return f"{measure.reference} {texts.localized(measure, 'title')}"


def commitment_name(row: Any) -> str:
    commitment: Commitment = row.commitment
    return f"{commitment.reference} {texts.localized(commitment, 'title')}"


def provision_name(row: Any) -> str:
    provision: Provision = row.provision
    return f"{texts.localized(provision.version.instrument, 'short')} {provision.number}"


def unit_name(row: Any) -> str:
    return texts.localized(row.unit, "name")
