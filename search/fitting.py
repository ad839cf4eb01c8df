"""What a build learns from the catalogue: projections, alignment, weights."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from django.conf import settings
from PIL import Image

from catalog import images, pictures
from catalog.errors import PictureError
from search import documents, spaces
from search.engine import alignment, alignment_choice, completion, fusion, learning, weighting
from search.engine.alignment import Pairs
from search.engine.alignment_choice import Choice
from search.engine.arrays import spread
from search.engine.errors import ArtifactError
from search.engine.fusion import Block
from search.engine.image import photos
from search.engine.projection import Projection, fit_pictures, fit_words
from search.engine.protocols import Part
from search.engine.transform import Transform
from search.filters import NOTHING
from search.models import Space
from search.reading import BySignal, chunks, matrix, raw

logger = logging.getLogger(__name__)

LABELLED = 10_000  # products that weights are refined by

Progress = Callable[[float], None]  # which share is done


class Fitted(NamedTuple):
    transform: Transform
    weights: dict[str, float]
    alignment: dict[str, float] | None  # how it was chosen, for people to read


def fit(by_signal: BySignal, ids: np.ndarray, progress: Progress) -> Fitted:
    """Everything that depends on the catalogue as a whole, learnt from these products."""
    projections = {}
    for at, (signal, space) in enumerate(by_signal.items(), start=1):
        projections[signal] = fit_projection(signal, space, ids)
        progress(at / (len(by_signal) + 1))
    pairs = collect_pairs(projections, by_signal, ids)
    choice = alignment_choice.choose(pairs)
    weights = default_weights(projections, ids, choice)
    helps = choice is not None and weights.get("aligned", 0) > 0
    transform = Transform(
        projections,
        alignment=choice.alignment if choice and helps else None,
        picture_matrix=completion.picture_from_words(pairs),
        photo_mean=photo_mean(by_signal, ids),
    )
    if choice is None:
        return Fitted(transform, weights, None)
    told = {**choice.ridges._asdict(), "retrieval": choice.retrieval, "gain": choice.gain}
    return Fitted(transform, weights, told)


def fit_projection(signal: str, space: Space, ids: np.ndarray) -> Projection:
    def one_pass() -> Iterator[np.ndarray]:
        return (matrix(space, chunk) for _, chunk in chunks(ids))

    parts = parts_of(space)
    if signal == Space.Signal.IMAGE:
        return fit_pictures((one_pass(), one_pass()), parts=parts, products=len(ids))
    return fit_words((one_pass(), one_pass()), parts=parts)


def parts_of(space: Space) -> list[Part]:
    """The stretches of this space's vectors that are of unit length by themselves."""
    stated = [Part(**part) for part in space.parts]
    return stated or [Part("all", space.dimension, 1.0)]


def photo_mean(by_signal: BySignal, ids: np.ndarray) -> np.ndarray | None:
    """How the encoder answers photos of what this catalogue sells; None where it can't be told."""
    space = by_signal.get("image")
    if space is None:
        return None
    some = ids[spread(len(ids), photos.SAMPLE)].tolist()
    try:
        encoder = spaces.picture_encoder(space)
        return photos.mean_of_photos(list(first_pictures(some)), encoder)
    except ArtifactError as err:
        logger.error("searches by photo are less sure: %s", err)
        return None


def first_pictures(product_ids: Sequence[int]) -> Iterator[Image.Image]:
    """The first picture of each of these products that has one which can be read."""
    for source in documents.pictures(product_ids):
        try:
            yield images.decode(pictures.read(source.pictures[0]), box=photos.SIDE)
        except PictureError as err:
            logger.warning("passed over product=%d: %s", source.product_id, err)


def collect_pairs(
    projections: Mapping[str, Projection], by_signal: BySignal, ids: np.ndarray
) -> Pairs | None:
    """What the products that have both a picture and words say of the two."""
    if not {"image", "text"} <= set(projections):
        return None
    found = (raw(by_signal, chunk) for _, chunk in chunks(ids))
    return alignment.collect(
        ((projections["image"](one["image"]), projections["text"](one["text"])) for one in found),
    )


def default_weights(
    projections: Mapping[str, Projection], ids: np.ndarray, choice: Choice | None
) -> dict[str, float]:
    """FUSION_WEIGHTS, or else what the catalogue's own pictures and words say.

    The setting may name what this catalogue has not: nothing would ever be similar by that.
    """
    # A blank title has a vector too, of zeros; only the mean tells whether any has words.
    has = {
        signal: not len(ids) or bool(np.any(projection.mean))
        for signal, projection in projections.items()
    }
    known = {signal for signal in has if has[signal]} | ({"aligned"} if choice else set())
    wanted = {s: weight for s, weight in (settings.FUSION_WEIGHTS or {}).items() if s in known}
    if any(wanted.values()):
        return fusion.normalize(wanted)
    return weighting.default_weights(
        pictures=has.get("image", False), words=has.get("text", False), choice=choice
    )


def refined(
    default: dict[str, float], categories: np.ndarray, rows: np.ndarray, blocks: list[Block]
) -> dict[str, float]:
    """The default weights, refined by the shop's own categories where those teach anything.

    categories : (n,) int64 of the products of these rows, NOTHING where one has none.
    """
    if settings.FUSION_WEIGHTS or len(default) < 2:
        return default
    sample = np.arange(len(rows))[:: max(1, -(-len(rows) // LABELLED))]
    labels = categories[sample, np.newaxis]
    if np.all(labels == NOTHING):
        return default
    units = {
        signal: unit
        for signal, unit in fusion.unit_blocks(rows[sample], blocks).items()
        if signal in default
    }
    return dict(learning.refine(units, labels=labels, default=default))
