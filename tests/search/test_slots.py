"""Similar items on a product's page, found for real."""

import re

import pytest

from search import runtime
from tests.shelves import add_product


@pytest.fixture
def page(client, indexed, shelf):
    def get(sku: str, query: str = "") -> str:
        runtime.refresh()
        return client.get(shelf[sku].get_absolute_url() + query).content.decode()

    return get


def test_shows_the_others_best_first(page):
    shown = page("mug-blue", "?picture=0")

    assert shown.index("Red ceramic mug") < shown.index("Blue desk lamp")


def test_the_slider_starts_at_the_catalogues_own_weights(page):
    plain, moved = page("mug-blue"), page("mug-blue", "?picture=20")

    default = re.findall(r'<option value="(\d+)">', plain)
    assert re.findall(r'max="20" value="(\d+)"', plain) == default
    assert re.findall(r'max="20" value="(\d+)"', moved) == ["20"]


def test_a_product_without_a_picture_shows_what_is_described_alike_and_no_slider(
    client, indexed, encode_all
):
    wordy = add_product("wordy", title="Red ceramic mug")
    encode_all()
    runtime.refresh()

    shown = client.get(wordy.get_absolute_url()).content.decode()

    assert "Described like this" in shown
    assert "Looks like this" not in shown
    assert 'type="range"' not in shown


def test_says_that_an_index_is_being_built(client, shelf):
    shown = client.get(shelf["mug-red"].get_absolute_url()).content.decode()

    assert "index is being built" in shown
