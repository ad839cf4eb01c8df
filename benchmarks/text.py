"""How long texts take: to learn from, in time and memory, and to encode, beside SCDV as published.

    python -m benchmarks.text CATALOG.zip [--rounds 7] [--documents 4000]

The other side of the comparison is the authors' method in vectorised numpy: the table of word-topic
vectors (words × 60 clusters × 100 numbers, float32) is worked out beforehand, a document is the sum
of its words' rows, normalised, small entries zeroed. Ours is the whole encoder, letters and
projection included. Both take the same words, count in float32 on one thread, and take turns.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

# Before numpy is imported, which reads it once.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from benchmarks import catalogues
from search.engine.arrays import l2_normalize
from search.engine.text import fasttext
from search.engine.text.scdv import SCDV
from search.engine.text.sizes import Sizes
from search.engine.text.tokens import tokenize
from search.engine.text.words import WordsModel

CHUNK: Final = 250  # documents summed at a time; larger and smaller ones were slower


class PublishedTable:
    """SCDV's transform with the rows of all words at hand."""

    def __init__(self, scdv: SCDV) -> None:
        vectors = np.array(scdv.vectors.vectors)
        shares = scdv.posteriors(vectors).astype(np.float32) * scdv.idf_[:, np.newaxis]
        self.table = np.empty((len(vectors), scdv.dimension), dtype=np.float32)
        for start in range(0, len(vectors), CHUNK):
            part = slice(start, start + CHUNK)
            topics = shares[part, :, np.newaxis] * vectors[part, np.newaxis, :]
            self.table[part] = topics.reshape(len(topics), -1)
        self.rows = scdv.vectors.rows
        self.threshold = scdv.threshold_

    def transform(self, tokens: Sequence[list[str]]) -> None:
        for start in range(0, len(tokens), CHUNK):
            part = tokens[start : start + CHUNK]
            rows = [[self.rows[word] for word in words if word in self.rows] for words in part]
            lengths = [len(found) for found in rows]
            flat = np.array([row for found in rows for row in found])
            summed = np.add.reduceat(self.table[flat], np.cumsum([0, *lengths[:-1]]), axis=0)
            unit = l2_normalize(summed)
            unit[np.abs(unit) < self.threshold] = 0


def transform_ours(model: WordsModel, tokens: Sequence[list[str]]) -> None:
    model.encode_bags([model.reader.weigh([[words]]) for words in tokens])


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, which suffers less from whatever else the machine does."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def learn(documents: Sequence[tuple[str, str]]) -> WordsModel:
    """Fit and encode everything, as the night does, and print what that took."""
    start = time.perf_counter()
    model = WordsModel.fit(documents)
    fitted = time.perf_counter()
    model.encode(documents)
    encoded = time.perf_counter()
    print(
        f"{len(documents)} documents: fit {fitted - start:.1f} s, "
        f"transform {encoded - fitted:.1f} s ({len(documents) / (encoded - fitted):.0f}/s from "
        f"text), peak memory {peak_megabytes()} MB, {model.dimension} numbers each"
    )
    return model


def compare(model: WordsModel, tokens: Sequence[list[str]], *, drawn: int, rounds: int) -> None:
    words = fasttext.train(tokens, **Sizes.of(tokens)._asdict())
    published = PublishedTable(SCDV(words).fit(tokens))
    model.table = model.table.astype(np.float32)
    known = [words for words in tokens if any(word in published.rows for word in words)]
    sample = known[:: max(1, len(known) // drawn)][:drawn]
    ways = {
        "SCDV as published, table of all words": lambda: published.transform(sample),
        "ours, subject and letters, projected": lambda: transform_ours(model, sample),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            taken[name].append(seconds(work))
    rates = {name: len(sample) / float(np.median(times)) for name, times in taken.items()}
    print(f"\n{len(sample)} documents as words, medians of {rounds} rounds in turns:")
    for name, rate in rates.items():
        print(f"{name:42}{rate:10.0f} documents/s")
    theirs, ours = rates.values()
    print(f"{'ours / theirs':42}{ours / theirs:10.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--documents", type=int, default=4000, help="of each round")
    options = parser.parse_args()
    rows = catalogues.read(options.catalogue)
    documents = [(row.get("title", ""), row.get("description", "")) for row in rows]
    model = learn(documents)
    tokens = [[word for text in texts for word in tokenize(text)] for texts in documents]
    compare(model, tokens, drawn=options.documents, rounds=options.rounds)


if __name__ == "__main__":
    main()
