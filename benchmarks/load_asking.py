"""Requests at a given rate, whatever becomes of those before, as visitors come."""

import http.client
import io
import json
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import numpy as np
from PIL import Image

from benchmarks.web import Client

THREADS: Final = 96  # connections that are kept open, as a proxy keeps them
PARTS: Final = {"page": 30, "similar": 40, "search": 12, "photo": 3, "write": 15}
BOUNDARY: Final = "load-load-load"


class Request(NamedTuple):
    kind: str
    method: str
    path: str
    body: bytes | None = None
    headers: dict[str, str] = {}


@dataclass
class Mixture:
    """What visitors and a shop's program ask for, drawn anew each time.

    own : products that the token `key` may write to
    """

    ids: Sequence[int]
    own: Sequence[int]
    titles: Sequence[str]
    key: str
    drawn: random.Random
    photos: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.photos = [photo(self.drawn) for _ in range(20)]

    def told(self) -> dict[str, int]:
        return dict(PARTS)

    def next(self) -> Request:
        (kind,) = self.drawn.choices(list(PARTS), weights=list(PARTS.values()))
        chosen = self.drawn.choice(self.ids)
        if kind == "page":
            pages = ("/en/", "/en/products/", f"/en/products/{chosen}/", f"/ja/products/{chosen}/")
            return Request(kind, "GET", self.drawn.choice(pages))
        if kind == "similar":
            return Request(kind, "GET", f"/api/v1/products/{chosen}/similar/?k=10")
        if kind == "search":
            words = " ".join(self.drawn.choice(self.titles).split()[:2])
            return Request(kind, "GET", f"/api/v1/search/?q={quote(words)}")
        if kind == "photo":
            told = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
            return Request(
                kind, "POST", "/api/v1/search/image/", self.drawn.choice(self.photos), told
            )
        body = {"price": f"{self.drawn.randint(1, 9999)}.00"}
        told = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        path = f"/api/v1/products/{self.drawn.choice(self.own)}/"
        return Request(kind, "PATCH", path, json.dumps(body).encode(), told)


def photo(drawn: random.Random) -> bytes:
    """A form with a photo as phones take them, though of little."""
    file = io.BytesIO()
    small = np.random.default_rng(drawn.randrange(1 << 30)).integers(0, 255, (30, 40, 3))
    picture = Image.fromarray(small.astype(np.uint8)).resize((1200, 900))
    picture.save(file, "JPEG", quality=85)
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="p.jpg"\r\n'
    return (
        f"{head}Content-Type: image/jpeg\r\n\r\n".encode()
        + file.getvalue()
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )


@dataclass
class Answers:
    rate: float
    seconds: float
    # s, of those answered, since they were due
    waits: list[float] = field(default_factory=list)
    by_kind: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in PARTS})
    statuses: Counter[int] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    untold: int = 0  # refusals that do not say when to come back
    share: float = 0.0  # of a core, that asking took

    @property
    def answered(self) -> int:
        return len(self.waits)

    @property
    def refused(self) -> int:
        return self.statuses[429] + self.statuses[503]

    def late(self, ms: float) -> float:
        """The share that was answered later than that, or refused."""
        asked = len(self.waits) + self.refused
        return (sum(each * 1e3 > ms for each in self.waits) + self.refused) / max(1, asked)

    def percentile(self, share: float) -> float:
        """ms"""
        return float(np.percentile(self.waits, share)) * 1e3 if self.waits else float("inf")


def ask_at(port: int, mixture: Mixture, *, rate: float, seconds: float) -> Answers:
    """Ask so many times a second, each when it is due; wait for the answers that are to come."""
    found = Answers(rate, seconds)
    due: queue.SimpleQueue[tuple[float, Request] | None] = queue.SimpleQueue()
    threads = [threading.Thread(target=answer, args=(port, due, found)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    began, used = time.perf_counter(), time.process_time()
    for number in range(int(rate * seconds)):
        at = began + number / rate
        request = mixture.next()
        time.sleep(max(0.0, at - time.perf_counter()))
        due.put((at, request))
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    found.share = (time.process_time() - used) / (time.perf_counter() - began)
    return found


def answer(port: int, due: "queue.SimpleQueue[Any]", found: Answers) -> None:
    client = Client(port)
    while taken := due.get():
        at, request = taken
        try:
            status, told = client.ask(request.method, request.path, request.body, request.headers)
        except (OSError, http.client.HTTPException) as err:
            found.failed.append(f"{request.method} {request.path}: {err!r}"[:200])
            client.close()
            continue
        found.statuses[status] += 1
        if status in (429, 503):
            found.untold += "Retry-After" not in told
        elif status >= 400:
            found.failed.append(f"{request.method} {request.path}: {status}")
        else:
            found.waits.append(time.perf_counter() - at)
            found.by_kind[request.kind].append(found.waits[-1])
    client.close()
