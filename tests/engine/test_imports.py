"""The engine knows numpy alone, and loads what is heavy only when it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "search" / "engine").rglob("*.py")
)
ABOVE = ["django", "rest_framework", "celery", "catalog", "config"]
HEAVY = ["tensorflow", "keras", "torch", "sklearn", "fasttext", "faiss", "pymilvus"]


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The top-level modules of a new interpreter that has imported all of the engine."""
    script = f"import sys, {', '.join(MODULES)}\nprint(*{{m.split('.')[0] for m in sys.modules}})"
    command = [sys.executable, "-c", script]
    return set(subprocess.check_output(command, cwd=ROOT, text=True).split())


def test_all_of_the_engine_is_looked_at(loaded):
    assert {"search.engine.fusion", "search.engine.index.faiss"} <= set(MODULES)
    assert {"search", "numpy"} <= loaded


@pytest.mark.parametrize("unwanted", [*ABOVE, *HEAVY])
def test_importing_the_engine_does_not_load(loaded, unwanted):
    assert unwanted not in loaded
