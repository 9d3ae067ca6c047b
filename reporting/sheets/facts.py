"""What a sheet says, as plain frozen facts: the part of an edition's content it is about, and what it needs beyond.

The same rules hold as for the content itself: codes, keys and both languages' texts; no interface string, no database
id, no float. Its canonical JSON is hashed and attached to the sheet.
"""

from dataclasses import dataclass
from datetime import date

from reporting.content.facts import PartialDate, Provision, ReportContent, Text

SCHEMA = "rechenschaft/sheet/1"
NO_TEXT = Text()


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What every sheet holds: which report it was taken from, and of it what concerns the subject.

    ``taken_from`` is the hash of the whole content; ``report`` is counted anew from what is left.
    """

    kind: str
    report: ReportContent
    taken_from: str
    subject: str = ""
    name: Text = NO_TEXT
    schema: str = SCHEMA


@dataclass(frozen=True)
class Promise:
    """An agreed next step, wherever it comes from; ``title`` is that of its commitment."""

    commitment: str
    title: Text
    action: Text
    state: str
    from_year: int
    unit: str = ""
    due_on: date | None = None
    closed_on: date | None = None
    result: Text = NO_TEXT


@dataclass(frozen=True)
class Point:
    """One provision of a charter, with what names or reaches it: commitments, measures, projects."""

    provision: Provision
    commitments: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Charter:
    """A charter in the version that the city took on."""

    key: str
    title: Text
    version: Text
    adopted_on: PartialDate | None
    city_adopted_on: PartialDate | None
    council_reference: str
    source: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Amount:
    """The money of one year in euros, as decimal text; empty where nobody entered it."""

    year: int
    total: str
    funded: str
    source: str = ""
