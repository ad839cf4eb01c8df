"""The text encoders that are fitted, and how a stored one is opened whichever it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from search.engine import artifacts
from search.engine.errors import DISAGREEMENTS, ArtifactCorrupt
from search.engine.protocols import TextEncoder
from search.engine.text import published, words
from search.engine.text.published import PublishedModel
from search.engine.text.vectors import Source
from search.engine.text.words import WordsModel

TextModel = WordsModel | PublishedModel

KINDS: Final = (words.KIND, published.KIND)
# Read by each model that is opened: a few words, some of them of no catalogue.
PROBE: Final = [["red xyzzy", "red"]]


def fit(
    kind: str,
    documents: Sequence[Sequence[str]],
    *,
    shops: Sequence[int] | None = None,
    source: Source | None = None,
) -> TextModel:
    """kind : one of KINDS. The rest as in `WordsModel.fit`."""
    if kind == published.KIND:
        return PublishedModel.fit(documents, source=source)
    return WordsModel.fit(documents, shops=shops, source=source)


def read(folder: Path) -> TextModel:
    """Open a model of either kind; raises ArtifactError where it can't be used."""
    of_kind = PublishedModel if artifacts.kind_of(folder) == published.KIND else WordsModel
    try:
        model: TextModel = of_kind.read(folder)
        whole = model.is_whole() and np.isfinite(model.encode(PROBE)).all()
    except DISAGREEMENTS as err:
        raise ArtifactCorrupt(f"{folder}: damaged ({err}); run `manage.py reindex`") from err
    if not whole:
        raise ArtifactCorrupt(f"{folder}: damaged; run `manage.py reindex`")
    return model


def topics_of(encoder: TextEncoder | None, words: Sequence[str]) -> np.ndarray | None:
    """SCDV's word-topic vectors on the encoder's own directions, idf left out: (n, d) float32.

    None where the encoder has learnt nothing of words.
    """
    return encoder.topics_of(words) if isinstance(encoder, TextModel) else None
