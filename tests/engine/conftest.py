"""What the engine's tests share: the picture network, converted once a session."""

from pathlib import Path

import pytest

from search.engine.image import mobilenet


@pytest.fixture(scope="session")
def litert_model(artifacts_dir) -> Path:
    """The folder of artefacts that holds the converted MobileNetV2."""
    mobilenet.ensure_converted(artifacts_dir)
    return artifacts_dir
