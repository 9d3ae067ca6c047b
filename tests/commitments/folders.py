"""A small catalogue and a small city as files, for tests of the loaders to change as they like."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Files = dict[str, Any]


def instrument(key: str, **fields: Any) -> dict[str, Any]:
    defaults = {
        "key": key,
        "order": 1,
        "kind": "treaty",
        "title_de": f"Übereinkommen {key}",
        "title_en": f"Convention {key}",
        "short_de": key.upper(),
        "short_en": key.upper(),
        "adopted_on": "1979-12-18",
        "adopted_on_precision": "day",
        "binding": True,
        "derived_from": ["udhr"],
        "note": "Noted in the catalogue.",
    }
    return defaults | fields


def provision(instrument: str, number: int, articles: Iterable[int] = ()) -> dict[str, Any]:
    return {
        "instrument": instrument,
        "number": f"Art. {number}",
        "order": number,
        "title_de": f"Recht {number}",
        "title_en": f"Right {number}",
        "udhr_articles": list(articles) or [number],
        "municipal_relevance": "high",
        "heading_basis": "own wording",
    }


def catalogue() -> Files:
    declaration = instrument("udhr", kind="declaration", adopted_on="1948-12-10", derived_from=[], binding=False)
    pledge = instrument("pledge", kind="network pledge", adopted_on="2009-01-01", adopted_on_precision="year")
    items = [{"code": code, "label_de": f"Stufe {code}"} for code in "ABCDE"]
    return {
        "instruments.json": [declaration, instrument("cedaw"), pledge],
        "provisions.json": [
            *(provision("udhr", number) for number in (1, 2, 5)),
            provision("cedaw", 5, (2, 5)),
            provision("pledge", 1, (1,)),
        ],
        "scales.json": {"hrc_followup_grades": {"name_de": "Stufen", "items": items}},
    }


def unit(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "name_de": f"Amt {key}", "name_en": f"Office {key}", "kind": "office"} | fields


def measure(key: str, **fields: Any) -> dict[str, Any]:
    defaults = {
        "key": key,
        "section": "twinnings",
        "item": "lille",
        "title_de": f"Maßnahme {key}",
        "title_en": f"Measure {key}",
        "department": "bei",
        "contributing_units": ["jugend"],
        "start": "2022-05",
        "end": "2023",
        "status": "ongoing",
        "field": "partnerships",
        "source": ["https://example.org/source"],
        "verified": True,
        "note": "Start assumed.",
    }
    return defaults | fields


def commitment(key: str, reference: str, **fields: Any) -> dict[str, Any]:
    defaults = {
        "key": key,
        "reference": reference,
        "title_de": f"Zusage {key}",
        "wording_de": "Die Stadt hält diese Zusage.",
        "provisions": [{"instrument": "udhr", "number": "Art. 1"}, {"instrument": "cedaw", "number": "Art. 5"}],
        "obligations": ["respect", "fulfil"],
        "competence": "own",
        "lead_unit": "bei",
        "contributing_units": ["jugend"],
        "registered_on": "2022-01-10",
        "valid_from": "1948-12-10",
    }
    return defaults | fields


def portfolio() -> Files:
    bodies = {"coordinating_department": "bei", "verified": True, "source": ["https://example.org/1"]}
    lille = {"key": "lille", "city_de": "Lille", "country": "FR", "since_year": 1958, "signed_on": "1958-07-03"}
    paused = {"key": "wolgograd", "city_de": "Wolgograd", "country": "RU", "since_year": 1988, "status": "suspended"}
    membership = {"key": "bund", "name_de": "Bund", "kind": "network pledge", "instrument": "pledge", "since": "2012"}
    pledged = {"department": "bei", "verified": True}
    return {
        "city": {"name_de": "Stadt Muster", "name_en": "City of Muster", "country": "DE", "state": "NW"},
        "departments": [unit("bei", is_officers_own=True), unit("jugend"), unit("bezirk1", kind="district")],
        "twinnings": [lille | bodies, paused | bodies | {"note": "On hold.", "note_de": "Ruht."}],
        "network_memberships": [membership | pledged],
        "measures": [measure("m-one"), measure("m-two", section="network_memberships", item="bund")],
    }


def city() -> Files:
    reason = {"contribution": "direct", "rationale_de": "Sie setzt die Zusage um."}
    provisions = [{"instrument": "udhr", "number": "Art. 1", "contribution": "direct"}]
    later = commitment("later", "K-002", registered_on="2025-06-02")
    gap = {"instrument": "udhr", "number": "Art. 5", "reason": "not_looked_at", "text_de": "Noch offen.", "field": None}
    return {
        "portfolio.json": portfolio(),
        "commitments.json": {
            "adoptions": [{"instrument": "pledge", "adopted_by_city_on": "2012", "council_reference": "Beschluss"}],
            "commitments": [commitment("first", "K-001"), later],
        },
        "mapping.json": {
            "mappings": [{"measure": "m-one", "provisions": provisions, "rationale_de": "Sie dient dem Recht."}],
            "links": [
                {"measure": "m-one", "commitment": "first", **reason},
                {"measure": "m-two", "commitment": "later", **reason},
            ],
        },
        "report_texts.json": {
            "glossary": [{"term_de": "Rückmeldung", "term_en": "Answer", "text_de": "Antwort einer Dienststelle."}],
            "gap_articles": [gap],
        },
    }


def write(folder: Path, files: Files) -> Path:
    """The files in a folder, which is returned; a text is written as it stands."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def entry(files: Files, file: str, *way: str | int) -> Any:
    """What stands in a file at the end of a way: lists by position or key, records by field."""
    found = files[file]
    for step in way:
        if isinstance(found, list) and isinstance(step, str):
            found = next(each for each in found if step in (each.get("key"), each.get("measure")))
        else:
            found = found[step]
    return found
