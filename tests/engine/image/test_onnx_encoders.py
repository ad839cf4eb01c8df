"""Any network of an .onnx file can be the picture encoder: what it wants is read from it."""

import sys

import numpy as np
import pytest

from search.engine.errors import ArtifactError
from search.engine.image import encoders
from search.engine.image.choice import parse_choice
from tests.engine.image.onnx_files import UINT8, write_echo, write_shuffle, write_tiles

QUARTERS = np.zeros((1, 32, 32, 3), dtype=np.float32)
QUARTERS[0, :16, :16] = (1, 0, 0)
QUARTERS[0, 16:, 16:] = (0, 0, 1)


def opened(path, folder, *, options=""):
    return encoders.open_folder(encoders.ensure(parse_choice(f"{path}{options}"), folder))


def test_size_and_dimension_are_those_of_the_model(tmp_path):
    path = write_tiles(tmp_path / "tiles.onnx", shape=[1, 3, 32, 32])

    encoder = opened(path, tmp_path)

    assert encoder.size == (32, 32)
    assert [part.dimension for part in encoder.parts] == [12, 144]
    assert sum(part.share for part in encoder.parts) == pytest.approx(1)


def test_channels_first_are_given_first(tmp_path):
    path = write_tiles(tmp_path / "tiles.onnx", shape=["batch", 3, 32, 32])

    features = opened(path, tmp_path).network.features(QUARTERS)

    red, green, blue = features[0].reshape(3, 4)
    assert (red.tolist(), green.tolist(), blue.tolist()) == ([1, 0, 0, 0], [0] * 4, [0, 0, 0, 1])


def test_a_model_of_bytes_is_given_bytes(tmp_path):
    path = write_tiles(tmp_path / "tiles.onnx", shape=[1, 3, 32, 32], kind=UINT8)

    features = opened(path, tmp_path).network.features(QUARTERS)

    assert features.max() == 255


@pytest.mark.parametrize(
    ("options", "black", "white"),
    [
        ("", [0, 0, 0], [1, 1, 1]),
        ("?input=signed", [-1, -1, -1], [1, 1, 1]),
        ("?input=bytes", [0, 0, 0], [255, 255, 255]),
        ("?input=imagenet", [-2.118, -2.036, -1.804], [2.249, 2.429, 2.640]),
    ],
)
def test_a_float_input_is_scaled_as_the_setting_says(tmp_path, options, black, white):
    path = write_echo(tmp_path / "echo.onnx", shape=[1, 8, 8, 3])
    network = opened(path, tmp_path, options=options).network

    shown = network.features(np.stack([np.zeros((8, 8, 3)), np.ones((8, 8, 3))]).astype("f4"))

    np.testing.assert_allclose(shown, [black, white], atol=1e-3)


def test_a_side_that_the_model_leaves_open_is_the_usual_one(tmp_path):
    path = write_echo(tmp_path / "echo.onnx", shape=["batch", "height", "width", 3])

    assert opened(path, tmp_path).size == (224, 224)


def test_roots_are_taken_only_of_features_that_are_never_negative(tmp_path):
    path = write_echo(tmp_path / "echo.onnx", shape=[1, 3, 8, 8])

    plain, signed = (opened(path, tmp_path, options=each) for each in ("", "?input=signed"))

    assert plain.network.rooted
    assert not signed.network.rooted
    assert np.isfinite(signed.encode(np.zeros((1, 8, 8, 3), np.float32))).all()


def test_another_file_of_the_same_name_is_another_encoder(tmp_path):
    first = opened(write_echo(tmp_path / "net.onnx", shape=[1, 8, 8, 3]), tmp_path)
    second = opened(write_tiles(tmp_path / "net.onnx", shape=[1, 3, 32, 32]), tmp_path)

    assert first.name != second.name
    assert first.name.startswith("net@")


def test_works_on_when_the_file_itself_is_gone(tmp_path):
    path = write_echo(tmp_path / "net.onnx", shape=[1, 8, 8, 3])
    folder = encoders.ensure(parse_choice(str(path)), tmp_path / "artifacts")

    path.unlink()

    assert encoders.open_folder(folder).encode(np.ones((1, 8, 8, 3), np.float32)).shape == (1, 147)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [([1, 1, 32, 32], "three colours"), ([8, 3, 32, 32], "one picture"), ([1, 3], "shape")],
)
def test_refuses_a_model_that_does_not_take_a_picture(tmp_path, shape, reason):
    path = write_echo(tmp_path / "net.onnx", shape=shape)

    with pytest.raises(ArtifactError, match=reason):
        opened(path, tmp_path / "artifacts")

    assert not list((tmp_path / "artifacts").iterdir())


def test_refuses_a_file_that_is_no_model(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"not a model")

    with pytest.raises(ArtifactError, match="onnxruntime can't read it"):
        opened(path, tmp_path)


def test_names_a_file_that_is_missing_and_the_setting(tmp_path):
    with pytest.raises(ArtifactError, match=r"gone\.onnx: not readable .* see IMAGE_ENCODER"):
        opened(tmp_path / "gone.onnx", tmp_path)


def test_without_onnxruntime_it_says_what_to_install(tmp_path, monkeypatch):
    path = write_echo(tmp_path / "net.onnx", shape=[1, 8, 8, 3])
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as if it were not installed

    with pytest.raises(ArtifactError, match=r"pip install -r requirements-onnx\.txt"):
        opened(path, tmp_path)


def test_a_model_that_fails_on_a_picture_is_refused_and_leaves_nothing(tmp_path):
    path = write_shuffle(tmp_path / "net.onnx")

    with pytest.raises(ArtifactError, match=r"net\.onnx: "):
        opened(path, tmp_path / "artifacts")

    assert not list((tmp_path / "artifacts").iterdir())
