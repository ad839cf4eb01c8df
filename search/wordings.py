"""The words of products as Postgres searches them: cut by our own analyser, not by its parser.

Postgres puts no boundary between Japanese words, and cuts model numbers apart. So the worker stores
each product's tokens; what is stale follows from the digest, as for vectors.
"""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from catalog.models import Product
from search.engine.text.tokens import tokenize
from search.models import Wording

# A tsvector holds a megabyte at most, and a description that long is no description.
MOST_TOKENS = 2000

# A product that is deleted meanwhile has no row to hold, and nothing is written.
WRITE = """
INSERT INTO search_wording (product_id, source_digest, title, words)
SELECT id, %s, array_to_tsvector(%s::text[]), array_to_tsvector(%s::text[])
FROM catalog_product WHERE id = %s FOR KEY SHARE
ON CONFLICT (product_id) DO UPDATE SET
    source_digest = excluded.source_digest, title = excluded.title, words = excluded.words
"""


def stale() -> QuerySet:
    """Products whose words are not stored, or have changed since."""
    same = Wording.objects.filter(product=OuterRef("pk"), source_digest=OuterRef("text_digest"))
    return Product.objects.filter(~Exists(same)).order_by("pk").values_list("pk", flat=True)


def refresh(*, product_ids: Sequence[int]) -> int:
    """Store the words of those of these products that are stale; how many there were."""
    columns = ("pk", "text_digest", "title", "brand", "color", "description")
    rows = [
        (digest, tokens(title, brand), tokens(title, brand, color, description), pk)
        for pk, digest, title, brand, color, description in stale()
        .filter(pk__in=product_ids)
        .values_list(*columns)
    ]
    if rows:
        with connection.cursor() as sql:
            sql.executemany(WRITE, rows)
    return len(rows)


def tokens(*texts: str) -> list[str]:
    """What the texts say, each word once."""
    return list(dict.fromkeys(token for text in texts for token in tokenize(text)))[:MOST_TOKENS]
