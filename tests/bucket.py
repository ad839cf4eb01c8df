"""A bucket on an S3 server of the tests' own."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self
from uuid import uuid4

import boto3

from config import buckets

KEY = "testing"
REGION = "us-east-1"


@contextmanager
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # or a line for each request
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        yield "http://{}:{}".format(*running.get_host_and_port())
    finally:
        running.stop()


def nowhere() -> str:
    """The address of a server that is down."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


class Bucket(NamedTuple):
    name: str
    client: Any  # boto3's
    environ: dict[str, str]  # what names it to a process

    @classmethod
    def made(cls, address: str) -> Self:
        name = f"goods-{uuid4().hex[:12]}"
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY}
        client = boto3.client("s3", endpoint_url=address, region_name=REGION, **keys)
        client.create_bucket(Bucket=name)
        environ = {
            "AWS_STORAGE_BUCKET_NAME": name,
            "AWS_S3_ENDPOINT_URL": address,
            "AWS_S3_REGION_NAME": REGION,
            **{key.upper(): value for key, value in keys.items()},
        }
        return cls(name, client, environ)

    def storages(self, **others: str) -> dict[str, Any]:
        """As the settings of a process with these variables have it."""
        named = buckets.bucket({**self.environ, **others})
        return buckets.storages(named, prefix=buckets.BUILDS)

    def down(self) -> dict[str, Any]:
        return self.storages(AWS_S3_ENDPOINT_URL=nowhere())

    def keys(self, prefix: str = "") -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def put(self, key: str, content: bytes, **options: Any) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=content, **options)

    def get(self, key: str) -> dict[str, Any]:
        """Headers and, as `Body`, a stream."""
        return dict(self.client.get_object(Bucket=self.name, Key=key))
