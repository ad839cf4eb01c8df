"""A shop's program that writes at a steady rate, and repeats what was not acknowledged."""

import hashlib
import http.client
import io
import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from PIL import Image, ImageDraw

from benchmarks.chaos_ledger import Ledger, State, Write
from benchmarks.web import Client

THREADS: Final = 8
PATIENCE: Final = 15.0  # seconds that the program waits for an answer
AGAIN_AFTER: Final = 1.0  # seconds
MOST_UNKNOWN: Final = 24  # writes without an answer; no others are begun meanwhile
LINES: Final = 6  # of a bulk write
JSON: Final = {"Content_Type": "application/json"}
BOUNDARY: Final = "chaos-chaos-chaos"
WORDS: Final = (
    "red blue green gold teal pink mug lamp scarf kettle clock chair bowl vase rug paper copper "
    "wooden woollen glass small large round tall soft heavy 青い 赤い 茶碗 湯のみ 花瓶 椅子"
).split()
KINDS: Final = {"create": 30, "update": 35, "delete": 12, "picture": 15, "bulk": 8}


class Writers:
    """Threads that share a rate, in writes a second."""

    def __init__(self, port: int, key: str, ledger: Ledger, *, rate: float, seed: int) -> None:
        self._port = port
        self._ledger = ledger
        self._rate = rate
        self._told = {"Authorization": f"Bearer {key}"}
        self._drawn = random.Random(seed)
        self._number = 0
        self._slot = time.monotonic()
        self._again: list[Write] = []
        self._left_alone: set[str] = set()  # what probes are looking for
        self._no_more = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self, *, seconds: float) -> None:
        """Begin nothing more, and repeat what is unknown until it is known or time is up."""
        self._no_more.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def make(self, client: Client, *, price: str, until: float) -> int | None:
        """A product for a probe; its id once that is acknowledged, None where it never was."""
        with self._ledger.lock:
            write = self._create({"price": price, "published": True, "stock": 1})
            self._ledger.begin(write)
            (sku,) = write.after
            self._left_alone.add(sku)
        while time.monotonic() < until:
            if self._tried(client, write):
                return self._ledger.ids.get(sku)
            time.sleep(0.25)
        with self._ledger.lock:
            self._again.append(write)
        return None

    def _run(self) -> None:
        client = Client(self._port, timeout=PATIENCE)
        while (write := self._next()) is not None:
            if not self._tried(client, write):
                write.due = time.monotonic() + AGAIN_AFTER
                with self._ledger.lock:
                    self._again.append(write)

    def _next(self) -> Write | None:
        """What to send now; None once there is nothing left to do."""
        while True:
            with self._ledger.lock:
                now = time.monotonic()
                for write in self._again:
                    if write.due <= now:
                        self._again.remove(write)
                        return write
                over = self._no_more.is_set()
                if over and not self._again:
                    return None
                if not over and now >= self._slot and len(self._again) < MOST_UNKNOWN:
                    self._slot = max(self._slot + 1 / self._rate, now - 1)
                    write = self._drawn_write()
                    self._ledger.begin(write)
                    return write
            time.sleep(0.02)

    def _tried(self, client: Client, write: Write) -> bool:
        """Whether the site has answered for good, be it well or badly."""
        write.attempts += 1
        try:
            status, body = client.send(
                write.method, write.path, write.body, **self._told, **write.headers
            )
        except (OSError, http.client.HTTPException):
            self._ledger.count("broken")
            return False
        finally:
            client.close()  # a connection that is kept may be one to a process that is gone
        gone = write.method == "DELETE" and status == 404 and write.attempts > 1
        if status in (429, 500, 502, 503, 504):
            self._ledger.count(str(status))
            return False
        if status >= 300 and not gone:
            self._ledger.refuse(write, f"{status} {body[:300].decode(errors='replace')}")
            return True
        found = json.loads(body) if body and not gone else {}
        if rejected := found.get("rejected") if isinstance(found, dict) else 0:
            self._ledger.refuse(write, f"{rejected} lines rejected: {body[:500]!r}")
            return True
        self._ledger.count("acknowledged" if write.attempts == 1 else "acknowledged when repeated")
        sku = next(iter(write.after))
        self._ledger.settle(write, {sku: found["id"]} if write.kind == "create" else {})
        return True

    def _drawn_write(self) -> Write:
        """The lock is held."""
        (kind,) = self._drawn.choices(list(KINDS), weights=list(KINDS.values()))
        idle = [sku for sku in self._ledger.idle() if sku not in self._left_alone]
        known = [sku for sku in idle if sku in self._ledger.ids]
        if kind == "create" or len(known) < 20:
            return self._create({})
        if kind == "bulk":
            return self._bulk(idle)
        sku = self._drawn.choice(known)
        state = self._ledger.states[sku]
        assert state is not None
        path = f"/api/v1/products/{self._ledger.ids[sku]}/"
        if kind == "delete":
            return Write(kind, "DELETE", path, b"", {}, {sku: None})
        if kind == "picture" and len(state["pictures"]) < 3:
            return self._picture(path, sku, state)
        changes = self._some(self._fields())
        return self._json("update", "PATCH", path, changes, {sku: {**state, **changes}})

    def _create(self, given: State) -> Write:
        sku = f"chaos-{self._next_number()}"
        fields = {**self._fields(), **given}
        state = {**fields, "pictures": []}
        return self._json(
            "create", "POST", "/api/v1/products/", {"sku": sku} | fields, {sku: state}
        )

    def _bulk(self, idle: list[str]) -> Write:
        """Half of the lines are new products."""
        old = self._drawn.sample(idle, min(LINES // 2, len(idle)))
        lines, after = [], {}
        for sku in [*old, *(f"chaos-{self._next_number()}" for _ in range(LINES - len(old)))]:
            before = self._ledger.states.get(sku)
            fields = self._some(self._fields()) if before else self._fields()
            after[sku] = {**(before or {"pictures": []}), **fields}
            lines.append(json.dumps({"sku": sku, **fields}))
        headers = {"Content_Type": "application/jsonl", **self._once()}
        body = "\n".join(lines).encode()
        return Write("bulk", "POST", "/api/v1/products/bulk/", body, headers, {**after})

    def _picture(self, path: str, sku: str, state: State) -> Write:
        content = drawing(self._drawn)
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="a.png"'
        body = f"{head}\r\nContent-Type: image/png\r\n\r\n".encode() + content
        body += f"\r\n--{BOUNDARY}--\r\n".encode()
        headers = {"Content_Type": f"multipart/form-data; boundary={BOUNDARY}", **self._once()}
        digest = hashlib.sha256(content).hexdigest()
        after = {**state, "pictures": [*state["pictures"], digest]}
        return Write("picture", "POST", f"{path}images/", body, headers, {sku: after})

    def _json(
        self, kind: str, method: str, path: str, given: Any, after: dict[str, State | None]
    ) -> Write:
        return Write(
            kind, method, path, json.dumps(given).encode(), {**JSON, **self._once()}, after
        )

    def _once(self) -> dict[str, str]:
        return {"Idempotency_Key": f"{self._drawn.getrandbits(64):x}"}

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _fields(self) -> State:
        choice: Callable[[Any], Any] = self._drawn.choice
        return {
            "title": f"{' '.join(self._drawn.sample(WORDS, 3))} {self._drawn.getrandbits(24):x}",
            "description": " ".join(self._drawn.choices(WORDS, k=8)),
            "category": choice(["", "Chaos", "Chaos > Cups", "Chaos > Lamps > Tall"]),
            "brand": choice(["", "Acme", "Straße", "株式会社"]),
            "price": f"{self._drawn.randrange(1, 10**7) / 100:.2f}",
            "currency": choice(["JPY", "EUR"]),
            "stock": choice([None, 0, 3]),
            "published": self._drawn.random() < 0.9,
        }

    def _some(self, fields: State) -> State:
        names = self._drawn.sample(sorted(fields), self._drawn.randrange(1, 4))
        return {name: fields[name] for name in names}


def drawing(drawn: random.Random) -> bytes:
    """A PNG that is like no other."""
    image = Image.new("RGB", (96, 96), "white")
    corners = (48, 48, drawn.randrange(20, 46))
    colour = tuple(drawn.randrange(256) for _ in range(3))
    ImageDraw.Draw(image).regular_polygon(corners, drawn.randrange(3, 9), 0, colour)
    for _ in range(8):
        image.putpixel((drawn.randrange(96), drawn.randrange(96)), colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
