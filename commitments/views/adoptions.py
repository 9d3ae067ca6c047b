"""How the city takes an instrument on: entering, changing, renewing and ending an adoption."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commitments import clock
from commitments.forms.adoptions import AdoptionEdit, AdoptionForm, EndAdoption, RenewAdoption
from commitments.models import Adoption
from commitments.requests import UserRequest
from commitments.views.instrument_forms import (
    FormPage,
    done,
    edit_of,
    form_page,
    instrument_url,
    may_edit,
    version_name,
    version_or_404,
)
from commitments.workflow import adoptions


def _adoption(pk: int) -> Adoption:
    return get_object_or_404(Adoption.objects.select_related("version__instrument"), pk=pk)


def _page(adoption: Adoption, heading: str, label: str, intro: str = "") -> FormPage:
    return FormPage(heading, instrument_url(adoption.version.instrument), label, version_name(adoption.version), intro)


@require_http_methods(["GET", "POST"])
def adoption_new(request: UserRequest, key: str, number: int) -> HttpResponse:
    version = version_or_404(key, number)
    may_edit(request)
    form = AdoptionForm(request.POST or None)
    if done(form, lambda: adoptions.adopt(version, form.columns(), actor=request.user, at=clock.now())):
        messages.success(request, _("The adoption is entered. What the city adopted before stays until you end it."))
        return redirect(instrument_url(version.instrument, version))
    back = instrument_url(version.instrument, version)
    page = FormPage(_("Adopted by the city"), back, _("Enter the adoption"), version_name(version))
    return form_page(request, page, form, instrument=version.instrument)


@require_http_methods(["GET", "POST"])
def adoption_edit(request: UserRequest, pk: int) -> HttpResponse:
    adoption = _adoption(pk)
    may_edit(request)
    form = AdoptionEdit(request.POST or None, initial=AdoptionEdit.initial_of(adoption))
    changed = done(form, lambda: adoptions.edit_adoption(adoption, edit_of(form), actor=request.user, at=clock.now()))
    if changed:
        return _saved(request, adoption, _("The change is saved and stands in the history."))
    page = _page(adoption, _("Change the adoption"), _("Save the change"))
    return form_page(request, page, form, instrument=adoption.version.instrument)


@require_http_methods(["GET", "POST"])
def adoption_renew(request: UserRequest, pk: int) -> HttpResponse:
    adoption = _adoption(pk)
    may_edit(request)
    form = RenewAdoption(request.POST or None)
    renewed = done(
        form,
        lambda: adoptions.renew_adoption(
            adoption,
            form.cleaned_data["renewal_due_on"],
            actor=request.user,
            at=clock.now(),
            reason=form.cleaned_data["reason"],
        ),
    )
    if renewed:
        return _saved(request, adoption, _("The renewal is entered."))
    page = _page(adoption, _("Renew the adoption"), _("Enter the renewal"))
    return form_page(request, page, form, instrument=adoption.version.instrument)


@require_http_methods(["GET", "POST"])
def adoption_end(request: UserRequest, pk: int) -> HttpResponse:
    adoption = _adoption(pk)
    may_edit(request)
    form = EndAdoption(request.POST or None)
    ended = done(
        form,
        lambda: adoptions.end_adoption(
            adoption,
            form.cleaned_data["ended_on"],
            actor=request.user,
            at=clock.now(),
            reason=form.cleaned_data["reason"],
        ),
    )
    if ended:
        return _saved(request, adoption, _("The adoption has ended. It stays in the history."))
    intro = _("Commitments that rest on this adoption do not end with it. Look through them afterwards.")
    page = _page(adoption, _("End the adoption"), _("End the adoption"), intro)
    return form_page(request, page, form, instrument=adoption.version.instrument)


def _saved(request: UserRequest, adoption: Adoption, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect(instrument_url(adoption.version.instrument))
