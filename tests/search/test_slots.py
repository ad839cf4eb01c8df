"""Similar items on a product's page, found for real."""

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
    shown = page("mug-blue", "?mix=text:1")

    assert shown.index("Red ceramic mug") < shown.index("Blue desk lamp")


def test_marks_the_signals_that_were_asked_for(page):
    shown = page("mug-blue", "?mix=image:1")

    chip = shown[shown.index("mix=image:1#similar") :]
    assert 'aria-current="true">Looks alike' in chip[:80]


def test_a_mix_that_cannot_be_read_shows_all_together(page):
    assert 'aria-current="true">All together' in page("mug-blue", "?mix=smell:1")


def test_without_a_picture_nothing_looks_alike_and_the_other_ways_stay_open(
    client, indexed, encode_all
):
    wordy = add_product("wordy", title="Red ceramic mug")
    encode_all()
    runtime.refresh()

    shown = client.get(f"{wordy.get_absolute_url()}?mix=image:1").content.decode()

    assert "no picture, or no words" in shown
    assert "All together" in shown


def test_says_that_an_index_is_being_built(client, shelf):
    shown = client.get(shelf["mug-red"].get_absolute_url()).content.decode()

    assert "index is being built" in shown
