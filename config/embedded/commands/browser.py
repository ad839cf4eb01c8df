"""The programs that tests drive: Chromium, the curl of the documentation, RabbitMQ."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from config.embedded.commands import rabbitmq

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Japanese pages need letters to be looked at.
PACKAGES = ("chromium", "fonts-noto-cjk")
CURL = "curl"  # the documentation's examples are run by it
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright as start\n"
    "with start() as playwright: print(playwright.chromium.executable_path)"
)


def ensure() -> str:
    """Find one, or install Debian's where that is possible; says which, or what to do."""
    wanted = [*(() if find() else PACKAGES), *(() if shutil.which(CURL) else (CURL,))]
    wanted += [] if rabbitmq.SERVER.exists() else [rabbitmq.PACKAGE]
    install(wanted)
    return find() or (
        "none found, so browser tests will fail: install Debian's `chromium`, "
        f"or run {Path(sys.executable).parent / 'playwright'} install chromium"
    )


def install(packages: Sequence[str]) -> None:
    """Debian's, where that is possible."""
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_get("update")
        apt_get("install", "--yes", "--no-install-recommends", *packages)


def find() -> str:
    """Where it lies; empty where it does not."""
    if path := next(filter(None, map(shutil.which, NAMES)), None):
        return path
    asked = subprocess.run([sys.executable, "-c", ASK_PLAYWRIGHT], capture_output=True, text=True)
    path = asked.stdout.strip()
    return path if path and Path(path).exists() else ""


def apt_get(*arguments: str) -> None:
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "-qq", *arguments], env=environ, capture_output=True, text=True
    )
    if done.returncode:
        print(done.stderr, file=sys.stderr)
