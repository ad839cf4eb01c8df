"""The network sees what is on a photo: weights, layers and pixels are those it was trained with."""

from pathlib import Path

import numpy as np
import pytest

from search.engine.image import mobilenet, weights
from search.engine.image.pixels import load_pixels
from tests.engine.image import stamps


@pytest.fixture(scope="session")
def photos(request) -> Path:
    """The folder of photos, kept between runs: the package that holds them has 160 MB."""
    folder = request.config.cache.mkdir("stamps")
    if not all((folder / Path(path).name).is_file() for path, _ in stamps.PHOTOS.values()):
        try:
            stamps.fetch(folder)
        except stamps.NoPackage as err:
            pytest.skip(f"{stamps.PACKAGE} can't be downloaded: {err}")
    return folder


@pytest.fixture(scope="session")
def published_weights() -> dict[str, np.ndarray]:
    return weights.load(weights.locate())


@pytest.mark.parametrize("thing", stamps.PHOTOS)
def test_a_photo_has_its_own_class_among_the_five_likeliest(
    litert_network, photos, published_weights, thing
):
    path, right_class = stamps.PHOTOS[thing]
    pixels = load_pixels(photos / Path(path).name)

    features = litert_network.features(pixels[np.newaxis])
    logits = mobilenet.classify(features, published_weights)[0]

    assert right_class in np.argsort(-logits)[:5]
