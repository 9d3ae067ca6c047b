"""What somebody types is kept as a draft, unless a colleague saved the same answer meanwhile: then nothing is lost."""

from django.core.exceptions import ValidationError

from commitments import clock
from commitments.forms import add_errors
from commitments.models import User
from commitments.requests import UserRequest
from commitments.tracking import history_model
from reviews.models import Confirmation
from reviews.views import shown
from reviews.views.sheets import Item, Overtaken
from reviews.workflow import confirmations as workflow


def save_draft(item: Item, request: UserRequest) -> bool:
    """Keep what was typed; false where it cannot be kept as it stands, with the sentence in the form.

    Where a colleague saved since and nothing was typed here, what the colleague saved stays.
    """
    form = item.form
    if form is None or not form.is_bound:
        return True
    if not form.is_valid():
        return False
    if not form.has_changed() or _is_untouched(item):
        return True
    try:
        workflow.save_draft(item.confirmation, form.answer(), actor=request.user, at=clock.now(), seen=form.last_seen)
    except ValidationError as error:
        add_errors(form, error)
        if getattr(error, "code", "") == "changed":
            item.overtaken = overtaken(item.confirmation)
        return False
    return True


def overtaken(row: Confirmation) -> Overtaken:
    """What somebody else saved last, for the one who wrote at the same time."""
    said = history_model(Confirmation).objects.filter(id=row.pk).latest()
    who = User.objects.filter(pk=said.history_user_id).first()
    now = Confirmation(measure=row.measure, changes=said.changes)
    return Overtaken(who.name if who else "", said, shown.changes(now))


def _is_untouched(item: Item) -> bool:
    """Somebody saved since the form was shown, and the form still says what it said then."""
    assert item.form is not None
    known = item.form.last_seen
    if known is None or known == item.form.initial["seen"]:
        return False
    said = history_model(Confirmation).objects.filter(id=item.confirmation.pk, history_id=known).first()
    return said is not None and not item.form.differs_from(said)
