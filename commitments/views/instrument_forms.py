"""Entering and changing instruments, their versions and provisions. Each page is one form with one act."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from commitments import clock, texts, workflow
from commitments.forms import add_errors
from commitments.forms.catalogue import (
    InstrumentEdit,
    LinesField,
    LinesForm,
    NewInstrumentForm,
    NewVersionForm,
    ProvisionEdit,
    ProvisionForm,
    VersionEdit,
)
from commitments.models import Instrument, InstrumentVersion, Provision
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.workflow import catalogue


@dataclass(frozen=True)
class FormPage:
    """A page with one form: what it is called, where it leads back to, and what its button says."""

    heading: str
    back_url: str
    label: str
    preline: str = ""
    intro: str = ""
    template: str = "commitments/instrument_form.html"


def done(form: forms.Form, act: Callable[[], Any]) -> Any:
    """What the act gives; None where the form or the act refuses, with the sentences at their fields."""
    if not form.is_valid():
        return None
    try:
        return act()
    except ValidationError as error:
        add_errors(form, error)
        return None


def form_page(request: UserRequest, page: FormPage, form: forms.Form, **context: Any) -> HttpResponse:
    return render(request, page.template, {"form": form, "page": page} | context)


def may_edit(request: UserRequest) -> None:
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())


def instrument_url(instrument: Instrument, version: InstrumentVersion | None = None) -> str:
    address = reverse("commitments:instrument", args=[instrument.key])
    return f"{address}?version={version.number}" if version else address


def provision_url(provision: Provision) -> str:
    version = provision.version
    return reverse("reporting:provision", args=[version.instrument.key, version.number, provision.number])


def version_or_404(key: str, number: int) -> InstrumentVersion:
    rows = InstrumentVersion.objects.select_related("instrument", "replaces")
    return get_object_or_404(rows, instrument__key=key, number=number)


def version_name(version: InstrumentVersion) -> str:
    instrument = texts.localized(version.instrument, "short")
    label = texts.localized(version, "label") or _("version %(number)s") % {"number": version.number}
    return f"{instrument}, {label}"


@require_http_methods(["GET", "POST"])
def instrument_new(request: UserRequest) -> HttpResponse:
    may_edit(request)
    form = NewInstrumentForm(request.POST or None)
    entered = done(
        form,
        lambda: catalogue.add_instrument(form.columns(), form.text_columns(), actor=request.user, at=clock.now()),
    )
    if entered:
        messages.success(request, _("The instrument is entered. Now enter its provisions."))
        return redirect("commitments:provisions-new", entered.key, 1)
    page = FormPage(_("New instrument"), reverse("commitments:instrument-list"), _("Enter the instrument"))
    return form_page(request, page, form)


@require_http_methods(["GET", "POST"])
def instrument_edit(request: UserRequest, key: str) -> HttpResponse:
    shown = get_object_or_404(Instrument, key=key)
    may_edit(request)
    form = InstrumentEdit(request.POST or None, initial=InstrumentEdit.initial_of(shown))
    if done(form, lambda: catalogue.edit_instrument(shown, edit_of(form), actor=request.user, at=clock.now())):
        messages.success(request, _("The change is saved and stands in the history."))
        return redirect(instrument_url(shown))
    page = FormPage(_("Change the instrument"), instrument_url(shown), _("Save the change"), str(shown))
    return form_page(request, page, form, instrument=shown)


def edit_of(form: Any) -> workflow.Edit:
    """What a ``ReasonedEdit`` says is to change."""
    return workflow.Edit(form.columns(), reason=form.cleaned_data["reason"], seen=form.cleaned_data["seen"])


@require_http_methods(["GET", "POST"])
def version_new(request: UserRequest, key: str) -> HttpResponse:
    shown = get_object_or_404(Instrument, key=key)
    may_edit(request)
    newest = shown.versions.order_by("-number").first()
    proposal = LinesField.written(newest.provisions.order_by("order")) if newest else ""
    form = NewVersionForm(request.POST or None, initial={"lines": proposal})
    version = done(
        form,
        lambda: catalogue.add_version(
            shown,
            form.columns(),
            form.cleaned_data["lines"],
            actor=request.user,
            at=clock.now(),
            were_read=form.cleaned_data["were_read"],
        ),
    )
    if version:
        messages.success(
            request, _("The version is entered. What the city adopted stays as it is. Now map the provisions.")
        )
        if version.replaces is None:
            return redirect(instrument_url(shown, version))
        return redirect("commitments:version-compare", key, version.number)
    intro = _(
        "A new version is a text of its own, with its own numbers. The city's commitments and its adoption stay with "
        "the older text until they are moved; released reports keep their numbers."
    )
    page = FormPage(_("New version"), instrument_url(shown), _("Enter the version"), str(shown), intro)
    return form_page(request, page, form, instrument=shown)


@require_http_methods(["GET", "POST"])
def version_edit(request: UserRequest, key: str, number: int) -> HttpResponse:
    version = version_or_404(key, number)
    may_edit(request)
    form = VersionEdit(request.POST or None, initial=VersionEdit.initial_of(version))
    if done(form, lambda: catalogue.edit_version(version, edit_of(form), actor=request.user, at=clock.now())):
        messages.success(request, _("The change is saved and stands in the history."))
        return redirect(instrument_url(version.instrument, version))
    back = instrument_url(version.instrument, version)
    page = FormPage(_("Change the version"), back, _("Save the change"), version_name(version))
    return form_page(request, page, form, instrument=version.instrument)


@require_http_methods(["GET", "POST"])
def provisions_new(request: UserRequest, key: str, number: int) -> HttpResponse:
    """Several provisions at once, one a line."""
    version = version_or_404(key, number)
    may_edit(request)
    form = LinesForm(request.POST or None, taken=version.provisions.values_list("number", flat=True))
    rows = done(
        form,
        lambda: catalogue.add_provisions(
            version,
            form.cleaned_data["lines"],
            actor=request.user,
            at=clock.now(),
            were_read=form.cleaned_data["were_read"],
        ),
    )
    if rows:
        words = ngettext("One provision is entered.", "%(n)s provisions are entered.", len(rows))
        messages.success(request, words % {"n": len(rows)})
        return redirect(instrument_url(version.instrument, version))
    back = instrument_url(version.instrument, version)
    page = FormPage(_("Enter provisions"), back, _("Enter the provisions"), version_name(version))
    return form_page(request, page, form, instrument=version.instrument)


@require_http_methods(["GET", "POST"])
def provision_new(request: UserRequest, key: str, number: int) -> HttpResponse:
    version = version_or_404(key, number)
    may_edit(request)
    last = version.provisions.order_by("-order").first()
    form = ProvisionForm(request.POST or None, initial={"order": last.order + 1 if last else 1})
    entered = done(form, lambda: catalogue.add_provision(version, form.columns(), actor=request.user, at=clock.now()))
    if entered:
        messages.success(request, _("The provision is entered. Now say to which articles of the Declaration it leads."))
        return redirect("commitments:provision-link-new", entered.pk)
    back = instrument_url(version.instrument, version)
    page = FormPage(_("New provision"), back, _("Enter the provision"), version_name(version))
    return form_page(request, page, form, instrument=version.instrument)


@require_http_methods(["GET", "POST"])
def provision_edit(request: UserRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Provision.objects.select_related("version__instrument"), pk=pk)
    may_edit(request)
    form = ProvisionEdit(request.POST or None, initial=ProvisionEdit.initial_of(shown))
    changed = done(form, lambda: catalogue.edit_provision(shown, edit_of(form), actor=request.user, at=clock.now()))
    if changed:
        messages.success(request, _("The change is saved and stands in the history."))
        return redirect(provision_url(changed))
    name = f"{texts.localized(shown.version.instrument, 'short')} {shown.number}"
    page = FormPage(_("Change the provision"), provision_url(shown), _("Save the change"), name)
    return form_page(request, page, form, instrument=shown.version.instrument, provision=shown)
