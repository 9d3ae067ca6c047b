"""Bringing in files of CORDIS: beside them it is asked who the city is and who keeps what is new."""

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from commitments import clock
from commitments.exchange import storage
from commitments.exchange.cordis_subject import UPLOAD_LIMIT, Options, pack
from commitments.forms.cordis import CordisForm
from commitments.forms.exchange import name_of
from commitments.models import Transfer
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.workflow import exchange as workflow


@require_http_methods(["GET", "POST"])
def import_cordis(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.IMPORT, on=clock.today())
    usual = Options.usual()
    initial = {"pics": "\n".join(usual.pics), "unit": usual.unit, "run_by": usual.run_by}
    form = CordisForm(
        request.POST or None, request.FILES or None, most=UPLOAD_LIMIT, today=clock.today(), initial=initial
    )
    if request.method == "POST" and form.is_valid():
        return redirect("commitments:transfer", _brought_in(request, form.cleaned_data).pk)
    return render(request, "commitments/exchange_cordis.html", {"form": form})


def _brought_in(request: UserRequest, data: dict[str, Any]) -> Transfer:
    """Store the ZIP, or the two files as one, with what was said beside them, and ask for the preview."""
    options = Options(data["pics"], data["unit"].key, data["run_by"])
    if data.get("archive"):
        return _stored(request, name_of(data["archive"]), data["archive"].chunks, options)
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as name:
        folder = Path(name)
        for part in ("projects", "organisations"):
            with (folder / part).open("wb") as file:
                file.writelines(data[part].chunks())
        pack(folder / "projects", folder / "organisations", folder / "both.zip")
        names = f"{name_of(data['projects'])}, {name_of(data['organisations'])}"
        return _stored(request, names, lambda: storage.file_chunks(folder / "both.zip"), options)


def _stored(request: UserRequest, name: str, chunks: Any, options: Options) -> Transfer:
    size = sum(len(chunk) for chunk in chunks())
    facts = workflow.FileFacts(name, size, storage.digest_of(chunks()))
    with transaction.atomic():
        transfer = workflow.begin_import("cordis", facts, actor=request.user, at=clock.now())
        path = storage.keep(transfer.pk, chunks(), ".zip")
        options.save(path.parent)
    return transfer
