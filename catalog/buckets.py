"""Buckets of S3 as storages of Django's: pictures are in one folder, large files in another."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
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
THREADS = 4  # for one large file
LARGE_BYTES = 8_000_000
DIGEST = "sha256"  # name of what is noted beside a large file
AT_ONCE = 1000  # objects in one request to delete, as S3 allows
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


class FileStorage(BucketStorage):
    """Large files, from disk to bucket and back; names are below the storage's folder."""

    def note_of(self, name: str) -> str:
        """The digest that the sender of a file noted; empty where it noted none."""
        with understood(name):
            return str(self._object(name).metadata.get(DIGEST, ""))

    def send_file(self, path: Path, name: str, *, sha256: str) -> None:
        """Appears whole or not at all."""
        with understood(name):
            self._object(name).upload_file(
                str(path), ExtraArgs={"Metadata": {DIGEST: sha256}}, Config=self._transfer()
            )

    def fetch_file(self, name: str, path: Path, *, size: int) -> None:
        """A large one in parts, several at a time. Raises FileNotFoundError where there is none.

        size : as `sizes` tells it.
        """
        with understood(name):
            if size > LARGE_BYTES:
                self._object(name).download_file(str(path), Config=self._transfer())
                return
            with path.open("wb") as file:  # by one request, where boto would make two
                shutil.copyfileobj(self._object(name).get()["Body"], file)

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Bytes by name of all files whose names begin so."""
        root = f"{self.location.rstrip('/')}/"
        with understood(prefix):
            found = self.bucket.objects.filter(Prefix=root + prefix)
            return {each.key.removeprefix(root): each.size for each in found}

    def delete_files(self, names: Iterable[str]) -> None:
        keys = [{"Key": self._normalize_name(name)} for name in names]
        for start in range(0, len(keys), AT_ONCE):
            with understood(keys[start]["Key"]):
                self.bucket.delete_objects(Delete={"Objects": keys[start : start + AT_ONCE]})

    def _object(self, name: str) -> Any:
        return self.bucket.Object(self._normalize_name(name))

    def _transfer(self) -> TransferConfig:
        return TransferConfig(max_concurrency=THREADS)
