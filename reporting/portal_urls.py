"""Addresses that are open to everybody, each in its language."""

from django.urls import path

from reporting import converters
from reporting.feeds import Releases
from reporting.portal.statements import NAMES
from reporting.views import portal

converters.register()

app_name = "portal"

EDITION = "<language:language>/reports/<int:year>/<int:number>"

urlpatterns = [
    path("", portal.start, name="start"),
    path("documents/<int:pk>/", portal.document, name="document"),
    path("data/<int:year>/<int:number>/<slug:name>.<slug:kind>", portal.data_file, name="data-file"),
    path("<language:language>/", portal.home, name="home"),
    path("<language:language>/feed.xml", Releases(), name="feed"),
    path("<language:language>/articles/<article:number>/", portal.article, name="article"),
    path("<language:language>/reports/", portal.editions, name="editions"),
    path(f"{EDITION}/", portal.edition, name="edition"),
    path(f"{EDITION}/<slug:slug>/", portal.section, name="section"),
    path("<language:language>/commitments/", portal.commitments, name="commitments"),
    path("<language:language>/commitments/<commitment:reference>/", portal.commitment, name="commitment"),
    path("<language:language>/partners/", portal.partner_cities, name="partners"),
    path("<language:language>/data/", portal.data, name="data"),
    *(path(f"<language:language>/{name}/", portal.statement, {"name": name}, name=name) for name in NAMES),
    path("<language:language>/<path:rest>", portal.nothing, name="nothing"),
]
