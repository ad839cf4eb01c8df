"""Readers of what others wrote, fed with damaged and hostile inputs.

    python -m benchmarks.fuzz [TARGET ...] [--seconds 180] [--keep DIR] [--seed 1] [--data DIR]

Real files (samples, what the site writes itself) are changed at random and by coverage (atheris);
requests to calls of the schema are drawn by hypothesis and sent to a site of its own. A fault is
an error that is not documented, an answer of 500, more than the stated time or memory, a file
written elsewhere, a program or name out of a file that is run, a process that dies. Prints what
was tried, keeps the smallest input of each fault, and ends with 1 where there is any.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.fuzz_watch import CHECKOUT, Fault, keep

BYTES: Final = (
    *("catalogues", "archives", "spreadsheets", "cells", "addresses", "pictures"),
    *("artifacts", "models", "builds", "backups", "weights", "word-texts", "photos"),
)
READERS: Final = ("indexes", "networks", "onnx", "word-vectors", "dictionaries")
SITE: Final = ("imports", "api", "pages")
EVERY: Final = (*BYTES, *READERS, *SITE)
GRACE: Final = 120  # seconds for what starts and ends around the inputs
LEAST: Final = 5  # seconds, for which a child that died is started again
MOST_CRASHES: Final = 10  # of one target, after which it is given up


class Tried(NamedTuple):
    inputs: int
    died: int  # readers in processes of their own that did
    seconds: float
    faults: list[Path]


def main() -> int:
    options = arguments()
    options.keep.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in options.targets or EVERY:
        found[name] = tried(name, options)
        told(name, found[name])
    return int(any(each.faults for each in found.values()))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("targets", nargs="*", choices=[*EVERY, []], metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=180, help="for each target (180)")
    parser.add_argument("--keep", type=Path, default=Path("var/fuzz"), help="for inputs (var/fuzz)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="of a site that bin/demo has made, for requests")
    return parser.parse_args()


def tried(name: str, options: argparse.Namespace) -> Tried:
    for old in options.keep.glob(f"{name}-*"):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="niteru-fuzz-") as folder:
        inputs, died, seconds = 0, 0, 0.0
        for seed in range(options.seed, options.seed + MOST_CRASHES):
            left = options.seconds - seconds
            status = child(name, Path(folder), options, seconds=left, seed=seed)
            more = counted(Path(folder) / "inputs")
            inputs, died, seconds = inputs + more[0], died + more[1], seconds + more[2]
            if status == 0:
                break
            note_crash(name, Path(folder), options.keep, status)
            if options.seconds - seconds < LEAST:
                break
    return Tried(inputs, died, seconds, sorted(options.keep.glob(f"{name}-*.input")))


def child(
    name: str, folder: Path, options: argparse.Namespace, *, seconds: float, seed: int
) -> int:
    arguments = [name, str(folder), str(options.keep.resolve()), str(seconds), str(seed)]
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    environ = {**os.environ, "TMPDIR": str(scratch), "PYTHONHASHSEED": "0"}
    if name in SITE:
        if options.data is None:
            raise SystemExit(f"{name}: name a site that bin/demo has made with --data")
        environ["DATA_DIR"] = str(options.data.resolve())
        code = f"from benchmarks.fuzz_site import measure; measure(*{arguments!r})"
        command = [sys.executable, str(CHECKOUT / "bin/manage"), "shell", "-v", "0", "-c", code]
    else:
        environ |= {"DATABASE_URL": "postgresql://x@localhost/x", "DATA_DIR": str(folder / "data")}
        environ["SECRET_KEY"] = "x" * 60
        environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        command = [sys.executable, "-m", "benchmarks.fuzz_child", *arguments]
    with (options.keep / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environ, stdout=log, stderr=log)
        try:
            return process.wait(timeout=seconds + GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def counted(path: Path) -> tuple[int, int, float]:
    """Inputs, readers that died and seconds of one child."""
    if not path.exists():
        return 0, 0, 0.0
    inputs, died, seconds = path.read_text().split()
    path.unlink()
    return int(inputs), int(died), float(seconds)


def note_crash(name: str, folder: Path, kept: Path, status: int) -> None:
    current = folder / "current"
    how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    data = current.read_bytes() if current.exists() else b""
    keep(kept, name, data, Fault(f"the process ended: {how}", f"see {kept / name}.log"))


def told(name: str, found: Tried) -> None:
    kinds = [path.with_suffix(".txt").read_text().partition("\n")[0] for path in found.faults]
    died = f", {found.died} readers died alone" if found.died else ""
    print(f"{name}: {found.inputs} inputs, {found.seconds:.0f} s, {len(kinds)} faults{died}")
    for path, kind in zip(found.faults, kinds, strict=True):
        print(f"    {kind}: {path}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
