from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView

from config.api import router

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
    path("api/", include(router.urls)),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("portal/", include("reporting.portal_urls")),
    path("reviews/", include("reviews.urls")),
    path("", include("commitments.urls")),
    path("", include("reporting.urls")),
]
