"""The spaces that vectors live in, and the encoder behind each."""

import logging
import os
import shutil
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from search import depot
from search.depot import DepotError, Parcel
from search.engine import artifacts
from search.engine.errors import ArtifactError, ArtifactIncompatible
from search.engine.image import encoders
from search.engine.protocols import PictureEncoder, TextEncoder
from search.engine.text import japanese, models
from search.engine.text.lexical import HashedLexical
from search.engine.text.models import TextModel
from search.models import Space

logger = logging.getLogger(__name__)


def picture_space() -> Space:
    """The space of the picture encoder that the settings name, made ready on first use.

    Raises ArtifactError where it can't be had.
    """
    folder = encoders.ensure(settings.IMAGE_ENCODER, settings.ARTIFACTS_DIR)
    encoder = _picture_encoder(parcel_of(folder.name))
    return arrive(
        slug=f"picture/{encoder.name}",
        signal=Space.Signal.IMAGE,
        dimension=encoder.dimension,
        parts=[part._asdict() for part in encoder.parts],
        artifact=folder.name,
    )


def lexical_space() -> Space:
    """Words without anything fitted, for a catalogue too small to learn from."""
    fields = ",".join(settings.TEXT_FIELDS)
    # With another dictionary the words are cut elsewhere: another space.
    name = short(fields + japanese.dictionary_digest())
    return arrive(
        slug=f"words/{HashedLexical.name}-{name}",
        signal=Space.Signal.TEXT,
        dimension=HashedLexical.dimension,
        fields=fields,
    )


def words_space(model: TextModel) -> Space:
    """The space of a fitted model; an equal fit arrives at the same space and encodes nothing."""
    part = settings.ARTIFACTS_DIR / f"words.{os.getpid()}.new"
    digest = model.write(part)
    fields = ",".join(settings.TEXT_FIELDS)
    name = short(digest + fields)
    folder = settings.ARTIFACTS_DIR / f"words-{name}"
    if is_whole(folder):
        shutil.rmtree(part)
    else:
        artifacts.replace(part, folder)
    return arrive(
        slug=f"words/{name}",
        signal=Space.Signal.TEXT,
        dimension=model.dimension,
        artifact=folder.name,
        fields=fields,
    )


def drop_unfinished() -> None:
    """Delete what a killed fit has left; whoever calls holds the lock on fits."""
    for path in settings.ARTIFACTS_DIR.glob("words.*.new"):
        shutil.rmtree(path, ignore_errors=True)


def is_whole(folder: Path) -> bool:
    try:
        models.read(folder)
    except ArtifactError:
        return False
    return True


def is_usable(space: Space) -> bool:
    """Whether this space's artefact, if it has one, is there and of this release."""
    folder = settings.ARTIFACTS_DIR / space.artifact
    if not space.artifact or space.signal == Space.Signal.TEXT:
        return not space.artifact or is_whole(folder)
    return (folder / artifacts.MANIFEST).is_file()


def arrive(*, slug: str, **facts: object) -> Space:
    """The space of this name, from now on the newest of its signal."""
    space, created = Space.objects.get_or_create(slug=slug, defaults=facts)
    newest = Space.objects.filter(signal=space.signal).order_by("-fitted_at", "-id").first()
    if not created and newest != space:
        space.fitted_at = timezone.now()
        space.save(update_fields=["fitted_at"])
    return space


def short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


def picture_encoder(space: Space) -> PictureEncoder:
    """Raises ArtifactError where the space's artefact is gone, damaged or of an earlier release."""
    encoder = _picture_encoder(parcel_of(space.artifact, space.digest))
    if space.slug != f"picture/{encoder.name}":
        raise ArtifactIncompatible(
            f"{space.slug}: this release has {encoder.name} in its place; run `manage.py reindex`"
        )
    return encoder


def text_encoder(space: Space) -> TextEncoder:
    """Raises ArtifactError where the space's artefact is gone or damaged."""
    return _text_encoder(parcel_of(space.artifact, space.digest) if space.artifact else None)


def parcel_of(artifact: str, digest: str = "") -> Parcel:
    """An artefact's folder here, and in the bucket where the digest is known."""
    return Parcel(settings.ARTIFACTS_DIR / artifact, f"artifacts/{artifact}", digest)


def at_hand(parcel: Parcel) -> Path:
    """The folder, fetched where another machine has made it; raises ArtifactError."""
    try:
        depot.bring(parcel)
    except DepotError as err:
        if not parcel.folder.exists():
            raise
        logger.warning("going on with what is here: %s", err)
    return parcel.folder


# One of each a process: an encoder opens files and keeps them mapped.
@lru_cache(maxsize=2)
def _picture_encoder(parcel: Parcel) -> PictureEncoder:
    return encoders.open_folder(at_hand(parcel))


@lru_cache(maxsize=3)
def _text_encoder(parcel: Parcel | None) -> TextEncoder:
    return models.read(at_hand(parcel)) if parcel else HashedLexical()
