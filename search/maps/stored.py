"""A map on disk, in the folder of the build that it was made of."""

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
from django.conf import settings

from search import delivery
from search.engine import artifacts
from search.engine.errors import ArtifactError
from search.models import Build

logger = logging.getLogger(__name__)

KIND: Final = "map"
VERSION: Final = 1
FOLDER: Final = delivery.MAP
SIDE: Final = np.iinfo(np.uint16).max  # of the square that places are kept in


class MapError(Exception):
    """A map that can't be made; the message names the remedy."""


class Arrays(NamedTuple):
    """Rows are those of the build, but a map is read without it."""

    ids: np.ndarray  # (n,) int64 products
    places: np.ndarray  # (n, 2) uint16
    crowds: np.ndarray  # (n,) uint16
    centres: np.ndarray  # (crowds, 2) uint16
    misfits: np.ndarray  # (m,) int64 products, the surest first
    stands_in: np.ndarray  # (m,) int64 category in which each stood
    suggested: np.ndarray  # (m,) int64 category
    votes: np.ndarray  # (m, 2) float32 share of neighbours for the suggested one and its own
    beside: np.ndarray  # (m, k) int64 products most like each, -1 where fewer exist
    repeats: np.ndarray  # (r,) int64 products that are there twice
    repeat_groups: np.ndarray  # (r,) int64, ascending


class StoredMap(NamedTuple):
    build: int
    version: str  # changes with each map
    arrays: Arrays
    names: list[list[str]]  # of crowds
    low: list[float]
    span: float

    @classmethod
    def read(cls, build: int) -> Self:
        """Raises ArtifactError where there is none, or it can't be used."""
        found = artifacts.read(folder_of(build), kind=KIND, version=VERSION)
        arrays = Arrays(*(found.arrays[name] for name in Arrays._fields))
        return cls(build, found.digest, arrays, **found.facts)

    def plane(self) -> np.ndarray:
        """Places as they were laid out: (n, 2) float32."""
        return np.array(self.low, dtype=np.float32) + self.arrays.places * np.float32(
            self.span / SIDE
        )


def folder_of(build: int) -> Path:
    return Path(settings.BUILDS_DIR) / str(build) / FOLDER


def squared(places: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """(n, 2) float32 -> (n, 2) uint16, and what undoes it."""
    low = places.min(axis=0, initial=np.inf) if len(places) else np.zeros(2)
    span = float((places - low).max(initial=0)) or 1.0
    scaled = np.rint((places - low) * (SIDE / span)).astype(np.uint16)
    return scaled, {"low": [float(each) for each in low], "span": span}


def write(build: int, arrays: Arrays, facts: dict[str, Any]) -> None:
    artifacts.write(
        folder_of(build), kind=KIND, version=VERSION, arrays=arrays._asdict(), facts=facts
    )


def newest() -> StoredMap | None:
    """That of the latest published build that has one: a new build is served before it has."""
    for build in Build.objects.published_ones():
        delivery.bring_map(build)
        manifest = folder_of(build.pk) / artifacts.MANIFEST
        try:
            return opened(build.pk, manifest.stat().st_mtime_ns)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except ArtifactError as err:
            logger.warning("passed over the map of build=%d: %s", build.pk, err)
    return None


@lru_cache(maxsize=2)
def opened(build: int, changed: int) -> StoredMap:
    """changed : when the file was, since a map may be made anew."""
    return StoredMap.read(build)
