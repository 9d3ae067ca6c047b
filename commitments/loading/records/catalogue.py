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
    Precision,
    Provision,
    Relevance,
    Scale,
)


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


@dataclass(frozen=True)
class ProvisionRecord:
    columns: ClassVar[Columns] = Columns(Provision)

    instrument: Key
    number: str
    order: int
    title_de: str
    title_en: str = ""
    udhr_articles: tuple[int, ...] = ()
    municipal_relevance: Relevance | None = None
    heading_basis: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.instrument} {self.number}"


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
