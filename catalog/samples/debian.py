"""A file tree out of a Debian package that is fetched but never installed."""

import logging
import subprocess
import tarfile
import tempfile
from pathlib import Path

from catalog.errors import CatalogError

logger = logging.getLogger(__name__)

PACKAGE = "tuxpaint-stamps-default"
ROOT = "./usr/share/tuxpaint/stamps/"
SUFFIXES = (".png", ".txt")
SECONDS = 180  # for 161 MB; without a network apt gives up long before
LIMITS = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"]


class PackageUnavailable(CatalogError):
    """The package can't be fetched or read on this machine."""


def stamps() -> dict[str, bytes]:
    """The pictures and texts of the stamps, by path below their folder.

    Raises PackageUnavailable, saying why.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _read(_fetch(Path(folder)))


def _fetch(folder: Path) -> Path:
    """Download with the machine's package lists, or, where it has none, with lists of our own."""
    try:
        _run(["apt-get", *LIMITS, "download", PACKAGE], folder)
    except PackageUnavailable as err:
        logger.info("no package by the machine's own lists, fetching lists: %s", err)
        own = _own_state(folder)
        _run(["apt-get", *LIMITS, *own, "update"], folder)
        _run(["apt-get", *LIMITS, *own, "download", PACKAGE], folder)
    packages = list(folder.glob(f"{PACKAGE}_*.deb"))
    if not packages:
        raise PackageUnavailable(f"apt-get left no {PACKAGE}_*.deb")
    return packages[0]


def _own_state(folder: Path) -> list[str]:
    """apt's lists and cache in our folder, so that it needs no rights and changes nothing else."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    state = {"Dir::State::lists": folder / "lists", "Dir::Cache": folder / "cache"}
    return [word for name, path in state.items() for word in ("-o", f"{name}={path}")]


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.CalledProcessError as err:
        raise PackageUnavailable(_last_line(err.stderr) or f"{command[0]} failed") from err
    except (OSError, subprocess.TimeoutExpired) as err:
        raise PackageUnavailable(str(err)) from err


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _read(package: Path) -> dict[str, bytes]:
    """Stream through the package: 160 MB of it are sounds that nobody needs on disk."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    try:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
                files = _wanted(archive)
    except (OSError, tarfile.TarError) as err:
        raise PackageUnavailable(f"{package.name} can't be read: {err}") from err
    if not files:
        raise PackageUnavailable(f"{package.name} holds no stamps")
    return files


def _wanted(archive: tarfile.TarFile) -> dict[str, bytes]:
    files = {}
    for member in archive:
        if member.isfile() and member.name.startswith(ROOT) and member.name.endswith(SUFFIXES):
            content = archive.extractfile(member)
            files[member.name.removeprefix(ROOT)] = content.read() if content else b""
    return files
