from django.urls import path, register_converter

from reporting.converters import ArticleConverter, ProvisionNumberConverter
from reporting.views import (
    articles,
    audit,
    audit_export,
    cells,
    commitment,
    commitment_entry,
    editions,
    erasures,
    gaps,
    home,
    matrix,
    provision,
    search,
)

app_name = "reporting"

register_converter(ArticleConverter, "article")
register_converter(ProvisionNumberConverter, "provision")

urlpatterns = [
    path("", home.home_page, name="home"),
    path("changes/", home.latest_changes, name="changes"),
    path("search/", search.search, name="search"),
    path("articles/", articles.articles, name="articles"),
    path("matrix/", matrix.matrix, name="matrix"),
    path("matrix/cell/", cells.matrix_cell, name="matrix-cell"),
    path("matrix/download.<slug:kind>", matrix.matrix_file, name="matrix-file"),
    path("matrix/<article:number>/", cells.article, name="article"),
    path("matrix/<article:number>/reason/", gaps.gap, name="gap"),
    path("matrix/<article:number>/history/", cells.gap_history, name="gap-history"),
    path("matrix/<article:number>/<str:field>/", cells.cell, name="cell"),
    path("matrix/<article:number>/<str:field>/reason/", gaps.gap, name="gap"),
    path("matrix/<article:number>/<str:field>/history/", cells.gap_history, name="gap-history"),
    path("gaps/", gaps.gap_list, name="gap-list"),
    path("reports/", editions.edition_list, name="edition-list"),
    path("reports/documents/<int:pk>/", editions.document, name="document"),
    path("reports/<int:year>/prepare/", editions.edition_prepare, name="edition-prepare"),
    path("reports/<int:year>/<int:number>/", editions.edition, name="edition"),
    path("reports/<int:year>/<int:number>/content.json", editions.edition_content, name="edition-content"),
    path("reports/<int:year>/<int:number>/release/", editions.edition_release, name="edition-release"),
    path("reports/<int:year>/<int:number>/jobs/<uuid:job>/cancel/", editions.document_cancel, name="document-cancel"),
    path("reports/<int:year>/<int:number>/<slug:volume>/", editions.document_state, name="document-state"),
    path("reports/<int:year>/<int:number>/<slug:volume>/ask/", editions.document_ask, name="document-ask"),
    path("ledger/", audit.audit, name="audit"),
    path("ledger/verify/", audit.verify, name="audit-verify"),
    path("ledger/verification/", audit.verification_state, name="audit-verification"),
    path("ledger/seals/", audit.seals, name="audit-seals"),
    path("ledger/seals/<int:pk>/consistency.json", audit.consistency, name="audit-consistency"),
    path("ledger/rows/<int:index>/proof.json", audit.proof, name="audit-proof"),
    path("ledger/export/", audit_export.export, name="audit-export"),
    path("ledger/export/<uuid:pk>.jsonl", audit_export.export_file, name="audit-export-file"),
    path("erasures/", erasures.erasure_list, name="erasure-list"),
    path("erasures/new/<slug:kind>/<int:pk>/", erasures.erasure_new, name="erasure-new"),
    path("erasures/<int:pk>/", erasures.erasure, name="erasure"),
    path("erasures/<int:pk>/sign/", erasures.erasure_sign, name="erasure-sign"),
    path("erasures/<int:pk>/drop/", erasures.erasure_drop, name="erasure-drop"),
    path("people/<int:pk>/pseudonymise/", erasures.person_pseudonymise, name="person-pseudonymise"),
    path("commitments/new/", commitment_entry.commitment_new, name="commitment-new"),
    path("commitments/<str:reference>/", commitment.commitment, name="commitment"),
    path("commitments/<str:reference>/history/", commitment.commitment_history, name="commitment-history"),
    path("instruments/<slug:key>/<int:version>/<provision:number>/", provision.provision, name="provision"),
    path(
        "instruments/<slug:key>/<int:version>/<provision:number>/history/",
        provision.provision_history,
        name="provision-history",
    ),
]
