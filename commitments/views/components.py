"""Every component once, with examples: for those who build pages, and for checking how they look."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from commitments import texts
from commitments.models.terms import Protection

#: The verdicts of the example picture, article 1 to 30.
EXAMPLE_CODES = "LBBCFLBCZZZLDAZCZABBCECABAABLZ"


class ExampleForm(forms.Form):
    """One field of each kind."""

    budget = forms.IntegerField(
        label=gettext_lazy("Funds in 2026, in euros"),
        error_messages={"required": gettext_lazy("Give the funds for 2026, for example 72500.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("One sentence is enough."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("ongoing", gettext_lazy("Ongoing")), ("completed", gettext_lazy("Completed"))],
    )
    since = forms.DateField(
        label=gettext_lazy("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    answer = forms.ChoiceField(
        label=gettext_lazy("Is the entry still right?"),
        widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("Yes, unchanged")), ("no", gettext_lazy("No, something has changed"))],
    )
    fields_of_action = forms.MultipleChoiceField(
        label=gettext_lazy("Fields of action"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[("europe", gettext_lazy("Europe")), ("partnerships", gettext_lazy("Partnerships"))],
    )
    agreed = forms.BooleanField(label=gettext_lazy("The head of the unit has seen this"), required=False)


class ExampleFilter(forms.Form):
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[("", gettext_lazy("All")), ("ongoing", gettext_lazy("Ongoing"))],
    )
    word = forms.CharField(
        label=gettext_lazy("Keyword"), required=False, widget=forms.TextInput(attrs={"type": "search"})
    )


def _states() -> list[list[tuple[str, str]]]:
    return [
        [
            ("requested", pgettext("answer", "Open")),
            ("draft", _("In progress")),
            ("submitted", _("Submitted")),
            ("released", pgettext("answer", "Released")),
            ("disputed", _("Disputed")),
            ("reminded", _("Open, reminded")),
            ("silent", _("No answer")),
            ("void", _("No longer valid")),
        ],
        [
            ("planned", _("Planned")),
            ("decided_not_funded", _("Decided, not funded")),
            ("ongoing", _("Ongoing")),
            ("suspended", _("Suspended")),
            ("completed", _("Completed")),
            ("discontinued", _("Discontinued")),
        ],
        [
            ("active", _("Active")),
            ("paused", _("Paused")),
            ("dormant", _("Dormant")),
            ("ended", _("Ended")),
        ],
    ]


def _grades() -> list[dict[str, str]]:
    labels = (
        _("Largely satisfactory"),
        _("Partially satisfactory"),
        _("Not satisfactory"),
        _("No cooperation"),
        _("Contrary or rejected"),
    )
    return [{"code": code, "label": label} for code, label in zip("ABCDE", labels, strict=True)]


def _other_scale() -> list[dict[str, object]]:
    labels = (_("Complete"), _("Substantial"), _("Limited"), _("Not started"), _("No evidence available"))
    return [{"code": f"ogp-{rank}", "label": label, "rank": rank, "size": 5} for rank, label in enumerate(labels, 1)]


def _tiles() -> list[dict[str, object]]:
    words = {grade["code"]: grade["label"] for grade in _grades()}
    words |= {"Z": _("Out of the city's competence"), "L": _("Gap"), "F": _("Too early")}
    return [
        {
            "number": number,
            "title": texts.article_label(number).replace("\u00ad", ""),
            "code": code,
            "url": f"#article-{number}",
            "label": words[code],
        }
        for number, code in enumerate(EXAMPLE_CODES, 1)
    ]


def _trend(codes: str, first: int) -> list[dict[str, object]]:
    labels = {grade["code"]: grade["label"] for grade in _grades()}
    return [
        {"year": year, "code": code, "label": labels[code], "rank": "ABCDE".index(code) + 1}
        for year, code in enumerate(codes, first)
    ]


def _jobs() -> list[SimpleNamespace]:
    blank = {"done": 0, "total": 0, "message": "", "result_url": "", "error": ""}
    return [
        SimpleNamespace(
            **blank | {"pk": 1, "state": "running", "done": 61, "total": 93, "message": _("The report is being made")}
        ),
        SimpleNamespace(
            **blank | {"pk": 2, "state": "done", "message": _("The report is ready."), "result_url": "#result"}
        ),
        SimpleNamespace(**blank | {"pk": 3, "state": "failed", "error": _("The disk is full.")}),
    ]


def _history() -> list[dict[str, Any]]:
    zone = timezone.get_default_timezone()
    old = _("The city buys in such a way that people are, where possible, not exploited.")
    new = _("The city buys in such a way that people in the supply chains are not exploited.")
    return [
        {
            "at": datetime(2027, 2, 4, 9, 20, tzinfo=zone),
            "who": _("Human-rights officer"),
            "title": _("Wording changed"),
            "changes": [{"label": "", "old": old, "new": new}],
            "reason": _("Adapted to the council's resolution"),
        },
        {
            "at": datetime(2027, 2, 3, 16, 40, tzinfo=zone),
            "who": _("Deputy"),
            "acting_for": _("Releasing person"),
            "title": _("Answer disputed"),
        },
    ]


def _phases() -> list[dict[str, object]]:
    return [
        {"label": _("Opened"), "detail": texts.long_date(datetime(2027, 1, 11).date()), "state": "done"},  # noqa: DTZ001
        {"label": _("Units answer"), "detail": _("15 days left"), "state": "now", "progress": 6},
        {"label": _("Assessment"), "state": "next"},
        {"label": _("Freeze"), "state": "next"},
    ]


def _units() -> list[dict[str, object]]:
    return [
        {
            "label": _("Office for Europe and International Affairs"),
            "parts": [("released", 14), ("submitted", 4), ("draft", 3)],
            "done": 14,
            "total": 21,
        },
        {
            "label": _("Office for Integration and Diversity"),
            "parts": [("draft", 2), ("open", 10)],
            "done": 0,
            "total": 12,
        },
        {"label": _("School Development Office"), "parts": [("silent", 3)], "done": 0, "total": 3},
    ]


def components(request: HttpRequest) -> HttpResponse:
    bound = ExampleForm({"status": "ongoing"}, prefix="wrong")
    context = {
        "states": _states(),
        "grades": _grades(),
        "other_scale": _other_scale(),
        "protections": Protection.choices,
        "units": _units(),
        "tiles": _tiles(),
        "trend": _trend("BBBABBC", 2019),
        "trend_up": _trend("DCCBA", 2021),
        "codes": list("ABCDE"),
        "form": ExampleForm(initial={"reason": _("The lagoon is the livelihood of the people on its shore.")}),
        "bound_form": bound,
        "filter_form": ExampleFilter(request.GET or None),
        "chips": [
            {"label": _("All fields"), "url": "?", "is_active": True},
            {"label": _("Europe"), "url": "?field=europe", "count": 16},
        ],
        "example_messages": [
            {"kind": "success", "title": _("Eight measures confirmed")},
            {"kind": "info", "title": _("The draft is saved")},
            {"kind": "warning", "title": _("Two days left"), "text": _("After that it counts as no answer.")},
            {
                "kind": "danger",
                "title": _("Saving was not possible"),
                "text": _("Somebody has changed the entry meanwhile."),
            },
        ],
        "jobs": _jobs(),
        "rows": [
            {
                "title": _("Title renewal as Fairtrade Town"),
                "state": "completed",
                "label": _("Completed"),
                "funds": 4200,
            },
            {"title": _("Fair coffee at council meetings"), "state": "ongoing", "label": _("Ongoing"), "funds": 72500},
        ],
        "page": Paginator(range(1000), 25).get_page(request.GET.get("page", 2)),
        "phases": _phases(),
        "history": _history(),
        "tasks": [
            {
                "title": _("Two units dispute a mapping"),
                "url": "#tasks",
                "text": _("Both texts stand side by side; the verdict stays yours."),
                "state": _("Decide"),
                "kind": "warning",
                "icon": "edit",
            },
            {
                "title": _("An answer is no longer valid"),
                "url": "#tasks",
                "state": _("Ask again"),
                "kind": "warning",
                "icon": "autorenew",
            },
        ],
        "example_markdown": _("Long texts know **emphasis**, lists and [links](https://www.un.org/)."),
    }
    return render(request, "commitments/components.html", context)
