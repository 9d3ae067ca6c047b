"""Partnerships, EU projects, networks, development projects and training in and out: a table for each kind."""

import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments import clock, texts
from commitments.exchange.comparing import STAND, Candidate, RegisterSubject, Work
from commitments.exchange.kinds import LANGUAGES, Amount, Choice, Day, Line, Many, Number, Numbers, One, Partial, Text
from commitments.exchange.lookups import Known
from commitments.exchange.measures import AS_KNOWN, BY_NAME, LIST, SAID_IN_ENGLISH, free, may_protect, unit_sentence
from commitments.exchange.plans import Act, Plan
from commitments.exchange.stands import Held, PartTable
from commitments.exchange.subjects import Column, Progress, Record, quiet
from commitments.exchange.tables import Cell, CellError, folded
from commitments.exchange.writing_parts import write_parts
from commitments.ledger import save_all_as
from commitments.models import (
    DevelopmentProject,
    Engagement,
    EngagementKind,
    EngagementPart,
    EngagementStatus,
    EUProject,
    FieldOfAction,
    NetworkLevel,
    NetworkMembership,
    OrganisationalUnit,
    Partnership,
    PartnershipForm,
    Protection,
    RunBy,
    Training,
)
from commitments.workflow import lifetimes, naming

PARTS = PartTable(EngagementPart, "engagement_id", frozenset({"contributing"}))
REASONED = (EngagementStatus.PAUSED, EngagementStatus.DORMANT)
"""States of an engagement that ask for a reason."""


class Country(Text):
    """A country, by its name or its two letters."""

    def __init__(self) -> None:
        super().__init__(80, lines=False)
        self._codes: dict[str, str] = {}

    def read(self, cell: Cell, known: Known) -> str:
        if not self._codes:
            for language in LANGUAGES:
                self._codes |= {folded(name): code for code, name in texts.countries(language)}
            self._codes |= {folded(code): code for code in self._codes.values()}
        word = super().read(cell, known)
        if folded(word) not in self._codes:
            sentence = _("“%(value)s” is not a country. Write its name, or two letters: DE, FR, PL.")
            raise ValidationError(sentence % {"value": word[:60]})
        return self._codes[folded(word)]

    def write(self, value: Any, known: Known) -> str:
        return texts.country(value or "")


class Address(Text):
    """The address of a page."""

    def __init__(self) -> None:
        super().__init__(500, lines=False)

    def read(self, cell: Cell, known: Known) -> str:
        text = super().read(cell, known)
        try:
            URLValidator(schemes=["http", "https"])(text)
        except ValidationError as error:
            sentence = _("This is not an address of a page. It begins with https:// or http://.")
            raise ValidationError(sentence) from error
        return text


ONE_OF_FOUR = gettext_lazy("One of the four fields of action.")
COUNTRY = Column("country", gettext_lazy("Country"), Country(), gettext_lazy("Name of the country, or two letters."))
KEY = Column(
    "key",
    gettext_lazy("Key"),
    Line(80),
    gettext_lazy("Short name in addresses. Leave it empty for a new entry; it is then made of the name."),
    example="lille",
    width=16,
)
FIRST = (
    KEY,
    Column("name_de", gettext_lazy("Name"), Line(300), gettext_lazy("As it is called."), required=True, width=40),
    Column("name_en", gettext_lazy("Name in English"), Line(300), SAID_IN_ENGLISH, width=40),
    Column("field", gettext_lazy("Field of action"), Choice(FieldOfAction), ONE_OF_FOUR, required=True, width=24),
    Column("unit_id", gettext_lazy("Kept by"), One("unit"), BY_NAME, required=True, width=36),
    Column("contributing", gettext_lazy("Contributing units"), Many("unit"), LIST, width=36),
)
LAST = (
    Column(
        "status",
        pgettext_lazy("measure", "Status"),
        Choice(EngagementStatus),
        gettext_lazy("Empty in a new row: active."),
        width=12,
    ),
    Column("status_since", gettext_lazy("Status since"), Partial(), AS_KNOWN, width=12),
    Column(
        "status_reason_de",
        gettext_lazy("Reason for the status"),
        Text(),
        gettext_lazy("Needed where it is paused or dormant."),
        width=40,
    ),
    Column("status_reason_en", gettext_lazy("Reason for the status in English"), Text(), SAID_IN_ENGLISH),
    Column("council_reference", gettext_lazy("Council paper"), Line(300), gettext_lazy("Its number."), width=20),
    Column(
        "council_url",
        gettext_lazy("Address of the council paper"),
        Address(),
        gettext_lazy("Address of a page, with https://."),
        width=30,
    ),
    Column("starts_on", gettext_lazy("Begin"), Partial(), AS_KNOWN, example="1958", width=12),
    Column("ends_on", gettext_lazy("End"), Partial(), AS_KNOWN, width=12),
    Column(
        "protection",
        gettext_lazy("Protection class"),
        Choice(Protection),
        gettext_lazy("Who may ever see it. Empty in a new row: public."),
        width=14,
    ),
    Column("note_de", gettext_lazy("Note"), Text(), gettext_lazy("What else is to be known."), width=40),
    Column("note_en", gettext_lazy("Note in English"), Text(), SAID_IN_ENGLISH),
    STAND,
)
EUROS = gettext_lazy("Euros, for instance 1.234,56.")


class Engagements(RegisterSubject):
    """The engagements of one kind; ``own`` are the columns that this kind has more than the others."""

    parts = (PARTS,)

    def __init__(self, kind: EngagementKind, model: type[Any], label: Any, own: tuple[Column, ...]) -> None:
        self.kind, self.model, self.label = kind, model, label
        self.key = f"engagements-{kind.value}"
        self.columns = (*FIRST, *own, *LAST)

    def visible(self, user: Any) -> "QuerySet[Any]":
        return super().visible(user).order_by("name_de", "key")

    def attach(self, row: Any, held: Held) -> None:
        super().attach(row, held)
        row.contributing = tuple(part.unit_id for part in held.get(EngagementPart, []))

    def put(self, row: Any, column: Column, value: Any) -> None:
        if isinstance(column.kind, Choice) and not value and not column.kind.blank:
            return  # the model's own beginning stands
        if column is not KEY:
            super().put(row, column, value)

    def prepare(self, work: Work) -> None:
        for row in work.rows.values():
            work.index["key", row.key] = row
            work.index.setdefault(("name", folded(row.name_de)), row)
        work.extra["units"] = OrganisationalUnit.objects.in_bulk()
        work.extra["keys"] = set(Engagement.objects.values_list("key", flat=True))
        work.extra["sentences"] = {}

    def find(self, record: Record, work: Work) -> Any:
        """By its key; a row without one that was brought in before, by the key that was then made of its name."""
        key = record.values.get("key")
        if key:
            row = work.index.get(("key", key))
            if row is None:
                sentence = _("There is no entry with this key here. Leave it empty for a new one.")
                record.errors.append(CellError(record.number, self.heading("key"), sentence))
            return row
        if ("key", _key(record)) in work.index:
            return work.index["key", _key(record)]
        twin = work.index.get(("name", folded(record.values.get("name_de") or "")))
        if twin is not None:
            sentence = _(
                "This name is already there with the key %(key)s. Write that key here to change the entry, or give "
                "the new one another name."
            )
            record.errors.append(CellError(record.number, self.heading("key"), sentence % {"key": twin.key}))
        return twin

    def new(self, record: Record, work: Work) -> Any:
        key = _key(record)
        first = work.taken.setdefault(("new", key), record.number)
        if first != record.number and record.values.get("name_de"):
            sentence = _("The name is the same as in row %(row)s.") % {"row": first}
            record.errors.append(CellError(record.number, "", sentence))
        row = self.model(key=free(key, work.extra["keys"]), kind=self.kind)
        self.attach(row, {})
        return row

    def name(self, candidate: Candidate, work: Work) -> str:
        return candidate.row.name_de or _("without a name")

    def check(self, candidate: Candidate, work: Work) -> None:
        row, changed = candidate.row, candidate.changed
        if row.starts_on and row.ends_on and row.ends_on < row.starts_on:
            sentence = _("The end lies before the start. Please correct one of the two dates.")
            candidate.error(self.heading("ends_on"), sentence)
        if "status" in changed and row.status in REASONED and not (row.status_reason_de or "").strip():
            candidate.error(self.heading("status_reason_de"), _("Say in one sentence why it has this status."))
        if "protection" in changed and row.protection == Protection.PROTECTED and not may_protect(work.user):
            sentence = _("Only somebody with the right to protected content can give this class.")
            candidate.error(self.heading("protection"), sentence)
        self._check_place(candidate)
        if changed & {"unit_id", "contributing"}:
            self._check_units(candidate, work)

    def _check_place(self, candidate: Candidate) -> None:
        row = candidate.row
        if self.kind == EngagementKind.PARTNERSHIP and (row.latitude is None) != (row.longitude is None):
            sentence = _("Give both, latitude from -90 to 90 and longitude from -180 to 180 degrees, or neither.")
            candidate.error(self.heading("latitude"), sentence)

    def _check_units(self, candidate: Candidate, work: Work) -> None:
        row, today = candidate.row, clock.today()
        end = lifetimes.last_day(row.ends_on, row.ends_on_precision) if row.ends_on else today
        span = lifetimes.Span(min(end, today), min(end, today))
        if row.unit_id and row.unit_id in row.contributing:
            sentence = _("“%(unit)s” is in charge already and need not be named a second time. Take it out here.")
            unit = texts.localized(work.extra["units"][row.unit_id], "name")
            candidate.error(self.heading("contributing"), sentence % {"unit": unit})
        for code, pk in [("unit_id", row.unit_id), *(("contributing", pk) for pk in row.contributing)]:
            sentence = unit_sentence(work, pk, span) if pk else ""
            if sentence:
                candidate.error(self.heading(code), sentence)

    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        """Rows of two tables each are written one by one."""
        written = plan.work.written
        for done, each in enumerate(written):
            if done % 50 == 0:
                progress(done, len(written), _("Writing the rows"))
            save_all_as([each.row], **act.columns)
        helped = [each.row for each in written if each.is_new or each.changed & PARTS.columns]
        wanted: dict[int, dict[int, dict[str, Any]]] = {row.pk: {pk: {} for pk in row.contributing} for row in helped}
        write_parts(EngagementPart, ("engagement_id", "unit_id"), wanted, act)


def _key(record: Record) -> str:
    name = record.values.get("name_de") or ""
    told = hashlib.sha256(folded(name).encode()).hexdigest()[:8]
    word = slugify(name.translate(naming.GERMAN))[: naming.LONGEST_KEY - 12].strip("-") or "entry"
    return f"{word}-{told}"


PARTNERSHIPS = Engagements(
    EngagementKind.PARTNERSHIP,
    Partnership,
    gettext_lazy("Partnerships"),
    (
        Column("form", gettext_lazy("Kind"), Choice(PartnershipForm), gettext_lazy("Empty in a new row: twinning.")),
        Column("city_de", gettext_lazy("City"), Line(120), gettext_lazy("The other municipality."), required=True),
        Column("city_en", gettext_lazy("City in English"), Line(120), SAID_IN_ENGLISH),
        Column("country", COUNTRY.heading, COUNTRY.kind, COUNTRY.meaning, required=True, example="FR"),
        Column("signed_on", gettext_lazy("Signed on"), Partial(), AS_KNOWN, width=12),
        Column(
            "former_municipality",
            gettext_lazy("Former municipality"),
            Line(120),
            gettext_lazy("The incorporated place with which the partnership came."),
        ),
        Column(
            "latitude",
            gettext_lazy("Latitude"),
            Amount(places=2, negative=True, digits=4),
            gettext_lazy("Degrees, south with a minus."),
            width=10,
        ),
        Column(
            "longitude",
            gettext_lazy("Longitude"),
            Amount(places=2, negative=True, digits=5),
            gettext_lazy("Degrees, west with a minus."),
            width=10,
        ),
    ),
)
EU_PROJECTS = Engagements(
    EngagementKind.EU_PROJECT,
    EUProject,
    gettext_lazy("EU projects"),
    (
        Column("acronym", gettext_lazy("Acronym"), Line(80), gettext_lazy("As in the application."), required=True),
        Column("programme", gettext_lazy("Programme"), Line(200), gettext_lazy("For instance Horizon Europe.")),
        Column("call", gettext_lazy("Call for proposals"), Line(200), gettext_lazy("Its code or name.")),
        Column("grant_agreement", gettext_lazy("Grant agreement"), Line(40), gettext_lazy("Its number.")),
        Column("city_role", gettext_lazy("Role of the city"), Line(200), gettext_lazy("Coordinator, partner, …")),
        Column(
            "run_by", gettext_lazy("Run by"), Choice(RunBy), gettext_lazy("Empty in a new row: a department alone.")
        ),
        Column("total_cost", gettext_lazy("Total cost"), Amount(), EUROS, width=14),
        Column("eu_contribution", gettext_lazy("EU contribution"), Amount(), EUROS, width=14),
        Column("city_contribution", gettext_lazy("EU contribution to the city"), Amount(), EUROS, width=14),
        Column("url", gettext_lazy("Web page"), Address(), gettext_lazy("Address of a page, with https://."), width=30),
    ),
)
NETWORKS = Engagements(
    EngagementKind.NETWORK,
    NetworkMembership,
    gettext_lazy("Networks"),
    (
        Column(
            "instrument_id",
            gettext_lazy("Pledge"),
            One("instrument"),
            gettext_lazy("The instrument that members sign, by its short name."),
        ),
        Column("decided_on", gettext_lazy("Decided on"), Partial(), AS_KNOWN, width=12),
        Column("level", gettext_lazy("Level"), Choice(NetworkLevel, blank=True), gettext_lazy("How far it reaches.")),
        Column("fee", gettext_lazy("Yearly fee"), Amount(), EUROS, width=12),
        Column("speaker_de", gettext_lazy("Who speaks for the city"), Line(200), gettext_lazy("An office, no person.")),
        Column("speaker_en", gettext_lazy("Who speaks for the city, in English"), Line(200), SAID_IN_ENGLISH),
        Column("reporting_duties_de", gettext_lazy("Reporting duties"), Text(), gettext_lazy("To whom, how often.")),
        Column("reporting_duties_en", gettext_lazy("Reporting duties in English"), Text(), SAID_IN_ENGLISH),
        Column("renewal_due_on", gettext_lazy("Renewal due on"), Day(), gettext_lazy("A whole day."), width=12),
    ),
)
DEVELOPMENT = Engagements(
    EngagementKind.DEVELOPMENT,
    DevelopmentProject,
    gettext_lazy("Development cooperation"),
    (
        Column("partner", gettext_lazy("Partner"), Line(200), gettext_lazy("Who it is done with."), width=30),
        COUNTRY,
        Column("funder", gettext_lazy("Funder"), Line(200), gettext_lazy("Who gives the money."), width=30),
        Column(
            "sdgs",
            gettext_lazy("Sustainable development goals"),
            Numbers(17),
            gettext_lazy("Numbers from 1 to 17; several are parted by semicolons."),
            example="4; 13",
        ),
    ),
)
TRAINING = Engagements(
    EngagementKind.TRAINING,
    Training,
    gettext_lazy("Training"),
    (
        Column("topic", gettext_lazy("Topic"), Line(200), gettext_lazy("What it is about."), required=True, width=30),
        Column("audience", gettext_lazy("Audience"), Line(200), gettext_lazy("Whom it is for."), width=30),
        Column("participants", gettext_lazy("Participants"), Number(), gettext_lazy("How many."), width=12),
    ),
)
