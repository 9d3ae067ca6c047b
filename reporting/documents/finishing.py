"""One pass over the file WeasyPrint wrote: what PDF/UA-1 asks for beyond PDF/A-3a, and nothing that shows.

The PDF/UA identifier, a scope on every head cell, running heads as artifacts, each attached file once and with its
media type, hints for two-sided printing. The same bytes in, the same bytes out.
"""

import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

MARK = re.compile(rb"/(\w+)\s<<\s?/MCID (\d+)\s?>>\sBDC")
MEDIA_TYPES = {".json": Name("/application/json"), ".csv": Name("/text/csv")}
IDENTIFIER = b"""<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>\
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" \
rdf:about=""><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>PDF/UA part</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


@dataclass(frozen=True)
class Finished:
    data: bytes
    pages: int
    artifacts: int


def finish(raw: bytes) -> Finished:
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        _identify(pdf)
        artifacts = _mark_artifacts(pdf, _walk_tags(pdf))
        _tidy_attachments(pdf)
        pdf.Root.PageLayout = Name.TwoPageRight
        pdf.Root.ViewerPreferences.Duplex = Name.DuplexFlipLongEdge
        out = io.BytesIO()
        mode = pikepdf.ObjectStreamMode.generate
        pdf.save(out, object_stream_mode=mode, recompress_flate=True, deterministic_id=True)
        return Finished(out.getvalue(), len(pdf.pages), artifacts)


def _identify(pdf: pikepdf.Pdf) -> None:
    metadata = pdf.Root.Metadata
    metadata.write(metadata.read_bytes().replace(b"</rdf:RDF>", IDENTIFIER + b"</rdf:RDF>", 1))


def _walk_tags(pdf: pikepdf.Pdf) -> dict[int, set[int]]:
    """Scope every head cell; return, page by page, the marks that belong to the tree of tags."""
    pages = {page.objgen: index for index, page in enumerate(pdf.pages)}
    used: dict[int, set[int]] = defaultdict(set)
    stack: list[tuple[Any, Any]] = [(pdf.Root.StructTreeRoot.K, None)]
    while stack:
        element, section = stack.pop()
        kind = element.get("/S") if isinstance(element, Dictionary) else None
        if kind in ("/THead", "/TBody", "/TFoot"):
            section = kind
        if kind == "/TH":
            element.A.Scope = Name.Column if section == "/THead" else Name.Row
        for kid in _kids(element):
            if not isinstance(kid, Dictionary | Array):
                used[pages[element.Pg.objgen]].add(int(kid))
            elif isinstance(kid, Array) or kid.get("/Type") != "/OBJR":
                stack.append((kid, section))
    return used


def _kids(element: Any) -> Iterator[Any]:
    kids = element if isinstance(element, Array) else element.get("/K", ())
    yield from kids if isinstance(kids, Array) else [kids]


def _mark_artifacts(pdf: pikepdf.Pdf, used: dict[int, set[int]]) -> int:
    """WeasyPrint marks running heads as content outside the tree; a screen reader would stumble over them."""
    tree = pdf.Root.StructTreeRoot.ParentTree.Nums
    count = 0
    for index, page in enumerate(pdf.pages):
        replace, found = _artifact_marker(used[index], tree[2 * index + 1])
        content = page.Contents.read_bytes()
        page.Contents.write(MARK.sub(replace, content))
        count += len(found)
    return count


def _artifact_marker(live: set[int], parents: Any) -> tuple[Callable[[re.Match[bytes]], bytes], list[int]]:
    found: list[int] = []

    def replace(match: re.Match[bytes]) -> bytes:
        number = int(match[2])
        if number in live:
            return match[0]
        found.append(number)
        parents[number] = None
        return b"/Artifact <</Type /Pagination>> BDC"

    return replace, found


def _tidy_attachments(pdf: pikepdf.Pdf) -> None:
    """WeasyPrint 70 lists every attachment twice in /AF and names no media type."""
    if "/AF" not in pdf.Root:
        return
    pdf.Root.AF = Array({file.objgen: file for file in pdf.Root.AF}.values())
    for file in pdf.Root.AF:
        media_type = MEDIA_TYPES.get(PurePosixPath(str(file.UF)).suffix)
        for stream in (file.EF.F, file.EF.get("/UF", file.EF.F)):
            if media_type is not None:
                stream.Subtype = media_type
