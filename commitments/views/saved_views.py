"""Lists with their filters, kept under a name: shown above the list, named, renamed, removed."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commitments.forms import add_errors
from commitments.forms.saved_views import SavedViewForm
from commitments.models import SavedView, User
from commitments.requests import UserRequest
from commitments.workflow import saved_views as workflow

PAGES = {
    "commitments:instrument-list": gettext_noop("Instruments"),
    "commitments:recommendation-list": gettext_noop("Recommendations"),
    "commitments:commitment-list": gettext_noop("Commitments"),
    "commitments:measure-list": gettext_noop("Measures"),
    "commitments:engagement-list": gettext_noop("Engagements"),
    "commitments:advice-list": gettext_noop("Advice on funding"),
    "commitments:partner-map": gettext_noop("Partner map"),
    "reporting:matrix": gettext_noop("Matrix"),
    "reviews:follow-up-list": gettext_noop("Follow-up"),
}
"""The lists of which views are kept: name of the address, and what people call it."""

PASSING = frozenset({"page", "csrfmiddlewaretoken"})
"""What belongs to one look at a list, not to its filter."""


@dataclass(frozen=True)
class Shown:
    """A kept view as a link."""

    view: SavedView
    url: str
    is_active: bool = False


class SavedViews:
    """The views that somebody keeps of the list that is being shown; ``components/saved_views.html`` draws them."""

    def __init__(self, request: HttpRequest) -> None:
        match = request.resolver_match
        self.page = match.view_name if match else ""
        self.query = normal(request.GET.urlencode())
        self._user = request.user

    @cached_property
    def views(self) -> list[Shown]:
        if not isinstance(self._user, User):
            return []
        rows = SavedView.objects.filter(user=self._user, page=self.page)
        return list(_shown(rows, self.query))

    @property
    def can_keep(self) -> bool:
        """Something is filtered that is not kept yet."""
        known = self.page in PAGES and isinstance(self._user, User)
        return known and bool(self.query) and not any(each.is_active for each in self.views)

    @property
    def form(self) -> SavedViewForm:
        return SavedViewForm(auto_id="keep-%s")


def normal(query: str) -> str:
    """The filter that an address holds, in one order, without what is empty or passing."""
    values = QueryDict(query, mutable=True)
    kept = QueryDict(mutable=True)
    for name in sorted(values):
        given = [value for value in values.getlist(name) if value.strip()]
        if given and name not in PASSING:
            kept.setlist(name, given)
    return kept.urlencode()


def _address(page: str, query: str) -> str:
    """Where a view leads; an address that is no more leads to the views."""
    try:
        return reverse(page) + (f"?{query}" if query else "")
    except NoReverseMatch:
        return reverse("commitments:saved-views")


def _shown(rows: Iterable[SavedView], query: str = "") -> Iterable[Shown]:
    for row in rows:
        yield Shown(row, _address(row.page, row.query), is_active=bool(query) and row.query == query)


@require_safe
def saved_views(request: UserRequest) -> HttpResponse:
    """All that somebody keeps, list by list."""
    rows = list(_shown(SavedView.objects.filter(user=request.user)))
    lists = [(_(label), [each for each in rows if each.view.page == page]) for page, label in PAGES.items()]
    return render(request, "commitments/saved_views.html", {"lists": [each for each in lists if each[1]]})


@require_POST
def saved_view_add(request: UserRequest) -> HttpResponse:
    """Keep the filter of the list that was being looked at; what is wrong stands on a page with the form."""
    page, query = request.POST.get("list", ""), normal(request.POST.get("query", ""))
    if page not in PAGES:
        raise Http404
    form = SavedViewForm(request.POST)
    if form.is_valid():
        try:
            view = workflow.keep(actor=request.user, page=page, query=query, name=form.cleaned_data["name"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The view “%(name)s” is kept.") % {"name": view.name})
            return redirect(_address(page, query))
    context = {"form": form, "list": page, "query": query, "label": _(PAGES[page]), "back_url": _address(page, query)}
    return render(request, "commitments/saved_view.html", context)


@require_http_methods(["GET", "POST"])
def saved_view_rename(request: UserRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    form = SavedViewForm(request.POST or None, initial={"name": view.name})
    if form.is_valid():
        try:
            workflow.rename(view, actor=request.user, name=form.cleaned_data["name"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The view has a new name."))
            return redirect("commitments:saved-views")
    context = {"form": form, "view": view, "back_url": reverse("commitments:saved-views")}
    return render(request, "commitments/saved_view.html", context)


@require_POST
def saved_view_remove(request: UserRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    workflow.remove(view, actor=request.user)
    messages.success(request, _("The view “%(name)s” is removed.") % {"name": view.name})
    return redirect("commitments:saved-views")
