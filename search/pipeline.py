"""What a reindex is made of, and whether one is called for."""

import logging
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from search import delivery, documents, embeddings, encoding, locks, runtime, spaces, wordings
from search.depot import DepotError
from search.engine import artifacts
from search.engine.errors import ArtifactError, EngineError
from search.engine.text import models
from search.engine.text.tokens import tokenize
from search.engine.text.vectors import Source
from search.maps import making
from search.maps.stored import MapError
from search.models import Build, Embedding, Space
from search.serving import Serving

logger = logging.getLogger(__name__)

# Below this many products with words there is nothing to learn from.
LEAST_DOCUMENTS = 200
# An early reindex pays once a tenth of what is served came after the build, or very many did.
EARLY_AFTER_PRODUCTS = 200
EARLY_AFTER_SHARE = 0.1
# What came after the build is searched exactly: of so many products that takes 5 ms.
EARLY_AFTER_MOST = 20_000


def fit_models() -> list[Space]:
    """Fit what is learnt from the catalogue; the spaces that the next build will name.

    Raises BuildError where another fit or build is running.
    """
    with locks.one_at_a_time():
        found = [spaces.picture_space(), fit_words()]
        for space in found:
            offer(space)
        return found


def offer(space: Space) -> None:
    """Let other machines' workers encode in this space, too, from now on."""
    try:
        delivery.send_artifact(space)
    except DepotError as err:
        logger.warning("sent when it is published: %s", err)


def fit_words() -> Space:
    products = list(documents.published_texts(settings.TEXT_FIELDS))
    with_words = (each for each in products if any(map(tokenize, each.fields)))
    if len(list(islice(with_words, LEAST_DOCUMENTS))) < LEAST_DOCUMENTS:
        return spaces.lexical_space()
    model = models.fit(
        settings.TEXT_ENCODER,
        [each.fields for each in products],
        shops=[each.shop for each in products],
        source=vector_source(settings.TEXT_VECTORS),
    )
    return spaces.words_space(model)


def vector_source(path: Path | None) -> Source | None:
    """Raises ArtifactError where the file that TEXT_VECTORS names can't be read."""
    if path is None:
        return None
    try:
        return Source(path, artifacts.file_digest(path))
    except OSError as err:
        raise ArtifactError(
            f"TEXT_VECTORS={path}: {err.strerror}; name a file that this process can read, "
            "or leave it empty"
        ) from err


def stale_products(
    limit: int | None = None, *, signal: str | None = None, newest: bool = False
) -> list[int]:
    """Products with words to cut, something to encode in a wanted space, or a vector to take away.

    newest : in the spaces that the next build will name, and not in those it will replace, where
        nothing more may be encoded because their artefact can't be used.
    """
    found = set() if signal == Space.Signal.TEXT else set(orphans()[:limit])
    if signal != Space.Signal.IMAGE:
        found.update(wordings.stale()[:limit])
    every = Space.objects.newest_of_each_signal() if newest else Space.objects.wanted()
    for space in every.of_signal(signal):
        found.update(waiting_in(space)[:limit])
    return sorted(found)[:limit]


def orphans() -> QuerySet:
    """Products that still have a picture's vector and no picture any more."""
    shown = Embedding.objects.filter(
        space__signal=Space.Signal.IMAGE, product__picture_digest__isnull=True
    )
    return shown.order_by("product").values_list("product", flat=True).distinct()


def embed_catalog(
    *, signal: str | None = None, progress: Callable[[int], None] = lambda done: None
) -> int:
    """Encode here, in this process, all that is stale; the number of products looked at."""
    waiting = stale_products(signal=signal)
    for start in range(0, len(waiting), embeddings.BATCH):
        chunk = waiting[start : start + embeddings.BATCH]
        encoding.encode(product_ids=chunk, signal=signal)
        progress(len(chunk))
    return len(waiting)


def draw_map() -> bool:
    """Make a map for staff where the published build has none; whether there is one now.

    Without it the last one is shown, and shoppers miss nothing.
    """
    try:
        making.make(anew=False)
    except (MapError, EngineError) as err:
        logger.error("no new map: %s", err)
        return False
    return True


def shortcomings() -> list[str]:
    """Why the published build should be made anew; empty where it and the live segment serve all.

    Raises nothing: an unusable build is one of the reasons.
    """
    try:
        serving = published_now()
    except EngineError as err:
        return [str(err)]
    found = []
    if set(serving.spaces) != set(Space.objects.newest_of_each_signal()):
        found.append("models were fitted after the build")
    if waiting := len(stale_products()):
        found.append(f"{waiting} products wait to be encoded")
    if (since := changed_since(serving)) >= bearable(serving):
        found.append(f"{since} products changed after the build")
    return found


def published_now() -> Serving:
    """The published build with all that changed since; raises EngineError where there is none."""
    build = Build.objects.published_one()
    if build is None:
        raise ArtifactError("no build is published")
    return runtime.caught_up(runtime.opened(build))


def hindrances() -> list[str]:
    """Why a site should not serve before a build is made anew; empty where it may.

    What is left to be done otherwise, such as a reindex that was broken off, the workers do while
    it serves.
    """
    try:
        serving = published_now()
    except EngineError as err:
        return [str(err)]
    if not len(serving.folder.ids):
        return shortcomings()
    waiting = {pk for space in serving.spaces for pk in waiting_in(space)}
    return (
        [f"{len(waiting)} products wait to be encoded"] if len(waiting) >= bearable(serving) else []
    )


def waiting_in(space: Space) -> QuerySet:
    return embeddings.stale(space).values_list("product_id", flat=True)


def changed_since(serving: Serving) -> int:
    """How many products are served from the live segment, or not any more."""
    differing = int((serving.live.base != serving.folder.searchable).sum())
    return max(len(serving.live.ids), differing)


def bearable(serving: Serving) -> float:
    """So many changed products call for a reindex before the night."""
    if not len(serving.folder.ids):
        return 1
    share = EARLY_AFTER_SHARE * len(serving.folder.ids)
    return min(max(EARLY_AFTER_PRODUCTS, share), EARLY_AFTER_MOST)


def outgrown() -> bool:
    """Whether so much is new that a reindex should not wait for the night."""
    serving = runtime.current()
    published = Build.objects.published_one()
    if published and delivery.is_awaited(published):
        return False  # what this machine serves yet says nothing of it
    if serving is None:
        # Published and yet not to be opened: the folder of builds is new, or was emptied.
        return published is not None
    return changed_since(serving) >= max(bearable(serving), EARLY_AFTER_PRODUCTS)
