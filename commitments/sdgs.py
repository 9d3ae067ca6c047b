"""The goals for sustainable development (UN General Assembly, resolution 70/1) by their usual short names."""

from collections.abc import Iterable

from commitments import texts

NAMES: dict[int, tuple[str, str]] = {
    1: ("Keine Armut", "No poverty"),
    2: ("Kein Hunger", "Zero hunger"),
    3: ("Gesundheit und Wohlergehen", "Good health and well-being"),
    4: ("Hochwertige Bildung", "Quality education"),
    5: ("Geschlechtergleichheit", "Gender equality"),
    6: ("Sauberes Wasser und Sanitäreinrichtungen", "Clean water and sanitation"),
    7: ("Bezahlbare und saubere Energie", "Affordable and clean energy"),
    8: ("Menschenwürdige Arbeit und Wirtschaftswachstum", "Decent work and economic growth"),
    9: ("Industrie, Innovation und Infrastruktur", "Industry, innovation and infrastructure"),
    10: ("Weniger Ungleichheiten", "Reduced inequalities"),
    11: ("Nachhaltige Städte und Gemeinden", "Sustainable cities and communities"),
    12: ("Nachhaltiger Konsum und Produktion", "Responsible consumption and production"),
    13: ("Maßnahmen zum Klimaschutz", "Climate action"),
    14: ("Leben unter Wasser", "Life below water"),
    15: ("Leben an Land", "Life on land"),
    16: ("Frieden, Gerechtigkeit und starke Institutionen", "Peace, justice and strong institutions"),
    17: ("Partnerschaften zur Erreichung der Ziele", "Partnerships for the goals"),
}
"""German and English."""


def name(number: int) -> str:
    german, english = NAMES[number]
    return english if texts.reader_language() == "en" else german


def labels(numbers: Iterable[object]) -> list[str]:
    """Number and name of each goal; what is no goal is left out."""
    return [f"{number} {name(number)}" for number in numbers if isinstance(number, int) and number in NAMES]
