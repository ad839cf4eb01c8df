"""Which products fit some words: by letter, as Postgres finds them, and by meaning, as the index.

By letter a word is found as it is written, in the middle of typing it, or with a slip of the hand.
By meaning "sneakers" finds running shoes. The score is the weighted sum of the two, so a product
that says all the words comes before one that merely means something like them.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from search import counters, runtime
from search.engine.fusion import Mix
from search.engine.index.milvus import MilvusError
from search.engine.text.tokens import tokenize
from search.filters import Filters
from search.queries import Query
from search.serving import Serving

logger = logging.getLogger(__name__)

LETTERS: Final = 0.6  # of the score; the rest is the meaning's
# What is only described so is less surely so.
IN_DESCRIPTION: Final = 0.5
# Letters alike are as good as so much of the word itself.
LOOSE: Final = 0.8
# Of trigrams that a word shares with the best stretch of a title: "addidas" and "adidas" share 0.6.
LEAST_ALIKE: Final = 0.45
LEAST_LIKE_ANYTHING: Final = 0.3  # below it, letters are no misspelt word of anybody's
THRESHOLD: Final = "pg_trgm.word_similarity_threshold"
MOST_TIME: Final = "400ms"  # where very many titles resemble what was typed, meaning has to do
MOST_TOKENS: Final = 12
# Before they are ordered: a word that half of the catalogue has tells nothing about which half.
MOST_ROWS: Final = 2000
DEPTH: Final = 200
LEAST_MEANING: Final = 0.2  # a cosine
NEAR: Final = 0.5  # of the nearest one's cosine
MEANING_MIX: Mix = {"text": 0.5, "aligned": 0.5}

ALL_WORDS = """
SELECT product_id, {share} AS share
FROM (SELECT product_id, title, words FROM search_wording
      WHERE words @@ %(all)s::tsquery AND product_id IN ({allowed}) LIMIT {rows}) AS found
ORDER BY share DESC, product_id DESC LIMIT {depth}
"""
ALIKE = """
SELECT id, word_similarity(%(typed)s, letters) AS alike
FROM catalog_product
WHERE %(typed)s <%% letters AND id IN ({allowed})
ORDER BY alike DESC, id DESC LIMIT {depth}
"""
SAID = """
SELECT EXISTS (SELECT FROM search_wording WHERE words @@ %(any)s::tsquery)
    OR EXISTS (SELECT FROM catalog_product WHERE %(typed)s <%% letters)
"""


class Match(NamedTuple):
    product_id: int
    score: float
    letters: float  # 0..1
    meaning: float | None  # -1..1; None where the index does not know the product


def matches(words: str, *, filters: Filters, depth: int = DEPTH) -> list[Match]:
    """The products that fit these words best, at most about twice `depth` of them, best first."""
    by_letter = lettered(words, filters, depth=depth)
    serving = runtime.current()
    by_meaning: dict[int, float] = {}
    # An encoder finds something near to any letters; what nobody here says means nothing here.
    if serving and (by_letter or is_said(words)):
        by_meaning = meant(words, serving, filters, by_letter, depth=depth)
    found = [
        Match(
            pk,
            score=LETTERS * by_letter.get(pk, 0.0) + (1 - LETTERS) * by_meaning.get(pk, 0.0),
            letters=by_letter.get(pk, 0.0),
            meaning=by_meaning.get(pk),
        )
        for pk in by_letter.keys() | by_meaning.keys()
    ]
    return sorted(found, key=lambda match: (-match.score, match.product_id))


def best(words: str) -> list[int]:
    """All published products that fit these words, best first, for lists that are narrowed on."""
    return [match.product_id for match in matches(words, filters=Filters.none())]


def lettered(words: str, filters: Filters, *, depth: int) -> dict[int, float]:
    """How much of the words products have, letter by letter: {product: 0..1}."""
    tokens = list(dict.fromkeys(tokenize(words)))[:MOST_TOKENS]
    if not tokens:
        return {}
    allowed, parameters = filters.products.order_by().values("pk").query.sql_with_params()
    told: dict[str, Any] = {"all": " & ".join(map(begun, tokens)), "typed": typed(words)}
    told |= {f"token{at}": begun(token) for at, token in enumerate(tokens)}
    share = " + ".join(
        f"CASE WHEN title @@ %(token{at})s::tsquery THEN 1.0 ELSE {IN_DESCRIPTION} END"
        for at in range(len(tokens))
    )
    whole = f"({share}) / {len(tokens)}"
    try:
        with connection.cursor() as sql:
            sql.execute(*composed(ALL_WORDS, told, allowed, parameters, whole, depth))
            found = {pk: float(value) for pk, value in sql.fetchall()}
        # Only now: trigrams of a long title are those of very many products.
        return found or alike(composed(ALIKE, told, allowed, parameters, whole, depth))
    except OperationalError as err:
        if not isinstance(err.__cause__, QueryCanceled):
            raise
        logger.warning("not compared letter by letter, it took too long: words=%d", len(tokens))
        counters.WORDS_CUT_SHORT.inc()
        return {}


def alike(statement: tuple[str, dict[str, Any]]) -> dict[int, float]:
    """Products whose titles resemble what was typed, as long as that takes a moment."""
    with transaction.atomic(), connection.cursor() as sql:
        for name, value in ((THRESHOLD, str(LEAST_ALIKE)), ("statement_timeout", MOST_TIME)):
            sql.execute("SELECT set_config(%s, %s, true)", [name, value])
        sql.execute(*statement)
        found = {pk: LOOSE * float(value) for pk, value in sql.fetchall()}
        sql.execute("SELECT set_config('statement_timeout', '0', true)")
    return found


def is_said(words: str) -> bool:
    """Whether any product says one of these words, begins one like it, or has one a bit like it."""
    tokens = list(dict.fromkeys(tokenize(words)))[:MOST_TOKENS]
    if not tokens:
        return False
    with transaction.atomic(), connection.cursor() as sql:
        sql.execute("SELECT set_config(%s, %s, true)", [THRESHOLD, str(LEAST_LIKE_ANYTHING)])
        sql.execute(SAID, {"any": " | ".join(map(begun, tokens)), "typed": typed(words)})
        return bool(sql.fetchone()[0])


def composed(
    query: str,
    told: Mapping[str, Any],
    allowed: str,
    parameters: tuple[Any, ...],
    share: str,
    depth: int,
) -> tuple[str, dict[str, Any]]:
    """A statement with the filters' own in it, whose parameters have no names."""
    names = {f"allowed{at}": value for at, value in enumerate(parameters)}
    inner = allowed % tuple(f"%({name})s" for name in names) if names else allowed
    return query.format(share=share, allowed=inner, rows=MOST_ROWS, depth=depth), {**told, **names}


def begun(token: str) -> str:
    """A tsquery of words that begin with this one, which may not be typed to its end."""
    escaped = token.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}':*"


def typed(words: str) -> str:
    return " ".join(words.lower().split())


def meant(
    words: str,
    serving: Serving,
    filters: Filters,
    by_letter: Mapping[int, float],
    *,
    depth: int,
) -> dict[int, float]:
    """How near products are to what the words mean, and of those found by letter as well.

    Those that are much farther than the nearest mean something else.
    """
    query = Query.of_words(serving, words, source="")
    known = {block.signal for block in serving.folder.blocks}
    mix = {signal: weight for signal, weight in MEANING_MIX.items() if signal in known}
    if not query.is_comparable(serving, mix):
        return {}
    asked = query.asking(serving, mix)
    try:
        found = serving.search(asked, k=depth, allowed=serving.admitted(filters.criteria))
    except MilvusError as err:
        logger.error("searched by letter alone: %s", err)
        return {}
    rows, nearness = found.rows[0], found.scores[0]
    near = rows[(rows >= 0) & (nearness >= max(LEAST_MEANING, NEAR * nearness[0]))]
    also = serving.places_of(np.array(sorted(by_letter), dtype=np.int64))
    places = np.unique(np.concatenate([near, also[also >= 0]]))
    scores = serving.vectors_at(places) @ asked[0]
    return dict(zip(serving.ids_at(places).tolist(), scores.tolist(), strict=True))
