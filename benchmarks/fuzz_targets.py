"""All targets that read files, by name."""

from typing import Final

from benchmarks import fuzz_feeds, fuzz_folders, fuzz_pictures, fuzz_readers
from benchmarks.fuzz_watch import Target

EVERY: Final[dict[str, Target]] = {
    target.name: target
    for target in (
        *fuzz_feeds.TARGETS,
        *fuzz_pictures.TARGETS,
        *fuzz_folders.TARGETS,
        *fuzz_readers.TARGETS,
    )
}
