"""Converting a network to LiteRT once, in a process of its own, so that memory is given back."""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from search.engine.errors import ArtifactError

PROJECT = Path(__file__).resolve().parents[3]
TIMEOUT = 600  # seconds; it takes about 15 with bytecode on one slow core


def ensure(
    target: Path,
    *,
    check: Callable[[Path], None],
    command: list[str],
    subject: str,
    require: Callable[[], object] = lambda: None,
) -> None:
    """The folder `target` as `command` makes it, made where `check` raises an ArtifactError.

    Of several callers at once, one converts and the others wait for it.
    command : of `python -m`; it gets the folder to write as its last argument.
    require : raises an ArtifactError that is clearer than what the command would say.
    Raises ArtifactError when TensorFlow is missing or the child fails.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            check(target)
        except ArtifactError:
            _discard_parts(target)
            require()
            _require_tensorflow(target, subject=subject)
            _run([*command, str(target)], target, lock_fd=lock.fileno(), subject=subject)
            check(target)


def _discard_parts(target: Path) -> None:
    """Remove what a killed conversion left; only called under the lock."""
    for part in target.parent.glob(f"{target.name}.*.part"):
        shutil.rmtree(part, ignore_errors=True)


def _require_tensorflow(target: Path, *, subject: str) -> None:
    if importlib.util.find_spec("tensorflow") is None:
        raise ArtifactError(
            f"{target}: {subject} is not converted yet and TensorFlow, which converts it, "
            "is not installed; run `pip install -r requirements.txt`"
        )


def _run(command: list[str], target: Path, *, lock_fd: int, subject: str) -> None:
    """The child shares the lock, so that a caller that is killed does not free it too early."""
    try:
        subprocess.run(
            [sys.executable, "-m", *command],
            cwd=PROJECT,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
            pass_fds=(lock_fd,),
            check=True,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
    except subprocess.CalledProcessError as err:
        reason = (err.stderr or "").strip().rpartition("\n")[2] or f"exit status {err.returncode}"
        raise ArtifactError(f"{target}: converting {subject} failed: {reason}") from err
    except subprocess.TimeoutExpired as err:
        raise ArtifactError(
            f"{target}: converting {subject} took over {TIMEOUT} s; run it again"
        ) from err
