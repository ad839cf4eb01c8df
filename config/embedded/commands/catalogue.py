"""Which catalogue a demo shows, and whether it is in the database already."""

import hashlib
import os
from pathlib import Path

from django.apps import apps
from django.core.management import call_command

from config.embedded.locations import Locations

SHOP = "demo"


class Catalogue:
    """A file that the demo imports: the one that was named, else the sample.

    What was imported last is noted in the data directory; a run that was cut off before the note
    imports again, which changes nothing where it had got already.
    """

    def __init__(self, at: Locations, named: Path | None = None) -> None:
        self._named = named
        self._sample = at.data_dir / "sample.zip"
        self._note = at.data_dir / "imported"

    def is_imported(self) -> bool:
        noted = self._note.read_text() if self._note.exists() else ""
        if self._named:
            return noted == self._signature(self._named)
        # Nobody who runs the demo on a catalogue of his own wants the sample among it.
        others = apps.get_model("catalog", "Product").objects.exclude(shop__slug=SHOP)
        return noted.startswith(database()) or others.exists()

    def bring_in(self) -> None:
        if not self._named and not self._sample.exists():
            call_command("sample_catalog", "--out", str(self._sample))
        path = self._named or self._sample
        # The sample's shop has its name and tells its licence: other goods have one of theirs.
        is_apart = self._named and self._sample.exists()
        shop = [] if is_apart else ["--shop", SHOP]
        call_command("import_catalog", str(path), *shop, "--no-embed")
        self._write(self._signature(path))

    def note_restored(self) -> None:
        """What a backup brought is what the demo shows, until another catalogue is named."""
        self._write(database())

    def _write(self, text: str) -> None:
        part = self._note.with_suffix(".part")
        part.write_text(text)
        part.replace(self._note)

    def _signature(self, path: Path) -> str:
        with path.open("rb") as file:
            return database() + hashlib.file_digest(file, "sha256").hexdigest()


def database() -> str:
    """Stands for the database in a note that may outlive a change of DATABASE_URL."""
    return hashlib.sha256(os.environ.get("DATABASE_URL", "").encode()).hexdigest()[:12] + " "
