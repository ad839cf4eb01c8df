"""bin/demo with one of its processes killed: the next run ends as if nothing had been."""

import csv
import io
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from PIL import Image, ImageDraw

from config.embedded.locations import Locations
from config.embedded.scratch import scratch
from search.engine.image import mobilenet

PRODUCTS = 1500  # more than one transaction of the import
PICTURES = 120
KINDS = ["mug", "lamp", "scarf", "kettle", "clock", "chair", "bowl"]
COLORS = ["red", "blue", "green", "gold", "purple", "teal", "navy", "pink"]
PATIENCE = 300  # seconds; only a broken run ever needs them

LOOK = """
import hashlib
from django.core.management import call_command
from search.models import Embedding
fields = "product__shop__slug", "product__sku", "space__slug", "source_digest", "vector"
rows = sorted((*row[:4], bytes(row[4]).hex()) for row in Embedding.objects.values_list(*fields))
print("VECTORS", len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
call_command("export_similar", "--exact", "--k", "5", "--out", {out!r})
"""


class Outcome(NamedTuple):
    vectors: str
    similar: str


@pytest.fixture(autouse=True)
def _no_servers_named(monkeypatch):
    for name in ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "SECRET_KEY", "MEDIA_ROOT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Path:
    """A ZIP of pictures and words that differ from product to product."""
    path = tmp_path_factory.mktemp("catalogue") / "goods.zip"
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["sku", "title", "image"])
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(PRODUCTS):
            kind, color = KINDS[number % len(KINDS)], COLORS[number % len(COLORS)]
            picture = f"{number}.png" if number < PICTURES else ""
            writer.writerow([f"g{number}", f"{color} {kind} no {number % 97}", picture])
            if picture:
                archive.writestr(picture, drawing(number, color))
        archive.writestr("catalog.csv", table.getvalue())
    return path


def drawing(number: int, color: str) -> bytes:
    image = Image.new("RGB", (96, 96), "white")
    edge = 8 + number % 24
    ImageDraw.Draw(image).regular_polygon((48, 48, 40), 3 + number % 6, edge, color)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def at(artifacts_dir) -> Iterator[Locations]:
    """A data directory that holds nothing but the picture network."""
    mobilenet.ensure_converted(artifacts_dir)
    with scratch() as locations:
        shutil.copytree(artifacts_dir, locations.data_dir / "artifacts", dirs_exist_ok=True)
        yield locations


def demo(at: Locations, catalogue: Path) -> subprocess.Popen[bytes]:
    module = "config.embedded.commands.demo"
    arguments = ["--catalog", str(catalogue), "--data", str(at.data_dir), "--no-serve"]
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finish(running: subprocess.Popen[bytes]) -> str:
    printed, _ = running.communicate(timeout=PATIENCE)
    return printed.decode()


def outcome(at: Locations) -> Outcome:
    out = at.data_dir / "similar.csv"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "config.embedded.commands.manage", "shell", "--no-imports"),
            *("-c", LOOK.format(out=str(out))),
        ],
        env={**os.environ, "DATA_DIR": str(at.data_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    vectors = next(line for line in done.stdout.splitlines() if line.startswith("VECTORS"))
    return Outcome(vectors=vectors, similar=out.read_text())


@pytest.fixture(scope="module")
def undisturbed(catalogue, artifacts_dir) -> Outcome:
    with pytest.MonkeyPatch.context() as patch, scratch() as locations:
        for name in ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "SECRET_KEY"):
            patch.delenv(name, raising=False)
        mobilenet.ensure_converted(artifacts_dir)
        shutil.copytree(artifacts_dir, locations.data_dir / "artifacts", dirs_exist_ok=True)
        running = demo(locations, catalogue)
        printed = finish(running)
        assert running.returncode == 0, printed
        return outcome(locations)


def wait_for(step: str, running: subprocess.Popen[bytes]) -> None:
    """Read what the demo prints until it has begun this step, whose line is not ended yet."""
    assert running.stdout is not None
    printed = b""
    while step.encode() not in printed:
        more = os.read(running.stdout.fileno(), 4096)
        assert more, f"ended before {step}: {printed.decode()}"
        printed += more


def servers(running: subprocess.Popen[bytes], name: str) -> list[psutil.Process]:
    """The processes of one service, found beneath the demo that started it."""
    found = psutil.Process(running.pid).children(recursive=True)
    return [process for process in found if name in " ".join(process.cmdline())]


def supervisor(running: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return [psutil.Process(running.pid)]


def postgres(running: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return servers(running, "bin/postgres")[:1]


def valkey(running: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return servers(running, "valkey-server")[:1]


def worker(running: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return servers(running, "celery")


@pytest.mark.parametrize(
    ("victim", "step", "pause"),
    [
        (supervisor, "Catalogue", 0.5),
        (postgres, "Catalogue", 0.5),
        (valkey, "Encoding", 0.5),
        (worker, "Encoding", 0.5),
        (supervisor, "Encoding", 0.5),
    ],
)
def test_the_next_run_ends_as_if_nothing_had_been_killed(
    at: Locations,
    catalogue: Path,
    undisturbed: Outcome,
    victim: Callable[[subprocess.Popen[bytes]], list[psutil.Process]],
    step: str,
    pause: float,
):
    running = demo(at, catalogue)
    wait_for(step, running)
    time.sleep(pause)
    victims = victim(running)
    assert victims
    for process in victims:
        process.send_signal(signal.SIGKILL)
    finish(running)

    again = demo(at, catalogue)
    printed = finish(again)

    assert again.returncode == 0, printed
    assert outcome(at) == undisturbed
    assert left_behind(at) == []


def left_behind(at: Locations) -> list[psutil.Process]:
    """Processes that still work on this data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            told = " ".join(process.cmdline()) + " ".join(process.environ().values())
        except psutil.Error:
            continue
        if str(at.data_dir) in told and process.pid != os.getpid():
            found.append(process)
    return found
