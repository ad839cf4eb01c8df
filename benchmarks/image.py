"""The steps of the Dockerfile in Debian trees, and what they make at work as a container would.

    sudo .venv/bin/python -m benchmarks.image DIR [--port 8119] [--json FILE]

needs root and `debootstrap`, and no container engine: DIR gets a tree for each of the two images,
made by the RUN and CMD lines of the Dockerfile. Every program then runs as uid 10001 without
privileges, its root file system read-only, against the embedded PostgreSQL and Valkey outside. A
drawn catalogue is imported and indexed there, and each process is told to stop by SIGTERM.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

from benchmarks import chroot
from benchmarks.relay import relay
from benchmarks.site import CHECKOUT
from config.embedded import session
from config.embedded.scratch import scratch

PATIENCE: Final = 120  # seconds
MB: Final = 2**20
STEPS: Final = {
    "web": ("install.sh web", "finish.sh"),
    "worker": ("install.sh web", "install.sh worker", "finish.sh"),
}
HEALTHY: Final = "/srv/niteru/deploy/image/healthy.sh"
BEAT: Final = ["celery", "--app=config", "beat", "--pidfile=", "--loglevel=INFO"]
INDEX: Final = (
    "python manage.py sample_catalog --drawn --out /tmp/drawn.zip"
    " && python manage.py import_catalog /tmp/drawn.zip --shop drawn --no-embed"
    " && python manage.py reindex"
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--port", type=int, default=8119)
    parser.add_argument("--as-made", action="store_true", help="in the trees of an earlier run")
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    chroot.debootstrap(work / "debian")
    found: dict[str, Any] = {}
    if not options.as_made:
        found |= {f"{kind} image": made(kind, work) for kind in STEPS}
    with ExitStack() as stack:
        at = stack.enter_context(scratch())
        stack.enter_context(session.services(at, name="benchmarks.image", durable=False))
        postgres = stack.enter_context(relay(at.postgres_socket_dir / ".s.PGSQL.5432"))
        valkey = stack.enter_context(relay(at.valkey_socket))
        image = Image(work, options.port, postgres=postgres, valkey=valkey)
        found |= measure(image)
    print(json.dumps(found, indent=1))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


def made(kind: str, work: Path) -> dict[str, float]:
    """Make the tree of one image anew; how long packages took to install, and sizes in MB."""
    tree = work / kind
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", work / "debian", tree], check=True)
    site = tree / "srv/niteru"
    copy(context(), site)
    chroot.build(tree, ["deploy/image/account.sh"])
    since = time.monotonic()
    for step in STEPS[kind]:
        chroot.build(tree, [f"deploy/image/{step}"])
    seconds = time.monotonic() - since
    shutil.rmtree(site / "bin")
    chroot.build(tree, ["deploy/image/site.sh", "."])
    sizes = {"packages": tree / "opt/niteru", "site": site, "Debian": work / "debian"}
    return {"install, s": round(seconds, 1)} | {
        f"{name}, MB": megabytes(path) for name, path in sizes.items()
    }


def context() -> Iterator[Path]:
    """What `COPY . .` copies: the project's files less what .dockerignore takes out."""
    lines = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").split()
    known = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(known, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in listing.stdout.splitlines():
        path, kept = Path(name), True
        for line in lines:
            pattern = line.removeprefix("!").removeprefix("**/")
            places = [path.name] if line.startswith("**/") else [*map(str, path.parents), name]
            if any(fnmatch(place, pattern) for place in places):
                kept = line.startswith("!")
        if kept:
            yield path


def copy(paths: Iterator[Path], site: Path) -> None:
    for path in paths:
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / path, site / path)


def megabytes(folder: Path) -> float:
    told = subprocess.run(["du", "-sxb", folder], capture_output=True, text=True, check=True)
    return round(int(told.stdout.split()[0]) / MB)


class Image:
    """Starts programs in the trees, as the Dockerfile and the compose file have them."""

    def __init__(self, work: Path, port: int, *, postgres: int, valkey: int) -> None:
        self.work = work
        self.port = port
        self.volume = work / "volume"
        shutil.rmtree(self.volume, ignore_errors=True)
        self.volume.mkdir()
        shutil.chown(self.volume, chroot.UID, chroot.UID)
        self.environ = environment() | {
            "PORT": str(port),
            "HEARTBEAT_FILE": "/var/lib/niteru/heartbeat",  # where it can be seen from outside
            "DATABASE_URL": f"postgresql://niteru@127.0.0.1:{postgres}/niteru",
            "REDIS_URL": f"redis://127.0.0.1:{valkey}/0",
            "SECRET_KEY": "not a secret: this site lives for a minute and listens to itself",
        }

    def start(self, kind: str, *command: str, **options: Any) -> "subprocess.Popen[str]":
        return chroot.start(self.work / kind, self.volume, command, self.environ, **options)

    def run(self, kind: str, *command: str) -> int:
        """Its status; what it prints goes to where ours goes, as progress."""
        return self.start(kind, *command, stdout=sys.stderr).wait()

    def used(self, kind: str, *command: str) -> dict[str, float]:
        """Its status, seconds, and the most that one of its processes held."""
        since = time.monotonic()
        _, status, spent = os.wait4(self.start(kind, *command, stdout=sys.stderr).pid, 0)
        seconds = round(time.monotonic() - since, 1)
        return {"status": status, "s": seconds, "MB at most": round(spent.ru_maxrss / 1024)}

    def answer(self, path: str) -> str | None:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                return str(answer.read().decode())
        except HTTPError as err:
            return err.read().decode()
        except (URLError, OSError):
            return None

    @property
    def heart(self) -> Path:
        return self.volume / "heartbeat"


def environment() -> dict[str, str]:
    """The variables that the Dockerfile sets."""
    blocks = " ".join(re.findall(r"^ENV ((?:.*\\\n)*.*)$", dockerfile(), re.M))
    variables = dict(word.split("=", 1) for word in blocks.replace("\\\n", "").split())
    return variables | {"PATH": variables["PATH"].replace("$PATH", "/usr/sbin:/usr/bin:/sbin:/bin")}


def command(kind: str) -> list[str]:
    """What the image of this kind runs."""
    stage = dockerfile().split(f" AS {kind}\n")[1].split("\nFROM ")[0]
    (listed,) = re.findall(r"^CMD (\[(?:.*\\\n)*.*\])$", stage, re.M)
    words: list[str] = json.loads(listed.replace("\\\n", ""))
    return words


def dockerfile() -> str:
    return (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")


def measure(image: Image) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in STEPS:
        found[f"{kind} has TensorFlow"] = not image.run(kind, "python", "-c", "import tensorflow")
    found["can write to the root"] = not image.run("web", "sh", "-c", "echo > /srv/niteru/x")
    setup = "python manage.py migrate -v 0 && python manage.py collectstatic --noinput -v 0"
    found["migrate and collectstatic"] = image.used("web", "sh", "-c", setup)
    found["import and reindex"] = image.used("worker", "sh", "-c", INDEX)
    found["web"] = at_work(image, "web", command("web"), lambda: image.answer("/healthz") == "ok")
    found["worker"] = at_work(image, "worker", command("worker"), image.heart.exists)
    found["beat"] = at_work(image, "web", BEAT, image.heart.exists)
    return found


def at_work(image: Image, kind: str, words: list[str], ready: Callable[[], bool]) -> dict[str, Any]:
    """One process: how soon it is up, what it says and holds, how soon it stops."""
    image.heart.unlink(missing_ok=True)
    since = time.monotonic()
    process = image.start(kind, *words, stdout=sys.stderr, stderr=sys.stderr)
    try:
        while not ready():
            if process.poll() is not None or time.monotonic() - since > PATIENCE:
                raise SystemExit(f"{words} did not come up")
            time.sleep(0.05)
        found: dict[str, Any] = {"up, s": round(time.monotonic() - since, 1)}
        if "gunicorn" in words:
            found["readyz"] = json.loads(image.answer("/readyz") or "{}")
        probe = "web" if "gunicorn" in words else "heartbeat"
        time.sleep(5)  # until it has all the processes that it starts
        found["health check"] = image.run(kind, HEALTHY, probe)
        found["MB"] = pss(process.pid)
    finally:
        since = time.monotonic()
        process.terminate()
        status = process.wait(PATIENCE)
    return found | {"stopped, s": round(time.monotonic() - since, 1), "status": status}


def pss(pid: int) -> float:
    """What a process and its children hold, each shared page counted once among them."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return round(sum(each.memory_full_info().pss for each in family) / MB)


if __name__ == "__main__":
    main()
