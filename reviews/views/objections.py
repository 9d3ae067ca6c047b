"""After the freeze no answer is withdrawn: its unit objects, in its own words, beside the verdict (rule 5)."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commitments import clock
from commitments.forms import add_errors
from commitments.models import Commitment, LinkState, User
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from reviews.answer_forms import OwnDissentForm
from reviews.models import Assessment, Confirmation
from reviews.views import shown
from reviews.views.confirm import sheet_unit
from reviews.workflow import assessments as workflow


@require_http_methods(["GET", "POST"])
def object_to(request: UserRequest, pk: int) -> HttpResponse:
    """A contact objects to what is said of a commitment that an entry of their list serves."""
    rows = Confirmation.objects.visible_to(request.user).select_related("cycle", "unit", "measure", "commitment")
    row = get_object_or_404(rows, pk=pk)
    require(request.user, Verb.ANSWER, row, on=clock.today())
    back = reverse("reviews:confirm", args=[row.cycle.year, sheet_unit(request, row)])
    if not row.cycle.is_final:
        messages.info(request, _("Until the freeze you can withdraw the answer and change it."))
        return redirect(f"{back}#answer-{pk}")
    found = list(_assessments(request.user, row))
    form = OwnDissentForm(request.POST or None, assessments=found)
    if form.is_valid():
        text = form.cleaned_data["text_de"]
        try:
            workflow.add_dissent(form.chosen(), row.unit, text, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Your objection is entered. The report prints it beside the finding."))
            return redirect(f"{back}#answer-{pk}")
    said = row.unit.dissents.filter(assessment__in=found).select_related("assessment__commitment")
    context = {"row": row, "subject": shown.subject(row), "form": form, "found": found, "said": said, "back": back}
    return render(request, "reviews/object.html", context)


def _assessments(user: User, row: Confirmation) -> QuerySet[Assessment]:
    """The assessments on which an answer has a bearing, of commitments that its writer may see. No verdict is told."""
    served = Q(links__measure=row.measure_id, links__state=LinkState.ACCEPTED) if row.measure_id else Q()
    seen = Commitment.objects.visible_to(user).filter(served or Q(pk=row.commitment_id))
    rows = Assessment.objects.filter(cycle=row.cycle, commitment__in=seen).select_related("commitment")
    return rows.order_by("commitment__reference")
