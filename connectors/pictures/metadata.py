"""Leaves out of a picture what a camera wrote beside it: the place, the time, the device, other pictures.

No pixel is decoded: the containers JPEG, PNG and WebP are lists of parts, of which those stay that show the picture.
How the picture is turned (orientation) stays, too. Of a part that is cut off, only one that shows the picture stays;
what has no form at all is left out.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from PIL import Image

Bytes = memoryview | bytes

MOST_PARTS: Final = 65_536
"""The parts of a picture, at most: cameras write some hundreds, and a PNG of 500 MB has as many of 8 KB."""
_EXIF_BYTES: Final = 65_536
"""The bytes of an EXIF block in which its orientation is looked for: in a JPEG there are no more."""
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
"""A marker with a segment, or the end. Like decoders, it passes over bytes that fill the space before a marker."""
_MARKER, _START_OF_SCAN, _END, _APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = (
    0xFF,
    0xDA,
    0xD9,
    0xE0,
    0xE1,
    0xE2,
    0xEE,
    0xEF,
    0xFE,
)
_SHOWING: Final = {_APP0: b"JFIF\0", _APP2: b"ICC_PROFILE\0", _APP14: b"Adobe"}
"""The application segments of a JPEG that its colours and its size need, with the beginnings of their contents."""
_EXIF: Final = b"Exif\0\0"
_PNG_START: Final = 8
_PNG_CHUNKS: Final = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
_WEBP_START: Final = 12
_WEBP_CHUNKS: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_FLAGS, _WEBP_EXIF, _WEBP_XMP = 8, 0x08, 0x04
_TURNED: Final = range(2, 9)
_ORIENTATION: Final = 0x0112


class TooManyParts(Exception):
    """The picture has more than `MOST_PARTS` parts."""


def without_metadata(content: memoryview, media_type: str) -> Iterator[Bytes]:
    """The parts of a picture that show it, in their order; of a content of another type, all of it.

    Raises `TooManyParts`.
    """
    return _FORMATS.get(media_type, _whole)(content)


def _whole(content: memoryview) -> Iterator[Bytes]:
    yield content


def _jpeg(content: memoryview) -> Iterator[Bytes]:
    """https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B: segments, and data after each start of a scan."""
    yield content[:2]
    at, has_exif = 2, False
    for _ in range(MOST_PARTS):
        found = _NEXT_MARKER.search(content, at)
        if found is None:
            return
        at, marker = found.start(), content[found.start() + 1]
        if marker == _END:
            yield content[at : at + 2]  # whatever follows, such as a film or a second picture, is left out
            return
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if not at + 4 <= end <= len(content):
            return
        body = content[at + 4 : end]
        if marker == _APP1 and bytes(body[: len(_EXIF)]) == _EXIF:
            if not has_exif and (exif := _orientation_of(body)):
                yield struct.pack(">BBH", _MARKER, _APP1, len(exif) + 2) + exif
            has_exif = True
        elif _is_shown(marker, body):
            yield content[at:end]
        at = end
        if marker == _START_OF_SCAN:
            found = _NEXT_MARKER.search(content, at)
            at = found.start() if found else len(content)
            yield content[end:at]
    raise TooManyParts


def _is_shown(marker: int, body: memoryview) -> bool:
    if _APP0 <= marker <= _APP15:
        beginning = _SHOWING.get(marker)
        return beginning is not None and bytes(body[: len(beginning)]) == beginning
    return marker != _COMMENT


def _png(content: memoryview) -> Iterator[Bytes]:
    """https://www.w3.org/TR/png-3/#5Chunk-layout."""
    yield content[:_PNG_START]
    at, has_exif = _PNG_START, False
    for _ in range(MOST_PARTS):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        kind = bytes(content[at + 4 : at + 8])
        if kind in _PNG_CHUNKS:
            yield content[at:end]
        elif kind == b"eXIf" and not has_exif and end <= len(content):
            has_exif = True
            if exif := _orientation_of(content[at + 8 : end - 4]):
                tiff = exif.removeprefix(_EXIF)
                yield struct.pack(">I", len(tiff)) + kind + tiff + struct.pack(">I", zlib.crc32(kind + tiff))
        at = end
        if kind == b"IEND" or not kind.isalpha() or at >= len(content):
            return
    raise TooManyParts


def _webp(content: memoryview) -> Iterator[Bytes]:
    """https://developers.google.com/speed/webp/docs/riff_container."""
    chunks: list[Bytes] = []
    at, whole = _WEBP_START, min(len(content), 8 + int.from_bytes(content[4:8], "little"))
    turned: bytes | None = None
    has_exif = False
    for _ in range(MOST_PARTS):
        if at + 8 > whole:
            break
        kind, size = bytes(content[at : at + 4]), int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        if kind in _WEBP_CHUNKS:
            chunks.append(content[at : min(end, whole)])
        elif kind == b"EXIF" and not has_exif and end <= whole:
            has_exif = True
            if turned := _orientation_of(content[at + 8 : at + 8 + size]):
                tiff = turned.removeprefix(_EXIF)
                chunks.append(kind + struct.pack("<I", len(tiff)) + tiff + b"\0" * (len(tiff) % 2))
        at = end
    else:
        raise TooManyParts
    if chunks and len(chunks[0]) > _WEBP_FLAGS and bytes(chunks[0][:4]) == b"VP8X":
        head = bytearray(chunks[0])
        head[_WEBP_FLAGS] &= ~(_WEBP_XMP | (0 if turned else _WEBP_EXIF))
        chunks[0] = bytes(head)
    yield b"RIFF" + struct.pack("<I", 4 + sum(map(len, chunks))) + b"WEBP"
    yield from chunks


_FORMATS: Final[Mapping[str, Callable[[memoryview], Iterator[Bytes]]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
}


def _orientation_of(exif: memoryview) -> bytes | None:
    """An EXIF block that says how the picture is turned and nothing else; None where it is not turned."""
    found = Image.Exif()
    try:
        found.load(bytes(exif[:_EXIF_BYTES]))
        turned = found.get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - whatever a library meets in a malformed block
        return None
    if turned not in _TURNED:
        return None
    only = Image.Exif()
    only[_ORIENTATION] = turned
    return bytes(only.tobytes())
