"""Files as people bring them: real ones of each kind that is taken, and some that are not."""

import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile

from commitments.filetypes import ODF, OOXML

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU" + bytes(30)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + bytes(60) + b"\xff\xd9"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(40)
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200)
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def packed(parts: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def ooxml(kind: str, **more: bytes) -> bytes:
    """An Office Open XML file whose main part has this type, for instance "wordprocessingml.document"."""
    return packed({"[Content_Types].xml": types_of(f"{OOXML}{kind}.main+xml"), "word/document.xml": "<x/>", **more})


def types_of(main: str) -> str:
    start = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    return f'{start}<Override PartName="/main.xml" ContentType="{main}"/></Types>'


def odf(kind: str, **more: bytes) -> bytes:
    return packed({"mimetype": f"{ODF}{kind}", "content.xml": "<x/>", **more})


DOCX = ooxml("wordprocessingml.document")
TAKEN = {
    "pdf": PDF,
    "png": PNG,
    "jpg": JPEG,
    "webp": WEBP,
    "docx": DOCX,
    "xlsx": ooxml("spreadsheetml.sheet"),
    "pptx": ooxml("presentationml.presentation"),
    "odt": odf("text"),
    "ods": odf("spreadsheet"),
    "odp": odf("presentation"),
}


def upload(data: bytes = PDF, name: str = "Bericht.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/octet-stream")
