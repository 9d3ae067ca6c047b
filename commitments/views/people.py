"""People and their roles, as the administration keeps them. It sees no content of the register."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import clock, history, workflow
from commitments.forms import Filter, add_errors
from commitments.forms.people import EndForm, NewPersonForm, PersonForm, RoleForm
from commitments.models import Assignment, Role, User
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.tracking import history_model
from commitments.views.lists import chip, page_of
from commitments.workflow import people as acts


@require_safe
def person_list(request: UserRequest) -> HttpResponse:
    """Everybody with an account, by role or without one."""
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    valid = Assignment.objects.valid(clock.today())
    rows = User.objects.filter(pseudonymised_on__isnull=True).order_by("name", "email")
    filters = Filter(request.GET)
    role, typed = request.GET.get("role", ""), filters.chosen().get("q", "")
    if role in Role.values:
        rows = rows.filter(Exists(valid.filter(user=OuterRef("pk"), role=role)))
    elif role == "none":
        rows = rows.filter(~Exists(valid.filter(user=OuterRef("pk"))))
    if typed:
        rows = rows.filter(name__icontains=typed) | rows.filter(email__icontains=typed)
    held = Prefetch("assignments", queryset=valid.select_related("unit", "acting_for"), to_attr="held")
    context = {
        "page": page_of(request, rows.prefetch_related(held), 50),
        "filters": filters,
        "summary": filters.summary(),
        "chips": [chip(request, "role", "", _("All"))]
        + [chip(request, "role", value, str(label)) for value, label in Role.choices]
        + [chip(request, "role", "none", _("Without a role"))],
    }
    return render(request, "commitments/person_list.html", context)


@require_http_methods(["GET", "POST"])
def person_new(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    form = NewPersonForm(request.POST if request.method == "POST" else None, initial={"language": "de"})
    if form.is_valid():
        said = form.cleaned_data
        try:
            entered = acts.enter_person(
                email=said["email"],
                name=said["name"],
                language=said["language"],
                reason=said["reason"],
                actor=request.user,
                at=clock.now(),
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The person is entered. Now give them a role."))
            return redirect("commitments:person", entered.pk)
    return render(request, "commitments/person_new.html", {"form": form})


@require_safe
def person(request: UserRequest, pk: int) -> HttpResponse:
    """One person: account, roles of today and of the past, history."""
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    shown = get_object_or_404(User, pk=pk)
    roles = list(shown.assignments.select_related("unit", "acting_for").order_by("-valid_from", "pk"))
    for held in roles:
        held.is_over = held.valid_to is not None and held.valid_to < clock.today()  # type: ignore[attr-defined]
    context = {"person": shown, "roles": roles, "history": history.timeline(_strands(shown))}
    return render(request, "commitments/person.html", context)


def _strands(shown: User) -> list[history.Strand]:
    roles = history_model(Assignment).objects.filter(user_id=shown.pk).select_related("unit")
    return [
        history.of(User, shown.pk, _("Person entered"), _("Person changed")),
        history.Strand(roles, _role_name),
    ]


def _role_name(step: history.Step) -> str:
    name = str(step.row.get_role_display())
    if step.is_first:
        return _("Role given: %(name)s") % {"name": name}
    return _("Role changed: %(name)s") % {"name": name}


@require_http_methods(["GET", "POST"])
def person_edit(request: UserRequest, pk: int) -> HttpResponse:
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    shown = get_object_or_404(User, pk=pk)
    known = {name: getattr(shown, name) for name in ("name", "email", "language", "is_active")}
    form = PersonForm(
        request.POST if request.method == "POST" else None, initial=known | {"seen": workflow.last_change(shown)}
    )
    if form.is_valid():
        edit = workflow.Edit(form.columns(), form.cleaned_data["reason"], seen=form.cleaned_data["seen"])
        try:
            acts.edit_person(shown, edit, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("commitments:person", pk)
    return render(request, "commitments/person_edit.html", {"form": form, "person": shown})


@require_http_methods(["GET", "POST"])
def role_add(request: UserRequest, pk: int) -> HttpResponse:
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    shown = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST if request.method == "POST" else None, today=clock.today())
    if form.is_valid():
        said = form.cleaned_data
        post = acts.Post(Role(said["role"]), said["valid_from"], said["unit"], said["acting_for"], said["valid_to"])
        try:
            acts.assign_role(shown, post, actor=request.user, at=clock.now(), reason=said["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The role is given."))
            return redirect("commitments:person", pk)
    return render(request, "commitments/role_add.html", {"form": form, "person": shown})


@require_http_methods(["GET", "POST"])
def role_end(request: UserRequest, pk: int) -> HttpResponse:
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    held = get_object_or_404(Assignment.objects.select_related("user", "unit"), pk=pk)
    form = EndForm(request.POST if request.method == "POST" else None, today=clock.today())
    if form.is_valid():
        try:
            acts.end_role(
                held, form.cleaned_data["on"], actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"]
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The role has its end. What was done in it keeps its name."))
            return redirect("commitments:person", held.user_id)
    return render(request, "commitments/role_end.html", {"form": form, "held": held, "person": held.user})
