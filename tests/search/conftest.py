"""What tests of recommendations share: an index over a handful of products."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from celery import current_app
from django.db import connection

from catalog.models import Product
from search import builds, embeddings, pipeline, runtime
from search.models import Build
from search.serving import Serving
from tests.shelves import add_picture, add_product

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds; only a broken worker ever needs them
SHELF = [
    ("mug-red", "Red ceramic mug", "firebrick"),
    ("mug-blue", "Blue ceramic mug", "royalblue"),
    ("cup-red", "Red tea cup", "crimson"),
    ("lamp-blue", "Blue desk lamp", "mediumblue"),
    ("lamp-red", "Red reading light", "darkred"),
]


def published() -> Build:
    build = Build.objects.published_one()
    assert build is not None
    return build


@pytest.fixture
def shelf(db) -> dict[str, Product]:
    """Five products with words and a picture each, by sku, not yet encoded."""
    products = {sku: add_product(sku, title=title) for sku, title, _ in SHELF}
    for sku, _, color in SHELF:
        add_picture(products[sku], color=color)
    return products


@pytest.fixture
def encode_all() -> Callable[[], int]:
    """Encodes what is stale, as the worker would."""
    return lambda: embeddings.refresh(product_ids=pipeline.stale_products())


@pytest.fixture
def indexed(shelf, encode_all) -> Build:
    """A published build over the shelf."""
    pipeline.fit_models()
    encode_all()
    build = builds.build_index()
    builds.publish_build(build)
    return build


@pytest.fixture
def another_session(transactional_db) -> Iterator[psycopg.Connection]:
    """A second connection to the test's database, as another process has one."""
    known = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in ("dbname", "user", "password", "host", "port")
    }
    with psycopg.connect(**known) as session:
        yield session


@pytest.fixture
def environment(transactional_db, settings, tmp_path: Path) -> dict[str, str]:
    """What makes another process see this test's database, broker and files."""
    database = connection.settings_dict
    host = database["HOST"] or database["OPTIONS"].get("host", "")
    tmp_path.joinpath("artifacts").symlink_to(settings.ARTIFACTS_DIR)
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={host}",
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": settings.SECRET_KEY,
        "DEBUG": "1",
    }


@pytest.fixture
def serving() -> Callable[[], Serving]:
    """What is served at this moment, however short ago somebody asked."""

    def now() -> Serving:
        runtime.refresh()
        current = runtime.current()
        assert current is not None
        return current

    return now


def waiting_for_locks(session: psycopg.Connection) -> int:
    """Sessions of this database; other processes of the run have theirs on the same server."""
    found = session.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    ).fetchone()
    assert found is not None
    return int(found[0])


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "still not so"
        time.sleep(0.1)


@contextmanager
def workers(environment: Mapping[str, str], log: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Starts Celery workers, with more variables if told; kills what is left of them at the end."""
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1"]
    running: list[subprocess.Popen] = []

    def start(**variables: str) -> subprocess.Popen:
        with log.open("a") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**environment, **variables},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def start_worker(environment, tmp_path) -> Iterator[Callable[..., subprocess.Popen]]:
    current_app.control.purge()
    with workers(environment, tmp_path / "worker.log") as start:
        yield start
