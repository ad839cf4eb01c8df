"""Chromium opens every page there is, and none of them is at odds with its policy."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from catalog.models import Product
from search import runtime
from tests.security import matrix, stocked
from tests.security.addresses import Endpoint, endpoints, path_of
from tests.security.erring_urls import STATUSES
from tests.security.phones import log_in

HEARD = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
# What Chromium says of a page that is answered 404 or 500, be it as good as others.
OF_STATUS = "Failed to load resource: the server responded with a status of"
NO_PAGES = ("jsi18n", "autocomplete", "map_points", "map_card", "map_awaited", "import_progress")
PUBLIC = ["", "products/", "products/?q=mug&brand=Norvik", "photo/", "suggest/?q=mu", "nowhere/"]


class Crawler:
    """Opens pages; what browsers complain of is kept, by address."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.opened: list[str] = []
        context.add_init_script(HEARD)
        self._page = context.new_page()
        self._page.on("console", self._note)
        self._page.on("pageerror", lambda error: self._complain(f"script: {error}"))

    def open(self, path: str) -> Page:
        answer = self._page.goto(path, wait_until="load")
        assert answer is not None
        assert "content-security-policy" in answer.headers, path
        self.complaints += [f"{path}: {each}" for each in self._page.evaluate("violations")]
        self.opened.append(path)
        return self._page

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(OF_STATUS):
            self._complain(message.text)

    def _complain(self, text: str) -> None:
        self.complaints.append(f"{self._page.url}: {text}")


@pytest.fixture
def context(browser: Browser, live_server) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url)
    yield context
    context.close()


@pytest.fixture
def inside(context: BrowserContext, live_server) -> BrowserContext:
    """With a superuser logged in, at a site that has one of everything."""
    stocked.stock()
    runtime.forget()
    client = Client()
    client.force_login(User.objects.get(username="boss"))
    value = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
    return context


def pages() -> list[Endpoint]:
    """Of the admin: what answers a superuser, and is no answer for scripts, or a part of a page."""
    told = [*matrix.kept("pages"), *matrix.kept("goods"), *matrix.kept("work")]
    # Of those refused, some pages are: they say so in the same frame.
    shown = {row["address"] for row in told if is_shown(row)}
    found = [each for each in endpoints() if each.is_admin and each.label in shown]
    return [each for each in found if not each.name.endswith(NO_PAGES)]


def is_shown(row: dict[str, str]) -> bool:
    return row["method"] == "GET" and row["superuser"] in ("200", "403", "404")


def test_no_page_of_the_admin_is(inside):
    crawler = Crawler(inside)

    for endpoint in pages():
        crawler.open(path_of(endpoint))

    assert crawler.complaints == []
    assert len(crawler.opened) > len(stocked.models()) * 5


def test_no_page_for_shoppers_or_programs_is(context, live_server):
    stocked.stock()
    runtime.forget()
    crawler = Crawler(context)
    product = Product.objects.get(sku="mug-red")

    for language in ("en", "ja"):
        for path in [*PUBLIC, f"products/{product.pk}/", f"products/{product.pk}/similar/"]:
            crawler.open(f"/{language}/{path}")
    page = crawler.open("/api/v1/docs/")
    page.locator("#operations-shops-shops_list button").first.click()
    page.get_by_text("429").first.wait_for()

    assert crawler.complaints == []


@pytest.mark.django_db
def test_no_page_of_an_error_is(context, settings, live_server):
    settings.ROOT_URLCONF = "tests.security.erring_urls"
    crawler = Crawler(context)

    for status in STATUSES:
        answer = crawler.open(f"/broken/{status}/")
        assert answer.title()

    assert {400, 403, 404, 500} <= set(STATUSES)
    assert crawler.complaints == []


@pytest.mark.django_db
def test_no_page_before_the_admin_is(context, settings, live_server):
    settings.ADMIN_SECOND_FACTOR = "required"
    User.objects.create_superuser("admin", password="strings and wood")
    client = Client()
    for _ in range(5):
        log_in(client, password="wrong")
    crawler = Crawler(context)
    page = crawler.open("/admin/login/")
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill("wrong")
    page.locator("button[type=submit]").click()
    page.get_by_text("15").first.wait_for()

    assert crawler.complaints == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/login/", "/en/", "/api/v1/docs/", "/admin/nowhere/"])
def test_no_policy_lets_a_script_run_that_is_written_in_a_page(client, path):
    policy = client.get(path)["Content-Security-Policy"]
    directives = {each.split()[0]: each.split()[1:] for each in policy.split(";")}
    scripts = directives.get("script-src", directives["default-src"])

    assert "'unsafe-inline'" not in scripts
    assert "'self'" in scripts
    assert ("'unsafe-eval'" in scripts) == path.startswith("/admin/")
