"""One's own deadlines as a calendar: the page on which the address is made, and the file that programs fetch."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from commitments import clock
from commitments.requests import UserRequest
from reviews.calendars import content_of
from reviews.deadlines import of_person
from reviews.models import CalendarFeed
from reviews.workflow import calendars as workflow

SHOWN = 12
"""So many of the next deadlines stand on the page."""

MINUTE = 60
MOST_MISSES = 30
"""How often in a minute one machine may ask for an address that does not exist."""

MOST_FETCHES = 30
"""How often in a minute one calendar is given out."""


@require_safe
@never_cache
def calendar(request: UserRequest) -> HttpResponse:
    return _page(request)


@require_POST
@never_cache
def renew(request: UserRequest) -> HttpResponse:
    """The new address stands on the answer to this alone; nowhere is it kept as it is."""
    try:
        token = workflow.renew(actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reviews:calendar")
    return _page(request, f"{settings.BASE_URL}{reverse('reviews:calendar-feed', args=[token])}")


@require_POST
def revoke(request: UserRequest) -> HttpResponse:
    try:
        workflow.revoke(actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The address is taken back. Calendars that used it get nothing any more."))
    return redirect("reviews:calendar")


def _page(request: UserRequest, address: str = "") -> HttpResponse:
    deadlines = of_person(request.user, clock.today())
    coming = [deadline for deadline in deadlines if deadline.on >= clock.today()]
    context = {
        "feed": CalendarFeed.objects.filter(user=request.user, revoked_at=None).first(),
        "address": address,
        "webcal": f"webcal:{address.partition(':')[2]}" if address else "",
        "coming": coming[:SHOWN],
        "more": max(len(coming) - SHOWN, 0),
    }
    return render(request, "reviews/calendar.html", context)


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar behind a secret address. Who guesses is slowed down; a right address is never held up by that."""
    found = workflow.feed_of(token, clock.today())
    if found is None:
        if _too_often(f"calendar-miss:{request.META.get('REMOTE_ADDR', '')}", MOST_MISSES):
            return _slower()
        raise Http404
    if _too_often(f"calendar-feed:{found.pk}", MOST_FETCHES):
        return _slower()
    content = content_of(found.user, clock.today())
    digest = content.digest
    workflow.note_fetched(found, digest, at=clock.now())
    assert found.changed_at is not None
    etag = f'"{digest}"'
    response = HttpResponse(content.written(found.changed_at), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="rechenschaft.ics"'
    response["X-Robots-Tag"] = "noindex"
    response["ETag"] = etag
    answer = get_conditional_response(request, etag=etag, response=response) or response
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _too_often(key: str, most: int) -> bool:
    """Count one more within a minute; whether it was one too many."""
    cache.add(key, 0, MINUTE)
    try:
        return cache.incr(key) > most
    except ValueError:  # the minute ended between the two
        return False


def _slower() -> HttpResponse:
    sentence = _("This address was asked for too often. Please try again in a minute.")
    return HttpResponse(sentence, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": MINUTE})
