"""Typed readers of environment variables: a value that does not parse stops start-up by name.

An empty value counts as unset, so that `NAME=` in an .env file means the default.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def read(
    name: str, parse: Callable[[str], T], default: T, *, environ: Mapping[str, str] = os.environ
) -> T:
    """The parsed value of `name`, or `default` where it is unset or empty.

    `parse` raises ValueError with what it expects; it reaches the reader with the name before it.
    """
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as err:
        raise ImproperlyConfigured(f"{name}={text!r}: {err}") from err


def secret(name: str, default: str, *, environ: Mapping[str, str] = os.environ) -> str:
    """The value of `name`, else what the file holds that `name` with _FILE names, or `default`.

    Files, unlike variables, are shown by no list of processes and inherited by no child.
    """
    path = read(f"{name}_FILE", Path, None, environ=environ)
    if path is None or environ.get(name, "").strip():
        return read(name, text, default, environ=environ)
    try:
        return path.read_text(encoding="utf-8").strip() or default
    except OSError as err:
        raise ImproperlyConfigured(f"{name}_FILE={str(path)!r}: {err.strerror}") from err


def text(value: str) -> str:
    return value


def boolean(value: str) -> bool:
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise ValueError("expected one of 1, true, yes, on, 0, false, no, off")


def words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def addresses(value: str) -> list[str]:
    found = words(value)
    if not all(re.match(r"https?://[^/\s]", each) for each in found):
        raise ValueError("expected addresses by commas that start with https:// or http://")
    return found


def address(value: str) -> str:
    if not re.match(r"https?://[^/\s]", value):
        raise ValueError("expected an address that starts with https:// or http://")
    return value


def topic(value: str) -> str:
    """The name of a topic of SNS, which tells its region."""
    if not re.fullmatch(r"arn:[^:]+:sns:[^:]+:\d+:[^:]+", value):
        raise ValueError("expected arn:aws:sns:REGION:ACCOUNT:TOPIC")
    return value


def whole(*, least: int = 0) -> Callable[[str], int]:
    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"expected a whole number of {least} or more") from None
        if number < least:
            raise ValueError(f"expected a whole number of {least} or more")
        return number

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return value

    return parse


def some_of(*choices: str) -> Callable[[str], list[str]]:
    def parse(value: str) -> list[str]:
        named = words(value)
        unknown = [word for word in named if word not in choices]
        if unknown or not named:
            raise ValueError(f"expected a list, by commas, of {', '.join(choices)}")
        return named

    return parse


def file_named(*suffixes: str) -> Callable[[str], Path]:
    """A path with one of these endings; whether it exists is for the system checks to say."""

    def parse(value: str) -> Path:
        path = Path(value).expanduser()
        if path.suffix not in suffixes:
            raise ValueError(f"expected the path of a file that ends in {' or '.join(suffixes)}")
        return path.absolute()

    return parse


def origin(value: str) -> str:
    """Scheme, host and port of a server."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address such as http://minio:9000")
    return value.rstrip("/")


def clock(value: str) -> tuple[int, int]:
    """`HH:MM` -> (hour, minute)."""
    hour, _, minute = value.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise ValueError("expected a time of day such as 03:00")
    return int(hour), int(minute)
