"""Making the map of the published build."""

import logging
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from django.conf import settings

from search import delivery, filters, grouping, locks, runtime, spaces
from search.depot import DepotError
from search.engine.arrays import positions
from search.engine.errors import ArtifactError, DiskFull
from search.engine.index.folder import IndexFolder
from search.engine.mapping import hills, layout, misfits, naming, neighbours, repeats
from search.engine.mapping.misfits import Misfits
from search.engine.mapping.naming import Topics
from search.engine.mapping.neighbours import Near
from search.engine.mapping.repeats import Stated
from search.engine.room import needing_room
from search.engine.text import models as text_models
from search.maps import drawing, sources, stored
from search.maps.drawing import Progress, Step
from search.maps.sources import Tree
from search.maps.stored import Arrays, MapError, StoredMap
from search.models import Build, Space

logger = logging.getLogger(__name__)

MOST_MISFITS: Final = 1000
BESIDE: Final = 5  # products shown beside a misfit


def make(*, progress: Progress = lambda step, share: None, anew: bool = True) -> StoredMap:
    """Make the map of the published build and keep it in the build's folder; one at a time.

    anew : though it has one. If not, whoever is at work on one is waited for.
    Raises MapError where no build is published, another makes a map, or it can't be made or kept,
    and EngineError where the build can't be opened.
    """
    with locks.held(locks.MAP, wait=not anew) as ours:
        if not ours:
            raise MapError("a map is being made already: wait until it is there")
        build = Build.objects.published_one()
        if build is None:
            raise MapError("no build is published: run `manage.py reindex`")
        found = None if anew else stored.newest()
        if found is None or found.build != build.pk:
            found = made(build, drawing.told_to_all(progress))
        return found


def made(build: Build, progress: Progress) -> StoredMap:
    began = time.monotonic()
    try:
        with needing_room(Path(settings.BUILDS_DIR)):
            drawn(build, runtime.folder_of(build), progress)
    except DiskFull as err:
        raise MapError(str(err)) from err
    except (OSError, ImportError, MemoryError) as err:
        raise MapError(f"no map of build {build.pk}: {type(err).__name__}: {err}") from err
    try:
        delivery.send_map(build)
    except DepotError as err:
        logger.warning("other machines go on with the map before: %s", err)
    found = StoredMap.read(build.pk)
    logger.info(
        "made map build=%d products=%d secs=%.1f",
        build.pk,
        len(found.arrays.ids),
        time.monotonic() - began,
    )
    return found


def drawn(build: Build, folder: IndexFolder, progress: Progress) -> None:
    ids = np.array(folder.ids)
    progress(Step.COMPARE, 0)
    near = compared(folder)
    told = sources.stated(ids)
    wrong = misplaced(folder, near)
    groups = repeated(folder, told)
    progress(Step.LAY_OUT, 0)
    plane = layout.lay_out(
        neighbours.shortened(folder.vectors, blocks=folder.blocks, mix=folder.weights),
        start=before(ids),
        told=lambda share: progress(Step.LAY_OUT, share),
    )
    progress(Step.NAME, 0)
    crowds = hills.find(plane)
    places, undone = stored.squared(np.concatenate([plane, crowds.centres]))
    tree = wrong.tree.ids
    arrays = Arrays(
        ids=ids,
        places=places[: len(ids)],
        crowds=crowds.numbers.astype(np.uint16),
        centres=places[len(ids) :],
        misfits=ids[wrong.found.rows],
        stands_in=tree[wrong.found.own],
        suggested=tree[wrong.found.suggested],
        votes=wrong.found.votes,
        beside=products_at(ids, near.rows[wrong.found.rows, :BESIDE]),
        repeats=ids[[row for rows in groups for row in rows]],
        repeat_groups=np.repeat(np.arange(len(groups)), [len(rows) for rows in groups]),
    )
    names = named(told, crowds.numbers, shown=np.array(folder.searchable), topics=topics_of(build))
    stored.write(build.pk, arrays, {"names": names, **undone})


def compared(folder: IndexFolder) -> Near:
    """Who is like whom by all signals evenly, which told misfits better than learnt weights."""
    rows = neighbours.shortened(folder.vectors, blocks=folder.blocks, mix=evenly(folder))
    return neighbours.among_all(rows, k=misfits.NEIGHBOURS)


def evenly(folder: IndexFolder) -> dict[str, float]:
    here = np.any(folder.present, axis=0).tolist()
    signals = [block.signal for block, real in zip(folder.blocks, here, strict=True) if real]
    return dict.fromkeys(signals, 1 / max(len(signals), 1))


class Wrong:
    """Misfits, and the tree whose numbers they have."""

    def __init__(self, found: Misfits, tree: Tree) -> None:
        self.found, self.tree = found, tree


def misplaced(folder: IndexFolder, near: Near) -> Wrong:
    tree = Tree.now()
    stands_in = folder.columns.at(np.arange(len(folder.ids)))[:, filters.CATEGORY]
    numbers = tree.numbers(stands_in)
    return Wrong(misfits.find(near, numbers, paths=tree.paths, most=MOST_MISFITS), tree)


def repeated(folder: IndexFolder, told: Sequence[Stated]) -> list[list[int]]:
    with tempfile.TemporaryFile(dir=settings.BUILDS_DIR) as scratch:
        pictures = grouping.plain_pictures(
            scratch, folder.vectors, folder.present, folder.blocks, folder.transform
        )
        return repeats.groups(told, pictures=pictures)


def before(ids: np.ndarray) -> np.ndarray | None:
    """Where products were on the map before this one: (n, 2) float32, NaN for new ones."""
    last = stored.newest()
    if last is None:
        return None
    at = positions(ids, last.arrays.ids, order=np.argsort(last.arrays.ids))
    places = np.full((len(ids), 2), np.nan, dtype=np.float32)
    places[at >= 0] = last.plane()[at[at >= 0]]
    return places


def products_at(ids: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """-1 stays -1."""
    return np.where(rows >= 0, ids[rows], -1) if len(ids) else rows


def topics_of(build: Build) -> Topics:
    """What the build's own encoder knows of words; nothing, where its artefact can't be used."""
    space = build.spaces.filter(signal=Space.Signal.TEXT).first()
    try:
        encoder = spaces.text_encoder(space) if space else None
    except ArtifactError as err:
        logger.warning("names without topics: %s", err)
        encoder = None
    return partial(text_models.topics_of, encoder)


def named(
    told: Sequence[Stated], crowds: np.ndarray, *, shown: np.ndarray, topics: Topics
) -> list[list[str]]:
    """Names told by what shoppers may see: those of one shop read nothing of another's drafts."""
    public = np.flatnonzero(shown)
    found = naming.names(
        [told[row].title for row in public.tolist()], crowds[public], topics=topics
    )
    return found + [[] for _ in range(int(crowds.max(initial=-1)) + 1 - len(found))]
