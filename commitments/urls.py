from django.urls import path

from commitments.views.commitments import commitment_edit, commitment_list
from commitments.views.components import components
from commitments.views.engagements import engagement, engagement_list
from commitments.views.instruments import instrument, instrument_list
from commitments.views.jobs import job
from commitments.views.mapping import mapping, mapping_search
from commitments.views.measures import measure, measure_edit, measure_history, measure_list

app_name = "commitments"

urlpatterns = [
    path("instruments/", instrument_list, name="instrument-list"),
    path("instruments/<slug:key>/", instrument, name="instrument"),
    path("commitments/", commitment_list, name="commitment-list"),
    path("commitments/<str:reference>/edit/", commitment_edit, name="commitment-edit"),
    path("measures/", measure_list, name="measure-list"),
    path("measures/<str:reference>/", measure, name="measure"),
    path("measures/<str:reference>/history/", measure_history, name="measure-history"),
    path("measures/<str:reference>/edit/", measure_edit, name="measure-edit"),
    path("measures/<str:reference>/mapping/", mapping, name="mapping"),
    path("measures/<str:reference>/mapping/search/", mapping_search, name="mapping-search"),
    path("engagements/", engagement_list, name="engagement-list"),
    path("engagements/<slug:key>/", engagement, name="engagement"),
    path("jobs/<uuid:pk>/", job, name="job"),
    path("components/", components, name="components"),
]
