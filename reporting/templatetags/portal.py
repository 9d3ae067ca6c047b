"""Tags of the portal: verdicts with letter, pattern and word, and links to commitments."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from reporting.content.facts import GAP, ReportContent
from reporting.documents.corrected import Listed, listed
from reporting.templatetags.paper import plain

register = template.Library()


@register.inclusion_tag("components/verdict_badge.html", takes_context=True)
def outcome(context: Context, code: str, form: str = "") -> dict[str, object]:
    """A verdict of the edition at hand; ``form`` "short" leaves the word to screen readers."""
    labels = context["grade_labels"]
    label = plain(labels[code]) if code in labels else ""
    rank: Any = context["ranks"].get(code)
    return {"code": code or GAP, "label": label, "rank": rank, "size": context["size"], "short": form == "short"}


@register.simple_tag(takes_context=True)
def commitment_link(context: Context, reference: str) -> SafeString:
    """A commitment's number, leading to its own page."""
    url = reverse("portal:commitment", args=[context["language"], reference])
    return format_html('<a class="nowrap" href="{}">{}</a>', url, reference)


@register.simple_tag
def corrections(content: ReportContent) -> list[Listed]:
    """The corrections that an edition prints."""
    return listed(content)
