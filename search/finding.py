"""What is similar to a photo, fits some words, or goes with several products at once."""

import hashlib
import logging
from collections.abc import Sequence

import numpy as np

from catalog.models import Product
from search import matching, photos, reasons, recommend, runtime
from search.engine.errors import ArtifactError
from search.engine.fusion import Mix
from search.engine.image.photos import WHOLE, Window
from search.filters import Filters
from search.matching import Match
from search.queries import Query
from search.reasons import Reason, Words
from search.recommend import Recommendation, State, Wanted
from search.serving import Serving
from search.telling import Neighbour

logger = logging.getLogger(__name__)

# Photos are compared with pictures; what words would be said of them is a guess.
PHOTO_MIX: Mix = {"image": 1.0}
# "This, in blue": what is said counts as much as what is seen.
PHOTO_AND_WORDS_MIX: Mix = {"image": 0.5, "text": 0.2, "aligned": 0.3}


def by_photo(
    *, content: bytes, crop: Window = WHOLE, words: str = "", wanted: Wanted
) -> Recommendation:
    """Products that look like a photo, or like a part of it, and fit the words said with it.

    Raises PictureError for what is no picture, and BusyError where too many are asked at once.
    """
    source = f"photo:{digest(content, crop, words)}"
    serving = runtime.current()
    if serving is None:
        return recommend.nothing(source, wanted, None, State.BUILDING)
    wanted = replace_mix(wanted, serving, PHOTO_AND_WORDS_MIX if words else PHOTO_MIX)
    try:
        with photos.one_at_a_time():
            image = photos.decoded(content, crop)
            query = photos.query_of(
                serving, image, is_whole=crop == WHOLE, mix=PHOTO_MIX, source=source
            )
    except ArtifactError as err:
        logger.error("photos can't be searched by: %s", err)
        return recommend.nothing(source, wanted, serving, State.AWAY)
    if query is None:
        return recommend.nothing(source, wanted, serving, State.BARE)
    if words:
        query = query.with_words(serving, words)
    return recommend.answers(serving, query, [wanted])[0]


def replace_mix(wanted: Wanted, serving: Serving, default: Mix) -> Wanted:
    """With a mix, the default's weights of those signals that this catalogue has."""
    if wanted.mix:
        return wanted
    known = {block.signal for block in serving.folder.blocks}
    mix = {signal: weight for signal, weight in default.items() if signal in known}
    return wanted._replace(mix=mix or None)


def digest(content: bytes, crop: Window, words: str) -> str:
    facts = repr((tuple(crop), words)).encode()
    return hashlib.blake2b(content + facts, digest_size=8).hexdigest()


def by_words(*, words: str, wanted: Wanted) -> Recommendation:
    """Products that fit words by letter and by meaning, best first; every variant of a thing.

    The score is that of `matching`; without a build letters alone are compared.
    """
    serving = runtime.current()
    filters = wanted.filters or Filters.none()
    found = matching.matches(words, filters=filters)[: wanted.k + recommend.SPARE]
    products = filters.products.for_cards().in_bulk([match.product_id for match in found])
    is_common = reasons.common_words(serving) if serving else lambda word: False
    said = Words(words, "")
    results = []
    for match in [each for each in found if each.product_id in products][: wanted.k]:
        product = products[match.product_id]
        shared = reasons.shared_words(
            said, Words(product.title, product.description), is_common=is_common
        )
        results.append(matched(match, product, shared))
    source = f"words:{digest(words.encode(), WHOLE, '')}"
    state = State.OK if results else State.ALONE
    return recommend.answered(source, wanted, serving, state, results)


def matched(match: Match, product: Product, words: list[str]) -> Neighbour:
    parts = {
        "letters": matching.LETTERS * match.letters,
        "text": (1 - matching.LETTERS) * max(match.meaning or 0.0, 0.0),
    }
    total = sum(parts.values()) or 1.0
    return Neighbour(
        product=product,
        score=min(max(match.score, -1.0), 1.0),
        image_score=None,
        text_score=match.meaning,
        why=[
            Reason(signal, part / total, words if signal == "letters" else [])
            for signal, part in sorted(parts.items(), key=lambda each: -each[1])
            if part
        ],
    )


def by_products(
    *, liked: Sequence[Product], disliked: Sequence[Product], wanted: Wanted
) -> Recommendation:
    """Products like some, and unlike others; none of those themselves."""
    ids = [[product.pk for product in group] for group in (liked, disliked)]
    source = f"products:{digest(repr(ids).encode(), WHOLE, '')}"
    serving = runtime.current()
    if serving is None:
        return recommend.nothing(source, wanted, None, State.BUILDING)
    places, away = (serving.places_of(np.array(group, dtype=np.int64)) for group in ids)
    if not np.any(places >= 0):
        return recommend.nothing(source, wanted, serving, State.WAITING)
    query = Query.of_places(serving, places[places >= 0], away[away >= 0], source=source)
    left_out = np.concatenate([places, away])
    return recommend.answers(serving, query, [wanted], without=left_out[left_out >= 0])[0]
