"""Micro-typography: what a typesetter would do to a line of text before setting it. Changes no word."""

import re

NBSP = "\u00a0"
MONTHS = {
    "de": "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
}

_COMMON = (
    (r"\b(Art|Abs|Nr|Ziff|No|Arts|Pkt|Kap|para|paras|p|pp)\. (?=\d)", rf"\1.{NBSP}"),
    (
        r"\b(SDG|Kriterium|Criterion|Ziel|Goal|Prinzip|Principle|Punkt|Artikel|Article|Stufe|Grade) (?=\d|[A-E]\b)",
        rf"\1{NBSP}",
    ),
    (r"§ ?(?=\d)", f"§{NBSP}"),
    (r"(\d) (?=(km|Euro|euro|Prozent|%|€|Uhr)(\W|$))", rf"\1{NBSP}"),
    (r"\b(\d{4})-(\d{2,4})\b(?!-)", "\\1–\\2"),
    (r"(?<=\S) [-–] (?=\S)", f"{NBSP}– "),
    (r"\.\.\.", "…"),
    # Fira Sans lacks these two spaces and the arrows of some keyboards
    ("[\u202f\u2009\u200a]", NBSP),
)
_RULES = {
    "de": (
        *_COMMON,
        (rf"(\d{{1,2}})\. (?=({MONTHS['de']})\b)", rf"\1.{NBSP}"),
        (rf"\b({MONTHS['de']}) (?=\d{{4}})", rf"\1{NBSP}"),
        (r"\b(z|d|u|i|o)\. ?(?=(B|h|a|d|R|Ä)\.)", rf"\1.{NBSP}"),
        (r'(^|[\s(\[/–])"(?=\S)', r"\1„"),
        (r'(?<=\S)"', "“"),
    ),
    "en": (
        *_COMMON,
        (rf"(\d{{1,2}}) (?=({MONTHS['en']})\b)", rf"\1{NBSP}"),
        (rf"\b({MONTHS['en']}) (?=\d{{4}})", rf"\1{NBSP}"),
        (r'(^|[\s(\[/–])"(?=\S)', r"\1“"),
        (r'(?<=\S)"', "”"),
    ),
}
_COMPILED = {
    language: tuple((re.compile(pattern), replacement) for pattern, replacement in rules)
    for language, rules in _RULES.items()
}


def typeset(text: str, language: str) -> str:
    for pattern, replacement in _COMPILED[language]:
        text = pattern.sub(replacement, text)
    return text
