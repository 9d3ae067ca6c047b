"""The interface words of printed documents: what a code is called. Data brings its own words in both languages."""

from babel import Locale
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from commitments.texts import LOCALES, reader_language
from reporting.content.facts import GAP, NO_REPLY, OUT_OF_COMPETENCE, TOO_EARLY

SIGNS = {OUT_OF_COMPETENCE: "Z", TOO_EARLY: "F", GAP: "L", "": "–"}

WORDS: dict[str, dict[str, str | Promise]] = {
    "field": {
        "partnerships": _("Partnerships"),
        "europe": _("Europe and networks"),
        "development": _("Development cooperation"),
        "human_rights": _("Human rights across the fields"),
    },
    "short field": {
        "partnerships": pgettext_lazy("table head", "Partnerships"),
        "europe": pgettext_lazy("table head", "Europe, networks"),
        "development": pgettext_lazy("table head", "Development"),
        "human_rights": pgettext_lazy("table head", "Across fields"),
    },
    "status": {
        "planned": _("planned"),
        "decided_not_funded": _("decided, not funded"),
        "ongoing": _("ongoing"),
        "suspended": _("suspended"),
        "completed": _("completed"),
        "discontinued": _("discontinued"),
    },
    "engagement": {
        "active": pgettext_lazy("engagement", "active"),
        "paused": pgettext_lazy("engagement", "paused"),
        "dormant": pgettext_lazy("engagement", "dormant"),
        "ended": pgettext_lazy("engagement", "ended"),
    },
    "partnership": {
        "twinning": _("City partnership"),
        "project": _("Project partnership"),
        "inner_german": _("Partnership within Germany"),
        "incorporation": _("Through incorporation"),
    },
    "network": {
        "network": _("Network"),
        "network pledge": _("Pledge in a network"),
        "self-commitment": _("Self-commitment"),
        "network_pledge": _("Pledge in a network"),
        "self_commitment": _("Self-commitment"),
        "charter": _("Charter"),
        "agenda": _("Agenda"),
    },
    "answer": {
        "confirmed": pgettext_lazy("answer", "confirmed"),
        "changed": pgettext_lazy("answer", "corrected"),
        "disputed": pgettext_lazy("answer", "disputed"),
        "not_ours": pgettext_lazy("answer", "not ours"),
        "nil": pgettext_lazy("answer", "nil return"),
        NO_REPLY: pgettext_lazy("answer", "no reply"),
        "pending": pgettext_lazy("answer", "not yet in"),
    },
    "part": {"lead": _("lead"), "contributing": _("contributing")},
    "contribution": {"direct": _("direct"), "supporting": _("supporting"), "incidental": _("incidental")},
    "competence": {
        "own": pgettext_lazy("competence", "own"),
        "delegated": pgettext_lazy("competence", "delegated"),
        "influence": pgettext_lazy("competence", "influence"),
        "none": pgettext_lazy("competence", "none"),
    },
    "gap": {
        "no_competence": _("no competence"),
        "no_resources": _("no resources"),
        "not_looked_at": _("not looked at yet"),
        "not_relevant": _("not relevant"),
    },
    "obligation": {"respect": _("respect"), "protect": _("protect"), "fulfil": _("fulfil")},
    "follow_up": {
        "open": pgettext_lazy("follow-up", "open"),
        "overdue": pgettext_lazy("follow-up", "overdue"),
        "done": pgettext_lazy("follow-up", "done"),
        "dropped": pgettext_lazy("follow-up", "dropped"),
        "declined": pgettext_lazy("follow-up", "declined by the unit"),
    },
    "trend": {
        "better": _("better"),
        "same": _("unchanged"),
        "worse": _("worse"),
        "first": _("assessed for the first time"),
    },
    "instrument": {
        "declaration": _("Declaration"),
        "treaty": _("UN treaty"),
        "regional treaty": _("Regional treaty"),
        "regional_treaty": _("Regional treaty"),
        "charter": _("Charter"),
        "self-commitment": _("Self-commitment"),
        "self_commitment": _("Self-commitment"),
        "network pledge": _("Pledge in a network"),
        "network_pledge": _("Pledge in a network"),
        "agenda": _("Agenda"),
    },
    "changed field": {
        "status": _("Status"),
        "end": _("End"),
        "ends_on": _("End"),
        "start": _("Start"),
        "starts_on": _("Start"),
        "title": _("Title"),
        "title_de": _("Title"),
        "department": _("Lead unit"),
        "lead": _("Lead unit"),
        "budget": _("Budget"),
    },
}


def word(code: str, kind: str) -> str:
    """The word for a code; a code nobody named is printed as it is rather than lost."""
    return str(WORDS[kind].get(code, code))


def sign(outcome: str) -> str:
    """The sign on a verdict's tile: the grade itself, Z, F or L."""
    return SIGNS.get(outcome, outcome)


def tile(outcome: str) -> str:
    """The class of a verdict's tile."""
    return {OUT_OF_COMPETENCE: "out", TOO_EARLY: "early", GAP: "gap", "": "none"}.get(outcome, outcome.lower())


def country(code: str) -> str:
    locale = Locale.parse(LOCALES.get(reader_language(), LOCALES["de"]))
    return str(locale.territories.get(code.upper(), code))


def english() -> bool:
    return (get_language() or "de").startswith("en")
