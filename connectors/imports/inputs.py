"""The input of an import: the files of a directory or of a zip archive, or one file by itself."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

from connectors.imports.errors import ImportFailed

MOST_FILES: Final = 10_000
"""An archive with more files is no export of a school."""

_ENCRYPTED: Final = 0x1
"""The bit of a file's flags in an archive that says that a password is needed."""

_SMALL: Final = 10 * 2**20
"""Files up to this size may be packed as tightly as they like: tables of one value are."""


class SizeRules(NamedTuple):
    """How much an import reads, so that no archive fills the memory or the disk."""

    bytes: int = 4 * 2**30
    """How many bytes the files of one import may have in all, unpacked."""
    workbook: int = 100 * 2**20
    """How many bytes one workbook may have, unpacked: it is held in memory, as the files are not."""
    ratio: int = 200
    """How many times larger than in the archive a file may be when it is unpacked; text shrinks to a tenth or so."""


class InputFile(NamedTuple):
    """One file to read: its name without folders, its size in bytes unpacked, and how it is opened."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]


@contextmanager
def input_files(path: Path, rules: SizeRules | None = None) -> Iterator[Sequence[InputFile]]:
    """The files of *path* by name: a directory's, those of a zip archive, or the one file that *path* is.

    Raises:
        ImportFailed: *path* cannot be read, or is an archive that is cut off, encrypted or larger than allowed.
    """
    with ExitStack() as opened:
        try:
            files = _files(path, rules or SizeRules(), opened)
        except OSError as error:
            raise ImportFailed(f"{path}: {error.strerror or error}") from error
        yield files  # outside of the try: what fails while the files are used is no fault of the input


def _files(path: Path, rules: SizeRules, opened: ExitStack) -> list[InputFile]:
    if path.is_dir():
        return _checked(str(path), [_plain(file) for file in sorted(path.iterdir()) if file.is_file()], rules)
    if path.suffix.lower() != ".zip":
        return _checked(path.name, [_plain(path)], rules)
    with readable(path.name):
        archive = opened.enter_context(ZipFile(path))
        return _checked(path.name, _members(path.name, archive, rules), rules)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turn the errors of reading a damaged file into a sentence about the file *name*; use it for reading alone."""
    try:
        yield
    except (
        BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,  # raised by zipfile for a compression method that it does not know
    ) as error:
        raise ImportFailed(
            f"{name}: the archive is damaged or incomplete. Nothing was written. Export the file again."
        ) from error
    except UnicodeError as error:
        raise ImportFailed(
            f"{name}: the text is damaged or cut off: {error}. Nothing was written. Save it anew as CSV UTF-8."
        ) from error
    except OSError as error:
        raise ImportFailed(f"{name}: {error.strerror or error}") from error
    except RuntimeError as error:  # how zipfile asks for a password
        raise ImportFailed(f"{name}: the archive needs a password. Pack the files without one.") from error


def check_archive(name: str, archive: ZipFile, rules: SizeRules) -> None:
    """Let an archive be read, if it is no larger than it may be.

    Raises:
        ImportFailed: it has too many files, is encrypted, or would become too large.
    """
    members = archive.infolist()
    if len(members) > MOST_FILES:
        raise ImportFailed(f"{name}: the archive has {len(members):,} files; at most {MOST_FILES:,} are read.")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise ImportFailed(f"{name}: the archive needs a password. Pack the files without one.")
    for member in members:
        if member.file_size > max(_SMALL, rules.ratio * member.compress_size):
            raise ImportFailed(
                f"{name}: {member.filename} would become {member.file_size:,} bytes of {member.compress_size:,}. "
                "That is no table; nothing was read."
            )
    total = sum(member.file_size for member in members)
    if total > rules.bytes:
        raise ImportFailed(f"{name}: the files have {total:,} bytes; at most {rules.bytes:,} are read at once.")


def _plain(file: Path) -> InputFile:
    return InputFile(file.name, file.stat().st_size, lambda: file.open("rb"))


def _members(name: str, archive: ZipFile, rules: SizeRules) -> list[InputFile]:
    check_archive(name, archive, rules)
    return [_member(archive, member) for member in archive.infolist() if _is_file(member)]


def _is_file(member: ZipInfo) -> bool:
    """True for a file to read; a Mac adds a folder of its own."""
    return not member.is_dir() and not member.filename.startswith("__MACOSX/")


def _member(archive: ZipFile, member: ZipInfo) -> InputFile:
    return InputFile(PurePosixPath(member.filename).name, member.file_size, lambda: archive.open(member))


def _checked(name: str, files: list[InputFile], rules: SizeRules) -> list[InputFile]:
    names: set[str] = set()
    for file in files:
        if file.name.casefold() in names:
            raise ImportFailed(f"{name}: there are two files named {file.name}.")
        names.add(file.name.casefold())
    total = sum(file.size for file in files)
    if total > rules.bytes:
        raise ImportFailed(f"{name}: the files have {total:,} bytes; at most {rules.bytes:,} are read at once.")
    return sorted(files)
