"""Requests and imports for a site with a database; runs inside of `bin/manage shell`.

Each is rolled back afterwards, so that the next meets the same site.
"""

import io
import json
import random
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings

from benchmarks import fuzz_feeds, fuzz_requests
from benchmarks.fuzz_mutations import mutated
from benchmarks.fuzz_requests import Asked
from benchmarks.fuzz_watch import Fault, keep, origin
from catalog import pictures, tokens
from catalog.errors import FeedError
from catalog.feeds.loading import Loading, Options
from catalog.feeds.rejections import Rejections
from catalog.feeds.source import open_source
from catalog.fetching.hosts import parse_hosts
from catalog.models import Product, ProductImage, Shop
from config.wsgi import application

ALLOWED: Final = (503, 507)  # beyond 500, told on purpose
SECONDS: Final = 10.0
AT_ONCE: Final = 200  # requests of one call of hypothesis
CSRF: Final = "a" * 32
PAGES: Final = {
    "/en/": [],
    "/ja/products/": ["q", "category", "shop", "brand", "price_min", "price_max", "page", "cursor"],
    "/en/products/{id}/": ["mix"],
    "/en/products/{id}/similar/": ["mix", "k"],
    "/en/suggest/": ["q"],
    "/en/photo/": ["crop", "q", "category"],
    "/en/viewed/forget/": ["next"],
    "/i18n/setlang/": ["language", "next"],
    "/admin/login/": ["next", "username", "password"],
    "/admin/catalog/product/": ["q", "o", "p", "shop__id__exact", "published__exact", "e", "all"],
    "/admin/catalog/product/{id}/change/": ["_changelist_filters", "title", "price", "shop"],
    "/admin/catalog/category/": ["q", "o", "p"],
    "/admin/catalog/import/": ["q", "o", "p"],
    "/admin/search/build/": ["q", "o", "state__exact"],
    "/admin/search/products/{id}/neighbours/": ["mix", "k"],
    "/admin/search/health/{id}/": ["page"],
    "/healthz": [],
    "/readyz": [],
    "/metrics": [],
    "/media/{id}": [],
    "/static/{id}": [],
    "/{id}": [],
}

Fault_of = Callable[[Asked], Fault | None]


def measure(name: str, folder: str, kept: str, seconds: str, drawn: str) -> None:
    settings.PICTURE_HOSTS = parse_hosts("nothing.invalid")
    run = Run(name, Path(folder), Path(kept), seconds=float(seconds), drawn=int(drawn))
    if name == "imports":
        run.imports()
    elif name == "pages":
        run.ask(
            {(method, path): names for path, names in PAGES.items() for method in ("GET", "POST")}
        )
    else:
        run.ask(operations())


class Run:
    def __init__(self, name: str, folder: Path, kept: Path, *, seconds: float, drawn: int) -> None:
        self.name, self.folder, self.kept = name, folder, kept
        self.seconds, self.drawn = seconds, drawn
        self.count, self.began = 0, time.monotonic()
        self.errors: list[BaseException] = []
        got_request_exception.connect(self._broke)

    def _broke(self, **_: object) -> None:
        error = sys.exc_info()[1]
        if error is not None:
            self.errors.append(error)

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.began + self.seconds

    def note(self, data: bytes) -> None:
        (self.folder / "current").write_bytes(data)
        self.count += 1
        told = f"{self.count} 0 {time.monotonic() - self.began}"
        (self.folder / "inputs").write_text(told)

    def ask(self, known: Mapping[tuple[str, str], list[str]]) -> None:
        asking = Asking(self.errors)
        number = self.drawn * 1_000_000

        def one(asked: Asked) -> None:
            if not self.goes_on:
                return
            data = fuzz_requests.as_bytes(asked)
            self.note(data)
            if fault := asking.fault_of(asked):
                keep(self.kept, self.name, data, fault)

        how = hypothesis_settings(
            max_examples=AT_ONCE,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        while self.goes_on:
            number += 1
            cache.clear()  # the counters of throttles
            seed(number)(how(given(fuzz_requests.requests(known))(one)))()

    def imports(self) -> None:
        drawn = random.Random(self.drawn)
        seeds = [*fuzz_feeds.texts(self.folder), *fuzz_feeds.archives(self.folder)]
        texts = len(fuzz_feeds.texts(self.folder))
        while self.goes_on:
            at = drawn.randrange(len(seeds))
            data = mutated(seeds[at], others=seeds, drawn=drawn)
            self.note(data)
            if fault := imported(data, self.folder, is_zip=at >= texts):
                keep(self.kept, self.name, data, fault)


def operations() -> dict[tuple[str, str], list[str]]:
    """Names of the query parameters of every call that the schema tells of."""
    status, body = send(Asked("GET", b"/api/v1/schema/", "format=json", "", b"", {}, False), {})
    assert status == HTTPStatus.OK, body[:500]
    found = {}
    for path, calls in json.loads(body)["paths"].items():
        for method, call in calls.items():
            told = call.get("parameters", [])
            names = [each["name"] for each in told if each["in"] == "query"]
            found[method.upper(), path] = names
    return found


class Asking:
    """Sends requests, some of them with a token and with a session of staff."""

    def __init__(self, errors: list[BaseException]) -> None:
        shop = Shop.objects.order_by("pk").first()
        assert shop is not None
        _, self.key = tokens.issue(shop=shop, name="fuzz", can_write=True)
        staff = User.objects.filter(is_superuser=True).first()
        assert staff is not None
        session = SessionStore()
        session["_auth_user_id"] = str(staff.pk)
        session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
        session["_auth_user_hash"] = staff.get_session_auth_hash()
        session.save()
        self.session = session.session_key
        self.errors = errors

    def fault_of(self, asked: Asked) -> Fault | None:
        more = {}
        if asked.may_write:
            cookies = f"{settings.SESSION_COOKIE_NAME}={self.session}; "
            cookies += f"{settings.CSRF_COOKIE_NAME}={CSRF}"
            more = {"HTTP_AUTHORIZATION": f"Bearer {self.key}", "HTTP_X_CSRFTOKEN": CSRF}
            more["HTTP_COOKIE"] = cookies
        self.errors.clear()
        began = time.monotonic()
        with transaction.atomic():
            try:
                status, body = send(asked, more)
            except Exception as err:  # noqa: BLE001 - it went through the server's own hands
                return Fault(f"{type(err).__name__} in {origin(err)}", traceback.format_exc())
            finally:
                transaction.set_rollback(True)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in ALLOWED:
            last = self.errors[-1] if self.errors else None
            where = f"{type(last).__name__} in {origin(last)}" if last else "no error told"
            told = "".join(traceback.format_exception(last)) if last else repr(body[:2000])
            return Fault(f"{status} of {asked.path[:60]!r}: {where}", told)
        if (seconds := time.monotonic() - began) > SECONDS:
            return Fault(f"too long: {asked.path[:60]!r}", f"{seconds:.1f} s")
        return wrong_form(asked, status, body)


def wrong_form(asked: Asked, status: int, body: bytes) -> Fault | None:
    """Errors of the API are problem documents, and all of its answers JSON of this world."""
    if not asked.path.startswith(b"/api/v1/") or asked.method == "HEAD" or not body:
        return None
    if body.lstrip()[:1] not in (b"{", b"["):
        return None  # a page, or the schema in YAML
    try:
        json.loads(body, parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError):
        return Fault(f"{status} of {asked.path[:60]!r} is no JSON", body[:500].decode("latin-1"))
    return None


def send(asked: Asked, more: dict[str, str]) -> tuple[int, bytes]:
    """To the site's WSGI application, as a server hands it on."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": asked.path.decode("latin-1"),
        "QUERY_STRING": asked.query,
        "CONTENT_TYPE": asked.type,
        "CONTENT_LENGTH": str(len(asked.body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": f"10.{random.randrange(256)}.{random.randrange(256)}.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(asked.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ |= more | {f"HTTP_{name}": value for name, value in asked.headers.items()}
    told: list[str] = []
    response: Any = application(environ, lambda status, headers, exc=None: told.append(status))
    try:
        body = b"".join(response)
    finally:
        response.close()
    return int(told[0].split()[0]), body


def imported(data: bytes, folder: Path, *, is_zip: bool) -> Fault | None:
    """What an import leaves behind: whole products, and the pictures that they name."""
    suffix = ".zip" if is_zip else fuzz_feeds.SUFFIXES[data[0] % 5 if data else 0]
    path = folder / f"goods{suffix}"
    path.write_bytes(fuzz_feeds.unpack(data) if is_zip else data[1:])
    before = Product.objects.count()
    newest = Product.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    loading = None
    with transaction.atomic():
        try:
            with open_source(path) as source, Rejections() as rejections:
                loading = Loading(
                    source=source, options=Options(shop="demo"), rejections=rejections
                )
                loading.run()
                rejections.write(folder / "rejected.csv")
        except FeedError:
            pass
        except Exception as err:  # noqa: BLE001 - that is what is looked for
            return Fault(f"{type(err).__name__} in {origin(err)}", traceback.format_exc())
        finally:
            if not transaction.get_connection().needs_rollback:
                made = Product.objects.count() - before
                digests = [each.sha256 for each in ProductImage.objects.filter(product__gt=newest)]
                transaction.set_rollback(True)
    if loading and made != loading.report.created:
        return Fault("products that the report does not tell of", f"{made}, {loading.report}")
    lost = [sha256 for sha256 in digests if not pictures.find(sha256)]
    return Fault("a picture without its file", str(lost)) if lost else None
