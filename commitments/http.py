"""How people get in: accounts are made by the administration, nobody signs up. And how they get back."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no type stubs
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth has no type stubs
    """The city's single sign-on lets in whoever has an account with the same address; it makes no account."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False


class SignInFirst(LoginRequiredMiddleware):
    """Whoever was signed out while writing is told so, and comes back to the page they wrote on."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        htmx = request.headers.get("HX-Request") == "true"
        if request.method == "GET" and not htmx:
            return super().handle_no_permission(request, view_func)
        if request.method != "GET":
            messages.warning(request, _("You were no longer signed in. What you sent last has not been saved."))
        sign_in = redirect_to_login(_page_before(request), resolve_url(self.get_login_url(view_func)))
        if htmx:  # would otherwise put the sign-in page into the middle of the other one
            sign_in.status_code = 200
            sign_in["HX-Redirect"] = sign_in.url
            del sign_in["Location"]
        return sign_in


def _page_before(request: HttpRequest) -> str:
    """The page of this site from which something was sent; else the start page."""
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return "/"
    return urlsplit(address)._replace(scheme="", netloc="", fragment="").geturl() or "/"


def page_above(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """An address that only takes forms, opened as a page (another language, a bookmark), leads to the page above it."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code == 405 and request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            above = request.path.rstrip("/").rpartition("/")[0]
            return redirect(f"{above}/")
        return response

    return handle
