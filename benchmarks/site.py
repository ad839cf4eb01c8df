"""A site of its own for each catalogue, made by the commands that people type."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent


class Site:
    """A data folder with PostgreSQL, Valkey, pictures and builds in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def serve(self, catalogue: Path) -> None:
        """Import the catalogue, encode it, build and publish an index."""
        run("bin/demo", "--catalog", catalogue, "--data", self.folder, "--no-serve")

    def evaluate(self, labels_from: Path, labels: str, *, lists: Path | None = None) -> Any:
        """What `evaluate` measures, judged by labels that were never imported."""
        told = self.folder / "evaluation.json"
        kept: list[str | Path] = ["--lists", lists] if lists else []
        self.manage(
            "evaluate", "--labels-from", labels_from, "--labels", labels, "--json", told, *kept
        )
        return json.loads(told.read_text(encoding="utf-8"))

    def manage(self, *arguments: str | Path) -> None:
        run("bin/manage", *arguments, DATA_DIR=str(self.folder))


def measure_inside(data: Path, module: str, *arguments: object) -> None:
    """Call `measure` of a module in a process that has a site's settings and services."""
    code = f"from {module} import measure; measure(*{arguments!r})"
    run("bin/manage", "shell", "-v", "0", "-c", code, DATA_DIR=str(data.resolve()))


def run(command: str, *arguments: str | Path, **variables: str) -> None:
    """Run one of the project's programs; its output goes to where ours goes, as progress."""
    line = [sys.executable, CHECKOUT / command, *arguments]
    subprocess.run(
        [str(word) for word in line],
        cwd=CHECKOUT,
        env={**os.environ, **variables},
        stdout=sys.stderr,
        check=True,
    )
