"""Who uses a site while it is upgraded: readers of pages and API, and staff who save."""

import http.client
import itertools
import random
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode

HOST: Final = "127.0.0.1"
READERS: Final = 3
PAUSE: Final = 0.05  # seconds between the requests of one reader
SAVE_EVERY: Final = 0.5
TOLD: Final = 10  # failures

_numbers = itertools.count()


def ask(
    port: int, method: str, path: str, *, body: bytes | None = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request by a connection of its own, as a proxy without keep-alive makes it."""
    number = next(_numbers)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class Users(ABC):
    """Threads that go on until the body of a `with` has ended."""

    threads = 1

    def __init__(self, port: int, ids: Sequence[int]) -> None:
        self.port, self.ids = port, ids
        self.failed: list[str] = []
        self.seconds: list[float] = []
        self.answers: Counter[str] = Counter()
        self._stop = threading.Event()
        self._began = time.monotonic()

    def __enter__(self) -> Any:
        self._began = time.monotonic()
        self._running = [threading.Thread(target=self._go_on) for _ in range(self.threads)]
        for thread in self._running:
            thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        for thread in self._running:
            thread.join()

    def told(self) -> dict[str, Any]:
        ordered = sorted(self.seconds) or [0.0]
        return {
            "requests": len(self.seconds) + len(self.failed),
            "failed": len(self.failed),
            "failures": self.failed[:TOLD],
            "median ms": round(1e3 * ordered[len(ordered) // 2], 1),
            "worst ms": round(1e3 * ordered[-1], 1),
            "answers": dict(self.answers),
        }

    @abstractmethod
    def step(self) -> None:
        """One request, or a few that belong together; raises where it fails."""

    def _go_on(self) -> None:
        while not self._stop.is_set():
            since = time.monotonic()
            try:
                self.step()
            except (OSError, http.client.HTTPException, AssertionError) as err:
                at = f"{since - self._began:.1f} s"
                self.failed.append(f"{at}: {type(err).__name__}: {str(err)[:200]}")
            else:
                self.seconds.append(time.monotonic() - since)


class Traffic(Users):
    """Readers; lists of similar items are counted by whether they hold anything."""

    threads = READERS

    def step(self) -> None:
        chosen = random.choice(self.ids)
        path = random.choice(
            (
                "/",
                f"/products/{chosen}/",
                "/api/v1/products/",
                f"/api/v1/products/{chosen}/",
                f"/api/v1/products/{chosen}/similar/?k=10",
            )
        )
        status, headers, body = ask(self.port, "GET", path)
        if status in (301, 302):  # to the reader's language; the first releases had one address
            path = headers["Location"]
            status, headers, body = ask(self.port, "GET", path)
        assert status == 200, f"{path}: {status}"
        if "/similar/" in path:
            self.answers["empty list" if b'"results":[]' in body else "list"] += 1
        else:
            self.answers["API" if path.startswith("/api/") else "page"] += 1
        time.sleep(PAUSE)


class Form(HTMLParser):
    """What a browser would send of a page's form, untouched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.fields.append((self._select, given.get("value", "")))
        elif tag == "textarea":
            self._area = name
            self.fields.append((name, ""))
        elif tag == "input" and name:
            kind = given.get("type", "text")
            ticked = kind not in ("checkbox", "radio") or "checked" in given
            if ticked and kind not in ("submit", "file", "button"):
                self.fields.append((name, given.get("value", "on" if "checked" in given else "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            name, before = self.fields[-1]
            self.fields[-1] = (name, before + data)


class Staff(Users):
    """Somebody in the admin who changes one price after the other."""

    def __init__(self, port: int, ids: Sequence[int], password: str) -> None:
        super().__init__(port, ids)
        self.password = password
        self.cookies = SimpleCookie()

    def __enter__(self) -> Any:
        page = self.get("/admin/login/")
        told = dict(Form(page).fields) | {"username": "upgrader", "password": self.password}
        self.post("/admin/login/?next=/admin/", list(told.items()))
        return super().__enter__()

    def step(self) -> None:
        path = f"/admin/catalog/product/{random.choice(self.ids)}/change/"
        fields = Form(self.get(path)).fields
        assert any(name == "price" for name, _ in fields), f"{path}: no form"
        kept = [(name, value) for name, value in fields if name not in ("price", "q")]
        self.post(path, [*kept, ("price", f"{random.randint(1, 9999)}.00"), ("_save", "Save")])
        self.answers["saved"] += 1
        time.sleep(SAVE_EVERY)

    def get(self, path: str) -> str:
        status, headers, body = ask(self.port, "GET", path, Cookie=self._sent())
        assert status == 200, f"{path}: {status}"
        self._keep(headers)
        return body.decode()

    def post(self, path: str, fields: list[tuple[str, str]]) -> None:
        status, headers, _ = ask(
            self.port,
            "POST",
            path,
            body=urlencode(fields).encode(),
            Cookie=self._sent(),
            Content_Type="application/x-www-form-urlencoded",
        )
        assert status == 302, f"POST {path}: {status}"
        self._keep(headers)

    def _sent(self) -> str:
        return "; ".join(f"{name}={each.value}" for name, each in self.cookies.items())

    def _keep(self, headers: http.client.HTTPMessage) -> None:
        for each in headers.get_all("Set-Cookie") or []:
            self.cookies.load(each)
