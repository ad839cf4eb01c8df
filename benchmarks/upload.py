"""A catalogue uploaded in the admin by a real browser: paused, resumed, cancelled, completed.

    python -m benchmarks.upload DIR FILE.zip [--port 8043] [--json FILE]

DIR is the data folder of a site that `bin/demo --data DIR --no-serve` made. Memory is the sum of
the shares (Pss) of all processes of the web server and of each worker, looked at four times a
second from the first byte until the import is done; products are being encoded meanwhile, and an
index that they have outgrown is built while no import goes on.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import psutil
from playwright.sync_api import Page, sync_playwright

from benchmarks.site import CHECKOUT, run

SHOP: Final = "uploads"
PASSWORD: Final = secrets.token_urlsafe(12)
WAIT: Final = 600_000  # ms
PREPARE: Final = f"""
from django.contrib.auth.models import User
from catalog.models import Product, Shop
User.objects.filter(username="uploader").delete()
User.objects.create_superuser("uploader", password="{PASSWORD}")
shop, _ = Shop.objects.get_or_create(slug="{SHOP}", defaults={{"name": "Uploads"}})
Product.objects.filter(shop=shop).delete()
"""


class Memory:
    """The most that the processes of a site have held."""

    KINDS: Final = {
        "web": "gunicorn",
        "worker": "--queues celery,bulk",
        "training": "--queues training",
    }

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.most = dict.fromkeys(self.KINDS, 0.0)  # MB
        self.most_of_one = dict.fromkeys(self.KINDS, 0.0)
        self._done = threading.Event()

    def __enter__(self) -> "Memory":
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.25):
            for kind, words in self.KINDS.items():
                shares = [share_of(process) for process in self._processes(words)]
                self.most[kind] = max(self.most[kind], sum(shares))
                self.most_of_one[kind] = max([self.most_of_one[kind], *shares])

    def _processes(self, words: str) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["cmdline"]):
            if words not in " ".join(process.info["cmdline"] or []):
                continue
            try:
                if process.environ().get("DATA_DIR") == self.folder:
                    found.append(process)
            except psutil.Error:
                continue
        return found


def share_of(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.Error:
        return 0.0


def log_in(page: Page) -> None:
    page.goto("/admin/login/")
    page.fill("[name=username]", "uploader")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Log in").click()


def upload(page: Page, file: Path) -> float:
    """From the click to the preview, in seconds."""
    page.goto("/admin/catalog/import/add/")
    page.locator("[name=shop]").select_option(label="Uploads", force=True)
    page.locator("[name=file]").set_input_files(file)
    started = time.perf_counter()
    page.get_by_role("button", name="Upload", exact=True).click()
    page.get_by_role("button", name="Import", exact=True).wait_for(timeout=WAIT)
    return time.perf_counter() - started


def rows(page: Page) -> int:
    text = page.locator(".niteru-facts dd").first.inner_text()
    return int(text.replace(",", ""))


def some_rows(page: Page, more_than: int) -> None:
    while rows(page) <= more_than:
        page.wait_for_timeout(200)


def steer(page: Page, button: str, state: str) -> float:
    started = time.perf_counter()
    page.get_by_role("button", name=button, exact=True).click()
    page.locator(f".niteru-state-{state}").wait_for(timeout=WAIT)
    return time.perf_counter() - started


def session(page: Page, file: Path) -> dict[str, float]:
    log_in(page)
    told = {"upload and preview, s": upload(page, file)}
    page.get_by_role("button", name="Import", exact=True).click()
    some_rows(page, 500)
    steer(page, "Cancel", "cancelled")
    told["rows when cancelled"] = rows(page)
    upload(page, file)
    page.get_by_role("button", name="Import", exact=True).click()
    started = time.perf_counter()
    some_rows(page, 3000)
    steer(page, "Pause", "paused")
    page.wait_for_timeout(2000)
    page.reload()
    told["rows when paused"] = paused = rows(page)
    page.wait_for_timeout(3000)
    page.reload()
    told["rows 3 s later"] = rows(page)
    page.get_by_role("button", name="Go on", exact=True).click()
    page.locator(".niteru-state-done").wait_for(timeout=WAIT)
    told["import with a pause of 5 s, s"] = time.perf_counter() - started
    told["rows in the end"] = rows(page)
    assert rows(page) > paused
    return {name: round(value, 1) for name, value in told.items()}


def serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, CHECKOUT / "bin/demo", "--data", folder, "--port", str(port)]
    site = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    while site.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return site
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the demo did not start")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, default=8043)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    folder = options.data.resolve()
    run("bin/manage", "shell", "-v", "0", "-c", PREPARE, DATA_DIR=str(folder))
    site = serve(folder, options.port)
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        with sync_playwright() as playwright, Memory(folder) as memory:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            base = f"http://127.0.0.1:{options.port}"
            figures: dict[str, float] = session(
                browser.new_page(base_url=base, locale="en"), options.file
            )
            browser.close()
        figures |= {f"{kind}, all processes, MB": round(mb) for kind, mb in memory.most.items()}
        figures |= {f"{kind}, one, MB": round(mb) for kind, mb in memory.most_of_one.items()}
    finally:
        site.terminate()
        site.wait()
    text = json.dumps(figures, indent=1)
    sys.stderr.write(text + "\n")
    if options.json:
        options.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
