"""Saves the databases of a gateway into a directory, or loads them again: `python backup.py save|load DIRECTORY`.

The servers and the names of the databases are those of the gateway's settings (GATEWAY_MONGO__…), and nothing needs to
be installed but the gateway. All databases of one server are saved as of one moment, which needs a replica set.
"""

import gzip
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from bson import decode_file_iter
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from connectors.assembly import SUBSYSTEMS
from gateway.settings import Settings

AS_THEY_ARE: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
AT_ONCE = 1_000


def servers() -> dict[str, list[str]]:
    """The databases of each server, by its URI."""
    mongo = Settings().mongo
    found = defaultdict(list)
    for subsystem in SUBSYSTEMS:
        found[mongo.uris.get(subsystem, mongo.uri).get_secret_value()].append(f"{mongo.prefix}_{subsystem}")
    return found


def save(client: MongoClient[Any], databases: list[str], directory: Path) -> None:
    """Write each collection into a file; a server keeps its snapshot for five minutes, unless it is set to longer."""
    with client.start_session(snapshot=True) as session:
        for database in databases:
            (directory / database).mkdir(parents=True)
            for name in client[database].list_collection_names():
                collection = client[database].get_collection(name, codec_options=AS_THEY_ARE)
                with gzip.open(directory / database / f"{name}.bson.gz", "wb") as file:
                    for document in collection.find(session=session):
                        file.write(document.raw)


def load(client: MongoClient[Any], databases: list[str], directory: Path) -> None:
    """Put the saved collections in the place of those that are there; `serve` creates their indexes."""
    for database in databases:
        client.drop_database(database)
        for path in sorted((directory / database).glob("*.bson.gz")):
            collection = client[database].get_collection(path.name.removesuffix(".bson.gz"), codec_options=AS_THEY_ARE)
            with gzip.open(path, "rb") as file:
                some = []
                for document in decode_file_iter(file, AS_THEY_ARE):
                    some.append(document)
                    if len(some) == AT_ONCE:
                        collection.insert_many(some)
                        some = []
                if some:
                    collection.insert_many(some)


if __name__ == "__main__":
    work = {"save": save, "load": load}[sys.argv[1]]
    for uri, databases in servers().items():
        with MongoClient[Any](uri) as client:
            work(client, databases, Path(sys.argv[2]))
