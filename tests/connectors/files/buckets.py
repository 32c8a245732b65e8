"""An S3-compatible store on this machine, which moto serves, and its buckets."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
from moto.server import ThreadedMotoServer

from connectors.files.s3_store import S3Rules

KEY_ID: Final = "school"
SECRET: Final = "a secret of nobody"
REGION: Final = "us-east-1"


class Bucket:
    """A bucket with what it holds."""

    def __init__(self, server: ThreadedMotoServer, name: str) -> None:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        self._server = server
        self.rules = S3Rules(bucket=name, endpoint=endpoint, region=REGION, key_id=KEY_ID, secret=SECRET)
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
        )
        self._client.create_bucket(Bucket=name)

    def keys(self) -> set[str]:
        return {one["Key"] for one in self._client.list_objects_v2(Bucket=self.rules.bucket).get("Contents", ())}

    def uploads(self) -> list[str]:
        """The keys of uploads that were begun and not brought to their end."""
        return [one["Key"] for one in self._client.list_multipart_uploads(Bucket=self.rules.bucket).get("Uploads", ())]

    def begin_upload(self, key: str) -> None:
        """Leave an upload as a killed process does."""
        self._client.create_multipart_upload(Bucket=self.rules.bucket, Key=key)

    def stop(self) -> None:
        """Stop the store, whose contents stay."""
        self._server.stop()

    def empty(self) -> None:
        for key in self.keys():
            self._client.delete_object(Bucket=self.rules.bucket, Key=key)


@contextmanager
def served_bucket(name: str) -> Iterator[Bucket]:
    """Serve a store with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield Bucket(server, name)
    finally:
        server.stop()
