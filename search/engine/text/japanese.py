"""Japanese words by SudachiPy, whose dictionary is loaded at the first Japanese text."""

import re
import threading
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

from sudachipy import Config, Dictionary, Morpheme, SplitMode, Tokenizer
from sudachipy.errors import SudachiError

from search.engine import apart
from search.engine.artifacts import file_digest
from search.engine.errors import ArtifactError

# SudachiPy refuses more than 49,149 bytes; a character takes four at most.
_LONGEST_INPUT: Final = 10_000
# They stand in every title and say nothing about the product.
_FUNCTION_WORDS: Final = frozenset({"助詞", "助動詞", "補助記号", "空白"})
_SAMPLE: Final = "東京都の工房で作られた赤い急須と椅子、送料無料"
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


def use_dictionary(path: Path | None) -> None:
    """Read words of the shop's own trade from a SudachiPy user dictionary, from now on.

    Words are then cut elsewhere, so what was fitted before does not fit them: its digest is part
    of what is fitted (`dictionary_digest`).
    """
    global _user_dictionary
    with _loading:
        _user_dictionary = path
        _dictionary.cache_clear()
        dictionary_digest.cache_clear()


@cache
def dictionary_digest() -> str:
    """SHA-256 of the user dictionary, empty without one; raises ArtifactError if unreadable."""
    if _user_dictionary is None:
        return ""
    try:
        return file_digest(_user_dictionary)
    except OSError as err:
        raise _unusable(err) from err


class _Analyser(threading.local):
    """One SudachiPy tokenizer a thread (it refuses to be shared) over one dictionary a process."""

    def __init__(self) -> None:
        self._tokenizer: Tokenizer | None = None
        self._path: Path | None = None

    def tokenize(self, text: str) -> Iterator[Morpheme]:
        if self._tokenizer is None or self._path != _user_dictionary:
            with _loading:
                self._tokenizer = _dictionary().tokenizer(mode=SplitMode.A)
                self._path = _user_dictionary
        return iter(self._tokenizer.tokenize(text))


@cache
def _dictionary() -> Dictionary:
    if _user_dictionary is None:
        return Dictionary(dict="core")
    try:
        # Its reader believes what the file says of itself, and a damaged one ends the process.
        apart.call(
            "search.engine.text.cutting",
            str(_user_dictionary.resolve()),
            path=_user_dictionary,
            reader="SudachiPy",
        )
        return _opened(_user_dictionary)
    except (ArtifactError, OSError, SudachiError) as err:
        raise _unusable(err) from err


def _opened(path: Path) -> Dictionary:
    return Dictionary(dict="core", config=Config(user=[str(path)]))


def tried(path: Path) -> int:
    """How many words a text has by a user dictionary; called in a process of its own.

    Raises ArtifactError where it is none.
    """
    try:
        return len(_opened(path).tokenizer(mode=SplitMode.A).tokenize(_SAMPLE))
    except SudachiError as err:
        raise ArtifactError(str(err)) from err


def _unusable(err: Exception) -> ArtifactError:
    return ArtifactError(
        f"{_user_dictionary}: not a SudachiPy user dictionary ({err}); build it again with "
        "`sudachipy ubuild`, or leave TEXT_DICTIONARY empty"
    )


_user_dictionary: Path | None = None
_loading = threading.Lock()
_analyser = _Analyser()
