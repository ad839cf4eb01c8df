"""A Debian tree in a folder, and programs in it that see what a container would let them see."""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

UID: Final = 10001  # as deploy/image/account.sh has it
PACKAGES: Final = "python3,python3-venv,ca-certificates"
# Run by sh in mount namespaces of their own, which end with them: $1 the tree, $2 the folder of
# the volume, then what each is to run. Flags of /tmp are those that container engines give it.
MOUNTS: Final = """
set -e; tree=$1; shift
mount --bind "$tree" "$tree"
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
for path in $LENT; do
    mkdir -p "$tree$path"
    mount --bind "$path" "$tree$path"
done
"""
AS_ROOT: Final = f'{MOUNTS} shift; exec chroot "$tree" "$@"'
READ_ONLY: Final = f"""{MOUNTS}
mount --bind "$1" "$tree/var/lib/niteru"; shift
mount -o remount,bind,ro "$tree"
mount -t tmpfs -o noexec,nosuid,nodev,size=256m tmpfs "$tree/tmp"
mount -t tmpfs -o noexec,nosuid,nodev,size=64m tmpfs "$tree/dev/shm"
exec chroot "$tree" setpriv --reuid={UID} --regid={UID} --clear-groups --no-new-privs \
    --bounding-set=-all sh -c 'cd /srv/niteru && exec "$@"' sh "$@"
"""


def debootstrap(folder: Path) -> None:
    """The smallest Debian with Python, of the release that this machine runs, from its mirror."""
    if (folder / "usr/bin/python3").exists():
        return
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text().split("\n")[:-1]
    )
    mirrors = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    plain = [mirror for mirror in mirrors if "security" not in mirror]
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}"]
    command += [release["VERSION_CODENAME"].strip('"'), str(folder), *plain[:1]]
    subprocess.run(command, stdout=sys.stderr, check=True)
    for name in ("resolv.conf", "hosts"):
        folder.joinpath("etc", name).write_bytes(Path("/etc", name).read_bytes())


def build(tree: Path, command: Sequence[str]) -> None:
    """Run a step of the image as root, with pip's settings of this machine lent to it."""
    settings = pip_settings()
    environ = {"PATH": os.environ["PATH"], **settings, "LENT": " ".join(lent(settings))}
    line = inside(AS_ROOT, tree, Path("/"), ["sh", "-c", f"cd /srv/niteru && {' '.join(command)}"])
    subprocess.run(line, env=environ, stdout=sys.stderr, check=True)


def start(
    tree: Path, volume: Path, command: Sequence[str], environ: Mapping[str, str], **options: Any
) -> "subprocess.Popen[str]":
    """A program of uid 10001 without privileges, on a root file system that can't be written."""
    line = inside(READ_ONLY, tree, volume, command)
    return subprocess.Popen(line, env={**environ, "LENT": ""}, text=True, **options)


def inside(script: str, tree: Path, volume: Path, command: Sequence[str]) -> list[str]:
    """The last program keeps the process's number, so that signals reach it."""
    start = ["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh"]
    return [*start, str(tree), str(volume), *command]


def pip_settings() -> dict[str, str]:
    """Where packages come from here, as the variables that pip reads, and proxies on the way."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    found = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        key = name.rpartition(".")[2]
        if key in ("index-url", "extra-index-url", "find-links", "trusted-host", "cert"):
            found[f"PIP_{key.replace('-', '_').upper()}"] = str(ast.literal_eval(value))
    return found


def lent(settings: Mapping[str, str]) -> list[str]:
    """Folders of this machine that pip's settings name; an index's pages name files beside it."""
    found = set()
    for word in " ".join(settings.values()).split():
        path = Path(word.removeprefix("file://"))
        if path.is_absolute() and path.exists():
            beside = path.is_file() or word.startswith("file://")
            found.add(str(path.parent if beside else path))
    return sorted(found)
