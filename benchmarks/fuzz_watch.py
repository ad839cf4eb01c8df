"""What one input did: which error it ended with, how long it took, what it touched."""

import hashlib
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

CHECKOUT: Final = Path(__file__).resolve().parent.parent
MIB: Final = 1 << 20
# What no reader of files may do: run programs, import what a pickle names, ask the network.
FORBIDDEN: Final = (
    *("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen"),
    *("exec", "compile", "socket.connect", "ctypes.dlopen", "os.remove", "os.rename"),
)
CREATING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Target(NamedTuple):
    """Something that reads what others wrote."""

    name: str
    seeds: Callable[[Path], Sequence[bytes]]  # real inputs, made in a folder
    run: Callable[[bytes, Path], object]  # gets an input, and a folder in which it may write
    refused: tuple[type[BaseException], ...]  # the errors that it is documented to raise
    seconds: float = 5  # that one input may take
    megabytes: int = 600  # beyond what the process has before
    starts_programs: bool = False  # readers in a process of their own
    # The reader that `run` keeps in a process of its own, as it is: it may die.
    raw: Callable[[bytes, Path], object] | None = None


class Fault(NamedTuple):
    kind: str  # what happened and where, equal for equal faults
    told: str


class Watch:
    """Looks at what a target does while `of` runs it."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._target = target
        self._folder = folder
        self._events: list[str] | None = None
        sys.addaudithook(self._heard)

    def of(self, data: bytes) -> Fault | None:
        before = peak(reset=True)
        began = time.perf_counter()
        events: list[str] = []
        self._events = events
        fault = None
        try:
            self._target.run(data, self._folder)
        except self._target.refused:
            pass
        except BaseException as err:
            self._events = None
            if isinstance(err, KeyboardInterrupt | SystemExit):
                raise
            fault = Fault(f"{type(err).__name__} in {origin(err)}", traceback.format_exc())
        self._events = None
        seconds, grown = time.perf_counter() - began, (peak() - before) // MIB
        if events:
            return Fault(f"did {events[0]}", "\n".join(events))
        if fault is None and seconds > self._target.seconds:
            return Fault("too long", f"{seconds:.1f} s, {self._target.seconds} allowed")
        if fault is None and grown > self._target.megabytes:
            return Fault("too large", f"{grown} MB, {self._target.megabytes} allowed")
        return fault

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._events is None:
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, str | bytes | os.PathLike) and (flags or 0) & CREATING:
                self._wrote(Path(os.fsdecode(path)))
        elif event in FORBIDDEN and not self._is_usual(event, arguments):
            self._events.append(f"{event} {arguments!r:.200}")

    def _wrote(self, path: Path) -> None:
        inside = path.resolve().is_relative_to(self._folder.resolve())
        if self._events is not None and not inside and path != Path("/dev/null"):
            self._events.append(f"open for writing {path}")

    def _is_usual(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event in ("os.remove", "os.rename"):
            path = Path(os.fsdecode(arguments[0]))
            # A name that is given beside a folder's number is of a tree that is removed.
            return not path.is_absolute() or path.is_relative_to(self._folder)
        if event in ("exec", "compile"):  # modules that are imported at first use
            return called_by_import()
        if event == "ctypes.dlopen":
            return called_by_import()
        return self._target.starts_programs and event == "subprocess.Popen"


def called_by_import() -> bool:
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        code = frame.f_code
        if "importlib" in code.co_filename or code.co_name == "literal_eval":
            return True
        # namedtuple and dataclass make their methods so, of names in our own code.
        if code.co_filename.endswith(("collections/__init__.py", "dataclasses.py")):
            return True
    return False


def origin(err: BaseException) -> str:
    """The innermost line of the project's that the error went through."""
    frames = traceback.extract_tb(err.__traceback__)
    ours = [
        f"{Path(each.filename).relative_to(CHECKOUT)}:{each.lineno}"
        for each in frames
        if each.filename.startswith(f"{CHECKOUT}/") and "/.venv/" not in each.filename
    ]
    return ours[-1] if ours else "another's code"


def peak(*, reset: bool = False) -> int:
    """The most memory of this process, in bytes, since it was last reset."""
    if reset:
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:  # then it is the most there ever was
            pass
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def keep(folder: Path, target: str, data: bytes, fault: Fault) -> None:
    """The smallest input of each kind of fault, and what it did."""
    mark = hashlib.sha256(fault.kind.encode()).hexdigest()[:8]
    path = folder / f"{target}-{mark}.input"
    if path.exists() and path.stat().st_size <= len(data):
        return
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(f"{fault.kind}\n\n{fault.told}\n", errors="replace")
