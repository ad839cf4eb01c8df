"""AWS_* to Django's storages: a bucket of S3, or of a server that speaks its language."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured

from config import env

MEDIA = "media"  # folder of the bucket in which pictures and thumbnails are
BUILDS = "niteru"  # and the one of builds, unless BUILDS_PREFIX names another
LOCAL = "none"  # for BUILDS_PREFIX: builds stay on the disk


class Bucket(NamedTuple):
    name: str
    endpoint: str | None  # None for Amazon's own
    region: str | None
    # None where boto finds them by itself, as a machine's role or in ~/.aws.
    key: str | None
    secret: str | None

    def storage(self, backend: str, *, location: str) -> dict[str, Any]:
        """An entry of STORAGES."""
        return {
            "BACKEND": backend,
            "OPTIONS": {
                "bucket_name": self.name,
                "endpoint_url": self.endpoint,
                "region_name": self.region,
                "access_key": self.key,
                "secret_key": self.secret,
                "location": location,
            },
        }


def bucket(environ: Mapping[str, str]) -> Bucket | None:
    """The bucket that the environment names; None where files stay on this machine."""

    def told(name: str) -> str | None:
        return env.secret(name, "", environ=environ) or None

    name = told("AWS_STORAGE_BUCKET_NAME")
    if name is None:
        return None
    key, secret = told("AWS_ACCESS_KEY_ID"), told("AWS_SECRET_ACCESS_KEY")
    if (key is None) != (secret is None):
        lacking = "AWS_ACCESS_KEY_ID" if key is None else "AWS_SECRET_ACCESS_KEY"
        raise ImproperlyConfigured(f"{lacking} is not set: give both keys, or none for a role")
    endpoint = env.read("AWS_S3_ENDPOINT_URL", env.origin, None, environ=environ)
    return Bucket(name, endpoint, told("AWS_S3_REGION_NAME"), key, secret)


def storages(bucket: Bucket | None, *, prefix: str) -> dict[str, dict[str, Any]]:
    """STORAGES of pictures and, where they have one, of builds.

    prefix : of builds, LOCAL where they stay on the disk.
    """
    if bucket is None:
        return {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    found = {"default": bucket.storage("catalog.buckets.PictureStorage", location=MEDIA)}
    if prefix != LOCAL:
        found["builds"] = bucket.storage("catalog.buckets.FileStorage", location=prefix)
    return found


def prefix(value: str) -> str:
    """BUILDS_PREFIX, without slashes at its ends; raises ValueError."""
    found = value.strip("/")
    if not found or found == MEDIA or ".." in found.split("/") or "//" in found:
        raise ValueError(f"expected a folder of the bucket other than {MEDIA}/, or {LOCAL}")
    return found
