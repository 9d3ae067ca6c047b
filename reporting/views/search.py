"""One search over everything: what was promised, what is done about it, and what was found."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from commitments import search as words
from commitments.requests import UserRequest
from reporting.tables import search as tables


@require_safe
def search(request: UserRequest) -> HttpResponse:
    """All groups with their best hits, or one of them page by page (``only``)."""
    typed = tables.Typed(request.GET.get("q", "").strip()[: words.LONGEST], request.user)
    only = request.GET.get("only", "")
    context = {"typed": typed.text, "is_readable": bool(typed.words)}
    if typed.words and only in tables.KINDS | tables.FEW_KINDS:
        group = tables.one_group(only, typed, request.GET.get("page"))
        return render(request, "reporting/search_group.html", context | {"group": group})
    groups = tables.everything(typed) if typed.words else []
    context |= {"groups": groups, "total": sum(group.total for group in groups)}
    return render(request, "reporting/search.html", context)
