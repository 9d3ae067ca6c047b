"""Lists with their filters, kept under a name. They are one person's own: no role is asked, no history is kept."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.models import SavedView, User

MOST = 20
"""So many views of one list a person keeps."""


@transaction.atomic
def keep(*, actor: User, page: str, query: str, name: str) -> SavedView:
    """Keep a list's filters; raises ValidationError where the name is taken or there are too many."""
    User.objects.select_for_update().get(pk=actor.pk)  # counted one after the other
    if SavedView.objects.filter(user=actor, page=page).count() >= MOST:
        sentence = _("You already keep %(most)s views of this list. Remove one that you no longer need.")
        raise ValidationError({"name": sentence % {"most": MOST}})
    if len(query) > SavedView._meta.get_field("query").max_length:  # type: ignore[operator] # a text column has one
        raise ValidationError({"name": _("This filter is too long to be kept. Choose fewer values.")})
    return _saved(SavedView(user=actor, page=page, query=query, name=name.strip()))


@transaction.atomic
def rename(view: SavedView, *, actor: User, name: str) -> SavedView:
    """Only one's own; raises SavedView.DoesNotExist for another's."""
    view = SavedView.objects.select_for_update().get(pk=view.pk, user=actor)
    view.name = name.strip()
    return _saved(view)


@transaction.atomic
def remove(view: SavedView, *, actor: User) -> None:
    SavedView.objects.filter(pk=view.pk, user=actor).delete()


def _saved(view: SavedView) -> SavedView:
    try:
        view.full_clean()
    except ValidationError as error:
        raise ValidationError({"name": error.messages}) from error
    view.save()
    return view
