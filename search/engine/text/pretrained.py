"""Word vectors from a file, of the words that a catalogue has: `.vec` (text) or `.bin` (fastText).

A file such as `cc.ja.300` knows two million words and as many n-grams; what is kept is the rows of
the catalogue's own.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from search.engine import apart
from search.engine.arrays import l2_normalize
from search.engine.errors import ArtifactError
from search.engine.text.fasttext import WordVectors, ngram_buckets
from search.engine.text.fasttext_file import require_whole

SUFFIXES: Final = (".vec", ".bin")
ARRAYS: Final = ("vectors.npy", "ngrams.npy", "kept.npy")  # of `look_up`


def read(path: Path, *, words: Sequence[str]) -> WordVectors:
    """The vectors of those of `words` that the file knows, of unit length.

    From `.bin`, words it does not know have the vector of their n-grams, as far as these occur in
    `words` too; from `.vec`, none. Raises ArtifactError where the file is not what its name says.
    """
    if path.suffix not in SUFFIXES:
        raise ArtifactError(f"{path}: expected a file of word vectors, .vec or .bin")
    try:
        found = _of_bin(path, words=words) if path.suffix == ".bin" else _of_vec(path, words=words)
    except (OSError, ValueError, MemoryError) as err:
        raise ArtifactError(
            f"{path}: no word vectors can be read from it ({err}); let TEXT_VECTORS name another "
            "file, or leave it empty"
        ) from err
    if not (np.isfinite(found.vectors).all() and np.isfinite(found.ngrams).all()):
        raise ArtifactError(
            f"{path}: holds numbers that are not finite; let TEXT_VECTORS name another file, or "
            "leave it empty"
        )
    if not found.vectors.any():
        raise ArtifactError(
            f"{path}: knows none of the catalogue's {len(words)} words; let TEXT_VECTORS name "
            "vectors of its language, or leave it empty"
        )
    return found


def _of_vec(path: Path, *, words: Sequence[str]) -> WordVectors:
    wanted = set(words)
    found: dict[str, np.ndarray] = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        header = next(lines, "").split()
        if len(header) != 2:
            raise ValueError("line 1: expected the number of words and of dimensions")
        dimension = int(header[1])
        for number, line in enumerate(lines, start=2):
            word, *values = line.rstrip().split(" ")
            # The file is in the case of its texts, the most frequent form first; ours is folded.
            if (word := word.casefold()) not in wanted or word in found:
                continue
            if len(values) != dimension:
                raise ValueError(f"line {number}: {len(values)} numbers, expected {dimension}")
            found[word] = np.array(values, dtype=np.float32)
            if not np.isfinite(found[word]).all():
                raise ValueError(f"line {number}: a number that is not finite")
    return WordVectors(
        words=list(found),
        vectors=l2_normalize(_stacked(list(found.values()), dimension=dimension)),
        ngrams=np.zeros((0, dimension), dtype=np.float32),
    )


def _of_bin(path: Path, *, words: Sequence[str]) -> WordVectors:
    """By fastText in a process of its own: its reader believes what the file says of itself."""
    require_whole(path)
    with tempfile.TemporaryDirectory(prefix="niteru-vectors-") as folder:
        facts = apart.call(
            "search.engine.text.looking_up",
            *(str(path.resolve()), folder),
            path=path,
            reader="fastText",
            given="\n".join(words),
        )
        vectors, ngrams, kept = (
            np.load(Path(folder) / name, allow_pickle=False) for name in ARRAYS
        )
    return WordVectors(words=words, vectors=vectors, ngrams=ngrams, kept=kept, **facts)


def look_up(path: Path, folder: Path, *, words: Sequence[str]) -> dict[str, int]:
    """Write the vectors of words and n-grams as arrays; the facts of `WordVectors` beside them."""
    import fasttext

    model = fasttext.load_model(str(path))
    arguments = model.f.getArgs()
    shortest, longest, buckets = arguments.minn, arguments.maxn, arguments.bucket
    vectors = [model.get_word_vector(word) for word in words]
    kept = _buckets(words, buckets=buckets, shortest=shortest, longest=longest)
    found = (
        l2_normalize(_stacked(vectors, dimension=model.get_dimension())),
        _ngrams(model, kept),
        kept,
    )
    for name, array in zip(ARRAYS, found, strict=True):
        np.save(folder / name, array, allow_pickle=False)
    return {"shortest": shortest, "longest": longest, "buckets": buckets if len(kept) else 0}


def _buckets(words: Sequence[str], *, buckets: int, shortest: int, longest: int) -> np.ndarray:
    """The buckets that any n-gram of these words falls in, ascending."""
    if not (buckets and longest):
        return np.zeros(0, dtype=np.int64)
    found = {
        bucket
        for word in words
        for bucket in ngram_buckets(word, buckets=buckets, shortest=shortest, longest=longest)
    }
    return np.array(sorted(found), dtype=np.int64)


def _ngrams(model: Any, kept: np.ndarray) -> np.ndarray:
    known = len(model.get_words())
    rows = [model.get_input_vector(known + bucket) for bucket in kept.tolist()]
    return _stacked(rows, dimension=model.get_dimension())


def _stacked(rows: list[np.ndarray], *, dimension: int) -> np.ndarray:
    return np.array(rows, dtype=np.float32).reshape(len(rows), dimension)
