"""Every page has an address in each language, and says where the other is."""

import pytest

from tests.shelves import add_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product():
    return add_product("violin", category="Music")


def test_an_address_without_a_language_leads_to_the_visitors_own(client, product):
    asked = {"Accept-Language": "ja,en;q=0.5"}

    assert client.get("/", headers=asked)["Location"] == "/ja/"
    assert client.get(f"/products/{product.pk}/")["Location"] == f"/en/products/{product.pk}/"
    assert client.get("/products/?category=Music", headers=asked)["Location"] == (
        "/ja/products/?category=Music"
    )


@pytest.mark.parametrize("page", ["", "products/?category=Music", "products/{pk}/"])
def test_each_page_names_its_other_languages(client, product, page):
    page = page.format(pk=product.pk)
    for language in ("en", "ja"):
        text = client.get(f"/{language}/{page}").content.decode()

        assert f'<html lang="{language}">' in text
        for name, prefix in [("en", "en/"), ("ja", "ja/"), ("x-default", "")]:
            assert f'hreflang="{name}" href="http://testserver/{prefix}{page}"' in text


def test_a_language_that_there_is_none_of_is_no_page(client):
    assert client.get("/fr/products/").status_code == 404


def test_an_error_page_names_no_other_languages(client):
    assert "hreflang" not in client.get("/en/nowhere").content.decode()
