from django.urls import path

from commitments import evidence_urls, exchange_urls, instrument_urls, people_urls, portfolio_urls
from commitments.views.commitment_forms import commitment_edit, commitment_end, provision_search
from commitments.views.commitments import commitment_list
from commitments.views.components import components
from commitments.views.jobs import job
from commitments.views.link_proposals import link_proposals
from commitments.views.mapping import (
    commitment_mapping,
    commitment_mapping_search,
    commitment_mapping_suggestions,
    mapping,
    mapping_search,
    mapping_suggestions,
)
from commitments.views.measure_forms import (
    measure_accept,
    measure_decline,
    measure_edit,
    measure_new,
    measure_suggestions,
    measure_withdraw,
)
from commitments.views.measures import measure, measure_history, measure_list
from commitments.views.partner_map import partner_map
from commitments.views.recommendation_links import recommendation_link, recommendation_links, recommendation_unlink
from commitments.views.recommendations import (
    recommendation,
    recommendation_add,
    recommendation_edit,
    recommendation_history,
    recommendation_list,
    recommendation_respond,
)
from commitments.views.saved_views import saved_view_add, saved_view_remove, saved_view_rename, saved_views

app_name = "commitments"

urlpatterns = [
    *instrument_urls.urlpatterns,
    *people_urls.urlpatterns,
    path("commitments/", commitment_list, name="commitment-list"),
    path("commitments/provisions/", provision_search, name="commitment-provisions"),
    path("commitments/<str:reference>/edit/", commitment_edit, name="commitment-edit"),
    path("commitments/<str:reference>/end/", commitment_end, name="commitment-end"),
    path("measures/", measure_list, name="measure-list"),
    path("measures/new/", measure_new, name="measure-new"),
    path("measures/suggestions/", measure_suggestions, name="measure-suggestions"),
    path("measures/<str:reference>/", measure, name="measure"),
    path("measures/<str:reference>/history/", measure_history, name="measure-history"),
    path("measures/<str:reference>/edit/", measure_edit, name="measure-edit"),
    path("measures/<str:reference>/accept/", measure_accept, name="measure-accept"),
    path("measures/<str:reference>/decline/", measure_decline, name="measure-decline"),
    path("measures/<str:reference>/withdraw/", measure_withdraw, name="measure-withdraw"),
    path("links/proposed/", link_proposals, name="link-proposals"),
    path("measures/<str:reference>/mapping/", mapping, name="mapping"),
    path("measures/<str:reference>/mapping/search/", mapping_search, name="mapping-search"),
    path("measures/<str:reference>/mapping/suggestions/", mapping_suggestions, name="mapping-suggestions"),
    path("commitments/<str:reference>/mapping/", commitment_mapping, name="commitment-mapping"),
    path("commitments/<str:reference>/mapping/search/", commitment_mapping_search, name="commitment-mapping-search"),
    path(
        "commitments/<str:reference>/mapping/suggestions/",
        commitment_mapping_suggestions,
        name="commitment-mapping-suggestions",
    ),
    path("engagements/map/", partner_map, name="partner-map"),
    *portfolio_urls.urlpatterns,
    path("recommendations/", recommendation_list, name="recommendation-list"),
    path("recommendations/add/", recommendation_add, name="recommendation-add"),
    path("recommendations/<str:key>/", recommendation, name="recommendation"),
    path("recommendations/<str:key>/history/", recommendation_history, name="recommendation-history"),
    path("recommendations/<str:key>/edit/", recommendation_edit, name="recommendation-edit"),
    path("recommendations/<str:key>/respond/", recommendation_respond, name="recommendation-respond"),
    path("recommendations/<str:key>/links/", recommendation_links, name="recommendation-links"),
    path("recommendations/<str:key>/links/add/", recommendation_link, name="recommendation-link"),
    path("recommendations/<str:key>/links/end/", recommendation_unlink, name="recommendation-unlink"),
    path("views/", saved_views, name="saved-views"),
    path("views/keep/", saved_view_add, name="saved-view-add"),
    path("views/<int:pk>/rename/", saved_view_rename, name="saved-view-rename"),
    path("views/<int:pk>/remove/", saved_view_remove, name="saved-view-remove"),
    *evidence_urls.urlpatterns,
    *exchange_urls.urlpatterns,
    path("jobs/<uuid:pk>/", job, name="job"),
    path("components/", components, name="components"),
]
