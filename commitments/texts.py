"""Words, dates and numbers as readers see them, in German and English. Needs no database."""

import datetime
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import nh3
import pyphen
from babel import Locale, dates, numbers
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from markdown_it import MarkdownIt
from markdown_it.token import Token

FALLBACK = "de"
LOCALES = {"de": "de_DE", "en": "en_GB"}

#: Short names of the thirty articles (German, English), with soft hyphens for narrow tiles.
ARTICLE_LABELS: dict[int, tuple[str, str]] = {
    1: ("Würde und Gleichheit", "Dignity and equality"),
    2: ("Keine Diskrimi\u00adnierung", "No discrimi\u00adnation"),
    3: ("Leben und Freiheit", "Life and liberty"),
    4: ("Keine Sklaverei", "No slavery"),
    5: ("Keine Folter", "No torture"),
    6: ("Rechts\u00adperson", "Person before the law"),
    7: ("Gleich vor dem Gesetz", "Equal before the law"),
    8: ("Rechts\u00adbehelf", "Effective remedy"),
    9: ("Keine Willkürhaft", "No arbitrary arrest"),
    10: ("Faires Verfahren", "Fair hearing"),
    11: ("Unschulds\u00advermutung", "Presumed innocent"),
    12: ("Privat\u00adleben", "Privacy"),
    13: ("Frei\u00adzügigkeit", "Free movement"),
    14: ("Asyl", "Asylum"),
    15: ("Staats\u00adangehörigkeit", "Nationality"),
    16: ("Ehe und Familie", "Marriage and family"),
    17: ("Eigentum", "Property"),
    18: ("Gewissen und Religion", "Conscience and religion"),
    19: ("Meinung und Infor\u00admation", "Opinion and infor\u00admation"),
    20: ("Versamm\u00adlung", "Assembly"),
    21: ("Mitwir\u00adkung", "Partici\u00adpation"),
    22: ("Soziale Sicherheit", "Social security"),
    23: ("Arbeit und Lohn", "Work and pay"),
    24: ("Erholung", "Rest and leisure"),
    25: ("Lebens\u00adstandard", "Standard of living"),
    26: ("Bildung", "Education"),
    27: ("Kultur", "Culture"),
    28: ("Gerechte Ordnung", "A just order"),
    29: ("Pflichten", "Duties"),
    30: ("Auslegungs\u00adschranke", "Limits of reading"),
}


class Segment(NamedTuple):
    """A run of text that two versions share ("equal") or that one of them lacks ("insert", "delete")."""

    op: str
    text: str


def reader_language() -> str:
    """The two letters of the language this page is read in."""
    return (get_language() or FALLBACK)[:2]


def _locale(language: str | None) -> str:
    return LOCALES.get(language or reader_language(), LOCALES[FALLBACK])


def _field(obj: Any, name: str) -> Any:
    return obj.get(name) if isinstance(obj, Mapping) else getattr(obj, name, None)


def localized_pair(obj: Any, name: str, language: str | None = None) -> tuple[str, str]:
    """The text of ``name`` and the language it is in: the reader's where there is one, else German."""
    wanted = language or reader_language()
    text = _field(obj, f"{name}_{wanted}")
    if text:
        return str(text), wanted
    return str(_field(obj, f"{name}_{FALLBACK}") or ""), FALLBACK


def localized(obj: Any, name: str, language: str | None = None) -> str:
    return localized_pair(obj, name, language)[0]


def localized_html(obj: Any, name: str, language: str | None = None) -> SafeString:
    """Like ``localized``; a text in another language than the page's says so to screen readers."""
    text, found = localized_pair(obj, name, language)
    if text and found != (language or reader_language()):
        return format_html('<span lang="{}">{}</span>', found, text)
    return format_html("{}", text)


def article_label(number: int, language: str | None = None) -> str:
    german, english = ARTICLE_LABELS[number]
    return english if (language or reader_language()) == "en" else german


def partial_date(value: datetime.date | None, precision: str = "day", language: str | None = None) -> str:
    """A date as exactly as it is known: "14. März 2026", "März 2026" or "2026"."""
    if value is None:
        return ""
    if precision == "year":
        return str(value.year)
    if precision == "month":
        return dates.format_skeleton("yMMMM", value, locale=_locale(language))
    return long_date(value, language)


def long_date(value: datetime.date | None, language: str | None = None) -> str:
    """4. Februar 2027"""
    return dates.format_date(value, "long", locale=_locale(language)) if value else ""


def weekday_date(value: datetime.date | None, language: str | None = None) -> str:
    """Donnerstag, 4. Februar 2027: for dates on which someone must act."""
    return dates.format_date(value, "full", locale=_locale(language)) if value else ""


def short_date(value: datetime.date | None, language: str | None = None) -> str:
    """04.02.2027, for tables"""
    return dates.format_date(value, "dd.MM.y" if _locale(language) == "de_DE" else "dd/MM/y") if value else ""


def moment(value: datetime.datetime | None, language: str | None = None) -> str:
    """4. Februar 2027, 09:20 (the caller gives local time)"""
    return f"{long_date(value.date(), language)}, {value:%H:%M}" if value else ""


def country(code: str, language: str | None = None) -> str:
    """FR: Frankreich"""
    return str(Locale.parse(_locale(language)).territories.get(code, code)) if code else ""


#: Codes of territories that are no country.
NO_COUNTRIES = {"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
PLAIN_LETTERS = str.maketrans("ÄÖÜÅÉäöüåé", "AOUAEaouae")


def countries(language: str | None = None) -> list[tuple[str, str]]:
    """Code and name of all countries, by name."""
    names = Locale.parse(_locale(language)).territories
    found = [(code, name) for code, name in names.items() if re.fullmatch("[A-Z]{2}", code)]
    known = [(code, str(name)) for code, name in found if code not in NO_COUNTRIES]
    return sorted(known, key=lambda each: each[1].translate(PLAIN_LETTERS).casefold())


def number(value: float | Decimal | None, language: str | None = None) -> str:
    """12.408 in German, 12,408 in English"""
    return "" if value is None else numbers.format_decimal(value, locale=_locale(language))


def percent(share: float | Decimal | None, language: str | None = None) -> str:
    """A share between 0 and 1, in whole per cent: 66 %"""
    return "" if share is None else numbers.format_percent(share, locale=_locale(language))


def euro(value: float | Decimal | None, language: str | None = None) -> str:
    """72.500 €, with cents only where there are any"""
    if value is None:
        return ""
    pattern = "#,##0 ¤" if value == int(value) else "#,##0.00 ¤"
    return numbers.format_currency(value, "EUR", pattern, locale=_locale(language), currency_digits=False)


MOST_COMPARED = 4_000_000
"""So many pairs of words are compared in a second; texts of more are compared line by line."""


def word_diff(old: str, new: str) -> list[Segment]:
    """What changed, word by word; in very long texts line by line."""
    before, after = (re.findall(r"\d[\d.,]*\d|\w+|\s+|[^\w\s]", text) for text in (old, new))
    if len(before) * len(after) > MOST_COMPARED:
        before, after = (text.splitlines(keepends=True) for text in (old, new))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return _tidied(
        Segment(op, text)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        for op, text in _opcode_segments(tag, "".join(before[i1:i2]), "".join(after[j1:j2]))
    )


def _opcode_segments(tag: str, old: str, new: str) -> list[tuple[str, str]]:
    if tag == "equal":
        return [("equal", old)]
    return [(op, text) for op, text in (("delete", old), ("insert", new)) if text]


def _tidied(segments: Iterable[Segment]) -> list[Segment]:
    """A lone space between two changes belongs to both of them: one change reads better than ten."""
    runs: list[list[Segment]] = [[]]
    for segment in segments:
        if segment.op == "equal" and segment.text.strip():
            runs += [[segment], []]
        else:
            runs[-1].append(segment)
    return [segment for run in runs for segment in _merged(run)]


def _merged(run: list[Segment]) -> list[Segment]:
    if len(run) == 1 or not any(segment.op != "equal" for segment in run):
        return run
    old = "".join(segment.text for segment in run if segment.op != "insert")
    new = "".join(segment.text for segment in run if segment.op != "delete")
    lead = old[: len(old) - len(old.lstrip())] if old[:1].isspace() and new[:1].isspace() else ""
    tail = old[len(old.rstrip()) :] if old[-1:].isspace() and new[-1:].isspace() and old.strip() and new.strip() else ""
    old, new = old.removeprefix(lead).removesuffix(tail), new.removeprefix(lead).removesuffix(tail)
    parts = (("equal", lead), ("delete", old), ("insert", new), ("equal", tail))
    return [Segment(op, text) for op, text in parts if text]


def hyphenated(text: str) -> str:
    """With soft hyphens in long words, by the rules of the language that is read; short words stay whole."""
    hyphens = pyphen.Pyphen(lang=LOCALES.get(get_language() or FALLBACK, LOCALES[FALLBACK]))
    return re.sub(r"[^\W\d_]{10,}", lambda word: str(hyphens.inserted(word[0], "\u00ad")), text)


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
_TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "code", "pre", "a", "hr"} | {
    "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"
}  # fmt: skip
LOWEST_HEADING = 6


def _picture_in_words(tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """A picture is never fetched; what it shows is said."""
    return escape(tokens[index].content)


_MARKDOWN.add_render_rule("image", lambda _renderer, *more: _picture_in_words(*more))


def markdown(text: str | None, top: int = 3) -> SafeString:
    """Markdown as HTML that holds nothing but text, lists, tables and links.

    Its headings begin at level ``top`` and skip no level, whatever was typed: a screen reader walks along them.
    """
    tokens = _MARKDOWN.parse(text or "")
    _place_headings(tokens, top)
    html = nh3.clean(
        _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "mailto"},
    )
    return mark_safe(html)  # noqa: S308 - nh3 has just cleaned it


def _place_headings(tokens: Iterable[Token], top: int) -> None:
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            written = int(token.tag[1])
            above = [*(level for level in above if level < written), written]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(top + len(above) - 1, LOWEST_HEADING)}"
