"""What an import would do, row by row, before anything is written."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from commitments.exchange.tables import CellError
from commitments.models import User


class RowOutcome(models.TextChoices):
    """What becomes of a row; a conflict keeps what a person changed and takes the rest over (rule 20)."""

    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    UNCHANGED = "unchanged", _("unchanged")
    CONFLICT = "conflict", _("conflict")
    ERROR = "error", _("with errors")


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs, in words; of a new row, one that it will hold.

    ``kept``: somebody else changed it, so it stays as the register has it.
    """

    column: str
    old: str
    new: str
    kept: bool = False


@dataclass
class PlannedRow:
    """One row of the file: its number, what it is called, and what becomes of it."""

    number: int
    name: str
    outcome: str
    changes: list[Change] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "name": self.name,
            "outcome": str(self.outcome),
            "changes": [[each.column, each.old, each.new, each.kept] for each in self.changes],
            "errors": [[each.row, each.column, each.sentence] for each in self.errors],
        }

    @classmethod
    def from_json(cls, known: dict[str, Any]) -> "PlannedRow":
        return cls(
            known["number"],
            known["name"],
            known["outcome"],
            [Change(*each) for each in known["changes"]],
            [CellError(*each) for each in known["errors"]],
        )


@dataclass
class Plan:
    """The outcome of each row. ``work`` is what the subject needs to write it; nobody else looks into it.

    ``errors`` concern the file as a whole or its headings. ``holds_protected`` says whether protected rows are named.
    """

    rows: list[PlannedRow] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    work: Any = None
    holds_protected: bool = False
    notes: list[str] = field(default_factory=list)

    def all_errors(self) -> Iterator[CellError]:
        yield from self.errors
        for row in self.rows:
            yield from row.errors

    @property
    def is_refused(self) -> bool:
        return bool(self.errors) or any(row.errors for row in self.rows)

    @property
    def counts(self) -> dict[str, Any]:
        """Rows in all and by outcome, errors, and the notes where there are any."""
        found = Counter(str(row.outcome) for row in self.rows)
        return {
            "rows": len(self.rows),
            **{str(outcome): found[str(outcome)] for outcome in RowOutcome},
            "errors": sum(1 for _error in self.all_errors()),
        } | ({"notes": self.notes} if self.notes else {})

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return any(row.outcome == RowOutcome.NEW or any(not change.kept for change in row.changes) for row in self.rows)

    @property
    def digest(self) -> str:
        """SHA-256 of what would be done: what was looked at is what is taken over."""
        told = hashlib.sha256()
        for row in self.rows:
            told.update(json.dumps(row.as_json(), sort_keys=True, ensure_ascii=False).encode())
        return told.hexdigest()


@dataclass(frozen=True)
class Act:
    """Who imports, for whom, why and when. Without an actor it is the system itself (the command)."""

    actor: User | None
    reason: str
    at: datetime
    acting_for: User | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The arguments of ``commitments.ledger.save_all_as``."""
        return {"actor": self.actor, "acting_for": self.acting_for, "reason": self.reason, "at": self.at}
