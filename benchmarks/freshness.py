"""From a commit to the answer of another process, and publishing builds, while readers ask.

    python -m benchmarks.freshness DIR [--changes 500] [--json FILE]

DIR is the data folder of a site with a published build; products of it are changed.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.serving import percentiles
from benchmarks.site import measure_inside

READERS: Final = 2
PUBLISHES: Final = 10
HELD: Final = 60.0  # seconds
PATIENCE: Final = 30.0  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--changes", type=int, default=500)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    out = str(options.json.resolve()) if options.json else None
    measure_inside(options.data, "benchmarks.freshness", options.changes, out)


def measure(changes: int, out: str | None) -> None:
    from benchmarks.web import Load, web
    from catalog.models import Product

    ids = list(Product.objects.published().order_by("pk").values_list("pk", flat=True)[:10_000])
    drawn = random.Random(1)
    found: dict[str, Any] = {}
    with web(2) as site:
        paths = [f"/api/v1/products/{pk}/similar/?k=10" for pk in drawn.sample(ids, 200)]
        with Load(site.port, lambda: random.choice(paths), readers=READERS) as load:
            found["facts, ms"] = percentiles(of_facts(site.port, ids, changes))
            with web(1) as office:
                found["PATCH at another process, ms"] = percentiles(
                    of_writes(site.port, office.port, ids, changes)
                )
            found["vectors, ms"] = percentiles(of_vectors(site.port, ids, changes))
            with held_open():
                started, waited = time.perf_counter(), []
                while time.perf_counter() - started < HELD:
                    waited += of_facts(site.port, ids, 10)
            found["beside a transaction of a minute, ms"] = percentiles(waited)
            before = len(load.seconds)
            found["publishing, ms"] = percentiles(of_publishing(site.port))
            found["requests meanwhile"] = len(load.seconds) - before
        found |= {"requests": len(load.seconds), "failed": load.failed}
        found["readers, ms"] = percentiles(load.seconds)
    text = json.dumps(found, indent=1)
    sys.stderr.write(text + "\n")
    if out:
        Path(out).write_text(text, encoding="utf-8")


def seen(client: Any, path: str, pk: int) -> bool:
    return pk in {each["product"]["id"] for each in client.json(path)["results"]}


def waited_for(client: Any, path: str, pk: int) -> float:
    """Seconds until the answer has this product."""
    started = time.perf_counter()
    while not seen(client, path, pk):
        if time.perf_counter() - started > PATIENCE:
            raise RuntimeError(f"{path} never had {pk}")
    return time.perf_counter() - started


def pairs(client: Any, ids: list[int]) -> Any:
    """Products with the one most like it, drawn without end."""
    drawn = random.Random(3)
    while True:
        pk = drawn.choice(ids)
        results = client.json(f"/api/v1/products/{pk}/similar/?k=1")["results"]
        if results:
            yield pk, results[0]["product"]["id"]


def of_facts(port: int, ids: list[int], changes: int) -> list[float]:
    """A price is changed, and the product is asked for by that price."""
    from benchmarks.web import Client
    from catalog.models import Product

    client, seconds = Client(port), []
    found = pairs(client, ids)
    for number in range(changes):
        pk, other = next(found)
        price = f"{900_000 + number}.{random.randrange(100):02}"
        Product.objects.filter(pk=other).update(price=price)
        path = f"/api/v1/products/{pk}/similar/?k=10&price_min={price}&price_max={price}"
        seconds.append(waited_for(client, path, other))
    return seconds


def of_writes(port: int, office: int, ids: list[int], changes: int) -> list[float]:
    """A price is changed by the API at one process, and asked for at others, from its answer on."""
    from benchmarks.web import Client
    from catalog import tokens
    from catalog.models import Shop

    _token, key = tokens.issue(shop=Shop.objects.get(), name="freshness", can_write=True)
    client, writer, seconds = Client(port), Client(office), []
    told = {"Authorization": f"Bearer {key}", "Content_Type": "application/json"}
    found = pairs(client, ids)
    for number in range(changes):
        pk, other = next(found)
        price = f"{800_000 + number}.{random.randrange(100):02}"
        body = json.dumps({"price": price}).encode()
        status, answer = writer.send("PATCH", f"/api/v1/products/{other}/", body, **told)
        if status != 200:
            raise RuntimeError(f"PATCH: {status} {answer[:200]!r}")
        path = f"/api/v1/products/{pk}/similar/?k=10&price_min={price}&price_max={price}"
        seconds.append(waited_for(client, path, other))
    return seconds


def of_vectors(port: int, ids: list[int], changes: int) -> list[float]:
    """A product gets the vectors of another, and is then among the most like that one.

    As when its picture was encoded anew; for as long as the encoder takes, see `benchmarks.encode`.
    """
    from benchmarks.web import Client
    from catalog.models import Product
    from search.models import Embedding

    client, seconds = Client(port), []
    drawn = random.Random(4)
    for _ in range(changes):
        model, changed = drawn.sample(ids, 2)
        # Two of one picture and one title would be variants, of which one is shown.
        Product.objects.filter(pk=changed).update(title=f"Changed {drawn.random()}")
        for row in Embedding.objects.filter(product=model):
            Embedding.objects.filter(product=changed, space=row.space).update(vector=row.vector)
        seconds.append(waited_for(client, f"/api/v1/products/{model}/similar/?k=20", changed))
    return seconds


def held_open() -> Any:
    """A transaction of another session that has written and does not end."""
    import psycopg
    from django.db import connection

    known = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in ("dbname", "user", "password", "host", "port")
    }
    session = psycopg.connect(**known)
    session.execute("UPDATE catalog_shop SET name = name")
    return session


def of_publishing(port: int) -> list[float]:
    """Two builds are published by turns; how long until an answer says so."""
    from benchmarks.web import Client
    from catalog.models import Product
    from search import builds
    from search.models import Build

    client, seconds = Client(port), []
    ready = list(Build.objects.ready().order_by("-pk")[:2])
    if len(ready) < 2:
        ready.append(builds.build_index())
    path = f"/api/v1/products/{Product.objects.published()[0].pk}/similar/?k=1"
    for number in range(PUBLISHES):
        build = ready[number % 2 - 1]
        builds.publish_build(build)
        started = time.perf_counter()
        while client.json(path)["build"] != build.pk:
            if time.perf_counter() - started > PATIENCE:
                raise RuntimeError(f"build {build.pk} is never served")
        seconds.append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    main()
