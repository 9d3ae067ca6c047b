"""Addresses of evidence and indicators; part of ``commitments.urls``."""

from django.urls import path

from commitments.views.evidence import (
    commitment_evidence_add,
    evidence,
    evidence_edit,
    evidence_replace,
    evidence_withdraw,
    measure_evidence_add,
)
from commitments.views.indicators import (
    commitment_evidence,
    commitment_indicator_add,
    indicator,
    indicator_edit,
    indicator_end,
    indicator_history,
    indicator_value_add,
    indicator_value_correct,
    measure_evidence,
    measure_indicator_add,
)

urlpatterns = [
    path("measures/<str:reference>/evidence/", measure_evidence, name="measure-evidence"),
    path("commitments/<str:reference>/evidence/", commitment_evidence, name="commitment-evidence"),
    path("measures/<str:reference>/evidence/add/", measure_evidence_add, name="measure-evidence-add"),
    path("commitments/<str:reference>/evidence/add/", commitment_evidence_add, name="commitment-evidence-add"),
    path("evidence/<int:pk>/", evidence, name="evidence"),
    path("evidence/<int:pk>/edit/", evidence_edit, name="evidence-edit"),
    path("evidence/<int:pk>/replace/", evidence_replace, name="evidence-replace"),
    path("evidence/<int:pk>/withdraw/", evidence_withdraw, name="evidence-withdraw"),
    path("measures/<str:reference>/indicators/add/", measure_indicator_add, name="measure-indicator-add"),
    path("commitments/<str:reference>/indicators/add/", commitment_indicator_add, name="commitment-indicator-add"),
    path("indicators/<slug:key>/", indicator, name="indicator"),
    path("indicators/<slug:key>/history/", indicator_history, name="indicator-history"),
    path("indicators/<slug:key>/edit/", indicator_edit, name="indicator-edit"),
    path("indicators/<slug:key>/end/", indicator_end, name="indicator-end"),
    path("indicators/<slug:key>/values/add/", indicator_value_add, name="indicator-value-add"),
    path("indicators/<slug:key>/values/<int:pk>/correct/", indicator_value_correct, name="indicator-value-correct"),
]
