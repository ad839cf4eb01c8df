"""Every example of docs/api.md, run as it stands there, against a server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from catalog import tokens
from catalog.models import Product, Shop
from search import builds, pipeline, runtime
from tests.shelves import add_picture, add_product, picture_bytes

TEXT = (settings.BASE_DIR / "docs/api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
# Each call's outcome beside what it prints, which the examples themselves may read.
SHELL = 'curl() { command curl -sS --fail-with-body "$@" || echo "FAILED: $*" >&2; }\n'
REFUSED = "pricemin"  # the example of an error


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.M | re.S)


@pytest.fixture
def environment(live_server, tmp_path) -> dict[str, str]:
    """A catalogue with the products that the examples name, and the files that they send."""
    for number, name in enumerate(["violin", "banjo", "cello", "guitar"]):
        product = add_product(
            f"hobbies-music-string-{name}",
            shop="demo",
            title=f"{name.title()} of wood",
            category="Hobbies > Music",
            price=100 + number,
        )
        add_picture(product, color=["sienna", "tan", "peru", "red"][number])
    for n in range(60):
        add_product(f"p{n}", shop="demo", title=f"Blue vase {n}")
    pipeline.fit_models()
    pipeline.embed_catalog()
    builds.publish_build(builds.build_index())
    runtime.forget()
    for name in ("photo.jpg", "vase.jpg"):
        (tmp_path / name).write_bytes(picture_bytes(size=(300, 200)))
    lines = [json.dumps({"sku": f"bulk-{n}", "title": "Vase"}) for n in range(3)]
    (tmp_path / "products.jsonl").write_text("\n".join(lines))
    _token, key = tokens.issue(shop=Shop.objects.get(slug="demo"), name="docs", can_write=True)
    return {"PATH": os.environ["PATH"], "TOKEN": key}


def run(command: list[str], code: str, environment: dict[str, str], folder: Path, server: str):
    return subprocess.run(
        [*command, code.replace(ADDRESS, server)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_command_is_answered(environment, tmp_path, live_server):
    commands = [block for block in blocks("sh") if "curl" in block]
    assert len(commands) > 8

    for block in commands:
        done = run(["bash", "-ec"], SHELL + block, environment, tmp_path, live_server.url)
        assert done.returncode == 0, done.stderr
        assert ("FAILED" in done.stderr) == (REFUSED in block), (
            f"{block}\n{done.stderr}{done.stdout}"
        )

    bulk = Product.objects.filter(sku__startswith="bulk-")
    assert bulk.count() == 3
    assert not Product.objects.filter(sku="vase-9").exists()  # made, changed and removed


def test_the_client_runs_from_end_to_end(environment, tmp_path, live_server):
    (client,) = blocks("python")

    done = run([sys.executable, "-c"], client, environment, tmp_path, live_server.url)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5
    assert not Product.objects.filter(sku="vase-10").exists()


def test_every_call_of_the_schema_is_in_the_document(client, db):
    paths = client.get("/api/v1/schema/").json()["paths"]

    for path in paths:
        assert path.removeprefix("/api/v1/") in TEXT, path
