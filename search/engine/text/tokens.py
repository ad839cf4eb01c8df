"""Text to tokens: any unicode string in, a list of comparable words out.

Shops write HTML, full-width letters, curly quotes and several scripts in one title, so each run of
characters is cut by the rules of its own script:

- kana and kanji by SudachiPy, because Japanese puts no spaces between words;
- scripts that do put spaces by word rules which keep model numbers and sizes whole;
- Korean, and scripts without spaces or unknown to us, as overlapping character n-grams.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from search.engine.text import japanese

# A longer "word" is a base64 blob or a joined URL; what follows this many characters says nothing.
LONGEST_WORD: Final = 64
# Normalising a long run of combining marks takes quadratic time (40,000 marks: 2 s), so text
# is normalised in pieces of at most this many characters between spaces.
_LONGEST_PIECE: Final = 1000
# Syllables of Korean carry more than letters of Thai, hence shorter n-grams.
_HANGUL_N: Final = 2
_UNSPACED_N: Final = 3

_KATAKANA: Final = "\u30a1-\u30ff\u31f0-\u31ff"
_JAPANESE: Final = (
    "\u3005-\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
    + _KATAKANA
)
_HANGUL: Final = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
# Thai to Myanmar, Khmer, Tai Le to Balinese, Bopomofo, Yi, Javanese to Tai Viet, all higher planes.
_UNSPACED: Final = (
    "\u0e00-\u109f\u1780-\u17ff\u1950-\u1b7f\u3100-\u312f\u31a0-\u31bf\ua000-\ua4cf\ua980-\uaadf"
    "\U00010000-\U0001ffff\U000323b0-\U0010ffff"
)
# Vowel signs and accents continue a word, yet `\w` leaves them out.
_MARKS: Final = "".join(
    chr(code)
    for code in (*range(0x300, 0x2000), *range(0xA800, 0xAC00), *range(0xFE20, 0xFE30))
    if unicodedata.category(chr(code)).startswith("M")
)

_W: Final = rf"[^\W_{_JAPANESE}{_HANGUL}{_UNSPACED}]"
_LETTERS: Final = rf"(?:{_W}[{_MARKS}]*)+"
# Hyphen and apostrophe inside a word; point, comma, slash between digits: "t-shirt", "5.5", "1/2".
_JOIN: Final = rf"(?:[-'](?={_W})|(?<=\d)[.,/](?=\d))"
_RUNS: Final = re.compile(
    # "tシャツ" and "vネック" are one word each to the analyser.
    rf"(?P<japanese>(?:[a-z](?=[{_KATAKANA}]))?[{_JAPANESE}]+)"
    # Part numbers such as "mq8n2b/a" end in a slash and a region's one or two letters.
    rf"|(?P<part>(?=[a-z]*\d)[a-z0-9]{{4,}}+/[a-z]{{1,2}}(?!{_W}))"
    # A plus after a digit names a model, "s9+", or an age, "18+".
    rf"|(?P<word>{_LETTERS}(?:{_JOIN}{_LETTERS})*(?:(?<=\d)\+)?)"
    rf"|(?P<hangul>[{_HANGUL}]+)"
    rf"|(?P<unspaced>[^\W_](?:[^\W_]|[{_MARKS}])*)"
)

# Possessive: a tag that is never closed would take the square of its length.
_TAG: Final = re.compile(r"<([!/?]?)([-a-zA-Z\[][^\s<>/]*+)[^<>]*+>")
# `html.unescape` raises on a number of more than 4,300 digits; no character needs more than seven.
_OVERLONG_REFERENCE: Final = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")
# A new line to whoever reads the page; other tags may stand inside a sentence.
_BLOCKS: Final = frozenset(
    {"br", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "p", "td", "th", "tr"}
)
# A point ends a sentence before white space alone: "5.5 inch" goes on.
_BREAK: Final = re.compile(r"[.!?;](?=\s|$)|[\n\r|\u2022\u3002\uff01\uff1f\uff5c]")
_SILENT_ELEMENTS: Final = frozenset({"script", "style"})

# Before NFKC: it would glue "tm" to a brand and turn "5½" into fifty-one halves.
_REPLACED: Final = str.maketrans(
    {
        "\u2122": " ",  # trade mark
        "\u2120": " ",  # service mark
        "\u200b": " ",  # zero width space: a word boundary in Thai and Khmer
        "\u00ad": "",  # soft hyphen
        "\u2060": "",  # word joiner
        "\ufeff": "",  # byte order mark
        "\u2018": "'",
        "\u2019": "'",
        "\u2010": "-",
        "\u2011": "-",
        **{char: f" {unicodedata.normalize('NFKC', char)} " for char in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"},
    }
)
_FRACTION_SLASH: Final = "\u2044"


def tokenize(text: str) -> list[str]:
    """Cut `text` into folded tokens, in reading order; never raises, whatever the string holds.

    A token holds no white space and at most 64 characters. Text without letters or digits has none.
    """
    return _tokens(_visible(text))


def sentences(text: str) -> list[list[str]]:
    """The tokens of `text` as `tokenize` cuts them, sentence by sentence; empty ones left out."""
    found = (_tokens(piece) for piece in _BREAK.split(_visible(text)))
    return [tokens for tokens in found if tokens]


def character_ngrams(run: str, *, n: int) -> list[str]:
    """Return the overlapping n-grams of `run`, or `run` itself where it is shorter."""
    return [run[start : start + n] for start in range(max(1, len(run) - n + 1))]


def _tokens(visible: str) -> list[str]:
    return [
        token[:LONGEST_WORD]
        for run in _RUNS.finditer(_folded(visible))
        for token in _tokens_of_run(kind=run.lastgroup or "", run=run.group())
    ]


def _tokens_of_run(*, kind: str, run: str) -> list[str]:
    match kind:
        case "japanese":
            return japanese.words(run)
        case "hangul":
            return character_ngrams(run, n=_HANGUL_N)
        case "unspaced":
            return character_ngrams(run, n=_UNSPACED_N)
        case _:
            return [run]


def _visible(text: str) -> str:
    """Drop markup and decode entities; feeds often escape their HTML, so entities come first."""
    if "&" in text:
        text = html.unescape(_OVERLONG_REFERENCE.sub(" ", text))
    return "".join(_outside_tags(text)) if "<" in text else text


def _outside_tags(text: str) -> Iterator[str]:
    """Yield the text between tags, without the contents of scripts and style sheets."""
    start, silent = 0, ""
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if not silent:
            yield text[start : tag.start()]
            yield "\n" if name in _BLOCKS else " "
            silent = name if name in _SILENT_ELEMENTS and not tag[1] else ""
        elif tag[1] == "/" and name == silent:
            silent = ""
        start = tag.end()
    if not silent:
        yield text[start:]


def _folded(text: str) -> str:
    """Unify width, compatibility forms and case: NFKC, case folding, NFKC of what that undid."""
    # A lone surrogate can't be encoded, which the analyser and fastText both require.
    text = text.translate(_REPLACED).encode("utf-8", "replace").decode("utf-8")
    pieces = re.findall(rf"\S{{1,{_LONGEST_PIECE}}}", text)
    folded = (_nfkc(_nfkc(piece).casefold()) for piece in pieces)
    return " ".join(folded).replace(_FRACTION_SLASH, "/")


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
