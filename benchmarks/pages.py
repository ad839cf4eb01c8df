"""Pages as shoppers get them: the server's part, bytes over the wire, and what a phone shows when.

    python -m benchmarks.pages DIR [--json FILE]

DIR is the data folder of a site that `bin/demo --data DIR` made. The server's part is the time of
one request after the other to one process, by HTTP on this machine, compressed as browsers ask for
it. The rest is measured in Chromium with an empty cache, at the speed that Lighthouse gives a
phone: 1.6 Mbit/s, 150 ms a round trip, a processor four times as slow.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks.site import measure_inside
from benchmarks.web import Client, web

REQUESTS: Final = 300
VISITS: Final = 5
SEED: Final = 7
PHONE: Final = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
PAINTS: Final = """() => new Promise(done => {
  const told = {shift: 0, largest: 0, first: 0}
  new PerformanceObserver(list => list.getEntries().forEach(e => told.largest = e.startTime))
    .observe({type: "largest-contentful-paint", buffered: true})
  new PerformanceObserver(list => list.getEntries().forEach(e => told.shift += e.value))
    .observe({type: "layout-shift", buffered: true})
  told.first = performance.getEntriesByName("first-contentful-paint")[0].startTime
  setTimeout(() => done(told), 200)
})"""


def addresses() -> dict[str, list[str]]:
    """Of each kind of page, as many addresses as are asked for, drawn with a seed."""
    from catalog.models import Category, Product

    drawn = random.Random(SEED)
    products = drawn.choices(
        list(Product.objects.published().values_list("pk", flat=True)), k=REQUESTS
    )
    shelves = drawn.choices(list(Category.objects.values_list("pk", flat=True)), k=REQUESTS)
    brands = list(Product.objects.exclude(brand="").values_list("brand", flat=True).distinct()) or [
        "none"
    ]
    return {
        "home": ["/en/"] * REQUESTS,
        "browse": ["/en/products/"] * REQUESTS,
        "category": [f"/en/products/?category={pk}" for pk in shelves],
        "narrowed": [
            f"/en/products/?brand={brand.replace('&', '%26').replace(' ', '+')}&color=Black"
            for brand in drawn.choices(brands, k=REQUESTS)
        ],
        "product": [f"/en/products/{pk}/" for pk in products],
        "slider": [f"/en/products/{pk}/similar/?picture={pk % 21}" for pk in products],
    }


def server_part(client: Client, pages: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    """Milliseconds and kilobytes of each kind, the kinds by turns."""
    seconds: dict[str, list[float]] = {kind: [] for kind in pages}
    sizes: dict[str, list[int]] = {kind: [] for kind in pages}
    for number in range(REQUESTS):
        for kind, paths in pages.items():
            headers = {"Accept_Encoding": "gzip"}
            if kind == "slider":
                headers["HX_Request"] = "true"
            started = time.perf_counter()
            status, body = client.get(paths[number], **headers)
            if number >= 10:  # the first ones open files and connections
                seconds[kind].append(time.perf_counter() - started)
            if status != 200:
                raise RuntimeError(f"{paths[number]}: {status}")
            sizes[kind].append(len(body))
    return {
        kind: {
            **{f"p{p}": round(1e3 * float(np.percentile(times, p)), 1) for p in (50, 95, 99)},
            "html_kb": round(statistics.median(sizes[kind]) / 1e3, 1),
        }
        for kind, times in seconds.items()
    }


def phone_part(browser: Browser, base: str, path: str) -> dict[str, float]:
    """Medians of several first visits: kilobytes, and milliseconds until it is painted."""
    visits = [visit(browser, base + path) for _ in range(VISITS)]
    return {name: round(statistics.median(each[name] for each in visits), 3) for name in visits[0]}


def visit(browser: Browser, address: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    page = context.new_page()
    told: list[Any] = []
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda event: told.append(event))
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", PHONE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address)
    page.wait_for_load_state("networkidle")
    paints: dict[str, float] = page.evaluate(PAINTS)
    context.close()
    kilobytes = sum(each["encodedDataLength"] for each in told) / 1e3
    return {
        "wire_kb": kilobytes,
        "requests": len(told),
        "first_paint_ms": paints["first"],
        "largest_paint_ms": paints["largest"],
        "layout_shift": paints["shift"],
    }


def measure(out: str | None) -> None:
    """In a process that has the site's settings and services."""
    pages = addresses()
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with web(1) as served:
        client = Client(served.port)
        figures = server_part(client, pages)
        client.close()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            for kind in ("home", "browse", "product"):
                base = f"http://127.0.0.1:{served.port}"
                figures[kind] |= phone_part(browser, base, pages[kind][0])
            browser.close()
    text = json.dumps(figures, indent=1)
    sys.stderr.write(text + "\n")
    if out:
        Path(out).write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    out = str(options.json.resolve()) if options.json else None
    measure_inside(options.data, "benchmarks.pages", out)


if __name__ == "__main__":
    main()
