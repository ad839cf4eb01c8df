"""Whose goods a demo takes the products of a file for."""

import json

import pytest

from catalog.models import Product
from config.embedded.commands.catalogue import Catalogue
from config.embedded.locations import Locations

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(tmp_path) -> Locations:
    return Locations(tmp_path / "data")


@pytest.fixture
def sample(at, zip_file) -> None:
    """One that was brought in before."""
    at.data_dir.mkdir()
    facts = {"name": "Stamps", "attribution": "by many, GPL-2"}
    path = zip_file({"catalog.csv": "sku\nviolin\n", "shop.json": json.dumps(facts)})
    path.rename(at.data_dir / "sample.zip")
    Catalogue(at).bring_in()


@pytest.fixture
def goods(tmp_path):
    path = tmp_path / "tea.csv"
    path.write_text("sku,title\npot,Tea pot\n")
    return path


def shops() -> dict[str, str]:
    return dict(Product.objects.values_list("sku", "shop__slug"))


def test_goods_of_a_named_file_are_not_taken_for_the_samples(at, sample, goods):
    Catalogue(at, goods).bring_in()

    assert shops() == {"violin": "demo", "pot": "tea"}
    assert Product.objects.get(sku="pot").shop.attribution == ""
    assert Catalogue(at, goods).is_imported()
    assert Catalogue(at).is_imported()


def test_without_a_sample_they_are_the_demos(at, goods):
    at.data_dir.mkdir()

    Catalogue(at, goods).bring_in()

    assert shops() == {"pot": "demo"}


def test_a_changed_file_is_brought_into_the_same_shop(at, sample, goods):
    Catalogue(at, goods).bring_in()
    goods.write_text("sku,title\npot,Tea pot\ncup,Tea cup\n")
    assert not Catalogue(at, goods).is_imported()

    Catalogue(at, goods).bring_in()

    assert shops() == {"violin": "demo", "pot": "tea", "cup": "tea"}
