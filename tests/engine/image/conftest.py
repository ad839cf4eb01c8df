"""Pictures and the encoder that looks at them."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from search.engine.image.encoder import ColourEncoder
from search.engine.image.mobilenet import MobileNetV2, ensure_converted
from search.engine.image.pixels import SIDE


@pytest.fixture(scope="session")
def litert_network(litert_model) -> MobileNetV2:
    return MobileNetV2(ensure_converted(litert_model))


@pytest.fixture(scope="session")
def encoder(litert_network) -> ColourEncoder:
    return ColourEncoder(litert_network)


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    """Eight unlike pictures: black, white, one colour, ramps, stripes, noise of two kinds.

    (8, 224, 224, 3) float32 in 0..1.
    """
    rng = np.random.default_rng(7)
    ramp = np.broadcast_to(np.linspace(0, 1, SIDE)[:, None, None], (SIDE, SIDE, 3))
    stripes = (np.indices((SIDE, SIDE)).sum(axis=0) // 9 % 2)[..., None] * np.array([1.0, 0.4, 0.1])
    blotches = np.kron(rng.random((14, 14, 3)), np.ones((16, 16, 1)))
    return np.stack(
        [
            np.zeros((SIDE, SIDE, 3)),
            np.ones((SIDE, SIDE, 3)),
            np.full((SIDE, SIDE, 3), (0.8, 0.1, 0.3)),
            ramp,
            ramp.transpose(1, 0, 2) * np.array([1.0, 0.5, 0.0]),
            stripes,
            blotches,
            rng.random((SIDE, SIDE, 3)),
        ]
    ).astype(np.float32)


@pytest.fixture
def copied_model(litert_model, tmp_path) -> Path:
    """A folder of artefacts of this test's own, so that it may be damaged."""
    return Path(shutil.copytree(litert_model, tmp_path / "artifacts"))
