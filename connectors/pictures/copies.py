"""Makes the copies of one picture, in a process of its own: `python -m connectors.pictures.copies …`.

FOLDER has the file `content`. If the picture has metadata, `cleaned` is the picture without them; `looked` says that
this was done. `thumbnail` is a small picture, unless the content cannot be decoded or has more than PIXELS. The process
ends where it needs more than MEGABYTES of memory or SECONDS of the processor.
"""

import filecmp
import mmap
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from connectors.pictures.metadata import without_metadata

SIDE: Final = 320
"""Pixels of the longer side of a thumbnail."""
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY: Final = 80


def clean(folder: Path, media_type: str) -> None:
    """Write the picture without its metadata."""
    content, cleaned = folder / "content", folder / "cleaned"
    with content.open("rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))  # the process ends with it open
    with cleaned.open("wb") as file:
        for part in without_metadata(whole, media_type):
            file.write(part)
    if filecmp.cmp(content, cleaned, shallow=False):
        cleaned.unlink()
    (folder / "looked").touch()


def shrink(folder: Path, pixels: int) -> None:
    """Write the thumbnail: turned as the camera was held, without anything but pixels."""
    with Image.open(folder / "content", formats=_FORMATS) as picture:
        if picture.width * picture.height > pixels:
            return
        picture.draft("RGB", (SIDE, SIDE))
        image = ImageOps.exif_transpose(picture)
        image.thumbnail((SIDE, SIDE))
        small = image.convert("RGBA" if image.has_transparency_data else "RGB")
        small.info = {}
        small.save(folder / "part", "WEBP", quality=_QUALITY)
    (folder / "part").rename(folder / "thumbnail")


def main(folder: Path, media_type: str, pixels: int, megabytes: int, seconds: int) -> None:
    """Make both copies; what fails of the second one leaves the first."""
    most = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    Image.MAX_IMAGE_PIXELS = pixels
    clean(folder, media_type)
    with suppress(Exception):  # a damaged picture has no thumbnail, whatever is wrong with it
        shrink(folder, pixels)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6]))
