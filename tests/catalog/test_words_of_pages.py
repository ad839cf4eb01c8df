"""What templates say in one word."""

from decimal import Decimal

import pytest

from catalog.models import ProductImage
from catalog.templatetags import catalog_pages


@pytest.mark.parametrize(
    ("color", "swatch"),
    [
        ("Blue", "blue"),
        ("Navy Blue", "navy"),
        ("sea GREEN", "green"),
        ("黒", "black"),
        ("グレー", "grey"),
        ("", "other"),
        ("Sunset No. 5", "other"),
    ],
)
def test_a_shops_colour_has_the_swatch_of_a_plain_one(color, swatch):
    assert catalog_pages.swatch(color) == swatch


def test_every_swatch_has_a_style(settings):
    styles = (settings.BASE_DIR / "static/niteru/swatches.css").read_text()

    for swatch in set(catalog_pages.COLORS.values()):
        assert f".swatch-{swatch} {{" in styles


def widths(srcset: str) -> list[int]:
    return [int(part.split()[1].removesuffix("w")) for part in srcset.split(", ")]


@pytest.mark.parametrize(
    ("size", "thumbnails", "sources"),
    [
        ((1600, 1200), [240, 480, 960], [240, 480, 960, 1600]),
        ((300, 600), [120, 240, 300], [120, 240, 300]),
        ((100, 50), [100], [100]),
        ((1, 1600), [1], [1]),
    ],
)
def test_sources_have_their_true_widths(size, thumbnails, sources):
    image = ProductImage(sha256="a" * 64, width=size[0], height=size[1])

    assert widths(catalog_pages.thumbnails(image)) == thumbnails
    assert widths(catalog_pages.sources(image)) == sources


def test_amounts_are_grouped_and_lose_no_fraction():
    assert catalog_pages.amount(Decimal("2500.00")) == "2,500"
    assert catalog_pages.amount(Decimal("19.90")) == "19.90"
