"""Who may see protected content: given by officer and data protection together, ended by either."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from commitments import clock
from commitments.forms import add_errors
from commitments.forms.people import AccessForm, EndForm
from commitments.models import ProtectedAccess
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.views.lists import page_of
from commitments.workflow import access as acts


@require_http_methods(["GET", "POST"])
def access_list(request: UserRequest) -> HttpResponse:
    """All rights, those that wait first; POST signs for a new one."""
    role = require(request.user, Verb.GRANT_PROTECTED, on=clock.today())
    form = AccessForm(request.POST if request.method == "POST" else None, today=clock.today())
    if form.is_valid():
        said = form.cleaned_data
        try:
            acts.give_access(
                said["person"],
                said["valid_from"],
                said["valid_to"],
                actor=request.user,
                at=clock.now(),
                reason=said["reason"],
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Signed. The right holds once the other side has signed as well."))
            return redirect("commitments:access-list")
    rows = ProtectedAccess.objects.select_related("user", "given_by_officer", "given_by_dpo").order_by(
        "-valid_to", "-pk"
    )
    page = page_of(request, rows, 50)
    side = "given_by_officer_id" if role.role == "officer" else "given_by_dpo_id"
    for row in page:
        row.is_over = row.valid_to < clock.today()  # type: ignore[attr-defined] # for the template
        signed = row.given_by_officer_id and row.given_by_dpo_id
        row.is_valid = bool(signed) and not row.is_over  # type: ignore[attr-defined]
        mine = getattr(row, side) is None and row.user_id not in (request.user.pk, role.acting_for_id)
        row.waits_for_me = mine and not row.is_over and bool(row.given_by_officer_id or row.given_by_dpo_id)  # type: ignore[attr-defined]
    return render(request, "commitments/access_list.html", {"form": form, "page": page})


@require_POST
def access_sign(request: UserRequest, pk: int) -> HttpResponse:
    require(request.user, Verb.GRANT_PROTECTED, on=clock.today())
    row = get_object_or_404(ProtectedAccess, pk=pk)
    try:
        acts.sign_access(row, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Signed by both: the right holds for the days that are named."))
    return redirect("commitments:access-list")


@require_http_methods(["GET", "POST"])
def access_end(request: UserRequest, pk: int) -> HttpResponse:
    require(request.user, Verb.GRANT_PROTECTED, on=clock.today())
    row = get_object_or_404(ProtectedAccess.objects.select_related("user"), pk=pk)
    form = EndForm(request.POST if request.method == "POST" else None, today=clock.today())
    del form.fields["on"]
    if form.is_valid():
        try:
            acts.end_access(row, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The right has ended."))
            return redirect("commitments:access-list")
    return render(request, "commitments/access_end.html", {"form": form, "row": row})
