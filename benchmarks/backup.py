"""A site backed up, deleted and restored: how long it takes, and whether its lists are the same.

    python -m benchmarks.backup CATALOGUE.zip --work DIR [--json FILE]

DIR takes the site, which is deleted on the way, and its backup.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.site import Site, run


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    work = options.work.resolve()
    found = measure(options.catalogue.resolve(), work)
    text = json.dumps(found, indent=1)
    sys.stderr.write(text + "\n")
    if options.json:
        options.json.write_text(text, encoding="utf-8")
    if not found["the same, byte for byte"]:
        sys.exit("the lists differ")


def measure(catalogue: Path, work: Path) -> dict[str, Any]:
    site, kept = Site(work / "data"), work / "backup"
    before, after = work / "before.csv", work / "after.csv"
    site.serve(catalogue)
    site.manage("export_similar", "--out", before)
    found = {
        "backup, s": timed(site, "backup", kept),
        "once more, s": timed(site, "backup", kept),
        "MB": round(sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()) / 1e6),
        "files": sum(path.is_file() for path in kept.rglob("*")),
        "check, s": timed(site, "restore", kept, "--check"),
    }
    shutil.rmtree(site.folder)
    found["restore, s"] = timed(site, "restore", kept)
    site.manage("export_similar", "--out", after)
    found["lines of lists"] = before.read_bytes().count(b"\n")
    found["the same, byte for byte"] = before.read_bytes() == after.read_bytes()
    run("bin/demo", "--data", site.folder, "--no-serve")  # which is to find nothing to do
    return found


def timed(site: Site, *arguments: str | Path) -> float:
    """Seconds of a command, with the start and end of PostgreSQL and Valkey around it."""
    since = time.perf_counter()
    site.manage(*arguments)
    return round(time.perf_counter() - since, 1)


if __name__ == "__main__":
    main()
