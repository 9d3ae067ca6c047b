"""A small content for tests: three commitments, two measures, one silent unit. Made without a database."""

from datetime import date
from typing import Any

from reporting.content.assemble import Facts, assemble
from reporting.content.facts import (
    ARTICLES,
    Answer,
    Assessment,
    City,
    Commitment,
    Cycle,
    Dissent,
    Engagement,
    Evidence,
    FollowUp,
    GapNote,
    Grade,
    Instrument,
    Link,
    Measure,
    PartialDate,
    Provision,
    ReportContent,
    Statement,
    Term,
    Text,
    Unit,
    Verdict,
    Words,
)

GRADES = (
    Grade(
        "A", Text("Weitgehend zufriedenstellend", "Largely satisfactory"), Text("Belegt.", "Documented."), fulfils=True
    ),
    Grade(
        "B", Text("Teilweise zufriedenstellend", "Partially satisfactory"), Text("Begonnen.", "Begun."), fulfils=True
    ),
    Grade("C", Text("Nicht zufriedenstellend", "Not satisfactory"), Text("Nicht erfüllt.", "Not fulfilled.")),
    Grade("D", Text("Keine Mitwirkung", "No cooperation"), Text("Keine Antwort.", "No answer.")),
    Grade("E", Text("Gegenläufig", "Contrary"), Text("Abgelehnt.", "Rejected.")),
    Grade("too_early", Text("Zu früh", "Too early"), Text("Neu.", "New."), graded=False),
    Grade(
        "out_of_competence",
        Text("Außerhalb der Zuständigkeit", "Out of competence"),
        Text("Bund.", "State."),
        graded=False,
    ),
)
SILENT = Answer(
    unit="planung",
    part="contributing",
    result="no_reply",
    reminders=(date(2025, 11, 7), date(2025, 11, 14), date(2025, 11, 21)),
    escalated_on=date(2025, 11, 28),
)


def article(number: int) -> Provision:
    return Provision("udhr", f"Art. {number}", Text(f"Recht {number}", f"Right {number}"), (number,))


def make_commitment(number: int, outcome: str = "B", **fields: Any) -> Commitment:
    defaults: dict[str, Any] = {
        "reference": f"K-{number:03}",
        "title": Text(f"Zusage {number}", f"Promise {number}"),
        "wording": Text(f"Die Stadt hält Zusage {number}.", f"The city keeps promise {number}."),
        "provisions": (article(number),),
        "obligations": ("respect", "fulfil"),
        "competence": "own",
        "unit": "aiv",
        "assessment": Assessment(outcome, "same", Text(f"Befund zu {number}.", f"Finding on {number}.")),
        "verdicts": (Verdict(2024, "B"), Verdict(2025, outcome)),
    }
    return Commitment(**(defaults | fields))


def make_measure(number: int, **fields: Any) -> Measure:
    defaults: dict[str, Any] = {
        "reference": f"M-{number:03}",
        "title": Text(f"Maßnahme {number}", f"Measure {number}"),
        "field": "partnerships",
        "unit": "aiv",
        "status": "ongoing",
        "starts_on": PartialDate(2012),
        "answers": (Answer("aiv", "lead", "confirmed", released_on=date(2025, 11, 5)),),
    }
    return Measure(**(defaults | fields))


def small_facts(**fields: Any) -> Facts:
    dissent = Dissent("planung", Text("Zu streng.", "Too strict."))
    statement = Statement("Verein Muster", Text("Wir sehen keinen Fortschritt."), date(2025, 12, 1))
    fallen = Assessment(
        "D", "worse", Text("Keine Antwort kam.", "No answer came."), dissents=(dissent,), statements=(statement,)
    )
    defaults: dict[str, Any] = {
        "city": City(Text("Musterstadt", "Sample City"), "DE", "50.9", "7.0"),
        "cycle": Cycle(
            2025,
            date(2024, 10, 1),
            date(2025, 9, 30),
            date(2025, 9, 30),
            date(2025, 10, 1),
            date(2025, 11, 14),
            date(2025, 11, 28),
            date(2026, 2, 13),
            date(2026, 2, 27),
        ),
        "words": Words(
            title=Text("Menschenrechte in der internationalen Arbeit", "Human rights in international work"),
            subtitle=Text("Bericht 2025", "Report 2025"),
            introduction=Text("Worum es **geht**.", "What it is **about**."),
            method=Text("So wurde geprüft.", "This is how it was reviewed."),
        ),
        "grades": GRADES,
        "articles": {number: (Text(f"Recht {number}", f"Right {number}"), "high") for number in ARTICLES},
        "units": (Unit("aiv", Text("Amt für Vielfalt", "Diversity Office")), Unit("planung", Text("Stadtplanungsamt"))),
        "instruments": (
            Instrument("udhr", Text("AEMR", "UDHR"), Text("Allgemeine Erklärung", "Declaration"), "declaration"),
        ),
        "engagements": (
            Engagement(
                "turin",
                "partnership",
                Text("Turin"),
                "twinning",
                country="IT",
                status="active",
                starts_on=PartialDate(1958),
                latitude="45.1",
                longitude="7.7",
            ),
            Engagement(
                "netz", "network", Text("Netzwerk"), "network", unit="aiv", status="active", starts_on=PartialDate(2005)
            ),
            Engagement(
                "projekt",
                "eu_project",
                Text("Projekt"),
                name="PRO",
                unit="aiv",
                starts_on=PartialDate(2013),
                ends_on=PartialDate(2017, 6),
            ),
        ),
        "measures": (
            make_measure(1, engagement="turin", evidence=(Evidence(Text(), "link", "https://example.org/1"),)),
            make_measure(2, field="europe", answers=(SILENT,), unit="planung"),
        ),
        "commitments": (
            make_commitment(1, "A", links=(Link("M-001", "direct", Text("Sie dient ihm.", "It serves it.")),)),
            make_commitment(2, assessment=fallen, verdicts=(Verdict(2024, "B"), Verdict(2025, "D"))),
            make_commitment(
                3,
                "too_early",
                newly_adopted=True,
                provisions=(Provision("udhr", "Art. 3", Text("Recht 3"), (3,)), article(1)),
                links=(Link("M-002", "supporting"),),
                verdicts=(Verdict(2025, "too_early"),),
            ),
        ),
        "follow_ups": (
            FollowUp(
                "K-002", Text("Bericht vorlegen.", "Present a report."), "open", 2024, "planung", date(2025, 12, 15)
            ),
            FollowUp(
                "K-001", Text("Regeln veröffentlichen."), "done", 2024, "aiv", date(2025, 6, 30), Text("Liegt vor.")
            ),
        ),
        "gap_notes": (GapNote(2, "not_looked_at", text=Text("Noch nicht betrachtet.", "Not looked at yet.")),),
        "obligations": (Term("respect", Text("Achten", "Respect"), Text("Nicht verletzen.", "Do not violate.")),),
        "glossary": (Term("Seal", Text("Siegel", "Seal"), Text("Prüfsumme.", "Checksum.")),),
        "sample_notice": Text("Beispieldaten, keine Angaben der Stadt", "Sample data, not information from the city"),
    }
    return Facts(**(defaults | fields))


def small_content(**fields: Any) -> ReportContent:
    return assemble(small_facts(**fields))
