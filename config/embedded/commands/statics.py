"""Style sheets, scripts and icons where the web server finds them, compressed."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from config.embedded.locations import Locations


def collect(at: Locations) -> None:
    """Collect them unless none has changed since: compressing them all takes seconds."""
    note = at.data_dir / "static.collected"
    wanted = signature()
    if note.exists() and note.read_text() == wanted and Path(settings.STATIC_ROOT).exists():
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    note.write_text(wanted)


def signature() -> str:
    """Changes with every file's place, size and time."""
    state = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            state.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return state.hexdigest()
