"""A site of any size, derived from a small one that exists: its products, pictures' rows, vectors.

    bin/demo --catalog CATALOGUE --data DIR --no-serve
    DATA_DIR=DIR bin/manage shell -c "from benchmarks.large_site import grow; grow(1_000_000)"
    DATA_DIR=DIR bin/manage build_index

Each new product is a real one moved part of the way towards one of its 20 nearest, as in
`benchmarks.index_rows`, but as encoders would have put it: before anything is fitted. It has the
facts of the real one, a word of another's title in its own, and no files of pictures.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.index_rows import NEAR, NOISE
from catalog.models import Product
from search.engine.arrays import l2_normalize
from search.engine.index.exact import ExactIndex
from search.models import Embedding, Space

CHUNK: Final = 5000
FACTS: Final = ("title", "description", "category", "brand", "color", "price", "stock", "shop")
PRODUCT: Final = (
    "id, shop_id, sku, title, description, category_id, brand, color, price, currency, stock, url,"
    " item_group_id, attributes, published, created_at, updated_at"
)


def grow(products: int) -> None:
    """Add products until there are so many."""
    real = list(Product.objects.order_by("pk").values("pk", *FACTS))
    vectors = {space: stretches(space, [each["pk"] for each in real]) for space in spaces()}
    everything = [unit for parts in vectors.values() for unit in parts]
    near = nearest(np.hstack([unit / len(everything) ** 0.5 for unit in everything]))
    rng = np.random.default_rng(0)
    first = real[-1]["pk"] + 1
    with connection.cursor() as sql:
        # No log of changes and no look at foreign keys: a build is made of them afterwards.
        sql.execute("SET session_replication_role = replica")
        for start in range(0, products - len(real), CHUNK):
            count = min(CHUNK, products - len(real) - start)
            with transaction.atomic():
                add(sql, first + start, count, real=real, vectors=vectors, near=near, rng=rng)
            sys.stderr.write(f"\r{start + count + len(real):,} products")
        sql.execute("SET session_replication_role = DEFAULT")
        for table in ("catalog_product", "catalog_productimage", "search_embedding"):
            sql.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
            sql.execute(f"ANALYZE {table}")
    sys.stderr.write("\n")


def spaces() -> list[Space]:
    return list(Space.objects.newest_of_each_signal())


def stretches(space: Space, ids: list[int]) -> list[np.ndarray]:
    """The real products' vectors, each part of unit length by itself."""
    matrix = Embedding.objects.matrix(space=space, product_ids=ids)
    ends = np.cumsum([part["dimension"] for part in space.parts])[:-1]
    return [l2_normalize(part) for part in np.split(matrix, ends, axis=1)]


def nearest(units: np.ndarray) -> np.ndarray:
    return ExactIndex(units).search(units, k=NEAR + 1).rows[:, 1:]


def add(
    sql: Any,
    first: int,
    count: int,
    *,
    real: list[dict[str, Any]],
    vectors: dict[Space, list[np.ndarray]],
    near: np.ndarray,
    rng: np.random.Generator,
) -> None:
    one, other, another = rng.integers(len(real), size=(3, count))
    towards = near[one, rng.integers(NEAR, size=count)]
    share = rng.random((count, 1), dtype=np.float32)
    ids = range(first, first + count)
    copy(sql, f"catalog_product ({PRODUCT})", products_of(ids, real, one, other))
    pictures = ((pk, f"{pk:064x}", 80, 60, 0) for pk in ids)
    copy(sql, "catalog_productimage (product_id, sha256, width, height, position)", pictures)
    copy(sql, "catalog_picturedigest (product_id, digest)", ((pk, f"{pk:032x}") for pk in ids))
    for space, parts in vectors.items():
        moved = [
            l2_normalize(
                (1 - share) * unit[one]
                + share * unit[towards]
                + NOISE * (unit[other] - unit[another])
            )
            for unit in parts
        ]
        rows = np.hstack(moved).astype("<f2")
        copy(
            sql,
            "search_embedding (product_id, space_id, source_digest, vector)",
            ((pk, space.pk, "derived", row.tobytes()) for pk, row in zip(ids, rows, strict=True)),
        )


def products_of(
    ids: range, real: list[dict[str, Any]], one: np.ndarray, other: np.ndarray
) -> Iterator[tuple[Any, ...]]:
    now = timezone.now()
    for pk, mine, theirs in zip(ids, one.tolist(), other.tolist(), strict=True):
        facts = real[mine]
        title = f"{facts['title']} {longest_word(real[theirs]['title'])}"
        yield (
            *(pk, facts["shop"], f"derived-{pk}", title, facts["description"]),
            *(facts["category"], facts["brand"], facts["color"], facts["price"], ""),
            *(facts["stock"], "", "", json.dumps({}), True, now, now),
        )


def longest_word(title: str) -> str:
    return max(title.split(), key=len, default="")


def copy(sql: Any, into: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with sql.copy(f"COPY {into} FROM STDIN") as out:
        for row in rows:
            out.write_row(row)
