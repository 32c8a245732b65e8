"""Files: what people uploaded, and the store of the contents."""

from connectors.files.documents import FILES, USAGE, FileState, StoredFile
from connectors.files.reads import Files
from connectors.files.rules import FileRules
from connectors.files.store import ContentMissing, GridStore, Store, StoreFailed

__all__ = [
    "FILES",
    "USAGE",
    "ContentMissing",
    "FileRules",
    "FileState",
    "Files",
    "GridStore",
    "Store",
    "StoreFailed",
    "StoredFile",
]
