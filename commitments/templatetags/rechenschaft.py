"""What templates ask for: words in the reader's language, badges, pictures, and who may do what."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django import template
from django.core.paginator import Paginator
from django.forms import BaseForm, BoundField, CheckboxInput, Select, SelectMultiple
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from commitments import clock, permissions, pictures, texts
from commitments.models.people import User
from commitments.models.portfolio import PartnerRole

register = template.Library()

# Words, dates, numbers


@register.simple_tag
def localized(obj: Any, name: str) -> SafeString:
    return texts.localized_html(obj, name)


@register.filter
def localized_text(obj: Any, name: str) -> str:
    """Like the tag, as plain text: for attributes and for handing to a component."""
    return texts.localized(obj, name)


@register.filter
def hyphenated(text: str) -> str:
    """With soft hyphens, for heads of narrow columns; a name that is searched or taken along has none."""
    return texts.hyphenated(text)


@register.simple_tag
def localized_list(obj: Any, name: str) -> SafeString:
    """A list of words in the reader's language, or the German one marked as such."""
    found = {tail: ", ".join(getattr(obj, f"{name}_{tail}", None) or []) for tail in ("de", "en")}
    return texts.localized_html({f"{name}_{tail}": words for tail, words in found.items()}, name)


@register.simple_tag
def partial_date(obj: Any, name: str) -> str:
    value = obj.get(name) if isinstance(obj, Mapping) else getattr(obj, name)
    precision = obj.get(f"{name}_precision") if isinstance(obj, Mapping) else getattr(obj, f"{name}_precision", None)
    return texts.partial_date(value, precision or "day")


@register.filter
def long_date(value: datetime.date | None) -> str:
    return texts.long_date(value)


@register.filter
def short_date(value: datetime.date | None) -> str:
    return texts.short_date(value)


@register.filter
def weekday_date(value: datetime.date | None) -> str:
    return texts.weekday_date(value)


@register.filter
def moment(value: datetime.datetime | None) -> str:
    return texts.moment(timezone.localtime(value) if value and timezone.is_aware(value) else value)


@register.filter
def number(value: float | Decimal | None) -> str:
    return texts.number(value)


@register.filter
def percent(share: float | Decimal | None) -> str:
    return texts.percent(share)


@register.filter
def euro(value: float | Decimal | None) -> str:
    return texts.euro(value)


@register.filter
def markdown(value: str | None, top: int = 3) -> SafeString:
    return texts.markdown(value, top)


@register.simple_tag
def word_diff(old: object, new: object) -> list[texts.Segment]:
    return texts.word_diff(str(old if old is not None else ""), str(new if new is not None else ""))


@register.filter
def article_name(number: int) -> str:
    """The short name of an article, for running text."""
    return texts.article_label(number).replace("\u00ad", "")


# Rights


@register.simple_tag(takes_context=True)
def can(context: template.Context, verb: str, obj: permissions.OfUnits | None = None) -> bool:
    """{% can "edit register" as may_edit %}: the verbs are those of commitments.permissions.Verb."""
    user = context.get("user")
    return isinstance(user, User) and permissions.can(user, permissions.Verb(verb), obj, on=clock.today())


# Badges: confirmation, measure, assessment, engagement and so on share one table, since no code means two things

BADGES: dict[str, tuple[str, str]] = {
    # answers
    "requested": ("neutral", "edit"),
    "draft": ("info", "edit"),
    "submitted": ("info", "mail"),
    "returned": ("warning", "edit"),
    "released": ("success", "check"),
    "void": ("warning", "autorenew"),
    "reminded": ("warning", "mail"),
    "silent": ("danger", "danger"),
    "late": ("warning", "calendar-today"),
    # results of an answer
    "confirmed": ("success", "check"),
    "changed": ("info", "edit"),
    "disputed": ("warning", "warning"),
    "not_ours": ("warning", "close"),
    "nil": ("neutral", "close"),
    # measures and engagements
    "planned": ("neutral", "calendar-today"),
    "decided_not_funded": ("warning", "warning"),
    "ongoing": ("info", "autorenew"),
    "suspended": ("neutral", "more-vert"),
    "completed": ("success", "check"),
    "discontinued": ("neutral", "close"),
    "active": ("info", "autorenew"),
    "paused": ("neutral", "more-vert"),
    "dormant": ("neutral", "visibility-off"),
    "ended": ("neutral", "close"),
    # assessments, links, follow-ups, cycles, editions, jobs
    "approved": ("success", "check"),
    "proposed": ("neutral", "draft"),
    "accepted": ("success", "check"),
    "open": ("neutral", "edit"),
    "done": ("success", "check"),
    "dropped": ("neutral", "close"),
    "declined": ("warning", "close"),
    "overdue": ("danger", "danger"),
    "assessing": ("info", "edit"),
    "frozen": ("success", "check"),
    "closed": ("success", "check"),
    "superseded": ("neutral", "content-copy"),
    "withdrawn": ("danger", "close"),
    "queued": ("neutral", "more-vert"),
    "running": ("info", "autorenew"),
    "failed": ("danger", "danger"),
    "cancelled": ("neutral", "close"),
}


@register.filter
def badge_kind(state: str) -> str:
    return BADGES.get(str(state), ("neutral", "info"))[0]


@register.filter
def badge_icon(state: str) -> str:
    """The icon of a state; an icon's own name is given back as it is."""
    return BADGES[str(state)][1] if str(state) in BADGES else str(state)


@register.filter
def badge_class(kind: str) -> str:
    """KERN has no neutral badge; app.css has."""
    return "badge-neutral" if kind in {"", "neutral"} else f"kern-badge--{kind}"


@register.simple_tag
def html_attrs(**attrs: object) -> SafeString:
    """The attributes that have a value, each with a blank before it; True is written as "true"."""
    given = ((name.replace("_", "-"), "true" if value is True else value) for name, value in attrs.items() if value)
    return format_html_join("", ' {}="{}"', given)


@register.filter
def alert_kind(level_tag: str) -> str:
    return {"error": "danger", "debug": "info"}.get(level_tag, level_tag or "info")


@register.filter
def button_kind(tags: Sequence[str] | None) -> str:
    """The weight of a button that allauth describes by tags."""
    if {"link", "tool"} & set(tags or ()):
        return "tertiary"
    return "secondary" if {"outline", "secondary", "cancel", "panel", "delete"} & set(tags or ()) else "primary"


# Verdicts and pictures


@register.simple_tag
def verdict_class(code: object, rank: int | None = None, size: int | None = None) -> str:
    return pictures.verdict_mark(code, rank or None, size or None).css


@register.simple_tag
def verdict_letter(code: object, rank: int | None = None, size: int | None = None) -> str:
    return pictures.verdict_mark(code, rank or None, size or None).letter


@register.inclusion_tag("components/verdict_badge.html")
def verdict(code: object, label: str = "", short: bool = False) -> dict[str, object]:  # noqa: FBT001, FBT002 - a template tag
    """{% verdict "B" "Teilweise zufriedenstellend" %}"""
    return {"code": code, "label": label, "short": short}


@register.simple_tag
def portico(tiles: Sequence[Mapping[str, Any]]) -> pictures.Portico:
    return pictures.portico(tiles)


@register.inclusion_tag("components/progress_bar.html")
def progress_bar(parts: Sequence[tuple[str, int]]) -> dict[str, object]:
    return pictures.bar(parts)._asdict()


@register.simple_tag
def trend_chart(points: Sequence[Mapping[str, Any]], grades: Sequence[str], small: object = None) -> pictures.Trend:
    return pictures.trend(points, grades, small=bool(small))


@register.filter
def heat(count: int) -> int:
    return pictures.heat(count)


@register.filter
def partner_role(text: str) -> str:
    """The word for a role that came with a file of the Commission; empty where somebody described it otherwise."""
    return str(PartnerRole(text).label) if text in PartnerRole.values else ""


@register.filter
def gap_class(kind: str) -> str:
    return {"gap": "gap", "planned": "gap-plan"}.get(kind, "gap-out")


@register.filter
def gap_word(kind: str) -> str:
    """The one word in an empty cell of the matrix."""
    if kind == "gap":
        return _("Gap")
    if kind == "planned":
        return pgettext("cell of the matrix", "planned")
    return pgettext("cell of the matrix: out of competence", "outside")


# Forms and lists


class Problem(NamedTuple):
    """One error of a form and the field to mend it in."""

    anchor: str
    label: str
    text: str


@register.filter
def field_kind(field: BoundField) -> str:
    """How KERN draws it: input, select, check (one box) or group (several widgets under a legend)."""
    widget = field.field.widget
    if field.use_fieldset:
        return "group"
    if isinstance(widget, CheckboxInput):
        return "check"
    return "select" if isinstance(widget, Select) and not isinstance(widget, SelectMultiple) else "input"


@register.filter
def kern_class(widget: Mapping[str, Any], name: str) -> str:
    """KERN's class of a widget, its form for errors where there is one, and what the widget itself brings along."""
    attrs = widget["attrs"]
    error = f"{name}--error" if attrs.get("aria-invalid") else ""
    return " ".join(filter(None, (name, error, attrs.get("class"))))


@register.simple_tag
def form_problems(form: BaseForm | None, forms: Sequence[BaseForm] | None = None) -> list[Problem]:
    return [problem for each in ([form] if form else forms or []) for problem in _problems(each)]


def _problems(form: BaseForm) -> Iterator[Problem]:
    for text in form.non_field_errors():
        yield Problem("", "", str(text))
    for field in form:
        anchor = f"{field.auto_id}_group" if field.use_fieldset else field.id_for_label
        for text in field.errors:
            yield Problem("" if field.is_hidden else anchor, _labelled(str(field.label)), str(text))


def _labelled(label: str) -> str:
    return label if label[-1:] in ":?.!" else f"{label}:"


@register.simple_tag
def signin_form(form: BaseForm) -> BaseForm:
    """allauth's form without what only repeats its labels; the way to a new password stands below it, not between."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
    if "password" in form.fields:
        form.fields["password"].help_text = ""
    return form


@register.filter
def page_range(paginator: "Paginator[Any]", number: int) -> Iterator[str | int]:
    return paginator.get_elided_page_range(number, on_each_side=1, on_ends=1)
