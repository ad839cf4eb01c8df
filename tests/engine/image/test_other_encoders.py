"""Networks of keras.applications and of .tflite files can be the picture encoder."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.engine.errors import ArtifactCorrupt, ArtifactError
from search.engine.image import encoders
from search.engine.image.choice import parse_choice
from search.engine.image.encoder import ColourEncoder

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def keras_files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("keras")
    command = [sys.executable, "-m", "tests.engine.image.keras_files", str(folder)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def mobilenetv3(keras_files) -> ColourEncoder:
    choice = parse_choice(f"mobilenetv3:{keras_files / 'v3.weights.h5'}")
    return encoders.open_folder(encoders.ensure(choice, keras_files / "artifacts"))


def test_mobilenetv3_sees_what_keras_sees_with_the_same_weights(keras_files, mobilenetv3):
    ramp = np.linspace(0, 1, 224 * 224 * 3, dtype=np.float32).reshape(1, 224, 224, 3)

    features = mobilenetv3.network.features(ramp)

    expected = np.load(keras_files / "v3.npy")
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-4)


def test_mobilenetv3_has_parts_of_its_own_and_a_name_that_tells_its_weights(mobilenetv3):
    assert [(part.name, part.dimension) for part in mobilenetv3.parts] == [
        ("network", 960),
        ("colours", 144),
    ]
    assert mobilenetv3.dimension == 960 + 144
    assert mobilenetv3.name.startswith("mobilenetv3@")


def test_a_conversion_that_is_there_is_not_repeated(keras_files, mobilenetv3):
    before = mobilenetv3.network.path.stat().st_mtime_ns
    choice = parse_choice(f"mobilenetv3:{keras_files / 'v3.weights.h5'}")

    folder = encoders.ensure(choice, keras_files / "artifacts")

    assert folder == mobilenetv3.network.path.parent
    assert mobilenetv3.network.path.stat().st_mtime_ns == before


def test_weights_of_another_network_are_refused(keras_files, tmp_path):
    choice = parse_choice(f"resnet50:{keras_files / 'v3.weights.h5'}")

    with pytest.raises(ArtifactError, match="converting resnet50 failed"):
        encoders.ensure(choice, tmp_path)


def test_missing_weights_are_named_with_the_setting(tmp_path):
    choice = parse_choice(f"resnet50:{tmp_path / 'gone.h5'}")

    with pytest.raises(ArtifactError, match=r"gone\.h5: not readable .* see IMAGE_ENCODER"):
        encoders.ensure(choice, tmp_path)


def opened(path: Path, folder: Path) -> ColourEncoder:
    return encoders.open_folder(encoders.ensure(parse_choice(str(path)), folder))


def test_a_flatbuffer_states_its_own_size_and_maps_are_averaged(keras_files, tmp_path):
    encoder = opened(keras_files / "tiles.tflite", tmp_path)
    picture = np.zeros((1, 40, 48, 3), dtype=np.float32)
    picture[0, :20] = (1, 0.5, 0)

    features = encoder.network.features(picture)

    assert encoder.size == (40, 48)
    np.testing.assert_allclose(features, [[0.5, 0.25, 0]], atol=1e-6)


def test_a_flatbuffer_of_bytes_gives_what_its_bytes_stand_for(keras_files, tmp_path):
    encoder = opened(keras_files / "tiles8.tflite", tmp_path)
    picture = np.zeros((1, 40, 48, 3), dtype=np.float32)
    picture[0, :20] = (1, 0.5, 0)

    features = encoder.network.features(picture)

    np.testing.assert_allclose(features, [[0.5, 0.25, 0]], atol=0.01)


def test_pixels_of_another_size_are_refused_with_the_remedy(keras_files, tmp_path):
    encoder = opened(keras_files / "tiles.tflite", tmp_path)

    with pytest.raises(ValueError, match=r"expected \(n, 40, 48, 3\) float32.*load_pixels"):
        encoder.encode(np.zeros((1, 224, 224, 3), np.float32))


def test_a_damaged_copy_is_noticed_and_made_anew(keras_files, tmp_path):
    path = keras_files / "tiles.tflite"
    folder = encoders.ensure(parse_choice(str(path)), tmp_path)
    (folder / "model.tflite").write_bytes(path.read_bytes()[:-9])

    with pytest.raises(ArtifactCorrupt):
        encoders.open_folder(folder)
    again = opened(path, tmp_path)

    assert again.size == (40, 48)


def test_a_file_that_is_no_flatbuffer_is_refused(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(b"not a flatbuffer")

    with pytest.raises(ArtifactCorrupt, match=f"{path}: LiteRT can't read it"):
        opened(path, tmp_path)
