"""Word vectors with subwords (Bojanowski et al. 2017): trained by fastText, looked up in numpy.

Only `train` imports fastText. A trained model is exported as two matrices, which any process can
memory-map; the vector of any word, seen or not, then equals the model's own.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from search.engine.arrays import l2_normalize
from search.engine.errors import EncodeError

# Two characters at least, counting the word's edges: "肉>" is what 牛肉 and 豚肉 share. Five at
# most keeps the n-grams few.
SHORTEST_NGRAM: Final = 2
LONGEST_NGRAM: Final = 5
# fastText's own default of 2,000,000 would make every model 800 MB.
BUCKETS: Final = 50_000
# Titles are short: a window of five covers most of one.
WINDOW: Final = 5
# Twice fastText's own: a catalogue is a small corpus, and this saves half of the epochs.
LEARNING_RATE: Final = 0.1
_END_OF_LINE: Final = "</s>"
_FNV_OFFSET: Final = 2166136261
_FNV_PRIME: Final = 16777619
_UINT32: Final = 0xFFFFFFFF


class WordVectors:
    """The vectors of a trained fastText model, of unit length as `get_word_vector` gives them.

    words : the known words, most frequent first.
    vectors : (len(words), dimension) float32, one unit row for each known word, subwords included.
    ngrams : (buckets, dimension) float32, one row for each bucket of hashed n-grams, of any length.
    buckets : how many there are, where `ngrams` holds some of them alone; `kept`, (len(ngrams),)
        int64 ascending, then says which. An n-gram in another bucket counts for nothing.
    The arrays may be memory-mapped; they are never written to.
    """

    def __init__(
        self,
        *,
        words: Sequence[str],
        vectors: np.ndarray,
        ngrams: np.ndarray,
        shortest: int = SHORTEST_NGRAM,
        longest: int = LONGEST_NGRAM,
        buckets: int | None = None,
        kept: np.ndarray | None = None,
    ) -> None:
        self.words = words
        self.vectors = vectors
        self.ngrams = ngrams
        self.shortest = shortest
        self.longest = longest
        self.buckets = len(ngrams) if buckets is None else buckets
        self.kept = kept
        self.rows: Mapping[str, int] = {word: row for row, word in enumerate(words)}

    @classmethod
    def of(
        cls,
        arrays: Mapping[str, np.ndarray],
        facts: Mapping[str, Any],
        *,
        words: Sequence[str],
        vectors: np.ndarray,
    ) -> Self:
        """From what `arrays` and `facts` gave, which is all but the known words."""
        return cls(
            words=words,
            vectors=vectors,
            ngrams=arrays["ngrams"],
            shortest=facts["shortest"],
            longest=facts["longest"],
            buckets=facts["buckets"],
            kept=arrays.get("kept_ngrams"),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """What the vectors of unknown words need, to be kept in an artefact; see `facts`."""
        kept = {} if self.kept is None else {"kept_ngrams": self.kept}
        return {"ngrams": self.ngrams, **kept}

    def facts(self) -> dict[str, int]:
        return {"buckets": self.buckets, "shortest": self.shortest, "longest": self.longest}

    @property
    def dimension(self) -> int:
        return int(self.ngrams.shape[1])

    def vector(self, word: str) -> np.ndarray:
        """Return the unit vector of any word, from its n-grams where it is unknown.

        -> (dimension,) float32; zeros where those n-grams cancel out or are none.
        """
        row = self.rows.get(word)
        if row is not None:
            return np.array(self.vectors[row])
        rows = self.ngram_rows(word)
        if not len(rows):
            return np.zeros(self.dimension, dtype=np.float32)
        return l2_normalize(self.ngrams[rows].sum(axis=0, keepdims=True))[0]

    def ngram_rows(self, word: str) -> np.ndarray:
        """The rows of `ngrams` that a word's n-grams have, in fastText's order: (m,) int64."""
        if not self.buckets:
            return np.zeros(0, dtype=np.int64)
        hashed = ngram_buckets(
            word, buckets=self.buckets, shortest=self.shortest, longest=self.longest
        )
        found = np.array(hashed, dtype=np.int64)
        if self.kept is None or not len(found):
            return found
        places = np.minimum(np.searchsorted(self.kept, found), len(self.kept) - 1)
        return places[self.kept[places] == found]


def train(
    documents: Sequence[list[str]],
    *,
    dimension: int = 100,
    epochs: int = 20,
    min_count: int = 1,
    buckets: int = BUCKETS,
    seed: int = 0,
) -> WordVectors:
    """Train skip-gram vectors on tokenised documents; equal input and seed give equal vectors.

    fastText's Python call takes no seed for this kind of training (its own stays 0), so `seed`
    shuffles the documents instead. They are better shuffled anyway: a catalogue comes sorted, and
    what is read last, at the lowest learning rate, would be learnt least.
    Tokens must hold no white space and no NUL, as `tokens.tokenize` guarantees. Raises EncodeError
    where there is nothing to learn from, or where training diverged.
    """
    import fasttext

    if not any(documents):
        raise EncodeError("no text holds a word: give at least one product a title, then fit again")
    with tempfile.TemporaryDirectory(prefix="niteru-words-") as folder:
        corpus = Path(folder) / "corpus.txt"
        with corpus.open("w", encoding="utf-8") as handle:
            order = np.random.default_rng(seed).permutation(len(documents))
            lines = (" ".join(documents[number]) for number in order)
            handle.writelines(f"{line}\n" for line in lines if line)
        try:
            model = fasttext.train_unsupervised(
                str(corpus),
                model="skipgram",
                dim=dimension,
                epoch=epochs,
                minCount=min_count,
                bucket=buckets,
                minn=SHORTEST_NGRAM,
                maxn=LONGEST_NGRAM,
                ws=WINDOW,
                lr=LEARNING_RATE,
                thread=1,  # more threads race, and the vectors would differ from run to run
                verbose=0,
            )
        except (RuntimeError, ValueError) as err:
            raise EncodeError(
                f"fastText could not train on {len(documents)} texts ({err}); lower `min_count` "
                "if no word is frequent enough"
            ) from err
    return export(model)


def export(model: object) -> WordVectors:
    """Copy the matrices of a fastText model, so that it can be dropped."""
    inputs = model.get_input_matrix()  # type: ignore[attr-defined]  # fastText ships no types
    all_words = model.get_words()  # type: ignore[attr-defined]
    words = [word for word in all_words if word != _END_OF_LINE]
    vectors = [model.get_word_vector(word) for word in words]  # type: ignore[attr-defined]
    return WordVectors(
        words=words,
        vectors=l2_normalize(
            np.array(vectors, dtype=np.float32).reshape(len(words), inputs.shape[1])
        ),
        ngrams=np.array(inputs[len(all_words) :], dtype=np.float32),
    )


def ngram_buckets(word: str, *, buckets: int, shortest: int, longest: int) -> list[int]:
    """Return the bucket of each n-gram of `<word>`, in fastText's order.

    As `Dictionary::computeSubwords`: characters are those of UTF-8, and an edge alone is no n-gram.
    """
    characters = [char.encode() for char in f"<{word}>"]
    last = len(characters) - 1
    return [
        fnv1a(b"".join(characters[start : start + n])) % buckets
        for start in range(len(characters))
        for n in range(shortest, min(longest, len(characters) - start) + 1)
        if not (n == 1 and start in (0, last))
    ]


def fnv1a(data: bytes) -> int:
    """Hash like fastText: 32-bit FNV-1a, each byte sign-extended, which plain FNV-1a doesn't do."""
    value = _FNV_OFFSET
    for byte in data:
        signed = byte | 0xFFFFFF00 if byte & 0x80 else byte
        value = ((value ^ signed) * _FNV_PRIME) & _UINT32
    return value
