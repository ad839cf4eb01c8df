"""A shop's own words through a SudachiPy user dictionary."""

import base64
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import sudachidict_core  # type: ignore[import-untyped]

from search.engine.errors import ArtifactError
from search.engine.text import japanese
from search.engine.text.tokens import tokenize
from search.engine.text.words import WordsModel

# Surface, left and right context, cost, headline, part of speech ×6, reading, normal form, ...
_ENTRY = (
    "似照工房,4786,4786,-5000,似照工房,名詞,固有名詞,一般,*,*,*,ニテルコウボウ,似照工房,*,*,*,*,*\n"
)


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dictionary")
    (folder / "own.csv").write_text(_ENTRY, encoding="utf-8")
    system = Path(sudachidict_core.__file__).parent / "resources" / "system.dic"
    command = [sys.executable, "-c", "from sudachipy.command_line import main; main()"]
    arguments = ["ubuild", "-s", system, "-o", folder / "own.dic", folder / "own.csv"]
    subprocess.run([*command, *map(str, arguments)], check=True, capture_output=True)
    return folder / "own.dic"


@pytest.fixture(autouse=True)
def without_dictionary():
    yield
    japanese.use_dictionary(None)


def test_a_word_of_the_dictionary_is_one_token(dictionary):
    before = tokenize("似照工房の椅子")

    japanese.use_dictionary(dictionary)

    assert "似照工房" not in before
    assert tokenize("似照工房の椅子") == ["似照工房", "椅子"]


def test_without_it_words_are_cut_as_before(dictionary):
    before = tokenize("似照工房の椅子")
    japanese.use_dictionary(dictionary)

    japanese.use_dictionary(None)

    assert tokenize("似照工房の椅子") == before


def test_its_digest_is_part_of_what_is_fitted(dictionary, documents, model, tmp_path):
    plain = model.write(tmp_path / "plain")
    japanese.use_dictionary(dictionary)

    other = WordsModel.fit(documents)

    assert other.facts["dictionary"] == japanese.dictionary_digest() != ""
    assert other.write(tmp_path / "other") != plain


@pytest.mark.parametrize("name", ["nowhere.dic", "broken.dic"])
def test_an_unusable_dictionary_is_named_with_the_remedy(name, tmp_path):
    (tmp_path / "broken.dic").write_bytes(b"junk")
    japanese.use_dictionary(tmp_path / name)

    with pytest.raises(ArtifactError, match=rf"{name}.*TEXT_DICTIONARY"):
        tokenize("牛乳")


# Found by benchmarks.fuzz: SudachiPy ends the process that reads this, by SIGSEGV.
_DEADLY = (
    "eNrt2b8vQ1EYxvH3nFuqSYfGwNrRIjlttO4g8SMMnZRKTBJt78ENueKWhO0sEmMHo8GCvQaLhMniXzAY/EpILEZJ"
    "FZM/Ad9P8gzP8C7P+la2gmp9JZwIo2q8MxnWlXybeU2tyg/9eZMv5kyukCuaXH540A98Pz/kF5Tq9srTFZfV6fn1"
    "OCivh9GmjRtuTKfm4tCWosBuu0XXk6xsxmG03HBO9SWnok6xDXeoxjKzdsnGNqrbUjBXra1Zd6mUAAAAAAAAAAAA"
    "AAAAUQk2AAAAAADgz9v35O5dy/lbJ86Tx4yW3aaWk6Yn909ajg48eRjQcnagZe9Wy0XX15VjOAAA8EfwDQEA/AvX"
    "5so8m1NzbG46GZle3rhfGK2xCwAAAAAA/0mrt9W7/TLelRTJdqqfEMl8Ji3SbrfZBwAAAACAX+EDun5KfQ=="
)


def test_one_that_ends_its_reader_is_refused_and_the_process_goes_on(tmp_path):
    (tmp_path / "bad.dic").write_bytes(zlib.decompress(base64.b64decode(_DEADLY)))
    japanese.use_dictionary(tmp_path / "bad.dic")

    with pytest.raises(ArtifactError, match=r"bad\.dic: not a SudachiPy user dictionary .*SIGSEGV"):
        tokenize("似照工房の椅子")
