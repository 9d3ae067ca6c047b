"""The first screen: what needs each role today."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from commitments import clock, texts
from commitments.models import Role
from commitments.requests import UserRequest
from reporting.tables import changes, home, offices
from reporting.views import portal


@login_not_required
@require_safe
def start(request: UserRequest) -> HttpResponse:
    """The first address: what needs each role today; whoever is not signed in is led to the portal."""
    return _home_page(request) if request.user.is_authenticated else portal.start(request)


def _home_page(request: UserRequest) -> HttpResponse:
    """One section for each role that somebody holds; most people hold one."""
    user, today, roles = request.user, clock.today(), request.user.roles
    context: dict[str, Any] = {"today": today}
    if Role.OFFICER in roles:
        context["officer"] = home.officer_home(user, today)
    if Role.APPROVER in roles:
        context["approver"] = home.approver_home(user, today)
    if user.unit_ids:
        answers, releases = Role.CONTACT in roles, Role.RELEASER in roles
        context["unit"] = home.unit_home(user, today, answers=answers, releases=releases)
    if Role.COUNCIL in roles:
        context["council"] = home.council_home(user, texts.reader_language())
    if Role.AUDITOR in roles:
        context["auditor"] = offices.auditor_home()
    if Role.DPO in roles:
        context["dpo"] = offices.dpo_home(today)
    if Role.ADMINISTRATOR in roles:
        context["administrator"] = offices.administrator_home(today)
    sections = [context[name] for name in context if name != "today"]
    context["cycle"] = next((section.cycle for section in sections if getattr(section, "cycle", None)), None)
    context["is_without_role"] = not sections
    return render(request, "reporting/home.html", context)


@require_safe
def latest_changes(request: UserRequest) -> HttpResponse:
    """What happened since yesterday: a fragment of the first screen, and a page of its own."""
    template = "reporting/_changes.html" if request.htmx else "reporting/changes.html"
    since = clock.at_noon(clock.today() - timedelta(days=1)) - timedelta(hours=12)
    return render(request, template, {"entries": changes.since(since, request.user), "since": since})
