"""Japanese words by SudachiPy, whose dictionary is loaded at the first Japanese text."""

import re
import threading
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Final

from sudachipy import Dictionary, Morpheme, SplitMode, Tokenizer

# SudachiPy refuses more than 49,149 bytes; a character takes four at most.
_LONGEST_INPUT: Final = 10_000
# They stand in every title and say nothing about the product.
_FUNCTION_WORDS: Final = frozenset({"助詞", "助動詞", "補助記号", "空白"})
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")


def words(run: str) -> list[str]:
    """Return the content words of a run of kana and kanji in their normalised spelling.

    Split mode A gives the shortest units: 「豚肩ロース」 and 「豚肩」 should share words. The
    normalised form unites spellings: りんご, リンゴ and 林檎 are one fruit. A run of function words
    alone is kept whole, since it can only be a name.
    """
    found = [
        word
        for start in range(0, len(run), _LONGEST_INPUT)
        for word in _content_words(run[start : start + _LONGEST_INPUT])
    ]
    return found or [run]


def _content_words(chunk: str) -> Iterator[str]:
    morphemes = (
        m for m in _analyser.tokenize(chunk) if m.part_of_speech()[0] not in _FUNCTION_WORDS
    )
    for unknown_han, group in groupby(morphemes, key=_is_unknown_han):
        if unknown_han:
            yield from _bigrams("".join(morpheme.surface() for morpheme in group))
        else:
            for morpheme in group:
                yield from morpheme.normalized_form().casefold().split()


def _is_unknown_han(morpheme: Morpheme) -> bool:
    """Characters that the dictionary lacks are mostly Chinese, cut here at arbitrary places."""
    return morpheme.is_oov() and _HAN.fullmatch(morpheme.surface()) is not None


def _bigrams(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(max(1, len(run) - 1))]


class _Analyser(threading.local):
    """One SudachiPy tokenizer a thread (it refuses to be shared) over one dictionary a process."""

    def __init__(self) -> None:
        self._tokenizer: Tokenizer | None = None

    def tokenize(self, text: str) -> Iterator[Morpheme]:
        if self._tokenizer is None:
            with _loading:
                self._tokenizer = _dictionary().tokenizer(mode=SplitMode.A)
        return iter(self._tokenizer.tokenize(text))


@cache
def _dictionary() -> Dictionary:
    return Dictionary(dict="core")


_loading = threading.Lock()
_analyser = _Analyser()
