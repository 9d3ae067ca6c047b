"""The way back to the page from which somebody came to fill in a form."""

from django.utils.http import url_has_allowed_host_and_scheme

from commitments.requests import UserRequest


def way_back(request: UserRequest) -> str:
    """The page of this site that the address names as ``back``; nothing where it names none or another site."""
    back = request.GET.get("back", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, {request.get_host()})
    return back if is_ours else ""
