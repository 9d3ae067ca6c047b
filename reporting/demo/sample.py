"""The files of a sample city, read into typed records."""

import json
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

CYCLES, TEXTS = "sample_cycles.json", "report_texts.json"


@dataclass(frozen=True)
class Verdict:
    """One commitment's assessment of the closed year, with the verdicts of the years before."""

    commitment: str
    verdict: str
    trend: str
    verdicts_before: dict[str, str]
    finding_de: str
    finding_en: str
    self_assessed: bool
    dissent_de: str | None
    dissent_en: str | None
    dissent_unit: str | None
    measures: list[str]


@dataclass(frozen=True)
class Reply:
    """One unit's request of one year and what became of it."""

    measure: str | None
    commitment: str | None
    unit: str
    state: str
    result: str
    statement_de: str
    statement_en: str
    changes: dict[str, list[Any]]
    submitted_on: date | None
    released_on: date | None
    reminders: list[date]
    escalated_on: date | None
    by_deputy: bool
    note_de: str
    note_en: str

    @property
    def thing(self) -> str:
        """Key of the measure or commitment."""
        return self.measure or self.commitment or ""


@dataclass(frozen=True)
class NextStep:
    commitment: str
    action_de: str
    action_en: str
    unit: str
    due_on: date
    state: str
    result_de: str
    result_en: str
    from_cycle: int


@dataclass(frozen=True)
class Sample:
    dates: dict[str, dict[str, date]]
    verdicts: list[Verdict]
    next_steps: list[NextStep]
    replies: dict[str, list[Reply]]
    texts: dict[str, Any]

    @property
    def values_before(self) -> dict[str, dict[str, Any]]:
        """What the measures said before the units of the closed year corrected it, by key of the measure."""
        found: dict[str, dict[str, Any]] = {}
        for reply in self.replies["2025"]:
            if reply.measure:
                found.setdefault(reply.measure, {}).update({field: old for field, (old, _new) in reply.changes.items()})
        return {measure: values for measure, values in found.items() if values}


def read_sample(folder: Path) -> Sample:
    raw = json.loads((folder / CYCLES).read_text())
    texts = json.loads((folder / TEXTS).read_text())
    return Sample(
        dates={year: _dates(entry) for year, entry in raw["cycles"].items()},
        verdicts=[_verdict(entry) for entry in raw["assessments"]],
        next_steps=[_next_step(entry) for entry in raw["follow_ups"]],
        replies={
            name.removeprefix("cycle_"): [_reply(entry) for entry in entries]
            for name, entries in raw["confirmations"].items()
        },
        texts=texts["report_2025"],
    )


def _dates(entry: dict[str, Any]) -> dict[str, date]:
    days = {name: _day(value) for name, value in entry.items() if name.endswith(("_on", "_by", "_from", "_to", "date"))}
    return {name: day for name, day in days.items() if day}


def _verdict(entry: dict[str, Any]) -> Verdict:
    values = {field.name: entry.get(field.name) for field in fields(Verdict)}
    return Verdict(**(values | {"measures": entry.get("measures") or []}))


def _next_step(entry: dict[str, Any]) -> NextStep:
    values = {field.name: entry[field.name] for field in fields(NextStep)}
    values |= {name: entry[name] or "" for name in ("result_de", "result_en")}
    return NextStep(**(values | {"due_on": date.fromisoformat(entry["due_on"])}))


def _reply(entry: dict[str, Any]) -> Reply:
    return Reply(
        measure=entry["measure"],
        commitment=entry["commitment"],
        unit=entry["unit"],
        state=entry["state"],
        result=entry["result"] or "",
        statement_de=entry["statement_de"] or "",
        statement_en=entry["statement_en"] or "",
        changes=entry["changes"] or {},
        submitted_on=_day(entry["submitted_on"]),
        released_on=_day(entry["released_on"]),
        reminders=[date.fromisoformat(day) for day in entry["reminders"]],
        escalated_on=_day(entry["escalated_on"]),
        by_deputy=entry["acting_for"] == "deputy",
        note_de=entry.get("state_note_de") or "",
        note_en=entry.get("state_note_en") or "",
    )


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
