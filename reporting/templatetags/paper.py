"""Tags of the printed documents. They read facts of a content, never a model."""

import textwrap
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from commitments.texts import euro, long_date, markdown, partial_date, reader_language, short_date
from reporting.content.facts import PartialDate, Text
from reporting.documents import words
from reporting.documents.typography import NBSP, typeset

register = template.Library()


def chosen(text: Text) -> tuple[str, str]:
    """The text for this reader and the language it is in: German stands in for a missing English one."""
    if reader_language() == "en" and text.en:
        return text.en, "en"
    return (text.de, "de") if text.de else (text.en, "en")


@register.filter
def say(text: Text | str) -> SafeString:
    """A text as it is set; one in the other language says so."""
    if isinstance(text, str):
        return escape(typeset(text, reader_language()))
    wording, language = chosen(text)
    html = escape(typeset(wording, language))
    return (
        html
        if language == reader_language() or not wording
        else format_html('<span lang="{}">{}</span>', language, html)
    )


@register.filter
def plain(text: Text) -> str:
    """The wording alone, for titles of charts and for shortening."""
    return chosen(text)[0]


@register.filter
def shortened(text: Text, length: int) -> str:
    """The beginning of a text, cut between words."""
    return textwrap.shorten(chosen(text)[0], length, placeholder=" …")


@register.filter
def prose(text: Text, top: int = 4) -> SafeString:
    """A longer text with paragraphs, lists and emphasis, written in Markdown; its headings begin at level ``top``."""
    wording, language = chosen(text)
    html = markdown(typeset(wording, language), top)
    return html if language == reader_language() else format_html('<div lang="{}">{}</div>', language, html)


@register.filter
def day(value: date | PartialDate | None) -> str:
    """28. September 2017, or less where less is known."""
    if isinstance(value, PartialDate):
        precision = "day" if value.day else "month" if value.month else "year"
        text = partial_date(date(value.year, value.month or 1, value.day or 1), precision)
    else:
        text = long_date(value)
    return text.replace(" ", NBSP) or "–"


@register.filter
def short_day(value: date | PartialDate | None) -> str:
    """28.09.2017, 09.2017 or 2017"""
    if isinstance(value, PartialDate):
        if not value.day:
            separator = "/" if words.english() else "."
            return f"{value.month:02}{separator}{value.year}" if value.month else str(value.year)
        value = date(value.year, value.month or 1, value.day)
    return short_date(value) or "–"


@register.filter
def short_days(values: tuple[date, ...]) -> str:
    """07.11., 14.11. and 21.11.2025: several days, the year once where it is the same"""
    if len({value.year for value in values}) != 1:
        return ", ".join(short_date(value) for value in values)
    short = "%d/%m" if words.english() else "%d.%m."
    return ", ".join([*(value.strftime(short) for value in values[:-1]), short_date(values[-1])])


@register.simple_tag
def span(start: PartialDate | None, end: PartialDate | None) -> str:
    """2013–2017, since 2011, until 2019, or a dash."""
    if start and end:
        return str(start.year) if start.year == end.year else f"{start.year}–{end.year}"
    if start:
        return _("since %(year)s") % {"year": start.year}
    return _("until %(year)s") % {"year": end.year} if end else "–"


@register.filter
def word(code: str, kind: str) -> str:
    return words.word(code, kind)


@register.filter
def word_list(codes: tuple[str, ...], kind: str) -> str:
    return ", ".join(words.word(code, kind) for code in codes)


@register.filter
def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@register.filter
def sign(outcome: str) -> str:
    return words.sign(outcome)


@register.filter
def country(code: str) -> str:
    return words.country(code)


@register.filter
def at(table: Mapping[Any, Any], key: object) -> Any:
    return table.get(key, "")


@register.simple_tag
def verdict(outcome: str, size: str = "") -> SafeString:
    """A verdict's tile: letter, pattern and colour say the same."""
    return format_html('<b class="v v-{} {}">{}</b>', words.tile(outcome), size, words.sign(outcome))


@register.simple_tag
def article(number: int) -> str:
    return f"Art.{NBSP}{number}"


@register.simple_tag(takes_context=True)
def ref(context: Context, reference: str) -> SafeString:
    """A commitment's or measure's number, leading to the place where it is printed in this volume."""
    anchor = context["book"].anchor(reference)
    if not anchor:
        return format_html('<span class="ref">{}</span>', reference)
    return format_html('<a class="ref" href="#{}">{}</a>', anchor, reference)


@register.simple_tag(takes_context=True)
def section(context: Context, ident: str, title: str) -> SafeString:
    """A heading of the second level, listed in the contents."""
    context["book"].list_section(ident, title)
    return format_html('<h2 id="{}">{}</h2>', ident, title)


@register.simple_tag(takes_context=True)
def figure(context: Context, ident: str, title: str) -> SafeString:
    """The caption of a figure, numbered through the volume and listed in the contents."""
    number = context["book"].list_figure(ident, title)
    return format_html("<b>{}{}{}</b> {}", _("Fig."), NBSP, number, title)


@register.simple_tag(takes_context=True)
def table(context: Context, ident: str, title: str) -> SafeString:
    """The caption of a table, numbered through the volume and listed in the contents."""
    number = context["book"].list_table(ident, title)
    return format_html("<b>{}{}{}</b> {}", _("Tab."), NBSP, number, title)


@register.filter
def hexadecimal(digest: str) -> str:
    """A long number in groups of eight, as people compare it."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


@register.filter
def host(url: str) -> str:
    return url.split("/")[2].removeprefix("www.") if url.count("/") > 1 else url


@register.filter
def euros(amount: str) -> str:
    """Decimal text as money, in this reader's way of writing; a dash where nobody entered it."""
    return euro(Decimal(amount)).replace(" ", NBSP) if amount else "–"
