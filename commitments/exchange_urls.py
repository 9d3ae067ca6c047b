"""Addresses of import and export; part of ``commitments.urls``."""

from django.urls import path

from commitments.views.cordis import import_cordis
from commitments.views.exchange import discard, exchange, import_file, take_over, transfer
from commitments.views.exchange_export import download, export

urlpatterns = [
    path("exchange/", exchange, name="exchange"),
    path("exchange/cordis/", import_cordis, name="exchange-cordis"),
    path("exchange/import/<slug:subject>/", import_file, name="import"),
    path("exchange/export/<slug:subject>.<slug:form>", export, name="export"),
    path("exchange/<int:pk>/", transfer, name="transfer"),
    path("exchange/<int:pk>/file/", download, name="transfer-file"),
    path("exchange/<int:pk>/take-over/", take_over, name="transfer-apply"),
    path("exchange/<int:pk>/discard/", discard, name="transfer-discard"),
]
