"""How provisions belong together: a link is found by typing, changed and ended."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from commitments import clock, search, texts
from commitments.forms.adoptions import EndLink
from commitments.forms.catalogue import KinshipEdit, NewKinshipForm
from commitments.models import Provision, ProvisionLink, Relation
from commitments.requests import UserRequest
from commitments.views.instrument_forms import FormPage, done, edit_of, form_page, may_edit, provision_url
from commitments.workflow import provision_links

HITS = 12
"""So many hits are shown; whoever needs more types another word."""


def _name(provision: Provision) -> str:
    return f"{texts.localized(provision.version.instrument, 'short')} {provision.number}"


def _hits(provision: Provision, typed: str, chosen: Any) -> list[Provision]:
    """What was typed, number and short name first; what is chosen stays in sight. Two queries at most."""
    rows = Provision.objects.select_related("version__instrument").exclude(pk=provision.pk)
    found: list[Provision] = []
    if str(chosen or "").isascii() and str(chosen or "").isdigit() and len(str(chosen)) < 10:
        found = list(rows.filter(pk=int(chosen)))
    if typed.strip():
        hits = search.ranked(rows, typed).order_by("rank", "version__instrument__order", "-version", "order")
        found += [row for row in hits[:HITS] if row not in found]
    taken = _linked_to(provision)
    for row in found:
        row.is_taken = row.pk in taken  # type: ignore[attr-defined] # for the template
    return found


def _linked_to(provision: Provision) -> set[int]:
    links = ProvisionLink.objects.current().filter(Q(source=provision) | Q(target=provision))
    return {pk for pair in links.values_list("source_id", "target_id") for pk in pair} - {provision.pk}


@require_http_methods(["GET", "POST"])
def provision_link_new(request: UserRequest, pk: int) -> HttpResponse:
    """Find the other provision by typing, say how the two belong together, and link them."""
    shown = get_object_or_404(Provision.objects.select_related("version__instrument"), pk=pk)
    may_edit(request)
    typed = (request.POST if request.method == "POST" else request.GET).get("q", "").replace("\x00", "")
    linking = request.method == "POST" and "find" not in request.POST
    form = NewKinshipForm(request.POST if linking else None, initial=request.POST.dict() | {"q": typed})
    chosen = request.POST.get("target", request.GET.get("target", ""))
    if linking and done(form, lambda: _link(request, shown, form)):
        messages.success(request, _("The two provisions are linked."))
        return redirect("commitments:provision-link-new", pk)
    context = {
        "provision": shown,
        "instrument": shown.version.instrument,
        "name": _name(shown),
        "form": form,
        "hits": _hits(shown, typed, chosen),
        "chosen": str(chosen),
        "searched": bool(typed.strip()),
        "back_url": provision_url(shown),
        "linked": _shown_links(shown),
    }
    template = "commitments/_provision_hits.html" if request.htmx else "commitments/provision_link.html"
    return render(request, template, context)


def _link(request: UserRequest, shown: Provision, form: NewKinshipForm) -> ProvisionLink:
    other = get_object_or_404(Provision, pk=form.cleaned_data["target"])
    kinship = provision_links.Kinship(form.cleaned_data["relation"], form.cleaned_data["note"])
    return provision_links.link_provisions(shown, other, kinship, actor=request.user, at=clock.now())


def _shown_links(shown: Provision) -> list[dict[str, Any]]:
    """The links that run, each with the other provision and the relation as it reads from this one."""
    rows = ProvisionLink.objects.current().filter(Q(source=shown) | Q(target=shown))
    rows = rows.select_related("source__version__instrument", "target__version__instrument")
    found = []
    for row in rows:
        outward = row.source_id == shown.pk
        relation = Relation(row.relation) if outward else Relation(row.relation).turned
        found.append({"link": row, "other": row.target if outward else row.source, "relation": relation.label})
    return sorted(found, key=lambda each: (each["other"].version.instrument.order, each["other"].order))


def _shown_link(pk: int) -> ProvisionLink:
    rows = ProvisionLink.objects.select_related("source__version__instrument", "target__version__instrument")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
def provision_link_edit(request: UserRequest, pk: int) -> HttpResponse:
    link = _shown_link(pk)
    may_edit(request)
    form = KinshipEdit(request.POST or None, initial=KinshipEdit.initial_of(link))
    if done(form, lambda: _change(request, link, form)):
        messages.success(request, _("The change is saved and stands in the history."))
        return redirect(provision_url(link.source))
    names = {"source": _name(link.source), "target": _name(link.target)}
    intro = _("The relation reads from %(source)s to %(target)s.") % names
    page = FormPage(
        _("Change the link"), provision_url(link.source), _("Save the change"), " – ".join(names.values()), intro
    )
    return form_page(request, page, form, instrument=link.source.version.instrument, provision=link.source)


def _change(request: UserRequest, link: ProvisionLink, form: KinshipEdit) -> ProvisionLink:
    return provision_links.change_provision_link(link, edit_of(form), actor=request.user, at=clock.now())


@require_http_methods(["GET", "POST"])
def provision_link_end(request: UserRequest, pk: int) -> HttpResponse:
    link = _shown_link(pk)
    may_edit(request)
    form = EndLink(request.POST or None)
    ended = done(
        form,
        lambda: provision_links.end_provision_link(
            link, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"]
        ),
    )
    if ended:
        messages.success(request, _("The link has ended. It stays in the history."))
        return redirect(provision_url(link.source))
    preline, end = f"{_name(link.source)} – {_name(link.target)}", pgettext("provision link", "End the link")
    page = FormPage(end, provision_url(link.source), end, preline)
    return form_page(request, page, form, instrument=link.source.version.instrument, provision=link.source)
