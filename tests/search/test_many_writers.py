"""Whatever many writers do at once, a process that watched sees what one that starts now sees."""

import random
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from catalog import categories
from catalog.models import Category, Product
from search import builds, embeddings, runtime
from search.assembly import Step
from search.embeddings import Encoded
from search.engine.index.checkpoints import Checkpoints
from search.engine.index.folder import IndexFolder
from search.models import Build, Embedding, Space
from search.serving import Serving
from tests.shelves import add_product

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
CHANGES = 10_000
MOST_AT_ONCE = 8  # changes in a transaction

Rows = dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]  # vector, present, columns


class Writer(threading.Thread):
    """Changes products at random, in transactions that end in another order than they begin."""

    def __init__(self, number: int, spaces: list[Space]) -> None:
        super().__init__()
        self.drawn = random.Random(number)
        self.vectors = np.random.default_rng(number)
        self.number = number
        self.spaces = spaces
        self.categories = [None, *Category.objects.values_list("pk", flat=True)]
        self.made = 0

    def run(self) -> None:
        try:
            while self.made < CHANGES // WRITERS:
                count = self.drawn.randint(1, MOST_AT_ONCE)
                try:
                    with transaction.atomic():
                        self.change(count)
                        time.sleep(self.drawn.random() * 0.004)
                        if self.drawn.random() < 0.1:
                            transaction.set_rollback(True)
                except DatabaseError:
                    continue  # two writers stood in each other's way, and Postgres ended one
                self.made += count
        finally:
            connection.close()

    def change(self, count: int) -> None:
        ids = list(Product.objects.values_list("pk", flat=True))
        for pk in sorted(self.drawn.choices(ids, k=count)):
            product = Product.objects.filter(pk=pk)
            match self.drawn.randrange(12):
                case 0:
                    product.delete()
                case 1:
                    sku = f"{self.number}-{self.made}-{self.drawn.random()}"
                    self.encode(add_product(sku, title="Paper lantern").pk)
                case 2 | 3:
                    product.update(published=self.drawn.random() < 0.5)
                case 4:
                    product.update(
                        price=self.drawn.randrange(99),
                        stock=self.drawn.choice([None, 0, 3]),
                        brand=self.drawn.choice(["Acme", "Else"]),
                        category=self.drawn.choice(self.categories),
                    )
                case 5:
                    Embedding.objects.filter(product=pk, space=self.spaces[0]).delete()
                case _:
                    self.encode(pk)

    def encode(self, pk: int) -> None:
        space = self.drawn.choice(self.spaces)
        vector = self.vectors.normal(size=space.dimension).astype(np.float32)
        embeddings.write(space, [Encoded(pk, "any", vector)])


def seen(serving: Serving) -> dict[int, tuple[bytes, bytes, bytes]]:
    """The vectors, which of their signals are real, and the columns, of all that can be found."""
    ids = np.concatenate([serving.folder.ids, serving.live.ids])
    places = serving.places_of(np.unique(ids))
    places = places[places >= 0]
    rows, present = serving.vectors_at(places), serving.present_at(places)
    ids, numbers = serving.ids_at(places).tolist(), serving.numbers_at(places)
    return {
        pk: (row.tobytes(), real.tobytes(), columns.tobytes())
        for pk, row, real, columns in zip(ids, rows, present, numbers, strict=True)
    }


def of_watched_rows(serving: Serving) -> Rows:
    places = serving.places_of(np.unique(np.append(serving.folder.ids, serving.live.ids)))
    places = places[places >= 0]
    parts = (serving.vectors_at(places), serving.present_at(places), serving.numbers_at(places))
    return dict(zip(serving.ids_at(places).tolist(), zip(*parts, strict=True), strict=True))


def told(rows: Rows, folder: IndexFolder) -> dict[int, tuple[bytes, bytes, bytes]]:
    """Vectors, but those of products without words, which follow from the other products."""
    words = [block.signal for block in folder.blocks].index("text")
    return {
        pk: (
            vector.astype(np.float16).tobytes() if real[words] else b"",
            real.tobytes(),
            numbers.tobytes(),
        )
        for pk, (vector, real, numbers) in rows.items()
    }


def built_anew(base: IndexFolder) -> Build:
    """A build of all that is there now, with what was fitted for an earlier one."""

    def stop(step: Step, share: float) -> None:
        if step == Step.FIT:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        builds.build_index(progress=stop)
    build = Build.objects.latest("pk")
    facts = {
        "transform": base.transform.facts(),
        "weights": {block.signal: block.weight for block in base.blocks},
        "alignment": None,
    }
    Checkpoints(builds.part_of(build)).keep("fit", facts, **base.transform.arrays())
    resumed = builds.build_index()
    assert resumed == build
    return resumed


def encode_all(spaces: list[Space]) -> None:
    """Give each product the vectors that it lacks, so that none is inferred from the others."""
    random = np.random.default_rng(WRITERS)
    for space in spaces:
        lacking = Product.objects.exclude(embeddings__space=space).values_list("pk", flat=True)
        vectors = random.normal(size=(len(lacking), space.dimension)).astype(np.float32)
        rows = zip(lacking, vectors, strict=True)
        embeddings.write(space, [Encoded(pk, "any", vector) for pk, vector in rows])


def exported(out: Path) -> bytes:
    call_command("export_similar", "--exact", "--out", str(out))
    return out.read_bytes()


def test_a_process_that_watched_sees_what_one_that_starts_now_sees(indexed, serving, tmp_path):
    categories.resolve(paths=[("Home",), ("Home", "Lamps")])
    writers = [Writer(number, serving().spaces) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        runtime.refresh()
    for writer in writers:
        writer.join()

    watched, of_watched = serving(), exported(tmp_path / "watched.csv")
    runtime.forget()
    started, of_started = serving(), exported(tmp_path / "started.csv")

    assert sum(writer.made for writer in writers) >= CHANGES
    assert watched.live is not started.live
    assert len(watched.live.ids) > 20
    assert seen(watched) == seen(started)
    assert of_watched == of_started
    fresh = IndexFolder(builds.folder_of(built_anew(watched.folder)))
    shown = np.flatnonzero(fresh.searchable)
    rows = zip(fresh.ids[shown].tolist(), shown.tolist(), strict=True)
    of_fresh = {
        pk: (fresh.vectors[row], fresh.present[row], fresh.columns.at(np.array([row]))[0])
        for pk, row in rows
    }
    assert told(of_fresh, fresh) == told(of_watched_rows(watched), fresh)
    assert len({pk for pk, (_, real, _) in of_fresh.items() if real.all()}) > 20

    encode_all(watched.spaces)
    runtime.refresh()
    of_watched = exported(tmp_path / "watched.csv")
    builds.publish_build(built_anew(watched.folder))
    runtime.forget()
    assert exported(tmp_path / "fresh.csv") == of_watched
