"""The groups of variants of a whole catalogue."""

import sys
import tempfile
from typing import IO

import numpy as np
from django.conf import settings

from search import documents
from search.engine import room, variants
from search.engine.fusion import Block
from search.engine.index import folder as index_folder
from search.engine.text.tokens import tokenize
from search.engine.transform import Transform
from search.engine.variants_vocabulary import Vocabulary
from search.reading import CHUNK, chunks


def variant_groups(
    ids: np.ndarray,
    rows: np.ndarray,
    present: np.ndarray,
    blocks: list[Block],
    transform: Transform,
) -> tuple[np.ndarray, Vocabulary]:
    """The group of variants that each row is in, and what the titles taught about words."""
    tokens, files, stated = [], [], []
    for _, chunk in chunks(ids):
        for source in documents.variant_sources(chunk.tolist()):
            # Of a million titles most words are the same ones, and kept once take a quarter.
            tokens.append([sys.intern(word) for word in tokenize(source.title)])
            files.append(source.picture)
            stated.append(source.stated)
    vocabulary = Vocabulary.of(tokens)
    with tempfile.TemporaryFile(dir=settings.BUILDS_DIR) as scratch:
        groups = variants.group(
            tokens,
            vocabulary=vocabulary,
            pictures=plain_pictures(scratch, rows, present, blocks, transform),
            picture_digests=files,
            picture_uses=documents.picture_uses(files),
            stated=stated,
        )
    return groups, vocabulary


def plain_pictures(
    scratch: IO[bytes],
    rows: np.ndarray,
    present: np.ndarray,
    blocks: list[Block],
    transform: Transform,
) -> np.ndarray | None:
    """The pictures of all rows as such, (n, d) float16, mapped from a file of 512 MB a million."""
    if "image" not in transform.projections or not len(rows):
        return None
    shape = (len(rows), transform.projections["image"].dimension)
    found = np.memmap(scratch, dtype=np.float16, mode="w+", shape=shape)
    room.take(scratch)
    for start in range(0, len(rows), CHUNK):
        here = slice(start, start + CHUNK)
        found[here] = index_folder.plain_pictures(rows[here], present[here], blocks, transform)
    return found
