"""Where a file waits between upload and import, or for its download: below ``DATA_DIR``, for the application alone.

With it lies its preview, one line a row, so that a page of it is read without the rest.
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

from commitments.exchange.plans import Plan, PlannedRow
from commitments.exchange.tables import CellError

KEPT_FOR = timedelta(days=1)
"""How long a file waits for somebody to take it over."""

PLAN = "preview.lines"
"""First the errors of the whole file; then for each row its outcome, its number, and all of it as JSON."""

ORDER = "order.json"


def root() -> Path:
    folder = Path(settings.DATA_DIR) / "exchange"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def folder_of(pk: int) -> Path:
    return root() / str(int(pk))


def upload_of(pk: int) -> Path | None:
    """The file of a transfer, or None where it has been removed."""
    return next(iter(sorted(folder_of(pk).glob("upload.*"))), None)


def keep(pk: int, chunks: Iterable[bytes], suffix: str) -> Path:
    """Store a file; it keeps nothing of its name but the suffix. What lies there of another register goes."""
    remove(pk)
    folder = folder_of(pk)
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"upload{suffix}"
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
    return path


def digest_of(chunks: Iterable[bytes]) -> str:
    """SHA-256 of a file."""
    told = sha256()
    for chunk in chunks:
        told.update(chunk)
    return told.hexdigest()


def file_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            yield chunk


def save_plan(pk: int, plan: Plan) -> None:
    """Write the preview; whoever reads meanwhile sees the old one."""
    path = folder_of(pk) / PLAN
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    with new.open("w", encoding="utf-8") as file:
        errors = [[error.row, error.column, error.sentence] for error in plan.errors]
        file.write(json.dumps(errors, ensure_ascii=False) + "\n")
        for row in plan.rows:
            file.write(f"{row.outcome}\t{row.number}\t{json.dumps(row.as_json(), ensure_ascii=False)}\n")
    new.replace(path)


@dataclass
class Preview:
    """One page of a preview: errors of the whole file, and some rows of those that were asked for.

    ``page`` counts from 0; ``matching`` is how many rows there are in all, or errors where no row was read.
    """

    page: int = 0
    errors: list[CellError] = field(default_factory=list)
    rows: list[PlannedRow] = field(default_factory=list)
    errors_in_all: int = 0
    matching: int = 0


def load_preview(pk: int, outcomes: frozenset[str], page: int, count: int) -> Preview | None:
    """A page of the rows with one of the outcomes (all, where none is named); None where the preview is gone."""
    path = folder_of(pk) / PLAN
    if not path.is_file():
        return None
    with path.open(encoding="utf-8") as file:
        errors = [CellError(*error) for error in json.loads(file.readline())]
        chosen = [told for _number, told in _lines(file, outcomes)]
    found = Preview(errors_in_all=len(errors), matching=len(chosen) or len(errors))
    found.page = max(0, min(page, (found.matching - 1) // count))
    first = found.page * count
    found.rows = [PlannedRow.from_json(json.loads(told)) for told in chosen[first : first + count]]
    found.errors = errors[:count] if chosen else errors[first : first + count]
    return found


def place_of(pk: int, outcomes: frozenset[str], row: int) -> int:
    """How many rows with one of the outcomes stand before a row of the file."""
    path = folder_of(pk) / PLAN
    if not path.is_file():
        return 0
    with path.open(encoding="utf-8") as file:
        file.readline()
        return sum(1 for number, _told in _lines(file, outcomes) if number < row)


def _lines(file: Iterable[str], outcomes: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Number and content of the rows with one of the outcomes, or of all."""
    for line in file:
        outcome, number, told = line.split("\t", 2)
        if not outcomes or outcome in outcomes:
            yield int(number), told


@dataclass(frozen=True)
class Order:
    """A table that is to be made: of which rows, in which form and language, and what whoever asked may see."""

    form: str
    language: str
    filters: str
    pks: list[int]
    sight: list[Any]
    marks: list[int]


def save_order(pk: int, order: Order) -> None:
    """Keep it beside the file; in no table, since the words of a filter may name what few may read (rule 10)."""
    remove(pk)
    folder_of(pk).mkdir(mode=0o700)
    path = folder_of(pk) / ORDER
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(order)), encoding="utf-8")


def load_order(pk: int) -> Order | None:
    path = folder_of(pk) / ORDER
    return Order(**json.loads(path.read_text("utf-8"))) if path.is_file() else None


def table_of(pk: int) -> Path | None:
    """The file that was made, or None where it is not there yet, or no longer."""
    return next(iter(sorted(folder_of(pk).glob("table.*"))), None)


def remove(pk: int) -> None:
    shutil.rmtree(folder_of(pk), ignore_errors=True)


def outdated(now: datetime) -> list[int]:
    """Transfers whose files have waited longer than ``KEPT_FOR``."""
    before = (now - KEPT_FOR).timestamp()
    return [
        int(folder.name) for folder in root().iterdir() if folder.name.isdigit() and folder.stat().st_mtime < before
    ]
