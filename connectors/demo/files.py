"""Generates the files that attachments refer to: small real files, so that the sizes in the data are true."""

import struct
import zipfile
import zlib
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from random import Random
from typing import Final, NamedTuple

from connectors.attachments import Attachment

ELSEWHERE: Final = "https://files.example.test/"
"""The base address of attachments when no server offers the files."""


class File(NamedTuple):
    media_type: str
    content: bytes


_SIDE, _CELL = 240, 12  # pixels of a sheet of squared paper, and of its squares
_PAPER, _LINE = b"\xfd\xfd\xf8", b"\x9c\xbc\xd8"


def attached(rng: Random, name: str, kind: str, suffix: str, base: str) -> Attachment:
    """An attachment called *name*, whose file has its own address under *base*, such as task-0f3a91c2.pdf."""
    file = files()[suffix]
    url = f"{base}{kind}-{rng.randrange(16**8):08x}.{suffix}"
    return Attachment(name=f"{name}.{suffix}", url=url, media_type=file.media_type, size_bytes=len(file.content))


@cache
def files() -> Mapping[str, File]:
    """The content of the file for each suffix."""
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return {
        "pdf": File("application/pdf", _pdf("An attachment of the demo school")),
        "png": File("image/png", _png()),
        "docx": File(word, _docx("Файл демонстрационной школы")),
    }


def _pdf(text: str) -> bytes:
    """A PDF of one page that shows *text*, in Latin letters."""
    shown = f"BT /F1 20 Tf 60 760 Td ({text}) Tj ET".encode("ascii")
    fonts = b"<< /Font << /F1 5 0 R >> >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(written)


def _png() -> bytes:
    """A PNG of a sheet of squared paper."""
    ruled = _LINE * _SIDE
    between = b"".join(_LINE if column % _CELL == 0 else _PAPER for column in range(_SIDE))
    rows = b"".join(b"\0" + (ruled if row % _CELL == 0 else between) for row in range(_SIDE))
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _docx(text: str) -> bytes:
    """A DOCX of one paragraph."""
    declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{word}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body>'
        "</w:document>",
    }
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), declaration + content)  # its date is fixed: the bytes are, too
    return written.getvalue()
