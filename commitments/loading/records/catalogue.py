"""instruments.json, provisions.json, scales.json"""

from dataclasses import dataclass
from typing import ClassVar

from commitments.dates import PartialDate
from commitments.loading.reading import Key
from commitments.loading.records.columns import Columns
from commitments.models import (
    Grade,
    Instrument,
    InstrumentKind,
    InstrumentVersion,
    Precision,
    Provision,
    ProvisionLink,
    Relation,
    Relevance,
    Scale,
)


@dataclass(frozen=True)
class VersionRecord:
    """A later version of an instrument; the first one is told by the instrument itself."""

    columns: ClassVar[Columns] = Columns(InstrumentVersion)

    number: int
    adopted_on: PartialDate | None
    adopted_on_precision: Precision = Precision.DAY
    label_de: str = ""
    label_en: str = ""
    source: str = ""
    note_de: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class InstrumentRecord:
    columns: ClassVar[Columns] = Columns(Instrument)
    unread: ClassVar[frozenset[str]] = frozenset({"provision_count"})

    key: Key
    order: int
    kind: InstrumentKind
    title_de: str
    short_de: str
    adopted_on: PartialDate | None
    binding: bool
    title_en: str = ""
    short_en: str = ""
    adopted_on_precision: Precision = Precision.DAY
    body: str = ""
    in_force_for_germany: PartialDate | None = None
    udhr_based_on: tuple[int, ...] = ()
    udhr_in_text: bool | None = None
    derived_from: tuple[Key, ...] = ()
    source: str = ""
    coverage: str = ""
    dates_checked: str = ""
    note: str = ""
    versions: tuple[VersionRecord, ...] = ()


@dataclass(frozen=True)
class KinRecord:
    """A typed link to a provision of another version or instrument."""

    columns: ClassVar[Columns] = Columns(ProvisionLink)

    instrument: Key
    number: str
    relation: Relation
    version: int = 1
    note: str = ""


@dataclass(frozen=True)
class ProvisionRecord:
    columns: ClassVar[Columns] = Columns(Provision)

    instrument: Key
    number: str
    order: int
    version: int = 1
    title_de: str = ""
    title_en: str = ""
    verified: bool = True
    kin: tuple[KinRecord, ...] = ()
    udhr_articles: tuple[int, ...] = ()
    municipal_relevance: Relevance | None = None
    heading_basis: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """How the record is called in what the loader says; the first version goes without its number."""
        named = self.instrument if self.version == 1 else f"{self.instrument}/{self.version}"
        return f"{named} {self.number}"


@dataclass(frozen=True)
class GradeRecord:
    columns: ClassVar[Columns] = Columns(Grade)

    code: str | int
    label_de: str
    label_en: str = ""
    definition_de: str = ""
    definition_en: str = ""


@dataclass(frozen=True)
class ScaleRecord:
    columns: ClassVar[Columns] = Columns(Scale)

    name_de: str
    items: tuple[GradeRecord, ...]
    name_en: str = ""
    source: str = ""
    note: str = ""
