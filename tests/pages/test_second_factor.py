"""The second factor as people meet it: in a browser, in both looks, narrow and wide."""

from base64 import b32decode
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from tests.pages.conftest import serious
from tests.security.phones import PASSWORD, shows, with_phone

LOOKS = [
    {"width": 1280, "scheme": "light", "locale": "en"},
    {"width": 390, "scheme": "dark", "locale": "ja"},
]


def fits(page) -> bool:
    """Whether nothing has to be scrolled sideways for."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def told(page) -> list[str]:
    """The emergency codes of the page that tells them, once it is there."""
    codes = page.locator(".second-factor-codes li")
    expect(codes).to_have_count(10)
    texts: list[str] = codes.all_inner_texts()
    assert len(set(texts)) == 10
    return texts


@pytest.mark.parametrize("looks", LOOKS, ids=["wide", "narrow-dark-ja"])
def test_a_phone_is_set_up_and_asked_for_at_the_next_login(office, live_server, looks):
    page = office("/admin/second-factor/", **looks)
    page.get_by_role("main").or_(page.locator("#content")).first.wait_for()
    page.locator("a[href$='set-up/']").last.click()
    assert page.locator("img.second-factor-code").evaluate("image => image.naturalWidth") > 100
    assert fits(page) and serious(page) == []

    page.locator("[name=password]").fill(PASSWORD)
    key = "".join(page.locator(".second-factor-key").inner_text().split())
    page.locator("[name=code]").fill(shows(TOTPDevice(key=b32decode(key).hex())))
    page.locator("#set-up-form button").click()
    codes = told(page)
    assert fits(page) and serious(page) == []

    page.goto("/admin/second-factor/")
    page.locator("[name=code]").fill(codes[0])
    page.locator("[formaction$='codes/']").click()
    fresh = told(page)
    assert not set(fresh) & set(codes)

    page.context.clear_cookies()
    page.goto("/admin/login/?next=/admin/catalog/shop/")
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    expect(page.locator("#code-form")).to_be_visible()
    asked = urlsplit(page.url)
    assert asked.path == "/admin/second-factor/code/"
    assert parse_qs(asked.query) == {"next": ["/admin/catalog/shop/"]}
    expect(page.locator("[name=code]")).to_have_attribute("autofocus", "")
    assert fits(page) and serious(page, "#code-form") == []
    page.locator("[name=code]").fill(fresh[0])
    page.keyboard.press("Enter")
    expect(page).to_have_url("/admin/catalog/shop/")


def test_a_wrong_code_is_told_beside_its_field(visit, live_server):
    with_phone(User.objects.create_superuser("admin", password=PASSWORD))
    page = visit()
    page.goto("/admin/login/")
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button[type=submit]").click()

    page.locator("[name=code]").fill("not a code")
    page.keyboard.press("Enter")

    expect(page.get_by_text("That is not the code.")).to_be_visible()
