"""The secret address of somebody's calendar: made, renewed, taken back. Theirs alone, so no role is asked.

The token is shown once and kept as a hash. It is 256 random bits, so a plain hash is enough, and finding it by that
hash takes the same time whether it is nearly right or not.
"""

import hashlib
import secrets
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.models import User
from reviews.models import CalendarFeed
from reviews.workflow.steps import day_of

TOKEN_BYTES = 32


@transaction.atomic
def renew(*, actor: User, at: datetime) -> str:
    """A new token, the only time that it can be read; the one before, if there was one, no longer leads anywhere."""
    user = User.objects.select_for_update(of=("self",)).get(pk=actor.pk)  # one after the other
    if not user.is_active or not user.assignments_on(day_of(at)):
        raise ValidationError(_("You hold no role today, so nothing falls due for you."))
    CalendarFeed.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CalendarFeed.objects.create(user=user, digest=digest_of(token), made_at=at)
    return token


@transaction.atomic
def revoke(*, actor: User, at: datetime) -> None:
    """Take the address back."""
    if not CalendarFeed.objects.filter(user=actor, revoked_at=None).update(revoked_at=at):
        raise ValidationError(_("You have no calendar address. Nothing was changed."))


def feed_of(token: str, on: date) -> CalendarFeed | None:
    """Whose address it is; None where it is unknown or taken back, or where the person has left or holds no role."""
    feed = CalendarFeed.objects.valid().filter(digest=digest_of(token)).select_related("user").first()
    return feed if feed is not None and feed.user.assignments_on(on) else None


def note_fetched(feed: CalendarFeed, content: str, *, at: datetime) -> None:
    """Remember the day, and the moment where the content has changed; raises nothing, writes at most once a change."""
    values: dict[str, object] = {}
    if feed.fetched_on != day_of(at):
        values["fetched_on"] = day_of(at)
    if feed.content != content or feed.changed_at is None:
        values |= {"content": content, "changed_at": at}
    for name, value in values.items():
        setattr(feed, name, value)
    if values:
        CalendarFeed.objects.filter(pk=feed.pk).update(**values)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
