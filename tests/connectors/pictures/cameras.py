"""Pictures as cameras and phones write them: with the place, the device and a note in them."""

import random
import struct
from io import BytesIO
from typing import Final

from PIL import Image, PngImagePlugin

DEVICE: Final = "Phone of Ivan"
MEDIA_TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
FILM: Final = b"\0\0\0\x18ftypmp42 +58.0105+056.2502/"
"""The beginning of a film that some phones write behind a picture, with the place in it."""


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, DEVICE
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (58.0, 0.0, 38.0), "E", (56.0, 15.0, 1.0)
    return exif


def photo(form: str = "JPEG", *, orientation: int = 1, size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture of four coloured quarters, with the place where it was taken."""
    image = Image.new("RGB", size)
    colours = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30))
    half = (size[0] // 2, size[1] // 2)
    for number, colour in enumerate(colours):
        image.paste(colour, (number % 2 * half[0], number // 2 * half[1], size[0], size[1]))
    options: dict[str, object] = {"exif": exif_of(orientation)}
    if form == "PNG":
        note = PngImagePlugin.PngInfo()
        note.add_text("Comment", DEVICE)
        options["pnginfo"] = note
    elif form == "JPEG":
        options["comment"] = DEVICE
    else:
        options["xmp"] = b"<x:xmpmeta>" + DEVICE.encode()
    written = BytesIO()
    image.save(written, form, **options)
    return written.getvalue() + (FILM if form == "JPEG" else b"")


def opened(content: bytes) -> Image.Image:
    """The picture, decoded."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


def endless(form: str, parts: int, part: bytes = b"") -> bytes:
    """A picture with many parts of metadata in front of its pixels."""
    whole = photo(form)
    if form == "JPEG":
        return whole[:2] + (b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part) * parts + whole[2:]
    if form == "PNG":
        after_header = 8 + 12 + 13
        chunk = struct.pack(">I", len(part)) + b"eXIf" + part + b"\0" * 4
        return whole[:after_header] + chunk * parts + whole[after_header:]
    after_header = 12 + 8 + 10
    chunks = (b"EXIF" + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2)) * parts
    return (
        b"RIFF"
        + struct.pack("<I", len(whole) + len(chunks) - 8)
        + whole[8:after_header]
        + chunks
        + whole[after_header:]
    )


def bomb(side: int = 20_000) -> bytes:
    """A PNG of a few hundred kilobytes with four hundred million pixels."""
    written = BytesIO()
    Image.new("1", (side, side)).save(written, "PNG")
    return written.getvalue()


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)
