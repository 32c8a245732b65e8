"""PDF files of A4 pages, set in a process of their own: `python -m gateway.exports.pdf_file FOLDER TEMPLATE NAME MB`.

FOLDER has `data.json`, which the template reads; typst sets the pages, which become the file NAME there. The process
reads nothing outside the folder, loads nothing, has the fonts that are inside the library, and ends where it needs more
than MB megabytes.
"""

import resource
import shutil
import sys
from pathlib import Path
from typing import Final, Literal

import typst

from gateway.exports.formats import TEMPLATES

_COMMON: Final = "sheet.typ"


def compiled(folder: Path, template: str, *, format_: Literal["pdf", "png"] = "pdf") -> bytes | list[bytes]:
    """The pages of *template* with the data of *folder*; as PNG they are pictures, for whoever looks at them."""
    for name in (_COMMON, f"{template}.typ"):
        shutil.copy(TEMPLATES / name, folder / name)
    packages = str(folder)  # an empty folder of packages: none are looked for elsewhere
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    pages: bytes | list[bytes] = typst.compile(
        str(folder / f"{template}.typ"),
        root=str(folder),
        font_paths=fonts,
        format=format_,
        package_path=packages,
        package_cache_path=packages,
    )
    return pages


def main(folder: Path, template: str, name: str, megabytes: int) -> None:
    """Write the pages."""
    most = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    pages = compiled(folder, template)
    (folder / name).write_bytes(pages if isinstance(pages, bytes) else b"".join(pages))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
