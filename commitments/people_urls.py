"""Addresses of the administration: people, roles, units; and of the right to protected content."""

from django.urls import path

from commitments.views import access, people, units

urlpatterns = [
    path("people/", people.person_list, name="person-list"),
    path("people/new/", people.person_new, name="person-new"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/edit/", people.person_edit, name="person-edit"),
    path("people/<int:pk>/role/", people.role_add, name="role-add"),
    path("roles/<int:pk>/end/", people.role_end, name="role-end"),
    path("units/", units.unit_list, name="unit-list"),
    path("units/new/", units.unit_new, name="unit-new"),
    path("units/<slug:key>/", units.unit_edit, name="unit-edit"),
    path("units/<slug:key>/then/", units.unit_then, name="unit-then"),
    path("units/<slug:key>/dissolve/", units.unit_dissolve, name="unit-dissolve"),
    path("access/", access.access_list, name="access-list"),
    path("access/<int:pk>/sign/", access.access_sign, name="access-sign"),
    path("access/<int:pk>/end/", access.access_end, name="access-end"),
]
