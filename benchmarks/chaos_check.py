"""The inner part of benchmarks.chaos: the database, and what is served, beside the ledger."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

PREFIX: Final = "chaos-"
PATIENCE: Final = 600.0  # seconds, until nothing waits to be encoded
BUILD_PATIENCE: Final = 1800.0  # seconds, until a build that is under way has ended
CHUNK: Final = 2000
ASKED: Final = 200  # products whose lists are compared
TRIES: Final = 10
MOST: Final = 20  # examples that are told
# Half floats, computed in batches of other sizes: they may round the other way.
ROUNDING: Final = 2e-3


def measure(port: int, ledger: str, stock: int, out: str) -> None:
    """ledger : a file, as `Ledger.as_json` tells it. stock : products of the catalogue before."""
    told = json.loads(Path(ledger).read_text(encoding="utf-8"))
    found: dict[str, Any] = {"encoded after, s": settle()}
    found |= written(told["states"], told["pending"], stock)
    found |= encoded()
    found |= served(port)
    found |= built_anew()
    Path(out).write_text(json.dumps(found, indent=1), encoding="utf-8")


def settle() -> float:
    """Wait until nothing is stale; for how long. The site does it, not this process."""
    from search import pipeline

    since = time.monotonic()
    while pipeline.stale_products(1) and time.monotonic() - since < PATIENCE:
        time.sleep(0.5)
    return round(time.monotonic() - since, 1)


def written(
    states: dict[str, Any], pending: dict[str, Any], stock: int
) -> dict[str, int | list[str]]:
    """Acknowledged writes that are not there; and what is there though nobody wrote it."""
    rows = dict(stored())
    lost, extra = [], []
    for sku in {*rows, *states, *pending}:
        allowed = [states.get(sku)] + ([pending[sku]] if sku in pending else [])
        if sku not in states and sku not in pending:
            extra.append(sku)
        elif rows.get(sku) not in allowed:
            lost.append(f"{sku}: {rows.get(sku)} is none of {allowed}")
    from catalog.models import Product

    others = Product.objects.exclude(sku__startswith=PREFIX).count()
    if others != stock:
        lost.append(f"{others} products of the catalogue, where {stock} were")
    missing = pictures_missing(rows)
    return {
        "products": len(rows) + others,
        "lost": len(lost) + len(missing),
        "lost, examples": [*lost, *missing][:MOST],
        "written by nobody": len(extra),
        "unknown to the end": len(pending),
    }


def stored() -> Iterator[tuple[str, dict[str, Any]]]:
    """Products by sku as the ledger writes them."""
    from catalog import navigation
    from catalog.models import Product

    names = navigation.names_by_path()
    for product in Product.objects.filter(sku__startswith=PREFIX).for_cards():
        category = product.category
        yield (
            product.sku,
            {
                "title": product.title,
                "description": product.description,
                "category": navigation.full_name(category.path, names) if category else "",
                "brand": product.brand,
                "price": f"{product.price:.2f}",
                "currency": product.currency,
                "stock": product.stock,
                "published": product.published,
                "pictures": [image.sha256 for image in product.images.order_by("position", "pk")],
            },
        )


def pictures_missing(rows: dict[str, dict[str, Any]]) -> list[str]:
    """Pictures whose files are gone or can't be read."""
    from catalog import images, pictures
    from catalog.errors import PictureError

    missing = []
    for sha256 in sorted({sha256 for state in rows.values() for sha256 in state["pictures"]}):
        try:
            if pictures.find(sha256) is None:
                missing.append(f"picture {sha256}: a thumbnail is missing")
            images.decode(pictures.read(sha256), box=pictures.BOX)
        except PictureError as err:
            missing.append(f"picture {sha256}: {err}")
    return missing


def encoded() -> dict[str, int | list[str]]:
    """Products whose vectors are not those of what they show and say now."""
    from search import documents, embeddings
    from search.models import Embedding, Failure, ParkedTask, Space

    stale, other = [], []
    for space in Space.objects.wanted():
        wanted = dict(
            documents.sources(space.signal).values_list("product_id", embeddings.digest(space))
        )
        rows = Embedding.objects.filter(space=space)
        there = dict(rows.values_list("product_id", "source_digest"))
        stale += [f"{space} product={pk}" for pk in wanted if there.get(pk) != wanted[pk]]
        stale += [f"{space} product={pk}: nothing to encode" for pk in there if pk not in wanted]
        ours = rows.filter(product__sku__startswith=PREFIX).order_by("-pk")[:CHUNK]
        vectors = dict(ours.values_list("product_id", "vector"))
        for again in embeddings.encode(space, sorted(vectors)):
            assert again.vector is not None
            if not same(again.vector.astype("<f2"), vectors[again.product_id]):
                other.append(f"{space} product={again.product_id}")
    return {
        "without a current embedding": len(stale),
        "encoded otherwise": len(other),
        "failures": Failure.objects.count(),
        "parked": ParkedTask.objects.count(),
        "stale, examples": [*stale, *other][:MOST],
    }


def same(vector: np.ndarray, kept: Any) -> bool:
    return bool(np.abs(vector - np.frombuffer(kept, dtype="<f2")).max(initial=0) <= ROUNDING)


def served(port: int) -> dict[str, int | list[str]]:
    """Lists of the web processes that have been through all of it, beside those of this new one."""
    from django.test import Client as Here

    from benchmarks.web import Client
    from catalog.models import Product

    ids = Product.objects.published().order_by("-pk").values_list("pk", flat=True)[:ASKED]
    here, there, differ = Here(SERVER_NAME="127.0.0.1"), Client(port), []
    for number, pk in enumerate(ids):
        path = f"/api/v1/products/{pk}/similar/?k=50"
        visitor = f"10.9.{number >> 8}.{number & 255}"
        # Twice, to hear both processes at some time.
        for _ in range(2):
            for _ in range(TRIES):
                own = told(here.get(path, REMOTE_ADDR=visitor).json())
                theirs = told(there.json(path))
                there.close()  # the next is answered by whichever process is free
                if own[0] == theirs[0]:
                    break
                time.sleep(1)  # another build is just being published
            if own != theirs:
                differ.append(f"{path} of build {theirs[0]}, here {own[0]}")
    return {"lists that differ": len(differ), "lists, examples": differ[:MOST]}


def told(answer: Any) -> Any:
    return answer["build"], [(each["product"]["id"], each["score"]) for each in answer["results"]]


def built_anew() -> dict[str, Any]:
    """A build of the database as it is now, beside the served build and its live segment."""
    from search import builds, runtime
    from search.models import Build

    published = Build.objects.published_one()
    assert published
    old = runtime.caught_up(runtime.opened(published))
    before = served_set(old)
    fresh = build_when_free(builds)
    new = runtime.caught_up(runtime.opened(fresh))
    after = served_set(new)
    differ = [sku for sku in {*before, *after} if before.get(sku) != after.get(sku)]
    rows = [*out_of_line(old), *out_of_line(new)]
    fresh_spaces = sorted(str(space) for space in new.spaces)
    return {
        "served": len(before),
        "in the live segment": len(old.live.ids),
        "builds published": Build.objects.published_ones().count(),
        "served otherwise than built anew": len(differ) + len(rows),
        "served, examples": [
            *(f"{sku}: {before.get(sku)} / {after.get(sku)}"[:400] for sku in differ[:MOST]),
            *rows[:MOST],
        ],
        "spaces": fresh_spaces,
    }


def build_when_free(builds: Any) -> Any:
    from search.locks import BuildError

    since = time.monotonic()
    while True:
        try:
            return builds.build_index(anew=True)
        except BuildError:  # the site itself is at it
            if time.monotonic() - since > BUILD_PATIENCE:
                raise
            time.sleep(2)


def served_set(serving: Any) -> dict[str, Any]:
    """By sku: what it is filtered by, which signals are real, its vectors with their digests."""
    from catalog.models import Product
    from search.models import Embedding

    ids, places = placed(serving)
    places = places[places >= 0]
    ids = serving.ids_at(places)
    sku = dict(Product.objects.values_list("pk", "sku"))
    vectors: dict[int, list[tuple[str, str, str]]] = {}
    every = Embedding.objects.filter(space__in=serving.spaces).order_by("space__slug")
    for pk, space, digest, vector in every.values_list(
        "product", "space__slug", "source_digest", "vector"
    ):
        vectors.setdefault(pk, []).append((space, digest, bytes(vector).hex()))
    numbers, present = serving.numbers_at(places), serving.present_at(places)
    # Of signals that have a space: whether a build aligns them besides is its own affair.
    signals = [block.signal for block in serving.folder.blocks]
    present = present[:, [signals.index(space.signal) for space in serving.spaces]]
    return {
        sku.get(int(pk), f"deleted: {pk}"): (row, real, vectors.get(int(pk)))
        for pk, row, real in zip(ids, numbers.tolist(), present.tolist(), strict=True)
    }


def placed(serving: Any) -> tuple[np.ndarray, np.ndarray]:
    """All products that it knows, and where they can be found; -1 where they can't."""
    ids = np.unique(np.concatenate([serving.folder.ids, serving.live.ids]))
    return ids, serving.places_of(ids)


def out_of_line(serving: Any) -> list[str]:
    """Served rows other than the build's own transform makes of the stored vectors."""
    from search.live import raw_vectors

    found = []
    ids, places = placed(serving)
    ids, places = ids[places >= 0], places[places >= 0]
    for start in range(0, len(ids), CHUNK):
        some = slice(start, start + CHUNK)
        rows = serving.folder.rows_from(raw_vectors(ids[some], serving.spaces)).vectors
        off = np.abs(serving.vectors_at(places[some]) - rows.astype(np.float32)).max(axis=1)
        found += [f"build {serving.build} product={pk}" for pk in ids[some][off > ROUNDING]]
    return found
