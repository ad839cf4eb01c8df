"""Readers of others' files in C++, in a process of their own: a damaged file may crash them.

What they find is printed as JSON; so is the error that they raise. The process has limits, since
such a file may also ask for more memory than there is.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from search.engine.errors import ArtifactCorrupt, ArtifactError

LIMITS: Final = "NITERU_READER_LIMITS"
PROJECT: Final = Path(__file__).resolve().parents[2]
SECONDS: Final = 60  # of a processor, and one more for each so many bytes of the file
BYTES_A_SECOND: Final = 20_000_000  # word vectors of 7 GB take a minute on one slow core
MEMORY: Final = 4 << 30  # bytes of addresses beside three times the file
WAITS: Final = 4  # times as long may it take on a busy machine


def call(module: str, *arguments: str, path: Path, reader: str, given: str = "") -> Any:
    """What `answer` prints in `python -m module arguments`, which reads `given`.

    path : of the file that is read, and reader : what reads it; errors name both.
    Raises ArtifactError where the file is refused, or the process dies of it.
    """
    size = path.stat().st_size
    seconds = SECONDS + size // BYTES_A_SECOND
    limits = json.dumps({"seconds": seconds, "memory": MEMORY + 3 * size})
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=PROJECT,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", LIMITS: limits},
            input=given.encode(),
            capture_output=True,
            timeout=WAITS * seconds,
        )
    except subprocess.TimeoutExpired as err:
        raise ArtifactError(f"{path}: {reader} does not end; use another file") from err
    try:
        told = json.loads(done.stdout.rpartition(b"\n")[2] or b"null")
    except ValueError:
        told = None
    if done.returncode or not isinstance(told, dict):
        raise ArtifactCorrupt(f"{path}: {reader} dies of it ({how(done)}); use another file")
    if "refused" in told:
        raise (ArtifactCorrupt if told["corrupt"] else ArtifactError)(told["refused"])
    return told["found"]


def how(done: "subprocess.CompletedProcess[bytes]") -> str:
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else f"exit status {done.returncode}"


def answer(read: Callable[[], Any]) -> None:
    """Print what `read` returns, or why it refuses; called by the process itself."""
    limits = json.loads(os.environ[LIMITS])
    limited(resource.RLIMIT_AS, limits["memory"])
    limited(resource.RLIMIT_CPU, limits["seconds"])
    limited(resource.RLIMIT_CORE, 0)
    try:
        told = {"found": read()}
    except ArtifactError as err:
        told = {"refused": str(err), "corrupt": isinstance(err, ArtifactCorrupt)}
    sys.stdout.write("\n" + json.dumps(told))


def limited(kind: int, most: int) -> None:
    """No more than this, or than what was allowed already."""
    hard = resource.getrlimit(kind)[1]
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (soft, hard))
