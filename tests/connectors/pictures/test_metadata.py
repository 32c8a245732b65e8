"""Whoever gets a picture of somebody else's does not get the place where it was taken; the picture stays as it is."""

import struct
from io import BytesIO
from time import process_time

import pytest
from PIL import Image

from connectors.pictures.metadata import TooManyParts, without_metadata
from tests.connectors.pictures.cameras import DEVICE, FILM, MEDIA_TYPES, endless, noise, opened, photo

ORIENTATION, PLACE = 0x0112, 0x8825


def cleaned(content: bytes, media_type: str) -> bytes:
    return b"".join(map(bytes, without_metadata(memoryview(content), media_type)))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_picture_stays_and_what_stands_beside_it_goes(form: str, orientation: int) -> None:
    content = photo(form, orientation=orientation)
    assert dict(opened(content).getexif().get_ifd(PLACE)), "else the test says nothing"
    assert DEVICE.encode() in content
    clean = cleaned(content, MEDIA_TYPES[form])
    picture = opened(clean)
    assert picture.tobytes() == opened(content).tobytes()
    assert dict(picture.getexif()) == ({ORIENTATION: 6} if orientation == 6 else {})
    assert dict(picture.getexif().get_ifd(PLACE)) == {}
    assert DEVICE.encode() not in clean
    assert FILM not in clean
    assert cleaned(clean, MEDIA_TYPES[form]) == clean


def test_colours_and_pictures_in_several_scans_stay() -> None:
    image = Image.effect_noise((200, 150), 60).convert("CMYK")
    written = BytesIO()
    image.save(written, "JPEG", progressive=True, icc_profile=b"a profile" * 9_000, exif=Image.Exif())
    content = written.getvalue()
    picture = opened(cleaned(content, "image/jpeg"))
    assert picture.tobytes() == opened(content).tobytes()
    assert picture.info["icc_profile"] == b"a profile" * 9_000


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_content_that_breaks_its_form_gives_no_metadata(form: str) -> None:
    """Whatever is sent under the first bytes of a picture: nothing raises, and no more comes out than went in."""
    whole, media_type = photo(form), MEDIA_TYPES[form]
    assert DEVICE.encode() in whole[: len(whole) - len(FILM)]
    for seed in range(400):
        length = seed * len(whole) // 400
        for content in (whole[:length], whole[:20] + noise(seed, length), whole[:length] + b"\xff" * 50):
            clean = cleaned(content, media_type)
            assert len(clean) <= max(len(content), 12)
            assert DEVICE.encode() not in clean
    assert cleaned(b"GIF89a" + noise(1, 500), "image/gif") == b"GIF89a" + noise(1, 500)


@pytest.mark.parametrize("between", [b"\xff", b"\xff" * 300, b"\0", b"\xff\x01", b"\xff\xd8", b"of no form"])
def test_what_decoders_pass_over_between_segments_hides_no_metadata(between: bytes) -> None:
    """Annex B.1.1.2 of T.81: any number of bytes FF may stand before a marker; decoders pass over others, too."""
    whole = photo(orientation=6)
    first = 4 + int.from_bytes(whole[4:6], "big")
    content = whole[:first] + between + whole[first:]
    clean = cleaned(content, "image/jpeg")
    assert DEVICE.encode() not in clean
    assert opened(clean).tobytes() == opened(whole).tobytes()
    assert dict(opened(clean).getexif()) == {ORIENTATION: 6}


def test_a_picture_that_is_cut_off_shows_as_much_as_before() -> None:
    image = Image.effect_noise((200, 150), 60)
    for form, media_type in MEDIA_TYPES.items():
        written = BytesIO()
        image.convert("RGB").save(written, form)
        cut = written.getvalue()[: len(written.getvalue()) // 2]
        clean = cleaned(cut, media_type)
        assert clean[12:] == cut[12:], form


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_picture_of_many_parts_takes_little_time(form: str) -> None:
    tags = b"".join(struct.pack(">HHIHH", tag, 3, 1, 1, 0) for tag in range(0x8000, 0x8000 + 4_000))
    block = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 4_000) + tags + b"\0" * 4
    part = block if form == "JPEG" else block[6:]
    began = process_time()
    assert tags not in cleaned(endless(form, 300, part), MEDIA_TYPES[form])
    assert process_time() - began < 1, "each block of EXIF was read"
    with pytest.raises(TooManyParts):
        cleaned(endless(form, 100_000), MEDIA_TYPES[form])
