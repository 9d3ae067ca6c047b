"""The addresses of the portfolio; ``commitments.urls`` takes them in."""

from django.urls import path

from commitments.views.advice import advice_add, advice_edit, advice_list, advice_page, advice_withdraw
from commitments.views.engagement_forms import engagement_add, engagement_edit, engagement_renew, engagement_status
from commitments.views.engagement_parts import part_add, part_edit, part_end
from commitments.views.engagements import engagement, engagement_history, engagement_list

urlpatterns = [
    path("engagements/", engagement_list, name="engagement-list"),
    path("engagements/add/<slug:kind>/", engagement_add, name="engagement-add"),
    path("engagements/advice/", advice_list, name="advice-list"),
    path("engagements/advice/add/", advice_add, name="advice-add"),
    path("engagements/advice/<int:pk>/", advice_page, name="advice"),
    path("engagements/advice/<int:pk>/edit/", advice_edit, name="advice-edit"),
    path("engagements/advice/<int:pk>/withdraw/", advice_withdraw, name="advice-withdraw"),
    path("engagements/<slug:key>/", engagement, name="engagement"),
    path("engagements/<slug:key>/history/", engagement_history, name="engagement-history"),
    path("engagements/<slug:key>/edit/", engagement_edit, name="engagement-edit"),
    path("engagements/<slug:key>/renew/", engagement_renew, name="engagement-renew"),
    path("engagements/<slug:key>/status/<slug:turn>/", engagement_status, name="engagement-status"),
    path("engagements/<slug:key>/<slug:parts>/add/", part_add, name="engagement-part-add"),
    path("engagements/<slug:key>/<slug:parts>/<int:pk>/edit/", part_edit, name="engagement-part-edit"),
    path("engagements/<slug:key>/<slug:parts>/<int:pk>/end/", part_end, name="engagement-part-end"),
]
