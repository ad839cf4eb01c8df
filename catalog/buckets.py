"""Buckets of S3 as storages of Django's: pictures are kept in one, and builds in another folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from catalog.pictures import FOREVER, content_type

# Nobody waits for a bucket that is down: an upload fails within these, and may be repeated.
CONNECT_SECONDS = 3
READ_SECONDS = 20
ATTEMPTS = 2
MISSING = ("NoSuchKey", "404", "NotFound")


class BucketError(OSError):
    """A bucket that does not answer or refuses; the message is the server's or boto's."""


@contextmanager
def understood(name: str) -> Iterator[None]:
    """Turn boto's errors into FileNotFoundError and BucketError, as of a disk's file."""
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as err:
        code = err.response["Error"]["Code"] if isinstance(err, ClientError) else ""
        if code in MISSING:
            raise FileNotFoundError(f"{name}: not in the bucket") from err
        raise BucketError(str(err)) from err


class BucketStorage(S3Storage):
    """S3 with short waits, whose errors are those of files."""

    def __init__(self, **options: Any) -> None:
        # Other servers than Amazon's seldom have a host name for each bucket.
        style = "path" if options.get("endpoint_url") else "auto"
        config = Config(
            s3={"addressing_style": style},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        )
        super().__init__(**{"client_config": config, **options})

    def exists(self, name: str) -> bool:
        with understood(name):
            return super().exists(name)

    def delete(self, name: str) -> None:
        with understood(name):
            super().delete(name)

    def _save(self, name: str, content: File) -> str:
        with understood(name):
            return super()._save(name, content)

    def _open(self, name: str, mode: str = "rb") -> File:
        """Read whole by one request, where the parent makes three; written as the parent does."""
        if mode != "rb":
            return super()._open(name, mode)
        key = self._normalize_name(clean_name(name))
        with understood(name):
            return ContentFile(self.bucket.Object(key).get()["Body"].read(), name=name)


class PictureStorage(BucketStorage):
    """Pictures, at the address that MEDIA_URL says, and as nothing but pictures."""

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        return {"CacheControl": FOREVER, "ContentType": content_type(name)}

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name).lstrip("/"))
