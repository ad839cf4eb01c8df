"""Questions by photo: which part of it to look at, and how what is seen there is compared."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
from PIL import Image

from catalog import images
from search import spaces
from search.engine import fusion
from search.engine.fusion import Mix
from search.engine.image.framing import frame
from search.engine.image.photos import WHOLE, Window, is_catalogue_like, windows
from search.engine.image.pixels import as_pixels
from search.models import Space
from search.queries import Query, rows_of
from search.serving import Serving

# Decoded at twice the pixels that the network sees, so that smaller parts are still sharp.
BOX: Final = 900
MOST_PIXELS: Final = 4000
# Windows whose best matches are nearest say what the photo is of; so many are taken together.
LOOKED_AT: Final = 3
MATCHES: Final = 10
WAIT_SECONDS: Final = 2.0

_turn = threading.Lock()


class BusyError(Exception):
    """This process has too many photos to look at; ask again in a moment."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Decoded photos are large and the network takes a whole core: the others wait a little.

    Raises BusyError.
    """
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise BusyError("too many photos at once; ask again in a moment")
    try:
        yield
    finally:
        _turn.release()


def decoded(content: bytes, crop: Window) -> Image.Image:
    """The part of a photo that is asked about, upright, in no more detail than it needs.

    Raises PictureError.
    """
    wanted = BOX / min(crop.width, crop.height)
    return crop.of(images.decode(content, box=min(round(wanted), MOST_PIXELS)))


def query_of(
    serving: Serving, image: Image.Image, *, is_whole: bool, mix: Mix, source: str
) -> Query | None:
    """A photo as a question; None where this catalogue has no pictures to compare it with.

    is_whole : nobody has said which part of it is meant, so that is found out.
    Raises ArtifactError where the encoder can't be used.
    """
    if not serving.has_pictures:
        return None
    space = next(space for space in serving.spaces if space.signal == Space.Signal.IMAGE)
    encoder = spaces.picture_encoder(space)

    def encoded(picture: Image.Image) -> np.ndarray:
        return encoder.encode(as_pixels(picture, size=encoder.size)[np.newaxis])

    if is_catalogue_like(image):
        rows, present = rows_of(serving, {space.signal: encoded(frame(image))})
        return Query(source, rows[0], present[0])
    parts = windows() if is_whole else [WHOLE]
    raw = np.vstack([encoded(part.of(image)) for part in parts])
    rows, present = rows_of(serving, {space.signal: raw}, of_photos=True)
    return Query(source, amid_the_best(serving, rows, mix), present[0])


def amid_the_best(serving: Serving, rows: np.ndarray, mix: Mix) -> np.ndarray:
    """The average of those rows that products come nearest to: (n, d) -> (d,) float32."""
    blocks = serving.folder.blocks
    if len(rows) > 1:
        found = serving.search(fusion.query(rows, blocks, mix), k=MATCHES)
        nearness = np.where(found.rows < 0, 0, found.scores).mean(axis=1)
        rows = rows[np.argsort(-nearness, kind="stable")[:LOOKED_AT]]
    return fusion.averaged(rows, blocks)
