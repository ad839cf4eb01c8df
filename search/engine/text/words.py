"""The text encoder that is fitted to a catalogue: what a product's words are about, and which.

`WordsModel.fit` needs fastText; a model that was read needs numpy alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from search.engine import artifacts
from search.engine.arrays import l2_normalize
from search.engine.text.bags import Bag
from search.engine.text.boilerplate import Boilerplate
from search.engine.text.fasttext import WordVectors
from search.engine.text.letters import letter_table
from search.engine.text.reading import Reader, field_weights, parsed_catalogue, weighted_texts
from search.engine.text.sizes import Dimensions
from search.engine.text.subjects import Subjects
from search.engine.text.topics import Topics
from search.engine.text.vectors import Source, origins, word_vectors
from search.engine.text.vocabulary import Vocabulary

KIND: Final = "words"
VERSION: Final = 2
# Of the squared length; the rest is that of which words there are.
SUBJECT_SHARE: Final = 0.5
# Products that clusters and directions are learnt from; more of them change little.
_MOST_PRODUCTS: Final = 50_000


class WordsModel:
    """Encodes the field texts of a product to unit rows of `dimension` numbers.

    table : (words, dimension) float16, what each word adds: its subject, then its letters.
    weights : (fields,) float32, how much each field counts; a further field counts like the last.
    """

    def __init__(
        self,
        *,
        reader: Reader,
        subjects: Subjects,
        table: np.ndarray,
        weights: np.ndarray,
        facts: dict[str, Any],
    ) -> None:
        self.reader = reader
        self.subjects = subjects
        self.table = table
        self.weights = weights
        self.facts = facts

    @property
    def dimension(self) -> int:
        return int(self.table.shape[1])

    @classmethod
    def fit(
        cls,
        documents: Sequence[Sequence[str]],
        *,
        shops: Sequence[int] | None = None,
        source: Source | None = None,
    ) -> Self:
        """Learn from a catalogue; equal documents in equal order give equal bytes.

        documents : of each product the texts of its fields in a fixed order, empty ones allowed.
        shops : whose each product is, or one shop's all. source : word vectors in place of own.
        Raises EncodeError where no text holds a word, ArtifactError where `source` can't be read.
        """
        parsed = parsed_catalogue(documents)
        flat = [
            [[word for words in field for word in words] for field in texts] for texts in parsed
        ]
        vectors, least = word_vectors([words for texts in flat for words in texts], source=source)
        vocabulary = Vocabulary.of(flat, least=least)
        further = [[words for field in texts[1:] for words in field] for texts in parsed]
        reader = Reader(vocabulary, Boilerplate.fit(further, shops=shops))
        weights = field_weights(parsed, vocabulary=vocabulary)
        step = -(-len(parsed) // _MOST_PRODUCTS)
        bags = [reader.weigh(texts) for texts in parsed[::step]]
        known = np.array([vectors.vector(word) for word in vocabulary.words])
        sizes = Dimensions.of(words=len(known), texts=sum(map(any, parsed)))
        subjects = Subjects.fit(
            weighted_texts(bags, weights), words=known, vectors=vectors, sizes=sizes
        )
        letters = letter_table(bags, weights=weights, vocabulary=vocabulary, sizes=sizes)
        return cls(
            reader=reader,
            subjects=subjects,
            table=np.hstack([subjects.rows(known), letters]).astype(np.float16),
            weights=weights,
            facts=origins(source),
        )

    def encode(self, documents: Sequence[Sequence[str]]) -> np.ndarray:
        """n documents -> (n, dimension) float32 unit rows; a zero row for one without words.

        A row comes out the same whatever stands beside it.
        """
        return self.encode_bags([self.reader.bags(texts) for texts in documents])

    def encode_bags(self, documents: Sequence[Sequence[Bag]]) -> np.ndarray:
        """The same, from words that were weighed already."""
        total = np.zeros((len(documents), self.dimension), dtype=np.float32)
        for field in range(max(map(len, documents), default=0)):
            weight = self.weights[min(field, len(self.weights) - 1)]
            total += weight * self._field([bags[field] for bags in documents])
        return self._shared_out(total)

    def topics_of(self, words: Sequence[str]) -> np.ndarray:
        """What each word is about, without which word it is: (n, subjects.dimension) float32."""
        known = self.reader.vocabulary.rows
        found = [
            self.table[known[word], : self.subjects.dimension]
            if word in known
            else self.subjects.row(word)
            for word in words
        ]
        return np.array(found, dtype=np.float32).reshape(len(words), self.subjects.dimension)

    def _field(self, bags: Sequence[Bag]) -> np.ndarray:
        """Subjects of unit length; letters of the length that their rare words leave to them."""
        rows = np.zeros((len(bags), self.dimension), dtype=np.float32)
        lengths = np.ones((len(bags), 1), dtype=np.float32)
        for place, bag in enumerate(bags):
            if len(bag.rows):
                rows[place] = bag.values @ self.table[bag.rows].astype(np.float32)
            for word, value in bag.unknown:
                rows[place, : self.subjects.dimension] += np.float32(value) * self.subjects.row(
                    word
                )
            lengths[place] = bag.length or 1
        subjects, letters = np.split(rows, [self.subjects.dimension], axis=1)
        return np.hstack([l2_normalize(subjects), letters / lengths])

    def _shared_out(self, rows: np.ndarray) -> np.ndarray:
        subjects, letters = np.split(rows, [self.subjects.dimension], axis=1)
        parts = [
            l2_normalize(subjects) * np.float32(SUBJECT_SHARE**0.5),
            l2_normalize(letters) * np.float32((1 - SUBJECT_SHARE) ** 0.5),
        ]
        # Again: a text whose words are all its own has no letters, and yet unit length.
        return l2_normalize(np.hstack(parts))

    def is_whole(self) -> bool:
        """Whether each word has its row in the table."""
        known = self.reader.vocabulary
        return len(known.words) == len(known.frequencies) == len(self.table)

    def write(self, folder: Path) -> str:
        """Write the model as one artefact and return its digest."""
        vocabulary, boilerplate = self.reader.vocabulary, self.reader.boilerplate
        topics, vectors = self.subjects.topics, self.subjects.vectors
        arrays = {
            "words": np.frombuffer("\n".join(vocabulary.words).encode(), dtype=np.uint8),
            "frequencies": vocabulary.frequencies,
            "boilerplate": boilerplate.hashes,
            "boilerplate_weights": boilerplate.weights,
            **vectors.arrays(),
            "coefficients": topics.coefficients,
            "intercepts": topics.intercepts,
            "centre": topics.centre,
            "projection": self.subjects.projection,
            "table": self.table,
            "weights": self.weights,
        }
        facts = {
            **self.facts,
            **vectors.facts(),
            "products": vocabulary.products,
        }
        return artifacts.write(folder, kind=KIND, version=VERSION, arrays=arrays, facts=facts)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open a model; the large matrices stay on disk until a word needs them.

        Raises ArtifactError where the folder is missing, damaged or of another version.
        """
        arrays, facts, _ = artifacts.read(folder, kind=KIND, version=VERSION)
        vocabulary = Vocabulary(
            arrays["words"].tobytes().decode().split("\n"),
            frequencies=arrays["frequencies"],
            products=facts["products"],
        )
        boilerplate = Boilerplate(
            hashes=arrays["boilerplate"], weights=arrays["boilerplate_weights"]
        )
        # Known words have their row in the table; all others are made of n-grams.
        none = np.zeros((0, arrays["ngrams"].shape[1]), dtype=np.float32)
        vectors = WordVectors.of(arrays, facts, words=[], vectors=none)
        topics = Topics(
            coefficients=arrays["coefficients"],
            intercepts=arrays["intercepts"],
            centre=arrays["centre"],
        )
        return cls(
            reader=Reader(vocabulary, boilerplate),
            subjects=Subjects(topics, vectors=vectors, projection=arrays["projection"]),
            table=arrays["table"],
            weights=arrays["weights"],
            facts={key: facts[key] for key in ("dictionary", "vectors")},
        )
