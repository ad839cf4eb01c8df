"""Everything that is looked at, in the order in which one thing rests on another."""

from collections.abc import Iterator
from typing import Final

from config.doctor import pipeline, services, surroundings
from config.doctor.findings import Examination, Finding, Verdict, examined

FIRST: Final[dict[str, Examination]] = {
    "database": services.database,
    "migrations": services.migrations,
}
THEN: Final[dict[str, Examination]] = {
    "settings": surroundings.configuration,
    "folders": surroundings.folders,
    "room": surroundings.room,
    "clock": surroundings.clock,
    "static files": surroundings.static_files,
    "broker": services.broker,
    "workers": services.workers,
    "beat": services.beat,
    "cache": services.counters,
    "pictures": services.stored_pictures,
    "models": pipeline.models,
    "index": pipeline.served,
    "files": pipeline.files,
    "backlog": pipeline.backlog,
    "freshness": pipeline.speed,
    "nightly job": pipeline.nightly,
    "imports": pipeline.imports,
}
WITHOUT_TABLES: Final = ("folders", "static files", "broker", "workers", "cache")


def findings() -> Iterator[Finding]:
    """One after the other; without a database, or tables, what needs none."""
    usable = True
    for subject, examination in FIRST.items():
        for found in examined(subject, examination):
            usable = usable and found.verdict != Verdict.BAD
            yield found
    for subject, examination in THEN.items():
        if usable or subject in WITHOUT_TABLES:
            yield from examined(subject, examination)
