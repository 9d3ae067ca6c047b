"""Addresses of instruments, their versions, provisions and adoptions."""

from django.urls import path

from commitments.views import adoptions, instrument_forms, instruments, provision_links

urlpatterns = [
    path("instruments/", instruments.instrument_list, name="instrument-list"),
    path("instruments/new/", instrument_forms.instrument_new, name="instrument-new"),
    path("instruments/<slug:key>/", instruments.instrument, name="instrument"),
    path("instruments/<slug:key>/edit/", instrument_forms.instrument_edit, name="instrument-edit"),
    path("instruments/<slug:key>/history/", instruments.instrument_history, name="instrument-history"),
    path("instruments/<slug:key>/versions/new/", instrument_forms.version_new, name="version-new"),
    path("instruments/<slug:key>/versions/<int:number>/edit/", instrument_forms.version_edit, name="version-edit"),
    path("instruments/<slug:key>/versions/<int:number>/compare/", instruments.version_compare, name="version-compare"),
    path("instruments/<slug:key>/versions/<int:number>/adopt/", adoptions.adoption_new, name="adoption-new"),
    path(
        "instruments/<slug:key>/versions/<int:number>/provisions/",
        instrument_forms.provisions_new,
        name="provisions-new",
    ),
    path(
        "instruments/<slug:key>/versions/<int:number>/provision/",
        instrument_forms.provision_new,
        name="provision-new",
    ),
    path("adoptions/<int:pk>/edit/", adoptions.adoption_edit, name="adoption-edit"),
    path("adoptions/<int:pk>/renew/", adoptions.adoption_renew, name="adoption-renew"),
    path("adoptions/<int:pk>/end/", adoptions.adoption_end, name="adoption-end"),
    path("provisions/<int:pk>/edit/", instrument_forms.provision_edit, name="provision-edit"),
    path("provisions/<int:pk>/links/", provision_links.provision_link_new, name="provision-link-new"),
    path("provision-links/<int:pk>/edit/", provision_links.provision_link_edit, name="provision-link-edit"),
    path("provision-links/<int:pk>/end/", provision_links.provision_link_end, name="provision-link-end"),
]
