"""Visitors who ask at a steady rate, and look at what they are shown."""

import http.client
import json
import random
import re
import threading
import time
from collections import Counter
from typing import Any, Final

from benchmarks.chaos_ledger import Ledger
from benchmarks.chaos_writers import WORDS
from benchmarks.web import Client

THREADS: Final = 4
PATIENCE: Final = 15.0  # seconds that a visitor waits
KINDS: Final = {"similar": 50, "page": 25, "search": 15, "list": 10}
LIST: Final = re.compile(r"<ul[^>]* data-list=.*?</ul>", re.S)
SHOWN: Final = re.compile(r'data-product="(\d+)"')


class Readers:
    """Threads that share a rate, in requests a second.

    duplicates : lists that had a product twice, or the one that they are similar to
    ghosts : products that were shown though their deletion had been acknowledged before
    """

    def __init__(
        self, port: int, stock: list[int], ledger: Ledger, *, rate: float, seed: int
    ) -> None:
        self._port = port
        self._stock = stock
        self._ledger = ledger
        self._rate = rate
        self._drawn = random.Random(seed)
        self._lock = threading.Lock()
        self._slot = time.monotonic()
        self._stop = threading.Event()
        self.answers: Counter[str] = Counter()
        self.lists = 0
        self.seconds: list[float] = []
        self.duplicates: list[str] = []
        self.ghosts: list[str] = []
        self.failed: list[tuple[float, str]] = []
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        client = Client(self._port, timeout=PATIENCE)
        while not self._stop.is_set():
            with self._lock:
                now = time.monotonic()
                due = now >= self._slot
                if due:
                    self._slot = max(self._slot + 1 / self._rate, now - 1)
            if due:
                self._ask(client)
            else:
                time.sleep(0.02)

    def _ask(self, client: Client) -> None:
        kind, path, own = self._drawn_question()
        begun = time.monotonic()
        try:
            status, told = client.ask("GET", path, None, {})
            body = client.body
        except (OSError, http.client.HTTPException) as err:
            self._fail(path, repr(err))
            return
        finally:
            client.close()
        if status == 404 and own is not None and not self._is_there(own):
            status, body = 200, b'{"results": []}' if kind != "page" else b""
        if status != 200:
            self._fail(path, f"{status} {body[:200].decode(errors='replace')}")
            return
        took = time.monotonic() - begun
        old = "X-Niteru-Stale" in told  # a copy, called that, while the database was away
        made = begun - float(told["Age"]) - 1 if old else begun
        for shown in listed(kind, body):
            self._look(path, own, shown, made)
        with self._lock:
            self.answers["answered" if not old else "answered by a copy"] += 1
            self.seconds.append(took)

    def _drawn_question(self) -> tuple[str, str, int | None]:
        """Kind, path, and the product that it is about."""
        with self._lock:
            (kind,) = self._drawn.choices(list(KINDS), weights=list(KINDS.values()))
            word, pick = self._drawn.choice(WORDS[:-6]), self._drawn.random()
        with self._ledger.lock:
            ours = [
                self._ledger.ids[sku]
                for sku in self._ledger.idle()
                if sku in self._ledger.ids and self._ledger.states[sku]["published"]  # type: ignore[index]
            ]
        known = self._stock if pick < 0.5 or not ours else ours
        pk = known[int(pick * 1e6) % len(known)]
        if kind == "similar":
            return kind, f"/api/v1/products/{pk}/similar/?k=20", pk
        if kind == "page":
            return kind, f"/en/products/{pk}/", pk
        if kind == "search":
            return kind, f"/api/v1/search/?q={word}&k=20", None
        return kind, "/api/v1/products/", None

    def _is_there(self, pk: int) -> bool:
        """Whether a product is published, as far as is known; one that is being written may be."""
        with self._ledger.lock:
            for sku, other in self._ledger.ids.items():
                if other == pk:
                    state = self._ledger.states.get(sku)
                    return bool(state and state["published"] and sku not in self._ledger.pending)
        return True

    def _look(self, path: str, own: int | None, shown: list[int], begun: float) -> None:
        with self._ledger.lock:
            gone = [pk for pk in shown if self._ledger.deleted.get(pk, begun) < begun]
        with self._lock:
            self.lists += 1
            if len(set(shown)) < len(shown) or own in shown:
                self.duplicates.append(f"{path}: {shown}")
            if gone:
                self.ghosts.append(f"{path}: {gone}")

    def _fail(self, path: str, why: str) -> None:
        with self._lock:
            self.answers["failed"] += 1
            self.failed.append((time.time(), f"{path}: {why}"))


def listed(kind: str, body: bytes) -> list[list[int]]:
    """The products of each list in an answer."""
    if kind == "page":
        lists = LIST.findall(body.decode())
        return [[int(pk) for pk in SHOWN.findall(each)] for each in lists]
    results: list[dict[str, Any]] = json.loads(body)["results"]
    return [[each["product"]["id"] if "product" in each else each["id"] for each in results]]
