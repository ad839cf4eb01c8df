"""Small pictures and catalogue files, made where they are needed."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from PIL import Image

from catalog import receiving
from catalog.models import Import, Shop
from tests.catalog.hosting import Site, serving


def picture(*, color="red", size=(40, 30), kind="PNG", mode="RGB", **options) -> bytes:
    """A plain picture as bytes of a file."""
    stream = io.BytesIO()
    Image.new(mode, size, color).save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def shop(db) -> Shop:
    return Shop.objects.create(slug="demo", name="Demo")


@pytest.fixture
def zip_file(tmp_path) -> Callable[..., Path]:
    """A ZIP of names and contents, text or bytes."""

    def make(members: dict[str, str | bytes], name: str = "goods.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return make


@pytest.fixture
def run_import(db) -> Callable[..., str]:
    """`import_catalog` on a file; what it printed."""

    def run(path: Path, **options) -> str:
        out = io.StringIO()
        call_command("import_catalog", str(path), stdout=out, stderr=out, **options)
        return out.getvalue()

    return run


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on this machine."""
    with serving(Site()) as running:
        yield running


@pytest.fixture
def imports_dir(settings, tmp_path) -> None:
    """Uploads in a folder of this test's."""
    settings.IMPORTS_DIR = tmp_path / "imports"


@pytest.fixture
def upload(shop):
    """`upload(content, name="goods.csv")`: a whole file, waiting to be looked at."""

    def made(content: bytes, name: str = "goods.csv", by: User | None = None) -> Import:
        imported = receiving.begin(shop=shop, by=by, name=name, size=len(content))
        return receiving.receive(imported=imported, at=0, parts=[content])

    return made
