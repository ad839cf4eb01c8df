"""Filling a build's folder from the stored vectors."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from search import changes, filters, fitting, grouping
from search.engine import completion, fusion
from search.engine.arrays import spread
from search.engine.fusion import Block
from search.engine.index import folder as index_folder
from search.engine.index import milvus, profiles
from search.engine.index.checkpoints import PREFIX, Checkpoints
from search.engine.index.milvus import Remote
from search.engine.transform import Transform
from search.engine.variants_vocabulary import Vocabulary
from search.filters import Facts
from search.fitting import Fitted
from search.locks import BuildError
from search.reading import CHUNK, BySignal, catalogue, chunks, raw

FITTED_TO = 100_000  # products, evenly spread, that directions and pairs are learnt from
# What a build that goes on must find as it was.
CONDITIONS = (
    "SEARCH_BACKEND",
    "INDEX_PROFILE",
    "FUSION_WEIGHTS",
    "IMAGE_ENCODER",
    "TEXT_ENCODER",
    "TEXT_FIELDS",
    "TEXT_VECTORS",
    "TEXT_DICTIONARY",
)
KEPT_EVERY = 25  # chunks, after which rows need not be made again


class Step(models.TextChoices):
    """What a build does, in this order."""

    CATALOGUE = "catalogue", gettext_lazy("reading the catalogue")
    FIT = "fit", gettext_lazy("learning from it")
    ROWS = "rows", gettext_lazy("fusing vectors")
    VARIANTS = "variants", gettext_lazy("finding variants")
    INDEX = "index", gettext_lazy("indexing")


Progress = Callable[[Step, float], None]  # told which share of a step is done


def write_folder(
    part: Path,
    folder: Path,
    by_signal: BySignal,
    *,
    progress: Progress,
    empty: bool = False,
) -> None:
    """Write a build of all products that have a vector in these spaces, or of none.

    Goes on with what an interrupted call has left in `part`, of the catalogue as it was then: what
    has changed since is found in the log of changes.
    """
    part.mkdir(parents=True, exist_ok=True)
    kept = Checkpoints(part)
    progress(Step.CATALOGUE, 0)
    taken = took(kept, {} if empty else by_signal)
    fitted = fitted_to(kept, by_signal, taken.ids, progress)
    blocks = fusion.layout(dimensions=fitted.transform.dimensions, weights=fitted.weights)
    check_room(part, rows=len(taken.ids), dimension=blocks[-1].stop)
    rows, present = fused(kept, part, by_signal, taken.ids, fitted.transform, blocks, progress)
    progress(Step.VARIANTS, 0)
    found = told_of_all(kept, taken, rows, present, blocks, fitted)
    progress(Step.INDEX, 0)
    index_folder.finish(
        part,
        folder,
        ids=taken.ids,
        searchable=taken.published & np.any(present, axis=1),
        present=present,
        numbers=taken.numbers,
        anchors=found.anchors,
        inferred=found.inferred,
        groups=found.groups,
        titles=found.titles,
        transform=fitted.transform,
        profile=profile_for(len(taken.ids)),
        remote=remote_of(part),
        facts={
            "spaces": {signal: space.slug for signal, space in by_signal.items()},
            "blocks": [block._asdict() for block in blocks],
            "weights": found.weights,
            "alignment": fitted.alignment,
            "cursor": kept.facts("catalogue")["cursor"],
        },
        told=lambda share: progress(Step.INDEX, share),
    )


def profile_for(rows: int) -> str:
    if settings.SEARCH_BACKEND == profiles.MILVUS:
        return profiles.MILVUS
    return profiles.chosen(settings.INDEX_PROFILE, rows=rows)


def remote_of(part: Path) -> Remote | None:
    """The collection that an unfinished build fills, where Milvus is to search it."""
    facts = Checkpoints(part).facts("catalogue")
    name = facts["collection"] if facts else ""
    return Remote(settings.MILVUS_URI, name) if name else None


def took(kept: Checkpoints, by_signal: BySignal) -> Facts:
    """The catalogue as it was when this build began."""
    if kept.facts("catalogue") is None:
        # Before the first row is read: what commits from here on is found in the log of changes.
        cursor = changes.cursor()
        facts = {
            "cursor": cursor._asdict(),
            "conditions": conditions(),
            "empty": not by_signal,
            # By chance, since a copy of this database may be at the same server.
            "collection": f"{milvus.PREFIX}{uuid4().hex}"
            if settings.SEARCH_BACKEND == profiles.MILVUS
            else "",
        }
        kept.keep("catalogue", facts, **catalogue(by_signal)._asdict())
    return Facts(**kept.arrays("catalogue"))


def conditions() -> list[Any]:
    """What must be the same for a build to go on where it was interrupted."""
    return [
        index_folder.VERSION,
        changes.cursor().log,
        *(str(getattr(settings, name)) for name in CONDITIONS),
    ]


def can_go_on(part: Path) -> bool:
    """Whether an interrupted build has left something there that is still of use.

    One that is empty on purpose is not: whoever goes on with a build wants the products in it.
    """
    began = Checkpoints(part).facts("catalogue")
    return began is not None and began["conditions"] == conditions() and not began.get("empty")


def fitted_to(
    kept: Checkpoints, by_signal: BySignal, ids: np.ndarray, progress: Progress
) -> Fitted:
    if kept.facts("fit") is None:
        progress(Step.FIT, 0)
        some = ids[spread(len(ids), FITTED_TO)]
        fitted = fitting.fit(by_signal, some, lambda share: progress(Step.FIT, share))
        facts = {
            "transform": fitted.transform.facts(),
            "weights": fitted.weights,
            "alignment": fitted.alignment,
        }
        kept.keep("fit", facts, **fitted.transform.arrays())
    facts = kept.facts("fit")
    transform = Transform.of(kept.arrays("fit"), facts["transform"])
    return Fitted(transform, facts["weights"], facts["alignment"])


def check_room(part: Path, *, rows: int, dimension: int) -> None:
    """Raises BuildError where the disk would be full before the build is done."""
    # Half floats twice, in profile `exact`, and next to nothing for all the rest.
    made = [path for path in part.iterdir() if not path.name.startswith(PREFIX)]
    there = sum(512 * path.stat().st_blocks for path in made)
    needed, free = rows * (4 * dimension + 100) - there, shutil.disk_usage(part).free
    if free < needed:
        raise BuildError(
            f"{settings.BUILDS_DIR}: a build of {rows} products takes up to {needed / 1e9:.1f} GB, "
            f"and {free / 1e9:.1f} GB are free; make room, or run `manage.py prune_builds --keep 1`"
        )


def fused(
    kept: Checkpoints,
    part: Path,
    by_signal: BySignal,
    ids: np.ndarray,
    transform: Transform,
    blocks: list[Block],
    progress: Progress,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of all products, and which of their blocks are real, in files that are filled here.

    -> (n, d) float16, (n, blocks) bool.
    """
    shape, done = (len(ids), len(blocks)), kept.facts("rows") or 0
    new = kept.facts("rows") is None
    rows = index_folder.open_vectors(part, rows=len(ids), dimension=blocks[-1].stop, new=new)
    if new:
        kept.keep("rows", 0, present=np.zeros(shape, dtype=bool))
    present = np.array(kept.arrays("rows")["present"])
    for number, (start, chunk) in enumerate(chunks(ids[done:]), start=1):
        here = slice(done + start, done + start + len(chunk))
        found = transform(raw(by_signal, chunk))
        rows[here] = fusion.fuse(found.parts, blocks)
        present[here] = found.table(blocks)
        progress(Step.ROWS, here.stop / len(ids))
        if number % KEPT_EVERY == 0:
            index_folder.flush(rows)
            kept.keep("rows", here.stop, present=present)
    if new or done < len(ids):
        index_folder.flush(rows)
        kept.keep("rows", len(ids), present=present)
    return rows, present


class Found(NamedTuple):
    """What is known once all rows are."""

    anchors: np.ndarray
    inferred: np.ndarray
    weights: dict[str, float]
    groups: np.ndarray
    titles: Vocabulary


def told_of_all(
    kept: Checkpoints,
    taken: Facts,
    rows: np.ndarray,
    present: np.ndarray,
    blocks: list[Block],
    fitted: Fitted,
) -> Found:
    # To infer words once more gives the same: it reads pictures, and leaves those as they are.
    if kept.facts("words") is None:
        anchors, inferred = infer_words(rows, present, blocks, fitted.transform)
        index_folder.flush(rows)
        kept.keep("words", True, anchors=anchors, inferred=inferred)
    if kept.facts("groups") is None:
        groups, titles = grouping.variant_groups(taken.ids, rows, present, blocks, fitted.transform)
        categories = taken.numbers[:, filters.CATEGORY]
        weights = fitting.refined(fitted.weights, categories, rows, blocks)
        kept.keep("groups", weights, groups=groups, **titles._asdict())
    words, found = kept.arrays("words"), kept.arrays("groups")
    return Found(
        **words,
        weights=kept.facts("groups"),
        groups=found.pop("groups"),
        titles=Vocabulary(**found),
    )


def infer_words(
    rows: np.ndarray, present: np.ndarray, blocks: list[Block], transform: Transform
) -> tuple[np.ndarray, np.ndarray]:
    """Fill in the words of products that have a picture alone; -> from which rows, weighed how.

    -> (m,) int64, (m, dt + rank) float32: also what such products need that come later.
    """
    has = {block.signal: present[:, at] for at, block in enumerate(blocks)}
    nobody = np.zeros(len(rows), dtype=bool)
    chosen = completion.chosen(has.get("image", nobody) & has.get("text", nobody))
    if not len(chosen):
        return chosen, np.zeros((0, 0), dtype=np.float32)
    anchors = index_folder.fitted_anchors(rows[chosen], blocks, transform)
    wordless = np.flatnonzero(has["image"] & ~has["text"])
    for start in range(0, len(wordless), CHUNK):
        where = wordless[start : start + CHUNK]
        rows[where] = index_folder.with_words(rows[where], blocks, anchors)
    return chosen, anchors.coefficients
