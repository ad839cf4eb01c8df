"""A real Chromium, and a site for it to look at."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from catalog.models import Product
from search import builds, pipeline, runtime
from tests.shelves import add_picture, add_product

SHELF = [
    ("mug-red", "acme", "Red ceramic mug", "firebrick"),
    ("mug-blue", "acme", "Blue ceramic mug", "royalblue"),
    ("lamp-blue", "acme", "Blue desk lamp", "mediumblue"),
    ("lamp-red", "lights", "Red reading light", "darkred"),
]

# htmx calls a request that gives way to a newer one an error; one that fails is a sendError.
GIVEN_UP = ("htmx:afterRequest, ", "htmx:sendAbort, ")

PATIENCE = 30_000  # milliseconds, as long as for clicks; only a broken page needs them

NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """CHROMIUM, else the first of the usual names on the path."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert program, "no Chromium found: install one (Debian: chromium), or name it by CHROMIUM"
    expect.set_options(timeout=PATIENCE)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, where Django forbids its ORM.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """`visit(width=390, locale="ja")` gives a fresh page; nothing may go wrong on any of them.

    Wrong are: a message on the console (a breach of the content security policy is one), a script
    that fails, and a request to any other host.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(GIVEN_UP):
            complaints.append(f"console: {message.text}")

    def watch(url: str) -> None:
        if not url.startswith((live_server.url, "data:", "blob:")):
            complaints.append(f"asked elsewhere: {url}")

    def opened(
        *, width: int = 1280, locale: str = "en", scheme: str = "light", scripts: bool = True
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale=locale,
            color_scheme="dark" if scheme == "dark" else "light",
            base_url=live_server.url,
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on("request", lambda request: watch(request.url))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def market(live_server) -> dict[str, Product]:
    """Four products of two shops by sku, with a published index over them."""
    products = {}
    for sku, shop, title, color in SHELF:
        products[sku] = add_product(sku, shop=shop, title=title, category="Kitchen", price=900)
        add_picture(products[sku], color=color)
    pipeline.fit_models()
    pipeline.embed_catalog()
    builds.publish_build(builds.build_index())
    runtime.forget()
    return products


@pytest.fixture
def office(visit, live_server) -> Callable[..., Page]:
    """`office("/admin/…", width=390)` is a page of the admin, with a superuser logged in."""
    User.objects.create_superuser("admin", password="strings and wood")

    def opened(address: str = "/admin/", **looks: Any) -> Page:
        page: Page = visit(**looks)
        page.goto(f"/admin/login/?next={address}")
        page.locator("[name=username]").fill("admin")
        page.locator("[name=password]").fill("strings and wood")
        page.locator("button[type=submit]").click()
        expect(page).to_have_url(address)
        return page

    return opened


def serious(page: Page, part: str = "#content") -> list[str]:
    """What axe-core finds in a part of a page; the frame of the admin around ours is unfold's."""
    found = Axe().run(page, context={"include": [[part]]}).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html']}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
