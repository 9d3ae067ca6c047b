"""Where a file waits between upload and import: below ``DATA_DIR``, readable by the application alone.

With it lies its preview, one line a row, so that a page of it is read without the rest.
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from commitments.exchange.plans import Plan, PlannedRow
from commitments.exchange.tables import CellError

KEPT_FOR = timedelta(days=1)
"""How long a file waits for somebody to take it over."""

PLAN = "preview.jsonl"


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
            file.write(json.dumps(row.as_json(), ensure_ascii=False) + "\n")
    new.replace(path)


@dataclass
class Preview:
    """One page of a preview: errors of the whole file, and some rows of those that were asked for."""

    errors: list[CellError] = field(default_factory=list)
    rows: list[PlannedRow] = field(default_factory=list)
    matching: int = 0


def load_preview(pk: int, outcomes: frozenset[str], first: int, count: int) -> Preview | None:
    """Rows ``first`` and on of those with one of the outcomes (all, where none is named); None where it is gone."""
    path = folder_of(pk) / PLAN
    if not path.is_file():
        return None
    found = Preview()
    with path.open(encoding="utf-8") as file:
        found.errors = [CellError(*error) for error in json.loads(file.readline())]
        for line in file:
            row = json.loads(line)
            if outcomes and row["outcome"] not in outcomes:
                continue
            if first <= found.matching < first + count:
                found.rows.append(PlannedRow.from_json(row))
            found.matching += 1
    return found


def remove(pk: int) -> None:
    shutil.rmtree(folder_of(pk), ignore_errors=True)


def outdated(now: datetime) -> list[int]:
    """Transfers whose files have waited longer than ``KEPT_FOR``."""
    before = (now - KEPT_FOR).timestamp()
    return [
        int(folder.name) for folder in root().iterdir() if folder.name.isdigit() and folder.stat().st_mtime < before
    ]
