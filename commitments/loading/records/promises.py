"""commitments.json, mapping.json, and what report_texts.json holds for the register."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from commitments.dates import PartialDate
from commitments.loading.reading import Key
from commitments.loading.records.columns import Columns, Texts
from commitments.models import (
    Adoption,
    Commitment,
    Competence,
    Contribution,
    FieldOfAction,
    GapCode,
    GlossaryTerm,
    Protection,
)


@dataclass(frozen=True)
class ProvisionRef:
    """A provision, by its instrument and its number in one version of it."""

    instrument: Key
    number: str
    version: int = 1

    @property
    def name(self) -> str:
        return f"{self.instrument} {self.number}"


@dataclass(frozen=True)
class AdoptionRecord:
    columns: ClassVar[Columns] = Columns(Adoption, {"version_label_de": "label_de", "version_label_en": "label_en"})

    instrument: Key
    version_label_de: str = ""
    version_label_en: str = ""
    adopted_by_city_on: PartialDate | None = None
    council_reference: str = ""
    renewal_due_on: date | None = None
    note: str = ""
    version: int = 1


class Obligation(StrEnum):
    RESPECT = "respect"
    PROTECT = "protect"
    FULFIL = "fulfil"


@dataclass(frozen=True)
class CommitmentRecord:
    columns: ClassVar[Columns] = Columns(Commitment)

    key: Key
    reference: str
    title_de: str
    wording_de: str
    provisions: tuple[ProvisionRef, ...]
    obligations: tuple[Obligation, ...]
    competence: Competence
    lead_unit: Key
    registered_on: date
    title_en: str = ""
    wording_en: str = ""
    competence_note_de: str = ""
    competence_note_en: str = ""
    contributing_units: tuple[Key, ...] = ()
    concerned_groups_de: Texts = ()
    concerned_groups_en: Texts = ()
    valid_from: PartialDate | None = None
    protection: Protection = Protection.PUBLIC
    note: str = ""


@dataclass(frozen=True)
class Promises:
    """commitments.json"""

    adoptions: tuple[AdoptionRecord, ...]
    commitments: tuple[CommitmentRecord, ...]


# How measures serve them


@dataclass(frozen=True)
class MappedProvision:
    instrument: Key
    number: str
    contribution: Contribution
    version: int = 1

    @property
    def ref(self) -> ProvisionRef:
        return ProvisionRef(self.instrument, self.number, self.version)


@dataclass(frozen=True)
class MappingRecord:
    unread: ClassVar[frozenset[str]] = frozenset({"udhr_articles"})

    measure: Key
    provisions: tuple[MappedProvision, ...]
    rationale_de: str
    rationale_en: str = ""


@dataclass(frozen=True)
class LinkRecord:
    measure: Key
    commitment: Key
    contribution: Contribution
    rationale_de: str
    rationale_en: str = ""


@dataclass(frozen=True)
class Mapping:
    """mapping.json"""

    unread: ClassVar[frozenset[str]] = frozenset({"disclaimer"})

    mappings: tuple[MappingRecord, ...]
    links: tuple[LinkRecord, ...]


# Texts of the report that belong to the register


@dataclass(frozen=True)
class GlossaryRecord:
    columns: ClassVar[Columns] = Columns(GlossaryTerm)

    term_de: str
    term_en: str = ""
    text_de: str = ""
    text_en: str = ""


@dataclass(frozen=True)
class GapRecord:
    instrument: Key
    number: str
    reason: GapCode
    text_de: str
    text_en: str = ""
    field: FieldOfAction | None = None
    next_step_de: str = ""
    next_step_en: str = ""
    due_on: date | None = None

    @property
    def ref(self) -> ProvisionRef:
        return ProvisionRef(self.instrument, self.number)

    @property
    def name(self) -> str:
        return f"{self.ref.name}, {self.field or '*'}"


@dataclass(frozen=True)
class RegisterTexts:
    """What report_texts.json holds for the register; the rest of it belongs to the report."""

    glossary: tuple[GlossaryRecord, ...] = ()
    gap_articles: tuple[GapRecord, ...] = ()
