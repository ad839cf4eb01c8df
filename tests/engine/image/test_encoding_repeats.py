"""Equal pixels give equal bytes, whatever they are encoded beside, and where."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

PROJECT = Path(__file__).resolve().parents[3]
ENCODE = """
import sys, pathlib, numpy
from search.engine.image.encoders import open_folder
model, pictures, features = map(pathlib.Path, sys.argv[1:])
numpy.save(features, open_folder(model).encode(numpy.load(pictures)))
"""


def test_bytes_repeat_across_batch_sizes(encoder, pictures):
    alone = np.vstack([encoder.encode(pictures[i : i + 1]) for i in range(len(pictures))])

    together = encoder.encode(pictures)
    backwards = encoder.encode(np.ascontiguousarray(pictures[::-1]))

    assert together.tobytes() == alone.tobytes()
    assert backwards[::-1].tobytes() == alone.tobytes()


def test_bytes_repeat_across_processes(encoder, pictures, tmp_path):
    np.save(tmp_path / "pictures.npy", pictures)
    files = [
        encoder.network.model_path.parent,
        tmp_path / "pictures.npy",
        tmp_path / "features.npy",
    ]

    subprocess.run(
        [sys.executable, "-c", ENCODE, *map(str, files)],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    )

    elsewhere = np.load(tmp_path / "features.npy")
    assert elsewhere.tobytes() == encoder.encode(pictures).tobytes()


def test_threads_that_share_an_encoder_get_the_same_bytes(encoder, pictures):
    expected = encoder.encode(pictures)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(encoder.encode, [pictures] * 8))

    assert {result.tobytes() for result in results} == {expected.tobytes()}


def test_unlike_pictures_get_unlike_features(encoder, pictures):
    rows = encoder.encode(pictures)

    parts = np.split(rows, np.cumsum([part.dimension for part in encoder.parts])[:-1], axis=1)
    for part, most in zip(parts[:2], (0.99, 0.996), strict=True):
        assert (part @ part.T)[~np.eye(len(pictures), dtype=bool)].max() < most


def test_features_are_finite_and_never_negative(litert_network, pictures):
    features = litert_network.features(pictures)

    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert features.min() >= 0  # square roots are taken of them


def test_no_pictures_give_no_rows(encoder, pictures):
    assert encoder.encode(pictures[:0]).shape == (0, 1280 + 576 + 144)


def test_encoding_does_not_write_into_its_argument(encoder, pictures):
    given = pictures[:2].copy()

    encoder.encode(given)

    assert given.tobytes() == pictures[:2].tobytes()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((224, 224, 3), np.float32),
        np.zeros((1, 224, 225, 3), np.float32),
        np.zeros((1, 3, 224, 224), np.float32),
        np.zeros((1, 224, 224, 3), np.uint8),
        np.zeros((1, 224, 224, 3), np.float64),
    ],
    ids=["one picture", "size", "channels first", "bytes", "double"],
)
def test_refuses_pixels_of_another_form_and_names_the_remedy(encoder, pixels):
    with pytest.raises(ValueError, match=r"pixels: expected .* use `load_pixels`"):
        encoder.encode(pixels)
