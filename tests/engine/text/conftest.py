"""A small shop's texts, and one model fitted to them."""

from itertools import product

import pytest

from search.engine.text.words import WordsModel

_COLOURS = ["red", "navy blue", "white", "olive green"]
_KINDS = [
    ("Running Shoes", "Light shoes with a rubber sole, for road and track."),
    ("Leather Boots", "Boots with a warm lining and a rubber sole."),
    ("Cotton T-Shirt", "Soft cotton with short sleeves; wash at 30 degrees."),
    ("Linen Shirt", "Linen with long sleeves; wash at 30 degrees."),
    ("牛乳パック", "北海道産の牛乳を使用しています。"),
]


def shop_documents():
    """Titles and descriptions of 60 products, in a fixed order."""
    return [
        (f"{brand} {colour} {title}", description)
        for brand, colour, (title, description) in product(
            ["Acme", "Umi", "Zeta"], _COLOURS, _KINDS
        )
    ]


@pytest.fixture(scope="session")
def documents():
    return shop_documents()


@pytest.fixture(scope="session")
def model(documents):
    return WordsModel.fit(documents)


@pytest.fixture(scope="session")
def model_folder(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("words") / "model"
    model.write(folder)
    return folder
