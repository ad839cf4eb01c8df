"""One target in a process of its own, which an input may crash; started by `benchmarks.fuzz`.

    python -m benchmarks.fuzz_child TARGET FOLDER KEEP SECONDS SEED

The folder has `corpus/`, what is going on in `current`, and after each input in `inputs` their
number, that of readers that died, and seconds. Targets of Python code are led by atheris to inputs
that run other lines of it; readers in C are called in a fork for each input.
"""

import os
import random
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.fuzz_mutations import mutated
from benchmarks.fuzz_watch import Fault, Target, Watch, keep

# What is looked into for lines that were not run yet.
INSTRUMENTED: Final = (
    *("catalog.feeds", "catalog.fetching", "catalog.images", "search.engine", "config.backups"),
    *("PIL", "openpyxl"),
)
LONGEST: Final = 1 << 20  # bytes of an input that atheris makes
# Of inputs that the reader survives, every tenth is given to the site, which starts programs.
RUN_EVERY: Final = 10
RAW_SECONDS: Final = 3
ODD: Final = 3  # the exit status of a fork that ended with an error which is not documented


def main() -> None:
    name, folder, kept, seconds, seed = sys.argv[1:]
    target = load(name)
    at = Path(folder)
    if target.raw is None:
        led(target, at, Path(kept), seconds=float(seconds), seed=int(seed))
    else:
        forked(target, at, Path(kept), seconds=float(seconds), seed=int(seed))


def load(name: str) -> Target:
    """Imported here, so that atheris sees what the target is made of."""
    import atheris

    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        import django

        django.setup()
        from benchmarks import fuzz_targets

        return fuzz_targets.EVERY[name]


def led(target: Target, at: Path, kept: Path, *, seconds: float, seed: int) -> None:
    import atheris

    corpus, scratch = at / "corpus", at / "scratch"
    corpus.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    if not any(corpus.iterdir()):
        for number, data in enumerate(target.seeds(scratch)):
            (corpus / f"seed-{number}").write_bytes(data)
    watch = Watch(target, scratch)
    count, began = 0, time.monotonic()
    current, told = at / "current", at / "inputs"

    def one(data: bytes) -> None:
        nonlocal count
        if time.monotonic() > began + seconds:
            os._exit(0)
        current.write_bytes(data)
        if fault := watch.of(data):
            keep(kept, target.name, data, fault)
        count += 1
        told.write_text(f"{count} 0 {time.monotonic() - began}")

    options = [f"-seed={seed}", f"-max_len={LONGEST}", "-rss_limit_mb=0", "-verbosity=0"]
    options += [f"-timeout={int(target.seconds * 6)}", f"-artifact_prefix={at}/"]
    atheris.Setup([target.name, *options, str(corpus)], one)
    atheris.Fuzz()


def forked(target: Target, at: Path, kept: Path, *, seconds: float, seed: int) -> None:
    assert target.raw is not None
    scratch = at / "scratch"
    scratch.mkdir(exist_ok=True)
    seeds = target.seeds(scratch)
    drawn = random.Random(seed)
    began = time.monotonic()
    count = died = 0
    while time.monotonic() < began + seconds:
        data = mutated(drawn.choice(seeds), others=seeds, drawn=drawn)
        (at / "current").write_bytes(data)
        deadly = os.WIFSIGNALED(in_fork(target, target.raw, data, scratch))
        died += deadly
        if deadly or count % RUN_EVERY == 0:
            # What kills the reader must not reach the process that asked for it.
            status = in_fork(target, target.run, data, scratch, kept)
            if os.WIFSIGNALED(status):
                name = signal.Signals(os.WTERMSIG(status)).name
                keep(kept, target.name, data, Fault(f"{name} of the process itself", ""))
        count += 1
        (at / "inputs").write_text(f"{count} {died} {time.monotonic() - began}")


def in_fork(target: Target, call: Any, data: bytes, scratch: Path, kept: Path | None = None) -> int:
    """The status with which a child ended that has read the input; faults are kept, if they are."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1]
    code = 1
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        # A raw reader may go on without end, which counts as much as dying.
        seconds = int(target.seconds) if kept else RAW_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        signal.alarm(4 * seconds)
        limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + (8 << 30)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        fault = Watch(target._replace(run=call, starts_programs=True), scratch).of(data)
        if fault and kept:
            keep(kept, target.name, data, fault)
        code = ODD if fault else 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
